import { type Day, type Interval, parseInterval } from '../dates/day.ts';
import type { Expr } from './compiled-policy.ts';
import type { Evaluation } from './evaluate.ts';
import type { Reading } from './evaluated.ts';
import type { FactCatalog, FactQuery } from './fact-source.ts';
import type { PathState } from './path-state.ts';
import type { PathStates } from './path-states.ts';
import { atomFact, atomRegion } from './words.ts';

/** How a missing leaf can become true: by documenting it, by doing something new, or by the passing of time. */
export type NeedKind = 'document' | 'do' | 'wait';

export interface Need {
  readonly atom: number;
  readonly want: 'true' | 'false';
  readonly kind: NeedKind;
  /** the day from which it holds by time alone; a question has one where a course of treatment goes on */
  readonly from: Day | undefined;
}

/** One way to make an indication true: the leaves that are true already and those still needed. */
export interface Way {
  readonly has: readonly number[];
  readonly needs: readonly Need[];
}

/** An indication with the cheapest way to make it true. */
export interface Candidate {
  readonly state: PathState;
  readonly way: Way;
}

interface Costed extends Way {
  readonly cost: number;
}

const WIDTH = 6;
const COST: Readonly<Record<NeedKind, number>> = { document: 1, do: 3, wait: 3 };
/** A question for which the chart has a lead is nearer to an answer than a silent one. */
const LEAD = 0.1;
const EMPTY: Costed = { has: [], needs: [], cost: 0 };
const NONE: readonly Costed[] = [];
const FREE: readonly Costed[] = [EMPTY];

const cheaperFirst = (a: Costed, b: Costed): number => a.cost - b.cost || b.has.length - a.has.length;
const best = (ways: readonly Costed[]): readonly Costed[] =>
  ways.length < 2 ? ways : [...ways].sort(cheaperFirst).slice(0, WIDTH);

function union(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const more = b.filter((i) => !a.includes(i));
  return more.length === 0 ? a : [...a, ...more];
}

/** Both ways together, or undefined when they want opposite answers to one question. */
function join(a: Costed, b: Costed): Costed | undefined {
  const has = union(a.has, b.has);
  if (b.needs.length === 0) return { has, needs: a.needs, cost: a.cost };
  if (a.needs.length === 0) return { has, needs: b.needs, cost: b.cost };
  const needs = [...a.needs];
  let { cost } = a;
  for (const need of b.needs) {
    const same = needs.find((n) => n.atom === need.atom);
    if (same === undefined) {
      needs.push(need);
      cost += COST[need.kind];
    } else if (same.want !== need.want) return undefined;
  }
  return { has, needs, cost };
}

function product(left: readonly Costed[], right: readonly Costed[]): readonly Costed[] {
  if (left.length === 0 || right.length === 0) return NONE;
  if (left === FREE) return right;
  if (right === FREE) return left;
  const out: Costed[] = [];
  for (const a of left) {
    for (const b of right) {
      const both = join(a, b);
      if (both !== undefined) out.push(both);
    }
  }
  return best(out);
}

/** The cheapest ways to satisfy at least n of the children. */
function choose(children: readonly (readonly Costed[])[], n: number): readonly Costed[] {
  if (n <= 0) return FREE;
  if (n > children.length) return NONE;
  if (n === 1) return best(children.flat());
  if (n === children.length) return children.reduce(product, FREE);
  let rows: (readonly Costed[])[] = [FREE];
  for (const child of children) {
    const next: (readonly Costed[])[] = [];
    for (let k = 0; k <= Math.min(n, rows.length); k++) {
      const without = rows[k] ?? NONE;
      const withChild = k > 0 ? product(rows[k - 1] ?? NONE, child) : NONE;
      next.push(without.length === 0 ? withChild : best([...without, ...withChild]));
    }
    rows = next;
  }
  return rows[n] ?? NONE;
}

/** Does a leaf ask for a suspicion or a history of what another asks to be known, and for nothing else? */
const isWeaker = (leaf: FactQuery, other: FactQuery): boolean =>
  leaf.fact === other.fact &&
  leaf.certainty !== 'known' &&
  other.certainty === 'known' &&
  (!leaf.strictRegion || other.strictRegion) &&
  (['within', 'ago', 'begun', 'since', 'grace', 'source'] as const).every((k) => leaf[k] === undefined);

const isBefore = (date: Interval | undefined, day: Day): boolean => date !== undefined && date.hi < day;

/** Looks for the cheapest ways to make indications true. Belongs to one assessment; nodes that passages share are searched once. */
export class WaySearch {
  readonly #catalog: FactCatalog;
  readonly #states: PathStates;
  readonly #ev: Evaluation;
  readonly #toTrue: (readonly Costed[] | undefined)[] = [];
  readonly #toFalse: (readonly Costed[] | undefined)[] = [];
  readonly #cheapest = new Map<PathState, Way | undefined>();
  readonly #besides = new Map<PathState, Map<number, readonly number[]>>();

