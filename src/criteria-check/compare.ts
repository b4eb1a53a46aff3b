import type { LineOfBusiness } from '../coverage/payers.ts';
import { bundledOrders, type OrderWish, patientData, readBundledChart } from './check-bundle.ts';
import { checkOrder } from './check-order.ts';
import type { CheckedOrder, Checker } from './order-check.ts';

/**
 * Checks the same order against every policy that governs it, whatever the patient's coverage is.
 * @param wish with the study; its line of business is commercial unless it says otherwise
 * @returns one check for each policy, with the first payer that uses it
 * @throws ChartError
 */
export function compareBundle(bundle: unknown, wish: OrderWish, checker: Checker): readonly CheckedOrder[] {
  const chart = readBundledChart(bundle);
  const data = patientData(chart, wish);
  const [order] = bundledOrders(chart, wish, checker);
  if (order === undefined) return [];
  const found = new Map<string, CheckedOrder>();
  for (const payer of checker.knowledge.payers.payers) {
    for (const route of payer.policies) {
      const lines: readonly (LineOfBusiness | undefined)[] = route['line-of-business'] ?? [undefined];
      const lineOfBusiness = wish.lineOfBusiness ?? lines[0] ?? 'commercial';
      const settled = {
        id: payer.id,
        name: payer.name,
        lineOfBusiness,
        lineAssumed: false,
        assumed: false,
        plans: route.plans ?? [],
      };
      const check = checkOrder(order, { ...data, settled }, checker, true);
      if (check?.kind === 'checked' && !found.has(check.policy.id)) found.set(check.policy.id, check);
    }
  }
  return [...found.values()];
}
