import type { Section } from '../chart/sections.ts';
import { type Day, formatInterval, type Interval } from '../dates/day.ts';
import { isLater, latest, latestOf } from '../dates/later.ts';
import type { Basis, Considered, Evidence, FactValue, Gap, Lead } from '../policy/fact-source.ts';

/** One piece of evidence for or against a fact. */
export interface Item {
  readonly ref?: string | undefined;
  readonly date?: Interval | undefined;
  readonly basis: Basis;
  /** the day that decides between contradicting evidence, when it is not the date itself (two scores speak on the later day) */
  readonly decides?: Interval | undefined;
  /** the last as-of day on which it still lies in its window */
  readonly until?: Day | undefined;
  /** its date is the stated onset; without that it may have begun any time before */
  readonly isOnset?: true;
  /** a diagnosis that is only suspected */
  readonly suspected?: true;
}

/** Collects what the chart says about one fact, then decides. */
export class Tally {
  readonly fact: string;
  readonly for: Item[] = [];
  readonly against: Item[] = [];
  readonly considered: Considered[] = [];
  #measured = false;
  #normal: Item[] = [];
  #done = false;
  #notDone: { readonly item: Item; readonly reason: string }[] = [];
  readonly #contesting: Item[] = [];
  readonly #untilLater: Set<Item> = new Set();
  /** evidence exists that does not settle the question: a partial date, a result that is not coded */
  unclear = false;
  /** the days of the entries that leave the question open, the order's own reasons left out */
  readonly suggested: Interval[] = [];
  /** what would speak against, were it certain to lie in the time window */
  readonly #denied: Item[] = [];
  /** what ruled it out, where it is suspected still or again */
  readonly #reopened: Item[] = [];
  /** the days on which it was only suspected, or complained of at a visit */
  readonly suspicions: Interval[] = [];
  #perhapsLast: Day = Number.NEGATIVE_INFINITY;
  /** the last day of what may be an event of the kind asked about */
  openUntil: Day = Number.NEGATIVE_INFINITY;
  conflict = false;
  /** something is on file, but not within the time window */
  outdated = false;
  /** a course of treatment goes on, and nothing but time lacks */
  goesOn = false;
  /** a finding is on file that the vocabulary calls related, or it is suspected or complained of */
  related = false;
  redoable = false;
  /** what can be done for what alone is lacking, where it is not the whole that has to be done */
  action: string | undefined;
  /** sections in which an entry that was not retrieved may say otherwise */
  readonly unseen: Set<Section> = new Set();
  readonly #outweighed: { readonly yes: Item[]; readonly no: Item[] } = { yes: [], no: [] };
  /** when it became true, if that is not the day of the latest evidence (a course of treatment: when it was complete) */
  since: Interval | undefined;

  constructor(fact: string) {
    this.fact = fact;
  }

