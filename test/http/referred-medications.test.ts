import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EhrStub } from '../support/ehr-stub.ts';
import {
  type Answer,
  assessmentsOf,
  fhirAccess,
  ORDER_SELECT,
  orderSelectCall,
  post,
  searchset,
  storyFhir,
  storyPrefetch,
} from '../support/hook-request.ts';
import { at, listAt } from '../support/json-path.ts';
import { startTestService, type TestService } from '../support/test-service.ts';

const SUBJECT = { reference: 'Patient/p1' };
const rxnorm = (code: string) => ({
  coding: [{ system: 'http://www.nlm.nih.gov/research/umls/rxnorm', code }],
});
const NAPROXEN = { resourceType: 'Medication', id: 'naproxen', code: rxnorm('7258') };
/** Taken for weeks before the order of the story, 2025-06-10. */
const prescription = (id: string, reference: string, members: object = {}) => ({
  resourceType: 'MedicationRequest',
  id,
  status: 'active',
  intent: 'order',
  authoredOn: '2025-04-20',
  subject: SUBJECT,
  medicationReference: { reference },
  ...members,
});
const back = (onset: string) => ({
  resourceType: 'Condition',
  id: 'back',
  clinicalStatus: { coding: [{ code: 'active' }] },
  code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10-cm', code: 'M54.50' }] },
  onsetDateTime: onset,
  subject: SUBJECT,
});

let ehr: EhrStub;
let service: TestService;
beforeAll(async () => {
  ehr = await new EhrStub().start();
  service = await startTestService({ DEADLINE_MS: '1000' }, [
    { ehr: 'stub', name: 'Stub', 'fhir-bases': [ehr.fhir], 'private-network': true },
  ]);
});
afterAll(async () => {
  await service.close();
  await ehr.close();
});
beforeEach(() => ehr.forget());

const call = (changes: Record<string, unknown>): Promise<Answer> =>
  post(`${service.base}/cds-services/${ORDER_SELECT}`, orderSelectCall(changes));

/** Asks about a patient whose chart the EHR holds. */
function fetching(resources: readonly object[], scope = 'patient/*.rs'): Promise<Answer> {
  const { patient, coverage } = storyFhir();
  ehr.resources = [patient, coverage, back('2025-04-15'), ...resources] as typeof ehr.resources;
  const access = fhirAccess(ehr.fhir);
  Object.assign(access['fhirAuthorization'] as object, { scope });
  return call({ ...access, prefetch: undefined });
}

/** The same with the chart in the prefetch. */
function prefetching(prescriptions: readonly object[], access: object = {}): Promise<Answer> {
  const prefetch = {
    ...storyPrefetch(),
    conditions: searchset([back('2025-04-15')]),
    encounters: searchset([]),
    medicationRequests: searchset(prescriptions),
  };
  return call({ ...access, prefetch });
}

const drugState = (answer: Answer, section = 'MedicationRequest'): unknown =>
  listAt(assessmentsOf(answer)[0], 'completeness')
    .filter((c) => at(c, 'section') === section)
    .map((c) => at(c, 'state'))[0];
const drugIsEvidence = (answer: Answer): boolean =>
  JSON.stringify(assessmentsOf(answer)).includes('MedicationRequest/');
const readMedications = (): readonly string[] =>
  ehr.fhirRequests.map((r) => r.url).filter((url) => url.startsWith('/fhir/Medication/'));

