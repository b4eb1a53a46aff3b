import type { Outcome, Reason } from './assessment.ts';
import { closed } from './closing.ts';
import type { CompiledExclusion, CompiledPolicy, Expr } from './compiled-policy.ts';
import type { Evaluation } from './evaluate.ts';
import type { Reading } from './evaluated.ts';
import type { Region } from './fact-source.ts';
import type { WaySearch } from './needs.ts';
import { isTrue, type PathState } from './path-state.ts';
import type { PathStates } from './path-states.ts';
import type { Truth } from './truth.ts';

/** What is ordered, as the policy engine needs it. */
export interface OrderedStudy {
  readonly code: string;
  /** spine regions of the study, the leading one first */
  readonly regions: readonly Region[];
  /** does it use contrast material? */
  readonly withContrast: boolean;
}

/** An exclusion that speaks of the order, as it stands. */
export interface ExclusionState {
  readonly exclusion: CompiledExclusion;
  readonly truth: Truth;
  /**
   * there is evidence for its exception that does not settle it, or it was not seen, or what speaks for the exclusion is
   * contradicted: it may not be ignored, nor does it hold
   */
  readonly unsettled?: boolean;
}

/** The outcome and what brought it about. */
export interface Decision {
  readonly outcome: Outcome;
  readonly reason?: Reason;
  readonly by: readonly PathState[];
  readonly excludedBy?: CompiledExclusion;
  readonly alternatives: readonly string[];
  /** exclusions whose silence turns a met into undetermined */
  readonly asked: readonly CompiledExclusion[];
}

/** So many facts at most are asked for that would lift an exclusion. */
const MOST_EXCEPTIONS = 2;

interface Named {
  readonly state: PathState;
  /** does the indication name the ordered study? unknown = under a condition that was not seen, or whose evidence does not settle it */
  readonly ordered: Truth;
  /** that condition depends on a part of the chart that was not seen */
  readonly unseen: boolean;
  readonly others: readonly string[];
}

/** Decides the outcome of one order under one policy (precedence: readings, section 1). */
export class Decider {
  readonly #policy: CompiledPolicy;
  readonly #order: OrderedStudy;
  readonly #states: PathStates;
  readonly #ev: Evaluation;
  readonly #search: WaySearch;
  #silenceAsNo: Reading | undefined;

  constructor(policy: CompiledPolicy, order: OrderedStudy, states: PathStates, search: WaySearch) {
    this.#policy = policy;
    this.#order = order;
    this.#states = states;
    this.#ev = states.evaluation;
    this.#search = search;
  }

  /** The outcome as the chart has it. */
  decide(): Decision {
    return this.#decide(undefined, undefined);
  }

