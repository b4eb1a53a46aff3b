import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FhirProblem } from '../../src/sandbox/fhir/problem.ts';
import { search } from '../../src/sandbox/fhir/search.ts';
import { FhirStore, type NewResource } from '../../src/sandbox/fhir/store.ts';
import { at, listAt, matchIds } from '../support/json-path.ts';

const BASE = 'http://127.0.0.1:3000/sandbox/fhir';
const ICD = 'http://hl7.org/fhir/sid/icd-10-cm';
const SNOMED = 'http://snomed.info/sct';
const NOW = Date.parse('2026-06-01T00:00:00Z');

const RESOURCES: readonly NewResource[] = [
  {
    resourceType: 'Patient',
    id: 'ada',
    active: true,
    name: [{ family: 'Tèstcase', given: ['Ada', 'Marie'] }],
    gender: 'female',
    birthDate: '1980-05-17',
    identifier: [{ system: 'urn:mrn', value: '1|2' }],
  },
  {
    resourceType: 'Patient',
    id: 'bruno',
    name: [{ family: 'Exemplar', given: ['Bruno'] }],
    gender: 'male',
    birthDate: '1967',
  },
  {
    resourceType: 'Condition',
    id: 'c1',
    subject: { reference: 'Patient/ada' },
    encounter: { reference: 'Encounter/e1' },
    code: {
      coding: [
        { system: ICD, code: 'M54.50' },
        { system: SNOMED, code: '279039007' },
      ],
    },
    clinicalStatus: { coding: [{ code: 'active' }] },
    onsetDateTime: '2026-02',
  },
  {
    resourceType: 'Condition',
    id: 'c2',
    subject: { reference: `${BASE}/Patient/ada` },
    code: { coding: [{ code: 'M54.50' }] },
    clinicalStatus: { coding: [{ code: 'resolved' }] },
  },
  {
    resourceType: 'Condition',
    id: 'c3',
    subject: { reference: 'Patient/bruno' },
    code: { coding: [{ system: ICD, code: 'I10' }] },
  },
  { resourceType: 'Condition', id: 'c4', subject: { reference: 'http://elsewhere.example.org/fhir/Patient/ada' } },
  {
    resourceType: 'Encounter',
    id: 'e1',
    status: 'finished',
    subject: { reference: 'Patient/ada' },
    participant: [{ individual: { reference: 'Practitioner/wells' } }],
    period: { start: '2026-03-01T09:00:00-08:00', end: '2026-03-01T09:30:00-08:00' },
  },
  {
    resourceType: 'Encounter',
    id: 'e2',
    status: 'in-progress',
    subject: { reference: 'Patient/ada' },
    period: { start: '2026-05-30' },
  },
  { resourceType: 'Practitioner', id: 'wells', name: [{ family: 'Wells', given: ['Wanda'] }] },
  ...[1, 2, 3, 4, 5].map((n) => ({
    resourceType: 'Observation',
    id: `o${n}`,
    status: n === 5 ? 'preliminary' : 'final',
    category: [{ coding: [{ code: n % 2 === 0 ? 'laboratory' : 'vital-signs' }] }],
    code: { coding: [{ system: 'http://loinc.org', code: `100-${n}` }] },
    subject: { reference: 'Patient/ada' },
    effectiveDateTime: `2026-04-0${6 - n}`,
  })),
  {
    resourceType: 'QuestionnaireResponse',
    id: 'q1',
    subject: { reference: 'Patient/ada' },
    questionnaire: 'https://example.org/Questionnaire/lumbar|2',
  },
  { resourceType: 'Coverage', id: 'v1', status: 'active', beneficiary: { reference: 'Patient/ada' } },
  { resourceType: 'Basic', id: 'b1', code: { coding: [{ code: 'a,b' }] }, subject: { reference: 'Patient/ada' } },
];

const store = new FhirStore({ now: () => new Date('2026-05-31T12:00:00Z') });
for (const resource of RESOURCES) store.put(resource);

const run = (query: string, paging = { usual: 100, most: 1000 }) => {
  const [type = '', params = ''] = query.split('?');
  return search(store, type, new URLSearchParams(params), { base: BASE, now: NOW }, paging);
};
const ids = (query: string) => matchIds(run(query));
const problem = (query: string): FhirProblem => {
  try {
    run(query);
  } catch (error) {
    if (error instanceof FhirProblem) return error;
  }
  throw new Error('no problem');
};

