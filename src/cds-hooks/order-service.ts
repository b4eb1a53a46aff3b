import type { AnswerStore } from '../answer-store/answer-store.ts';
import { buildCard, type CardOptions } from '../cards/build-card.ts';
import { failedCards } from '../cards/failed-card.ts';
import type { Json } from '../chart/json.ts';
import { answerOrders, type FailedOrder } from '../criteria-check/answer-orders.ts';
import type { CheckedOrder, Checker, OrderCheck, PatientData } from '../criteria-check/order-check.ts';
import type { Calendar, Interval } from '../dates/day.ts';
import type { FhirCall } from '../ehr/fhir-access.ts';
import { atVisit } from '../order/at-visit.ts';
import { type ImagingOrder, serviceRequests } from '../order/order.ts';
import { selectedOf } from '../order/selected.ts';
import type { Caller } from '../trust/caller.ts';
import type { Budget } from './budget.ts';
import type { Card } from './card.ts';
import { hookAccess, nowIn } from './hook-access.ts';
import { keptAnswersOf } from './kept-answers.ts';
import type { OrderHookRequest } from './request.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { linkToWorksheet, type WorksheetLinks } from './worksheet-link.ts';

/** What answering order hooks needs beside the request: loaded once. */
export interface OrderServiceOptions {
  readonly checker: Checker;
  readonly cards: Omit<CardOptions, 'quirks'>;
  readonly calendar: Calendar;
  /** leads from cards to the worksheet, where the app is served */
  readonly worksheet?: WorksheetLinks;
  /** answers from the worksheet that an EHR does not take */
  readonly answers?: AnswerStore;
}

/** Where the client of a call reaches our pages. */
export interface PageAddresses {
  /** where the EHR launches the worksheet */
  readonly launch?: () => string;
  /** where the criteria that an order was checked against can be read */
  readonly criteria?: (check: CheckedOrder) => string;
}

/** An assessment with the card that tells it; one that the EHR does not want to see has none. */
export interface ToldCheck {
  readonly check: OrderCheck;
  readonly card?: Card;
}

export type HookAnswer =
  | {
      readonly status: 200;
      readonly cards: readonly Card[];
      readonly told: readonly ToldCheck[];
      readonly data?: PatientData;
      readonly failed: readonly FailedOrder[];
      /** orders that no text in force governs */
      readonly ungoverned: readonly ImagingOrder[];
      readonly calls: readonly FhirCall[];
      /** the date of orders that carry none */
      readonly now: Interval;
    }
  | { readonly status: 412; readonly what: readonly string[] };

/** The orders that the hook is about: the selected ones for order-select, all of the basket for order-sign. */
function ordersOf(request: OrderHookRequest): readonly Json[] {
  const { encounterId, draftOrders, selections } = request.context;
  const orders = serviceRequests(draftOrders).map((order) => atVisit(order, encounterId));
  if (selections === undefined) return orders;
  return selectedOf(orders, selections);
}

/**
 * Answers an order-select or order-sign call.
 * @param budget the time of the call
 * @param addresses where the caller reaches our pages
 * @returns the cards with what they rest on, or 412 when required data cannot be had
 */
export async function answerOrderHook(
  service: ServiceDefinition,
  request: OrderHookRequest,
  caller: Caller,
  options: OrderServiceOptions,
  budget: Budget,
  addresses: PageAddresses = {},
): Promise<HookAnswer> {
  const today = nowIn(options.calendar);
  const { ehr } = caller;
  const { fhir, calls } = hookAccess(request, caller, budget);
  const answer = await answerOrders(
    {
      patientId: request.context.patientId,
      userId: request.context.userId,
      orders: ordersOf(request),
      drafts: serviceRequests(request.context.draftOrders),
      prefetch: request.prefetch,
      base: request.fhirServer,
      fhir,
      ehr,
      today,
      sections: service.sections,
    },
    options.checker,
    budget.until,
    keptAnswersOf(options.answers, ehr, request.fhirServer, request.context.patientId),
  );
  if (answer.kind === 'data-missing') return { status: 412, what: answer.what };
  const cardOptions: CardOptions = { ...options.cards, quirks: ehr?.quirks ?? new Set() };
  const tell = async (check: OrderCheck): Promise<ToldCheck> => {
    const wanted = ehr === undefined || check.kind === 'unchecked' || ehr.show.has(check.assessment.outcome);
    const shown = wanted || (check.kind === 'checked' && check.urgent.length > 0);
    if (!shown) return { check };
    const { worksheet } = options;
    const link =
      worksheet === undefined || addresses.launch === undefined
        ? undefined
        : await linkToWorksheet(check, request, caller, today, addresses.launch(), worksheet.contextOf);
    const criteriaUrl = check.kind === 'checked' ? addresses.criteria?.(check) : undefined;
    return { check, card: buildCard(check, cardOptions, { worksheet: link, criteriaUrl }) };
  };
  const told = await Promise.all(answer.checks.map(tell));
  return {
    status: 200,
    cards: [...told.flatMap((t) => t.card ?? []), ...failedCards(answer.failed, cardOptions)],
    told,
    ...(answer.data !== undefined && { data: answer.data }),
    failed: answer.failed,
    ungoverned: answer.ungoverned,
    calls,
    now: today,
  };
}
