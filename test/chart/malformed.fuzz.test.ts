import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDate } from '../../src/dates/day.ts';
import { FactEngine } from '../../src/facts/fact-engine.ts';
import { checker } from '../support/knowledge.ts';
import { chartOf, concept, named, type Resource, SUBJECT } from '../support/tiny-chart.ts';

const snomed = 'http://snomed.info/sct';
const role = { resourceType: 'PractitionerRole', id: 'role', specialty: [concept('nucc 207T00000X')] };

/** A full resource of every type that a chart reads. */
const RESOURCES: readonly Resource[] = [
  {
    resourceType: 'Condition',
    id: 'root',
    clinicalStatus: { coding: [{ code: 'active' }] },
    verificationStatus: { coding: [{ code: 'confirmed' }] },
    code: { ...concept('icd M54.16'), text: 'radiculopathy' },
    bodySite: [concept('snomed 52612000')],
    encounter: { reference: 'Encounter/visit' },
    onsetPeriod: { start: '2025-12-01', end: '2025-12-05' },
    onsetAge: { value: 55, code: 'a' },
    recordedDate: '2025-12-05',
    extension: [{ url: 'http://example.org', valueCodeableConcept: concept('icdo 9370/3') }],
  },
  {
    resourceType: 'Procedure',
    status: 'completed',
    code: concept('cpt 97110'),
    performedPeriod: { start: '2026-01-05', end: '2026-01-05' },
    contained: [{ resourceType: 'Condition', id: 'why', code: concept('icd M54.50') }],
    reasonReference: [{ reference: '#why' }, { reference: 'Condition/root' }],
    reasonCode: [concept('icd M54.50')],
    bodySite: [concept('snomed 52612000')],
    outcome: concept('snomed 385671000'),
    performer: [{ actor: { reference: '#why' } }],
  },
  {
    resourceType: 'Observation',
    status: 'final',
    code: concept('loinc 72514-3'),
    effectiveDateTime: '2026-02-01',
    valueQuantity: { value: 7, code: '{score}', comparator: '>' },
    interpretation: [{ coding: [{ code: 'H' }] }],
    referenceRange: [{ low: { value: 0 }, high: { value: 3 } }],
    component: [{ code: concept('loinc 8310-5'), valueQuantity: { value: 39, code: 'Cel' } }],
    bodySite: concept('snomed 52612000'),
  },
  {
    resourceType: 'DiagnosticReport',
    status: 'final',
    code: concept('cpt 72100'),
    effectivePeriod: { start: '2026-02-01' },
    issued: '2026-02-02T10:00:00Z',
    conclusionCode: [concept('snomed 82334004')],
  },
  {
    resourceType: 'ImagingStudy',
    status: 'available',
    started: '2025-06-01',
    modality: [{ code: 'MR' }],
    procedureCode: [concept('cpt 72148')],
    series: [{ modality: { code: 'MR' }, bodySite: { system: snomed, code: '122496007' } }],
  },
  {
    resourceType: 'MedicationRequest',
    status: 'active',
    intent: 'order',
    authoredOn: '2025-12-10',
    contained: [{ resourceType: 'Medication', id: 'm', code: concept('rxnorm 7258') }],
    medicationReference: { reference: '#m' },
    dispenseRequest: { expectedSupplyDuration: { value: 30, code: 'd' }, validityPeriod: { end: '2026-01-10' } },
    dosageInstruction: [{ timing: { repeat: { boundsPeriod: { end: '2026-01-10' } } } }],
    reasonCode: [concept('icd M54.50')],
  },
  {
    resourceType: 'MedicationStatement',
    status: 'active',
    effectivePeriod: { start: '2025-12-10', end: '2026-01-10' },
    medicationCodeableConcept: concept('rxnorm 8640'),
  },
  {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    priority: 'urgent',
    code: concept('cpt 63030'),
    authoredOn: '2026-02-20',
    occurrencePeriod: { start: '2026-03-20' },
    contained: [role],
    requester: { reference: '#role' },
    performerType: concept('nucc 207T00000X'),
  },
  {
    resourceType: 'Encounter',
    id: 'visit',
    status: 'finished',
    class: { code: 'AMB' },
    type: [concept('cpt 99213')],
    serviceType: concept('snomed 394610002'),
    period: { start: '2026-01-10', end: '2026-01-10' },
    reasonCode: [concept('icd M54.16')],
    diagnosis: [{ condition: { reference: 'Condition/root' } }],
    participant: [{ individual: { reference: 'PractitionerRole/role' } }],
  },
  {
    resourceType: 'AllergyIntolerance',
    clinicalStatus: { coding: [{ code: 'active' }] },
    code: concept('snomed 418351005'),
    patient: SUBJECT,
    reaction: [{ manifestation: [concept('snomed 39579001')], substance: concept('rxnorm 7258') }],
  },
  {
    resourceType: 'Device',
    status: 'active',
    type: concept('snomed 14106009'),
    patient: SUBJECT,
    safety: [concept('mrsafety C106047')],
    property: [{ type: concept('snomed 1'), valueCode: [concept('mrsafety C106046')] }],
  },
  {
    resourceType: 'FamilyMemberHistory',
    status: 'completed',
    patient: SUBJECT,
    condition: [{ code: concept('icd C61') }],
  },
  {
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    questionnaire: 'https://payer-policy-cds.example.org/fhir/Questionnaire/kaiser-wa-lumbar-mri.lumbar|1',
    authored: '2026-02-28',
    author: { reference: 'Practitioner/doc' },
    item: [
      {
        linkId: 'fever',
        answer: [{ valueBoolean: true }],
        item: [{ linkId: 'fever/date', answer: [{ valueDate: '2026-02-27' }] }],
      },
    ],
  },
  { ...role, practitioner: { reference: 'Practitioner/doc' } },
  { resourceType: 'Practitioner', id: 'doc', qualification: [{ code: concept('nucc 207T00000X') }] },
  { resourceType: 'Medication', id: 'med', code: concept('rxnorm 7258') },
  {
    resourceType: 'Claim',
    status: 'active',
    patient: SUBJECT,
    created: '2026-01-01',
    item: [{ productOrService: concept('cpt 97110') }],
  },
  {
    resourceType: 'ExplanationOfBenefit',
    patient: SUBJECT,
    created: '2026-01-01',
    item: [{ productOrService: concept('cpt 97110') }],
  },
  {
    resourceType: 'CarePlan',
    activity: [{ detail: { code: concept('snomed 91251008') } }],
    period: { start: '2026-01-01' },
  },
  { resourceType: 'DocumentReference', type: concept('loinc 11506-3'), date: '2026-01-01' },
];
const ALL = named(RESOURCES);
const ORDER = {
  resourceType: 'ServiceRequest',
  id: 'order-1',
  code: concept('cpt 72148'),
  reasonCode: [concept('icd M54.16')],
  reasonReference: [{ reference: 'Condition/root' }],
  requester: { reference: 'PractitionerRole/role' },
};
const AS_OF = parseDate('2026-03-02') ?? { lo: 0, hi: 0 };

