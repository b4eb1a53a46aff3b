import type { ChartRecord } from '../../chart/records.ts';
import { add, type Interval, SOME_DAY, subtract } from '../../dates/day.ts';
import { type Asked, type FactContext, fitsRegion, placeIn, placeOfRecord } from '../context.ts';
import { duration } from '../duration.ts';
import { examinedPlace } from './normal-examinations.ts';

/** Whether a finding was there on a day: for certain, perhaps, or not. */
export type Meanwhile = 'there' | 'perhaps' | 'elsewhen';

/** The first and last day of a finding, as far as they are certain (`sure`) and as far as they may be (`may`). */
interface Span {
  readonly sure: Interval;
  readonly may: Interval;
}
const NEVER: Interval = { lo: Number.POSITIVE_INFINITY, hi: Number.NEGATIVE_INFINITY };

/** When something was found, and when it began and ended as far as that is stated. */
interface Dates {
  readonly onset?: Interval | undefined;
  readonly found?: Interval | undefined;
  readonly end?: Interval | undefined;
}

/** The dates of a diagnosis on file, or of an examination that concludes it. What only the order names dates nothing. */
function datesOf(record: ChartRecord, { asOf }: FactContext): Dates | undefined {
  switch (record.type) {
    case 'condition':
      if (record.orderReason || record.verification !== 'confirmed') return undefined;
      return {
        onset: record.onset,
        found: record.recorded,
        end: record.abated ?? (record.current ? { lo: asOf, hi: asOf } : undefined),
      };
    case 'imaging':
      return record.done === 'done' ? { found: record.when } : undefined;
    case 'report':
      return record.final ? { found: record.when } : undefined;
    default:
      return undefined;
  }
}

/**
 * How long a finding was there. Without an onset it may have begun any time before it was found; one that ended on no known day
 * lasted at least as long as what is no gap of an episode.
 */
function spanOf({ onset, found, end }: Dates, ctx: FactContext): Span {
  const { 'begun-with': soon = '0 days', 'not-a-gap': least } = ctx.vocabulary.episode;
  const start = onset ?? found;
  const may = { lo: onset?.lo ?? SOME_DAY.lo, hi: end?.hi ?? ctx.asOf };
  if (start === undefined) return { sure: NEVER, may };
  const from = onset === undefined ? subtract(start.hi, duration(soon)) : start.hi;
  return { sure: { lo: from, hi: end?.lo ?? add(start.lo, duration(least)) }, may };
}

/** Tells of days whether one of some findings of the region was there then. */
export function meanwhileOf(sets: readonly string[], asked: Asked, ctx: FactContext): (when: Interval) => Meanwhile {
  const spans = sets.flatMap((name) => {
    const set = ctx.set(name);
    return ctx.chart.bySet(set).flatMap((record) => {
      const dates = datesOf(record, ctx);
      const hits = record.type === 'imaging' || record.type === 'report' ? record.findings : record.hits;
      const site = record.type === 'imaging' ? examinedPlace(record) : record.site;
      const fits = fitsRegion(asked, placeOfRecord(placeIn(hits, [set]), site));
      return dates !== undefined && fits ? [spanOf(dates, ctx)] : [];
    });
  });
  const isSure = (day: number): boolean => spans.some(({ sure }) => sure.lo <= day && day <= sure.hi);
  return ({ lo, hi }) => {
    if (isSure(lo) && isSure(hi)) return 'there';
    return spans.some(({ may }) => may.lo <= hi && lo <= may.hi) ? 'perhaps' : 'elsewhen';
  };
}
