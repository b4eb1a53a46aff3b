import type { MedicationRecord } from '../chart/records.ts';
import type { Day, Interval } from '../dates/day.ts';
import type { Reaching } from '../dates/reaching.ts';
import { drugEnd } from './drug-end.ts';
import { reachingByKey } from './grouped.ts';

/** A prescription that is renewed this many days after the supply of the one before goes on. */
const RENEWED_WITHIN = 30;

interface Dated {
  readonly record: MedicationRecord;
  readonly start: Interval;
}

/** A prescription without a stated reason that another may renew. */
interface Supplied extends Dated {
  readonly end: Day;
}

/** Which prescriptions renew earlier ones. Each is followed once: a chart may hold as many refills as a body does. */
export class Renewals {
  readonly #byCode: ReadonlyMap<string, Reaching<Supplied>>;
  readonly #since: Day;
  readonly #goesOn = new Map<MedicationRecord, boolean>();

  /**
   * @param drugs prescriptions, of which those without a stated reason can be renewed
   * @param since the day before which a prescription is an earlier one
   */
  constructor(drugs: readonly MedicationRecord[], since: Day, asOf: Day) {
    this.#since = since;
    this.#byCode = suppliesByCode(drugs, asOf);
  }

  /**
   * Does a prescription without a stated reason only renew one that began before the episode did? Then it was not begun for this
   * complaint either.
   */
  goesOnFromBefore(record: MedicationRecord): boolean {
    if (record.hasReason || record.start === undefined) return false;
    const chain: MedicationRecord[] = [];
    let at: Dated | undefined = { record, start: record.start };
    while (at !== undefined && at.start.hi >= this.#since && !this.#goesOn.has(at.record)) {
      chain.push(at.record);
      at = this.#renewedBy(at);
    }
    const goesOn = at !== undefined && (this.#goesOn.get(at.record) ?? true);
    for (const each of chain) this.#goesOn.set(each, goesOn);
    return goesOn;
  }

  /** The earliest prescription of the same drug that one renews. */
  #renewedBy({ record, start }: Dated): Supplied | undefined {
    let earliest: Supplied | undefined;
    for (const code of record.codes) {
      const found = this.#byCode.get(code)?.first(start.hi - RENEWED_WITHIN);
      if (found === undefined || found.start.hi >= start.lo) continue;
      if (earliest === undefined || found.start.hi < earliest.start.hi) earliest = found;
    }
    return earliest;
  }
}

function suppliesByCode(drugs: readonly MedicationRecord[], asOf: Day): ReadonlyMap<string, Reaching<Supplied>> {
  const supplies = drugs.flatMap((record): readonly Supplied[] => {
    const { start, hasReason, taken } = record;
    if (start === undefined || hasReason || !(taken === 'active' || taken === 'past')) return [];
    return [{ record, start, end: drugEnd(record, start, asOf).end }];
  });
  return reachingByKey(
    supplies.sort((a, b) => a.start.hi - b.start.hi),
    ({ record }) => record.codes,
    ({ end }) => end,
  );
}
