import { add, type Day } from '../dates/day.ts';
import { earliest, latest } from '../dates/later.ts';
import type { Missing, NearestPath, PathFact } from './assessment.ts';
import type { Expr } from './compiled-policy.ts';
import type { Decider, Decision, OrderedStudy } from './decide.ts';
import type { Evaluation } from './evaluate.ts';
import { type FactCatalog, ofComplaint } from './fact-source.ts';
import { compareEpisode } from './measure-time.ts';
import type { Candidate, Need, Way, WaySearch } from './needs.ts';
import type { PathState } from './path-state.ts';
import type { PathStates } from './path-states.ts';
import { Questions } from './questions.ts';
import type { Truth } from './truth.ts';
import { atomFact, atomLabel, noneOf, opposite, oppositeLabel } from './words.ts';

/** So many ways are told, and asked for. */
export const MAX_PATHS = 3;

/** The first day on which a way can lead to "met", as time has to pass. */
function waitsUntil({ way }: Candidate): Day | undefined {
  const days = way.needs.flatMap((n) => n.from ?? []);
  return days.length === 0 ? undefined : latest(days);
}

/** Tells of ways to met what they have and lack, and asks for what is missing. */
export class ToldWays {
  readonly #order: OrderedStudy;
  readonly #states: PathStates;
  readonly #ev: Evaluation;
  readonly #search: WaySearch;
  readonly #decider: Decider;
  readonly #catalog: FactCatalog;

  constructor(order: OrderedStudy, states: PathStates, search: WaySearch, decider: Decider, catalog: FactCatalog) {
    this.#order = order;
    this.#states = states;
    this.#ev = states.evaluation;
    this.#search = search;
    this.#decider = decider;
    this.#catalog = catalog;
  }

