import type { Json } from '../chart/json.ts';
import { PatientScope } from '../chart/references.ts';
import type { RetrievedSection } from '../chart/sections.ts';
import { formatDay } from '../dates/day.ts';
import type { ImagingOrder } from '../order/order.ts';
import { type AnswersBeside, withAnswers, withAnswersUnseen } from './answers-beside.ts';
import { checkOrder } from './check-order.ts';
import { gather } from './gather.ts';
import type { Checker, OrderCheck, PatientData } from './order-check.ts';
import { imagingOrders, type OrdersToCheck } from './orders-to-check.ts';

export type Answer =
  | {
      readonly kind: 'checked';
      readonly checks: readonly OrderCheck[];
      /** what the checks rest on; absent when there was nothing to check */
      readonly data?: PatientData;
      /** orders whose check broke, with the kind of the error */
      readonly failed: readonly FailedOrder[];
      /** orders that no text in force governs */
      readonly ungoverned: readonly ImagingOrder[];
    }
  /** required data can be had neither from the prefetch nor from the EHR (412) */
  | { readonly kind: 'data-missing'; readonly what: readonly string[] };

type Checked = Extract<Answer, { readonly kind: 'checked' }>;

/** An order that was not checked: its check broke (a defect of ours, never the caller's), or the call has too many for its time. */
export interface FailedOrder {
  readonly order: ImagingOrder;
  /** there was no time left, or too many came before it */
  readonly late?: true;
  /** for the log: kind and place of the error, nothing of the chart */
  readonly error: string;
}

export interface CheckOptions {
  /** QuestionnaireResponses that are not in the chart yet; one of the same id there is replaced */
  readonly answers?: readonly Json[];
  /** tell the evaluated criteria tree too */
  readonly withTrace?: boolean;
}

/** Checks the orders against what was read. An order whose check breaks is named in `failed`. */
export function checkGathered(
  request: OrdersToCheck,
  data: PatientData,
  checker: Checker,
  options: CheckOptions = {},
): Checked {
  const orders = imagingOrders(request, new PatientScope(request.patientId, request.base), checker);
  const read = dataFor(request, data, options.answers);
  return answered(
    orders.map((order) => checkOne(order, read, checker, options.withTrace)),
    read,
  );
}

/** The same for many orders: others are served in between, and orders that are too many or come too late are named in `failed`. */
export async function checkInTime(
  request: OrdersToCheck,
  data: PatientData,
  checker: Checker,
  until: number,
  answers?: AnswersBeside,
): Promise<Checked> {
  const orders = imagingOrders(request, new PatientScope(request.patientId, request.base), checker);
  return checkAll(orders, dataFor(request, data, answers), checker, until);
}

/** What was read, with the drafts of the basket and answers that are not in the chart yet. */
function dataFor(request: OrdersToCheck, data: PatientData, answers?: AnswersBeside): PatientData {
  if (answers === 'unavailable') return dataFor(request, withAnswersUnseen(data));
  const sections = new Map(data.sections);
  sections.set('ServiceRequest', withDrafts(sections.get('ServiceRequest'), request));
  if (answers !== undefined)
    sections.set('QuestionnaireResponse', withAnswers(sections.get('QuestionnaireResponse'), answers));
  return { ...data, sections };
}

/**
 * Answers the orders of one hook call: finds the imaging orders, retrieves what is needed of the chart, checks each order.
 * Never throws because of content: an order whose check breaks is named in `failed`.
 * @param until when the answer is due, on the clock of `performance.now()`
 * @param answersBeside finds QuestionnaireResponses that are kept elsewhere than in the chart; read while the chart is
 */
export async function answerOrders(
  request: OrdersToCheck,
  checker: Checker,
  until: number,
  answersBeside?: (orders: readonly ImagingOrder[]) => Promise<AnswersBeside>,
): Promise<Answer> {
  const orders = imagingOrders(request, new PatientScope(request.patientId, request.base), checker);
  if (orders.length === 0) return { kind: 'checked', checks: [], failed: [], ungoverned: [] };
  const [gathered, answers] = await Promise.all([gather(request, checker), answersBeside?.(orders)]);
  if (gathered.kind !== 'gathered') return gathered;
  return checkAll(orders, dataFor(request, gathered.data, answers), checker, until);
}

/** The planned services of the chart and of the basket; a draft without a date is today's. */
function withDrafts(section: RetrievedSection | undefined, { drafts, today }: OrdersToCheck): RetrievedSection {
  const dated = drafts.map((d) => (d['authoredOn'] === undefined ? { ...d, authoredOn: formatDay(today.lo) } : d));
  return { state: section?.state ?? 'not-available', resources: [...(section?.resources ?? []), ...dated] };
}

/** So long orders may be checked when retrieval took all of the time; one is checked in any case. */
const LEAST_MS = 500;
/** After so long others are served before the next order is checked. */
const AT_A_TIME_MS = 50;
/** No more orders of one call are checked: each is read with all others beside it, and recorded with what it rests on. */
const MOST_ORDERS = 100;

async function checkAll(
  orders: readonly ImagingOrder[],
  data: PatientData,
  checker: Checker,
  until: number,
): Promise<Checked> {
  const end = Math.max(until, performance.now() + LEAST_MS);
  const results: CheckResult[] = [];
  let since = performance.now();
  for (const order of orders) {
    const now = performance.now();
    if (results.length >= MOST_ORDERS || (now >= end && results.length > 0)) {
      results.push({ failed: { order, late: true, error: 'too many orders' } });
      continue;
    }
    if (now - since > AT_A_TIME_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    }
    results.push(checkOne(order, data, checker));
  }
  return answered(results, data);
}

interface CheckResult {
  readonly check?: OrderCheck;
  readonly failed?: FailedOrder;
  readonly ungoverned?: ImagingOrder;
}

function checkOne(order: ImagingOrder, data: PatientData, checker: Checker, withTrace = false): CheckResult {
  try {
    const check = checkOrder(order, data, checker, withTrace);
    return check === undefined ? { ungoverned: order } : { check };
  } catch (error) {
    return { failed: { order, error: placeOf(error) } };
  }
}

const answered = (results: readonly CheckResult[], data: PatientData): Checked => ({
  kind: 'checked',
  checks: results.flatMap((r) => r.check ?? []),
  data,
  failed: results.flatMap((r) => r.failed ?? []),
  ungoverned: results.flatMap((r) => r.ungoverned ?? []),
});

/** Kind and first place of an error; its message could hold text of the chart. */
const placeOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}${/\n\s+at (.*)/.exec(error.stack ?? '')?.[1] ?? ''}` : 'unknown';
