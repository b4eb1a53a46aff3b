import { add, type Day } from '../dates/day.ts';
import type {
  Assessment,
  Contradicted,
  Missing,
  NearestPath,
  Outcome,
  Reason,
  Satisfied,
  Trace,
} from './assessment.ts';
import type { CompiledExclusion, CompiledPolicy, Expr } from './compile.ts';
import type { Evaluation, Reading } from './evaluate.ts';
import type { FactCatalog, FactSource, Region } from './fact-source.ts';
import { cheapestWay, type Way } from './needs.ts';
import { type PathState, PathStates } from './path-state.ts';
import type { Truth } from './truth.ts';
import { atomFact, atomLabel, atomQuestion } from './words.ts';

const MAX_PATHS = 3;
const MAX_QUESTIONS = 4;

/** What is ordered, as the policy engine needs it. */
export interface OrderedStudy {
  readonly code: string;
  /** spine regions of the study, the leading one first */
  readonly regions: readonly Region[];
  /** does it use contrast material? */
  readonly withContrast: boolean;
}

interface Named {
  readonly state: PathState;
  /** does the indication name the ordered study? unknown = under a condition for which there is evidence that does not settle it */
  readonly ordered: Truth;
  readonly others: readonly string[];
}

interface ExclusionState {
  readonly exclusion: CompiledExclusion;
  readonly truth: Truth;
}

interface Decision {
  readonly outcome: Outcome;
  readonly reason?: Reason;
  readonly by: readonly PathState[];
  readonly excludedBy?: CompiledExclusion;
  readonly alternatives: readonly string[];
  /** exclusions whose silence turns a met into undetermined */
  readonly asked: readonly CompiledExclusion[];
}

/** Checks one order against one policy. Holds nothing that outlives the call. */
class Assessor {
  readonly #policy: CompiledPolicy;
  readonly #order: OrderedStudy;
  readonly #catalog: FactCatalog;
  readonly #states: PathStates;
  readonly #ev: Evaluation;
  readonly #asOf: Day;

  constructor(policy: CompiledPolicy, order: OrderedStudy, source: FactSource, catalog: FactCatalog) {
    this.#policy = policy;
    this.#order = order;
    this.#catalog = catalog;
    this.#states = new PathStates(policy, source, order.regions, order.code);
    this.#ev = this.#states.evaluation;
    this.#asOf = source.asOf;
  }

  assess(): Assessment {
    const states = this.#states.all();
    const decision = this.#decide(states);
    const documented = this.#decide(states, this.#documentedReading());
    const open = decision.outcome === 'undetermined' || decision.outcome === 'alternative';
    const ways = open ? this.#ways(states) : [];
    const paths = this.#nearest(ways);
    const missing = this.#missing(ways.slice(0, MAX_PATHS), decision);
    const earliest = open || decision.outcome === 'not-met' ? this.#earliest(states, decision) : undefined;
    const validUntil = decision.outcome === 'met' ? this.#validUntil(decision.by) : undefined;
    return {
      outcome: decision.outcome,
      ...(decision.reason !== undefined && { reason: decision.reason }),
      asDocumented: documented.outcome,
      satisfied: this.#satisfied(decision, ways.slice(0, MAX_PATHS)),
      contradicted: this.#contradicted(states, decision),
      paths,
      missing,
      silentScreens: open ? this.#silentScreens(states) : [],
      alternatives: decision.alternatives,
      ...(decision.excludedBy !== undefined && {
        blocked: { exclusion: decision.excludedBy.id, label: decision.excludedBy.label },
      }),
      sections: decision.reason === 'data-unavailable' ? this.#incompleteSections(states) : [],
      ...(earliest !== undefined && { earliest }),
      ...(validUntil !== undefined && { validUntil }),
    };
  }

  /** The whole criteria tree as evaluated, passage by passage. */
  trace(): { readonly exclusions: readonly Trace[]; readonly paths: readonly Trace[] } {
    return {
      exclusions: this.#exclusions().map(({ exclusion, truth }) => ({
        id: exclusion.id,
        label: exclusion.label,
        cite: exclusion.cite,
        ...(exclusion.note !== undefined && { note: exclusion.note }),
        truth,
        children: [
          this.#traceExpr(exclusion.criteria),
          ...(exclusion.unless === undefined ? [] : [{ ...this.#traceExpr(exclusion.unless), label: 'unless' }]),
        ],
      })),
      paths: this.#states.all().map((state) => this.#tracePath(state)),
    };
  }

