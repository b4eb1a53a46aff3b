import type { ImagingOrder } from '../order/order.ts';
import type { Assessment, Missing, Outcome } from '../policy/assessment.ts';
import { assessmentId } from './assessment-id.ts';
import type { CheckedOrder } from './order-check.ts';
import { otherRegionsOf } from './regions-of-reasons.ts';

/** Nine = each region of the spine with each contrast. */
const MOST_CANDIDATES = 9;

const SETTLED: ReadonlySet<Outcome> = new Set(['met', 'not-met', 'not-required']);

/** An order that leaves contrast or region open: one answer when all candidates share it, else a question. */
export function openOrder(order: ImagingOrder, checks: readonly CheckedOrder[]): CheckedOrder | undefined {
  const [first] = checks;
  if (first === undefined) return undefined;
  const same = checks.every((c) => c.assessment.outcome === first.assessment.outcome);
  if (same && checks.length === order.studies.length && SETTLED.has(first.assessment.outcome)) return first;
  const met = checks.filter((c) => c.assessment.outcome === 'met');
  // looked at as one of the studies that are documented, else as one of what the reasons of the order are about
  const looked = met[0] ?? checks.find((c) => otherRegionsOf(c.chart, c.study).length === 0) ?? first;
  const base = looked.assessment;
  const question: Missing = {
    fact: `order-${order.open ?? 'contrast'}`,
    label: `the ${order.open ?? 'contrast'} of the ordered study`,
    ask: `Which study is ordered: ${order.studies
      .map((s) => `${s.code} (${s.label})`)
      .slice(0, MOST_CANDIDATES)
      .join(', ')}?`,
    criteria: [],
    leads: [],
    gap: 'silent',
  };
  const { earliest: _earliest, validUntil: _validUntil, ...kept } = base;
  const assessment: Assessment = {
    ...kept,
    outcome: 'undetermined',
    reason: 'documentation',
    missing: [question, ...base.missing].slice(0, 4),
    alternatives: met.map((c) => c.study.code),
  };
  return { ...looked, id: assessmentId({ ...looked, assessment }), assessment };
}
