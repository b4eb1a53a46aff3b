import type { EncounterRecord } from '../chart/records.ts';
import type { Day, Interval } from '../dates/day.ts';
import type { Reaching } from '../dates/reaching.ts';
import type { FactContext } from './context.ts';
import { reachingByKey } from './grouped.ts';

/** Visits by the day on which they began, and those that may have lasted for days. */
interface VisitDays {
  readonly begun: ReadonlyMap<Day | undefined, readonly EncounterRecord[]>;
  readonly stays: readonly EncounterRecord[];
}

const daysOf = (visits: readonly EncounterRecord[]): VisitDays => ({
  begun: Map.groupBy(visits, ({ when }) => when?.lo),
  stays: visits.filter(({ stay }) => stay !== undefined),
});

/** The visits of one chart, found by what is asked for: charts hold many of them, and many things done at them. */
export class Visits {
  readonly #all: readonly EncounterRecord[];
  readonly #held: readonly EncounterRecord[];
  readonly #onDay = new Map<Day, readonly EncounterRecord[]>();
  #byRef: ReadonlyMap<string, EncounterRecord> | undefined;
  #days: VisitDays | undefined;
  #byReason: ReadonlyMap<string, Reaching<EncounterRecord>> | undefined;

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

  /** The first visit after a day that took place for a reason. @param code "system|code" */
  after(day: Day, code: string): EncounterRecord | undefined {
    this.#byReason ??= reachingByKey(
      this.#held.filter(({ when }) => when !== undefined).sort((a, b) => dayOf(a) - dayOf(b)),
      ({ reasonCodes }) => reasonCodes,
      dayOf,
    );
    return this.#byReason.get(code)?.first(day + 1);
  }
}

const dayOf = ({ when }: EncounterRecord): Day => when?.lo ?? Number.NEGATIVE_INFINITY;

/** The visit at which something was found or done: the one that it names, else those of its day. */
export function visitsOfRecord(
  { encounter, when }: { readonly encounter?: string | undefined; readonly when?: Interval | undefined },
  visits: Visits,
): readonly EncounterRecord[] {
  if (encounter === undefined) return when === undefined ? [] : visits.on(when.lo);
  const visit = visits.get(encounter);
  return visit === undefined ? [] : [visit];
}

/** Was a visit on a day, or was that a day of a stay? */
function wasOn(day: Day, { when, stay }: EncounterRecord): boolean {
  if (when === undefined) return false;
  return when.lo === day || (stay !== undefined && when.lo < day && day <= (stay.last?.hi ?? day));
}

const known = new WeakMap<FactContext, Visits>();

/** The visits of a chart, put in order once. */
export function visitsOf(ctx: FactContext): Visits {
  const visits = known.get(ctx) ?? new Visits(ctx.chart.encounters);
  known.set(ctx, visits);
  return visits;
}
