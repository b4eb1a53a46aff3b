import { describe, expect, it } from 'vitest';
import type { ChartRecord } from '../../src/chart/records.ts';
import { parseDate } from '../../src/dates/day.ts';
import { chartOf, concept, found, named, type Resource } from '../support/tiny-chart.ts';

const one = (resource: Resource, set: string): ChartRecord | undefined => found(chartOf(named([resource])), set)[0];
const status = (...codes: readonly string[]): unknown => ({ coding: codes.map((code) => ({ code })) });

describe('Condition', () => {
  const diabetes = { resourceType: 'Condition', code: concept('icd E11.9') };
  const read = (members: Readonly<Record<string, unknown>>): ChartRecord | undefined =>
    one({ ...diabetes, ...members }, 'diabetes');

  it.each([
    [undefined, 'confirmed'],
    [status('confirmed'), 'confirmed'],
    [status('provisional'), 'suspected'],
    [status('differential'), 'suspected'],
    [status('unconfirmed'), 'suspected'],
    [status('refuted'), 'refuted'],
    ['provisional', 'suspected'],
    [status('R/O', 'refuted'), 'refuted'],
    [status('P', 'provisional'), 'suspected'],
    [status('Confirmed'), 'confirmed'],
    [{ text: 'Confirmed' }, 'confirmed'],
    [{}, 'confirmed'],
    [status('WORKING-DX'), 'suspected'],
    [{ text: 'rule out' }, 'suspected'],
    [{ text: 'Ruled out' }, 'refuted'],
    [status('410516002'), 'refuted'],
    [status('410605003'), 'confirmed'],
  ])('verificationStatus %j is %s', (verificationStatus, verification) => {
    expect(read({ verificationStatus })).toMatchObject({ verification });
  });

  it.each([
    ['icd Z83.3', 'snomed 44054006', false],
    ['icd Z13.1', 'snomed 44054006', false],
    ['icd Z03.89', 'snomed 44054006', false],
    ['icd Z79.4', 'snomed 44054006', true],
    ['icd Z83.3', 'icd E11.9', true],
  ])('%s and %s in one concept: diabetes %s', (first, second, is) => {
    const coding = [first, second].flatMap((c) => (concept(c) as { coding: unknown[] }).coding);
    expect(read({ code: { coding } }) !== undefined).toBe(is);
  });

  it.each([
    [undefined, true],
    [status('active'), true],
    [status('recurrence'), true],
    [status('relapse'), true],
    [status('inactive'), false],
    [status('remission'), false],
    [status('resolved'), false],
    ['resolved', false],
    [status('7', 'resolved'), false],
    [status('Resolved'), false],
    [status('413322009'), false],
    [status('73425007'), false],
    [status('55561003'), true],
    [status('something'), true],
  ])('clinicalStatus %j: current %s', (clinicalStatus, current) => {
    expect(read({ clinicalStatus })).toMatchObject({ current });
  });

  it.each([
    [{ abatementDateTime: '2025-01-01' }],
    [{ abatementDateTime: '2025' }],
    [{ abatementPeriod: { start: '2024-12-01', end: '2025-01-01' } }],
    [{ abatementString: 'last winter' }],
    [{ abatementAge: { value: 40, code: 'a' } }],
    [{ abatementRange: { low: { value: 40 } } }],
    [{ abatementBoolean: true }],
  ])('%j is over', (members) => {
    expect(read({ clinicalStatus: status('active'), ...members })).toMatchObject({ current: false });
  });
  it('that says it has not abated goes on', () => {
    expect(read({ abatementBoolean: false })).toMatchObject({ current: true });
  });
});

