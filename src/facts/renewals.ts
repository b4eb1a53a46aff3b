import type { MedicationRecord } from '../chart/records.ts';
import type { Day, Interval } from '../dates/day.ts';
import { drugEnd } from './drug-end.ts';

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

/** The prescriptions of one drug, by their start, and how far each and those before it reach. */
interface Run {
  readonly supplied: Supplied[];
  readonly reach: Day[];
}

/**
 * Which prescriptions renew earlier ones. Each is found by a search in those of its drug, and followed once: a chart may hold as many
 * refills as a body does.
 */
export class Renewals {
  readonly #byCode: ReadonlyMap<string, Run>;
  readonly #since: Day;
  /** does a prescription go on from before? */
  readonly #goesOn = new Map<MedicationRecord, boolean>();

  /**
   * @param drugs prescriptions, of which those without a stated reason can be renewed
   * @param since the day before which a prescription is an earlier one
   */
  constructor(drugs: readonly MedicationRecord[], since: Day, asOf: Day) {
    this.#since = since;
    this.#byCode = runsOf(drugs, asOf);
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
      at = this.#renewedBy(at.record.codes, at.start);
    }
    const goesOn = at !== undefined && (this.#goesOn.get(at.record) ?? true);
    for (const each of chain) this.#goesOn.set(each, goesOn);
    return goesOn;
  }

  /** The earliest prescription of the same drug that was renewed on a day. */
  #renewedBy(codes: readonly string[], day: Interval): Supplied | undefined {
    let earliest: Supplied | undefined;
    for (const code of codes) {
      const run = this.#byCode.get(code);
      const found = run === undefined ? undefined : run.supplied[firstReaching(run.reach, day.hi - RENEWED_WITHIN)];
      if (found === undefined || found.start.hi >= day.lo) continue;
      if (earliest === undefined || found.start.hi < earliest.start.hi) earliest = found;
    }
    return earliest;
  }
}

function runsOf(drugs: readonly MedicationRecord[], asOf: Day): ReadonlyMap<string, Run> {
  const supplied = drugs.flatMap((record): readonly Supplied[] => {
    const { start, hasReason, taken } = record;
    if (start === undefined || hasReason || !(taken === 'active' || taken === 'past')) return [];
    return [{ record, start, end: drugEnd(record, start, asOf).end }];
  });
  const runs = new Map<string, Run>();
  for (const each of supplied.sort((a, b) => a.start.hi - b.start.hi)) {
    for (const code of new Set(each.record.codes)) {
      let run = runs.get(code);
      if (run === undefined) {
        run = { supplied: [], reach: [] };
        runs.set(code, run);
      }
      run.supplied.push(each);
      run.reach.push(Math.max(run.reach.at(-1) ?? Number.NEGATIVE_INFINITY, each.end));
    }
  }
  return runs;
}

/** The index of the first of some growing days that is no earlier than a day; their number when there is none. */
function firstReaching(days: readonly Day[], day: Day): number {
  let [low, high] = [0, days.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((days[middle] ?? day) < day) low = middle + 1;
    else high = middle;
  }
  return low;
}