/** Paths to every member and item below a value. */
function paths(value: unknown, at: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  const inner = Array.isArray(value)
    ? value.flatMap((v, i) => paths(v, [...at, i]))
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([k, v]) => paths(v, [...at, k]))
      : [];
  return at.length === 0 ? inner : [at, ...inner];
}

/** A copy with another value at a path. */
function replaceAt<T>(value: T, path: readonly (string | number)[], to: unknown): T {
  const copy = structuredClone(value);
  let here = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) here = here[step] as Record<string | number, unknown>;
  const last = path.at(-1);
  if (last !== undefined) here[last] = to;
  return copy;
}

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    null,
    '',
    [],
    {},
    [null],
    [[]],
    Number.NaN,
    -1,
    1e308,
    '__proto__',
    '2026-02-30',
    '#',
    '#why',
    {
      reference: 7,
    },
  ),
);
const damaged = fc
  .constantFrom(...ALL.map((r, i) => ({ r, i })))
  .chain(({ r, i }) => fc.record({ i: fc.constant(i), path: fc.constantFrom(...paths(r)), value: anything }))
  .map(({ i, path, value }) => ALL.map((r, n) => (n === i ? replaceAt(r, path, value) : r)));

describe('malformed resources', () => {
  it('the full ones are all read', () => {
    const chart = chartOf(ALL, { order: ORDER });
    expect(chart.dropped).toEqual([]);
    expect(chart.resourceCount).toBe(ALL.length);
  });

  it('any JSON in the place of a resource never throws and is counted', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 6 }), (resources) => {
        const chart = chartOf(resources);
        return chart.resourceCount + chart.dropped.filter((d) => d.ref === 'unknown').length === resources.length;
      }),
      { numRuns: 300 },
    );
  });

  it('any JSON in the place of any member of any type never throws', () => {
    fc.assert(
      fc.property(damaged, (resources) => {
        chartOf(resources, { order: ORDER });
      }),
      { numRuns: 1500 },
    );
  });

  it('any JSON in the place of any member of the order or the patient never throws', () => {
    fc.assert(
      fc.property(fc.constantFrom(...paths(ORDER)), anything, anything, (path, value, patient) => {
        chartOf(ALL, { order: replaceAt(ORDER, path, value), patient });
      }),
      { numRuns: 300 },
    );
  });

  it('every fact can be asked of a damaged chart, and says nothing that is no truth', () => {
    const { vocabulary } = checker().knowledge;
    const facts = [...vocabulary.facts.keys()];
    fc.assert(
      fc.property(damaged, fc.constantFrom('lumbar' as const, 'cervical' as const), (resources, region) => {
        const engine = new FactEngine(chartOf(resources, { order: ORDER }), vocabulary, AS_OF, AS_OF.hi);
        return facts.every((fact) =>
          (['known', 'suspected', 'history'] as const).every((certainty) =>
            ['true', 'false', 'unknown'].includes(engine.fact({ fact, certainty, region, strictRegion: false }).truth),
          ),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('one damaged resource does not change what the others say', () => {
    fc.assert(
      fc.property(damaged, (resources) => {
        const before = chartOf(ALL).read();
        const after = chartOf(resources).read();
        const touched = ALL.filter((r, i) => JSON.stringify(r) !== JSON.stringify(resources[i])).map(
          (r) => `${r.resourceType}/${String(r['id'])}`,
        );
        return [...before].filter((ref) => !touched.includes(ref)).every((ref) => after.has(ref));
      }),
      { numRuns: 300 },
    );
  });
});
