import type { ObservationRecord } from '../../chart/records.ts';
import { add, type Day } from '../../dates/day.ts';
import type { Asked, FactContext } from '../context.ts';
import { duration } from '../duration.ts';
import type { TrendInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { fitIn, lastDayInside } from '../window.ts';
import { contraAsLast } from './last-seen.ts';
import { inOneUnit } from './measure.ts';

interface Value {
  readonly record: ObservationRecord;
  readonly day: Day;
}

/**
 * A measured value that fell by more than a share of an earlier one, not longer before than stated. The last value of the
 * window speaks; without such a fall it speaks against, when there are earlier values, all of which can be compared with it.
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
  const falls = earlier.map((v) => ({ v, by: fall(v.record, last.record) }));
  const first = falls.find(({ by = 0 }) => by > share)?.v;
  const unread = falls.flatMap(({ v, by }) => (by === undefined ? [v] : []));
  const until = lastDayInside(last.record.when, asked.window);
  const item = (v: Value): Parameters<Tally['pro']>[0] => ({
    ref: v.record.ref,
    date: v.record.when,
    ...(last.record.when !== undefined && { decides: last.record.when }),
    basis: 'chart',
    until,
  });
  if (first !== undefined) for (const v of [first, last]) tally.pro(item(v), 'the value fell');
  else if (unread.length > 0) for (const v of unread) tally.lead(item(v), 'in a unit that cannot be compared', true);
  else if (earlier.length > 0) contraAsLast(item(last), 'no such fall was measured', 'Observation', ctx, tally);
}

/** The fall from one value to another as a share of the first; undefined when they cannot be compared. */
function fall(from: ObservationRecord, to: ObservationRecord): number | undefined {
  const [before, after] = inOneUnit(from, to) ?? [0, 0];
  return before <= 0 ? undefined : (before - after) / before;
}
