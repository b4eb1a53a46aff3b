import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EhrStub } from '../support/ehr-stub.ts';
import {
  type Answer,
  assessmentsOf,
  fhirAccess,
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
type Resource = Json & { readonly resourceType: string; readonly id: string };
const SOPT = 'https://nahdo.org/sopt';

let ehr: EhrStub;
let plain: TestService;
let assuming: TestService;

beforeAll(async () => {
  ehr = await new EhrStub().start();
  const entry = { ehr: 'stub', name: 'Stub', 'fhir-bases': [ehr.fhir], 'private-network': true };
  plain = await startTestService({}, [entry]);
  assuming = await startTestService({}, [{ ...entry, 'default-payer': { payer: 'kaiser-wa' } }]);
});
afterAll(async () => {
  await plain.close();
  await assuming.close();
  await ehr.close();
});
beforeEach(() => {
  ehr.forget();
  const { patient, chart } = storyFhir();
  ehr.resources = [patient, ...chart];
});

const coverage = (id: string, more: Json = {}): Resource => ({
  resourceType: 'Coverage',
  id,
  status: 'active',
  beneficiary: { reference: 'Patient/p1' },
  payor: [{ display: 'Kaiser Foundation Health Plan of Washington' }],
  ...more,
});
const line = (code: string): Json => ({ type: { coding: [{ system: SOPT, code }] } });

/** The story's order with other coverages; everything else comes with the prefetch. */
function call(coverages: unknown, order: Json = {}, service: TestService = plain): Promise<Answer> {
  const { insurance: _insurance, ...own } = storyFhir().order as Json;
  const context = {
    userId: 'Practitioner/orderer',
    patientId: 'p1',
    selections: [`ServiceRequest/${String(own['id'])}`],
    draftOrders: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: { ...own, ...order } }] },
  };
  const { coverages: _coverages, ...rest } = storyPrefetch();
  const prefetch = coverages === undefined ? rest : { ...rest, coverages };
  return post(
    `${service.base}/cds-services/${ORDER_SELECT}`,
    orderSelectCall({ ...fhirAccess(ehr.fhir), context, prefetch }),
  );
}
const story = (answer: Answer): readonly unknown[] => {
  const [assessment] = assessmentsOf(answer);
  return [
    outcomeOf(answer),
    at(assessment, 'reason'),
    at(assessment, 'payer.lineOfBusiness'),
    at(assessment, 'payer.assumed'),
  ];
};
const summary = (answer: Answer): string => String(at(answer.body, 'cards.0.summary'));

describe('the coverage that an order is checked under', () => {
  it('is the one on file', async () => {
    expect(story(await call(searchset([coverage('a', line('511'))])))).toEqual(['met', undefined, 'commercial', false]);
  });
  it("is the order's own insurance", async () => {
    const all = searchset([coverage('a', line('511')), coverage('b', line('111'))]);
    expect(story(await call(all, { insurance: [{ reference: 'Coverage/b' }] }))).toEqual([
      'not-required',
      undefined,
      'medicare',
      false,
    ]);
  });
  it('is read when the order names one that the search did not bring', async () => {
    ehr.resources = [...ehr.resources, coverage('late', line('111'))];
    const answer = await call(searchset([coverage('a', line('511'))]), { insurance: [{ reference: 'Coverage/late' }] });
    expect(story(answer)).toEqual(['not-required', undefined, 'medicare', false]);
    expect(ehr.fhirRequests.map((r) => r.url)).toEqual(['/fhir/Coverage/late']);
  });
  it('is found without the one that the order names, when that cannot be read', async () => {
    const answer = await call(searchset([coverage('a', line('511'))]), { insurance: [{ reference: 'Coverage/gone' }] });
    expect(story(answer)).toEqual(['met', undefined, 'commercial', false]);
  });
  it('is contained in the order', async () => {
    const contained = [coverage('own', line('111'))];
    const answer = await call(searchset([]), { insurance: [{ reference: '#own' }], contained });
    expect(story(answer)).toEqual(['not-required', undefined, 'medicare', false]);
  });
  it('without a line of business is commercial, and the card says what Medicare would change', async () => {
    const answer = await call(searchset([coverage('a')]));
    expect(story(answer)).toEqual(['met', undefined, 'commercial', false]);
    expect(String(at(answer.body, 'cards.0.detail'))).toContain('Medicare');
  });
});

