import type { Budget } from '../cds-hooks/budget.ts';
import type { Action } from '../cds-hooks/card.ts';
import { type HookAccess, hookAccess, nowIn } from '../cds-hooks/hook-access.ts';
import type { IssueCode } from '../cds-hooks/operation-outcome.ts';
import { type Json, object, objects, text } from '../chart/json.ts';
import { PatientScope } from '../chart/references.ts';
import type { Section } from '../chart/sections.ts';
import {
  checkInTime,
  type FailedOrder,
  type Gathered,
  gatherChart,
  imagingOrders,
  type OrdersToCheck,
} from '../criteria-check/answer-orders.ts';
import { uuidV5 } from '../criteria-check/assessment-id.ts';
import type { CheckedOrder, Checker, OrderCheck, PatientData } from '../criteria-check/check-order.ts';
import type { PayerOfOrder } from '../criteria-check/member.ts';
import type { Calendar, Day, Interval } from '../dates/day.ts';
import { formatDay } from '../dates/day.ts';
import type { FhirAccess, FhirCall } from '../ehr/fhir-access.ts';
import type { ImagingOrder } from '../order/order.ts';
import type { Caller } from '../trust/caller.ts';
import { alternateCard, type CrdCard } from './alternate-card.ts';
import { coverageInformation, withCoverageInformation } from './coverage-information.ts';
import type { CrdConfig } from './crd-config.ts';
import { type CrdRequest, crdOptions } from './crd-request.ts';
import type { CrdHook } from './crd-service.ts';
import { type GuidanceInput, guidance, isNoBenefit } from './guidance.ts';
import { type MemberCoverage, memberCoverage } from './member-coverage.ts';
import { ordersInScope } from './orders-in-scope.ts';

/** What answering needs beside the call: loaded once. */
export interface CrdOptions {
  readonly checker: Checker;
  readonly config: CrdConfig;
  readonly calendar: Calendar;
  /** sections that the loaded policies read */
  readonly sections: ReadonlySet<Section>;
  /** canonical, with its version, of the form about what an order's policy asks */
  readonly questionnaireOf: (check: CheckedOrder) => string;
}

/** One order with what was said about it. */
export interface ToldOrder {
  readonly order: ImagingOrder;
  /** absent when no policy governs the order, or it could not be checked */
  readonly check?: OrderCheck;
  /** why it was not checked */
  readonly unchecked?: 'not-governed' | 'technical';
  /** payer id */
  readonly payer: string;
  /** coverage-assertion-id */
  readonly assertion: string;
  /** the coverage-information extensions */
  readonly said: readonly Json[];
}

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
  const { orders, bookedFor, asked, gathered } = read;
  const payer = payerOf(found, options.checker);
  const data: PatientData | undefined =
    gathered.kind === 'gathered' && payer !== undefined ? { ...gathered.data, settled: payer } : undefined;
  const answer = data === undefined ? undefined : await checkInTime(asked, data, options.checker, budget.until);
  const byRef = new Map((answer?.checks ?? []).map((c) => [c.order.ref, c]));
  const failed = answer?.failed ?? [];
  const failedByRef = new Map(failed.map((f) => [f.order.ref, f]));
  const technicalOf = (order: ImagingOrder): string | undefined =>
    data === undefined ? 'the patient could not be read.' : technicalWords(failedByRef.get(order.ref));
  const results = orders.map((order) =>
    answerOrder(order, bookedFor(order), byRef.get(order.ref), technicalOf(order), request, found, options, now.lo),
  );
  return {
    ...nothing,
    cards: results.flatMap((r) => r.card ?? []).slice(0, crdOptions(request.extension).maxCards),
    systemActions: results.flatMap((r) => r.action ?? []),
    told: results.flatMap((r) => r.told ?? []),
    ...(data !== undefined && { data }),
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
    orders: orders.map((o) => o.resource),
    drafts: scope.drafts,
    prefetch: chartPrefetch(request, fhir !== undefined),
    base: request.fhirServer,
    fhir,
    ehr: caller.ehr,
    today: now,
    sections: options.sections,
  };
  return {
    orders,
    bookedFor: ({ resource }) => scope.bookedFor.get(text(resource['id']) ?? ''),
    asked,
    gathered: await gatherChart(asked, options.checker),
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

interface OrderAnswer {
  readonly action?: Action;
  readonly card?: CrdCard;
  readonly told?: ToldOrder;
}

/** The check without the alternatives that are no benefit of the plan: those are not proposed. */
function benefitsOnly(check: CheckedOrder, input: GuidanceInput): CheckedOrder {
  const alternatives = check.assessment.alternatives.filter((code) => !isNoBenefit(input, code));
  return { ...check, assessment: { ...check.assessment, alternatives } };
}

/**
 * @param bookedFor the day for which the order is being booked: then it is the date of service, for benefits and lists. The criteria
 *   stay those of the order
 */
function answerOrder(
  order: ImagingOrder,
  bookedFor: Day | undefined,
  check: OrderCheck | undefined,
  technical: string | undefined,
  request: CrdRequest,
  { coverage, payer }: Extract<MemberCoverage, { ok: true }>,
  options: CrdOptions,
  today: Day,
): OrderAnswer {
  const [study] = order.studies;
  if (study === undefined) return {};
  const { studies } = options.checker.knowledge;
  const checked = check?.kind === 'checked' ? check : undefined;
  const serviceDate = bookedFor ?? order.serviceDate;
  const input: GuidanceInput = {
    hook: request.hook satisfies CrdHook,
    studies: order.open === undefined ? [checked?.study ?? study] : order.studies,
    open: order.open,
    member: {
      plans: coverage.plans,
      lineOfBusiness: coverage.lineOfBusiness,
      serviceDate,
    },
    today,
    inForce: coverage.covers(serviceDate),
    payer,
    config: options.config,
    check: checked,
    ...(technical !== undefined && { technical }),
    questionnaireOf: options.questionnaireOf,
  };
  const statements = guidance(input);
  // The same is said under the same number, anything else under another one: what was said before stays on record.
  const assertion = uuidV5(
    JSON.stringify(['assertion', request.fhirServer ?? '', coverage.ref, order.ref, checked?.id ?? '', statements]),
  );
  const said = statements.map((g) =>
    coverageInformation(g, { coverage: coverage.ref, date: formatDay(today), id: assertion }),
  );
  const updated = withCoverageInformation(order.resource, coverage.ref, said, request.fhirServer);
  const wanted = crdOptions(request.extension);
  const withSaid = wanted.coverageInfo ? (updated ?? order.resource) : order.resource;
  const card =
    wanted.alternatives && input.inForce && checked?.assessment.outcome === 'alternative'
      ? alternateCard(benefitsOnly(checked, input), payer.label, withSaid, studies)
      : undefined;
  return {
    ...(wanted.coverageInfo &&
      updated !== undefined && {
        action: {
          type: 'update',
          description: `Record coverage and prior-authorization requirements on the order of ${study.label}`,
          resource: updated,
        } as const,
      }),
    ...(card !== undefined && { card }),
    told: {
      order,
      payer: payer.payer,
      assertion,
      said: wanted.coverageInfo ? said : [],
      ...(check === undefined
        ? { unchecked: technical === undefined ? ('not-governed' as const) : ('technical' as const) }
        : { check }),
    },
  };
}
