import { describe, expect, it } from 'vitest';
import type { Chart } from '../../src/chart/chart.ts';
import type { ProcedureRecord } from '../../src/chart/records.ts';
import { parseReference } from '../../src/chart/references.ts';
import { placeOf } from '../../src/terminology/regions.ts';
import { CANONICAL_BASE } from '../support/knowledge.ts';
import { chartOf, concept, found, named, SUBJECT } from '../support/tiny-chart.ts';

const LUMBAR = placeOf(['lumbar']);
const root = { resourceType: 'Condition', id: 'root', code: concept('icd M54.16'), subject: SUBJECT } as const;
const refuted = { coding: [{ code: 'refuted' }] };

describe('a literal reference', () => {
  it('is relative, versioned or absolute', () => {
    expect(parseReference('Condition/c1')).toEqual({ type: 'Condition', id: 'c1' });
    expect(parseReference('Condition/c1/_history/3')).toEqual({ type: 'Condition', id: 'c1' });
    expect(parseReference('Condition/c_1')).toEqual({ type: 'Condition', id: 'c_1' });
    expect(parseReference('https://ehr.example.org/fhir/Condition/c1/_history/3')).toEqual({
      type: 'Condition',
      id: 'c1',
      base: 'https://ehr.example.org/fhir',
    });
  });
  it.each([
    ['#c1'],
    ['urn:uuid:x'],
    ['c1'],
    ['Condition/'],
    ['/c1'],
    ['ftp://a/Condition/c1'],
    ['Condition/a b'],
    ['Patient/_search'],
    ['Patient/..'],
    [`Patient/${'x'.repeat(129)}`],
    [7],
    [null],
  ])('%j is none', (value) => {
    expect(parseReference(value)).toBeUndefined();
  });
});

describe('the reason of a treatment', () => {
  const therapy = (reference: string, more: object = {}): ProcedureRecord => {
    const visit = {
      resourceType: 'Procedure',
      id: 'visit',
      status: 'completed',
      code: concept('cpt 97110'),
      subject: SUBJECT,
      reasonReference: [{ reference }],
      ...more,
    };
    return found(chartOf([visit, root]), 'physical-therapy')[0] as ProcedureRecord;
  };
  it.each([
    ['Condition/root'],
    ['Condition/root/_history/2'],
    [`${CANONICAL_BASE}/Condition/root`],
    [`${CANONICAL_BASE}/Condition/root/_history/2`],
  ])('is the Condition behind %s', (reference) => {
    expect(therapy(reference)).toMatchObject({ spineReason: true, reason: LUMBAR });
  });
  it('is a contained Condition', () => {
    const contained = [{ resourceType: 'Condition', id: 'why', code: concept('icd M54.50') }];
    expect(therapy('#why', { contained })).toMatchObject({ spineReason: true, reason: LUMBAR });
  });
  it('is not one that is void, that is no Condition, or that is elsewhere', () => {
    const void_ = { ...root, id: 'why', verificationStatus: { coding: [{ code: 'entered-in-error' }] } };
    const observation = { resourceType: 'Observation', id: 'why', code: concept('icd M54.50') };
    for (const contained of [[void_], [observation], [{ ...root, id: 'other' }], 'x', undefined])
      expect(therapy('#why', { contained })).toMatchObject({ spineReason: false });
    for (const reference of ['https://other.example.org/fhir/Condition/root', 'Condition/unknown', 'urn:uuid:root'])
      expect(therapy(reference)).toMatchObject({ spineReason: false });
  });
  it('is no other problem where it is not on file, or in words alone', () => {
    const inWords = [{ resourceType: 'Condition', id: 'why', code: { text: 'Back trouble' } }];
    const knee = [{ resourceType: 'Condition', id: 'why', code: concept('icd M17.11') }];
    expect(therapy('Condition/unknown')).toMatchObject({ hasReason: false, reason: 0 });
    expect(therapy('#why', { contained: inWords })).toMatchObject({ hasReason: false, reason: 0 });
    expect(therapy('#why', { contained: knee })).toMatchObject({ hasReason: true, reason: placeOf(['other']) });
  });
  it.each([
    ['the neck', '122494005', 'cervical'],
    ['the lumbar spine', '122496007', 'lumbar'],
    ['a knee', '72696002', 'other'],
  ])('is at %s when that is the site of a Condition whose code names none', (_, site, region) => {
    for (const code of ['snomed 161891005', 'snomed 22253000']) {
      const contained = [
        { resourceType: 'Condition', id: 'why', code: concept(code), bodySite: [concept(`snomed ${site}`)] },
      ];
      expect(therapy('#why', { contained })).toMatchObject({ spineReason: true, reason: placeOf([region]) });
    }
  });
  it('is where the code of the Condition says, whatever its site', () => {
    const contained = [
      { resourceType: 'Condition', id: 'why', code: concept('icd M54.50'), bodySite: [concept('snomed 122494005')] },
    ];
    expect(therapy('#why', { contained })).toMatchObject({ reason: LUMBAR });
  });
  it('is not another patient’s Condition', () => {
    const strange = { ...root, subject: { reference: 'Patient/p2' } };
    const visit = {
      resourceType: 'Procedure',
      code: concept('cpt 97110'),
      reasonReference: [{ reference: 'Condition/root' }],
    };
    expect(found(chartOf([strange, ...named([visit])]), 'physical-therapy')).toMatchObject([{ spineReason: false }]);
  });
});

