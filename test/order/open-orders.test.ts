import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  assessmentsOf,
  ORDER_SELECT,
  orderSelectCall,
  outcomeOf,
  post,
  searchset,
  storyFhir,
  storyPrefetch,
} from '../support/hook-request.ts';
import { at, listAt } from '../support/json-path.ts';
import { startTestService, type TestService } from '../support/test-service.ts';

type Json = Readonly<Record<string, unknown>>;
const LOINC = 'http://loinc.org';
const SNOMED = 'http://snomed.info/sct';
const LUMBAR = { system: LOINC, code: '24968-0' };
const SPINE = { system: SNOMED, code: '241645008' };

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

/** The story's order (a suspected cauda equina syndrome) under other codes and for another payer. */
function ordered(payer: string, order: Json, more: Json = {}): Promise<Answer> {
  const { order: own, coverage } = storyFhir();
  const named = { ...coverage, payor: [{ display: payer }] };
  const context = {
    userId: 'Practitioner/orderer',
    patientId: 'p1',
    selections: ['ServiceRequest/order-1'],
    draftOrders: {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: { ...own, id: 'order-1', ...order } }],
    },
  };
  const prefetch = { ...storyPrefetch(), coverages: searchset([named]), ...more };
  return post(`${service.base}/cds-services/${ORDER_SELECT}`, orderSelectCall({ context, prefetch }));
}
const by = (...coding: readonly Json[]): Json => ({ code: { coding } });
const missing = (answer: Answer): Json => at(assessmentsOf(answer)[0], 'missing.0') as Json;
const KAISER = 'Kaiser Foundation Health Plan of Washington';

describe('an order that leaves the contrast open', () => {
  it('is a question with the candidates when they differ', async () => {
    const answer = await ordered(KAISER, by(LUMBAR));
    expect([outcomeOf(answer), at(assessmentsOf(answer)[0], 'reason')]).toEqual(['undetermined', 'documentation']);
    expect(missing(answer)['fact']).toBe('order-contrast');
    for (const code of ['72148', '72149', '72158']) expect(String(missing(answer)['ask'])).toContain(code);
    expect(listAt(assessmentsOf(answer)[0], 'alternatives').map((a) => at(a, 'code'))).toEqual(['72148']);
  });
  it('asks nothing when every candidate has the same answer', async () => {
    expect(outcomeOf(await ordered('Cohere Health', by(LUMBAR)))).toBe('met');
  });
  it('is one card', async () => {
    expect(listAt((await ordered(KAISER, by(LUMBAR))).body, 'cards')).toHaveLength(1);
  });
});

describe('an order that leaves the region open', () => {
  it('is a question with the candidates', async () => {
    const answer = await ordered('Cohere Health', by(SPINE));
    expect(outcomeOf(answer)).toBe('undetermined');
    expect(missing(answer)['fact']).toBe('order-region');
    for (const code of ['72141', '72146', '72148']) expect(String(missing(answer)['ask'])).toContain(code);
  });
  it('is a question too when the payer has a policy for one of the regions only', async () => {
    const answer = await ordered('HealthHelp', by(SPINE));
    expect(outcomeOf(answer)).toBe('undetermined');
    expect(missing(answer)['fact']).toBe('order-region');
    expect(String(missing(answer)['ask'])).toContain('72141');
  });
  it('is looked at as what its reasons are about, and the card says that the region is to be named', async () => {
    const reasonCode = [{ coding: [{ system: 'http://hl7.org/fhir/sid/icd-10-cm', code: 'M54.16' }] }];
    const answer = await ordered('Cigna', { ...by(SPINE), reasonCode });
    const evaluated = at(assessmentsOf(answer)[0], 'evaluated') as Json;
    expect(evaluated['region']).toBe('lumbar');
    const card = listAt(answer.body, 'cards')[0];
    expect(at(card, 'summary')).toContain('The order leaves the region open');
    const detail = String(at(card, 'detail'));
    expect(detail.split('**Questions of other ways**')[0]).toContain('Which study is ordered');
    expect(detail).toContain('the order leaves the region open; looked at as MRI lumbar spine');
    expect(detail).not.toMatch(
      /not the region that is ordered|With this chart alone|MRI cervical spine without contrast \(72141\), as of/,
    );
  });
  it('tells of a study whose criteria are documented, and speaks of that one', async () => {
    const answer = await ordered('Cohere Health', by(SPINE));
    const [first] = assessmentsOf(answer);
    const documented = listAt(first, 'alternatives').map((a) => at(a, 'code'));
    expect(documented).toContain(at(first, 'evaluated.study'));
    expect(at(listAt(answer.body, 'cards')[0], 'summary')).toMatch(
      /The order leaves the region open: the chart documents the Cohere Health criteria for 72\d{3}\./,
    );
  });
  it('can be named with one click, as far as nothing speaks against it', async () => {
    const offered = async (more: readonly Json[]): Promise<readonly unknown[]> => {
      const { patient } = storyFhir();
      const chart = { allergies: searchset(more), patient };
      const answer = await ordered('Cohere Health', by(SPINE), chart);
      return listAt(listAt(answer.body, 'cards')[0], 'suggestions').map((s) => at(s, 'label'));
    };
    expect(await offered([])).toEqual([
      'Order 72148: MRI lumbar spine without contrast',
      'Order 72149: MRI lumbar spine with contrast',
      'Order 72158: MRI lumbar spine without and with contrast',
    ]);
    const gadolinium = {
      resourceType: 'AllergyIntolerance',
      id: 'a1',
      patient: { reference: 'Patient/p1' },
      code: { coding: [{ system: SNOMED, code: '293637006' }] },
    };
    expect(await offered([gadolinium])).toEqual(['Order 72148: MRI lumbar spine without contrast']);
  });
  it('is settled by a body site', async () => {
    const bodySite = [{ coding: [{ system: SNOMED, code: '122496007' }] }];
    expect(outcomeOf(await ordered('Cohere Health', { ...by(SPINE), bodySite }))).toBe('met');
  });
});

describe('an order that names the study exactly in another code system', () => {
  it.each([
    ['LOINC', { system: LOINC, code: '30679-5' }],
    ['SNOMED CT', { system: SNOMED, code: '394451000119106' }],
  ])('%s', async (_, coding) => {
    const answer = await ordered(KAISER, by(coding));
    expect([outcomeOf(answer), at(assessmentsOf(answer)[0], 'evaluated.study')]).toEqual(['met', '72148']);
  });
});
