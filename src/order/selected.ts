import { type Json, text } from '../chart/json.ts';
import { localKey } from '../chart/references.ts';

/**
 * The orders that the selections of a call name: by "ServiceRequest/id", as the hook wants it, by an address that ends so, or by
 * the id alone, as some clients write it.
 */
export function selectedOf(orders: readonly Json[], selections: readonly string[]): readonly Json[] {
  const named = selections.map((s) => s.trim());
  const selected = new Set(named.flatMap((s) => [s, localKey({ reference: s }) ?? s]));
  return orders.filter((order) => {
    const id = text(order['id']);
    return id !== undefined && (selected.has(`ServiceRequest/${id}`) || selected.has(id));
  });
}
