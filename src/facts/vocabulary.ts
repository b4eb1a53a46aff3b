import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Duration, parseDuration } from '../dates/day.ts';
import type { FactCatalog, FactDescription } from '../policy/fact-source.ts';
import type { CodeIndex } from '../terminology/code-sets.ts';
import { InvalidFileError, type LoadedFile, readYaml } from '../yaml/yaml-file.ts';
import { type BlockInput, type EpisodeInput, type FactInput, FactsFile } from './schema.ts';

/** A duration that the schema has checked. */
export function duration(text: string): Duration {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw new RangeError(`not a duration: ${text}`);
  return parsed;
}

/** The loaded vocabulary: facts by name, and what counts as an episode. */
export class Vocabulary implements FactCatalog {
  readonly facts: ReadonlyMap<string, FactInput>;
  readonly episode: EpisodeInput;
  readonly codes: CodeIndex;
  readonly #descriptions = new Map<string, FactDescription>();

  constructor(facts: ReadonlyMap<string, FactInput>, episode: EpisodeInput, codes: CodeIndex) {
    this.facts = facts;
    this.episode = episode;
    this.codes = codes;
    for (const [id, fact] of facts) {
      this.#descriptions.set(id, {
        id,
        label: fact.label,
        ask: fact.ask,
        ...(fact.action !== undefined && { action: fact.action }),
        ...(fact.takes !== undefined && { takes: duration(fact.takes) }),
      });
    }
  }

  describe(fact: string): FactDescription | undefined {
    return this.#descriptions.get(fact);
  }

  /** The names of the urgent facts. */
  urgent(): readonly string[] {
    return [...this.facts].flatMap(([id, fact]) => (fact.urgent ? [id] : []));
  }
}

/** The code sets that a block of evidence names, with the path to each name. */
export function setsOf(
  value: unknown,
  path: readonly (string | number)[] = [],
): readonly { readonly set: string; readonly path: readonly (string | number)[] }[] {
  const keys = new Set([
    'codes',
    'observed',
    'history',
    'shows',
    'lacks',
    'denies',
    'cleared-by',
    'rated-as',
    'undone-by',
    'during',
    'new',
    'specialty',
    'safety',
    'reaction',
    'therapies',
    'drugs',
    'evaluation',
    'scores',
    'here',
    'over',
    'examination',
    'site',
    'orders',
    'documents',
    'findings',
    'including',
    'reasons',
  ]);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, v]) => {
    if (keys.has(key) && Array.isArray(v))
      return v.flatMap((s, i) =>
        Array.isArray(s)
          ? s.map((x: string, j) => ({ set: x, path: [...path, key, i, j] }))
          : [{ set: String(s), path: [...path, key, i] }],
      );
    return setsOf(v, [...path, /^\d+$/.test(key) ? Number(key) : key]);
  });
}

function references(
  id: string,
  fact: FactInput,
): readonly { readonly fact: string; readonly path: readonly (string | number)[] }[] {
  const composite = [
    ...(fact.any ?? []).map((f, i) => ({ fact: f, path: ['facts', id, 'any', i] })),
    ...(fact.all ?? []).map((f, i) => ({ fact: f, path: ['facts', id, 'all', i] })),
  ];
  const signs = fact.evidence.flatMap((block: BlockInput, i) =>
    'progression' in block
      ? block.progression.signs.map((f, j) => ({
          fact: f,
          path: ['facts', id, 'evidence', i, 'progression', 'signs', j],
        }))
      : [],
  );
  return [...composite, ...signs];
}

/**
 * Loads every file of a folder of facts.
 * @throws InvalidFileError for invalid files, facts defined twice, unknown code sets and unknown or circular facts
 */
export function loadVocabulary(folder: string, codes: CodeIndex): Vocabulary {
  const facts = new Map<string, FactInput>();
  const files = new Map<string, LoadedFile<unknown>>();
  const problems: string[] = [];
  let episode: EpisodeInput | undefined;
  for (const name of readdirSync(folder)
    .filter((f) => f.endsWith('.yaml'))
    .sort()) {
    const file = readYaml(join(folder, name), FactsFile);
    if (file.data.episode !== undefined) episode = file.data.episode;
    for (const [id, fact] of Object.entries(file.data.facts)) {
      if (facts.has(id)) problems.push(`${file.locate(['facts', id])} facts.${id}: this fact is defined twice`);
      facts.set(id, fact);
      files.set(id, file);
    }
  }
  for (const [id, fact] of facts) {
    const locate = (path: readonly (string | number)[]): string => `${files.get(id)?.locate(path)} ${path.join('.')}`;
    for (const { set, path } of setsOf({ evidence: fact.evidence, leads: fact.leads }, ['facts', id])) {
      if (!codes.has(set)) problems.push(`${locate(path)}: there is no code set "${set}"`);
    }
    for (const r of references(id, fact))
      if (!facts.has(r.fact)) problems.push(`${locate(r.path)}: there is no fact "${r.fact}"`);
    const cycle = cycleFrom(id, facts);
    if (cycle !== undefined) problems.push(`${locate(['facts', id])}: refers to itself: ${cycle.join(' > ')}`);
  }
  if (episode === undefined) problems.push(`${folder}: no file says what an episode is`);
  if (problems.length > 0 || episode === undefined) throw new InvalidFileError(problems);
  return new Vocabulary(facts, episode, codes);
}

function cycleFrom(start: string, facts: ReadonlyMap<string, FactInput>): readonly string[] | undefined {
  const walk = (id: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(id)) return id === start ? [...trail, id] : undefined;
    const fact = facts.get(id);
    if (fact === undefined) return undefined;
    for (const r of references(id, fact)) {
      const found = walk(r.fact, [...trail, id]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(start, []);
}
