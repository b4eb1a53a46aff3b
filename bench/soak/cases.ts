import { resolve } from 'node:path';
import { ReadContext } from '../../src/chart/read-context.ts';
import { PatientScope } from '../../src/chart/references.ts';
import { type RetrievedSection, SECTIONS, type Section, type SectionState } from '../../src/chart/sections.ts';
import { readCoverages } from '../../src/coverage/coverage.ts';
import { type Checker, checkOrder } from '../../src/criteria-check/check-order.ts';
import { readOrder } from '../../src/order/order.ts';
import { loadVignettes } from '../../src/vignettes/run.ts';
import { vignetteToFhir } from '../../src/vignettes/to-fhir.ts';
import { type PrefetchKeys, type Resource, searchset } from '../bodies.ts';

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
export function soakCases(): readonly Case[] {
  return loadVignettes(resolve(import.meta.dirname, '../../test/vignettes'))
    .flatMap((f) => f.vignettes)
    .filter((v) => Object.keys(v.incomplete).length === 0 && v.expect.outcome !== 'not-governed')
    .map((v) => {
      const { patient, order, coverage, chart } = vignetteToFhir(v, CANONICAL_BASE);
      return { id: `${v.policy} ${v.id}`, outcome: v.expect.outcome, order, resources: [patient, coverage, ...chart] };
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
  const [patient] = of('Patient');
  if (read === undefined || patient === undefined) return 'no order';
  const coverages = readCoverages(of('Coverage'), scope);
  const data = { patientId: 'p1', patient, sections, coverages, coverageState: 'complete' as const };
  const check = checkOrder(read, data, checker);
  if (check === undefined) return 'no card';
  return check.kind === 'checked' ? check.assessment.outcome : 'undetermined';
}

/** Where a call finds the chart: all of it in the call, by token, or patient and coverage in the call and the rest by token. */
export type Way = 'prefetch' | 'token' | 'lean';

/** The body of a call. @param access FHIR base and token, where the chart is read */
export function callBody(
  { order, resources }: Case,
  hook: 'order-select' | 'order-sign',
  way: Way,
  keys: PrefetchKeys,
  access: { readonly base: string; readonly token: string },
): string {
  const ofType = (type: string): readonly Resource[] => resources.filter((r) => r.resourceType === type);
  const bundles = Object.entries(keys)
    .filter(([type]) => way === 'prefetch' || type === 'Coverage')
    .map(([type, key]) => [key, searchset(ofType(type))]);
  const [patient] = ofType('Patient');
  const prefetch = {
    patient,
    ...(way === 'prefetch' && { practitioner: null, answers: searchset([]) }),
    ...Object.fromEntries(bundles),
  };
  return JSON.stringify({
    hook,
    hookInstance: crypto.randomUUID(),
    context: {
      userId: 'Practitioner/orderer',
      patientId: 'p1',
      ...(hook === 'order-select' && { selections: [`ServiceRequest/${order.id}`] }),
      draftOrders: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: order }] },
    },
    ...(way !== 'token' && { prefetch }),
    ...(way !== 'prefetch' && {
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
