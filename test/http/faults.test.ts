import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EhrStub, type Mood } from '../support/ehr-stub.ts';
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

const DEADLINE_MS = 500;
const SECTIONS = [
  'Condition',
  'Procedure',
  'Observation',
  'DiagnosticReport',
  'ImagingStudy',
  'MedicationRequest',
  'MedicationStatement',
  'MedicationDispense',
  'MedicationAdministration',
  'ServiceRequest',
  'Encounter',
  'AllergyIntolerance',
  'Device',
  'FamilyMemberHistory',
  'QuestionnaireResponse',
  'PractitionerRole',
] as const;

/** What a mood makes of a section. */
const STATE: Readonly<
  Record<Exclude<Mood, 'ok' | 'together' | 'foreign-patient' | '429-once' | '429-once-date' | 'huge'>, string>
> = {
  hang: 'failed',
  '400': 'failed',
  '401': 'failed',
  '403': 'not-available',
  '404': 'not-available',
  '429': 'failed',
  '500': 'failed',
  html: 'failed',
  'half-json': 'failed',
  drip: 'failed',
  close: 'failed',
  'endless-pages': 'truncated',
  'page-elsewhere': 'truncated',
  'page-to-itself': 'truncated',
  'fewer-than-total': 'truncated',
  'fewer-than-total-as-text': 'truncated',
  'a-part': 'failed',
  redirect: 'failed',
  gzip: 'failed',
  'not-fhir': 'failed',
  'error-inside': 'truncated',
  'odd-entries': 'truncated',
};
const MOODS = Object.keys(STATE) as (keyof typeof STATE)[];

let ehr: EhrStub;
let service: TestService;

beforeAll(async () => {
  ehr = await new EhrStub().start();
  const { patient, coverage, chart } = storyFhir();
  ehr.resources = [patient, coverage, ...chart] as typeof ehr.resources;
  service = await startTestService({ DEADLINE_MS: String(DEADLINE_MS) }, [
    { ehr: 'stub', name: 'Stub', 'fhir-bases': [ehr.fhir], 'private-network': true },
  ]);
});
// A first call compiles what the others use, and is over before they are counted.
beforeAll(async () => {
  await fetching();
  await new Promise((resolve) => setTimeout(resolve, DEADLINE_MS));
});
afterAll(async () => {
  await service.close();
  await ehr.close();
});
beforeEach(() => ehr.forget());

const fetching = (changes: Record<string, unknown> = {}): Promise<Answer> =>
  post(
    `${service.base}/cds-services/${ORDER_SELECT}`,
    orderSelectCall({ ...fhirAccess(ehr.fhir), prefetch: undefined, ...changes }),
  );

const stateOf = (answer: Answer, section: string): unknown =>
  listAt(assessmentsOf(answer)[0], 'completeness')
    .filter((c) => at(c, 'section') === section)
    .map((c) => at(c, 'state'))[0];

