import { resolve } from 'node:path';
import { ReadContext } from '../../src/chart/read-context.ts';
import { PatientScope } from '../../src/chart/references.ts';
import { type RetrievedSection, SECTIONS, type Section, type SectionState } from '../../src/chart/sections.ts';
import { readCoverages } from '../../src/coverage/coverage.ts';
import { checkOrder } from '../../src/criteria-check/check-order.ts';
import type { Checker } from '../../src/criteria-check/order-check.ts';
import { readOrder } from '../../src/order/order.ts';
import { loadVignettes } from '../../src/vignettes/run.ts';
import { vignetteToFhir } from '../../src/vignettes/to-fhir.ts';
import { type PrefetchKeys, type Resource, searchset } from '../bodies.ts';

/** System of the payers' identifiers: those of `policies/payers.yaml`. */
export const PAYER_IDS = 'https://payer-ids.example.org';
const CANONICAL_BASE = 'https://payer-policy-cds.example.org/fhir';

/** A patient with an order whose outcome is known. */
export interface Case {
  readonly id: string;
  readonly outcome: string;
  readonly order: Resource;
  /** everything that a FHIR server has of the patient */
  readonly resources: readonly Resource[];
}

/** The golden vignettes of all policies, without those whose charts are incomplete by themselves. */
export function soakCases({ knowledge }: Checker): readonly Case[] {
  return loadVignettes(resolve(import.meta.dirname, '../../test/vignettes'))
    .flatMap((f) => f.vignettes)
    .filter((v) => Object.keys(v.incomplete).length === 0 && v.expect.outcome !== 'not-governed')
    .map((v) => {
      const { patient, order, coverage, chart } = vignetteToFhir(v, CANONICAL_BASE);
      const payer = knowledge.payers.find({ names: [v.payer], identifiers: [] });
      const named = {
        ...coverage,
        payor: [{ display: v.payer, identifier: { system: PAYER_IDS, value: payer?.id ?? 'unknown' } }],
      };
      return { id: `${v.policy} ${v.id}`, outcome: v.expect.outcome, order, resources: [patient, named, ...chart] };
    });
}

/** How much of a section an answer says it has seen. */
export interface Seen {
  readonly section: string;
  readonly state: SectionState;
}
/** Those that were not seen whole. */
export type Unseen = readonly (Seen & { readonly state: Exclude<SectionState, 'complete'> })[];

/** The outcome of a case when some sections cannot be read, found without the service. */
export function outcomeWithout({ order, resources }: Case, unseen: Unseen, checker: Checker): string {
  const { codes, studies } = checker.knowledge;
  const scope = new PatientScope('p1');
  const of = (type: string): readonly Resource[] => resources.filter((r) => r.resourceType === type);
  const sections = new Map(
    SECTIONS.map((section): [Section, RetrievedSection] => {
      const state = unseen.find((u) => u.section === section)?.state;
      return [section, state === undefined ? { state: 'complete', resources: of(section) } : { state, resources: [] }];
    }),
  );
  const read = readOrder(order, scope, studies, new ReadContext(codes, studies), { lo: 0, hi: 0 });
  const [patient] = unseen.some((u) => u.section === 'Patient') ? [] : of('Patient');
  if (read === undefined) return 'no order';
  const coverages = readCoverages(of('Coverage'), scope);
  const data = { patientId: 'p1', patient, sections, coverages, coverageState: 'complete' as const };
  const check = checkOrder(read, data, checker);
  if (check === undefined) return 'no card';
  return check.kind === 'checked' ? check.assessment.outcome : 'undetermined';
}

/** An assessment, as cards and records tell it. */
export interface Assessed {
  readonly outcome: string;
  readonly reason?: string;
  readonly completeness?: readonly Seen[];
}

/** Compares an assessment with the known outcome, or with the one that the chart gives without what was not seen. */
export function mismatch(
  known: Case,
  found: Assessed,
  checker: Checker,
): { readonly words?: string; readonly unseen: boolean } {
  const unseen = (found.completeness ?? []).filter((c): c is Unseen[number] => c.state !== 'complete');
  const expected = unseen.length === 0 ? known.outcome : outcomeWithout(known, unseen, checker);
  if (found.outcome === expected || found.reason === 'coverage-unavailable') return { unseen: unseen.length > 0 };
  const parts = unseen.map((u) => `${u.section} ${u.state}`).join(', ');
  return { words: `${found.outcome} ${found.reason ?? ''}, not ${expected} (${parts})`, unseen: unseen.length > 0 };
}

/** Where a call finds the chart: all of it in the call, by token, or patient and coverage in the call and the rest by token. */
export type Way = 'prefetch' | 'token' | 'lean';

/**
 * The body of a call.
 * @param access FHIR base and token, where the chart is read; payer mode has it in any case, as its prefetch holds no orders of the chart
 */
export function callBody(
  { order, resources }: Case,
  hook: 'order-select' | 'order-sign',
  way: Way,
  keys: PrefetchKeys,
  access: { readonly base: string; readonly token: string },
  base: 'cds' | 'crd' = 'cds',
  hookInstance: string = crypto.randomUUID(),
): string {
  const ofType = (type: string): readonly Resource[] => resources.filter((r) => r.resourceType === type);
  const bundles = Object.entries(keys)
    .filter(([type]) => (way === 'prefetch' && (base === 'cds' || type !== 'ServiceRequest')) || type === 'Coverage')
    .map(([type, key]) => [base === 'crd' && type === 'Coverage' ? 'coverage' : key, searchset(ofType(type))]);
  const [patient] = ofType('Patient');
  const prefetch = {
    patient,
    ...(way === 'prefetch' && { practitioner: null, answers: searchset([]) }),
    ...Object.fromEntries(bundles),
  };
  return JSON.stringify({
    hook,
    hookInstance,
    context: {
      userId: 'Practitioner/orderer',
      patientId: 'p1',
      ...(hook === 'order-select' && { selections: [`ServiceRequest/${order.id}`] }),
      draftOrders: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: order }] },
    },
    ...(way !== 'token' && { prefetch }),
    ...((way !== 'prefetch' || base === 'crd') && {
      fhirServer: access.base,
      fhirAuthorization: {
        access_token: access.token,
        token_type: 'Bearer',
        expires_in: 300,
        scope: 'patient/*.rs user/*.rs',
        subject: 'cds-service',
      },
    }),
  });
}
