import { describe, expect, it } from 'vitest';
import type { FactQuery, FactValue } from '../../src/policy/fact-source.ts';
import { condition, pain, value, visit } from '../support/lumbar-facts.ts';
import { concept, type Resource } from '../support/tiny-chart.ts';

const PAIN = pain('2026-01-01');
const LUMBAR = 'icd M54.50';
const LAST_MONTH: Partial<FactQuery> = { within: { count: 30, unit: 'days' } };

const inPerson = (resources: readonly Resource[], query: Partial<FactQuery> = LAST_MONTH): string =>
  value('in-person-evaluation', [PAIN, ...resources], query).truth;
const reevaluated = (resources: readonly Resource[], query: Partial<FactQuery> = LAST_MONTH): string =>
  value('clinical-reevaluation', [PAIN, ...resources], query).truth;

describe('an evaluation in person', () => {
  it.each(['AMB', 'EMER', 'IMP', 'ACUTE', 'NONAC', 'OBSENC', 'SS', 'HH', 'FLD'])('a visit of class %s', (code) => {
    expect(inPerson([visit('2026-02-20', LUMBAR, { class: { code } })])).toBe('true');
  });
  it('is no visit by telephone or video, whatever its procedure code', () => {
    const video = visit('2026-02-20', LUMBAR, { class: { code: 'VR' }, type: [concept('cpt 99213')] });
    expect(value('in-person-evaluation', [PAIN, video], LAST_MONTH)).toMatchObject({
      truth: 'unknown',
      leads: [{ label: 'not in person' }],
    });
    expect(reevaluated([video])).toBe('true');
  });
  it('is no visit at places that are all virtual', () => {
    const virtual = { physicalType: { coding: [{ code: 'vi' }] } };
    const at = (...location: readonly object[]): string => inPerson([visit('2026-02-20', LUMBAR, { location })]);
    expect(at(virtual)).toBe('unknown');
    expect(at({ physicalType: { coding: [{ code: 'ro' }] } })).toBe('true');
    expect(at(virtual, { physicalType: { coding: [{ code: 'ro' }] } })).toBe('true');
    const contained = { contained: [{ resourceType: 'Location', id: 'v', ...virtual }] };
    const named = { location: [{ location: { reference: '#v' } }] };
    expect(inPerson([visit('2026-02-20', LUMBAR, { ...contained, ...named })])).toBe('unknown');
  });
  it('is no visit at which the patient left before anybody saw them', () => {
    const reasons = { reasonCode: [concept(LUMBAR), concept('icd Z53.21')] };
    expect(inPerson([visit('2026-02-20', undefined, { class: { code: 'EMER' }, ...reasons })])).toBe('unknown');
    const left = { hospitalization: { dischargeDisposition: { text: 'Left without being seen' } } };
    expect(
      inPerson([visit('2026-02-20', LUMBAR, { class: { code: 'EMER' }, type: [concept('cpt 99281')], ...left })]),
    ).toBe('unknown');
    const home = { hospitalization: { dischargeDisposition: { text: 'Home' } } };
    expect(inPerson([visit('2026-02-20', LUMBAR, { class: { code: 'EMER' }, ...home })])).toBe('true');
    const entry = condition('icd Z53.21', { encounter: { reference: 'Encounter/e' } });
    expect(inPerson([visit('2026-02-20', LUMBAR, { id: 'e' }), entry])).toBe('unknown');
    expect(inPerson([visit('2026-02-20', LUMBAR, { id: 'f' }), entry])).toBe('true');
  });
  it('is no visit whose code has the modifier of a contact by telephone or video', () => {
    const coded = (code: string): string => inPerson([visit('2026-02-20', LUMBAR, { type: [concept(code)] })]);
    for (const code of ['cpt 99213', 'cpt 99213-25']) expect(coded(code), code).toBe('true');
    for (const code of ['cpt 99213-95', 'cpt 99213-GT', 'cpt 99213-25-93']) expect(coded(code), code).toBe('unknown');
  });
  it('a visit of a class of the EHR’s own, if a code says so', () => {
    const own = (type: string, local = '13'): string =>
      inPerson([visit('2026-02-20', LUMBAR, { class: { system: 'urn:local', code: local }, type: [concept(type)] })]);
    expect(own('cpt 99213')).toBe('unknown');
    expect(own('snomed 1258986006')).toBe('true');
    expect(own('cpt 99283')).toBe('true');
    expect(own('snomed 1258986006', 'VR')).toBe('unknown');
    expect(own('snomed 185317003', 'AMB')).toBe('unknown');
  });
  it('is no visit at which only an image, a test, an injection or a therapy was billed', () => {
    const at = (...codes: readonly string[]): string =>
      inPerson([visit('2026-02-20', LUMBAR, { type: codes.map(concept) })]);
    for (const code of [
      'cpt 72100',
      'cpt 72148',
      'cpt 36415',
      'cpt 62323',
      'cpt 95886',
      'cpt 97110',
      'snomed 363679005',
    ])
      expect(at(code), code).toBe('unknown');
    for (const code of ['cpt 99024', 'cpt G0463', 'cpt 99223', 'cpt 99347', 'snomed 185349003'])
      expect(at(code), code).toBe('true');
    for (const code of ['cpt 72100', 'cpt 62323', 'cpt 98941', 'cpt 97110'])
      expect(at('cpt 99203', code), code).toBe('true');
    expect(reevaluated([visit('2026-02-20', LUMBAR, { type: [concept('cpt 72148')] })])).toBe('unknown');
  });
  it('words that name a therapy or an image leave it open, where no code says what was done', () => {
    const named = (text: string): FactValue =>
      value('in-person-evaluation', [PAIN, visit('2026-02-20', LUMBAR, { type: [{ text }] })], LAST_MONTH);
    for (const text of ['Physical Therapy Visit', 'IMAGING APPOINTMENT', 'Lab Draw'])
      expect(named(text), text).toMatchObject({
        truth: 'unknown',
        leads: [{ label: 'named as another service than an evaluation' }],
      });
    for (const text of ['Office Visit', 'New Patient', 'Office visit, imaging reviewed'])
      expect(named(text).truth, text).toBe('true');
  });
  it('a name that says telephone, video or message leaves it open, whatever the class', () => {
    const named = (text: string, type: object = { text }): Resource => visit('2026-02-20', LUMBAR, { type: [type] });
    for (const text of ['Telehealth video visit', 'Video Visit', 'TELEPHONE', 'Patient Message', 'MyChart E-Visit'])
      expect(inPerson([named(text)]), text).toBe('unknown');
    expect(inPerson([named('', { coding: [{ system: 'urn:local', code: '1401', display: 'Virtual Visit' }] })])).toBe(
      'unknown',
    );
    expect(inPerson([visit('2026-02-20', LUMBAR, { serviceType: { text: 'Telemedicine' } })])).toBe('unknown');
    expect(inPerson([named('Telephone', { ...concept('cpt 99284'), text: 'seen after telephone triage' })])).toBe(
      'true',
    );
    for (const text of ['Office visit, video interpreter', 'Face to face, portal message before'])
      expect(inPerson([named(text)]), text).toBe('true');
    expect(reevaluated([named('Telephone')])).toBe('true');
  });
  it('is no refill, no-show or visit to a nurse', () => {
    for (const text of ['Refill', 'Orders Only', 'No Show', 'Nurse Visit', 'Documentation']) {
      const contact = visit('2026-02-20', LUMBAR, { type: [{ text }] });
      expect([inPerson([contact]), reevaluated([contact])], text).toEqual(['unknown', 'unknown']);
    }
    expect(inPerson([visit('2026-02-20', LUMBAR, { type: [concept('cpt 99211')] })])).toBe('unknown');
  });
  it('is none at which nobody saw the patient', () => {
    for (const text of ['No Show - Office Visit', 'Office visit: left without being seen', 'Canceled office visit'])
      expect(inPerson([visit('2026-02-20', LUMBAR, { type: [{ text }] })]), text).toBe('unknown');
    for (const text of ['Office visit – cancel/reschedule policy reviewed', 'Office visit, rescheduled from no-show'])
      expect(inPerson([visit('2026-02-20', LUMBAR, { type: [{ text }] })]), text).toBe('true');
    const billed = { type: [{ ...concept('cpt 99213'), text: 'NO SHOW' }] };
    expect(inPerson([visit('2026-02-20', LUMBAR, billed)])).toBe('unknown');
    const left = { reasonCode: [concept(LUMBAR), concept('icd Z53.21')], class: { code: 'EMER' } };
    expect(inPerson([visit('2026-02-20', undefined, left)])).toBe('unknown');
    const told = { reasonCode: [{ ...concept(LUMBAR), text: 'Low back pain, left, without sciatica' }] };
    expect(inPerson([visit('2026-02-20', undefined, told)])).toBe('true');
  });
  it('has taken place', () => {
    for (const status of ['planned', 'arrived', 'cancelled', 'entered-in-error', 'unknown'])
      expect(inPerson([visit('2026-02-20', LUMBAR, { status })]), status).toBe('unknown');
    expect(inPerson([visit('2026-03-02', LUMBAR, { status: 'in-progress' })])).toBe('true');
  });
  it('is about this problem: by reason, diagnosis, or a diagnosis made there', () => {
    expect(inPerson([visit('2026-02-20', 'icd I10')])).toBe('unknown');
    expect(inPerson([visit('2026-02-20', 'icd M54.2')])).toBe('unknown');
    expect(inPerson([visit('2026-02-20')])).toBe('unknown');
    const reference = [{ condition: { reference: 'Condition/r1' } }];
    expect(inPerson([visit('2026-02-20', undefined, { diagnosis: reference })])).toBe('true');
    const there = condition('icd M54.16', { recordedDate: '2026-02-20', encounter: { reference: 'Encounter/e' } });
    expect(inPerson([there, visit('2026-02-20', undefined, { id: 'e' })])).toBe('true');
    const ruledOut = { ...there, verificationStatus: { coding: [{ code: 'refuted' }] } };
    expect(inPerson([ruledOut, visit('2026-02-20', undefined, { id: 'e' })])).toBe('unknown');
  });
  it('is the visit at which the order is placed, when no code states another reason', () => {
    const placed = (members: object, reason = LUMBAR): string =>
      value('in-person-evaluation', [PAIN, visit('2026-03-02', undefined, { id: 'now', ...members })], LAST_MONTH, {
        order: { encounter: { reference: 'Encounter/now' }, reasonCode: [concept(reason)] },
      }).truth;
    expect(placed({})).toBe('true');
    expect(placed({ status: 'in-progress' })).toBe('true');
    expect(placed({ reasonCode: [{ text: 'back pain' }] })).toBe('true');
    expect(placed({ reasonCode: [concept('icd I10')] })).toBe('unknown');
    expect(placed({ id: 'another' })).toBe('unknown');
    expect(placed({ class: { code: 'VR' } })).toBe('unknown');
    expect(placed({ type: [concept('cpt 72100')] })).toBe('unknown');
    expect(placed({}, 'icd M54.2')).toBe('unknown');
  });
  it('a visit without a stated reason is a lead', () => {
    expect(value('in-person-evaluation', [PAIN, visit('2026-02-20')], LAST_MONTH).leads).toMatchObject([
      { label: 'a visit without a stated reason' },
    ]);
  });
  it('says of a visit what is not known: how the contact was, or what its reason in words means', () => {
    const lead = (members: object, reason?: string): unknown =>
      value('in-person-evaluation', [PAIN, visit('2026-02-20', reason, members)], LAST_MONTH).leads?.[0]?.label;
    expect(lead({ class: { system: 'urn:local', code: '13' } }, LUMBAR)).toBe('not stated to be in person');
    expect(lead({ class: { code: 'VR' } }, LUMBAR)).toBe('not in person');
    expect(lead({ reasonCode: [{ text: 'LOW BACK PAIN' }] })).toBe('a visit whose reason no known code states');
    expect(lead({}, 'icd M25.561')).toBeUndefined();
  });
  it('is no therapy session', () => {
    expect(inPerson([visit('2026-02-20', LUMBAR, { type: [concept('cpt 97110')] })])).toBe('unknown');
  });
  it('lies in the window, not after the order', () => {
    expect(inPerson([visit('2026-01-31', LUMBAR)])).toBe('true');
    expect(inPerson([visit('2026-01-30', LUMBAR)])).toBe('unknown');
    expect(inPerson([visit('2026-03-03', LUMBAR)])).toBe('unknown');
    expect(inPerson([visit('2026-02', LUMBAR)])).toBe('true');
    expect(inPerson([visit('2026-01', LUMBAR)])).toBe('unknown');
  });
  it('is this patient’s', () => {
    expect(inPerson([visit('2026-02-20', LUMBAR, { subject: { reference: 'Patient/p2' } })])).toBe('unknown');
  });
});