describe('a FHIR server that behaves', () => {
  it('T046: is asked for what is not prefetched, with the token', async () => {
    const answer = await fetching();
    expect(outcomeOf(answer)).toBe('met');
    expect(ehr.fhirRequests.some((r) => r.url.startsWith('/fhir/Condition?patient=p1'))).toBe(true);
    expect(ehr.fhirRequests.every((r) => r.authorization === 'Bearer a-token' && r.method === 'GET')).toBe(true);
  });

  it.each(['user/*.read', 'user/*.rs', 'patient/*.read launch', 'patient/*.rs openid'])(
    'T040: scopes of SMART v1 and v2 open the chart alike (%s)',
    async (scope) => {
      const access = fhirAccess(ehr.fhir);
      Object.assign(access['fhirAuthorization'] as Record<string, unknown>, { scope });
      const answer = await fetching(access);
      expect([outcomeOf(answer), stateOf(answer, 'Condition')]).toEqual(['met', 'complete']);
    },
  );

  it.each([
    'user/Patient.read user/Coverage.read user/Procedure.read',
    'user/Patient.rs user/Coverage.rs user/Procedure.rs',
  ])('T040: what neither grants is not asked for, and said not to be available (%s)', async (scope) => {
    const access = fhirAccess(ehr.fhir);
    Object.assign(access['fhirAuthorization'] as Record<string, unknown>, { scope });
    const answer = await fetching(access);
    expect([outcomeOf(answer), stateOf(answer, 'Condition')]).toEqual(['undetermined', 'not-available']);
    expect(stateOf(answer, 'Procedure')).toBe('complete');
    expect(ehr.fhirRequests.some((r) => r.url.startsWith('/fhir/Condition'))).toBe(false);
  });

  it.each([
    ['of 12,000 characters', { access_token: `a.${'b'.repeat(12_000)}.c` }],
    ['whose seconds are written as text', { expires_in: '300' }],
  ])('a token %s is used', async (_what, changes) => {
    const access = fhirAccess(ehr.fhir);
    Object.assign(access['fhirAuthorization'] as Record<string, unknown>, changes);
    const answer = await fetching(access);
    expect([answer.status, outcomeOf(answer)]).toEqual([200, 'met']);
  });

  it('T044: is not asked at all when everything is prefetched', async () => {
    expect(outcomeOf(await fetching({ prefetch: storyPrefetch() }))).toBe('met');
    expect(ehr.fhirRequests).toEqual([]);
  });

  it('T055: gives the same assessment as the prefetch', async () => {
    const [a, b] = [await fetching(), await fetching({ prefetch: storyPrefetch() })];
    expect(at(assessmentsOf(a)[0], 'id')).toBe(at(assessmentsOf(b)[0], 'id'));
  });

  it.each([[1], [4]])('is asked for everything at once, by %i calls', async (calls) => {
    await fetching();
    ehr.together = calls * ehr.fhirRequests.length;
    ehr.moods.set('*', 'together');
    const answers = await Promise.all(Array.from({ length: calls }, () => fetching()));
    expect(answers.map(outcomeOf)).toEqual(answers.map(() => 'met'));
    expect(
      answers.flatMap((a) => listAt(assessmentsOf(a)[0], 'completeness')).map((c) => at(c, 'state')),
    ).not.toContain('failed');
  });

  it('T050: later pages count', async () => {
    const { chart } = storyFhir();
    const conditions = chart.filter((r) => r.resourceType === 'Condition');
    const prefetch = {
      ...storyPrefetch(),
      conditions: { ...searchset([]), link: [{ relation: 'next', url: `${ehr.fhir}/Condition?page=2` }] },
    };
    expect(conditions.length).toBeGreaterThan(0);
    const answer = await fetching({ prefetch });
    expect([outcomeOf(answer), stateOf(answer, 'Condition')]).toEqual(['met', 'complete']);
  });

  it('is asked for the rest where a single resource stands for a search', async () => {
    const { chart } = storyFhir();
    const conditions = chart.filter((r) => r.resourceType === 'Condition');
    const answer = await fetching({ prefetch: { ...storyPrefetch(), conditions: conditions[0] } });
    expect([outcomeOf(answer), stateOf(answer, 'Condition')]).toEqual(['met', 'complete']);
  });
});

describe('a FHIR server that limits the rate', () => {
  it.each(['429-once', '429-once-date'] as const)('is asked again after the pause that it wants (%s)', async (mood) => {
    ehr.moods.set('Condition', mood);
    const answer = await fetching();
    expect([outcomeOf(answer), stateOf(answer, 'Condition')]).toEqual(['met', 'complete']);
    expect(ehr.fhirRequests.filter((r) => r.url.startsWith('/fhir/Condition'))).toHaveLength(2);
  });

  it('is not waited for when the pause does not fit into the time of the call', async () => {
    ehr.moods.set('Condition', '429-once');
    ehr.retryAfter = '1';
    const started = performance.now();
    expect(stateOf(await fetching(), 'Condition')).toBe('failed');
    expect(performance.now() - started).toBeLessThan(DEADLINE_MS);
    ehr.retryAfter = '0';
  });
});

describe('a FHIR server that sends too much', () => {
  it('one answer beyond the bound is no answer', async () => {
    ehr.moods.set('Condition', 'huge');
    const { conditions: _conditions, ...rest } = storyPrefetch();
    const answer = await fetching({ prefetch: rest });
    expect([answer.status, stateOf(answer, 'Condition'), stateOf(answer, 'Procedure')]).toEqual([
      200,
      'failed',
      'complete',
    ]);
  });
});

