import type { CompiledPolicy } from '../policy/compiled-policy.ts';

/** When a text is in force, and its status where it decides nothing, e.g. "from 2026-06-01 (shadow)". */
export function spanOf({ input }: CompiledPolicy): string {
  const { effective, until, status } = input;
  const span = until === undefined ? `from ${effective}` : `${effective} until ${until}`;
  return status === 'in-force' ? span : `${span} (${status})`;
}

/** Of a text in force for a study of many parts of the body, which it governs for some conditions alone. */
export const NOT_ON_FILE = 'governs this study only for conditions of which the chart has none on file';
