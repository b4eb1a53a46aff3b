import type { Day } from '../dates/day.ts';
import { earliest } from '../dates/later.ts';
import type { Assessment, Trace } from './assessment.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { Contradictions } from './contradictions.ts';
import { Decider, type Decision, type ExclusionState, type OrderedStudy } from './decide.ts';
import type { Evaluation } from './evaluate.ts';
import type { FactCatalog, FactSource } from './fact-source.ts';
import { leftToReviewer } from './left-to-reviewer.ts';
import { lastOf, sooner } from './measure-time.ts';
import { NearestWays } from './nearest.ts';
import { type Candidate, WaySearch } from './needs.ts';
import { isTrue, type PathState } from './path-state.ts';
import { PathStates } from './path-states.ts';
import { SatisfiedCriteria } from './satisfied-criteria.ts';
import { silenceOf } from './silent-chart.ts';
import { MAX_PATHS, ToldWays } from './told-ways.ts';
import { Tracer } from './trace.ts';

export type { OrderedStudy } from './decide.ts';

/** Is the order one that the policy speaks of? Some studies are of many parts of the body. */
export function governs(policy: CompiledPolicy, order: OrderedStudy, source: FactSource): boolean {
  const rules = policy.governsWhen.filter((rule) => rule.studies.includes(order.code));
  if (rules.length === 0) return true;
  const { evaluation } = new PathStates(policy, source, order.regions, order.code, silenceOf(policy));
  return rules.some((rule) => evaluation.truth(rule.criteria) === 'true');
}

/** Checks one order against one policy. Holds nothing that outlives the call. */
class Assessor {
  readonly #order: OrderedStudy;
  readonly #catalog: FactCatalog;
  readonly #states: PathStates;
  readonly #ev: Evaluation;
  readonly #decider: Decider;
  readonly #nearest: NearestWays;
  readonly #told: ToldWays;

  constructor(policy: CompiledPolicy, order: OrderedStudy, source: FactSource, catalog: FactCatalog) {
    this.#order = order;
    this.#catalog = catalog;
    this.#states = new PathStates(policy, source, order.regions, order.code, silenceOf(policy));
    this.#ev = this.#states.evaluation;
    const search = new WaySearch(this.#states, catalog);
    this.#decider = new Decider(policy, order, this.#states, search);
    this.#nearest = new NearestWays(policy, this.#states, search, this.#decider, catalog);
    this.#told = new ToldWays(order, this.#states, search, this.#decider, catalog);
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
    const missing = this.#told.missing(ranked, decision);
    const reviews = decision.outcome === 'undetermined' ? leftToReviewer(this.#states, decision.asked) : [];
    // a course of treatment that goes on need not wait for a reviewer
    const goesOn = ranked[0]?.way.needs.every((n) => this.#ev.value(n.atom).goesOn === true);
    const byReviewer =
      missing.length === 0 && decision.reason === 'documentation' && reviews.length > 0 && goesOn !== true;
    const reason = byReviewer ? 'reviewer' : decision.reason;
    const satisfied = new SatisfiedCriteria(this.#states);
    const contradictions = new Contradictions(this.#states, this.#catalog);
    const doubted = decision.outcome === 'undetermined' ? contradictions.doubts() : [];
    return {
      outcome: decision.outcome,
      ...(reason !== undefined && { reason }),
      // no document takes the decision from the reviewer to whom it is left
      asDocumented: reason === 'reviewer' ? decision.outcome : this.#decider.decideAsDocumented().outcome,
      satisfied: satisfied.of(decision, ways),
      contradicted: contradictions.of(decision.excludedBy),
      ...(doubted.length > 0 && { doubted }),
      paths: ways.map((w) => this.#told.path(w)),
      missing,
      silentScreens: open ? this.#silentScreens(new Set(ranked.map((c) => c.state))) : [],
      ...(decision.reason === 'no-indication' && { indications: this.#indications() }),
      alternatives: decision.alternatives,
      ...(decision.outcome === 'undetermined' &&
        decision.asked.length > 0 && { openExclusions: decision.asked.map((e) => satisfied.openExclusion(e)) }),
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

  /**
   * Red flags on which what was seen of the chart says nothing, or nothing for which one would ask; what was not seen is told apart
   * from silence. Where no red flag is looked for, those of the complaint.
   */
  #silentScreens(told: ReadonlySet<PathState>): readonly string[] {
    const unseen = (s: PathState): boolean =>
      !this.#ev.isSilent(s.whole.index) &&
      [...this.#ev.unknownAtoms(s.whole)].some((i) => this.#ev.value(i).gap === 'incomplete');
    const notAsked = (s: PathState): boolean =>
      !this.#nearest.worthAsking(s) || (!told.has(s) && this.#nearest.isFarFetched(s));
    const silent = this.#states
      .all()
      .filter((s) => s.inPlay === 'yes' && s.truth === 'unknown' && notAsked(s) && !unseen(s));
    const screens = silent.filter((s) => s.screen);
    const named = screens.length > 0 ? screens : silent.filter((s) => s.path.redFlag);
    return [...new Set(named.map((s) => s.path.topic ?? s.path.label))];
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
    return days.length === 0 ? undefined : earliest(days);
  }

  /** The last day on which an exclusion that does not hold still does not, the chart staying as it is. */
  #allowedUntil({ exclusion: { criteria, unless } }: ExclusionState): Day | undefined {
    const { truth, from, until } = this.#ev.timing.of(criteria);
    if (truth === 'false') return from === undefined ? undefined : from - 1;
    if (truth !== 'true' || unless === undefined) return undefined;
    const excepted = this.#ev.timing.of(unless).until;
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
