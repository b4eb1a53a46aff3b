import type { AnswerStore } from '../answer-store/answer-store.ts';
import type { AnswersBeside } from '../criteria-check/answers-beside.ts';
import { type Ehr, normalBase } from '../ehr/ehr-registry.ts';
import type { ImagingOrder } from '../order/order.ts';

/** So long a call waits for answers that are kept here; then they count as not seen. */
const WAIT_MS = 500;

/**
 * What finds the answers kept here for the orders of a call.
 * @returns undefined when nothing can be kept for this EHR, so that nothing is looked for
 */
export function keptAnswersOf(
  store: AnswerStore | undefined,
  ehr: Ehr | undefined,
  base: string | undefined,
  patientId: string,
): ((orders: readonly ImagingOrder[]) => Promise<AnswersBeside>) | undefined {
  if (store === undefined || base === undefined || ehr?.smart?.answerStore !== true) return undefined;
  return async (orders) => {
    const of = orders.map((o) => ({ base: normalBase(base), patientId, order: o.ref }));
    const late = Promise.withResolvers<AnswersBeside>();
    const timer = setTimeout(late.resolve, WAIT_MS, 'unavailable');
    try {
      return await Promise.race([store.answers(of), late.promise]);
    } catch {
      return 'unavailable';
    } finally {
      clearTimeout(timer);
    }
  };
}