  #documentedReading(): Reading {
    return {
      atom: (i) => (this.#ev.value(i).truth === 'true' ? 'true' : 'false'),
      review: 'false',
      anyIndication: (except, region) => (this.#states.anyIndication(except, region) === 'true' ? 'true' : 'false'),
    };
  }

  #decide(states: readonly PathState[], reading?: Reading): Decision {
    const exclusions = this.#exclusions(reading);
    const excluded = exclusions.find((e) => e.truth === 'true');
    if (excluded !== undefined) {
      const left = excluded.exclusion.studies === undefined ? [] : this.#withoutContrast(states);
      return {
        outcome: 'not-met',
        reason: 'exclusion',
        by: [],
        excludedBy: excluded.exclusion,
        alternatives: left,
        asked: [],
      };
    }
    const asked = exclusions
      .filter((e) => e.truth === 'unknown' && e.exclusion.ifUnknown === 'ask')
      .map((e) => e.exclusion);
    const truthOf = (s: PathState): Truth =>
      reading === undefined || s.closedBy.length > 0 ? s.truth : this.#states.truth(s.path, s.entry, reading);
    const named = states.filter((s) => truthOf(s) === 'true').map((state) => this.#named(state, reading));
    const met = named.filter((n) => n.ordered === 'true').map((n) => n.state);
    if (met.length > 0) {
      if (asked.length === 0) return { outcome: 'met', by: met, alternatives: [], asked };
      return { outcome: 'undetermined', reason: this.#exclusionReason(asked), by: met, alternatives: [], asked };
    }
    const unclear = named.filter((n) => n.ordered === 'unknown');
    if (unclear.length > 0)
      return {
        outcome: 'undetermined',
        reason: 'documentation',
        by: unclear.map((n) => n.state),
        alternatives: [],
        asked,
      };
    const other = named.filter((n) => n.others.length > 0 && n.state.inPlay === 'yes');
    if (other.length > 0) {
      const alternatives = [...new Set(other.flatMap((n) => n.others))];
      const by = other.map((n) => n.state);
      if (asked.length === 0) return { outcome: 'alternative', by, alternatives, asked };
      return { outcome: 'undetermined', reason: this.#exclusionReason(asked), by, alternatives, asked };
    }
    return this.#withoutTruePath(states, truthOf, asked);
  }

  #withoutTruePath(
    states: readonly PathState[],
    truthOf: (s: PathState) => Truth,
    asked: readonly CompiledExclusion[],
  ): Decision {
    const inPlay = states.filter((s) => s.inPlay === 'yes');
    const maybe = states.filter((s) => s.inPlay === 'maybe' && truthOf(s) !== 'false');
    const base = { by: [], alternatives: [], asked } as const;
    if (maybe.length === 0 && inPlay.some((s) => !s.screen) && inPlay.every((s) => truthOf(s) === 'false'))
      return { outcome: 'not-met', ...base };
    const open = inPlay.filter((s) => truthOf(s) === 'unknown');
    return { outcome: 'undetermined', reason: this.#reason(open, maybe, inPlay), ...base };
  }

  #reason(open: readonly PathState[], maybe: readonly PathState[], inPlay: readonly PathState[]): Reason {
    const gaps = new Set(open.flatMap((s) => this.#gaps(s)));
    if (maybe.length > 0 || gaps.has('incomplete')) return 'data-unavailable';
    if (!inPlay.some((s) => !s.screen)) return 'no-indication';
    if (gaps.has('conflict')) return 'conflict';
    if (open.some((s) => cheapestWay(this.#states, s) !== undefined)) return 'documentation';
    return open.length > 0 ? 'reviewer' : 'documentation';
  }

  #gaps(state: PathState): readonly (string | undefined)[] {
    const atoms = new Set<number>();
    for (const expr of [state.entry, state.path.criteria]) if (expr !== undefined) this.#ev.unknownAtoms(expr, atoms);
    return [...atoms].map((i) => this.#ev.value(i).gap);
  }

  #exclusionReason(asked: readonly CompiledExclusion[]): Reason {
    const unknown = asked.flatMap((e) => [...this.#ev.unknownAtoms(e.criteria)].map((i) => this.#ev.value(i).gap));
    if (unknown.includes('incomplete')) return 'data-unavailable';
    return unknown.length === 0 ? 'reviewer' : 'documentation';
  }

  #exclusions(reading?: Reading): readonly ExclusionState[] {
    const { code, regions } = this.#order;
    return this.#policy.exclusions
      .filter((e) => this.#ev.inForce(e) && (e.studies === undefined || e.studies.includes(code)))
      .filter(
        (e) =>
          e.region === 'any' ||
          (e.onlyOrdered ? e.region === regions[0] : regions.includes(e.region) || regions.length === 0),
      )
      .map((exclusion) => {
        const criteria = this.#ev.truth(exclusion.criteria, reading);
        if (criteria === 'false' || exclusion.unless === undefined) return { exclusion, truth: criteria };
        const unless = this.#ev.truth(exclusion.unless, reading);
        if (unless === 'true') return { exclusion, truth: 'false' };
        return { exclusion, truth: unless === 'false' || exclusion.ifUnknown === 'ignore' ? criteria : 'unknown' };
      });
  }

  #named(state: PathState, reading?: Reading): Named {
    let ordered: Truth = 'false';
    const others: string[] = [];
    for (const ref of this.#states.studiesOf(state)) {
      const condition = ref.when === undefined ? 'true' : this.#ev.truth(ref.when, reading);
      if (ref.code !== this.#order.code) {
        if (condition === 'true') others.push(ref.code);
      } else if (condition === 'true') ordered = 'true';
      else if (
        condition === 'unknown' &&
        ref.when !== undefined &&
        this.#ev.hasEvidence(ref.when) &&
        ordered === 'false'
      )
        ordered = 'unknown';
    }
    return { state, ordered, others };
  }

  /** The studies without contrast that a true or open indication names, when an exclusion blocks the contrast codes only. */
  #withoutContrast(states: readonly PathState[]): readonly string[] {
    if (!this.#order.withContrast) return [];
    const blocked = new Set(this.#policy.exclusions.flatMap((e) => e.studies ?? []));
    const named = states
      .filter((s) => s.inPlay === 'yes' && s.truth !== 'false')
      .flatMap((s) => this.#states.studiesOf(s).map((r) => r.code));
    return [...new Set(named)].filter((code) => !blocked.has(code) && this.#policy.governs.has(code));
  }

  /** Nearest ways to met, best first: screens only with evidence of their own, each a different set of needs. */
  #ways(states: readonly PathState[]): readonly { readonly state: PathState; readonly way: Way }[] {
    const candidates = states.filter(
      (s) => s.inPlay === 'yes' && s.truth !== 'true' && (!s.screen || this.#hasOwnEvidence(s)),
    );
    const named = candidates.filter((s) => this.#namesOrdered(s));
    const found = (named.length > 0 ? named : candidates).flatMap((state) => {
      const way = cheapestWay(this.#states, state);
      return way === undefined ? [] : [{ state, way }];
    });
    const rank = ({ way }: { readonly way: Way }): readonly number[] => [
      way.needs.some((n) => n.kind !== 'document') ? 1 : 0,
      -way.has.length / (way.has.length + way.needs.length),
      way.needs.length,
    ];
    const sorted = found.map((f, i) => ({ ...f, rank: [...rank(f), i] })).sort((a, b) => compare(a.rank, b.rank));
    const seen = new Set<string>();
    return sorted.filter(({ way }) => {
      const key = way.needs
        .map((n) => n.atom)
        .sort((a, b) => a - b)
        .join();
      return seen.has(key) ? false : seen.add(key) !== undefined;
    });
  }

  #namesOrdered(state: PathState): boolean {
    return (
      state.path.studies.length === 0 ||
      state.path.studies.some(
        (s) => s.code === this.#order.code && (s.when === undefined || this.#ev.truth(s.when) === 'true'),
      )
    );
  }

  #hasOwnEvidence(state: PathState): boolean {
    return state.path.own !== undefined && this.#ev.hasEvidence(state.path.own);
  }

  #nearest(ways: readonly { readonly state: PathState; readonly way: Way }[]): readonly NearestPath[] {
    return ways.slice(0, MAX_PATHS).map(({ state, way }) => {
      const label = (i: number): string => atomLabel(this.#ev.atom(i), this.#catalog);
      const kind = (['wait', 'do'] as const).find((k) => way.needs.some((n) => n.kind === k)) ?? 'document';
      const froms = way.needs.flatMap((n) => (n.from === undefined ? [] : [n.from]));
      const started = way.needs.flatMap((n) => this.#started(n.atom) ?? []);
      return {
        criterion: state.path.id,
        label: state.path.label,
        cite: state.path.cite,
        has: way.has.map(label),
        needs: way.needs.map((n) => label(n.atom)),
        kind,
        ...(froms.length > 0 && { from: Math.max(...froms) }),
        ...(started.length > 0 && { startedNow: Math.max(...started, ...froms) }),
      };
    });
  }

  /** The first day on which a fact could be true if its action began on the as-of date. */
  #started(index: number): Day | undefined {
    const atom = this.#ev.atom(index);
    if (atom.kind !== 'fact') return undefined;
    const takes = this.#catalog.describe(atom.query.fact)?.takes;
    return takes === undefined ? undefined : add(this.#asOf, takes);
  }

  #missing(ways: readonly { readonly state: PathState; readonly way: Way }[], decision: Decision): readonly Missing[] {
    const out = new Map<string, Missing>();
    const put = (index: number, criterion: string): void => {
      const atom = this.#ev.atom(index);
      const fact = atomFact(atom);
      const before = out.get(fact);
      if (before !== undefined) {
        if (!before.criteria.includes(criterion))
          out.set(fact, { ...before, criteria: [...before.criteria, criterion] });
        return;
      }
      if (out.size >= MAX_QUESTIONS) return;
      const value = this.#ev.value(index);
      const action = atom.kind === 'fact' ? this.#catalog.describe(atom.query.fact)?.action : undefined;
      out.set(fact, {
        fact,
        label: atomLabel(atom, this.#catalog),
        ask: atomQuestion(atom, this.#catalog),
        criteria: [criterion],
        leads: value.leads ?? [],
        ...(action !== undefined && { action }),
        gap: value.gap ?? 'silent',
      });
    };
    for (const exclusion of decision.asked)
      for (const i of this.#ev.unknownAtoms(exclusion.criteria)) put(i, exclusion.id);
    for (const state of decision.outcome === 'undetermined' ? decision.by : []) {
      for (const ref of this.#states.studiesOf(state)) {
        if (ref.code === this.#order.code && ref.when !== undefined)
          for (const i of this.#ev.unknownAtoms(ref.when)) put(i, state.path.id);
      }
    }
    for (const { state, way } of ways)
      for (const need of way.needs) if (need.kind !== 'wait') put(need.atom, state.path.id);
    return [...out.values()];
  }

  #satisfied(
    decision: Decision,
    ways: readonly { readonly state: PathState; readonly way: Way }[],
  ): readonly Satisfied[] {
    const of = (state: PathState, evidence: Satisfied['evidence']): Satisfied => ({
      criterion: state.path.id,
      label: state.path.label,
      cite: state.path.cite,
      evidence: withoutRestated(evidence),
    });
    if (decision.by.length > 0) return decision.by.map((s) => of(s, this.#evidenceFor(s)));
    return ways
      .map(({ state, way }) =>
        of(
          state,
          way.has.flatMap((i) => (this.#ev.value(i).truth === 'true' ? this.#ev.value(i).evidence : [])),
        ),
      )
      .filter((s) => s.evidence.length > 0);
  }

  #evidenceFor(state: PathState): Satisfied['evidence'] {
    const whole: Expr = {
      op: 'all',
      children: state.entry === undefined ? [state.path.criteria] : [state.entry, state.path.criteria],
      where: '',
    };
    const conditions = this.#states
      .studiesOf(state)
      .flatMap((r) => (r.when !== undefined && this.#ev.truth(r.when) === 'true' ? this.#ev.evidence(r.when) : []));
    const own = this.#ev.evidence(whole);
    const through =
      state.path.studies.length > 0
        ? []
        : this.#states
            .others([state.path.id], state.path.region)
            .flatMap((s) => (s.truth === 'true' ? this.#evidenceFor(s) : []));
    return [...own, ...conditions, ...through];
  }

  #contradicted(states: readonly PathState[], decision: Decision): readonly Contradicted[] {
    if (decision.excludedBy !== undefined) {
      const e = decision.excludedBy;
      return [
        {
          criterion: e.id,
          label: e.label,
          cite: e.cite,
          why: 'the policy excludes this',
          evidence: this.#ev.evidence(e.criteria),
        },
      ];
    }
    return states
      .filter((s) => s.inPlay === 'yes' && s.truth === 'false')
      .map((s) => ({
        criterion: s.path.id,
        label: s.path.label,
        cite: s.path.cite,
        why: this.#why(s),
        evidence: s.closedBy.length > 0 ? s.closedBy : this.#againstEvidence(s),
      }))
      .filter((c) => c.evidence.length > 0);
  }

  #againstEvidence(state: PathState): Contradicted['evidence'] {
    const entry = state.entry === undefined ? [] : this.#ev.evidence(state.entry, 'false');
    return [...entry, ...this.#ev.evidence(state.path.criteria, 'false')];
  }

  #why(state: PathState): string {
    if (state.closedBy.length > 0) return 'documented as ruled out';
    const labels = new Set<string>();
    const visit = (expr: Expr): void => {
      if (expr.op === 'atom') labels.add(`not: ${atomLabel(this.#ev.atom(expr.atom), this.#catalog)}`);
      else for (const child of this.#ev.children(expr)) if (this.#ev.truth(child) === 'false') visit(child);
    };
    for (const expr of [state.entry, state.path.criteria])
      if (expr !== undefined && this.#ev.truth(expr) === 'false') visit(expr);
    return [...labels].slice(0, 4).join('; ');
  }

  #silentScreens(states: readonly PathState[]): readonly string[] {
    const silent = states.filter((s) => s.screen && s.truth === 'unknown' && !this.#hasOwnEvidence(s));
    return [...new Set(silent.map((s) => s.path.label))];
  }

  #incompleteSections(states: readonly PathState[]): readonly string[] {
    const atoms = new Set<number>();
    for (const s of states) {
      if (s.inPlay === 'no') continue;
      for (const expr of [s.entry, s.path.criteria]) if (expr !== undefined) this.#ev.unknownAtoms(expr, atoms);
    }
    return [...new Set([...atoms].flatMap((i) => this.#ev.value(i).sections ?? []))].sort();
  }

  #earliest(states: readonly PathState[], decision: Decision): Day | undefined {
    if (decision.excludedBy !== undefined) return undefined;
    const days = states.flatMap((s) => {
      if (s.inPlay !== 'yes' || s.truth === 'true' || !this.#namesOrdered(s)) return [];
      return this.#states.timed(s).from ?? [];
    });
    return days.length === 0 ? undefined : Math.min(...days);
  }

  #validUntil(by: readonly PathState[]): Day | undefined {
    const days = by.map((s) => this.#states.timed(s).until ?? Number.POSITIVE_INFINITY);
    const last = Math.max(...days);
    return last === Number.POSITIVE_INFINITY ? undefined : last;
  }

  #tracePath(state: PathState): Trace {
    const children = [
      ...(state.entry === undefined
        ? []
        : [{ ...this.#traceExpr(state.entry), label: `about: ${this.#traceExpr(state.entry).label}` }]),
      ...(state.path.criteria.op === 'all' ? state.path.criteria.children.map((c) => this.#traceExpr(c)) : []),
      ...(state.closedBy.length > 0 ? [{ label: 'ruled out', truth: 'true' as const, evidence: state.closedBy }] : []),
    ];
    return {
      id: state.path.id,
      label: state.path.label,
      cite: state.path.cite,
      ...(state.path.note !== undefined && { note: state.path.note }),
      truth: state.truth,
      inPlay: state.inPlay,
      children,
    };
  }

  #traceExpr(expr: Expr): Trace {
    const meta = {
      ...(expr.id !== undefined && { id: expr.id }),
      ...(expr.cite !== undefined && { cite: expr.cite }),
      ...(expr.note !== undefined && { note: expr.note }),
    };
    const truth = this.#ev.truth(expr);
    if (expr.op === 'atom') {
      const value = this.#ev.value(expr.atom);
      const atom = this.#ev.atom(expr.atom);
      return {
        ...meta,
        label: expr.label ?? atomLabel(atom, this.#catalog),
        truth,
        fact: atomFact(atom),
        ...(value.gap !== undefined && { gap: value.gap }),
        ...(value.evidence.length > 0 && { evidence: value.evidence }),
        ...(value.conflicts !== undefined && value.conflicts.length > 0 && { conflicts: value.conflicts }),
        ...(value.leads !== undefined && value.leads.length > 0 && { leads: value.leads }),
      };
    }
    if (expr.op === 'review') return { ...meta, label: expr.label ?? `left to a reviewer: ${expr.what}`, truth };
    if (expr.op === 'closable') return { ...this.#traceExpr(expr.child), ...meta, truth };
    if (expr.op === 'any-indication')
      return { ...meta, label: expr.label ?? 'any other indication of this policy', truth };
    const heading = {
      all: 'all of',
      any: 'any of',
      not: 'not',
      'at-least': `at least ${expr.op === 'at-least' ? expr.n : ''} of`,
    }[expr.op];
    return {
      ...meta,
      label: expr.label ?? heading,
      truth,
      children: this.#ev.children(expr).map((c) => this.#traceExpr(c)),
    };
  }
}

/** The order's own reason need not be cited for what the chart documents too. */
const withoutRestated = (evidence: Satisfied['evidence']): Satisfied['evidence'] => {
  const charted = new Set(evidence.flatMap((e) => (e.basis === 'chart' ? [e.fact] : [])));
  return evidence.filter((e) => e.basis !== 'order' || !charted.has(e.fact));
};

const compare = (a: readonly number[], b: readonly number[]): number => {
  for (let i = 0; i < a.length; i++) {
    const d = (a[i] ?? 0) - (b[i] ?? 0);
    if (d !== 0) return d;
  }
  return 0;
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