describe('an answer of HL7 version 2', () => {
  const read = (system: string, code: string): ChartRecord | undefined =>
    one(
      {
        resourceType: 'Observation',
        status: 'final',
        code: concept('snomed 6077001'),
        valueCodeableConcept: { coding: [{ system, code }] },
      },
      'foot-drop',
    );
  it('is yes or no', () => {
    for (const table of ['http://terminology.hl7.org/CodeSystem/v2-0136', 'urn:oid:2.16.840.1.113883.12.532']) {
      expect(read(table, 'Y')).toMatchObject({ value: { kind: 'boolean', value: true } });
      expect(read(table, 'N')).toMatchObject({ value: { kind: 'boolean', value: false } });
      expect(read(table, 'UNK')).toMatchObject({ value: { kind: 'coded' } });
    }
    expect(read('urn:ehr:answers', 'Y')).toMatchObject({ value: { kind: 'coded' } });
  });
});

describe('a vague onset', () => {
  const read = (members: object): ChartRecord | undefined =>
    one({ resourceType: 'Condition', code: concept('icd E11.9'), ...members }, 'diabetes');
  const days = (lo: string, hi: string): object => ({ lo: parseDate(lo)?.lo, hi: parseDate(hi)?.lo });
  it('lies before the day on which it was recorded', () => {
    expect(read({ onsetDateTime: '2025', recordedDate: '2025-03-04' })).toMatchObject({
      onset: days('2025-01-01', '2025-03-04'),
    });
  });
  it('stays as it is when it was recorded later, or before', () => {
    const whole = { onset: days('2025-01-01', '2025-12-31') };
    expect(read({ onsetDateTime: '2025', recordedDate: '2026-02-01' })).toMatchObject(whole);
    expect(read({ onsetDateTime: '2025', recordedDate: '2024-12-30' })).toMatchObject(whole);
    expect(read({ onsetDateTime: '2025' })).toMatchObject(whole);
  });
});

