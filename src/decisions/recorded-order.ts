import { object, text } from '../chart/json.ts';
import type { Decision } from './decision.ts';
import type { ReplayInput } from './record-decision.ts';

/**
 * The order that a decision is about: the same for every record of it, from its selection to its signing. The study may change
 * meanwhile. The date is part of it, as EHRs give drafts the same id again.
 */
export function recordedOrder({ ehr, patient, asOf, input }: Decision): string {
  const { base, order } = JSON.parse(input) as Partial<ReplayInput>;
  return JSON.stringify([ehr, base ?? null, patient, text(object(order)?.['id']) ?? null, asOf]);
}