describe('the drug of a prescription', () => {
  const NAPROXEN = concept('rxnorm 7258');
  const prescribed = (medication: object): number => {
    const contained = [{ resourceType: 'Medication', id: 'm', ...medication }];
    const rx = { resourceType: 'MedicationRequest', status: 'active', intent: 'order', authoredOn: '2026-02-01' };
    return found(chartOf(named([{ ...rx, contained, medicationReference: { reference: '#m' } }])), 'nsaid').length;
  };
  it('is that of the Medication, or what a compound without a known code consists of', () => {
    expect(prescribed({ code: NAPROXEN })).toBe(1);
    const local = { coding: [{ system: 'urn:local', code: 'CMPD' }], text: 'compound' };
    const ingredient = [{ itemCodeableConcept: concept('rxnorm 6387') }, { itemCodeableConcept: NAPROXEN }];
    expect(prescribed({ code: local, ingredient })).toBe(1);
    expect(prescribed({ ingredient })).toBe(1);
    expect(prescribed({ code: local })).toBe(0);
    expect(prescribed({ ingredient: [{ itemCodeableConcept: NAPROXEN, isActive: false }] })).toBe(0);
    for (const odd of ['x', [null], [{ itemReference: { reference: 7 } }]])
      expect(prescribed({ ingredient: odd })).toBe(0);
  });
  it('is that of a contained Substance, in the prescription or in a Medication of its own', () => {
    const rx = { resourceType: 'MedicationRequest', status: 'active', intent: 'order', authoredOn: '2026-02-01' };
    const compound = { resourceType: 'Medication', id: 'm', ingredient: [{ itemReference: { reference: '#s' } }] };
    const substance = { resourceType: 'Substance', id: 's', code: NAPROXEN };
    const inRx = { contained: [compound, substance], medicationReference: { reference: '#m' } };
    expect(found(chartOf(named([{ ...rx, ...inRx }])), 'nsaid')).toHaveLength(1);
    const apart = { ...rx, medicationReference: { reference: 'Medication/m' } };
    expect(found(chartOf(named([apart, { ...compound, contained: [substance] }])), 'nsaid')).toHaveLength(1);
  });
});

describe('the reasons of the order', () => {
  const reasons = (order: object, ...chart: readonly object[]): Chart => chartOf(chart, { order: order as never });
  it('are codes and referenced Conditions, each a suspicion of the day of the order', () => {
    const chart = reasons(
      { reasonCode: [concept('icd M54.50')], reasonReference: [{ reference: 'Condition/root/_history/1' }] },
      root,
    );
    expect(chart.orderReasons).toMatchObject([
      { verification: 'suspected', current: true, orderReason: true, basis: 'order', ref: 'ServiceRequest/order-1' },
      { verification: 'suspected', current: true, orderReason: true, basis: 'order', ref: 'ServiceRequest/order-1' },
    ]);
    expect(found(chart, 'spinal-pain').map((r) => r.ref)).toEqual(['ServiceRequest/order-1']);
    expect(found(chart, 'radiculopathy').map((r) => r.ref)).toEqual(['Condition/root', 'ServiceRequest/order-1']);
    expect(chart.orderReasons.map((r) => r.codes)).toEqual([['icd10cm|M54.50'], ['icd10cm|M54.16']]);
  });
  it('are contained Conditions too', () => {
    const contained = [{ resourceType: 'Condition', id: 'why', code: concept('icd G83.4') }];
    const chart = reasons({ contained, reasonReference: [{ reference: '#why' }] });
    expect(found(chart, 'cauda-equina')).toMatchObject([{ orderReason: true }]);
  });
  it('are none when the Condition is refuted, void, another patient’s or unknown', () => {
    const order = { reasonReference: [{ reference: 'Condition/root' }] };
    for (const condition of [
      { ...root, verificationStatus: refuted },
      { ...root, verificationStatus: { coding: [{ code: 'entered-in-error' }] } },
      { ...root, subject: { reference: 'Patient/p2' } },
      { ...root, id: 'other' },
    ])
      expect(reasons(order, condition).orderReasons).toEqual([]);
  });
  it('of any shape never throw', () => {
    for (const reasonReference of [null, 'x', 7, [null], [[]], [{ reference: {} }], {}])
      expect(reasons({ reasonReference, reasonCode: reasonReference }).orderReasons).toEqual([]);
  });
});

