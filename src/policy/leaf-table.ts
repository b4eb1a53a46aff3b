import { type Duration, parseDuration } from '../dates/day.ts';
import { nearText } from '../yaml/nearest-names.ts';
import type { Atom, Comparison } from './compiled-policy.ts';
import type { Certainty, FactCatalog, FactQuery, Region } from './fact-source.ts';

/** A place in the YAML document. */
export type YamlPath = readonly (string | number)[];

/** What a leaf means depends on where it is used: the region of the passage, and the parameters of the definition. */
export interface Scope {
  readonly region: Region | 'any';
  readonly strict: boolean;
  readonly params: Readonly<Record<string, string>>;
  /** the definitions and passages on the way to it */
  readonly stack: readonly string[];
}

interface LeafInput {
  readonly fact: string;
  readonly within?: string | undefined;
  readonly ago?: string | undefined;
  readonly begun?: string | undefined;
  readonly since?: FactQuery['since'];
  readonly grace?: string | undefined;
  readonly region?: Region | 'any' | 'path' | undefined;
  readonly source?: 'order-reason' | undefined;
}

/** The different leaves of a policy; equal ones are asked once. */
export class LeafTable {
  readonly #catalog: FactCatalog;
  readonly #problem: (at: YamlPath, message: string) => void;
  readonly #atoms: Atom[] = [];
  readonly #atomByKey = new Map<string, number>();

  /** @param problem told what is wrong in the document, and where */
  constructor(catalog: FactCatalog, problem: (at: YamlPath, message: string) => void) {
    this.#catalog = catalog;
    this.#problem = problem;
  }

  get all(): readonly Atom[] {
    return this.#atoms;
  }

  /** A text in which `$name` stands for a parameter of the definition. */
  param(text: string, at: YamlPath, scope: Scope): string {
    return text.replace(/\$([a-z-]+)/, (_, name: string) => {
      const value = scope.params[name];
      if (value === undefined) this.#problem(at, `the parameter $${name} has no value here`);
      return value ?? '1 day';
    });
  }

  #duration(text: string, at: YamlPath, scope: Scope): Duration {
    const duration = parseDuration(this.param(text, at, scope));
    if (duration === undefined) this.#problem(at, `"${text}" is no duration`);
    return duration ?? { count: 1, unit: 'days' };
  }

  /** "> 6 weeks" as it is compared. */
  comparison(text: string, at: YamlPath, scope: Scope): Comparison {
    const space = text.indexOf(' ');
    return { op: text.slice(0, space) as Comparison['op'], than: this.#duration(text.slice(space + 1), at, scope) };
  }

  #exists(fact: string, at: YamlPath): void {
    if (this.#catalog.describe(fact) === undefined)
      this.#problem(at, `the fact "${fact}" is not in policies/facts${nearText(fact, this.#catalog.names())}`);
  }

  /** Of each leaf, whether it tells of treatment and visits alone. */
  followUp(): readonly boolean[] {
    return this.all.map((a) => a.kind === 'fact' && this.#catalog.describe(a.query.fact)?.followUp === true);
  }

  #query(input: LeafInput, at: YamlPath, scope: Scope): FactQuery {
    const words = this.param(input.fact, at, scope).split(' ');
    const fact = words.at(-1) ?? '';
    const certainty = (words.length === 1 ? 'known' : words[0]) as Certainty;
    this.#exists(fact, at);
    if (typeof input.since === 'object') this.#exists(input.since.fact, [...at, 'since']);
    return {
      fact,
      certainty,
      region: input.region === undefined || input.region === 'path' ? scope.region : input.region,
      strictRegion: scope.strict,
      ...(input.within !== undefined && { within: this.#duration(input.within, [...at, 'within'], scope) }),
      ...(input.ago !== undefined && { ago: this.#duration(input.ago, [...at, 'ago'], scope) }),
      ...(input.begun !== undefined && { begun: this.comparison(input.begun, [...at, 'begun'], scope) }),
      ...(input.since !== undefined && { since: input.since }),
      ...(input.grace !== undefined && { grace: this.#duration(input.grace, [...at, 'grace'], scope) }),
      ...(input.source !== undefined && { source: input.source }),
    };
  }

  fact(input: LeafInput, at: YamlPath, scope: Scope, kind: 'fact' | 'absent'): number {
    return this.put({ kind, query: this.#query(input, at, scope) });
  }

  schedule(
    input: {
      last: string;
      'counted-from': string;
      after?: string | undefined;
      from?: 'earliest' | 'latest' | undefined;
      bands: { until?: string | undefined; every: string }[];
    },
    at: YamlPath,
    scope: Scope,
  ): number {
    return this.put({
      kind: 'schedule',
      last: this.#query({ fact: input.last }, [...at, 'schedule', 'last'], scope),
      countedFrom: this.#query({ fact: input['counted-from'] }, [...at, 'schedule', 'counted-from'], scope),
      ...(input.after !== undefined && {
        after: this.#query({ fact: input.after }, [...at, 'schedule', 'after'], scope),
      }),
      from: input.from ?? 'latest',
      bands: input.bands.map((band, i) => ({
        ...(band.until !== undefined && { until: this.#duration(band.until, [...at, 'schedule', 'bands', i], scope) }),
        every: this.#duration(band.every, [...at, 'schedule', 'bands', i], scope),
      })),
    });
  }

  put(atom: Atom): number {
    const key = JSON.stringify(atom);
    const known = this.#atomByKey.get(key);
    if (known !== undefined) return known;
    this.#atomByKey.set(key, this.#atoms.length);
    return this.#atoms.push(atom) - 1;
  }
}
