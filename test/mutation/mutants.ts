import type { NodeInput, PlaceInput, PolicyInput, StudyInput } from '../../src/policy/schema.ts';
import { type Change, drop, type Surroundings } from './change.ts';
import { edited, GONE, type YamlPath } from './edit.ts';
import { nodeChanges } from './node-changes.ts';
import { studyChanges } from './study-changes.ts';

/** A policy with one change. */
export interface Mutant extends Change {
  /** the passage, definition or exclusion, and the place in it; it does not change when lines move */
  readonly place: string;
  readonly input: PolicyInput;
}

type Dated = { readonly from?: string | undefined; readonly until?: string | undefined };

const nextYear = (date: string): string => `${Number(date.slice(0, 4)) + 1}${date.slice(4)}`;

/** Another date, or none. */
function dateChanges(node: Dated, at: YamlPath): readonly Change[] {
  return (['from', 'until'] as const).flatMap((key): readonly Change[] => {
    const date = node[key];
    if (date === undefined) return [];
    return [
      { kind: 'date', what: `${key} ${date} a year later`, at: [...at, key], by: nextYear(date) },
      { kind: 'date', what: `no ${key}`, at: [...at, key], by: GONE },
    ];
  });
}

const sameNode = (a: NodeInput, b: NodeInput): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Does a node hold only when a reviewer decides? */
const needsReviewer = (node: NodeInput): boolean =>
  typeof node !== 'string' && ('review' in node || ('all' in node && node.all.some(needsReviewer)));

/** A passage that is left to a reviewer is never met: the studies that it names are for the record. */
const neverMet = (place: PlaceInput): boolean =>
  'paths' in place ? place.paths.every(neverMet) : place.criteria !== undefined && needsReviewer(place.criteria);

class Mutations {
  readonly #input: PolicyInput;
  readonly #around: Surroundings;
  readonly #entries: readonly NodeInput[];
  readonly found: Mutant[] = [];

  constructor(input: PolicyInput, around: Surroundings) {
    this.#input = input;
    this.#around = around;
    this.#entries = entriesOf(input.indications);
  }

  /** @param base path of the passage, so that places are told relative to it */
  #add(owner: string, base: YamlPath, changes: readonly Change[]): void {
    for (const change of changes) {
      const place = [owner, change.at.slice(base.length).join('.')].filter((p) => p !== '').join(' ');
      const input = edited(this.#input, change.at, change.by) as PolicyInput;
      this.found.push({ ...change, place, input });
    }
  }