describe('events', () => {
  const therapy = { resourceType: 'Procedure', code: concept('cpt 97110') };
  it.each([
    ['completed', 'done'],
    ['in-progress', 'done'],
    ['not-done', 'not-done'],
    ['preparation', 'unclear'],
    ['on-hold', 'unclear'],
    ['stopped', 'unclear'],
    ['unknown', 'unclear'],
    ['suspended', 'unclear'],
  ])('a Procedure %s is %s', (s, performed) => {
    expect(one({ ...therapy, status: s }, 'physical-therapy')).toMatchObject({ performed });
  });

  it.each([
    ['final', 'done'],
    ['amended', 'done'],
    ['corrected', 'done'],
    ['appended', 'done'],
    ['registered', 'unclear'],
    ['partial', 'unclear'],
    ['preliminary', 'unclear'],
    ['unknown', 'unclear'],
  ])('an imaging DiagnosticReport %s is %s', (s, done) => {
    const report = { resourceType: 'DiagnosticReport', status: s, code: concept('cpt 72148') };
    expect(chartOf(named([report])).imaging).toMatchObject([{ done }]);
  });

  it.each([
    ['completed', 'done'],
    ['not-done', 'not-done'],
    ['in-progress', 'unclear'],
  ])('an imaging Procedure %s is %s', (s, done) => {
    const film = { resourceType: 'Procedure', status: s, code: concept('cpt 72100') };
    expect(chartOf(named([film])).imaging).toMatchObject([{ done }]);
  });

  it.each([
    ['available', 'done'],
    ['registered', 'unclear'],
  ])('an ImagingStudy %s is %s', (s, done) => {
    const study = {
      resourceType: 'ImagingStudy',
      status: s,
      series: [{ modality: { code: 'MR' }, bodySite: { system: 'http://snomed.info/sct', code: '122496007' } }],
    };
    expect(chartOf(named([study])).imaging).toMatchObject([{ done, modality: 'mri' }]);
  });

  it.each([
    ['final', true],
    ['amended', true],
    ['corrected', true],
    ['preliminary', false],
    ['registered', false],
    ['unknown', false],
  ])('an Observation %s: final %s', (s, final) => {
    const fever = { resourceType: 'Observation', status: s, code: concept('loinc 8310-5') };
    expect(one({ ...fever, valueQuantity: { value: 39, code: 'Cel' } }, 'body-temperature')).toMatchObject({ final });
  });

  it.each([
    ['finished', true],
    ['in-progress', true],
    ['onleave', true],
    ['planned', false],
    ['arrived', false],
    ['triaged', false],
    ['unknown', false],
  ])('an Encounter %s: held %s', (s, held) => {
    expect(chartOf(named([{ resourceType: 'Encounter', status: s }])).encounters).toMatchObject([{ held }]);
  });

  it.each([
    ['AMB', true],
    ['EMER', true],
    ['IMP', true],
    ['ACUTE', true],
    ['NONAC', true],
    ['OBSENC', true],
    ['SS', true],
    ['HH', true],
    ['FLD', true],
    ['VR', false],
    ['PRENC', false],
    ['amb', false],
  ])('an Encounter of class %s: in person %s', (code, inPerson) => {
    const visit = { resourceType: 'Encounter', status: 'finished', class: { code }, type: [concept('cpt 99213')] };
    expect(chartOf(named([visit])).encounters).toMatchObject([{ inPerson }]);
  });
  it.each([
    [{ coding: [{ code: 'AMB' }] }, true],
    [[{ coding: [{ code: 'AMB' }] }], true],
    [[{ code: 'AMB' }], true],
    [[{ coding: [{ code: '13' }, { code: 'AMB' }] }], true],
    [[{ coding: [{ code: 'VR' }] }], false],
    [[{ coding: [{ code: 'AMB' }, { code: 'VR' }] }], false],
    [[], false],
    [{ coding: 'AMB' }, false],
  ])('an Encounter of the classes %j: in person %s', (classes, inPerson) => {
    const visit = { resourceType: 'Encounter', status: 'finished', class: classes };
    expect(chartOf(named([visit])).encounters).toMatchObject([{ inPerson }]);
  });
  it.each([
    ['cpt 99214', true],
    ['cpt 99442', false],
    ['cpt 99422', false],
    ['cpt 98006', false],
    ['snomed 448337001', false],
    ['snomed 185317003', false],
  ])('an Encounter of class AMB and type %s: in person %s', (type, inPerson) => {
    const visit = { resourceType: 'Encounter', status: 'finished', class: { code: 'AMB' } };
    expect(chartOf(named([{ ...visit, type: [concept(type)] }])).encounters).toMatchObject([{ inPerson }]);
    const both = { ...visit, type: [concept('cpt 99213'), concept(type)] };
    expect(chartOf(named([both])).encounters).toMatchObject([{ inPerson }]);
    expect(chartOf(named([{ ...visit, serviceType: concept(type) }])).encounters).toMatchObject([{ inPerson }]);
  });
  it('a visit without a class is not known to be in person, whatever its procedure code', () => {
    const visit = { resourceType: 'Encounter', status: 'finished', type: [concept('cpt 99213')] };
    expect(chartOf(named([visit])).encounters).toMatchObject([{ inPerson: false }]);
  });
});

