import { type Day, type Interval, parseInterval, subtract } from '../dates/day.ts';
import { earliest, latestOf } from '../dates/later.ts';
import { type Closing, closed } from './closing.ts';
import type { Atom, CompiledPolicy, Expr } from './compiled-policy.ts';
import { type Evidence, type FactSource, type FactValue, type Gap, ofComplaint, type Region } from './fact-source.ts';
import { compareAge, compareEpisode, compareSchedule, lastDays, sooner, unsettled } from './measure-time.ts';
import { NO_SILENCE, type Silence } from './silence.ts';
import { atLeast, not, type Truth } from './truth.ts';
import { Truths } from './truths.ts';

/** The days on which the last study of a schedule may have been; undefined when none is on file. */
const lastStudied = ({ truth, when, later }: FactValue): Interval | undefined =>
  truth === 'true' && when !== undefined ? lastDays(when, later) : undefined;

/** Is a study on file of which no day is stated? */
const isUndated = ({ truth, when }: FactValue): boolean => truth === 'true' && when === undefined;

/** What the leaves of an expression are read as. */
export interface Reading {
  atom(index: number): Truth;
  readonly review: Truth;
  anyIndication(except: readonly string[], region: Region | 'any'): Truth;
  /** what is known already, where the chart is silent beforehand; kept by readings that serve many expressions */
  readonly known: Truths | undefined;
}

/** A truth with the days on which the passing of time alone would change it. */
export interface Timed {
  readonly truth: Truth;
  /** first day on which it becomes true */
  readonly from: Day | undefined;
  /** last day on which it stays true */
  readonly until: Day | undefined;
}

/** The last day on which one of the other indications of a region stays true; undefined when it does not end. */
type UntilOfAny = (except: readonly string[], region: Region | 'any') => Day | undefined;

/** Time changes nothing. */
const lasting = (truth: Truth): Timed => ({ truth, from: undefined, until: undefined });

/** The first day on which something in the chart can have begun; a reason of the order says nothing about that. */
const beginning = (evidence: readonly Evidence[]): Day =>
  earliest(evidence.flatMap(({ basis, date }) => (basis === 'order' ? [] : (parseInterval(date)?.lo ?? []))));

const NO_EVIDENCE: readonly Evidence[] = [];
/** What denies a fact that is open: on an uncertain day, or against a statement that it contradicts. */
const deniedBy = ({ truth, gap, denied = NO_EVIDENCE, sides }: FactValue): readonly Evidence[] =>
  truth === 'unknown' && gap === 'conflict' && sides !== undefined ? [...denied, ...sides.no] : denied;

const ABSENT_TRUE: FactValue = { truth: 'true', evidence: [] };

/** What is on file since a day may have begun any time before, where not all was seen or the day is no onset. */
const atOrBefore = ({ lo, hi }: Interval): Interval => ({ lo: subtract(lo, { count: 100 * 12, unit: 'months' }), hi });

/** What was looked at, for explanations. */
const lookedAt = (...values: readonly FactValue[]): Pick<FactValue, 'considered'> => {
  const considered = values.flatMap((v) => v.considered ?? []);
  return considered.length === 0 ? {} : { considered };
};

/** Evaluates the expressions of one policy against one chart. Each leaf is asked once. */
export class Evaluation {
  readonly policy: CompiledPolicy;
  readonly source: FactSource;
  readonly #values: (FactValue | undefined)[];
  readonly #timed: (Timed | undefined)[];
  readonly #actual: Reading;
  readonly #silence: Silence;
  /** by node: 1 = the chart speaks of a fact that it rests on */
  readonly #spokenOf: Uint8Array;
  readonly #untilOfAny: UntilOfAny;
  #silenceAsNo: Reading | undefined;

  /**
   * @param anyIndication the truth of "any other indication of this policy"
   * @param silence what the policy comes to where the chart is silent
   * @param untilOfAny the last day on which "any other indication" that is true stays so
   */
  constructor(
    policy: CompiledPolicy,
    source: FactSource,
    anyIndication: Reading['anyIndication'],
    silence: Silence = NO_SILENCE,
    untilOfAny: UntilOfAny = () => undefined,
  ) {
    this.#untilOfAny = untilOfAny;
    this.policy = policy;
    this.source = source;
    this.#values = new Array(policy.atoms.length);
    this.#timed = new Array(policy.nodes.length);
    this.#silence = silence;
    this.#spokenOf = new Uint8Array(policy.nodes.length);
    for (const [fact, nodes] of silence.restingOn)
      if (!source.silent(fact)) for (const node of nodes) this.#spokenOf[node] = 1;
    this.#actual = {
      atom: (i) => this.value(i).truth,
      review: 'unknown',
      anyIndication,
      known: silence.truths.without(this.#spokenOf),
    };
  }

