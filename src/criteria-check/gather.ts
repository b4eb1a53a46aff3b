import { withEntryReferences } from '../chart/entry-references.ts';
import { isObject, type Json } from '../chart/json.ts';
import { chartQueries } from '../chart/queries.ts';
import { EHR_ID, PatientScope, parseReference } from '../chart/references.ts';
import { withReferredMedications } from '../chart/referred-medications.ts';
import { readPrefetch, retrieveSections } from '../chart/retrieve.ts';
import { matches } from '../ehr/fhir-access.ts';
import { type Coverages, coverageState, coveragesOf, NOT_ASKED } from './gather-coverages.ts';
import type { Checker, PatientData } from './order-check.ts';
import type { OrdersToCheck } from './orders-to-check.ts';

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

/** What was read of a patient for a check; it serves any order of that patient until the chart changes. */
export type Gathered =
  | { readonly kind: 'gathered'; readonly data: PatientData }
  | { readonly kind: 'data-missing'; readonly what: readonly string[] };

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
