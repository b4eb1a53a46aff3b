import type { Budget } from '../cds-hooks/budget.ts';
import type { Action } from '../cds-hooks/card.ts';
import { type HookAccess, hookAccess, nowIn } from '../cds-hooks/hook-access.ts';
import { keptAnswersOf } from '../cds-hooks/kept-answers.ts';
import type { IssueCode } from '../cds-hooks/operation-outcome.ts';
import { type Json, object, objects, text } from '../chart/json.ts';
import { PatientScope } from '../chart/references.ts';
import { checkInTime, type FailedOrder } from '../criteria-check/answer-orders.ts';
import type { AnswersBeside } from '../criteria-check/answers-beside.ts';
import { type Gathered, gatherChart } from '../criteria-check/gather.ts';
import type { PayerOfOrder } from '../criteria-check/member.ts';
import type { Checker, PatientData } from '../criteria-check/order-check.ts';
import { imagingOrders, type OrdersToCheck } from '../criteria-check/orders-to-check.ts';
import type { Day, Interval } from '../dates/day.ts';
import type { FhirAccess, FhirCall } from '../ehr/fhir-access.ts';
import { atVisit } from '../order/at-visit.ts';
import type { ImagingOrder } from '../order/order.ts';
import type { Caller } from '../trust/caller.ts';
import type { CrdCard } from './alternate-card.ts';
import { type AnsweredCall, answerOrder, type CrdOptions, type ToldOrder } from './answer-order.ts';
import { type CrdRequest, crdOptions } from './crd-request.ts';
import { type MemberCoverage, memberCoverage } from './member-coverage.ts';
import { ordersInScope } from './orders-in-scope.ts';

export type CrdAnswer =
  | {
      readonly status: 200;
      readonly cards: readonly CrdCard[];
      readonly systemActions: readonly Action[];
      readonly told: readonly ToldOrder[];
      readonly data?: PatientData;
      readonly failed: readonly FailedOrder[];
      readonly calls: readonly FhirCall[];
      readonly now: Interval;
    }
  | { readonly status: 400 | 412; readonly code: IssueCode; readonly field: string; readonly message: string };

/** Answers a call of payer mode. Never throws because of content. Nothing is asked of the EHR after the answer. */
export async function answerCrd(
  request: CrdRequest,
  caller: Caller,
  options: CrdOptions,
  budget: Budget,
): Promise<CrdAnswer> {
  const access = hookAccess(request, caller, budget);
  try {
    return await answerWith(access, request, caller, options, budget);
  } finally {
    access.end();
  }
}

/**
 * The coverage and the chart are read at the same time. A coverage that says no ends the call at once, and nothing that was read
 * of the chart is used; where the prefetch alone says no, nothing is read.
 */
async function answerWith(
  { fhir, calls }: HookAccess,
  request: CrdRequest,
  caller: Caller,
  options: CrdOptions,
  budget: Budget,
): Promise<CrdAnswer> {
  const now = nowIn(options.calendar);
  const coverage = memberCoverage(request, options.config, fhir);
  const chart = chartOfOrders(request, fhir, caller, options, now, coverage);
  chart.catch(() => {}); // where nobody waits for it any more
  const found = await coverage;
  if (!found.ok) return { status: found.status, code: found.code, field: 'prefetch.coverage', message: found.message };
  const read = await chart;
  if (read === 'out-of-reach')
    return { status: 412, code: 'incomplete', field: 'prefetch.serviceRequests', message: OUT_OF_REACH };
  const nothing = { status: 200, cards: [], systemActions: [], told: [], failed: [], calls, now } as const;
  if (read === undefined) return nothing;
  const { orders, bookedFor, asked, gathered, answers } = read;
  const payer = payerOf(found, options.checker);
  const data: PatientData | undefined =
    gathered.kind === 'gathered' && payer !== undefined ? { ...gathered.data, settled: payer } : undefined;
  const answer =
    data === undefined ? undefined : await checkInTime(asked, data, options.checker, budget.until, answers);
  const byRef = new Map((answer?.checks ?? []).map((c) => [c.order.ref, c]));
  const failed = answer?.failed ?? [];
  const failedByRef = new Map(failed.map((f) => [f.order.ref, f]));
  const technicalOf = (order: ImagingOrder): string | undefined =>
    data === undefined ? 'the patient could not be read.' : technicalWords(failedByRef.get(order.ref));
  const call: AnsweredCall = { request, coverage: found.coverage, payer: found.payer, options, today: now.lo };
  const results = orders.flatMap((order) => {
    const [study] = order.studies;
    if (study === undefined) return [];
    const asked = {
      order,
      study,
      bookedFor: bookedFor(order),
      check: byRef.get(order.ref),
      technical: technicalOf(order),
    };
    return [answerOrder(asked, call)];
  });
  return {
    ...nothing,
    cards: results.flatMap((r) => r.card ?? []).slice(0, crdOptions(request.extension).maxCards),
    systemActions: results.flatMap((r) => r.action ?? []),
    told: results.map((r) => r.told),
    ...(answer?.data !== undefined && { data: answer.data }),
    failed,
  };
}