  /** The reading of one who has this chart alone: every unknown is a no. */
  asDocumented(anyIndication: Reading['anyIndication']): Reading {
    return {
      atom: (i) => (this.value(i).truth === 'true' ? 'true' : 'false'),
      review: 'false',
      anyIndication,
      known: this.#silence.documented.without(this.#spokenOf),
    };
  }

  /** The same reader on an exclusion and its exceptions: what must be absent is not on file, what is left to a reviewer stays open. */
  exclusionAsDocumented(anyIndication: Reading['anyIndication']): Reading {
    return {
      atom: (i) => {
        const { truth } = this.value(i);
        if (truth !== 'unknown') return truth;
        return this.atom(i).kind === 'absent' ? 'true' : 'false';
      },
      review: 'unknown',
      anyIndication,
      known: undefined,
    };
  }

  /** The reading of one who takes silence for a no: what some leaves may only seem to be silent about stays open. */
  silenceAsNo(anyIndication: Reading['anyIndication'], seemsSilent: (index: number) => boolean = () => false): Reading {
    return {
      atom: (i) => (this.value(i).gap === 'silent' && !seemsSilent(i) ? 'false' : this.value(i).truth),
      review: 'false',
      anyIndication,
      known: new Truths(this.policy.nodes.length),
    };
  }

  /** Does a node rest on facts alone, and is the chart silent on all of them? */
  isSilent(node: number): boolean {
    return this.#spokenOf[node] === 0 && this.#silence.truths.get(node) !== undefined;
  }

  /** The value of a leaf. */
  value(index: number): FactValue {
    const known = this.#values[index];
    if (known !== undefined) return known;
    const value = this.#evaluate(this.atom(index));
    this.#values[index] = value;
    return value;
  }

  /** Is a leaf about a fact of which a part of the chart that was not seen may speak? */
  unseen(index: number): boolean {
    const atom = this.atom(index);
    return 'query' in atom && this.source.unseen(atom.query);
  }

  /** The leaf itself. */
  atom(index: number): Atom {
    const atom = this.policy.atoms[index];
    if (atom === undefined) throw new RangeError(`no atom ${index}`);
    return atom;
  }

