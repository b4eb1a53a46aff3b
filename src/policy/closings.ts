import { type Day, type Interval, parseInterval } from '../dates/day.ts';
import { earliest, latestOf } from '../dates/later.ts';
import type { Closing } from './closing.ts';
import type { Expr } from './compiled-policy.ts';
import type { Evaluated, Reading } from './evaluated.ts';
import type { Evidence, FactValue, Gap } from './fact-source.ts';

/** The first day on which something in the chart can have begun; a reason of the order says nothing about that. */
const beginning = (evidence: readonly Evidence[]): Day =>
  earliest(evidence.flatMap(({ basis, date }) => (basis === 'order' ? [] : (parseInterval(date)?.lo ?? []))));

const NO_EVIDENCE: readonly Evidence[] = [];

/** What denies a fact that is open: on an uncertain day, or against a statement that it contradicts. */
const deniedBy = ({ truth, gap, denied = NO_EVIDENCE, sides }: FactValue): readonly Evidence[] =>
  truth === 'unknown' && gap === 'conflict' && sides !== undefined ? [...denied, ...sides.no] : denied;

/** The documented negatives of one evaluation, and which passages they close. */
export class Closings {
  readonly #ev: Evaluated;

  constructor(evaluation: Evaluated) {
    this.#ev = evaluation;
  }

  /**
   * A documented negative closes a passage unless later evidence speaks for it, or may do so where it was not seen. Where it is not
   * certain which came later (a partial date, none), or a part of the negative was not seen, it closes the passage perhaps.
   * @param own the part whose evidence speaks for it
   * @param entry what the passage is about: another visit for a complaint says nothing of a sign, but one that began later may
   */
  of(
    closedBy: readonly Expr[],
    own: Expr,
    whole: Expr,
    truth = this.#ev.truth(whole),
    entry?: Expr,
  ): Closing | undefined {
    if (closedBy.length === 0) return undefined;
    const certain = closedBy.filter((c) => this.#ev.truth(c) === 'false');
    const negatives = certain.length > 0 ? certain : closedBy.filter((c) => this.#isPerhapsDenied(c));
    if (negatives.length === 0 || (truth !== 'true' && this.#ev.mayBeShown(whole))) return undefined;
    const evidence = negatives.flatMap((c) => (certain.length > 0 ? this.#ev.evidence(c, 'false') : this.#denials(c)));
    const stated = latestOf(
      certain.length > 0
        ? certain.flatMap((c) => this.#statedOn(c, 'false'))
        : evidence.map(({ date }) => parseInterval(date)),
    );
    // what speaks for it stands again when it is later for certain, whatever else the passage lacks
    const spoken = latestOf(this.#spokenOn(own));
    const began = entry === undefined ? Number.POSITIVE_INFINITY : beginning(this.#ev.evidence(entry));
    const after = (day: Day, from: Day = Number.NEGATIVE_INFINITY): boolean =>
      from > day || (Number.isFinite(began) && began > day);
    if (after(stated?.hi ?? Number.POSITIVE_INFINITY, spoken?.lo)) return undefined;
    const mayStandAgain = after(
      stated?.lo ?? Number.NEGATIVE_INFINITY,
      spoken && Math.min(spoken.hi, this.#ev.source.asOf),
    );
    if (certain.length === 0) {
      const unseen = negatives.some((c) => this.#ev.isOpenBy(c, ({ gap }) => gap === 'incomplete'));
      return { for: 'perhaps', gap: unseen ? 'incomplete' : 'conflict', evidence };
    }
    return mayStandAgain ? { for: 'perhaps', gap: 'conflict', evidence } : { for: 'certain', evidence };
  }

  #isPerhapsDenied(expr: Expr): boolean {
    return (
      this.#ev.truth(expr) === 'unknown' &&
      this.#ev.truth(expr, this.#asFarAsSeen) === 'false' &&
      this.#denials(expr).some((e) => e.reference !== undefined)
    );
  }

  /** How it would be if what was not seen held nothing, and a documented negative of an uncertain day counted. */
  readonly #asFarAsSeen: Reading = {
    atom: (i) => {
      const value = this.#ev.value(i);
      if (value.truth !== 'unknown') return value.truth;
      const { kind } = this.#ev.atom(i);
      if (value.gap === 'incomplete') return kind === 'absent' ? 'true' : 'false';
      return kind === 'fact' && deniedBy(value).length > 0 ? 'false' : 'unknown';
    },
    review: 'unknown',
    anyIndication: () => 'unknown',
    known: undefined,
  };

  /** The documented negatives below an expression, those of an uncertain day too. */
  #denials(expr: Expr): readonly Evidence[] {
    if (expr.op !== 'atom') return this.#ev.children(expr).flatMap((c) => this.#denials(c));
    const value = this.#ev.value(expr.atom);
    return value.truth === 'false' && this.#ev.atom(expr.atom).kind === 'fact' ? value.evidence : deniedBy(value);
  }

  #isFollowUp(index: number): boolean {
    return this.#ev.policy.followUp[index] === true;
  }

  /** The days on which the evidence was stated that makes a true expression true, or a false one false. */
  #statedOn(expr: Expr, wanted: 'true' | 'false'): readonly Interval[] {
    if (this.#ev.truth(expr) !== wanted) return [];
    if (expr.op === 'atom') {
      if (wanted === 'true' && this.#isFollowUp(expr.atom)) return [];
      const { stated, evidence } = this.#ev.value(expr.atom);
      return [stated, ...evidence.map(({ date }) => parseInterval(date))].flatMap((day) => day ?? []);
    }
    if (expr.op === 'not') return this.#statedOn(expr.child, wanted === 'true' ? 'false' : 'true');
    const closing = expr.op === 'closable' && wanted === 'false' ? expr.closedBy : [];
    return [...this.#ev.children(expr), ...closing].flatMap((c) => this.#statedOn(c, wanted));
  }

  /**
   * The days on which was stated what speaks for an expression that is true, or for a part of one that is open or leaves it open.
   * Treatment and visits that came later do not: they say nothing of what was ruled out.
   */
  #spokenOn(expr: Expr): readonly Interval[] {
    const truth = this.#ev.truth(expr);
    if (truth === 'true') return this.#statedOn(expr, 'true');
    if (truth === 'false' || expr.op === 'not') return [];
    if (expr.op === 'atom') return this.#isFollowUp(expr.atom) ? [] : (this.#ev.value(expr.atom).suggested ?? []);
    return this.#ev.children(expr).flatMap((c) => this.#spokenOn(c));
  }

  /** Why documented negatives leave open what an unknown expression depends on. */
  gaps(expr: Expr): readonly Gap[] {
    if (expr.op === 'atom' || this.#ev.truth(expr) !== 'unknown') return [];
    const wouldHold = expr.op === 'closable' && this.#ev.truth(expr.child) === 'true';
    const closing = wouldHold ? this.of(expr.closedBy, expr.child, expr.child) : undefined;
    const here = closing?.for === 'perhaps' ? [closing.gap] : [];
    return [...here, ...this.#ev.children(expr).flatMap((c) => this.gaps(c))];
  }
}
