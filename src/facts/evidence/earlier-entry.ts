import type { ConditionRecord, EncounterRecord } from '../../chart/records.ts';
import { add, type Day, type Interval } from '../../dates/day.ts';
import { earliest } from '../../dates/later.ts';
import { Reaching } from '../../dates/reaching.ts';
import type { Asked, FactContext } from '../context.ts';
import { duration } from '../duration.ts';
import { grouped } from '../grouped.ts';
import { fitIn, lastDayInside } from '../window.ts';

/** So many entries of one kind tell the course of it; a chart with more of them is read from its latest ones. */
const MOST = 200;

/** The character of an injury code of ICD-10-CM that tells the encounter says nothing about the injury itself. */
const kindOf = (code: string): string => code.replace(/^(icd10cm\|[A-Z]\d\w\.\w{3})[A-S]$/, '$1');
/** The code system of a "system|code". */
export const systemOf = (code: string): string => code.slice(0, code.indexOf('|'));

/** When an entry was last stated. */
export const statedOn = (r: ConditionRecord): Interval | undefined => r.recorded ?? r.onset;

/** When an entry began, as far as is known. */
const beginning = (r: ConditionRecord | undefined): Interval | undefined => r?.onset ?? r?.recorded;

/** The day on which an entry ended: never, when it is current; what is resolved without a date ended after it was last stated. */
export const endOf = (r: ConditionRecord): Day =>
  r.current ? Number.POSITIVE_INFINITY : ((r.abated ?? statedOn(r))?.lo ?? Number.NEGATIVE_INFINITY);

/** The latest day for each kind, and for the code systems that entries use. */
interface Ends {
  readonly kinds: Map<string, Day>;
  readonly systems: Map<string, Day>;
}

/** Keeps the latest day of each key. */
export const putLatest = (map: Map<string, Day>, key: string, day: Day): void => {
  map.set(key, Math.max(map.get(key) ?? Number.NEGATIVE_INFINITY, day));
};

/** The latest day on which an entry of a kind ended. */
interface Endings {
  readonly listed: Map<string, Day>;
  readonly ofVisits: Map<string, Day>;
  /** the last day on which one may have ended by the as-of day */
  readonly unclear: Map<string, Day>;
}

interface Mark {
  readonly at: Interval;
  readonly onset?: Interval | undefined;
  readonly end: Day;
}

/**
 * What the entries of the chart for the same thing say of each other: the day of an entry proves only a least duration, so that
 * one without an onset may repeat an older one. (Evidence rules: onset, conflicts.)
 */
export class Entries {
  readonly #sets: readonly number[];
  readonly #asked: Asked;
  readonly #ctx: FactContext;
  #all: readonly ConditionRecord[] | undefined;
  #byKind: ReadonlyMap<string, readonly ConditionRecord[]> | undefined;
  #endOfOlder: Ends | undefined;
  #endings: Endings | undefined;
  readonly #marks = new Map<string, readonly Mark[]>();
  readonly #entriesByBeginning = new Map<string, Reaching<ConditionRecord>>();

  /** @param sets the code sets that name the thing */
  constructor(sets: readonly number[], asked: Asked, ctx: FactContext) {
    this.#sets = sets;
    this.#asked = asked;
    this.#ctx = ctx;
  }

