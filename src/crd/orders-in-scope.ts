import { type Json, object, objects, text } from '../chart/json.ts';
import { EHR_ID, localReference } from '../chart/references.ts';
import { readPrefetch } from '../chart/retrieve.ts';
import { type Day, parseDate } from '../dates/day.ts';
import { type FhirAccess, matches } from '../ehr/fhir-access.ts';
import { serviceRequests } from '../order/order.ts';
import { selectedOf } from '../order/selected.ts';
import type { CrdRequest } from './crd-request.ts';

/** Orders of one call that are read from the EHR one by one: as many as are checked. */
const MOST_READ = 100;

/** The orders that a call is about. */
export interface OrdersInScope {
  readonly orders: readonly Json[];
  /** all service requests of the basket: what is ordered along with an order is evidence */
  readonly drafts: readonly Json[];
  /** orders are only referred to, and can be had neither by prefetch nor by the token */
  readonly outOfReach: boolean;
  /** by id: the day for which an order is being booked */
  readonly bookedFor: ReadonlyMap<string, Day>;
}

const NOT_BOOKED: OrdersInScope['bookedFor'] = new Map();

/** The id of the order that a reference names, if the order is of the EHR that calls; some clients write the id alone. */
function orderId(reference: Json, base: string | undefined): string | undefined {
  const given = text(reference['reference']);
  if (given !== undefined && EHR_ID.test(given)) return given;
  const parsed = localReference(reference, base);
  return parsed?.type === 'ServiceRequest' && EHR_ID.test(parsed.id) ? parsed.id : undefined;
}

const appointmentsOf = ({ appointments }: CrdRequest['context']): readonly Json[] =>
  Array.isArray(appointments)
    ? objects(appointments)
    : objects(object(appointments)?.['entry'])
        .map((e) => object(e['resource']))
        .filter((r) => r !== undefined);

/** The day of an appointment: on which it begins, else from which on it is wanted. */
const dayOf = (appointment: Json): Day | undefined =>
  (parseDate(appointment['start']) ?? parseDate(objects(appointment['requestedPeriod'])[0]?.['start']))?.lo;

/** The ids of the orders that appointments are based on, each with the day of the first of them that has one. */
function booked({ context, fhirServer }: CrdRequest): ReadonlyMap<string, Day | undefined> {
  const days = new Map<string, Day | undefined>();
  for (const appointment of appointmentsOf(context)) {
    const day = dayOf(appointment);
    for (const id of objects(appointment['basedOn']).flatMap((r) => orderId(r, fhirServer) ?? [])) {
      const before = days.get(id);
      days.set(id, before === undefined || (day !== undefined && day < before) ? day : before);
    }
  }
  return days;
}

/** Finds orders by id: in the prefetch, else at the EHR. */
async function named(
  wanted: Iterable<string>,
  request: CrdRequest,
  fhir: FhirAccess | undefined,
): Promise<Omit<OrdersInScope, 'bookedFor'>> {
  const ids = [...new Set(wanted)];
  const value = readPrefetch(request.prefetch ?? undefined, 'serviceRequests');
  const given = value.kind === 'bundle' ? matches(value.bundle) : value.kind === 'resource' ? [value.resource] : [];
  const prefetched = new Map<string, Json>(
    given.flatMap((r) => (r['resourceType'] === 'ServiceRequest' ? [[text(r['id']) ?? '', r] as const] : [])),
  );
  const toRead = new Set(ids.filter((id) => !prefetched.has(id)).slice(0, MOST_READ));
  const found = await Promise.all(
    ids.map(async (id): Promise<Json | undefined> => {
      if (fhir === undefined || !toRead.has(id)) return prefetched.get(id);
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
  const { draftOrders, selections, order } = request.context;
  if (request.hook === 'order-dispatch') {
    const { dispatchedOrders = request.context['dispatched-orders'] } = request.context;
    const ids = (dispatchedOrders ?? [order]).flatMap((reference) => orderId({ reference }, request.fhirServer) ?? []);
    return { ...(await named(ids, request, fhir)), bookedFor: NOT_BOOKED };
  }
  if (request.hook === 'appointment-book') {
    const days = booked(request);
    const bookedFor = new Map([...days].flatMap(([id, day]) => (day === undefined ? [] : [[id, day] as const])));
    return { ...(await named(days.keys(), request, fhir)), bookedFor };
  }
  const drafts = serviceRequests(draftOrders);
  const all = { orders: drafts, drafts, outOfReach: false, bookedFor: NOT_BOOKED };
  if (selections === undefined || request.hook === 'order-sign') return all;
  return { ...all, orders: selectedOf(drafts, selections) };
}
