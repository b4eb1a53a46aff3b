import { basename } from 'node:path';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';

/** Where the policy library stands. */
export const LIBRARY_PATH = '/policies';

/** The name of a text among those of its policy: its date, as its file is named. */
export const textName = (policy: CompiledPolicy): string => basename(policy.file, '.yaml');

/** The addresses of the library's pages. */
export interface Addresses {
  readonly all: string;
  policy(id: string): string;
  /** a text, and a passage of it */
  text(policy: CompiledPolicy, passage?: string): string;
  fact(fact: string): string;
  codes(set: string): string;
}

/** @param prefix path prefix of a proxy that serves us below a path */
export function addresses(prefix = ''): Addresses {
  const all = `${prefix}${LIBRARY_PATH}`;
  return {
    all,
    policy: (id) => `${all}/${encodeURIComponent(id)}`,
    text: (policy, passage) =>
      `${all}/${encodeURIComponent(policy.id)}/${encodeURIComponent(textName(policy))}${
        passage === undefined ? '' : `#${encodeURIComponent(passage)}`
      }`,
    fact: (fact) => `${all}/facts/${encodeURIComponent(fact)}`,
    codes: (set) => `${all}/codes/${encodeURIComponent(set)}`,
  };
}
