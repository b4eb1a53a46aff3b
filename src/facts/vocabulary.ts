import { join } from 'node:path';
import type { FactCatalog, FactDescription, FactQuery } from '../policy/fact-source.ts';
import type { CodeIndex } from '../terminology/code-index.ts';
import { nearText } from '../yaml/nearest-names.ts';
import { InvalidFileError, type LoadedFile, readYaml } from '../yaml/yaml-file.ts';
import { yamlNames } from '../yaml/yaml-names.ts';
import { duration } from './duration.ts';
import { type FactPlan, planFact } from './fact-plan.ts';
import { QueryPool } from './query-pool.ts';
import { type BlockInput, type EpisodeInput, type FactInput, FactsFile, type FactsInput } from './schema.ts';
import { episodeSets, type NamedSet, setsOf, type YamlPath } from './sets-of.ts';
import { Speakers } from './speakers.ts';

/** The loaded vocabulary: facts by name, and what counts as an episode. */
export class Vocabulary implements FactCatalog {
  readonly facts: ReadonlyMap<string, FactInput>;
  readonly episode: EpisodeInput;
  readonly codes: CodeIndex;
  readonly queries: QueryPool;
  readonly #plans = new Map<string, FactPlan>();
  /** suspicion of each urgent fact, anywhere */
  readonly urgent: readonly FactQuery[];
  readonly #descriptions = new Map<string, FactDescription>();
  /** which facts a chart can say anything of */
  readonly speakers: Speakers;

  constructor(facts: ReadonlyMap<string, FactInput>, episode: EpisodeInput, codes: CodeIndex) {
    this.facts = facts;
    this.episode = episode;
    this.codes = codes;
    this.urgent = [...facts].flatMap(([id, fact]) =>
      fact.urgent ? [{ fact: id, certainty: 'suspected' as const, region: 'any' as const, strictRegion: false }] : [],
    );
    for (const [id, fact] of facts) {
      this.#plans.set(id, planFact(fact, episode, facts, codes));
      this.#descriptions.set(id, {
        id,
        label: fact.label,
        care: tellsOfCare(fact),
        followUp: tellsOfFollowUp(fact),
        complaint: isComplaint(fact, facts),
        byResult: fact.evidence.length > 0 && fact.evidence.every((block) => 'imaging' in block || 'report' in block),
        ask: fact.ask,
        ...(fact.any !== undefined && { impliedBy: fact.any }),
        ...(fact.action !== undefined && { action: fact.action }),
        ...(fact.takes !== undefined && { takes: duration(fact.takes) }),
        ...(fact.lasts !== undefined && { lasts: duration(fact.lasts) }),
      });
    }
    const speakers = new Speakers(this.#plans);
    this.speakers = speakers;
    this.queries = new QueryPool(
      (fact) => speakers.number(fact) ?? 0,
      (fact) => this.plan(fact),
    );
  }

  describe(fact: string): FactDescription | undefined {
    return this.#descriptions.get(fact);
  }

  names(): Iterable<string> {
    return this.facts.keys();
  }

  /** How a fact is looked up. @throws RangeError when there is no such fact */
  plan(fact: string): FactPlan {
    const plan = this.#plans.get(fact);
    if (plan === undefined) throw new RangeError(`there is no fact "${fact}"`);
    return plan;
  }
}

const CARE = ['course', 'improvement', 'persistence', 'visit', 'order', 'orderer', 'change', 'procedure'];

/** Care given, however it went: no coded finding, measurement or examination that shows something in particular. */
const tellsOfCare = (fact: FactInput): boolean =>
  fact.evidence.length > 0 &&
  fact.evidence.every((block) =>
    'imaging' in block ? block.imaging.shows === undefined : Object.keys(block).every((kind) => CARE.includes(kind)),
  );

const FOLLOW_UP = ['course', 'improvement', 'persistence', 'visit'];

/** The course of treatment of the complaint, visits for it and how it went; a procedure may be what a disease comes of. */
const tellsOfFollowUp = ({ evidence }: FactInput): boolean =>
  evidence.length > 0 && evidence.every((block) => Object.keys(block).every((kind) => FOLLOW_UP.includes(kind)));

/** What patients come with: nothing but findings that the reasons of visits show too, and how bad they are. */
const isComplaint = ({ evidence, any, all }: FactInput, facts: ReadonlyMap<string, FactInput>): boolean => {
  const parts = [...(any ?? []), ...(all ?? [])].map((f) => facts.get(f));
  return (
    evidence.length + parts.length > 0 &&
    evidence.every(
      (block) => ('finding' in block && block.finding.complaint) || ('measure' in block && block.measure.complaint),
    ) &&
    parts.every((part) => part !== undefined && isComplaint(part, facts))
  );
};

/** The facts that a fact is made of, each with its place in the file. */
export function references(id: string, fact: FactInput): readonly { readonly fact: string; readonly path: YamlPath }[] {
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

/** Reads the files of a folder of facts. @throws InvalidFileError when one is invalid */
export const readFactFiles = (folder: string): readonly LoadedFile<FactsInput>[] =>
  yamlNames(folder).map((name) => readYaml(join(folder, name), FactsFile));

/** Code sets that are named and do not exist. @param locate the place of a path, and the path */
const unknownSets = (
  named: readonly NamedSet[],
  locate: (path: YamlPath) => string,
  codes: CodeIndex,
): readonly string[] =>
  named.flatMap(({ set, path }) =>
    codes.has(set) ? [] : [`${locate(path)}: there is no code set "${set}"${nearText(set, codes.names)}`],
  );

function problemsOfEpisode(episode: EpisodeInput, file: LoadedFile<unknown>, codes: CodeIndex): readonly string[] {
  const locate = (path: YamlPath): string => `${file.locate(path)} ${path.join('.')}`;
  const lasting = episode.lasting.flatMap((kind, i) =>
    episode.otherwise[kind] === undefined
      ? [`${locate(['episode', 'lasting', i])}: no kind "${kind}" under otherwise`]
      : [],
  );
  return [...unknownSets(episodeSets(episode), locate, codes), ...lasting];
}

/**
 * Loads every file of a folder of facts.
 * @throws InvalidFileError for invalid files, facts and episodes defined twice, unknown code sets and unknown or circular facts
 */
export function loadVocabulary(folder: string, codes: CodeIndex): Vocabulary {
  const facts = new Map<string, FactInput>();
  const files = new Map<string, LoadedFile<unknown>>();
  const problems: string[] = [];
  let episode: EpisodeInput | undefined;
  for (const file of readFactFiles(folder)) {
    if (file.data.episode !== undefined) {
      if (episode !== undefined) problems.push(`${file.locate(['episode'])} episode: this is defined twice`);
      episode = file.data.episode;
      problems.push(...problemsOfEpisode(episode, file, codes));
    }
    for (const [id, fact] of Object.entries(file.data.facts)) {
      const other = files.get(id)?.locate(['facts', id]);
      if (other !== undefined)
        problems.push(
          `${file.locate(['facts', id])} facts.${id}: this fact is defined twice, the first time at ${other}`,
        );
      facts.set(id, fact);
      files.set(id, file);
    }
  }
  for (const [id, fact] of facts) {
    const locate = (path: YamlPath): string => `${files.get(id)?.locate(path)} ${path.join('.')}`;
    problems.push(...unknownSets(setsOf({ evidence: fact.evidence, leads: fact.leads }, ['facts', id]), locate, codes));
    for (const r of references(id, fact))
      if (!facts.has(r.fact))
        problems.push(`${locate(r.path)}: there is no fact "${r.fact}"${nearText(r.fact, facts.keys())}`);
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
