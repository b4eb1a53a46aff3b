import type { ImagingRecord } from '../../chart/records.ts';
import type { Day } from '../../dates/day.ts';
import { NO_PLACE, type Place } from '../../terminology/regions.ts';
import type { FactContext } from '../context.ts';
import { SPINE } from './finding-search.ts';

/** Examinations of one kind and place that were normal. */
export interface NormalExaminations {
  readonly modality: ImagingRecord['modality'];
  readonly place: Place;
  readonly examined: Place;
  /** the day of the last one, at the earliest */
  readonly last: Day;
  /** the last day on which one may have been done */
  readonly possible: Day;
}

/** The spine regions that an examination looked at, else the other part of the body; none when it is not stated. */
export const examinedPlace = (record: ImagingRecord): Place => {
  const spine = record.place & SPINE || record.inView;
  return spine === NO_PLACE ? record.place : spine;
};

const NEVER = { last: Number.NEGATIVE_INFINITY, possible: Number.NEGATIVE_INFINITY };

const known = new WeakMap<FactContext, readonly NormalExaminations[]>();

/** The normal examinations by the as-of day, those of a kind and place together: few, however many examinations are on file. */
export function normalExaminations(ctx: FactContext): readonly NormalExaminations[] {
  const found = known.get(ctx) ?? gather(ctx);
  known.set(ctx, found);
  return found;
}

function gather(ctx: FactContext): readonly NormalExaminations[] {
  const normal = [ctx.set('result-normal'), ctx.set('result-negative')];
  const out = new Map<string, NormalExaminations>();
  for (const record of ctx.chart.imaging) {
    const { modality, place, when, done, findings } = record;
    if (done !== 'done' || when === undefined || when.lo > ctx.asOf) continue;
    if (!findings.some((h) => normal.includes(h.set))) continue;
    const examined = examinedPlace(record);
    const key = `${modality} ${place} ${examined}`;
    const before = out.get(key) ?? NEVER;
    const last = Math.max(before.last, when.lo);
    const possible = Math.max(before.possible, Math.min(when.hi, ctx.asOf));
    out.set(key, { modality, place, examined, last, possible });
  }
  return [...out.values()];
}
