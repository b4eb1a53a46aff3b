import type { ImagingRecord } from '../chart/records.ts';
import type { CheckedOrder } from '../criteria-check/order-check.ts';
import { type Duration, formatInterval, type Interval, subtract } from '../dates/day.ts';
import { placeOf } from '../terminology/regions.ts';

/** So far back an earlier study may make a reviewer ask why it is repeated. */
const RECENT: Duration = { count: 12, unit: 'months' };

const NAMES: Readonly<Record<string, string>> = { mri: 'MRI', ct: 'CT' };

/**
 * The MRI and CT of the ordered region in the year before the order that nothing else on the card speaks of: whatever the policy says
 * of repeated studies, a reviewer sees them too. Undefined when there is none.
 */
export function earlierStudies(check: CheckedOrder): string | undefined {
  const { assessment, chart, order, study } = check;
  const { satisfied, contradicted, missing, outcome } = assessment;
  const evidence = [...satisfied, ...(outcome === 'not-met' ? contradicted : [])].flatMap((c) => c.evidence);
  const told = new Set([...evidence, ...missing.flatMap((m) => m.leads)].map((e) => e.reference));
  const from = subtract(order.asOf.lo, RECENT);
  const place = placeOf(study.regions);
  const isHere = (r: ImagingRecord): boolean => r.done === 'done' && !r.inWords && (r.place & place) !== 0;
  const isEarlier = (when: Interval | undefined): when is Interval =>
    when !== undefined && when.lo >= from && when.lo <= order.asOf.hi;
  const days = new Map<string, Set<string>>();
  for (const record of chart.imaging) {
    const { when } = record;
    const name = NAMES[record.modality ?? ''];
    if (name === undefined || !isHere(record) || !isEarlier(when) || told.has(record.ref)) continue;
    days.set(name, (days.get(name) ?? new Set()).add(formatInterval(when)));
  }
  if (days.size === 0) return undefined;
  const named = [...days].map(([name, dates]) => `${name} (${[...dates].sort().join(', ')})`);
  return `Earlier studies of this region on file: ${named.join(', ')}.`;
}
