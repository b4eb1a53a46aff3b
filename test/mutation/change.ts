import type { NodeInput } from '../../src/policy/schema.ts';
import { GONE, type YamlPath } from './edit.ts';

/** What a mutation changes. */
export const KINDS = [
  'operator',
  'drop',
  'window',
  'comparison',
  'certainty',
  'world',
  'entry',
  'study',
  'role',
  'date',
  'region',
  'schedule',
] as const;
export type Kind = (typeof KINDS)[number];

/** One change of a value at a path. */
export interface Change {
  readonly kind: Kind;
  /** the change in words */
  readonly what: string;
  readonly at: YamlPath;
  /** what stands there instead, or GONE */
  readonly by: unknown;
}

/** What mutation needs to know of the vocabulary and the studies. */
export interface Surroundings {
  /** also let a suspicion do where the fact has to be known */
  readonly strict: boolean;
  /** can a suspicion of this fact be documented otherwise than the fact itself? */
  readonly suspectable: (fact: string) => boolean;
  /** the studies by which one may be replaced, the most similar first */
  readonly neighbours: (study: string) => readonly string[];
}

/** Leaves something out. */
export const drop = (what: string, at: YamlPath): Change => ({ kind: 'drop', what: `without ${what}`, at, by: GONE });

/** A node in a few words. */
export function inShort(node: NodeInput): string {
  if (typeof node === 'string') return node;
  if (node.label !== undefined) return node.label;
  const text = JSON.stringify(node);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