describe('signs that progressed between two visits in person', () => {
  const sign = (code: string, date: string, encounter: string): Resource =>
    condition(code, { recordedDate: date, encounter: { reference: `Encounter/${encounter}` } });
  const first = visit('2026-02-10', 'icd M54.16', { id: 'first' });
  const second = visit('2026-02-24', 'icd M54.16', { id: 'second' });
  const reflex = sign('icd R29.2', '2026-02-10', 'first');
  const drop = sign('icd M21.371', '2026-02-24', 'second');
  const progress = (...resources: readonly Resource[]): string =>
    value('progressive-neurological-signs', [PAIN, ...resources]).truth;
  it('a new sign at the later visit', () => {
    expect(progress(first, second, reflex, drop)).toBe('true');
  });
  it('not the same sign again, not both at one visit, not one visit alone', () => {
    expect(progress(first, second, sign('icd M21.371', '2026-02-10', 'first'), drop)).toBe('unknown');
    expect(progress(first, second, sign('icd R29.2', '2026-02-24', 'second'), drop)).toBe('unknown');
    expect(progress(second, drop)).toBe('unknown');
  });
  it('not a sign that was there before, whatever else was found then', () => {
    expect(progress(first, second, reflex, sign('icd M21.371', '2026-02-10', 'first'), drop)).toBe('unknown');
  });
  it('of weakness: only weakness that is new', () => {
    const weakness = (...resources: readonly Resource[]): string =>
      value('progressive-motor-weakness', [PAIN, ...resources]).truth;
    expect(weakness(first, second, reflex, drop)).toBe('true');
    const numb = sign('icd R20.1', '2026-02-24', 'second');
    expect(weakness(first, second, reflex, numb)).toBe('unknown');
    expect(progress(first, second, reflex, numb)).toBe('true');
  });
  it('not when one of the visits was a telehealth visit', () => {
    const video = { class: { code: 'VR' } };
    expect(progress(first, { ...second, ...video }, reflex, drop)).toBe('unknown');
    expect(progress({ ...first, ...video }, second, reflex, drop)).toBe('unknown');
  });
  it('a normal examination first shows it too', () => {
    const normal: Resource = {
      resourceType: 'Observation',
      status: 'final',
      code: concept('loinc 10202-0'),
      valueCodeableConcept: concept('snomed 17621005'),
      effectiveDateTime: '2026-02-10',
      encounter: { reference: 'Encounter/first' },
    };
    expect(progress(first, second, normal, drop)).toBe('true');
    expect(progress(first, second, { ...normal, status: 'preliminary' }, drop)).toBe('unknown');
  });
  it('not when the sign is resolved, refuted, void or of an arm', () => {
    const status = (member: string, code: string): object => ({ [member]: { coding: [{ code }] } });
    for (const members of [
      status('clinicalStatus', 'resolved'),
      status('verificationStatus', 'refuted'),
      status('verificationStatus', 'entered-in-error'),
      { code: concept('icd M21.331') },
      { subject: { reference: 'Patient/p2' } },
    ])
      expect(progress(first, second, reflex, { ...drop, ...members }), JSON.stringify(members)).not.toBe('true');
  });
});
