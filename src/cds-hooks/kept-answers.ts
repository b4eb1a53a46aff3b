import type { AnswerStore } from '../answer-store/answer-store.ts';
import type { Json } from '../chart/json.ts';
import { type Ehr, normalBase } from '../ehr/ehr-registry.ts';
import type { ImagingOrder } from '../order/order.ts';

/** So long a call waits for answers that are kept here; then it answers with the chart alone. */
const WAIT_MS = 500;
const NONE: readonly Json[] = [];

/**
 * What finds the answers kept here for the orders of a call.
 * @returns undefined when nothing can be kept for this EHR, so that nothing is looked for
 */
export function keptAnswersOf(
  store: AnswerStore | undefined,
  ehr: Ehr | undefined,
  base: string | undefined,
  patientId: string,
): ((orders: readonly ImagingOrder[]) => Promise<readonly Json[]>) | undefined {
  if (store === undefined || base === undefined || ehr?.smart?.answerStore !== true) return undefined;
  return async (orders) => {
    const of = orders.map((o) => ({ base: normalBase(base), patientId, order: o.ref }));
    const late = Promise.withResolvers<readonly Json[]>();
    const timer = setTimeout(late.resolve, WAIT_MS, NONE);
    try {
      return await Promise.race([store.answers(of), late.promise]);
    } catch {
      return NONE;
    } finally {
      clearTimeout(timer);
    }
  };
}