describe('a drug that is named by a reference to a Medication', () => {
  it('is read with the access of the call', async () => {
    const answer = await fetching([prescription('rx', 'Medication/naproxen'), NAPROXEN]);
    expect([drugState(answer), drugIsEvidence(answer)]).toEqual(['complete', true]);
    expect(readMedications()).toEqual(['/fhir/Medication/naproxen']);
    expect(ehr.fhirRequests.every((r) => r.authorization === 'Bearer a-token')).toBe(true);
  });

  it('is read for a prefetch that lacks it, and for a statement', async () => {
    ehr.resources = [NAPROXEN];
    const answer = await prefetching([prescription('rx', `${ehr.fhir}/Medication/naproxen`)], fhirAccess(ehr.fhir));
    expect([drugState(answer), drugIsEvidence(answer)]).toEqual(['complete', true]);
    expect(ehr.fhirRequests.map((r) => r.url)).toEqual(['/fhir/Medication/naproxen']);
    const statement = {
      resourceType: 'MedicationStatement',
      id: 'taken',
      status: 'active',
      effectivePeriod: { start: '2025-04-20' },
      subject: SUBJECT,
      medicationReference: { reference: 'Medication/naproxen' },
    };
    const stated = await fetching([statement, NAPROXEN]);
    expect(drugState(stated, 'MedicationStatement')).toBe('complete');
    expect(JSON.stringify(assessmentsOf(stated))).toContain('MedicationStatement/taken');
  });

  it('is read once, however many entries name it', async () => {
    await fetching([...['a', 'b', 'c'].map((id) => prescription(id, 'Medication/naproxen')), NAPROXEN]);
    expect(readMedications()).toEqual(['/fhir/Medication/naproxen']);
  });

  it('is found among the entries of the prefetch by the URN that names it there', async () => {
    const urn = 'urn:uuid:6f2c0a1e-1111-4222-8333-444455556666';
    const medicationRequests = {
      resourceType: 'Bundle',
      type: 'searchset',
      entry: [{ resource: prescription('rx', urn) }, { fullUrl: urn, resource: NAPROXEN }],
    };
    const answer = await call({
      prefetch: { ...storyPrefetch(), conditions: searchset([back('2025-04-15')]), medicationRequests },
    });
    expect([drugState(answer), drugIsEvidence(answer)]).toEqual(['complete', true]);
  });

  it('is not asked for where it came along, is contained, or belongs to nobody', async () => {
    const contained = prescription('rx', '#m', { contained: [{ ...NAPROXEN, id: 'm' }] });
    const theirs = prescription('theirs', 'Medication/x', { subject: { reference: 'Patient/other' } });
    const gone = prescription('gone', 'Medication/y', { status: 'entered-in-error' });
    const along = [prescription('rx2', 'Medication/naproxen'), NAPROXEN];
    const answer = await prefetching([contained, theirs, gone, ...along], fhirAccess(ehr.fhir));
    expect([drugState(answer), drugIsEvidence(answer)]).toEqual(['complete', true]);
    expect(ehr.fhirRequests).toEqual([]);
  });
});

describe('a drug that stays unknown is not "no drug": the section was not seen whole', () => {
  it.each([
    { reference: 'urn:uuid:6f2c0a1e-1111-4222-8333-444455556666' },
    { identifier: { value: 'x' }, display: 'naproxen' },
    { reference: 'Substance/naproxen' },
  ])('when its reference leads nowhere (%j)', async (medicationReference) => {
    const answer = await fetching([prescription('rx', '', { medicationReference }), NAPROXEN]);
    expect([answer.status, drugState(answer), drugIsEvidence(answer)]).toEqual([200, 'truncated', false]);
    expect(readMedications()).toEqual([]);
  });
  it.each(['403', '404', '500', 'hang', 'not-fhir'] as const)('when the read fails (%s)', async (mood) => {
    ehr.moods.set('Medication', mood);
    const answer = await fetching([prescription('rx', 'Medication/naproxen'), NAPROXEN]);
    expect([answer.status, drugState(answer), drugIsEvidence(answer)]).toEqual([200, 'truncated', false]);
    expect(drugState(answer, 'MedicationStatement')).toBe('complete');
  });

  it('when the scopes do not permit it, and then it is not asked for', async () => {
    const scope = 'patient/MedicationRequest.rs patient/Patient.rs patient/Coverage.rs patient/Condition.rs';
    const answer = await fetching([prescription('rx', 'Medication/naproxen'), NAPROXEN], scope);
    expect([drugState(answer), drugIsEvidence(answer)]).toEqual(['truncated', false]);
    expect(readMedications()).toEqual([]);
    const permitted = await fetching(
      [prescription('rx', 'Medication/naproxen'), NAPROXEN],
      `${scope} patient/Medication.r`,
    );
    expect([drugState(permitted), drugIsEvidence(permitted)]).toEqual(['complete', true]);
  });

  it('when the call grants no access', async () => {
    const answer = await prefetching([prescription('rx', 'Medication/naproxen')]);
    expect([drugState(answer), drugIsEvidence(answer)]).toEqual(['truncated', false]);
  });

  it('when it belongs to another server, and then it is not asked for', async () => {
    const answer = await fetching([prescription('rx', 'https://elsewhere.example.org/fhir/Medication/naproxen')]);
    expect([drugState(answer), drugIsEvidence(answer)]).toEqual(['truncated', false]);
    expect(readMedications()).toEqual([]);
  });

  it('when there are too many to read: the latest are', async () => {
    const many = Array.from({ length: 60 }, (_, i) =>
      prescription(`old${i}`, `Medication/m${i}`, { authoredOn: `2019-01-${String((i % 28) + 1).padStart(2, '0')}` }),
    );
    const drugs = many.map((_, i) => ({ ...NAPROXEN, id: `m${i}` }));
    const answer = await fetching([...many, ...drugs, prescription('rx', 'Medication/naproxen'), NAPROXEN]);
    expect([drugState(answer), drugIsEvidence(answer)]).toEqual(['truncated', true]);
    expect(readMedications()).toHaveLength(30);
    expect(readMedications()).toContain('/fhir/Medication/naproxen');
  });
});
