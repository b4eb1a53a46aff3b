import type { Day } from '../../dates/day.ts';
import { NO_PLACE, type Place } from '../../terminology/regions.ts';
import type { FactContext } from '../context.ts';

/** When the patient was last seen for a code, and for a code set at a place, for certain. */
interface VisitsByReason {
  readonly ofCode: ReadonlyMap<string, Day>;
  readonly ofSet: ReadonlyMap<number, ReadonlyMap<Place, Day>>;
}

const known = new WeakMap<FactContext, VisitsByReason>();

/**
 * The last day by the as-of day on which the patient was seen, for certain, for a diagnosis: for one of its codes, or for a code of the same finding at
 * a place that fits.
 * @returns minus infinity when there was no such visit
 */
export function lastSeenFor(codes: readonly string[], sets: readonly number[], place: Place, ctx: FactContext): Day {
  const { ofCode, ofSet } = known.get(ctx) ?? gather(ctx);
  let last = Number.NEGATIVE_INFINITY;
  for (const code of codes) last = Math.max(last, ofCode.get(code) ?? last);
  for (const set of sets)
    for (const [seen, day] of ofSet.get(set) ?? [])
      if (seen === NO_PLACE || place === NO_PLACE || (seen & place) !== NO_PLACE) last = Math.max(last, day);
  return last;
}

function gather(ctx: FactContext): VisitsByReason {
  const ofCode = new Map<string, Day>();
  const ofSet = new Map<number, Map<Place, Day>>();
  for (const { held, when, reasonCodes, reasons } of ctx.chart.encounters) {
    if (!held || when === undefined || when.lo > ctx.asOf) continue;
    for (const code of reasonCodes) ofCode.set(code, Math.max(when.lo, ofCode.get(code) ?? when.lo));
    for (const { set, place } of reasons) {
      const places = ofSet.get(set) ?? new Map<Place, Day>();
      places.set(place, Math.max(when.lo, places.get(place) ?? when.lo));
      ofSet.set(set, places);
    }
  }
  const found = { ofCode, ofSet };
  known.set(ctx, found);
  return found;
}
