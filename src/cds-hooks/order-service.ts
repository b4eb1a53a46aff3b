import { buildCard, type CardOptions } from '../cards/build-card.ts';
import { failedCard } from '../cards/failed-card.ts';
import { type Json, text } from '../chart/json.ts';
import { localKey } from '../chart/references.ts';
import { answerOrders } from '../criteria-check/answer-orders.ts';
import type { Checker, OrderCheck } from '../criteria-check/check-order.ts';
import type { Calendar, Interval } from '../dates/day.ts';
import type { Ehr } from '../ehr/ehr-registry.ts';
import { FhirAccess, type FhirCall } from '../ehr/fhir-access.ts';
import { serviceRequests } from '../order/order.ts';
import type { Card } from './card.ts';
import type { OrderHookRequest } from './request.ts';
import type { ServiceDefinition } from './service-definition.ts';

/** What answering order hooks needs beside the request: loaded once. */
export interface OrderServiceOptions {
  readonly checker: Checker;
  readonly cards: Omit<CardOptions, 'quirks'>;
  readonly calendar: Calendar;
  readonly deadlineMs: number;
  /** the registered EHR of a FHIR base, and whether it may have a private address */
  readonly ehrOf: (fhirServer: string) => { readonly ehr: Ehr; readonly privateNetwork: boolean } | undefined;
}

export type HookAnswer =
  | {
      readonly status: 200;
      readonly cards: readonly Card[];
      readonly checks: readonly OrderCheck[];
      readonly failed: readonly string[];
      readonly calls: readonly FhirCall[];
    }
  | { readonly status: 412; readonly what: readonly string[] };

/** The orders that the hook is about: the selected ones for order-select, all of the basket for order-sign. */
function ordersOf(request: OrderHookRequest): readonly Json[] {
  const orders = serviceRequests(request.context.draftOrders);
  const { selections } = request.context;
  if (selections === undefined) return orders;
  const selected = new Set(selections.flatMap((s) => [s, localKey({ reference: s }) ?? s]));
  return orders.filter((o) => selected.has(`ServiceRequest/${text(o['id'])}`));
}

const now = (calendar: Calendar): Interval => {
  const at = Date.now();
  const day = calendar(at);
  return { lo: day, hi: day, at };
};

/**
 * Answers an order-select or order-sign call.
 * @returns the cards with what they rest on, or 412 when required data cannot be had
 */
export async function answerOrderHook(
  service: ServiceDefinition,
  request: OrderHookRequest,
  options: OrderServiceOptions,
): Promise<HookAnswer> {
  const calls: FhirCall[] = [];
  const registered = request.fhirServer === undefined ? undefined : options.ehrOf(request.fhirServer);
  const token = request.fhirAuthorization?.access_token;
  const fhir =
    request.fhirServer === undefined || registered === undefined || token === undefined
      ? undefined
      : new FhirAccess({
          base: request.fhirServer,
          token,
          privateNetwork: registered.privateNetwork,
          signal: AbortSignal.timeout(options.deadlineMs),
          onCall: (call) => calls.push(call),
        });
  const answer = await answerOrders(
    {
      patientId: request.context.patientId,
      userId: request.context.userId,
      orders: ordersOf(request),
      drafts: serviceRequests(request.context.draftOrders),
      prefetch: request.prefetch ?? undefined,
      base: request.fhirServer,
      fhir,
      ehr: registered?.ehr,
      today: now(options.calendar),
      sections: service.sections,
    },
    options.checker,
  );
  if (answer.kind === 'data-missing') return { status: 412, what: answer.what };
  const show = registered?.ehr.show;
  const shown = answer.checks.filter(
    (c) => show === undefined || c.kind === 'unchecked' || show.has(c.assessment.outcome) || c.urgent.length > 0,
  );
  const cardOptions: CardOptions = { ...options.cards, quirks: registered?.ehr.quirks ?? new Set() };
  return {
    status: 200,
    cards: [
      ...shown.map((c) => buildCard(c, cardOptions)),
      ...answer.failed.map((ref) => failedCard(ref, cardOptions)),
    ],
    checks: answer.checks,
    failed: answer.failed,
    calls,
  };
}
