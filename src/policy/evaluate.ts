import type { Day } from '../dates/day.ts';
import { closed } from './closing.ts';
import { Closings } from './closings.ts';
import type { Atom, CompiledPolicy, Expr } from './compiled-policy.ts';
import type { Evaluated, Reading } from './evaluated.ts';
import { type Evidence, type FactSource, type FactValue, ofComplaint } from './fact-source.ts';
import { lookedAt } from './looked-at.ts';
import { compareAge, compareEpisode, sooner, unsettled } from './measure-time.ts';
import { isUndated, scheduleValue } from './schedule.ts';
import { NO_SILENCE, type Silence } from './silence.ts';
import { Timing, type UntilOfAny } from './timing.ts';
import { atLeast, not, type Truth } from './truth.ts';
import { Truths } from './truths.ts';

const ABSENT_TRUE: FactValue = { truth: 'true', evidence: [] };

/** May a section that was not retrieved whole speak of what a leaf asks, whether or not others suffice to say that there is none? */
const isUnseen = ({ gap, sections }: FactValue): boolean => gap === 'incomplete' || sections !== undefined;

/** Evaluates the expressions of one policy against one chart. Each leaf is asked once. */
export class Evaluation implements Evaluated {
  readonly policy: CompiledPolicy;
  readonly source: FactSource;
  readonly #values: (FactValue | undefined)[];
  readonly #actual: Reading;
  readonly #silence: Silence;
  /** by node: 1 = the chart speaks of a fact that it rests on */
  readonly #spokenOf: Uint8Array;
  /** when time alone changes a truth */
  readonly timing: Timing;
  /** which passages documented negatives close */
  readonly closings: Closings = new Closings(this);
  #silenceAsNo: Reading | undefined;
  #seenAsNo: Reading | undefined;
  #absenceSeen: Reading | undefined;

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
    this.policy = policy;
    this.source = source;
    this.#values = new Array(policy.atoms.length);
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
    this.timing = new Timing(this, untilOfAny);
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
        return scheduleValue(atom, this.source);
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
        return closed(truth, this.closings.of(expr.closedBy, expr.child, expr.child, truth));
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
        ...(this.closings.of(expr.closedBy, expr.child, expr.child)?.evidence ?? []),
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

  /** Is a passage open by a leaf of some kind? */
  isOpenBy(expr: Expr, isOfKind: (value: FactValue, atom: Atom) => boolean): boolean {
    return [...this.unknownAtoms(expr)].some((i) => isOfKind(this.value(i), this.atom(i)));
  }

  /** Would what was not retrieved decide? So it is when a passage stays unknown though silence, where all was seen, is read as no. */
  waitsForUnseen(expr: Expr): boolean {
    if (this.truth(expr) !== 'unknown' || !this.isOpenBy(expr, ({ gap }) => gap === 'incomplete')) return false;
    return this.#closedWorld(expr) === 'unknown';
  }

  /**
   * May what was not retrieved make a passage true? More than {@link waitsForUnseen}: a leaf may be spoken of in a section that was not
   * seen, although enough others were to say that there is none (a film in the reports, where the list of procedures has none).
   */
  mayBeShown(expr: Expr): boolean {
    if (this.truth(expr) !== 'unknown' || !this.isOpenBy(expr, isUnseen)) return false;
    this.#seenAsNo ??= this.silenceAsNo(
      (except, region) => (this.#actual.anyIndication(except, region) === 'true' ? 'true' : 'false'),
      (i) => isUnseen(this.value(i)),
    );
    return this.truth(expr, this.#seenAsNo) === 'unknown';
  }

  /**
   * Is a passage true only if a part of the chart that was not seen holds nothing of what it says is absent? Enough may have been seen to
   * say that there is none; to hold the absence against an order, more is needed.
   */
  restsOnUnseen(expr: Expr): boolean {
    if (this.truth(expr) !== 'true') return false;
    this.#absenceSeen ??= {
      atom: (i) => (this.#isAbsenceUnseen(i) ? 'unknown' : this.value(i).truth),
      review: 'unknown',
      anyIndication: this.#actual.anyIndication,
      known: new Truths(this.policy.nodes.length),
    };
    return this.truth(expr, this.#absenceSeen) !== 'true';
  }

  #isAbsenceUnseen(index: number): boolean {
    const { truth, evidence } = this.value(index);
    return truth === 'true' && evidence.some((e) => e.basis === 'absence') && this.unseen(index);
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
}
