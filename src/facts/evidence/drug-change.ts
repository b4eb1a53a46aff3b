import type { MedicationRecord } from '../../chart/records.ts';
import type { Interval } from '../../dates/day.ts';
import type { Asked, FactContext } from '../context.ts';
import type { ChangeInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { fitIn } from '../window.ts';
import { chartedItem } from './charted-item.ts';

/** When a drug was begun, and the record that says so. */
interface Start {
  readonly ref: string;
  readonly on: Interval;
}

const startsOf = (records: readonly MedicationRecord[]): readonly Start[] =>
  records.flatMap(({ ref, start, taken }) =>
    start === undefined || taken === 'not-taken' || taken === 'unclear' ? [] : [{ ref, on: start }],
  );

/** The first start, by the day on which it had happened at the latest. */
const firstOf = (starts: readonly Start[]): Start | undefined =>
  starts.reduce<Start | undefined>((first, s) => (first === undefined || s.on.hi < first.on.hi ? s : first), undefined);

const isBefore = (a: Start | undefined, b: Start): a is Start => a !== undefined && a.on.hi < b.on.lo;

/**
 * The first start of a drug after another one: a change of treatment. Each set is one drug: refills, other strengths and other
 * brands of it are none.
 */
export function changeEvidence(input: ChangeInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const drugs = input.drugs.map((name) =>
    startsOf(ctx.chart.bySet(ctx.set(name)).filter((r): r is MedicationRecord => r.type === 'medication')),
  );
  const firsts = drugs.map(firstOf);
  for (const [drug, starts] of drugs.entries())
    for (const start of starts) {
      if (isBefore(firsts[drug], start)) continue;
      const others = firsts.filter((_, other) => other !== drug);
      const earlier = others.filter((f) => isBefore(f, start));
      begun(start, earlier, asked, tally);
    }
}

/** A drug that was begun, and the other ones that had been begun before. */
function begun({ ref, on }: Start, earlier: readonly Start[], asked: Asked, tally: Tally): void {
  const item = chartedItem(ref, on, asked);
  if (earlier.length === 0) return tally.lead(item, 'no earlier drug of this kind on file');
  const where = fitIn(on, asked.window);
  if (where === 'inside') {
    tally.pro(item, 'begun after another drug of this kind');
    for (const d of earlier) tally.pro({ ...item, ref: d.ref, date: d.on }, 'the drug before it');
  } else if (where !== 'future') tally.lead(item, 'outside of the time window', where === 'unclear');
}