  /** What a way has and lacks, and when it can lead to met. */
  path({ state, way }: Candidate): NearestPath {
    const froms = way.needs.flatMap((n) => n.from ?? []);
    const started = way.needs.flatMap((n) => this.#started(n.atom) ?? []);
    const [from, startedNow] = [latest(froms), latest(started)];
    const openUntil = earliest(way.has.flatMap((i) => this.#outgrown(i) ?? []));
    const acts = way.needs.some((n) => n.kind === 'do');
    const studies = this.#states.studiesOf(state);
    // of an indication that holds what would make it name the ordered study is told
    const elsewhere =
      state.truth !== 'true' &&
      !studies.some(
        ({ code, when }) =>
          code === this.#order.code &&
          (when === undefined || this.#ev.truth(when) === 'true' || this.#ev.isOpenWithEvidence(when)),
      );
    const named = elsewhere ? studies.filter((s) => s.when === undefined) : [];
    const others = [...new Set(named.map((s) => s.code))];
    return {
      criterion: state.path.id,
      label: state.path.label,
      cite: state.path.cite,
      has: this.#onFile(way.has.length > 0 ? way : { ...way, has: this.#askedFor(state) }),
      needs: [
        ...way.needs.map((n) => this.#pathFact(n.atom, n.want, this.#search.windowsOf(n, { state, way }))),
        ...this.#condition(state).map((i) => this.#pathFact(i, 'true')),
      ],
      kind: way.needs.some((n) => this.#isAwaited(n)) ? 'wait' : acts ? 'do' : 'document',
      ...(froms.length > 0 && { from, byTimeAlone: froms.length === way.needs.length }),
      ...(startedNow > from && { startedNow }),
      ...(Math.max(from, startedNow) > openUntil && { openUntil }),
      ...(others.length > 0 && { otherStudies: others }),
    };
  }

  /** For what on file a red flag is asked that has nothing of its own yet. */
  #askedFor({ path: { about } }: PathState): readonly number[] {
    return about === undefined ? [] : this.#trueLeaves(about);
  }

  #trueLeaves(expr: Expr): readonly number[] {
    if (this.#ev.truth(expr) !== 'true') return [];
    return expr.op === 'atom' ? [expr.atom] : this.#ev.children(expr).flatMap((child) => this.#trueLeaves(child));
  }

  /** What a way has. That none is on file of a disease that is suspected is told of a confirmed one. */
  #onFile({ has }: Way): readonly PathFact[] {
    const told = new Set(has.flatMap((i) => this.#factOf(i, 'fact') ?? []));
    return has.map((i) => {
      const pathFact = this.#pathFact(i, this.#ev.value(i).truth);
      const none = this.#ev.value(i).truth === 'true' ? this.#factOf(i, 'absent') : undefined;
      if (none === undefined || !told.has(none)) return pathFact;
      return { ...pathFact, label: noneOf(`confirmed ${opposite(pathFact.label)}`) };
    });
  }

  #factOf(index: number, kind: 'fact' | 'absent'): string | undefined {
    const atom = this.#ev.atom(index);
    return atom.kind === kind ? atom.query.fact : undefined;
  }

  /** The last day of a leaf that time alone ends for good: an upper limit of an age, or of the length of the episode. */
  #outgrown(index: number): Day | undefined {
    const atom = this.#ev.atom(index);
    if (atom.kind === 'age') return this.#ev.value(index).until;
    if (atom.kind !== 'episode') return undefined;
    // without the day until which an episode goes on: it is told anew with each visit
    const episode = ofComplaint(this.#ev.source.episode(atom.region));
    const { from, until } = compareEpisode(episode, this.#ev.source.asOf, atom.comparison);
    return from === undefined ? until : from - 1;
  }

  /** Does nothing but time lack? Then nobody has to be asked. */
  #isAwaited({ kind, atom }: Need): boolean {
    return kind === 'wait' || this.#ev.value(atom).goesOn === true;
  }

  /** Does a fact follow something that is awaited or to be done itself, so that nobody can tell of it yet (the visit after a course that goes on)? */
  #comesAfter({ atom: index }: Need, { needs }: Way): boolean {
    const atom = this.#ev.atom(index);
    if (atom.kind !== 'fact' || typeof atom.query.since !== 'object') return false;
    const { fact } = atom.query.since;
    return needs.some((n) => (n.kind === 'do' || this.#isAwaited(n)) && this.#factOf(n.atom, 'fact') === fact);
  }

  /** What an indication needs beside its own criteria: the condition under which alone it names the ordered study, where evidence leaves it open. */
  #condition(state: PathState): readonly number[] {
    const refs = this.#states.studiesOf(state).filter((r) => r.code === this.#order.code);
    if (refs.some((r) => r.when === undefined || this.#ev.truth(r.when) === 'true')) return [];
    const atoms = refs.flatMap((r) => (r.when === undefined ? [] : [...this.#ev.unknownAtoms(r.when)]));
    return [...new Set(atoms)].filter((i) => this.#ev.value(i).gap === 'unclear');
  }

  /** @param windows the leaf, or those that ask for the same fact in other windows, any of which would do */
  #pathFact(index: number, truth: Truth, windows: readonly number[] = [index]): PathFact {
    const atom = this.#ev.atom(index);
    const [first = atom, ...others] = windows.map((i) => this.#ev.atom(i));
    const negative = (truth === 'false') !== (atom.kind === 'absent');
    return {
      fact: `${negative ? 'not:' : ''}${atomFact(atom)}`,
      label: truth === 'false' ? oppositeLabel(atom, this.#catalog) : atomLabel(first, this.#catalog, others),
    };
  }

  /** The first day on which a fact could be true if its action began on the as-of date. A visit or a film may be had on the day. */
  #started(index: number): Day | undefined {
    const atom = this.#ev.atom(index);
    if (atom.kind !== 'fact') return undefined;
    const takes = this.#catalog.describe(atom.query.fact)?.takes;
    if (takes === undefined || this.#ev.value(index).from !== undefined) return undefined;
    const day = add(this.#ev.source.asOf, takes);
    return day > this.#ev.source.asOf + 1 ? day : undefined;
  }

  /**
   * What is asked: of ways that need time only where there is no other, and where there is room, of further ways that one answer
   * would settle.
   */
  missing(ranked: readonly Candidate[], decision: Decision): readonly Missing[] {
    const questions = new Questions(this.#ev, this.#catalog);
    this.#askOfExclusions(decision, questions);
    this.#askOfStudy(decision, questions);
    for (const candidate of this.#waysAskedFor(ranked)) this.#askOf(candidate, questions);
    for (const further of ranked.slice(MAX_PATHS)) {
      if (questions.full) break;
      const [need, ...more] = further.way.needs;
      if (need?.kind === 'document' && more.length === 0) this.#askOf(further, questions, { further: true });
    }
    return questions.all();
  }

  #askOfExclusions({ asked, excludedBy }: Decision, questions: Questions): void {
    for (const exclusion of asked) for (const i of this.#decider.openLeaves(exclusion)) questions.put(i, exclusion.id);
    // an exclusion that holds is lifted by its exception alone
    if (excludedBy !== undefined)
      for (const i of this.#decider.openExceptions(excludedBy)) questions.put(i, excludedBy.id);
  }

  /** Asks for the condition under which alone an indication that holds names the ordered study. */
  #askOfStudy({ outcome, by }: Decision, questions: Questions): void {
    for (const state of outcome === 'undetermined' ? by : [])
      for (const { code, when } of this.#states.studiesOf(state))
        if (code === this.#order.code && when !== undefined)
          for (const i of this.#ev.unknownAtoms(when)) questions.put(i, state.path.id);
  }

  /** The ways whose needs are asked for: where time alone meets the nearest one, others help only if they are met sooner. */
  #waysAskedFor(ranked: readonly Candidate[]): readonly Candidate[] {
    const [nearest] = ranked;
    const byTime = nearest?.way.needs.every((n) => this.#isAwaited(n)) ? waitsUntil(nearest) : undefined;
    const ways = ranked.slice(0, MAX_PATHS).filter((c) => byTime === undefined || (waitsUntil(c) ?? 0) < byTime);
    const now = ways.filter(({ way }) => way.needs.every((n) => n.kind !== 'wait'));
    return now.length > 0 ? now : ways;
  }

  #askOf(candidate: Candidate, questions: Questions, rest: Partial<Missing> = {}): void {
    const { state, way } = candidate;
    for (const need of way.needs) {
      if (this.#isAwaited(need)) continue;
      const ruledOut = need.want === 'false' && { label: oppositeLabel(this.#ev.atom(need.atom), this.#catalog) };
      const instead = this.#search.inPlaceOf(need, candidate).map((i) => this.#pathFact(i, 'true'));
      const toDo = need.kind === 'do' || this.#comesAfter(need, way);
      questions.put(need.atom, state.path.id, {
        windows: this.#search.windowsOf(need, candidate),
        ...ruledOut,
        ...(instead.length > 0 && { instead }),
        ...(toDo && { toDo: true }),
        ...rest,
      });
    }
    for (const i of this.#condition(state)) questions.put(i, state.path.id, rest);
  }
}