describe('a Patient that cannot be read', () => {
  it.each(['403', '404', '500', 'html', 'not-fhir'] as const)(
    'is said not to have been seen (%s), and what depends on the age is not asked as if nobody knew it',
    async (mood) => {
      expect(stateOf(await fetching(), 'Patient')).toBeUndefined();
      ehr.moods.set('Patient', mood);
      const answer = await fetching();
      expect([answer.status, stateOf(answer, 'Patient')]).toEqual([200, 'failed']);
      expect(String(at(answer.body, 'cards.0.detail'))).toContain('Patient (failed)');
      expect(listAt(assessmentsOf(answer)[0], 'missing').map((m) => at(m, 'fact'))).not.toContain('birth-date');
    },
  );
});

describe('coverages that the EHR does not show', () => {
  it.each(['403', '404'] as const)(
    'are not taken for none (%s): the card says so, unless a default payer is configured',
    async (mood) => {
      ehr.moods.set('Coverage', mood);
      const answer = await fetching();
      expect([outcomeOf(answer), at(assessmentsOf(answer)[0], 'reason')]).toEqual([
        'undetermined',
        'coverage-unavailable',
      ]);
    },
  );
});

describe('a token whose scopes leave a section out', () => {
  it('makes it unavailable, and the server is not asked: it could hide what it does not show', async () => {
    const fhirAuthorization = {
      access_token: 'a-token',
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'patient/*.r patient/Condition.rs patient/Observation.rs?category=laboratory',
      subject: 'cds-service',
    };
    const answer = await fetching({ fhirAuthorization });
    expect([stateOf(answer, 'Condition'), stateOf(answer, 'Procedure'), stateOf(answer, 'Observation')]).toEqual([
      'complete',
      'not-available',
      'truncated',
    ]);
    expect(ehr.fhirRequests.some((r) => r.url.startsWith('/fhir/Procedure'))).toBe(false);
  });
});

describe.each(SECTIONS.map((s) => [s]))('%s', (section) => {
  it.each(MOODS.map((m) => [m]))('that answers with "%s" is incomplete, and nothing else', async (mood) => {
    ehr.moods.set(section, mood);
    const answer = await fetching();
    expect(answer.status).toBe(200);
    expect(stateOf(answer, section)).toBe(STATE[mood]);
    for (const other of SECTIONS)
      if (other !== section) expect([other, stateOf(answer, other)]).toEqual([other, 'complete']);
    expect(['met', 'undetermined']).toContain(outcomeOf(answer));
    expect(outcomeOf(answer)).not.toBe('not-met');
  });
});

describe('everything at once', () => {
  it.each(MOODS.filter((m) => !['endless-pages', 'page-to-itself', 'page-elsewhere'].includes(m)).map((m) => [m]))(
    'a server that answers everything with "%s": never an error, and said to be unseen',
    async (mood) => {
      ehr.moods.set('*', mood);
      const { patient, coverage } = storyFhir();
      const started = performance.now();
      const answer = await fetching({ prefetch: { patient, coverages: searchset([coverage]) } });
      expect(performance.now() - started).toBeLessThan(DEADLINE_MS + 1_000);
      expect([answer.status, outcomeOf(answer), at(assessmentsOf(answer)[0], 'reason')]).toEqual([
        200,
        'undetermined',
        'data-unavailable',
      ]);
      expect(String(at(answer.body, 'cards.0.detail'))).toMatch(/Not seen|not available|could not be read/i);
    },
  );

  it('T051: without patient and coverage the answer is never a 5xx either', async () => {
    for (const mood of ['500', 'hang', 'html'] as const) {
      ehr.moods.set('*', mood);
      expect((await fetching()).status).toBeLessThan(500);
    }
  });

  it('a server that is gone', async () => {
    const answer = await post(
      `${service.base}/cds-services/${ORDER_SELECT}`,
      orderSelectCall({ ...fhirAccess('http://127.0.0.1:9/fhir'), prefetch: undefined }),
    );
    expect(answer.status).toBe(200);
  });

  it('other patients’ resources are dropped', async () => {
    ehr.moods.set('Condition', 'foreign-patient');
    const answer = await fetching();
    expect([outcomeOf(answer), stateOf(answer, 'Condition')]).toEqual(['undetermined', 'complete']);
  });

  it('pages are bounded', async () => {
    ehr.moods.set('Condition', 'endless-pages');
    await fetching();
    expect(ehr.fhirRequests.filter((r) => r.url.startsWith('/fhir/Condition')).length).toBeLessThanOrEqual(41);
  });

  it('T054: nothing is asked after the answer', async () => {
    ehr.moods.set('*', 'hang');
    await fetching();
    const before = ehr.seen.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(ehr.seen.length).toBe(before);
  });
});
