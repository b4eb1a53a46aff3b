import { withEntryReferences } from '../chart/entry-references.ts';
import { isObject, type Json } from '../chart/json.ts';
import { chartQueries, coverageQuery } from '../chart/queries.ts';
import { ReadContext } from '../chart/read-context.ts';
import { EHR_ID, PatientScope, parseReference } from '../chart/references.ts';
import { withReferredMedications } from '../chart/referred-medications.ts';
import { readPrefetch, retrieveSection, retrieveSections } from '../chart/retrieve.ts';
import type { RetrievedSection, Section } from '../chart/sections.ts';
import { type Coverage, hasUnreadable, insuranceOf, readCoverages } from '../coverage/coverage.ts';
import { formatDay, type Interval } from '../dates/day.ts';
import type { Ehr } from '../ehr/ehr-registry.ts';
import { type FhirAccess, matches } from '../ehr/fhir-access.ts';
import { type ImagingOrder, readOrder } from '../order/order.ts';
import { checkOrder } from './check-order.ts';
import type { Checker, OrderCheck, PatientData } from './order-check.ts';

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

/** The patient's resource, from the prefetch or read; only the patient of the call counts. */
async function patientOf(request: OrdersToCheck): Promise<Json | undefined> {
  const own = (r: Json): boolean => r['resourceType'] === 'Patient' && r['id'] === request.patientId;
  const value = readPrefetch(request.prefetch, 'patient');
  // some clients answer a read with the Bundle of a search
  const given = value.kind === 'bundle' ? matches(value.bundle) : value.kind === 'resource' ? [value.resource] : [];
  const found = given.find(own);
  if (found !== undefined) return found;
  if (request.fhir === undefined) return undefined;
  const read = await request.fhir.read('Patient', request.patientId);
  return read.ok && own(read.value) ? read.value : undefined;
}

interface Coverages {
  readonly coverages: readonly Coverage[];
  readonly state: RetrievedSection['state'];
}

/** How many Coverages and payers are read one by one. */
const MOST_READS = 5;

/** The Coverages that orders name and the search did not bring. */
async function insurancesOf(request: OrdersToCheck, found: readonly unknown[]): Promise<readonly Json[]> {
  const { fhir } = request;
  if (fhir === undefined) return [];
  const brought = new Set(found.flatMap((r) => (isObject(r) ? [`${r['resourceType']}/${r['id']}`] : [])));
  const lacking = [...new Set(request.orders.flatMap((o) => insuranceOf(o, request.base)))]
    .filter((ref) => ref.startsWith('Coverage/') && !brought.has(ref))
    .slice(0, MOST_READS);
  const read = await Promise.all(lacking.map((ref) => fhir.read('Coverage', ref.slice('Coverage/'.length))));
  return read.flatMap((r) => (r.ok ? [r.value] : []));
}

/** The patient's coverages; payers that are only referred to are read. */
async function coveragesOf(request: OrdersToCheck, scope: PatientScope, checker: Checker): Promise<Coverages> {
  const found = await retrieveSection(coverageQuery(request.patientId), request.prefetch, request.fhir);
  const retrieved = { ...found, resources: [...found.resources, ...(await insurancesOf(request, found.resources))] };
  const coverages = readCoverages(retrieved.resources, scope);
  const state = found.state === 'complete' && hasUnreadable(found.resources, scope) ? 'truncated' : found.state;
  const { fhir } = request;
  const unnamed = coverages.filter(
    (c) => c.organization !== undefined && checker.knowledge.payers.find(c.payer) === undefined,
  );
  if (fhir === undefined || unnamed.length === 0) return { coverages, state };
  const ids = [...new Set(unnamed.flatMap((c) => c.organization?.slice('Organization/'.length) ?? []))].slice(
    0,
    MOST_READS,
  );
  const organizations = await Promise.all(ids.map((id) => fhir.read('Organization', id)));
  const read = organizations.flatMap((o) => (o.ok ? [o.value] : []));
  const failed = organizations.some((o) => !o.ok && o.problem !== 'not-found' && o.problem !== 'forbidden');
  return {
    coverages: readCoverages([...retrieved.resources, ...read], scope),
    state: failed ? 'failed' : state,
  };
}

/** An EHR that does not show coverages has not said that there are none; where a default payer is configured for it, it counts so. */
const coverageState = ({ state }: Coverages, hasDefault: boolean): PatientData['coverageState'] =>
  state === 'complete' || (state === 'not-available' && hasDefault) ? 'complete' : 'unavailable';

/** The bare id of the practitioner who orders, if the user is one. */
function practitionerId(userId: string | undefined): string | undefined {
  const parsed = parseReference(userId);
  return parsed?.type === 'Practitioner' && EHR_ID.test(parsed.id) ? parsed.id : undefined;
}

