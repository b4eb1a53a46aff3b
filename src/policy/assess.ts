import { add, type Day } from '../dates/day.ts';
import type { Assessment, Missing, NearestPath, PathFact, Satisfied, Trace } from './assessment.ts';
import type { CompiledExclusion, CompiledPolicy, Expr } from './compiled-policy.ts';
import { Contradictions } from './contradictions.ts';
import { Decider, type Decision, type ExclusionState, type OrderedStudy } from './decide.ts';
import type { Evaluation } from './evaluate.ts';
import { type Evidence, type FactCatalog, type FactSource, ofComplaint } from './fact-source.ts';
import { leftToReviewer } from './left-to-reviewer.ts';
import { compareEpisode, lastOf, sooner } from './measure-time.ts';
import { NearestWays } from './nearest.ts';
import { type Candidate, type Need, type Way, WaySearch } from './needs.ts';
import { isTrue, type PathState } from './path-state.ts';
import { PathStates } from './path-states.ts';
import { silenceOf } from './silent-chart.ts';
import { Tracer } from './trace.ts';
import type { Truth } from './truth.ts';
import { unique } from './unique-evidence.ts';
import { atomFact, atomLabel, atomQuestion, atomRegion, noneOf, opposite, oppositeLabel } from './words.ts';

export type { OrderedStudy } from './decide.ts';

const MAX_PATHS = 3;
const MAX_QUESTIONS = 4;
const MAX_SATISFIED = 4;

/** Is the order one that the policy speaks of? Some studies are of many parts of the body. */
export function governs(policy: CompiledPolicy, order: OrderedStudy, source: FactSource): boolean {
  const rules = policy.governsWhen.filter((rule) => rule.studies.includes(order.code));
  if (rules.length === 0) return true;
  const { evaluation } = new PathStates(policy, source, order.regions, order.code, silenceOf(policy));
  return rules.some((rule) => evaluation.truth(rule.criteria) === 'true');
}

/** A question without those facts in its place that are asked for themselves; each of them once. */
function withoutAsked({ instead, ...question }: Missing, asked: ReadonlyMap<string, Missing>): Missing {
  const others = new Map((instead ?? []).flatMap((f) => (asked.has(f.fact) ? [] : [[f.fact, f]])));
  return { ...question, ...(others.size > 0 && { instead: [...others.values()] }) };
}

/** Checks one order against one policy. Holds nothing that outlives the call. */
class Assessor {
  readonly #order: OrderedStudy;
  readonly #catalog: FactCatalog;
  readonly #states: PathStates;
  readonly #ev: Evaluation;
  readonly #asOf: Day;
  readonly #search: WaySearch;
  readonly #decider: Decider;
  readonly #nearest: NearestWays;

  constructor(policy: CompiledPolicy, order: OrderedStudy, source: FactSource, catalog: FactCatalog) {
    this.#order = order;
    this.#catalog = catalog;
    this.#states = new PathStates(policy, source, order.regions, order.code, silenceOf(policy));
    this.#ev = this.#states.evaluation;
    this.#asOf = source.asOf;
    this.#search = new WaySearch(this.#states, catalog);
    this.#decider = new Decider(policy, order, this.#states, this.#search);
    this.#nearest = new NearestWays(policy, this.#states, this.#search, this.#decider, catalog);
  }