describe('drugs and orders', () => {
  const drug = { medicationCodeableConcept: concept('rxnorm 7258') };
  it.each([
    ['active', 'active'],
    ['completed', 'past'],
    ['stopped', 'past'],
    ['on-hold', 'past'],
    ['draft', 'unclear'],
    ['unknown', 'unclear'],
  ])('a MedicationRequest %s is %s', (s, taken) => {
    expect(one({ resourceType: 'MedicationRequest', status: s, ...drug }, 'analgesic')).toMatchObject({ taken });
  });
  it('a proposal, plan or option is no prescription', () => {
    for (const intent of ['proposal', 'plan', 'option'])
      expect(one({ resourceType: 'MedicationRequest', status: 'active', intent, ...drug }, 'analgesic')).toMatchObject({
        taken: 'unclear',
      });
  });
  it('a plan that is reported is what the patient takes', () => {
    const plan = { resourceType: 'MedicationRequest', status: 'active', intent: 'plan', ...drug };
    const read = (members: object): ChartRecord | undefined => one({ ...plan, ...members }, 'analgesic');
    expect(read({ reportedBoolean: true })).toMatchObject({ taken: 'active' });
    expect(read({ reportedReference: { reference: 'Patient/p1' } })).toMatchObject({ taken: 'active' });
    expect(read({ reportedBoolean: false })).toMatchObject({ taken: 'unclear' });
    expect(read({ reportedBoolean: true, intent: 'proposal' })).toMatchObject({ taken: 'unclear' });
  });
  it.each([
    ['active', 'active'],
    ['completed', 'past'],
    ['stopped', 'past'],
    ['on-hold', 'past'],
    ['not-taken', 'not-taken'],
    ['intended', 'unclear'],
    ['unknown', 'unclear'],
  ])('a MedicationStatement %s is %s', (s, taken) => {
    expect(one({ resourceType: 'MedicationStatement', status: s, ...drug }, 'analgesic')).toMatchObject({ taken });
  });
  it.each([
    ['completed', {}, 'past'],
    ['completed', { whenHandedOver: '2026-01-01' }, 'past'],
    ['in-progress', {}, 'unclear'],
    ['in-progress', { whenHandedOver: '2026-01-01' }, 'past'],
    ['stopped', { whenHandedOver: '2026-01-01' }, 'past'],
    ['on-hold', {}, 'unclear'],
    ['preparation', {}, 'unclear'],
    ['declined', { whenHandedOver: '2026-01-01' }, 'unclear'],
    ['unknown', {}, 'unclear'],
  ])('a MedicationDispense %s %j is %s', (s, members, taken) => {
    expect(one({ resourceType: 'MedicationDispense', status: s, ...drug, ...members }, 'analgesic')).toMatchObject({
      taken,
    });
  });
  it.each([
    ['completed', 'past'],
    ['in-progress', 'active'],
    ['stopped', 'past'],
    ['on-hold', 'past'],
    ['not-done', 'unclear'],
    ['unknown', 'unclear'],
  ])('a MedicationAdministration %s is %s', (s, taken) => {
    expect(one({ resourceType: 'MedicationAdministration', status: s, ...drug }, 'analgesic')).toMatchObject({ taken });
  });
  it.each([
    ['draft', true],
    ['active', true],
    ['on-hold', true],
    ['completed', false],
    ['unknown', false],
  ])('a ServiceRequest %s: active %s', (s, active) => {
    expect(
      one({ resourceType: 'ServiceRequest', status: s, code: concept('cpt 63030') }, 'spine-surgery'),
    ).toMatchObject({ active });
  });
  it('a revoked ServiceRequest is none', () => {
    expect(
      one({ resourceType: 'ServiceRequest', status: 'revoked', code: concept('cpt 63030') }, 'spine-surgery'),
    ).toBeUndefined();
  });
  it('an allergy has the statuses of a Condition', () => {
    const allergy = { resourceType: 'AllergyIntolerance', code: concept('rxnorm 7258') };
    const read = (members: object): ChartRecord | undefined => one({ ...allergy, ...members }, 'nsaid');
    expect(read({ clinicalStatus: status('x', 'inactive') })).toMatchObject({ current: false });
    expect(read({ verificationStatus: status('refuted') })).toMatchObject({ verification: 'refuted' });
    expect(read({ verificationStatus: status('presumed') })).toMatchObject({ verification: 'suspected' });
  });
  it('a device counts while it is in place', () => {
    const device = { resourceType: 'Device', type: concept('snomed 14106009') };
    for (const [s, present] of [
      ['active', true],
      ['inactive', false],
      ['unknown', undefined],
    ] as const)
      expect(one({ ...device, status: s }, 'active-implant')).toMatchObject({ present });
  });
});
