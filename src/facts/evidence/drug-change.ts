import type { MedicationRecord } from '../../chart/records.ts';
import type { Asked, FactContext } from '../context.ts';
import type { ChangeInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { fitIn } from '../window.ts';
import { chartedItem } from './charted-item.ts';

/** The first start of a drug of the set after another drug of the same set: a change of treatment. Refills are none. */
export function changeEvidence(input: ChangeInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const drugs = input.drugs
    .flatMap((name) => ctx.chart.bySet(ctx.set(name)))
    .filter(
      (r): r is MedicationRecord =>
        r.type === 'medication' && r.start !== undefined && r.taken !== 'not-taken' && r.taken !== 'unclear',
    );
  const same = (a: MedicationRecord, b: MedicationRecord): boolean => a.codes.some((c) => b.codes.includes(c));
  for (const drug of drugs) {
    const earlier = drugs.filter((d) => (d.start?.hi ?? 0) < (drug.start?.lo ?? 0));
    if (earlier.some((d) => same(d, drug))) continue;
    const item = chartedItem(drug.ref, drug.start, asked);
    if (earlier.length === 0) {
      tally.lead(item, 'no earlier drug of this kind on file');
      continue;
    }
    const where = fitIn(drug.start, asked.window);
    if (where === 'inside') {
      tally.pro(item, 'begun after another drug of this kind');
      for (const d of earlier) tally.pro({ ...item, ref: d.ref, date: d.start }, 'the drug before it');
    } else if (where !== 'future') tally.lead(item, 'outside of the time window', where === 'unclear');
  }
}