  assess(): Assessment {
    const decision = this.#decider.decide();
    const open = decision.outcome === 'undetermined' || decision.outcome === 'alternative';
    // what time or a new step changes is told where the chart contradicts the criteria, too
    const changeable = open || (decision.outcome === 'not-met' && decision.excludedBy === undefined);
    const ranked = changeable && !this.#heldUp(decision) ? this.#ways(decision) : [];
    const ways = ranked.slice(0, MAX_PATHS);
    const earliest = decision.outcome === 'met' ? undefined : this.#earliest(decision);
    const validUntil = decision.outcome === 'met' ? this.#validUntil(decision.by) : undefined;
    const missing = this.#missing(ranked, decision);
    const reviews = decision.outcome === 'undetermined' ? leftToReviewer(this.#states, decision.asked) : [];
    // a course of treatment that goes on need not wait for a reviewer
    const goesOn = ranked[0]?.way.needs.every((n) => this.#ev.value(n.atom).goesOn === true);
    const byReviewer =
      missing.length === 0 && decision.reason === 'documentation' && reviews.length > 0 && goesOn !== true;
    const reason = byReviewer ? 'reviewer' : decision.reason;
    return {
      outcome: decision.outcome,
      ...(reason !== undefined && { reason }),
      // no document takes the decision from the reviewer to whom it is left
      asDocumented: reason === 'reviewer' ? decision.outcome : this.#decider.decideAsDocumented().outcome,
      satisfied: this.#satisfied(decision, ways),
      contradicted: new Contradictions(this.#states, this.#catalog).of(decision.excludedBy),
      paths: ways.map((w) => this.#path(w)),
      missing,
      silentScreens: open ? this.#silentScreens() : [],
      ...(decision.reason === 'no-indication' && { indications: this.#indications() }),
      alternatives: decision.alternatives,
      ...(decision.outcome === 'undetermined' &&
        decision.asked.length > 0 && { openExclusions: decision.asked.map((e) => this.#openExclusion(e)) }),
      ...(reviews.length > 0 && { reviews }),
      ...(decision.excludedBy !== undefined && {
        blocked: { exclusion: decision.excludedBy.id, label: decision.excludedBy.label },
      }),
      sections: decision.reason === 'data-unavailable' ? this.#incompleteSections() : [],
      ...(earliest !== undefined && { earliest }),
      ...(validUntil !== undefined && { validUntil }),
    };
  }

  /** An indication for the ordered study is documented, and an exclusion alone keeps the order open: no other way helps. */
  #heldUp({ by, asked }: Decision): boolean {
    return asked.length > 0 && by.some((s) => isTrue(s) && this.#decider.namesOrdered(s));
  }

  #ways({ outcome, reason }: Decision): readonly Candidate[] {
    // where another study is met already, ways to a third one help nobody
    const ranked = this.#nearest.ranked(outcome === 'alternative');
    return ranked.length === 0 && reason === 'no-indication' ? this.#nearest.rankedOutOfPlay() : ranked;
  }

  /** The whole criteria tree as evaluated, passage by passage. */
  trace(): { readonly exclusions: readonly Trace[]; readonly paths: readonly Trace[] } {
    const tracer = new Tracer(this.#ev, this.#catalog);
    return {
      exclusions: this.#decider.exclusions().map((e) => tracer.exclusion(e)),
      paths: this.#states.all().map((state) => tracer.path(state)),
    };
  }

  #path({ state, way }: Candidate): NearestPath {
    const froms = way.needs.flatMap((n) => n.from ?? []);
    const started = way.needs.flatMap((n) => this.#started(n.atom) ?? []);
    const [from, startedNow] = [Math.max(...froms), Math.max(...started)];
    const openUntil = Math.min(...way.has.flatMap((i) => this.#outgrown(i) ?? []));
    const acts = way.needs.some((n) => n.kind === 'do');
    const studies = this.#states.studiesOf(state);
    const elsewhere = !studies.some(
      ({ code, when }) =>
        code === this.#order.code &&
        (when === undefined || this.#ev.truth(when) === 'true' || this.#ev.hasEvidence(when)),
    );
    const named = elsewhere ? studies.filter((s) => s.when === undefined) : [];
    const others = [...new Set(named.map((s) => s.code))];
    return {
      criterion: state.path.id,
      label: state.path.label,
      cite: state.path.cite,
      has: this.#onFile(way),
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
    const { from, until } = compareEpisode(episode, this.#asOf, atom.comparison);
    return from === undefined ? until : from - 1;
  }

  /** Does nothing but time lack? Then nobody has to be asked. */
  #isAwaited({ kind, atom }: Need): boolean {
    return kind === 'wait' || this.#ev.value(atom).goesOn === true;
  }

  /** Does a fact follow something that is awaited itself, so that nobody can tell of it yet (the visit after a course that goes on)? */
  #comesAfter({ atom: index }: Need, { needs }: Way): boolean {
    const atom = this.#ev.atom(index);
    if (atom.kind !== 'fact' || typeof atom.query.since !== 'object') return false;
    const { fact } = atom.query.since;
    return needs.some((n) => this.#isAwaited(n) && this.#factOf(n.atom, 'fact') === fact);
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
    const negative = (truth === 'false') !== (atom.kind === 'absent');
    return {
      fact: `${negative ? 'not:' : ''}${atomFact(atom)}`,
      label: truth === 'false' ? oppositeLabel(atom, this.#catalog) : atomLabel(...this.#inWindows(windows)),
    };
  }

  /** What words of a leaf are made of. */
  #inWindows(windows: readonly number[]): Parameters<typeof atomLabel> {
    const [atom, ...others] = windows.map((i) => this.#ev.atom(i));
    if (atom === undefined) throw new RangeError('no leaf');
    return [atom, this.#catalog, others];
  }

  /** The first day on which a fact could be true if its action began on the as-of date. */
  #started(index: number): Day | undefined {
    const atom = this.#ev.atom(index);
    if (atom.kind !== 'fact') return undefined;
    const takes = this.#catalog.describe(atom.query.fact)?.takes;
    return takes === undefined || this.#ev.value(index).from !== undefined ? undefined : add(this.#asOf, takes);
  }

  /**
   * What is asked: of ways that need time only where there is no other, and where there is room, of further ways that one answer
   * would settle.
   */
  #missing(ranked: readonly Candidate[], decision: Decision): readonly Missing[] {
    const out = new Map<string, Missing>();
    const put = (
      index: number,
      criterion: string,
      rest: Partial<Missing> = {},
      windows: readonly number[] = [index],
    ): void => {
      const atom = this.#ev.atom(index);
      const fact = atomFact(atom);
      const before = out.get(fact);
      if (before !== undefined) {
        if (rest.further !== true && !before.criteria.includes(criterion))
          out.set(fact, { ...before, criteria: [...before.criteria, criterion] });
        return;
      }
      if (out.size >= MAX_QUESTIONS) return;
      const value = this.#ev.value(index);
      const region = atomRegion(atom);
      const action = atom.kind === 'fact' ? this.#catalog.describe(atom.query.fact)?.action : undefined;
      out.set(fact, {
        fact,
        label: atomLabel(...this.#inWindows(windows)),
        ask: atomQuestion(...this.#inWindows(windows)),
        ...(region !== undefined && region !== 'any' && { region }),
        criteria: [criterion],
        leads: value.leads ?? [],
        ...(action !== undefined && { action }),
        ...rest,
        gap: value.gap ?? 'silent',
      });
    };
    for (const exclusion of decision.asked) for (const i of this.#decider.openLeaves(exclusion)) put(i, exclusion.id);
    // an exclusion that holds is lifted by its exception alone
    if (decision.excludedBy !== undefined)
      for (const i of this.#decider.openExceptions(decision.excludedBy)) put(i, decision.excludedBy.id);
    for (const state of decision.outcome === 'undetermined' ? decision.by : []) {
      for (const ref of this.#states.studiesOf(state)) {
        if (ref.code === this.#order.code && ref.when !== undefined)
          for (const i of this.#ev.unknownAtoms(ref.when)) put(i, state.path.id);
      }
    }
    const ask = (candidate: Candidate, rest: Partial<Missing> = {}): void => {
      for (const need of candidate.way.needs) {
        if (this.#isAwaited(need)) continue;
        const ruledOut = need.want === 'false' && { label: oppositeLabel(this.#ev.atom(need.atom), this.#catalog) };
        const instead = this.#search.inPlaceOf(need, candidate).map((i) => this.#pathFact(i, 'true'));
        put(
          need.atom,
          candidate.state.path.id,
          {
            ...ruledOut,
            ...(instead.length > 0 && { instead }),
            ...((need.kind === 'do' || this.#comesAfter(need, candidate.way)) && { toDo: true }),
            ...rest,
          },
          this.#search.windowsOf(need, candidate),
        );
      }
      for (const i of this.#condition(candidate.state)) put(i, candidate.state.path.id, rest);
    };
    const [nearest] = ranked;
    const byTime = nearest?.way.needs.every((n) => this.#isAwaited(n)) ? waitsUntil(nearest) : undefined;
    // where time alone meets the nearest, what another one asks helps only if that is met sooner
    const ways = ranked.slice(0, MAX_PATHS).filter((c) => byTime === undefined || (waitsUntil(c) ?? 0) < byTime);
    const now = ways.filter(({ way }) => way.needs.every((n) => n.kind !== 'wait'));
    for (const candidate of now.length > 0 ? now : ways) ask(candidate);
    for (const further of ranked.slice(MAX_PATHS)) {
      if (out.size >= MAX_QUESTIONS) break;
      const [need, ...more] = further.way.needs;
      if (need?.kind === 'document' && more.length === 0) ask(further, { further: true });
    }
    return [...out.values()].map((m) => withoutAsked(m, out));
  }

  /** The first indication with all its evidence, the others with what is their own; those that the order's reasons are about first. */
  #satisfied(decision: Decision, ways: readonly Candidate[]): readonly Satisfied[] {
    const of = ({ path }: PathState, evidence: readonly Evidence[]): Satisfied => ({
      criterion: path.id,
      label: path.label,
      cite: path.cite,
      evidence: withoutRestated(evidence),
    });
    if (decision.outcome === 'not-met') return [];
    if (decision.by.length > 0)
      return this.#reasonsFirst(decision)
        .slice(0, MAX_SATISFIED)
        .map((s, i) => of(s, i === 0 ? this.#evidenceFor(s) : this.#evidenceOfOwn(s)));
    return ways
      .map(({ state, way }, i) => of(state, i === 0 ? this.#evidenceOfLeaves(way.has) : this.#evidenceOfOwn(state)))
      .filter((s) => s.evidence.length > 0);
  }

  /** What meets the criteria: the indications that the order's reasons are about before others. */
  #reasonsFirst({ outcome, by }: Decision): readonly PathState[] {
    if (outcome !== 'met' || by.length < 2) return by;
    const of = new Set(by.filter((s) => this.#states.isReasonOfOrder(s)));
    return [...of, ...by.filter((s) => !of.has(s))];
  }

  /** An exclusion that is not settled, with the entries of the chart that it rests on so far. */
  #openExclusion({ id, label, cite, criteria, unless }: CompiledExclusion): Satisfied {
    const found: Evidence[] = [];
    const visit = (expr: Expr): void => {
      if (expr.op !== 'atom') for (const child of this.#ev.children(expr)) visit(child);
      else if (!this.#ev.isSilent(expr.index)) {
        const { truth, evidence, leads = [] } = this.#ev.value(expr.atom);
        const fact = atomFact(this.#ev.atom(expr.atom));
        if (truth !== 'unknown') found.push(...evidence.filter((e) => e.reference !== undefined));
        for (const { reference, date } of leads)
          found.push({ reference, ...(date !== undefined && { date }), fact, basis: 'chart' });
      }
    };
    visit(criteria);
    if (unless !== undefined) visit(unless);
    return { criterion: id, label, cite, evidence: unique(found) };
  }

  #evidenceOfLeaves(atoms: readonly number[]): readonly Evidence[] {
    const found = atoms.flatMap((i) => (this.#ev.value(i).truth === 'true' ? this.#ev.value(i).evidence : []));
    return unique(found);
  }

  /** The evidence of the true leaves of an indication's own criteria; of what it is about where it has none. */
  #evidenceOfOwn({ path, entry }: PathState): readonly Evidence[] {
    const atoms = new Set<number>();
    const visit = (expr: Expr): void => {
      if (expr.op === 'atom') atoms.add(expr.atom);
      else if (expr.op !== 'not') for (const child of this.#ev.children(expr)) visit(child);
    };
    const own = path.own ?? entry;
    if (own !== undefined) visit(own);
    return this.#evidenceOfLeaves([...atoms]);
  }

  #evidenceFor(state: PathState): readonly Evidence[] {
    const conditions = this.#states
      .studiesOf(state)
      .flatMap((r) => (r.when !== undefined && this.#ev.truth(r.when) === 'true' ? this.#ev.evidence(r.when) : []));
    const through = this.#states.through(state).flatMap((s) => (isTrue(s) ? this.#evidenceFor(s) : []));
    return unique([...this.#ev.evidence(state.whole), ...conditions, ...through]);
  }

  /**
   * Red flags on which what was seen of the chart says nothing; what was not seen is told apart from silence. Where no red flag
   * is looked for, those of the complaint.
   */
  #silentScreens(): readonly string[] {
    const unseen = (s: PathState): boolean =>
      !this.#ev.isSilent(s.whole.index) &&
      [...this.#ev.unknownAtoms(s.whole)].some((i) => this.#ev.value(i).gap === 'incomplete');
    const silent = this.#states
      .all()
      .filter((s) => s.inPlay === 'yes' && s.truth === 'unknown' && !this.#nearest.worthAsking(s) && !unseen(s));
    const screens = silent.filter((s) => s.screen);
    const told = screens.length > 0 ? screens : silent.filter((s) => s.path.redFlag);
    return [...new Set(told.map((s) => s.path.topic ?? s.path.label))];
  }

  /**
   * The headings of the indications of the ordered study, as far out as there are several, or the indication itself where a
   * heading holds no other. Screens are told apart.
   */
  #indications(): readonly string[] {
    const paths = this.#states.all().flatMap((s) => (!s.screen && this.#decider.concernsOrder(s) ? [s.path] : []));
    const under = (depth: number): ReadonlyMap<string, ReadonlySet<string>> => {
      const groups = new Map<string, Set<string>>();
      for (const { within, label } of paths) {
        const heading = within[depth] ?? label;
        groups.set(heading, (groups.get(heading) ?? new Set()).add(label));
      }
      return groups;
    };
    const deepest = Math.max(0, ...paths.map((p) => p.within.length));
    let groups = under(0);
    for (let depth = 1; depth <= deepest && groups.size === 1; depth++) groups = under(depth);
    return [...groups].map(([heading, [first = heading, second]]) => (second === undefined ? first : heading));
  }

  #incompleteSections(): readonly string[] {
    const atoms = new Set<number>();
    for (const s of this.#states.all()) if (s.inPlay !== 'no') this.#ev.unknownAtoms(s.whole, atoms);
    return [...new Set([...atoms].flatMap((i) => this.#ev.value(i).sections ?? []))].sort();
  }

  #earliest(decision: Decision): Day | undefined {
    if (decision.excludedBy !== undefined) return undefined;
    const days = this.#states.all().flatMap((s) => {
      if (s.inPlay !== 'yes' || s.truth === 'true' || !this.#decider.namesOrdered(s)) return [];
      return this.#states.timed(s).from ?? [];
    });
    return days.length === 0 ? undefined : Math.min(...days);
  }

  /** The last day on which an exclusion that does not hold still does not, the chart staying as it is. */
  #allowedUntil({ exclusion: { criteria, unless } }: ExclusionState): Day | undefined {
    const { truth, from, until } = this.#ev.timed(criteria);
    if (truth === 'false') return from === undefined ? undefined : from - 1;
    if (truth !== 'true' || unless === undefined) return undefined;
    const excepted = this.#ev.timed(unless).until;
    // an exclusion that ends no later than its exception does not come back with it
    return excepted !== undefined && until !== undefined && until <= excepted ? undefined : excepted;
  }

  #validUntil(by: readonly PathState[]): Day | undefined {
    const until = lastOf(
      by.map((s) => sooner(this.#states.timed(s).until, this.#states.namesUntil(s, this.#order.code))),
    );
    return this.#decider.exclusions().reduce((end, e) => sooner(end, this.#allowedUntil(e)), until);
  }
}

/** The first day on which a way can lead to "met", as time has to pass. */
function waitsUntil({ way }: Candidate): Day | undefined {
  const days = way.needs.flatMap((n) => n.from ?? []);
  return days.length === 0 ? undefined : Math.max(...days);
}

/** The order's own reason need not be cited for what the chart documents too. */
const withoutRestated = (evidence: readonly Evidence[]): readonly Evidence[] => {
  const charted = new Set(evidence.flatMap((e) => (e.basis === 'chart' ? [e.fact] : [])));
  return evidence.filter((e) => e.basis !== 'order' || !charted.has(e.fact));
};

/**
 * Checks one order against one policy with the facts of one chart.
 * @param order the ordered study; it must be governed by the policy
 * @returns the outcome relative to `source.asOf`, with evidence, nearest paths and questions
 */
export const assess = (
  policy: CompiledPolicy,
  order: OrderedStudy,
  source: FactSource,
  catalog: FactCatalog,
): Assessment => new Assessor(policy, order, source, catalog).assess();

/** The assessment together with the whole evaluated criteria tree. */
export function assessWithTrace(
  policy: CompiledPolicy,
  order: OrderedStudy,
  source: FactSource,
  catalog: FactCatalog,
): { readonly assessment: Assessment; readonly exclusions: readonly Trace[]; readonly paths: readonly Trace[] } {
  const assessor = new Assessor(policy, order, source, catalog);
  return { assessment: assessor.assess(), ...assessor.trace() };
}