  constructor(states: PathStates, catalog: FactCatalog) {
    this.#catalog = catalog;
    this.#states = states;
    this.#ev = states.evaluation;
  }

  /**
   * The cheapest sufficient way to make an indication true, without a superfluous need.
   * @returns undefined when nothing that can be documented, done or waited for makes it true
   */
  cheapest(state: PathState): Way | undefined {
    if (this.#cheapest.has(state)) return this.#cheapest.get(state);
    const way = this.#search(state);
    this.#cheapest.set(state, way);
    return way;
  }

  /** The cheapest way to make a condition true that is open. */
  towards(condition: Expr): Way | undefined {
    return this.#ways(condition, 'true')[0];
  }

  /**
   * Facts on which the chart is open and of which any one would do in the place of a need: those that the policy lists beside it
   * (one of them suffices, or some of them do), of the same region.
   * @returns indices of leaves, in the order of the source; none for what has to be done, waited for or ruled out
   */
  inPlaceOf(need: Need, { state, way }: Candidate): readonly number[] {
    if (need.kind !== 'document' || need.want !== 'true') return [];
    const beside = this.#beside(need, state);
    if (beside.length === 0) return beside;
    const rest = way.needs.filter((n) => n !== need);
    return beside.filter((atom) => this.#wouldDo([atom], need, rest, state));
  }

  /**
   * The windows of a need in which its fact is to be told. Where it would do in another one too, wherever it is asked for (within 60
   * days, or since the disease began), all of them, save those that begin with an event that is not on file.
   * @returns leaves of the same fact, at least one
   */
  windowsOf(need: Need, { state, way }: Candidate): readonly number[] {
    if (need.want !== 'true') return [need.atom];
    const beside = this.#beside(need, state);
    if (beside.length === 0) return [need.atom];
    const fact = atomFact(this.#ev.atom(need.atom));
    const same = beside.filter((atom) => atomFact(this.#ev.atom(atom)) === fact);
    const rest = way.needs.filter((n) => n !== need);
    if (same.length === 0 || !this.#wouldDo(same, need, rest, state)) return [need.atom];
    const begun = [need.atom, ...same].filter((atom) => this.#hasBegun(atom));
    return begun.length === 0 ? [need.atom] : begun;
  }

  /** Is the event on file with which the window of a leaf begins? */
  #hasBegun(index: number): boolean {
    const atom = this.#ev.atom(index);
    if (atom.kind !== 'fact' || typeof atom.query.since !== 'object') return true;
    const { fact, certainty = 'history' } = atom.query.since;
    const event: FactQuery = { fact, certainty, region: atom.query.region, strictRegion: false };
    return this.#ev.source.fact(event).truth === 'true';
  }

  /** The open facts of the region of a need that the policy lists beside it. */
  #beside({ atom: needed }: Need, state: PathState): readonly number[] {
    const known = this.#besides.get(state)?.get(needed);
    if (known !== undefined) return known;
    const listed = new Set<number>();
    this.#listedBeside(needed, state.whole, listed);
    const region = atomRegion(this.#ev.atom(needed));
    const beside = [...listed].filter((atom) => atomRegion(this.#ev.atom(atom)) === region);
    const ofState = this.#besides.get(state) ?? new Map<number, readonly number[]>();
    this.#besides.set(state, ofState.set(needed, beside));
    return beside;
  }

  #wouldDo(atoms: readonly number[], need: Need, rest: readonly Need[], { whole }: PathState): boolean {
    const needs = [...rest, ...atoms.map((atom) => ({ ...need, atom, from: undefined }))];
    return this.#ev.truth(whole, this.#fulfilled(needs)) === 'true';
  }

  /** Collects the open facts that lists of alternatives name beside a leaf. Does the expression hold the leaf at all? */
  #listedBeside(atom: number, expr: Expr, out: Set<number>): boolean {
    if (expr.op === 'atom') return expr.atom === atom;
    if (expr.op === 'not' || expr.op === 'review' || expr.op === 'any-indication') return false;
    const children = this.#ev.children(expr);
    const holding = children.filter((child) => this.#listedBeside(atom, child, out));
    if ((expr.op === 'any' || expr.op === 'at-least') && holding.length > 0)
      for (const child of children) if (!holding.includes(child)) this.#openFacts(child, out);
    return holding.length > 0;
  }

  /** The open facts of which one alone would make an expression true, as far as lists and single leaves show it. */
  #openFacts(expr: Expr, out: Set<number>): void {
    if (expr.op === 'any') for (const child of this.#ev.children(expr)) this.#openFacts(child, out);
    if (expr.op !== 'atom' || this.#ev.truth(expr) !== 'unknown') return;
    const atom = this.#ev.atom(expr.atom);
    // the reason of the order is not documented by an answer
    if (atom.kind === 'fact' && atom.query.source !== 'order-reason') out.add(expr.atom);
  }

  #search(state: PathState): Way | undefined {
    if (state.truth === 'true' || !this.#opensAgain(state)) return undefined;
    for (const way of this.#ways(state.whole, 'true')) {
      const pruned = this.#withoutSuperfluous(state.whole, way);
      if (pruned !== undefined && pruned.needs.length > 0) return pruned;
    }
    return undefined;
  }

  /** Is a path not closed, or would a statement of today open it again, as it is later than what may close it? */
  #opensAgain({ closing, whole }: PathState): boolean {
    if (closing === undefined) return true;
    const { asOf } = this.#ev.source;
    const before = closing.evidence.every((e) => e.reference === undefined || isBefore(parseInterval(e.date), asOf));
    return closing.for === 'perhaps' && before && this.#ev.truth(whole) === 'unknown';
  }

  /** Bounded search for the cheapest ways to make an expression true (or false, under a `not`). */
  #ways(expr: Expr, want: 'true' | 'false'): readonly Costed[] {
    const memo = want === 'true' ? this.#toTrue : this.#toFalse;
    const known = memo[expr.index];
    if (known !== undefined) return known;
    const ways = this.#find(expr, want);
    memo[expr.index] = ways;
    return ways;
  }

  #find(expr: Expr, want: 'true' | 'false'): readonly Costed[] {
    if (expr.op === 'atom') return this.#leaf(expr.atom, want);
    if (expr.op === 'review' || expr.op === 'any-indication') return this.#ev.truth(expr) === want ? FREE : NONE;
    if (expr.op === 'not') return this.#ways(expr.child, want === 'true' ? 'false' : 'true');
    if (expr.op === 'closable') {
      const truth = this.#ev.truth(expr);
      if (truth === this.#ev.truth(expr.child)) return this.#ways(expr.child, want);
      return truth === want ? FREE : NONE;
    }
    const children = this.#ev.children(expr);
    const n = expr.op === 'at-least' ? expr.n : expr.op === 'all' ? children.length : 1;
    const needed = want === 'true' ? n : children.length - n + 1;
    const options: (readonly Costed[])[] = [];
    for (const child of children) {
      const found = this.#ways(child, want);
      if (found.length > 0) options.push(found);
      // all of them are needed, and one cannot be had
      else if (needed === children.length) return NONE;
    }
    return choose(options, needed);
  }

  #leaf(atom: number, want: 'true' | 'false'): readonly Costed[] {
    const value = this.#ev.value(atom);
    if (value.truth === want) return [{ has: [atom], needs: [], cost: 0 }];
    const led = (value.leads ?? []).length > 0 && value.outdated !== true ? LEAD : 0;
    const need = (kind: NeedKind, from?: Day): readonly Costed[] => [
      { has: [], needs: [{ atom, want, kind, from }], cost: COST[kind] - led },
    ];
    if (value.truth === 'unknown')
      return this.#ev.atom(atom).kind === 'age' || this.#ev.lacksDayOfStudy(atom)
        ? NONE
        : need('document', want === 'true' ? value.from : undefined);
    if (want === 'true' && value.from !== undefined) return need('wait', value.from);
    return want === 'true' && value.redoable === true ? need('do') : NONE;
  }

  /** Drops needs without which the indication is true all the same; undefined when the way does not lead to true. */
  #withoutSuperfluous(whole: Expr, way: Way): Way | undefined {
    const leads = (needs: readonly Need[]): boolean => this.#ev.truth(whole, this.#fulfilled(needs)) === 'true';
    if (!leads(way.needs)) return undefined;
    let needs = way.needs;
    for (const need of way.needs) {
      const fewer = needs.filter((n) => n !== need);
      if (leads(fewer)) needs = fewer;
    }
    return { has: way.has, needs };
  }

  /** Is an open leaf about a fact that one of the needs makes true? */
  #implied(index: number, needs: readonly Need[]): boolean {
    const atom = this.#ev.atom(index);
    if (atom.kind !== 'fact' || this.#ev.value(index).truth !== 'unknown') return false;
    const { impliedBy = [] } = this.#catalog.describe(atom.query.fact) ?? {};
    return needs.some(({ atom: other, want }) => {
      const need = this.#ev.atom(other);
      return (
        want === 'true' &&
        need.kind === 'fact' &&
        need.query.region === atom.query.region &&
        (impliedBy.includes(need.query.fact) || isWeaker(atom.query, need.query))
      );
    });
  }

  /** The reading in which the needs are fulfilled and everything else is as the chart has it. */
  #fulfilled(needs: readonly Need[]): Reading {
    return {
      atom: (i) =>
        needs.find((n) => n.atom === i)?.want ?? (this.#implied(i, needs) ? 'true' : this.#ev.value(i).truth),
      review: 'unknown',
      anyIndication: (except, region) => this.#states.anyIndication(except, region),
      known: undefined,
    };
  }
}
