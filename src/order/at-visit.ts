import type { Json } from '../chart/json.ts';
import { bareId, EHR_ID } from '../chart/references.ts';

/**
 * A draft order is placed at the visit at which the hook was called, unless it names another one.
 * @param encounterId of the hook's context, with or without "Encounter/"; anything that is no id of a resource is left out
 */
export function atVisit(order: Json, encounterId: string | undefined): Json {
  const id = encounterId === undefined ? undefined : bareId('Encounter', encounterId);
  return id === undefined || !EHR_ID.test(id) || order['encounter'] !== undefined
    ? order
    : { ...order, encounter: { reference: `Encounter/${id}` } };
}
