import { checkedExtension, uncheckedExtension } from '../cards/assessment-extension.ts';
import { checkedDetail, uncheckedDetail } from '../cards/detail.ts';
import { checkedSummary, uncheckedSummary } from '../cards/summary.ts';
import type { Checker, OrderCheck } from '../criteria-check/order-check.ts';

/** The assessment as cards carry it in their extension. */
export const checkAsJson = (check: OrderCheck, checker: Checker): unknown =>
  check.kind === 'checked' ? checkedExtension(check, checker.knowledge.studies) : uncheckedExtension(check);

/** A check in words, as the card tells it, without Markdown. */
export function checkAsText(check: OrderCheck, checker: Checker): readonly string[] {
  const [summary, detail] =
    check.kind === 'checked'
      ? [checkedSummary(check), checkedDetail(check, checker.knowledge.studies)]
      : [uncheckedSummary(check), uncheckedDetail(check)];
  return [summary, '', ...detail.replaceAll('**', '').split('\n')];
}
