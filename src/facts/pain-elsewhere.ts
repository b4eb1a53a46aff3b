import type { ChartRecord } from '../chart/records.ts';
import { add, type Interval } from '../dates/day.ts';
import type { FactContext } from './context.ts';
import { duration } from './duration.ts';

/** The day of an operation that was done, or of an injury. */
function dayOf(r: ChartRecord): Interval | undefined {
  if (r.type === 'procedure') return r.performed === 'done' ? r.when : undefined;
  return r.type === 'condition' && r.verification === 'confirmed' && !r.orderReason
    ? (r.onset ?? r.recorded)
    : undefined;
}

/** Tells what was so shortly after an operation or injury elsewhere that it may be about the pain of that. */
export function painElsewhere(ctx: FactContext): (when: Interval | undefined) => boolean {
  const after = ctx.vocabulary.episode['pain-after'];
  if (after === undefined) return () => false;
  const spine = ctx.set('spine-problem');
  const days = after.events
    .flatMap((name) => ctx.chart.bySet(ctx.set(name)))
    .filter((r) => !r.hits.some((h) => h.set === spine))
    .flatMap((r) => dayOf(r) ?? []);
  return (when) =>
    when !== undefined && days.some((day) => when.hi >= day.lo && when.lo <= add(day.hi, duration(after.within)));
}
