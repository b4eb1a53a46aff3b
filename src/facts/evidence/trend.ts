import type { ObservationRecord } from '../../chart/records.ts';
import { add, type Duration, type Interval, SOME_DAY } from '../../dates/day.ts';
import type { Asked, FactContext } from '../context.ts';
import { duration } from '../duration.ts';
import type { TrendInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { fitIn, lastDayInside } from '../window.ts';
import { contraAsLast } from './last-seen.ts';
import { inOneUnit, pastOf } from './measure.ts';

interface Value {
  readonly record: ObservationRecord;
  readonly when: Interval;
}

/** So many values that may be the last are held against the earlier ones; of more it is not certain which one is. */
const MOST_LAST = 20;

/** What a value says as the last one: it fell from an earlier one, or not; nothing, where there is none to compare it with. */
type Verdict =
  | { readonly says: 'fell'; readonly from: Value }
  | { readonly says: 'unclear'; readonly because: readonly Value[] }
  | { readonly says: 'steady' | 'nothing' };

/**
 * A measured value that fell by more than a share of an earlier one, not longer before than stated. The last value of the
 * window speaks, if it is certain which one that is; without such a fall it speaks against, when there are earlier values, all of
 * which can be compared with it.
 */
export function trendEvidence(input: TrendInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const values = input.codes
    .flatMap((name) => ctx.chart.bySet(ctx.set(name)))
    .flatMap((r): readonly Value[] =>
      r.type === 'observation' && r.final && r.value?.kind === 'number'
        ? [{ record: r, when: r.when ?? SOME_DAY }]
        : [],
    )
    .filter((v) => v.when.lo <= asked.window.asOf);
  const isPast = pastOf(values.map((v) => v.record));
  const lasts = values.filter((v) => !isPast(v.record));
  const verdicts = lasts.slice(0, MOST_LAST).map((last) => ({ last, ...verdictOf(last, values, input, asked) }));
  const [verdict] = verdicts;
  if (verdict === undefined) return;
  if (lasts.length > MOST_LAST || new Set(verdicts.map((v) => v.says)).size > 1) {
    for (const { last } of verdicts)
      tally.lead(itemOf(last, last, asked), 'which value is the latest is not certain', true);
    return;
  }
  const item = (v: Value): Item => itemOf(v, verdict.last, asked);
  if (verdict.says === 'fell') for (const v of [verdict.from, verdict.last]) tally.pro(item(v), 'the value fell');
  else if (verdict.says === 'unclear')
    for (const v of verdict.because)
      tally.lead(item(v), 'of no certain day, or in a unit that cannot be compared', true);
  else if (verdict.says === 'steady')
    contraAsLast(item(verdict.last), 'no such fall was measured', 'Observation', ctx, tally);
}

const itemOf = ({ record }: Value, last: Value, asked: Asked): Item => ({
  ref: record.ref,
  date: record.when,
  ...(last.record.when !== undefined && { decides: last.record.when }),
  basis: 'chart',
  until: lastDayInside(last.record.when, asked.window),
});

function verdictOf(last: Value, values: readonly Value[], input: TrendInput, asked: Asked): Verdict {
  if (fitIn(last.when, asked.window) !== 'inside') return { says: 'nothing' };
  const span = duration(input.span);
  const share = Number(input['falls-by'].split(' ')[0]) / 100;
  const falls = values
    .filter((v) => v !== last)
    .map((v) => ({ v, by: fall(v.record, last.record), earlier: isEarlier(v.when, last.when, span) }));
  const found = falls.find(({ by = 0, earlier }) => earlier === 'yes' && by > share);
  if (found !== undefined) return { says: 'fell', from: found.v };
  const unclear = falls.filter(({ by, earlier }) =>
    earlier === 'yes' ? by === undefined : earlier === 'perhaps' && (by === undefined || by > share),
  );
  if (unclear.length > 0) return { says: 'unclear', because: unclear.map(({ v }) => v) };
  return { says: falls.some(({ earlier }) => earlier === 'yes') ? 'steady' : 'nothing' };
}

/** Is a day before another one, by no more than a span? */
function isEarlier(day: Interval, last: Interval, span: Duration): 'yes' | 'perhaps' | 'no' {
  if (day.lo === SOME_DAY.lo) return 'perhaps';
  if (day.hi < last.lo && add(day.lo, span) >= last.hi) return 'yes';
  return day.lo < last.hi && add(day.hi, span) >= last.lo ? 'perhaps' : 'no';
}

/** The fall from one value to another as a share of the first; undefined when they cannot be compared. */
function fall(from: ObservationRecord, to: ObservationRecord): number | undefined {
  const [before, after] = inOneUnit(from, to) ?? [0, 0];
  return before <= 0 ? undefined : (before - after) / before;
}