  #evaluate(atom: Atom): FactValue {
    switch (atom.kind) {
      case 'fact':
        return this.source.fact(atom.query);
      case 'absent':
        return this.#absent(this.source.fact(atom.query), atom.query.fact);
      case 'age': {
        const birth = this.source.birth();
        if (birth === undefined) return { truth: 'unknown', evidence: [], gap: 'silent' };
        if ('sections' in birth) return { truth: 'unknown', evidence: [], gap: 'incomplete', ...birth };
        const timed = compareAge(birth.on, this.source.asOf, atom.comparison);
        const evidence: Evidence[] = [{ reference: birth.reference, fact: 'age', basis: 'chart' }];
        return timed.truth === 'unknown' ? { ...timed, evidence: [], gap: 'unclear' } : { ...timed, evidence };
      }
      case 'episode': {
        const episode = ofComplaint(this.source.episode(atom.region));
        const timed = compareEpisode(episode, this.source.asOf, atom.comparison);
        if (timed.truth === 'false' && episode.ofAnother) return { truth: 'unknown', evidence: [], gap: 'unclear' };
        if (timed.truth !== 'unknown')
          return { ...timed, until: sooner(timed.until, episode.until), evidence: episode.evidence };
        return episode.evidence.length > 0 ? { ...timed, evidence: [], gap: 'unclear' } : unsettled(episode);
      }
      case 'schedule':
        return this.#schedule(atom);
    }
  }

  /** Closed world: nothing found in a sufficient, complete set of sections is a "no". */
  #absent(found: FactValue, fact: string): FactValue {
    // what time takes away from the one it gives to the other
    const { from, until } = found;
    const turned = {
      from: until === undefined ? undefined : until + 1,
      until: from === undefined ? undefined : from - 1,
    };
    if (found.truth === 'true') return { ...found, truth: 'false', ...turned };
    if (found.truth === 'false') return { ...found, truth: 'true', ...turned };
    if (found.gap !== 'silent') return found;
    return { ...ABSENT_TRUE, evidence: [{ fact, basis: 'absence' }], ...lookedAt(found) };
  }

  #schedule(atom: Extract<Atom, { kind: 'schedule' }>): FactValue {
    const start = this.source.fact(atom.countedFrom);
    const unseen = atom.from === 'earliest' && this.source.unseen(atom.countedFrom);
    const began =
      atom.from === 'latest' ? start.when : unseen && start.first !== undefined ? atOrBefore(start.first) : start.first;
    if (start.truth !== 'true' || began === undefined)
      return (
        this.#dueInAnyCase(atom, start) ?? {
          ...start,
          truth: start.truth === 'false' ? 'false' : 'unknown',
          gap: start.gap ?? 'unclear',
        }
      );
    const last = this.source.fact(atom.last);
    if (last.truth === 'unknown' && last.gap !== 'silent') return { ...last, ...lookedAt(start, last) };
    if (isUndated(last)) return { truth: 'unknown', evidence: [], gap: 'unclear', ...lookedAt(start, last) };
    const timed = compareSchedule(began, lastStudied(last), this.source.asOf, atom.bands);
    const evidence = [...start.evidence, ...this.#lastStudy(atom, last)];
    return {
      ...timed,
      ...(timed.truth === 'unknown'
        ? {
            evidence: [],
            gap: unseen || last.later?.sections !== undefined ? ('incomplete' as const) : ('unclear' as const),
            sections: last.later?.sections,
          }
        : { evidence }),
      ...lookedAt(start, last),
    };
  }

  /**
   * The start of the schedule is not on file, but what came before it is. Intervals grow with time, so a study that would be due
   * counted from the earlier date is due in any case; nothing else follows. What is only entered or stated on a day, without its
   * onset, may have been there for long.
   */
  #dueInAnyCase(atom: Extract<Atom, { kind: 'schedule' }>, start: FactValue): FactValue | undefined {
    if (atom.after === undefined || start.truth !== 'unknown' || start.gap !== 'silent') return undefined;
    const before = this.source.fact(atom.after);
    const last = this.source.fact(atom.last);
    if (before.truth !== 'true' || before.first === undefined) return undefined;
    if ((last.truth === 'unknown' && last.gap !== 'silent') || isUndated(last)) return undefined;
    const began = before.firstIsOnset ? before.first : atOrBefore(before.first);
    const seen = lastStudied(last) ?? before.first;
    const timed = compareSchedule(began, seen, this.source.asOf, atom.bands);
    if (timed.truth !== 'true') return undefined;
    return {
      ...timed,
      evidence: [...before.evidence, ...this.#lastStudy(atom, last)],
      ...lookedAt(start, before, last),
    };
  }

  #lastStudy(atom: Extract<Atom, { kind: 'schedule' }>, last: FactValue): readonly Evidence[] {
    return last.truth === 'true' ? last.evidence : [{ fact: atom.last.fact, basis: 'absence' }];
  }

  /** Is a leaf open because the last study of its schedule is of no stated day? To state its start once more tells no day. */
  lacksDayOfStudy(index: number): boolean {
    const atom = this.atom(index);
    return (
      atom.kind === 'schedule' &&
      isUndated(this.source.fact(atom.last)) &&
      this.source.fact(atom.countedFrom).truth === 'true'
    );
  }

  /** A node that the text in force on the service date does not contain is passed over. */
  inForce(period: { readonly from?: Day | undefined; readonly until?: Day | undefined }): boolean {
    const date = this.source.serviceDate;
    return (period.from === undefined || date >= period.from) && (period.until === undefined || date < period.until);
  }

  /** The operands of a node that are in force. */
  children(expr: Expr): readonly Expr[] {
    if (!expr.dated || expr.op === 'not' || expr.op === 'closable') return expr.operands;
    return expr.operands.filter((c) => this.inForce(c));
  }

  /** The truth of an expression, by default as the chart has it. */
  truth(expr: Expr, reading: Reading = this.#actual): Truth {
    const { known } = reading;
    const before = known?.get(expr.index);
    if (before !== undefined) return before;
    const truth = expr.op === 'atom' ? reading.atom(expr.atom) : this.#combined(expr, reading);
    known?.set(expr.index, truth);
    return truth;
  }

  #combined(expr: Exclude<Expr, { op: 'atom' }>, reading: Reading): Truth {
    switch (expr.op) {
      case 'not':
        return not(this.truth(expr.child, reading));
      case 'review':
        return reading.review;
      case 'any-indication':
        return reading.anyIndication(expr.except, expr.region);
      case 'closable': {
        const truth = this.truth(expr.child, reading);
        return closed(truth, this.closing(expr.closedBy, expr.child, expr.child, truth));
      }
      case 'all':
        return this.#first('false', expr, reading);
      case 'any':
        return this.#first('true', expr, reading);
      case 'at-least':
        return atLeast(
          expr.n,
          this.children(expr).map((c) => this.truth(c, reading)),
        );
    }
  }

  /**
   * A documented negative closes a passage unless later evidence speaks for it, or may do so where it was not seen. Where it is not
   * certain which came later (a partial date, none), or a part of the negative was not seen, it closes the passage perhaps.
   * @param own the part whose evidence speaks for it
   * @param entry what the passage is about: another visit for a complaint says nothing of a sign, but one that began later may
   */
  closing(
    closedBy: readonly Expr[],
    own: Expr,
    whole: Expr,
    truth = this.truth(whole),
    entry?: Expr,
  ): Closing | undefined {
    if (closedBy.length === 0) return undefined;
    const certain = closedBy.filter((c) => this.truth(c) === 'false');
    const negatives = certain.length > 0 ? certain : closedBy.filter((c) => this.#isPerhapsDenied(c));
    if (negatives.length === 0 || (truth !== 'true' && this.waitsForUnseen(whole))) return undefined;
    const evidence = negatives.flatMap((c) => (certain.length > 0 ? this.evidence(c, 'false') : this.#denials(c)));
    const stated = latestOf(
      certain.length > 0
        ? certain.flatMap((c) => this.#statedOn(c, 'false'))
        : evidence.map(({ date }) => parseInterval(date)),
    );
    // what speaks for it stands again when it is later for certain, whatever else the passage lacks
    const spoken = latestOf(this.#spokenOn(own));
    const began = entry === undefined ? Number.POSITIVE_INFINITY : beginning(this.evidence(entry));
    const after = (day: Day, from: Day = Number.NEGATIVE_INFINITY): boolean =>
      from > day || (Number.isFinite(began) && began > day);
    if (after(stated?.hi ?? Number.POSITIVE_INFINITY, spoken?.lo)) return undefined;
    const mayStandAgain = after(
      stated?.lo ?? Number.NEGATIVE_INFINITY,
      spoken && Math.min(spoken.hi, this.source.asOf),
    );
    if (certain.length === 0) {
      const unseen = negatives.some((c) => this.isOpenBy(c, ({ gap }) => gap === 'incomplete'));
      return { for: 'perhaps', gap: unseen ? 'incomplete' : 'conflict', evidence };
    }
    return mayStandAgain ? { for: 'perhaps', gap: 'conflict', evidence } : { for: 'certain', evidence };
  }

  #isPerhapsDenied(expr: Expr): boolean {
    return (
      this.truth(expr) === 'unknown' &&
      this.truth(expr, this.#asFarAsSeen) === 'false' &&
      this.#denials(expr).some((e) => e.reference !== undefined)
    );
  }

  /** How it would be if what was not seen held nothing, and a documented negative of an uncertain day counted. */
  readonly #asFarAsSeen: Reading = {
    atom: (i) => {
      const value = this.value(i);
      if (value.truth !== 'unknown') return value.truth;
      const { kind } = this.atom(i);
      if (value.gap === 'incomplete') return kind === 'absent' ? 'true' : 'false';
      return kind === 'fact' && deniedBy(value).length > 0 ? 'false' : 'unknown';
    },
    review: 'unknown',
    anyIndication: () => 'unknown',
    known: undefined,
  };

  /** The documented negatives below an expression, those of an uncertain day too. */
  #denials(expr: Expr): readonly Evidence[] {
    if (expr.op !== 'atom') return this.children(expr).flatMap((c) => this.#denials(c));
    const value = this.value(expr.atom);
    return value.truth === 'false' && this.atom(expr.atom).kind === 'fact' ? value.evidence : deniedBy(value);
  }

  /** The days on which the evidence was stated that makes a true expression true, or a false one false. */
  #statedOn(expr: Expr, wanted: 'true' | 'false'): readonly Interval[] {
    if (this.truth(expr) !== wanted) return [];
    if (expr.op === 'atom') {
      const { stated, evidence } = this.value(expr.atom);
      return [stated, ...evidence.map(({ date }) => parseInterval(date))].flatMap((day) => day ?? []);
    }
    if (expr.op === 'not') return this.#statedOn(expr.child, wanted === 'true' ? 'false' : 'true');
    const closing = expr.op === 'closable' && wanted === 'false' ? expr.closedBy : [];
    return [...this.children(expr), ...closing].flatMap((c) => this.#statedOn(c, wanted));
  }

  /** The days on which was stated what speaks for an expression that is true, or for a part of one that is open or leaves it open. */
  #spokenOn(expr: Expr): readonly Interval[] {
    const truth = this.truth(expr);
    if (truth === 'true') return this.#statedOn(expr, 'true');
    if (truth === 'false' || expr.op === 'not') return [];
    if (expr.op === 'atom') return this.value(expr.atom).suggested ?? [];
    return this.children(expr).flatMap((c) => this.#spokenOn(c));
  }

  /** Kleene: one operand with the deciding truth decides, else one unknown leaves it unknown. */
  #first(deciding: 'true' | 'false', expr: Expr, reading: Reading): Truth {
    let result: Truth = not(deciding);
    for (const child of this.children(expr)) {
      const truth = this.truth(child, reading);
      if (truth === deciding) return truth;
      if (truth === 'unknown') result = truth;
    }
    return result;
  }

  /** Evidence that makes a true expression true, or a false one false. */
  evidence(expr: Expr, wanted: 'true' | 'false' = 'true'): readonly Evidence[] {
    const out: Evidence[] = [];
    this.#collect(expr, wanted, out);
    const seen = new Set<string>();
    return out.filter((e) => {
      const key = `${e.reference ?? ''}|${e.fact}`;
      return seen.has(key) ? false : seen.add(key) !== undefined;
    });
  }

  #collect(expr: Expr, wanted: 'true' | 'false', out: Evidence[]): void {
    if (expr.op === 'atom') {
      const value = this.value(expr.atom);
      if (value.truth === wanted) out.push(...value.evidence);
    } else if (expr.op === 'not') this.#collect(expr.child, wanted === 'true' ? 'false' : 'true', out);
    else if (expr.op === 'closable' && wanted === 'false')
      out.push(
        ...(this.closing(expr.closedBy, expr.child, expr.child)?.evidence ?? NO_EVIDENCE),
        ...this.evidence(expr.child, 'false'),
      );
    else for (const child of this.children(expr)) if (this.truth(child) === wanted) this.#collect(child, wanted, out);
  }

  /** The leaves on which an unknown expression depends. */
  unknownAtoms(expr: Expr, out: Set<number> = new Set()): ReadonlySet<number> {
    if (expr.op === 'atom') {
      if (this.value(expr.atom).truth === 'unknown') out.add(expr.atom);
    } else for (const child of this.children(expr)) if (this.truth(child) === 'unknown') this.unknownAtoms(child, out);
    return out;
  }

  /** Why documented negatives leave open what an unknown expression depends on. */
  closingGaps(expr: Expr): readonly Gap[] {
    if (expr.op === 'atom' || this.truth(expr) !== 'unknown') return [];
    const wouldHold = expr.op === 'closable' && this.truth(expr.child) === 'true';
    const closing = wouldHold ? this.closing(expr.closedBy, expr.child, expr.child) : undefined;
    const here = closing?.for === 'perhaps' ? [closing.gap] : [];
    return [...here, ...this.children(expr).flatMap((c) => this.closingGaps(c))];
  }

  /** Is a passage open by a leaf of some kind? */
  isOpenBy(expr: Expr, isOfKind: (value: FactValue, atom: Atom) => boolean): boolean {
    return [...this.unknownAtoms(expr)].some((i) => isOfKind(this.value(i), this.atom(i)));
  }

  /** Would what was not retrieved decide? So it is when a passage stays unknown though silence, where all was seen, is read as no. */
  waitsForUnseen(expr: Expr): boolean {
    if (this.truth(expr) !== 'unknown' || !this.isOpenBy(expr, ({ gap }) => gap === 'incomplete')) return false;
    return this.#closedWorld(expr) === 'unknown';
  }

  /** Is a passage a no for one who takes silence for a no, whatever else of it is open? */
  isNoBySilence(expr: Expr): boolean {
    return this.#closedWorld(expr) === 'false';
  }

  #closedWorld(expr: Expr): Truth {
    this.#silenceAsNo ??= this.silenceAsNo(() => 'false');
    return this.truth(expr, this.#silenceAsNo);
  }

  /** Does a true, false or unknown leaf below have any evidence in the chart? */
  hasEvidence(expr: Expr): boolean {
    if (this.isSilent(expr.index)) return false;
    if (expr.op === 'atom') {
      const value = this.value(expr.atom);
      return (
        value.evidence.some((e) => e.reference !== undefined) ||
        (value.gap !== undefined && value.gap !== 'silent' && value.gap !== 'incomplete')
      );
    }
    return this.children(expr).some((c) => this.hasEvidence(c));
  }

  /** Is a passage open although the chart holds something of it? Of alternatives only those that are open count. */
  isOpenWithEvidence(expr: Expr): boolean {
    if (this.truth(expr) !== 'unknown') return false;
    return expr.op === 'any' ? this.children(expr).some((c) => this.isOpenWithEvidence(c)) : this.hasEvidence(expr);
  }

  /** The truth and the days on which time alone changes it, the chart staying as it is. */
  timed(expr: Expr): Timed {
    const known = this.#timed[expr.index];
    if (known !== undefined) return known;
    const timed = this.#timing(expr);
    this.#timed[expr.index] = timed;
    return timed;
  }

  #timing(expr: Expr): Timed {
    if (this.isSilent(expr.index)) return lasting(this.truth(expr));
    switch (expr.op) {
      case 'atom': {
        const { truth, from, until } = this.value(expr.atom);
        return { truth, from, until };
      }
      case 'not': {
        const child = this.timed(expr.child);
        return {
          truth: not(child.truth),
          from: child.truth === 'true' && child.until !== undefined ? child.until + 1 : undefined,
          until: child.truth === 'false' && child.from !== undefined ? child.from - 1 : undefined,
        };
      }
      case 'all':
        return this.#timedAtLeast(expr, this.children(expr).length);
      case 'any':
        return this.#timedAtLeast(expr, 1);
      case 'closable': {
        const truth = this.truth(expr);
        return truth === this.truth(expr.child) ? this.timed(expr.child) : lasting(truth);
      }
      case 'at-least':
        return this.#timedAtLeast(expr, expr.n);
      case 'any-indication': {
        const truth = this.truth(expr);
        return truth === 'true'
          ? { ...lasting(truth), until: this.#untilOfAny(expr.except, expr.region) }
          : lasting(truth);
      }
      default:
        return lasting(this.truth(expr));
    }
  }

  #timedAtLeast(expr: Expr, n: number): Timed {
    const children = this.children(expr);
    const truth = this.truth(expr);
    const ends: number[] = [];
    const starts: number[] = [];
    for (const child of children) {
      if (this.truth(child) === 'true') {
        ends.push(this.timed(child).until ?? Number.POSITIVE_INFINITY);
        continue;
      }
      const { from } = this.timed(child);
      if (from !== undefined) starts.push(from);
      // all of them are needed, and time does not change this one
      else if (truth !== 'true' && n === children.length) return lasting(truth);
    }
    if (truth === 'true') {
      const until = n === 0 ? undefined : ends.sort((a, b) => b - a)[n - 1];
      return { truth, from: undefined, until: until === Number.POSITIVE_INFINITY ? undefined : until };
    }
    const from = starts.sort((a, b) => a - b)[n - ends.length - 1];
    const waits = from !== undefined && ends.every((until) => until >= from);
    return { truth, from: waits ? from : undefined, until: undefined };
  }
}