/** Practitioner and roles of the prefetch, for the orderer's specialty. */
function prefetchedPractitioner(prefetch: Json | undefined): readonly Json[] {
  const value = readPrefetch(prefetch, 'practitioner');
  return value.kind === 'resource' ? [value.resource] : value.kind === 'bundle' ? matches(value.bundle) : [];
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

/** What was read of a patient for a check; it serves any order of that patient until the chart changes. */
export type Gathered =
  | { readonly kind: 'gathered'; readonly data: PatientData }
  | { readonly kind: 'data-missing'; readonly what: readonly string[] };

/** Coverages that are not looked at, as the payer of the orders is settled elsewhere. */
const NOT_ASKED: Coverages = { coverages: [], state: 'complete' };

/** Retrieves what the policies need of the patient: the chart by sections, the coverages, the orderer's roles. */
export function gather(asked: OrdersToCheck, checker: Checker): Promise<Gathered> {
  const request = resolved(asked);
  const scope = new PatientScope(request.patientId, request.base);
  return gatherWith(request, checker, scope, coveragesOf(request, scope, checker));
}

/** The same without the coverages, for checks whose payer is settled elsewhere. */
export const gatherChart = (request: OrdersToCheck, checker: Checker): Promise<Gathered> =>
  gatherWith(resolved(request), checker, new PatientScope(request.patientId, request.base), Promise.resolve(NOT_ASKED));

const resolved = (request: OrdersToCheck): OrdersToCheck =>
  request.prefetch === undefined ? request : { ...request, prefetch: withEntryReferences(request.prefetch) };

async function gatherWith(
  request: OrdersToCheck,
  checker: Checker,
  scope: PatientScope,
  asked: Promise<Coverages>,
): Promise<Gathered> {
  const practitioner = practitionerId(request.userId);
  const queries = chartQueries(
    { patient: request.patientId, ...(practitioner !== undefined && { practitioner }) },
    request.sections,
    checker.canonical.factSystem,
  );
  const [patient, coverages, sections] = await Promise.all([
    patientOf(request),
    asked,
    retrieveSections(queries, request.prefetch, request.fhir).then((retrieved) =>
      withReferredMedications(retrieved, scope, request.base, request.fhir),
    ),
  ]);
  const defaultPayer = request.ehr?.defaultPayer;
  const lacking = missingData(request, patient, coverages, defaultPayer !== undefined);
  if (lacking.length > 0) return { kind: 'data-missing', what: lacking };
  const whole = new Map(sections);
  const roles = sections.get('PractitionerRole');
  whole.set('PractitionerRole', {
    state: roles?.state ?? 'not-available',
    resources: [...(roles?.resources ?? []), ...prefetchedPractitioner(request.prefetch)],
  });
  const data: PatientData = {
    patientId: request.patientId,
    patient,
    ...(request.base !== undefined && { base: request.base }),
    sections: whole,
    coverages: coverages.coverages,
    coverageState: coverageState(coverages, defaultPayer !== undefined),
    ...(defaultPayer !== undefined && { defaultPayer }),
    ...(request.ehr !== undefined && { localCodes: request.ehr.localCodes }),
  };
  return { kind: 'gathered', data };
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

/** QuestionnaireResponses that are kept elsewhere than in the chart, or that they could not be read. */
export type AnswersBeside = readonly Json[] | 'unavailable';

/** What was read, with the drafts of the basket and answers that are not in the chart yet. */
function dataFor(request: OrdersToCheck, data: PatientData, answers?: AnswersBeside): PatientData {
  if (answers === 'unavailable') return dataFor(request, withAnswersUnseen(data));
  const sections = new Map(data.sections);
  sections.set('ServiceRequest', withDrafts(sections.get('ServiceRequest'), request));
  if (answers !== undefined)
    sections.set('QuestionnaireResponse', withAnswers(sections.get('QuestionnaireResponse'), answers));
  return { ...data, sections };
}

/** A chart beside which answers may be kept that could not be read: not all answers were seen, and their silence says nothing. */
export function withAnswersUnseen(data: PatientData): PatientData {
  const charted = data.sections.get('QuestionnaireResponse');
  if (charted === undefined || charted.state !== 'complete') return data;
  return { ...data, sections: new Map(data.sections).set('QuestionnaireResponse', { ...charted, state: 'truncated' }) };
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

/** The answers of the chart, and those that are not in it yet. */
function withAnswers(section: RetrievedSection | undefined, answers: readonly Json[]): RetrievedSection {
  const ids = new Set(answers.map((a) => a['id']));
  const charted = (section?.resources ?? []).filter((r) => !isObject(r) || !ids.has(r['id']));
  return { state: section?.state ?? 'not-available', resources: [...charted, ...answers] };
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

/** Required: the Patient, and a Coverage or a configured default payer; and that anything of the chart can be had at all. */
function missingData(
  request: OrdersToCheck,
  patient: Json | undefined,
  coverages: Coverages,
  hasDefault: boolean,
): readonly string[] {
  if (request.fhir !== undefined) return [];
  const prefetch = isObject(request.prefetch) ? request.prefetch : undefined;
  if (prefetch === undefined || Object.keys(prefetch).length === 0) return ['prefetch'];
  const out: string[] = [];
  if (patient === undefined) out.push('prefetch.patient');
  if (coverages.state === 'not-available' && coverages.coverages.length === 0 && !hasDefault)
    out.push('prefetch.coverages');
  if (coverages.state === 'failed' && !hasDefault) out.push('prefetch.coverages');
  return out;
}
