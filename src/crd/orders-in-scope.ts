import { type Json, object, objects, text } from '../chart/json.ts';
import { FHIR_ID, localKey, localReference } from '../chart/references.ts';
import { readPrefetch } from '../chart/retrieve.ts';
import { type FhirAccess, matches } from '../ehr/fhir-access.ts';
import { serviceRequests } from '../order/order.ts';
import type { CrdRequest } from './crd-request.ts';

/** Orders of one call that are read from the EHR; more would be no order entry. */
const MOST_READ = 20;

/** The orders that a call is about. */
export interface OrdersInScope {
  readonly orders: readonly Json[];
  /** all service requests of the basket: what is ordered along with an order is evidence */
  readonly drafts: readonly Json[];
  /** orders are only referred to, and can be had neither by prefetch nor by the token */
  readonly outOfReach: boolean;
}

/** The service requests that appointments are based on. */
function basedOn(appointments: CrdRequest['context']['appointments']): readonly string[] {
  const list: readonly Json[] = Array.isArray(appointments)
    ? objects(appointments)
    : objects(object(appointments)?.['entry'])
        .map((e) => object(e['resource']))
        .filter((r) => r !== undefined);
  return list.flatMap((a) => objects(a['basedOn']).flatMap((r) => text(r['reference']) ?? []));
}

/** Finds orders by reference: in the prefetch, else at the EHR. */
async function named(
  references: readonly string[],
  request: CrdRequest,
  fhir: FhirAccess | undefined,
): Promise<OrdersInScope> {
  const ids = [
    ...new Set(
      references.flatMap((r) => {
        const parsed = localReference({ reference: r }, request.fhirServer);
        return parsed?.type === 'ServiceRequest' && FHIR_ID.test(parsed.id) ? [parsed.id] : [];
      }),
    ),
  ].slice(0, MOST_READ);
  const value = readPrefetch(request.prefetch ?? undefined, 'serviceRequests');
  const given = value.kind === 'bundle' ? matches(value.bundle) : value.kind === 'resource' ? [value.resource] : [];
  const prefetched = new Map<string, Json>(
    given.flatMap((r) => (r['resourceType'] === 'ServiceRequest' ? [[text(r['id']) ?? '', r] as const] : [])),
  );
  const found = await Promise.all(
    ids.map(async (id): Promise<Json | undefined> => {
      const own = prefetched.get(id);
      if (own !== undefined || fhir === undefined) return own;
      const read = await fhir.read('ServiceRequest', id);
      return read.ok && read.value['resourceType'] === 'ServiceRequest' && read.value['id'] === id
        ? read.value
        : undefined;
    }),
  );
  const orders = found.filter((o) => o !== undefined);
  const outOfReach =
    orders.length < ids.length && fhir === undefined && (value.kind === 'absent' || value.kind === 'failed');
  return { orders, drafts: [], outOfReach };
}

/** The orders in scope of each hook (CRD 2.2, "Supported hooks"). */
export async function ordersInScope(request: CrdRequest, fhir: FhirAccess | undefined): Promise<OrdersInScope> {
  const { draftOrders, selections, dispatchedOrders, order, appointments } = request.context;
  if (request.hook === 'order-dispatch') return named(dispatchedOrders ?? [order ?? ''], request, fhir);
  if (request.hook === 'appointment-book') return named(basedOn(appointments), request, fhir);
  const drafts = serviceRequests(draftOrders);
  if (selections === undefined || request.hook === 'order-sign') return { orders: drafts, drafts, outOfReach: false };
  const selected = new Set(selections.flatMap((s) => [s, localKey({ reference: s }) ?? s]));
  return { orders: drafts.filter((o) => selected.has(`ServiceRequest/${text(o['id'])}`)), drafts, outOfReach: false };
}