  all(): readonly Mutant[] {
    const { define, exclusions, indications } = this.#input;
    for (const [name, definition] of Object.entries(define)) {
      const at = ['define', name];
      this.#add(`define ${name}`, at, nodeChanges(definition.criteria, [...at, 'criteria'], this.#around));
    }
    for (const [i, rule] of this.#input['not-required'].entries())
      this.#add(rule.id, ['not-required', i], [drop('the exemption', ['not-required', i])]);
    for (const [i, { criteria }] of this.#input['governs-when'].entries()) {
      const at = ['governs-when', i];
      const changes = nodeChanges(criteria, [...at, 'criteria'], this.#around);
      this.#add(`governs-when ${i + 1}`, at, [drop('the condition', at), ...changes]);
    }
    for (const i of exclusions.keys()) this.#exclusion(i);
    for (const [i, place] of indications.entries()) this.#place(place, ['indications', i]);
    return this.found;
  }

  #exclusion(i: number): void {
    const exclusion = this.#input.exclusions[i];
    if (exclusion === undefined) return;
    const at: YamlPath = ['exclusions', i];
    const { criteria, unless, studies } = exclusion;
    const other = exclusion['if-unknown'] === 'ignore' ? 'ask' : 'ignore';
    this.#add(exclusion.id, at, [
      drop('the exclusion', at),
      { kind: 'role', what: `if-unknown: ${other}`, at: [...at, 'if-unknown'], by: other },
      ...dateChanges(exclusion, at),
      ...this.#region(exclusion.region, [...at, 'region']),
      ...(criteria === undefined ? [] : nodeChanges(criteria, [...at, 'criteria'], this.#around)),
      ...(unless === undefined
        ? []
        : [drop('the exception', [...at, 'unless']), ...nodeChanges(unless, [...at, 'unless'], this.#around)]),
      ...(studies === undefined
        ? []
        : [
            ...studyChanges(studies, [...at, 'studies'], this.#around),
            ...(criteria === undefined ? [] : [drop('the studies', [...at, 'studies'])]),
          ]),
    ]);
  }

  #place(place: PlaceInput, at: YamlPath): void {
    const flip = (key: 'screen' | 'own-studies-only' | 'own-region-only' | 'red-flag'): Change => ({
      kind: 'role',
      what: `${key}: ${place[key] !== true}`,
      at: [...at, key],
      by: place[key] !== true,
    });
    this.#add(place.id, at, [
      drop('the passage', at),
      ...(place.screen === undefined ? [] : [flip('screen')]),
      ...(place['own-studies-only'] === undefined ? [] : [flip('own-studies-only')]),
      ...(place['own-region-only'] === undefined ? [] : [flip('own-region-only')]),
      ...(place['red-flag'] === undefined ? [] : [flip('red-flag')]),
      ...dateChanges(place, at),
      ...this.#region(place.region, [...at, 'region']),
      ...this.#regions(place.regions ?? [], [...at, 'regions']),
      ...this.#entry(place.entry, [...at, 'entry']),
      ...(place.about === undefined
        ? []
        : [drop('what it is about', [...at, 'about']), ...nodeChanges(place.about, [...at, 'about'], this.#around)]),
      ...this.#list(place.require ?? [], [...at, 'require']),
      ...this.#list(place['closed-by'] ?? [], [...at, 'closed-by']),
      ...(neverMet(place) ? [] : this.#studies(place.studies, [...at, 'studies'])),
    ]);
    if ('paths' in place) for (const [i, child] of place.paths.entries()) this.#place(child, [...at, 'paths', i]);
    else if (place.criteria !== undefined)
      this.#add(place.id, at, [
        drop('the criteria', [...at, 'criteria']),
        ...nodeChanges(place.criteria, [...at, 'criteria'], this.#around),
      ]);
  }

  #studies(studies: readonly StudyInput[] | undefined, at: YamlPath): readonly Change[] {
    if (studies === undefined) return [];
    const conditions = studies.flatMap((s, i) =>
      typeof s === 'string' ? [] : nodeChanges(s.when, [...at, i, 'when'], this.#around),
    );
    return [...studyChanges(studies, at, this.#around), ...conditions];
  }

  /** Each node of a list of requirements: left out, or changed. */
  #list(nodes: readonly NodeInput[], at: YamlPath): readonly Change[] {
    return nodes.flatMap((node, i) => [
      drop(`${at.at(-1)} ${i + 1}`, [...at, i]),
      ...nodeChanges(node, [...at, i], this.#around),
    ]);
  }

  /** No entry, the entry of another passage, or a changed one. */
  #entry(entry: NodeInput | undefined, at: YamlPath): readonly Change[] {
    if (entry === undefined) return [];
    const here = this.#entries.findIndex((e) => sameNode(e, entry));
    const others = [...this.#entries.slice(here + 1), ...this.#entries.slice(0, here)];
    const other = others.find((e) => !sameNode(e, entry));
    return [
      { kind: 'entry', what: 'no entry', at, by: GONE },
      ...(other === undefined
        ? []
        : [{ kind: 'entry' as const, what: `entry of another passage: ${JSON.stringify(other)}`, at, by: other }]),
      ...nodeChanges(entry, at, this.#around),
    ];
  }

  #region(region: string | undefined, at: YamlPath): readonly Change[] {
    if (region === undefined) return [];
    const other = region === 'lumbar' ? 'cervical' : 'lumbar';
    return [{ kind: 'region', what: `region: ${other}`, at, by: other }];
  }

  #regions(regions: readonly string[], at: YamlPath): readonly Change[] {
    if (regions.length < 2) return [];
    return regions.map((r, i) => ({ kind: 'region', what: `not for the region ${r}`, at: [...at, i], by: GONE }));
  }
}

function entriesOf(places: readonly PlaceInput[]): readonly NodeInput[] {
  return places.flatMap((p) => [
    ...(p.entry === undefined ? [] : [p.entry]),
    ...('paths' in p ? entriesOf(p.paths) : []),
  ]);
}

/** Every mutant of a policy: one change each. */
export const mutantsOf = (input: PolicyInput, around: Surroundings): readonly Mutant[] =>
  new Mutations(input, around).all();