describe('search', () => {
  it.each<readonly [string, readonly string[]]>([
    // references
    ['Condition?patient=ada', ['c1', 'c2']],
    ['Condition?patient=Patient/ada', ['c1', 'c2']],
    [`Condition?patient=${BASE}/Patient/ada`, ['c1', 'c2']],
    ['Condition?patient=http://elsewhere.example.org/fhir/Patient/ada', ['c4']],
    ['Condition?subject=Patient/ada', ['c1', 'c2']],
    ['Condition?subject=ada', ['c1', 'c2']],
    ['Condition?subject:Patient=ada', ['c1', 'c2']],
    ['Condition?subject:Group=ada', []],
    ['Condition?patient=ada,bruno', ['c1', 'c2', 'c3']],
    ['Condition?encounter=e1', ['c1']],
    ['Coverage?beneficiary=ada', ['v1']],
    ['Coverage?patient=Patient/ada&status=active', ['v1']],
    ['Encounter?practitioner=wells', ['e1']],
    ['Encounter?participant=Practitioner/wells', ['e1']],
    // tokens
    [`Condition?code=${ICD}|M54.50`, ['c1']],
    ['Condition?code=M54.50', ['c1', 'c2']],
    ['Condition?code=|M54.50', ['c2']],
    [`Condition?code=${ICD}|`, ['c1', 'c3']],
    [`Condition?code=${SNOMED}|279039007,${ICD}|I10`, ['c1', 'c3']],
    [`Condition?patient=ada&code:not=${ICD}|M54.50`, ['c2']],
    ['Condition?clinical-status=active', ['c1']],
    ['Condition?clinical-status:missing=true', ['c3', 'c4']],
    ['Observation?category=laboratory,imaging', ['o2', 'o4']],
    ['Observation?patient=ada&category=laboratory&status=final', ['o2', 'o4']],
    ['Patient?identifier=urn:mrn|1\\|2', ['ada']],
    ['Patient?active=true', ['ada']],
    ['Patient?gender=male', ['bruno']],
    ['Basic?code=a\\,b', ['b1']],
    ['Condition?_id=c3,c1', ['c1', 'c3']],
    // strings
    ['Patient?name=test', ['ada']],
    ['Patient?name=MARIE', ['ada']],
    ['Patient?family=stcase', []],
    ['Patient?name:contains=stcase', ['ada']],
    ['Patient?given:exact=Bruno', ['bruno']],
    ['Patient?given:exact=bruno', []],
    // canonicals
    ['QuestionnaireResponse?questionnaire=https://example.org/Questionnaire/lumbar', ['q1']],
    ['QuestionnaireResponse?questionnaire=https://example.org/Questionnaire/lumbar|2', ['q1']],
    ['QuestionnaireResponse?questionnaire=https://example.org/Questionnaire/lumbar|1', []],
    // dates
    ['Patient?birthdate=1980-05-17', ['ada']],
    ['Patient?birthdate=1967', ['bruno']],
    ['Patient?birthdate=lt1970', ['bruno']],
    ['Encounter?date=2026-03-01', ['e1']],
    ['Encounter?date=ge2026-03-01', ['e1', 'e2']],
    ['Encounter?date=gt2026-03-01T18:00:00Z', ['e2']],
    ['Encounter?date=sa2026-03-01', ['e2']],
    ['Encounter?date=eb2026-03-02', ['e1']],
    ['Encounter?date=le2026-03', ['e1']],
    ['Encounter?date=lt2026-03-01T17:30:00Z&date=ge2026-03-01', ['e1']],
    ['Encounter?date=ge2026-03-01T09:00:00 01:00', ['e1', 'e2']],
    ['Encounter?date=ap2026-05-29', ['e2']],
    ['Encounter?date=ne2026-03-01', ['e2']],
    ['Condition?onset-date=2026', ['c1']],
    ['Condition?onset-date=2026-02-15', []],
    ['Patient?_lastUpdated=ge2026-05-31', ['ada', 'bruno']],
    ['Patient?_lastUpdated=gt2026-05-31', []],
    // an empty value asks for nothing; harmless parameters change nothing
    ['Patient?name=', ['ada', 'bruno']],
    ['Patient?_format=json&_pretty=true&_summary=true&_elements=id&_total=accurate', ['ada', 'bruno']],
  ])('%s', (query, expected) => {
    expect(ids(query)).toEqual(expected);
  });

  it.each<readonly [string, readonly string[]]>([
    ['Observation?_sort=date', ['o5', 'o4', 'o3', 'o2', 'o1']],
    ['Observation?_sort=-date', ['o1', 'o2', 'o3', 'o4', 'o5']],
    ['Observation?_sort:desc=date', ['o1', 'o2', 'o3', 'o4', 'o5']],
    ['Observation?_sort=status,date', ['o4', 'o3', 'o2', 'o1', 'o5']],
    ['Condition?_sort=onset-date,-_id', ['c1', 'c4', 'c3', 'c2']],
    ['Patient?_sort=family', ['bruno', 'ada']],
  ])('%s sorts', (query, expected) => {
    expect(ids(query)).toEqual(expected);
  });

  it('pages, with links that lead through all of it', () => {
    const seen: unknown[] = [];
    let next: string | undefined = 'Observation?patient=ada&category=laboratory,vital-signs&_count=2';
    for (let i = 0; next !== undefined && i < 9; i++) {
      const page = run(next);
      expect(page['total']).toBe(5);
      seen.push(...matchIds(page));
      const link = listAt(page, 'link').find((l) => at(l, 'relation') === 'next');
      const url = at(link, 'url');
      next = typeof url === 'string' ? url.slice(BASE.length + 1) : undefined;
    }
    expect(seen).toEqual(['o1', 'o2', 'o3', 'o4', 'o5']);
    const last = run('Observation?patient=ada&_count=2&_offset=4');
    expect(listAt(last, 'link').map((l) => at(l, 'relation'))).toEqual(['self', 'previous']);
    expect(listAt(last, 'link').map((l) => at(l, 'url'))).toEqual([
      `${BASE}/Observation?patient=ada&_count=2&_offset=4`,
      `${BASE}/Observation?patient=ada&_count=2&_offset=2`,
    ]);
  });

  it('bounds pages and counts without a page', () => {
    const page = run('Observation?_count=1000000', { usual: 2, most: 3 });
    expect(matchIds(page)).toHaveLength(3);
    expect(matchIds(run('Observation', { usual: 2, most: 3 }))).toHaveLength(2);
    for (const query of ['Observation?_summary=count', 'Observation?_count=0'])
      expect(run(query)).toMatchObject({ total: 5, link: [{ relation: 'self' }] });
    expect(run('Observation?_summary=count')).not.toHaveProperty('entry');
  });

  it('includes what matches refer to, and what refers to them', () => {
    const includes = (query: string) =>
      listAt(run(query), 'entry')
        .filter((e) => at(e, 'search.mode') === 'include')
        .map((e) => at(e, 'resource.id'));
    expect(includes('Condition?_id=c1&_include=Condition:patient&_include=Condition:encounter')).toEqual(['ada', 'e1']);
    expect(includes('Condition?_id=c1&_include=Condition:patient,Condition:encounter')).toEqual(['ada', 'e1']);
    expect(includes('Condition?_id=c1&_include=Condition:subject:Group')).toEqual([]);
    expect(includes('Encounter?_id=e1&_revinclude=Condition:encounter')).toEqual(['c1']);
  });

  it.each<readonly [string, number, RegExp]>([
    ['Condition?nonsense=1', 400, /no search parameter "nonsense"/],
    ['Condition?nonsense=', 400, /"nonsense"/],
    ['Condition?patient.name=ada', 400, /"patient.name"/],
    ['Condition?_has:Encounter:patient:date=2026', 400, /"_has"/],
    ['Condition?code:below=x', 400, /"below"/],
    ['Condition?onset-date=yesterday', 400, /"onset-date" wants a date/],
    ['Condition?onset-date=xx2026', 400, /"onset-date" wants a date/],
    ['Condition?onset-date=2026-02-30', 400, /wants a date/],
    ['Condition?_count=-1', 400, /"_count"/],
    ['Condition?_count=many', 400, /"_count"/],
    ['Condition?_sort=nonsense', 400, /"nonsense"/],
    ['Condition?_include=Condition:code', 400, /"Condition:code"/],
    ['Condition?_include=*', 400, /"_include"/],
    ['Condition?code:missing=perhaps', 400, /missing/],
    ['Nothing?code=x', 404, /"Nothing"/],
    ['__proto__?code=x', 404, /resource type/],
    ['Condition?__proto__=x', 400, /"__proto__"/],
    ['Condition?constructor=x', 400, /"constructor"/],
    [`Condition?${'code=x&'.repeat(50)}`, 400, /too long/],
    [`Condition?code=${'x'.repeat(5000)}`, 400, /too long/],
  ])('%s is refused', (query, status, message) => {
    const refused = problem(query);
    expect(refused.status).toBe(status);
    expect(refused.message).toMatch(message);
  });

  it('does not repeat markup of a parameter’s name', () => {
    expect(problem('Condition?<script>=1').message).not.toContain('<');
  });

  it('answers anything with a Bundle or a problem of the client’s', () => {
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom('code', 'patient', 'onset-date', '_sort', '_include', '_count', '_id'),
    );
    const modifier = fc.oneof(
      fc.constant(''),
      fc.string({ maxLength: 8 }).map((m) => `:${m}`),
    );
    const value = fc.oneof(fc.string(), fc.stringMatching(/^[\\|,:a-z0-9T+Z.-]{0,30}$/));
    fc.assert(
      fc.property(name, modifier, value, (n, m, v) => {
        try {
          const params = new URLSearchParams([[`${n}${m}`, v]]);
          return (
            search(store, 'Condition', params, { base: BASE, now: NOW }, { usual: 5, most: 5 })['total'] !== undefined
          );
        } catch (error) {
          return error instanceof FhirProblem && error.status === 400;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('takes no time over hostile values', () => {
    const started = performance.now();
    for (const name of ['onset-date', '_lastUpdated', 'code', 'patient', '_id'])
      try {
        run(`Condition?${name}=${encodeURIComponent(`${'0'.repeat(2000)}-${'\\'.repeat(2000)}`)}`);
      } catch (error) {
        expect(error).toBeInstanceOf(FhirProblem);
      }
    expect(performance.now() - started).toBeLessThan(500);
  });
});
