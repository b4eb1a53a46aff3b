import type { ObservationRecord } from '../../chart/records.ts';
import { add, type Day } from '../../dates/day.ts';
import type { Asked, FactContext } from '../context.ts';
import { duration } from '../duration.ts';
import type { TrendInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { fitIn, lastDayInside } from '../window.ts';
import { contraAsLast } from './last-seen.ts';
import { inUnit } from './measure.ts';

interface Value {
  readonly record: ObservationRecord;
  readonly day: Day;
}

/**
 * A measured value that fell by more than a share of an earlier one, not longer before than stated. The last value of the
 * window speaks; without such a fall it speaks against, when there is an earlier value to compare it with.
 */
export function trendEvidence(input: TrendInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const values = input.codes
    .flatMap((name) => ctx.chart.bySet(ctx.set(name)))
    .flatMap((r): readonly Value[] =>
      r.type === 'observation' && r.final && r.value?.kind === 'number' && r.when !== undefined
        ? [{ record: r, day: r.when.lo }]
        : [],
    )
    .filter((v) => v.day <= asked.window.asOf)
    .sort((a, b) => a.day - b.day);
  const last = values.at(-1);
  if (last === undefined || fitIn(last.record.when, asked.window) !== 'inside') return;
  const earlier = values.filter((v) => v.day < last.day && add(v.day, duration(input.span)) >= last.day);
  const share = Number(input['falls-by'].split(' ')[0]) / 100;
  const higher = earlier.filter((v) => fall(v.record, last.record) > share);
  const until = lastDayInside(last.record.when, asked.window);
  const item = (v: Value): Parameters<Tally['pro']>[0] => ({
    ref: v.record.ref,
    date: v.record.when,
    ...(last.record.when !== undefined && { decides: last.record.when }),
    basis: 'chart',
    until,
  });
  const first = higher[0];
  if (first !== undefined) for (const v of [first, last]) tally.pro(item(v), 'the value fell');
  else if (earlier.length > 0) contraAsLast(item(last), 'no such fall was measured', 'Observation', ctx, tally);
}

/** The fall from one value to another as a share of the first; zero when their units cannot be compared. */
function fall(from: ObservationRecord, to: ObservationRecord): number {
  if (from.value?.kind !== 'number' || to.value?.kind !== 'number') return 0;
  const later = inUnit(to, from.value.unit);
  const [before, after] =
    later === undefined ? [inUnit(from, to.value.unit), to.value.value] : [from.value.value, later];
  return before === undefined || before <= 0 ? 0 : (before - after) / before;
}
