import type { EncounterRecord } from '../chart/records.ts';
import type { Day, Interval } from '../dates/day.ts';
import type { Reaching } from '../dates/reaching.ts';
import type { FactContext } from './context.ts';
import { reachingByKey } from './grouped.ts';

/** Visits by the day on which they began, where that is one for certain, and those that may have lasted for days. */
interface VisitDays {
  readonly begun: ReadonlyMap<Day | undefined, readonly EncounterRecord[]>;
  readonly stays: readonly EncounterRecord[];
  /** those of a partial date */
  readonly uncertain: readonly EncounterRecord[];
}

const daysOf = (visits: readonly EncounterRecord[]): VisitDays => ({
  begun: Map.groupBy(visits, ({ when }) => (when?.lo === when?.hi ? when?.lo : undefined)),
  stays: visits.filter(({ stay }) => stay !== undefined),
  uncertain: visits.filter(({ when }) => when !== undefined && when.lo < when.hi),
});

/** The visits of one chart, found by what is asked for: charts hold many of them, and many things done at them. */
export class Visits {
  readonly #all: readonly EncounterRecord[];
  readonly #held: readonly EncounterRecord[];
  readonly #onDay = new Map<Day, readonly EncounterRecord[]>();
  #byRef: ReadonlyMap<string, EncounterRecord> | undefined;
  #days: VisitDays | undefined;
  readonly #byReason = new Map<boolean, ReadonlyMap<string, Reaching<EncounterRecord>>>();

  constructor(all: readonly EncounterRecord[]) {
    this.#all = all;
    this.#held = all.filter((v) => v.held);
  }

  /** @param ref "Encounter/id", of a visit that may not have taken place */
  get(ref: string): EncounterRecord | undefined {
    this.#byRef ??= new Map(this.#all.map((v) => [v.ref, v]));
    return this.#byRef.get(ref);
  }

  /** The visits of a day that took place, and the stays of which it was one. */
  on(day: Day): readonly EncounterRecord[] {
    let known = this.#onDay.get(day);
    if (known === undefined) {
      this.#days ??= daysOf(this.#held);
      const stays = this.#days.stays.filter((v) => v.when?.lo !== day && wasOn(day, v));
      known = [...(this.#days.begun.get(day) ?? []), ...stays];
      this.#onDay.set(day, known);
    }
    return known;
  }

  /** The visits that took place on a day, or may have: those of its month, where that is all that is stated of them or of it. */
  mayBeOn({ lo, hi }: Interval): readonly EncounterRecord[] {
    const touches = ({ when, stay }: EncounterRecord): boolean => {
      if (when === undefined) return false;
      const last = stay === undefined ? when.hi : (stay.last?.hi ?? hi);
      return when.lo <= hi && Math.max(when.hi, last) >= lo;
    };
    if (lo < hi) return this.#held.filter(touches);
    this.#days ??= daysOf(this.#held);
    return [...new Set([...this.on(lo), ...this.#days.uncertain.filter(touches)])];
  }

  /** The first visit after a day, or the first in person, that took place for a reason. @param code "system|code" */
  after(day: Day, code: string, inPerson = false): EncounterRecord | undefined {
    let byReason = this.#byReason.get(inPerson);
    if (byReason === undefined) {
      byReason = reachingByKey(
        this.#held.filter((v) => v.when !== undefined && (v.inPerson || !inPerson)).sort((a, b) => dayOf(a) - dayOf(b)),
        ({ reasonCodes }) => reasonCodes,
        dayOf,
      );
      this.#byReason.set(inPerson, byReason);
    }
    return byReason.get(code)?.first(day + 1);
  }
}

const dayOf = ({ when }: EncounterRecord): Day => when?.lo ?? Number.NEGATIVE_INFINITY;

/** What was found or done at a visit that it names, or on a day. */
interface AtVisit {
  readonly encounter?: string | undefined;
  readonly when?: Interval | undefined;
}

/** The visit at which something was found or done: the one that it names, else those of its day. A partial date is of no day. */
export const visitsOfRecord = (record: AtVisit, visits: Visits): readonly EncounterRecord[] =>
  named(record, visits, ({ lo, hi }) => (lo < hi ? [] : visits.on(lo)));

/** The visits at which it may have been found or done. */
export const possibleVisitsOf = (record: AtVisit, visits: Visits): readonly EncounterRecord[] =>
  named(record, visits, (when) => visits.mayBeOn(when));

function named(
  { encounter, when }: AtVisit,
  visits: Visits,
  others: (when: Interval) => readonly EncounterRecord[],
): readonly EncounterRecord[] {
  if (encounter === undefined) return when === undefined ? [] : others(when);
  const visit = visits.get(encounter);
  return visit === undefined ? [] : [visit];
}

/** Was a visit on a day, or was that a day of a stay? */
function wasOn(day: Day, { when, stay }: EncounterRecord): boolean {
  if (when === undefined) return false;
  return when.hi === day || (stay !== undefined && when.hi < day && day <= (stay.last?.lo ?? day));
}

const known = new WeakMap<FactContext, Visits>();

/** The visits of a chart, put in order once. */
export function visitsOf(ctx: FactContext): Visits {
  const visits = known.get(ctx) ?? new Visits(ctx.chart.encounters);
  known.set(ctx, visits);
  return visits;
}