const OUT_OF_REACH = 'the orders are neither prefetched nor can they be read';

/** Why an order was not checked. */
const technicalWords = (failed: FailedOrder | undefined): string | undefined =>
  failed === undefined ? undefined : failed.late === true ? 'too many orders in one call.' : 'an internal error.';

/** The imaging orders of a call, and what was read of the patient for them. */
interface ChartOfOrders {
  readonly orders: readonly ImagingOrder[];
  /** the day for which an order is being booked */
  readonly bookedFor: (order: ImagingOrder) => Day | undefined;
  readonly asked: OrdersToCheck;
  readonly gathered: Gathered;
  /** from the worksheet, where they are kept here */
  readonly answers: AnswersBeside | undefined;
}

/** @returns undefined when there is nothing to read for: no imaging order, or a coverage that says no before anything is read */
async function chartOfOrders(
  request: CrdRequest,
  fhir: FhirAccess | undefined,
  caller: Caller,
  options: CrdOptions,
  now: Interval,
  coverage: Promise<MemberCoverage>,
): Promise<ChartOfOrders | 'out-of-reach' | undefined> {
  const scope = await ordersInScope(request, fhir);
  if (scope.outOfReach) return 'out-of-reach';
  const orders = imagingOrders(
    { orders: scope.orders, ehr: caller.ehr, today: now },
    new PatientScope(request.context.patientId, request.fhirServer),
    options.checker,
  );
  if (orders.length === 0 || (await refusedBefore(coverage))) return undefined;
  const asked: OrdersToCheck = {
    patientId: request.context.patientId,
    userId: request.context.userId,
    // the order itself stays as it is: what is answered on it changes nothing else
    orders: orders.map((o) => atVisit(o.resource, request.context.encounterId)),
    drafts: scope.drafts,
    prefetch: chartPrefetch(request, fhir !== undefined),
    base: request.fhirServer,
    fhir,
    ehr: caller.ehr,
    today: now,
    sections: options.sections,
  };
  const kept = keptAnswersOf(options.answers, caller.ehr, request.fhirServer, request.context.patientId);
  const [gathered, answers] = await Promise.all([gatherChart(asked, options.checker), kept?.(orders)]);
  return {
    orders,
    bookedFor: ({ resource }) => scope.bookedFor.get(text(resource['id']) ?? ''),
    asked,
    gathered,
    answers,
  };
}

/** Has the coverage said no already, without a word of the EHR? What needs no network is settled before the next turn. */
async function refusedBefore(coverage: Promise<MemberCoverage>): Promise<boolean> {
  const nextTurn = new Promise<'open'>((resolve) => setImmediate(() => resolve('open')));
  const soon = await Promise.race([coverage, nextTurn]);
  return soon !== 'open' && !soon.ok;
}

/**
 * The prefetch of the chart. Under `serviceRequests` CRD gives the orders in question, not all of the chart's; under
 * `practitioners` and `practitionerRoles` the people that an order names, not all roles of the one who orders.
 */
function chartPrefetch(request: CrdRequest, canRead: boolean): Json {
  const { serviceRequests: _orders, practitioners, practitionerRoles, ...given } = request.prefetch ?? {};
  const people = [practitioners, practitionerRoles].flatMap((b) => objects(object(b)?.['entry']));
  return {
    ...given,
    ...(!canRead && practitionerRoles !== undefined && { practitionerRoles }),
    ...(people.length > 0 && { practitioner: { resourceType: 'Bundle', type: 'searchset', entry: people } }),
  };
}

const payerOf = (
  { coverage, payer }: Extract<MemberCoverage, { ok: true }>,
  { knowledge }: Checker,
): PayerOfOrder | undefined => {
  const known = knowledge.payers.get(payer.payer);
  if (known === undefined) return undefined;
  return {
    id: known.id,
    name: known.name,
    lineOfBusiness: coverage.lineOfBusiness ?? 'commercial',
    lineAssumed: coverage.lineOfBusiness === undefined,
    assumed: false,
    coverage: coverage.ref,
    plans: coverage.plans,
  };
};