  #note(item: Item, verdict: Considered['verdict'], reason: string): void {
    if (item.ref === undefined) return;
    this.considered.push({ reference: item.ref, date: dateOf(item), verdict, reason });
  }

  pro(item: Item, reason: string): void {
    this.for.push(item);
    this.#note(item, 'for', reason);
  }

  /** Evidence for, or a mere suggestion that leaves the question open. */
  support(item: Item, reason: string, suggests: boolean): void {
    if (suggests) this.lead(item, 'it may be so, and does not say', true);
    else this.pro(item, reason);
  }

  /** A measured value that speaks for the fact. */
  measure(item: Item): void {
    this.#measured = true;
    this.pro(item, 'measured');
  }

  /** A normal value; it speaks against unless another measure of the fact speaks for it. */
  normal(item: Item): void {
    this.#normal.push(item);
  }

  /** A treatment or operation that was done, or a drug that was taken. */
  done(item: Item, reason: string, suggests = false): void {
    this.#done = true;
    this.support(item, reason, suggests);
  }

  /** One that was not done or taken; it speaks against, until something is done later, unless another one of the fact was done. */
  notDone(item: Item, reason: string): void {
    this.#notDone.push({ item, reason });
  }

  /** Settles what depends on other blocks of evidence (normal values, what was not done) when all of them were read. */
  #settle(): void {
    for (const { item, reason } of this.#notDone)
      if (this.#done) this.ignore(item, 'not done, but another one was');
      else this.contraUntilLater(item, reason);
    this.#notDone = [];
    for (const item of this.#normal)
      if (this.#measured) this.ignore(item, 'normal, but another value is not');
      else this.contra(item, 'measured as normal');
    this.#normal = [];
  }

  contra(item: Item, reason: string): void {
    this.against.push(item);
    this.#note(item, 'against', reason);
  }

  /** Speaks against, but it is not certain that it came later than what speaks for. */
  contest(item: Item, reason: string): void {
    this.#contesting.push(item);
    this.outweighed('no', item);
    this.#note(item, 'lead', reason);
  }

  /** Speaks against until something is done later (a refusal), or another examination shows it. */
  contraUntilLater(item: Item, reason: string): void {
    this.contra(item, reason);
    this.#untilLater.add(item);
  }

  /** Does nothing else speak against? Then it does so only where what came later was seen. */
  get againstUntilLater(): boolean {
    return this.against.every((item) => this.#untilLater.has(item));
  }

  /** Helps to answer, proves nothing. @param open true when it leaves the question open rather than silent */
  lead(item: Item, reason: string, open = false): void {
    if (open) {
      this.unclear = true;
      if (item.date !== undefined && item.basis !== 'order') this.suggested.push(item.date);
    }
    this.#note(item, 'lead', reason);
  }

  /** It was suspected, or complained of, on this day: what was ruled out before then is open again. */
  suspectedOn(day: Interval | undefined): void {
    this.related = true;
    if (day !== undefined) this.suspicions.push(day);
  }

  /** May be an event of the kind asked about, which leaves the question open, and open too which one was the last. */
  perhaps(item: Item, reason: string): void {
    this.openUntil = Math.max(this.openUntil, item.date?.hi ?? Number.POSITIVE_INFINITY);
    this.lead(item, reason, true);
  }

  /** Would speak for the fact, were it certain to lie in the time window, and may then be what was said last: no later than a day. */
  perhapsLast({ date }: Item, by: Day): void {
    this.#perhapsLast = Math.max(this.#perhapsLast, Math.min(date?.hi ?? by, by));
  }

  /** It took place on no stated day, and may have been the last of its kind. */
  mayBeLast(asOf: Day): void {
    this.openUntil = Math.max(this.openUntil, asOf);
  }

  /** Would speak against, were it certain to lie in the time window. */
  perhapsNot(item: Item, reason: string): void {
    this.#denied.push(item);
    this.lead(item, reason, true);
  }

  /** Ruled it out, and it is suspected still or again. */
  ruledOutBefore(item: Item, reason: string): void {
    this.#reopened.push(item);
    this.lead(item, reason);
  }

  /** The documented negatives beside which a suspicion stands. */
  reopened(): readonly Evidence[] {
    return this.#evidence(this.#reopened);
  }

  /** The documented negatives that are not certain to lie in the time window. */
  denied(): readonly Evidence[] {
    return this.#evidence(this.#denied);
  }

  /** Would speak as the first or last of its kind, but a part of a section was not seen: another entry there may say otherwise. */
  undecidedBy(item: Item, sections: Section | readonly Section[]): void {
    for (const section of [sections].flat()) this.unseen.add(section);
    this.#note(item, 'lead', 'another entry, that decides, may not have been retrieved');
  }

  ignore(item: Item, reason: string): void {
    this.#note(item, 'ignored', reason);
  }

  /** Remembers what spoke for (yes) or against (no) and lost to a statement of the other side, or stands against it. */
  outweighed(side: 'yes' | 'no', item: Item): void {
    this.#outweighed[side].push(item);
  }

  /** Several dates speak: the later one wins; on the same day, or where a partial date leaves it open, it is a conflict. */
  decide(): Pick<
    FactValue,
    'truth' | 'gap' | 'evidence' | 'conflicts' | 'sides' | 'when' | 'first' | 'firstIsOnset' | 'stated' | 'until'
  > {
    const decided = this.#decide();
    const { yes, no } = this.#outweighed;
    if (this.for.length + yes.length === 0 || this.against.length + no.length === 0) return decided;
    const sides = { yes: this.#evidence([...this.for, ...yes]), no: this.#evidence([...this.against, ...no]) };
    return { ...decided, sides };
  }

  #decide(): Pick<
    FactValue,
    'truth' | 'gap' | 'evidence' | 'conflicts' | 'when' | 'first' | 'firstIsOnset' | 'stated' | 'until'
  > {
    this.#settle();
    const pro = this.for.map(decidingDay);
    const contra = this.against.map(decidingDay);
    if (pro.length === 0 && contra.length === 0) return { truth: 'unknown', evidence: [], gap: this.#gap() };
    const denied = latest(contra.map((d) => d?.lo ?? Number.NEGATIVE_INFINITY));
    if ((pro.length === 0 || isLater(contra, pro)) && this.#perhapsLast <= denied)
      return {
        truth: 'false',
        evidence: this.#evidence(this.against),
        stated: latestOf(contra),
        conflicts: this.for.length === 0 ? undefined : this.#evidence(this.for),
      };
    const isLast = pro.length > 0 && (contra.length === 0 || isLater(pro, contra));
    if (isLast && this.#contesting.length === 0) return this.#true();
    return {
      truth: 'unknown',
      evidence: [],
      gap: 'conflict',
      conflicts: this.#evidence([...this.for, ...this.against, ...this.#contesting]),
    };
  }

  #gap(): Gap {
    if (this.unseen.size > 0) return 'incomplete';
    return this.conflict ? 'conflict' : this.unclear ? 'unclear' : 'silent';
  }

  #true(): Omit<ReturnType<Tally['decide']>, 'sides'> {
    // the reason of an order has the order's own date: where the chart tells when, it goes first
    const charted = this.for.filter((i) => i.basis !== 'order' && i.date !== undefined);
    const dating = charted.length > 0 ? charted : this.for;
    const when =
      this.since ??
      dating.reduce<Interval | undefined>(
        (max, i) => (i.date !== undefined && (max === undefined || i.date.hi > max.hi) ? i.date : max),
        undefined,
      );
    const first = this.for.reduce<Item | undefined>(
      (min, i) => (i.date !== undefined && (min?.date === undefined || i.date.lo < min.date.lo) ? i : min),
      undefined,
    );
    const until = this.for.reduce(
      (max, i) => Math.max(max, i.until ?? Number.POSITIVE_INFINITY),
      Number.NEGATIVE_INFINITY,
    );
    return {
      truth: 'true',
      evidence: this.#evidence(this.for),
      conflicts: this.against.length === 0 ? undefined : this.#evidence(this.against),
      when,
      first: first?.date,
      firstIsOnset: first?.isOnset,
      stated: latestOf(this.for.map(decidingDay)),
      until: until === Number.POSITIVE_INFINITY ? undefined : until,
    };
  }

  #evidence(items: readonly Item[]): readonly Evidence[] {
    return items.map((i) => ({
      reference: i.ref,
      date: dateOf(i),
      fact: this.fact,
      basis: i.basis,
      ...(i.suspected && { suspected: true }),
    }));
  }

  leads(): readonly Lead[] {
    const out: Lead[] = [];
    for (const { verdict, reference, date, reason } of this.considered)
      if (verdict === 'lead') out.push({ reference, date, label: reason });
    return out;
  }
}

const dateOf = ({ date }: Item): string | undefined => (date === undefined ? undefined : formatInterval(date));

/** The day on which an item speaks. */
const decidingDay = ({ decides, date }: Item): Interval | undefined => decides ?? date;
