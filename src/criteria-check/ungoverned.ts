import { PatientScope } from '../chart/references.ts';
import { chooseCoverage } from '../coverage/coverage.ts';
import type { ImagingOrder } from '../order/order.ts';
import type { Checker, PatientData } from './order-check.ts';

/**
 * Why no text governs an order, so that there is no card: no coverage is on file and the EHR has no default payer; the payer is
 * not one of ours; or that payer has no text in force for the study and its date.
 */
export type UngovernedReason = 'no-coverage' | 'unknown-payer' | 'no-policy';

/** Tells why an order was not checked. @param order one for which there was no check, with the data that it had */
export function whyUngoverned(order: ImagingOrder, data: PatientData, { knowledge }: Checker): UngovernedReason {
  const scope = new PatientScope(data.patientId, data.base);
  const choice = chooseCoverage(data.coverages, order.resource, order.serviceDate, scope);
  if (choice.kind === 'none') return data.defaultPayer === undefined ? 'no-coverage' : 'no-policy';
  const coverages = choice.kind === 'one' ? [choice.coverage] : choice.coverages;
  return coverages.some((c) => knowledge.payers.find(c.payer) !== undefined) ? 'no-policy' : 'unknown-payer';
}