  /** The outcome if every unknown fact is read as no: what a reviewer with this chart alone would find. */
  decideAsDocumented(): Decision {
    return this.#decide(
      this.#ev.asDocumented(this.#trueIndication),
      this.#ev.exclusionAsDocumented(this.#trueIndication),
    );
  }

  /** "Any other indication" for one who takes an open indication for none. */
  readonly #trueIndication: Reading['anyIndication'] = (except, region) =>
    this.#states.anyIndication(except, region) === 'true' ? 'true' : 'false';

  /** The exclusions that speak of the ordered study and region, and are in force. */
  exclusions(reading?: Reading): readonly ExclusionState[] {
    return this.#policy.exclusions.flatMap((exclusion) => {
      if (!this.#speaks(exclusion)) return [];
      const criteria = this.#ev.truth(exclusion.criteria, reading);
      if (reading === undefined && criteria === 'true' && this.#ev.restsOnUnseen(exclusion.criteria))
        return [{ exclusion, truth: 'unknown' as const, unsettled: true }];
      const unsettled =
        criteria === 'unknown' && (this.#contested(exclusion.criteria) || this.#notSilent(exclusion.criteria));
      const state = { exclusion, truth: criteria, ...(unsettled && { unsettled: true }) };
      if (criteria === 'false' || exclusion.unless === undefined) return [state];
      const unless = this.#ev.truth(exclusion.unless, reading);
      if (unless === 'true') return [{ exclusion, truth: 'false' as const }];
      if (unless === 'false') return [state];
      if (criteria === 'true' && this.#unsettled(exclusion.unless))
        return [{ exclusion, truth: 'unknown' as const, unsettled: true }];
      return [exclusion.ifUnknown === 'ask' ? { ...state, truth: 'unknown' as const } : state];
    });
  }

  /** The leaves on which an open exclusion depends: its criteria first, then its exceptions. */
  openLeaves({ criteria, unless }: CompiledExclusion): readonly number[] {
    const atoms = new Set(this.#ev.unknownAtoms(criteria));
    if (unless !== undefined && this.#ev.truth(unless) === 'unknown') this.#ev.unknownAtoms(unless, atoms);
    return [...atoms];
  }

  /** The open leaves of an exclusion's exception that somebody can state; none of one that is a whole list (any red flag). */
  openExceptions({ unless }: CompiledExclusion): readonly number[] {
    if (unless === undefined) return [];
    const stated = [...this.#ev.unknownAtoms(unless)].filter((i) => {
      const atom = this.#ev.atom(i);
      return atom.kind === 'fact' && atom.query.source !== 'order-reason';
    });
    return stated.length > MOST_EXCEPTIONS ? [] : stated;
  }

  /** Does an indication name the ordered study, under a condition that holds? */
  namesOrdered({ path }: PathState): boolean {
    return (
      path.studies.length === 0 ||
      path.studies.some(
        (s) => s.code === this.#order.code && (s.when === undefined || this.#ev.truth(s.when) === 'true'),
      )
    );
  }

  /** The condition under which alone an indication names the ordered study, where it is open. */
  openCondition(state: PathState): Expr | undefined {
    if (this.namesOrdered(state)) return undefined;
    const refs = this.#states.studiesOf(state).filter((r) => r.code === this.#order.code);
    return refs.map((r) => r.when).find((when) => when !== undefined && this.#ev.truth(when) === 'unknown');
  }

  /** Does an indication speak of the ordered region, and name the ordered study? */
  concernsOrder(state: PathState): boolean {
    return this.#states.isOrdered(state.path) && this.namesOrdered(state);
  }

  /** Does an open exclusion keep the order open? One that asks only of what is on file needs something there. */
  #asks({ ifUnknown, criteria }: CompiledExclusion): boolean {
    return ifUnknown === 'ask' || (ifUnknown === 'ask-if-on-file' && this.#ev.isOpenWithEvidence(criteria));
  }

  /** Does an open passage rest on statements that contradict each other? */
  #contested(passage: Expr): boolean {
    return this.#ev.isOpenBy(passage, ({ gap }) => gap === 'conflict');
  }

  /** Is a passage open because a leaf that asks for silence finds none ("not absent")? */
  #notSilent(passage: Expr): boolean {
    return this.#ev.isOpenBy(passage, ({ gap }, { kind }) => gap === 'unclear' && kind === 'absent');
  }

  /** Is an open passage open because a part of the chart was not seen? */
  #unseen(passage: Expr): boolean {
    return this.#ev.mayBeShown(passage);
  }

  /** May a part of the chart that was not seen speak of what leaves a passage open? */
  #speaksUnseen(passage: Expr): boolean {
    return [...this.#ev.unknownAtoms(passage)].some((i) => this.#ev.unseen(i));
  }

  /** Is a passage open even if what the chart is silent about is read as no? */
  #unsettled(passage: Expr): boolean {
    this.#silenceAsNo ??= this.#ev.silenceAsNo(
      (except, region) =>
        this.#states.anyIndication(except, region) !== 'true' && this.#states.anyWaitsForUnseen(except, region)
          ? 'unknown'
          : this.#trueIndication(except, region),
      (i) => this.#ev.unseen(i),
    );
    return this.#ev.truth(passage, this.#silenceAsNo) === 'unknown';
  }

  #speaks(exclusion: CompiledExclusion): boolean {
    const { code, regions } = this.#order;
    if (!this.#ev.inForce(exclusion) || !(exclusion.studies?.includes(code) ?? true)) return false;
    if (exclusion.region === 'any') return true;
    return exclusion.onlyOrdered
      ? exclusion.region === regions[0]
      : regions.includes(exclusion.region) || regions.length === 0;
  }

  #decide(reading: Reading | undefined, onExclusions: Reading | undefined): Decision {
    const states = this.#states.all();
    const exclusions = this.exclusions(onExclusions);
    const excluded = exclusions.find((e) => e.truth === 'true')?.exclusion;
    if (excluded !== undefined) {
      const alternatives = excluded.studies === undefined ? [] : this.#withoutContrast(states);
      return { outcome: 'not-met', reason: 'exclusion', by: [], excludedBy: excluded, alternatives, asked: [] };
    }
    const asked = exclusions
      .filter((e) => e.truth === 'unknown' && (this.#asks(e.exclusion) || e.unsettled))
      .map((e) => e.exclusion);
    const truthOf = (s: PathState): Truth =>
      reading === undefined ? s.truth : closed(this.#ev.truth(s.whole, reading), s.closing);
    const holds = (s: PathState): boolean => (reading === undefined ? isTrue(s) : truthOf(s) === 'true');
    return (
      this.#byTruePaths(
        states.filter(holds).map((s) => this.#named(s, reading)),
        asked,
        reading,
      ) ?? this.#withoutTruePath(states, truthOf, asked)
    );
  }

  #byTruePaths(
    named: readonly Named[],
    asked: readonly CompiledExclusion[],
    reading: Reading | undefined,
  ): Decision | undefined {
    const settled = (outcome: Outcome, by: readonly PathState[], alternatives: readonly string[]): Decision =>
      asked.length === 0
        ? { outcome, by, alternatives, asked }
        : { outcome: 'undetermined', reason: this.#exclusionReason(asked), by, alternatives, asked };
    const met = named.filter((n) => n.ordered === 'true').map((n) => n.state);
    if (met.length > 0) return settled('met', met, []);
    const conditional = named.filter((n) => n.ordered === 'unknown').map((n) => n.state);
    const lent = this.#lentPerhaps(reading);
    const unclear = [...conditional, ...lent];
    if (unclear.length > 0) {
      const unseen =
        named.some((n) => n.ordered === 'unknown' && n.unseen) ||
        lent.some(({ entry }) => entry !== undefined && this.#speaksUnseen(entry));
      const reason = unseen ? 'data-unavailable' : 'documentation';
      return { outcome: 'undetermined', reason, by: unclear, alternatives: [], asked };
    }
    const anywhere = named.filter((n) => n.others.length > 0 && n.state.inPlay === 'yes');
    if (anywhere.length === 0) return undefined;
    // what is indicated at several regions (a weakness of both legs) is first so at the ordered one
    const here = (n: (typeof anywhere)[number]): boolean => n.state.path.region === this.#order.regions[0];
    const other = [...anywhere.filter(here), ...anywhere.filter((n) => !here(n))];
    const by = other.map((n) => n.state);
    const alternatives = [...new Set(other.flatMap((n) => n.others))];
    return reading === undefined && this.#orderedMayComeTrue()
      ? { outcome: 'undetermined', reason: 'data-unavailable', by, alternatives, asked }
      : settled('alternative', by, alternatives);
  }

  /**
   * The passages that name the ordered study for whatever is indicated (CT, where MRI is contraindicated), when something is and
   * the evidence for their own condition does not settle it: as with a study that an indication names under a condition.
   */
  #lentPerhaps(reading: Reading | undefined): readonly PathState[] {
    return this.#states
      .all()
      .filter(
        (s) =>
          s.inPlay === 'yes' &&
          s.entry !== undefined &&
          this.#ev.truth(s.entry, reading) === 'unknown' &&
          this.#ev.truth(s.whole, reading) === 'unknown' &&
          this.namesOrdered(s) &&
          this.#states.lendsStudies(s) &&
          this.#ev.isOpenWithEvidence(s.entry),
      );
  }

  /** Could an indication that names the ordered study come true by what was not retrieved? */
  #orderedMayComeTrue(): boolean {
    return this.#states
      .all()
      .some(
        (s) =>
          s.path.studies.some(
            (r) => r.code === this.#order.code && (r.when === undefined || this.#ev.truth(r.when) !== 'false'),
          ) && this.#states.waitsForUnseen(s),
      );
  }

  #withoutTruePath(
    states: readonly PathState[],
    truthOf: (s: PathState) => Truth,
    asked: readonly CompiledExclusion[],
  ): Decision {
    const inPlay = states.filter((s) => s.inPlay === 'yes');
    const maybe = states.some((s) => s.inPlay === 'maybe' && truthOf(s) !== 'false');
    const base = { by: [], alternatives: [], asked } as const;
    const indicated = inPlay.some((s) => !s.screen && !s.byUnreadReason);
    const decisive = this.#speakOfOrder(inPlay);
    if (!maybe && indicated && decisive.every((s) => truthOf(s) === 'false')) return { outcome: 'not-met', ...base };
    if (this.#unseenException(asked)) return { outcome: 'undetermined', reason: 'data-unavailable', ...base };
    const open = decisive.filter((s) => truthOf(s) === 'unknown');
    const concerned = indicated || inPlay.some((s) => s.onFile);
    return { outcome: 'undetermined', reason: this.#reason(open, maybe, concerned), ...base };
  }

  /**
   * The indications that decide whether the ordered study is not indicated: those of its region, or that name it. An indication of
   * another region, even if it came true, would be one for another study; such ones decide only when there is no other.
   */
  #speakOfOrder(inPlay: readonly PathState[]): readonly PathState[] {
    const own = inPlay.filter(
      (s) => this.#states.isOrdered(s.path) || s.path.studies.some((r) => r.code === this.#order.code),
    );
    return own.some((s) => !s.screen) ? own : inPlay;
  }

  #reason(open: readonly PathState[], maybe: boolean, indicated: boolean): Reason {
    const atoms = new Set<number>();
    for (const s of open) this.#ev.unknownAtoms(s.whole, atoms);
    const values = [...atoms].map((i) => this.#ev.value(i));
    const closings = open.flatMap((s) => this.#states.doubt(s)?.gap ?? this.#ev.closings.gaps(s.whole));
    const gaps = new Set([...values.map((v) => v.gap), ...closings]);
    if (maybe || gaps.has('incomplete') || values.some((v) => v.sections !== undefined)) return 'data-unavailable';
    if (!indicated) return 'no-indication';
    if (gaps.has('conflict')) return 'conflict';
    if (open.some((s) => this.#search.cheapest(s) !== undefined)) return 'documentation';
    return open.length > 0 ? 'reviewer' : 'documentation';
  }

  /** Is there an exclusion that would decide, were it not for a part of the chart in which its exception may stand? */
  #unseenException(asked: readonly CompiledExclusion[]): boolean {
    const held = asked.filter((e) => this.#ev.truth(e.criteria) === 'true');
    return held.length > 0 && this.#exclusionReason(held) === 'data-unavailable';
  }

  /** Would it hold, were it not for a part of the chart that was not seen, in which what lifts it may stand? */
  #isLiftedByUnseen({ criteria, unless }: CompiledExclusion): boolean {
    if (unless === undefined || this.#ev.truth(criteria) !== 'true' || !this.#unsettled(unless)) return false;
    return this.#ev.truth(unless, this.#ev.silenceAsNo(this.#trueIndication)) === 'false';
  }

  #exclusionReason(asked: readonly CompiledExclusion[]): Reason {
    const unknown = asked.flatMap((e) => this.openLeaves(e));
    if (unknown.some((i) => this.#ev.value(i).gap === 'incomplete' || this.#ev.unseen(i))) return 'data-unavailable';
    if (asked.some((e) => this.#ev.restsOnUnseen(e.criteria) || this.#isLiftedByUnseen(e))) return 'data-unavailable';
    if (asked.some((e) => this.#contested(e.criteria))) return 'conflict';
    return unknown.length === 0 ? 'reviewer' : 'documentation';
  }

  #named(state: PathState, reading?: Reading): Named {
    let ordered: Truth = 'false';
    let unseen = false;
    const others: string[] = [];
    for (const ref of this.#states.studiesOf(state)) {
      const condition = ref.when === undefined ? 'true' : this.#ev.truth(ref.when, reading);
      if (ref.code !== this.#order.code) {
        if (condition === 'true') others.push(ref.code);
      } else if (condition === 'true') ordered = 'true';
      else if (condition === 'unknown' && ref.when !== undefined && ordered === 'false') {
        const onFile = this.#ev.isOpenWithEvidence(ref.when);
        // what is on file and settles nothing (a pacemaker) may be settled by what was not seen (its device)
        unseen ||= this.#unseen(ref.when) || (onFile && this.#speaksUnseen(ref.when));
        if (unseen || onFile) ordered = 'unknown';
      }
    }
    return { state, ordered, unseen, others };
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
}