describe('the payer', () => {
  const referred = searchset([coverage('a', { payor: [{ reference: 'Organization/o1' }] })]);

  it('is read when only a reference to it is on file', async () => {
    const organization = { resourceType: 'Organization', id: 'o1', name: 'Kaiser Permanente Washington' };
    ehr.resources = [...ehr.resources, organization];
    expect(outcomeOf(await call(referred))).toBe('met');
    expect(ehr.fhirRequests.map((r) => r.url)).toEqual(['/fhir/Organization/o1']);
  });
  it('that cannot be read is not guessed', async () => {
    const answer = await call(referred);
    expect(story(answer).slice(0, 2)).toEqual(['undetermined', 'coverage-unavailable']);
    expect(at(answer.body, 'cards.0.indicator')).toBe('info');
  });
  it('without a policy of ours gets no card', async () => {
    const answer = await call(searchset([coverage('a', { payor: [{ display: 'Some Other Plan' }] })]));
    expect([answer.status, listAt(answer.body, 'cards')]).toEqual([200, []]);
  });
  it('of a patient who pays is nobody', async () => {
    const answer = await call(searchset([coverage('a', { payor: [{ reference: 'Patient/p1' }] })]));
    expect([answer.status, listAt(answer.body, 'cards')]).toEqual([200, []]);
  });
});

describe('several coverages', () => {
  it('that lead to different lines are ambiguous, with the outcome under each', async () => {
    const answer = await call(searchset([coverage('a', line('511')), coverage('b', line('111'))]));
    expect(story(answer).slice(0, 2)).toEqual(['undetermined', 'coverage-ambiguous']);
    const detail = String(at(answer.body, 'cards.0.detail'));
    expect(detail).toMatch(/medicare/i);
    expect(detail).toMatch(/commercial/i);
    expect(detail).toContain('Next step: name the coverage on the order');
  });
  it('that lead to the same policy and line are none', async () => {
    const answer = await call(searchset([coverage('a', line('511')), coverage('b', line('512'))]));
    expect(story(answer).slice(0, 2)).toEqual(['met', undefined]);
  });
  it('that lead to the same are checked once, however many they are', async () => {
    const many = (type: string, n: number): readonly Json[] =>
      Array.from({ length: n }, (_, i) => coverage(`${type}-${i}`, line(type)));
    const started = performance.now();
    const answer = await call(searchset([...many('511', 2_000), ...many('111', 2_000)]));
    expect(performance.now() - started).toBeLessThan(6_000);
    expect(story(answer).slice(0, 2)).toEqual(['undetermined', 'coverage-ambiguous']);
    expect(String(at(answer.body, 'cards.0.detail')).match(/\((Medicare|commercial)\)/g)).toHaveLength(2);
  });
  it('with an order are not ambiguous', async () => {
    const answer = await call(
      searchset([coverage('a', { ...line('511'), order: 2 }), coverage('b', { ...line('111'), order: 1 })]),
    );
    expect(outcomeOf(answer)).toBe('not-required');
  });
});

describe('coverage that could not be read', () => {
  it.each(['500', 'hang', 'half-json'] as const)('for a server that answers "%s"', async (mood) => {
    ehr.moods.set('Coverage', mood);
    const answer = await call(undefined);
    expect([answer.status, listAt(answer.body, 'cards').length]).toEqual([200, 1]);
    expect(story(answer).slice(0, 2)).toEqual(['undetermined', 'coverage-unavailable']);
    expect(summary(answer)).toContain('coverage could not be read');
    expect(String(at(answer.body, 'cards.0.detail'))).toContain('Next step: select the order again.');
  });
  it('for pages that do not end', async () => {
    ehr.moods.set('Coverage', 'endless-pages');
    expect(story(await call(undefined)).slice(0, 2)).toEqual(['undetermined', 'coverage-unavailable']);
  });
  it('does not matter when the order names one that came', async () => {
    const truncated = { ...searchset([coverage('a', line('511'))]), total: 9 };
    ehr.moods.set('Coverage', '500');
    expect(story(await call(truncated)).slice(0, 2)).toEqual(['undetermined', 'coverage-unavailable']);
    expect(outcomeOf(await call(truncated, { insurance: [{ reference: 'Coverage/a' }] }))).toBe('met');
  });
  it('is not replaced by a default payer', async () => {
    ehr.moods.set('Coverage', '500');
    expect(story(await call(undefined, {}, assuming)).slice(0, 2)).toEqual(['undetermined', 'coverage-unavailable']);
  });
});

describe('no coverage on file', () => {
  it('gives no card', async () => {
    const answer = await call(searchset([]));
    expect([answer.status, listAt(answer.body, 'cards')]).toEqual([200, []]);
  });
  it('is checked under the default payer of the EHR, and the card says so', async () => {
    const answer = await call(searchset([]), {}, assuming);
    expect(story(answer)).toEqual(['met', undefined, 'commercial', true]);
    expect(summary(answer)).toMatch(/assum/i);
  });
  it('a coverage of another payer is not replaced by the default', async () => {
    const answer = await call(searchset([coverage('a', { payor: [{ display: 'Some Other Plan' }] })]), {}, assuming);
    expect(listAt(answer.body, 'cards')).toEqual([]);
  });
});
