import { type EpisodeInput, SET_MEMBERS } from './schema.ts';

/** The way to a place in a YAML file. */
export type YamlPath = readonly (string | number)[];

/** A code set that is named, with its place in the file. */
export interface NamedSet {
  readonly set: string;
  readonly path: YamlPath;
}

/** The code sets that a fact names anywhere. */
export function setsOf(value: unknown, path: YamlPath = [], naming = false): readonly NamedSet[] {
  if (typeof value === 'string') return naming ? [{ set: value, path }] : [];
  if (Array.isArray(value)) return value.flatMap((v, i) => setsOf(v, [...path, i], naming));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, v]) => setsOf(v, [...path, key], SET_MEMBERS.has(key)));
}

/** The code sets that say what an episode is. */
export const episodeSets = ({
  complaints,
  otherwise,
  'also-for': alsoFor,
  'pain-after': painAfter,
  ...rest
}: EpisodeInput): readonly NamedSet[] => [
  ...Object.entries(complaints).flatMap(([kind, sets]) => setsOf(sets, ['episode', 'complaints', kind], true)),
  ...Object.entries(otherwise).flatMap(([kind, sets]) => setsOf(sets, ['episode', 'otherwise', kind], true)),
  ...Object.entries(alsoFor).flatMap(([drugs, problems]) =>
    setsOf([drugs, ...problems], ['episode', 'also-for', drugs], true),
  ),
  ...setsOf(painAfter?.events ?? [], ['episode', 'pain-after', 'events'], true),
  ...(['healing', 'therapies', 'drugs', 'visit-reasons', 'pain-elsewhere', 'pain-reasons'] as const).flatMap((key) =>
    setsOf(rest[key], ['episode', key], true),
  ),
];
