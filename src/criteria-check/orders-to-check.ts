import type { Json } from '../chart/json.ts';
import { ReadContext } from '../chart/read-context.ts';
import type { PatientScope } from '../chart/references.ts';
import type { Section } from '../chart/sections.ts';
import type { Interval } from '../dates/day.ts';
import type { Ehr } from '../ehr/ehr-registry.ts';
import type { FhirAccess } from '../ehr/fhir-access.ts';
import { type ImagingOrder, readOrder } from '../order/order.ts';
import type { Checker } from './order-check.ts';

/** What a hook call brings about the orders to check. */
export interface OrdersToCheck {
  readonly patientId: string;
  /** "Practitioner/x" or "PractitionerRole/y" */
  readonly userId: string | undefined;
  readonly orders: readonly Json[];
  /** all service requests of the basket: what is ordered along with an order is evidence */
  readonly drafts: readonly Json[];
  readonly prefetch: Json | undefined;
  readonly base: string | undefined;
  readonly fhir: FhirAccess | undefined;
  readonly ehr: Ehr | undefined;
  /** today in the configured time zone */
  readonly today: Interval;
  readonly sections: ReadonlySet<Section>;
}

/** Reads each order as an imaging order of this patient; an order that cannot be read is none. */
export function imagingOrders(
  request: Pick<OrdersToCheck, 'orders' | 'ehr' | 'today'>,
  scope: PatientScope,
  checker: Checker,
): readonly ImagingOrder[] {
  const { codes, studies } = checker.knowledge;
  const ctx = new ReadContext(codes, studies, request.ehr?.localCodes);
  const seen = new Set<string>();
  return request.orders.flatMap((resource) => {
    const order = guarded(() => readOrder(resource, scope, studies, ctx, request.today, request.ehr?.orderables));
    if (order === undefined || seen.has(order.ref)) return [];
    seen.add(order.ref);
    return [order];
  });
}

/** Content that breaks a reader (a code nested a thousand times) is unreadable, not an error of the server. */
function guarded<T>(run: () => T | undefined): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
