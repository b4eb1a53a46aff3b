import type { ConditionRecord, EncounterRecord } from '../../chart/records.ts';
import type { Day, Interval } from '../../dates/day.ts';
import { latest } from '../../dates/later.ts';
import { type Asked, type FactContext, fitsRegion, placeIn, placeOfRecord } from '../context.ts';
import type { FindingInput } from '../schema.ts';
import { putLatest, statedOn } from './earlier-entry.ts';

/** Diagnoses of a kind that the chart keeps, as reports see them. */
interface Kept {
  readonly allEnded: boolean;
  /** the latest day on which one of them ended, of those that ended by the as-of day */
  readonly lastEnd: Day;
  /** the latest day on which one of them may have ended */
  readonly possibleEnd: Day;
  /** one of them ended on no day that is known, or perhaps after the as-of day */
  readonly undated: boolean;
}

/** The last days on which diagnoses of a code ended: for certain, and perhaps. */
interface Over {
  readonly certain: ReadonlyMap<string, Day>;
  readonly possible: ReadonlyMap<string, Day>;
}

/** When the diagnoses of a finding ended: looked through once, however many reports and visits are held against them. */
export class Endings {
  readonly #input: FindingInput;
  readonly #sets: readonly number[];
  readonly #asked: Asked;
  readonly #ctx: FactContext;
  #kept: Kept | undefined;
  #overByCode: Over | undefined;

  constructor(input: FindingInput, sets: readonly number[], asked: Asked, ctx: FactContext) {
    this.#input = input;
    this.#sets = sets;
    this.#asked = asked;
    this.#ctx = ctx;
  }

  /**
   * Did what a report found end later? So it did when the diagnoses of this kind that the chart keeps have all ended, one of them on
   * the day of the report or later. One that is resolved without a date ended after it was recorded: that of an entry older than the
   * report may have come back, that of an entry without any date is unclear.
   */
  ofReport(when: Interval | undefined): 'yes' | 'no' | 'unclear' {
    this.#kept ??= this.#readKept();
    if (when === undefined || !this.#kept.allEnded) return 'no';
    if (this.#kept.lastEnd >= when.lo) return 'yes';
    return this.#kept.undated || this.#kept.possibleEnd >= when.hi ? 'unclear' : 'no';
  }

  /** Did the diagnosis that a visit was for end on the day of the visit or later? */
  ofVisit({ when, reasonCodes }: EncounterRecord): 'yes' | 'no' | 'unclear' {
    if (when === undefined) return 'no';
    this.#overByCode ??= this.#readOver();
    const { certain, possible } = this.#overByCode;
    const endedSince = (ends: ReadonlyMap<string, Day>): boolean =>
      reasonCodes.some((code) => (ends.get(code) ?? Number.NEGATIVE_INFINITY) >= when.lo);
    if (endedSince(certain)) return 'yes';
    return endedSince(possible) ? 'unclear' : 'no';
  }

  #diagnoses(): ReadonlySet<ConditionRecord> {
    const found = this.#sets.flatMap((set) => this.#ctx.chart.bySet(set));
    return new Set(found.flatMap((r) => (r.type === 'condition' && r.verification !== 'refuted' ? [r] : [])));
  }

  #readKept(): Kept {
    const { regional } = this.#input;
    const kept = [...this.#diagnoses()].filter(
      (r) => !regional || fitsRegion(this.#asked, placeOfRecord(placeIn(r.hits, this.#sets), r.site)),
    );
    const ends = kept.map((r) => r.abated ?? statedOn(r));
    const known = ends.flatMap((end) => (end === undefined || end.lo > this.#asOf ? [] : [end]));
    const lastEnd = latest(known.map(({ lo }) => lo));
    const possibleEnd = latest(known.map(({ hi }) => Math.min(hi, this.#asOf)));
    const undated = ends.includes(undefined) || kept.some((r) => r.endUnclear);
    return { allEnded: kept.length > 0 && kept.every((r) => !r.current), lastEnd, possibleEnd, undated };
  }

  #readOver(): Over {
    const [certain, possible] = [new Map<string, Day>(), new Map<string, Day>()];
    for (const { current, abated, codes } of this.#diagnoses()) {
      if (current || abated === undefined || abated.lo > this.#asOf) continue;
      for (const code of codes) {
        putLatest(certain, code, abated.lo);
        putLatest(possible, code, Math.min(abated.hi, this.#asOf));
      }
    }
    return { certain, possible };
  }

  get #asOf(): Day {
    return this.#asked.window.asOf;
  }
}
