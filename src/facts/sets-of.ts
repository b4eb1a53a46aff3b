import { SET_MEMBERS } from './schema.ts';

/** The way to a place in a YAML file. */
export type YamlPath = readonly (string | number)[];

/** The code sets that a fact names anywhere, each with its place in the file. */
export function setsOf(
  value: unknown,
  path: YamlPath = [],
  naming = false,
): readonly { set: string; path: YamlPath }[] {
  if (typeof value === 'string') return naming ? [{ set: value, path }] : [];
  if (Array.isArray(value)) return value.flatMap((v, i) => setsOf(v, [...path, i], naming));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, v]) => setsOf(v, [...path, key], SET_MEMBERS.has(key)));
}
