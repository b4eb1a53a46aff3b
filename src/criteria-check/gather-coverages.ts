import { isObject, type Json } from '../chart/json.ts';
import { coverageQuery } from '../chart/queries.ts';
import type { PatientScope } from '../chart/references.ts';
import { retrieveSection } from '../chart/retrieve.ts';
import type { RetrievedSection } from '../chart/sections.ts';
import { type Coverage, hasUnreadable, insuranceOf, readCoverages } from '../coverage/coverage.ts';
import type { Checker, PatientData } from './order-check.ts';
import type { OrdersToCheck } from './orders-to-check.ts';

/** What is on file of who pays. */
export interface Coverages {
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
export async function coveragesOf(request: OrdersToCheck, scope: PatientScope, checker: Checker): Promise<Coverages> {
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
export const coverageState = ({ state }: Coverages, hasDefault: boolean): PatientData['coverageState'] =>
  state === 'complete' || (state === 'not-available' && hasDefault) ? 'complete' : 'unavailable';

/** Coverages that are not looked at, as the payer of the orders is settled elsewhere. */
export const NOT_ASKED: Coverages = { coverages: [], state: 'complete' };