  /** Diagnoses of the chart, those that were ruled out left out. */
  get #entries(): readonly ConditionRecord[] {
    this.#all ??= [
      ...new Set(
        this.#sets
          .flatMap((set) => this.#ctx.chart.bySet(set))
          .flatMap((r) => (r.type === 'condition' && !r.orderReason && r.verification !== 'refuted' ? [r] : [])),
      ),
    ];
    return this.#all;
  }

  #ofKind(kind: string): readonly ConditionRecord[] {
    this.#byKind ??= grouped(this.#entries, (r) => r.codes.map(kindOf));
    return this.#byKind.get(kind) ?? [];
  }

  /** When what a visit was for ended, by the entries of the chart: never, where none of them says so. */
  #endAfter(visit: Interval, kind: string): Day {
    const { listed, ofVisits } = this.#ended();
    const end = Math.max(listed.get(kind) ?? Number.NEGATIVE_INFINITY, ofVisits.get(kind) ?? Number.NEGATIVE_INFINITY);
    return end >= visit.lo ? end : Number.POSITIVE_INFINITY;
  }

  /** When what was on file before the window, visits for it included, ended at last, by kind and by the code systems of the entries. */
  #older(): Ends {
    if (this.#endOfOlder !== undefined) return this.#endOfOlder;
    const kinds = new Map<string, Day>();
    const systems = new Map<string, Day>();
    for (const r of this.#entries) {
      const began = r.onset ?? r.recorded;
      const fit = began === undefined ? 'inside' : fitIn(began, this.#asked.window);
      if (fit !== 'outside' && fit !== 'unclear') continue;
      for (const code of r.codes) putLatest(kinds, kindOf(code), endOf(r));
      putLatest(systems, [...new Set(r.codes.map(systemOf))].sort().join(' '), endOf(r));
    }
    for (const { held, when, reasonCodes } of this.#ctx.chart.encounters)
      if (held && when !== undefined && fitIn(when, this.#asked.window) === 'outside')
        for (const kind of reasonCodes.map(kindOf)) putLatest(kinds, kind, this.#endAfter(when, kind));
    this.#endOfOlder = { kinds, systems };
    return this.#endOfOlder;
  }

  /**
   * Was the same on file before the window already, and had it not ended by a day? The same is what shares a code, or has no code
   * system in which the two could differ.
   * @param codes the entry's own codes as "system|code"; none of an observation
   * @param date the day of the entry, which itself lies in the window
   */
  onFileBefore(codes: readonly string[], date: Interval | undefined): boolean {
    if (date === undefined) return false;
    const { kinds, systems } = this.#older();
    if (codes.some((c) => (kinds.get(kindOf(c)) ?? Number.NEGATIVE_INFINITY) >= date.lo)) return true;
    const own = new Set(codes.map(systemOf));
    return [...systems].some(([names, end]) => end >= date.lo && !names.split(' ').some((name) => own.has(name)));
  }

  /**
   * The last as-of day on which an entry without an onset still counts as new: then an older entry of the same leaves the window,
   * and it only repeats that one.
   * @returns undefined when no older entry takes that from it
   */
  newUntil(record: ConditionRecord, date: Interval | undefined): Day | undefined {
    if (date === undefined) return undefined;
    const days = record.codes.flatMap((code) => {
      const began = beginning(this.#goingOn(kindOf(code)).first(date.lo, record));
      return began === undefined || began.lo > date.lo ? [] : (lastDayInside(began, this.#asked.window) ?? []);
    });
    return days.length === 0 ? undefined : earliest(days);
  }

  /** The entries of a kind by their beginning, with how long they went on. */
  #goingOn(kind: string): Reaching<ConditionRecord> {
    let known = this.#entriesByBeginning.get(kind);
    if (known === undefined) {
      const dated = this.#ofKind(kind).filter((r) => beginning(r) !== undefined);
      const day = (r: ConditionRecord): Day => beginning(r)?.lo ?? Number.POSITIVE_INFINITY;
      known = new Reaching(
        dated.sort((a, b) => day(a) - day(b)),
        endOf,
      );
      this.#entriesByBeginning.set(kind, known);
    }
    return known;
  }

  /**
   * Does another entry say that it is over, later than this one was stated? A diagnosis of one visit is closed with it: it ends no
   * entry of the problem list. One that is dated to a month, which the day of the statement or the as-of day is a part of, may have
   * ended after it.
   */
  endedSince(record: ConditionRecord): 'yes' | 'no' | 'unclear' {
    const stated = statedOn(record);
    if (stated === undefined) return 'no';
    const { listed, ofVisits, unclear } = this.#ended();
    const later = (map: Map<string, Day>): boolean =>
      map.size > 0 && record.codes.some((c) => (map.get(kindOf(c)) ?? Number.NEGATIVE_INFINITY) > stated.hi);
    if (later(listed) || (record.ofVisit && later(ofVisits))) return 'yes';
    return later(unclear) ? 'unclear' : 'no';
  }

  /** The latest day on which an entry of a kind ended. */
  #ended(): Endings {
    if (this.#endings !== undefined) return this.#endings;
    const listed = new Map<string, Day>();
    const ofVisits = new Map<string, Day>();
    const unclear = new Map<string, Day>();
    const { asOf } = this.#asked.window;
    for (const r of this.#entries) {
      const end = r.current ? undefined : (r.abated ?? statedOn(r));
      if (end === undefined || end.lo > asOf) continue;
      for (const kind of r.codes.map(kindOf)) {
        if (end.hi <= asOf) putLatest(r.ofVisit ? ofVisits : listed, kind, end.lo);
        if (end.hi > end.lo && !r.ofVisit) putLatest(unclear, kind, Math.min(end.hi, asOf));
      }
    }
    this.#endings = { listed, ofVisits, unclear };
    return this.#endings;
  }

  /**
   * The day of an event by one of its entries: its onset; without one that of the entries which it continues, no more than a gap of
   * the episode apart, visits for it included. A reason of the order speaks of the event that the chart tells of: by a diagnosis, else
   * by visits.
   */
  eventDate(record: ConditionRecord): Interval | undefined {
    if (record.onset !== undefined || record.recorded === undefined) return record.onset;
    const entered = record.recorded;
    const marksOf = (entriesOnly: boolean): readonly Mark[] =>
      record.codes.flatMap((code) => this.#marksOf(kindOf(code), entriesOnly));
    const told = (entriesOnly: boolean): readonly Mark[] =>
      marksOf(entriesOnly)
        .filter((m) => m.end >= entered.lo)
        .sort((a, b) => b.at.hi - a.at.hi);
    if (!record.orderReason) return this.#first(entered, told(false));
    const [last] = [...told(true), ...told(false)];
    if (last === undefined) return entered;
    return last.onset ?? this.#first(last.at, marksOf(false));
  }

  /** The day by which the event that a visit was for had taken place: that of the entries and visits which it continues. */
  eventOfVisit({ when, reasonCodes }: EncounterRecord): Interval | undefined {
    if (when === undefined) return undefined;
    const kinds = [...new Set(reasonCodes.map(kindOf))];
    const marks = kinds.flatMap((kind) => this.#marksOf(kind, false)).filter((m) => m.end >= when.lo);
    return this.#first(
      when,
      marks.sort((a, b) => b.at.hi - a.at.hi),
    );
  }

  #first(entered: Interval, marks: readonly Mark[]): Interval {
    const gap = add(0, duration(this.#ctx.vocabulary.episode['not-a-gap']));
    let start = entered;
    for (const { at, onset } of marks) {
      if (start.lo - at.hi > gap || (onset ?? at).lo > start.lo) continue;
      if (onset !== undefined) return onset;
      start = at;
    }
    return start;
  }

  /** The entries of a kind and the visits for it, latest first. */
  #marksOf(kind: string, entriesOnly: boolean): readonly Mark[] {
    const key = `${kind}${entriesOnly ? '' : '+'}`;
    const known = this.#marks.get(key);
    if (known !== undefined) return known;
    const entries = this.#ofKind(kind).flatMap((r): Mark[] => {
      const at = statedOn(r);
      return at === undefined ? [] : [{ at, onset: r.onset, end: endOf(r) }];
    });
    const visits = entriesOnly
      ? []
      : this.#ctx.chart.encounters.flatMap((v): Mark[] =>
          v.held && v.when !== undefined && v.reasonCodes.some((code) => kindOf(code) === kind)
            ? [{ at: v.when, end: Number.POSITIVE_INFINITY }]
            : [],
        );
    const marks = [...entries, ...visits]
      .filter(({ at }) => at.lo <= this.#asked.window.asOf)
      .sort((a, b) => b.at.hi - a.at.hi)
      .slice(0, MOST);
    this.#marks.set(key, marks);
    return marks;
  }
}