describe('visits', () => {
  const visit = (members: object): Chart =>
    chartOf([{ resourceType: 'Encounter', id: 'v', status: 'finished', subject: SUBJECT, ...members }, root]);
  it('know their reasons from codes, diagnoses and references', () => {
    for (const members of [
      { reasonCode: [concept('icd M54.16')] },
      { diagnosis: [{ condition: { reference: 'Condition/root' } }] },
      { reasonReference: [{ reference: `${CANONICAL_BASE}/Condition/root` }] },
    ])
      expect(visit(members).encounters).toMatchObject([
        { hasReason: true, reasons: expect.arrayContaining([expect.anything()]) },
      ]);
    expect(visit({}).encounters).toMatchObject([{ hasReason: false, reasons: [] }]);
  });
  it('keep a diagnosis that was ruled out apart', () => {
    const chart = chartOf([
      { ...root, verificationStatus: refuted },
      {
        resourceType: 'Encounter',
        id: 'v',
        status: 'finished',
        subject: SUBJECT,
        diagnosis: [{ condition: { reference: 'Condition/root' } }],
      },
    ]);
    expect(chart.encounters).toMatchObject([{ reasons: [], ruledOut: expect.arrayContaining([expect.anything()]) }]);
  });
  it('know the specialty from the service, a contained role, or a role on file', () => {
    const surgeon = { resourceType: 'PractitionerRole', id: 'role', specialty: [concept('nucc 207T00000X')] };
    const specialtyOf = (members: object, ...more: readonly object[]): number =>
      chartOf([...more, { resourceType: 'Encounter', id: 'v', status: 'finished', subject: SUBJECT, ...members }])
        .encounters[0]?.specialties.length ?? 0;
    const by = (reference: string): object => ({ participant: [{ individual: { reference } }] });
    expect(specialtyOf({ serviceType: concept('snomed 394610002') })).toBeGreaterThan(0);
    expect(specialtyOf({ ...by('#role'), contained: [surgeon] })).toBeGreaterThan(0);
    expect(specialtyOf(by('PractitionerRole/role'), surgeon)).toBeGreaterThan(0);
    expect(
      specialtyOf(by('Practitioner/doc'), { ...surgeon, practitioner: { reference: 'Practitioner/doc' } }),
    ).toBeGreaterThan(0);
    expect(specialtyOf(by('Practitioner/doc'), surgeon)).toBe(0);
    expect(specialtyOf(by('https://other.example.org/fhir/PractitionerRole/role'), surgeon)).toBe(0);
  });
});

describe('drugs', () => {
  const medication = { resourceType: 'Medication', id: 'm', code: concept('rxnorm 7258') };
  const taken = (members: object, ...more: readonly object[]): number =>
    found(
      chartOf([
        ...more,
        { resourceType: 'MedicationRequest', id: 'r', status: 'active', subject: SUBJECT, ...members },
      ]),
      'analgesic',
    ).length;
  it('are named by code, by a contained Medication or by one on file', () => {
    expect(taken({ medicationCodeableConcept: concept('rxnorm 7258') })).toBe(1);
    expect(taken({ medicationReference: { reference: '#m' }, contained: [medication] })).toBe(1);
    expect(taken({ medicationReference: { reference: 'Medication/m/_history/1' } }, medication)).toBe(1);
    expect(taken({ medicationReference: { reference: `${CANONICAL_BASE}/Medication/m` } }, medication)).toBe(1);
    expect(taken({ medicationReference: { reference: 'Medication/x' } }, medication)).toBe(0);
    expect(taken({ medicationReference: { display: 'naproxen' } }, medication)).toBe(0);
  });
});
