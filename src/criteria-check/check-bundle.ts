import type { LocalCodes } from '../chart/code-meanings.ts';
import { withEntryReferences } from '../chart/entry-references.ts';
import { isObject, type Json, object, objects, text } from '../chart/json.ts';
import { ReadContext } from '../chart/read-context.ts';
import { EHR_ID, PatientScope } from '../chart/references.ts';
import { type RetrievedSection, SECTIONS, type Section } from '../chart/sections.ts';
import { readCoverages } from '../coverage/coverage.ts';
import type { LineOfBusiness } from '../coverage/payers.ts';
import type { Interval } from '../dates/day.ts';
import { formatDay } from '../dates/day.ts';
import { type ImagingOrder, type Orderables, readOrder, serviceRequests } from '../order/order.ts';
import { SYSTEMS } from '../terminology/systems.ts';
import { checkOrder } from './check-order.ts';
import type { Checker, OrderCheck, PatientData } from './order-check.ts';

/** The chart cannot be read as one patient's; the message says what is expected. */
class ChartError extends Error {
  readonly code = 'CHART_INVALID';
}

const EXPECTED = 'expected a FHIR Bundle with one Patient that has an id';

/** A whole chart in one Bundle. */
export interface BundledChart {
  readonly patientId: string;
  readonly patient: Json;
  readonly resources: readonly Json[];
}

/** What is ordered for a bundled chart. */
export interface OrderWish {
  /** CPT code; without it the imaging orders of the bundle are checked */
  readonly study?: string;
  /** payer id; without it the coverages of the bundle decide */
  readonly payer?: string;
  readonly lineOfBusiness?: LineOfBusiness;
  /** ICD-10-CM codes of the order */
  readonly reasons?: readonly string[];
  /** what local codes and orderables of the EHR mean */
  readonly local?: { readonly localCodes: LocalCodes; readonly orderables: Orderables };
  readonly date: Interval;
}

/**
 * Reads a FHIR Bundle (or a list of resources) as the chart of one patient.
 * @throws ChartError when there is no Patient, or more than one
 */
export function readBundledChart(value: unknown): BundledChart {
  const kind = text(object(value)?.['resourceType']);
  if (kind !== undefined && kind !== 'Bundle')
    throw new ChartError(`${EXPECTED}, found a single ${kind.slice(0, 40)} that is in no Bundle`);
  const resources = Array.isArray(value)
    ? objects(value)
    : objects(withEntryReferences({ bundle: object(value) }).bundle?.['entry']).flatMap((e) =>
        isObject(e['resource']) ? [e['resource']] : [],
      );
  const patients = resources.filter((r) => r['resourceType'] === 'Patient');
  const [patient] = patients;
  const id = text(patient?.['id']);
  if (patient === undefined) throw new ChartError(`${EXPECTED}, found no Patient among ${resources.length} resources`);
  if (id === undefined || !EHR_ID.test(id))
    throw new ChartError(`${EXPECTED}, found one whose id is missing or is none`);
  if (patients.length > 1) throw new ChartError(`${EXPECTED}, found ${patients.length} of them`);
  return { patientId: id, patient, resources };
}

/** An order that is supposed for a chart. */
export function orderFor(chart: BundledChart, study: string, wish: OrderWish): Json {
  return {
    resourceType: 'ServiceRequest',
    id: 'order-to-check',
    status: 'draft',
    intent: 'order',
    code: { coding: [{ system: SYSTEMS.cpt[0], code: study }] },
    subject: { reference: `Patient/${chart.patientId}` },
    authoredOn: formatDay(wish.date.hi),
    ...((wish.reasons ?? []).length > 0 && {
      reasonCode: wish.reasons?.map((code) => ({ coding: [{ system: SYSTEMS.icd10cm[0], code }] })),
    }),
  };
}

/** The chart as the check wants it: whatever the bundle does not hold does not exist. */
export function patientData(chart: BundledChart, wish: OrderWish): PatientData {
  const byType = Map.groupBy(chart.resources, (r) => text(r['resourceType']) ?? '');
  const sections = new Map<Section, RetrievedSection>(
    SECTIONS.map((s) => [s, { state: 'complete', resources: byType.get(s) ?? [] }]),
  );
  const people = ['Practitioner', 'Medication'].flatMap((type) => byType.get(type) ?? []);
  const roles = sections.get('PractitionerRole')?.resources ?? [];
  sections.set('PractitionerRole', { state: 'complete', resources: [...roles, ...people] });
  const organizations = byType.get('Organization') ?? [];
  const scope = new PatientScope(chart.patientId);
  return {
    patientId: chart.patientId,
    patient: chart.patient,
    sections,
    coverages:
      wish.payer === undefined ? readCoverages([...(byType.get('Coverage') ?? []), ...organizations], scope) : [],
    coverageState: 'complete',
    ...(wish.local !== undefined && { localCodes: wish.local.localCodes }),
    ...(wish.payer !== undefined && {
      defaultPayer: { payer: wish.payer, lineOfBusiness: wish.lineOfBusiness ?? 'commercial', chosen: true },
    }),
  };
}

/** The orders to check: of the study that is wished, else the imaging orders of the bundle. */
export function bundledOrders(chart: BundledChart, wish: OrderWish, { knowledge }: Checker): readonly ImagingOrder[] {
  const scope = new PatientScope(chart.patientId);
  const { codes, studies } = knowledge;
  const orders =
    wish.study === undefined
      ? serviceRequests({ entry: chart.resources.map((resource) => ({ resource })) }).filter((r) => isOpen(r))
      : [orderFor(chart, wish.study, wish)];
  const ctx = new ReadContext(codes, studies, wish.local?.localCodes);
  return orders.flatMap((o) => readOrder(o, scope, studies, ctx, wish.date, wish.local?.orderables) ?? []);
}

/** What became of the imaging orders of a bundle. */
export interface CheckedBundle {
  readonly checks: readonly OrderCheck[];
  /** orders that no text governs */
  readonly ungoverned: readonly ImagingOrder[];
  readonly data: PatientData;
}

/**
 * Checks an order against a chart in one Bundle, with the criteria tree as evaluated.
 * @throws ChartError
 */
export function checkBundle(bundle: unknown, wish: OrderWish, checker: Checker): CheckedBundle {
  const chart = readBundledChart(bundle);
  const data = patientData(chart, wish);
  const orders = bundledOrders(chart, wish, checker).map((order) => ({
    order,
    check: checkOrder(order, data, checker, true),
  }));
  return {
    checks: orders.flatMap(({ check }) => check ?? []),
    ungoverned: orders.flatMap(({ order, check }) => (check === undefined ? [order] : [])),
    data,
  };
}

const isOpen = (order: Json): boolean => order['status'] === 'draft' || order['status'] === 'active';
