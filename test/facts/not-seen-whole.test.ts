import { describe, expect, it } from 'vitest';
import type { Section, SectionState } from '../../src/chart/sections.ts';
import type { FactQuery, FactValue } from '../../src/policy/fact-source.ts';
import { because, condition, drug, pain, procedure, score, supply, value, visit } from '../support/lumbar-facts.ts';
import { concept, type Resource } from '../support/tiny-chart.ts';

const PAIN = pain('2025-11-01');
const BACK = because('icd M54.50');

/** A fact of a chart of which a section was seen in part. */
const inPart = (
  section: Section,
  fact: string,
  resources: readonly Resource[],
  query: Partial<FactQuery> = {},
  state: SectionState = 'truncated',
): FactValue => value(fact, [PAIN, ...resources], query, { states: { [section]: state } });
const whole = (fact: string, resources: readonly Resource[], query: Partial<FactQuery> = {}): string =>
  value(fact, [PAIN, ...resources], query).truth;
const open = (...sections: readonly Section[]): object => ({ truth: 'unknown', gap: 'incomplete', sections });

describe('what stands until something is done later is open where that may not have been retrieved', () => {
  const refused = procedure('cpt 97110', '2026-01-10', { ...BACK, status: 'not-done' });
  it('a therapy that was refused', () => {
    expect(whole('physical-therapy-4-weeks', [refused])).toBe('false');
    expect(inPart('Procedure', 'physical-therapy-4-weeks', [refused])).toMatchObject(open('Procedure'));
    expect(inPart('Condition', 'physical-therapy-4-weeks', [refused]).truth).toBe('false');
  });
  it('a course that the time since the onset leaves no room for: what shows the complaint shortly before may not have been seen', () => {
    const of = (states: object): FactValue => value('physical-therapy-4-weeks', [pain('2026-02-20')], {}, { states });
    expect(of({}).truth).toBe('false');
    expect(of({ MedicationRequest: 'truncated', Encounter: 'not-available' }).truth).toBe('false');
    expect(of({ Procedure: 'truncated' })).toMatchObject(open('Procedure'));
    expect(of({ Encounter: 'failed' })).toMatchObject(open('Encounter'));
  });
  it('a course of which only a part was retrieved', () => {
    const visits = [procedure('cpt 97161', '2026-01-10', BACK), procedure('cpt 97110', '2026-01-20', BACK)];
    expect(value('physical-therapy-4-weeks', [PAIN, ...visits])).toMatchObject({ truth: 'unknown', gap: 'unclear' });
    expect(inPart('Procedure', 'physical-therapy-4-weeks', visits)).toMatchObject(open('Procedure'));
  });
  it('a course that began with an evaluation too short a time ago', () => {
    const visits = [procedure('cpt 97161', '2026-02-10', BACK), procedure('cpt 97110', '2026-02-20', BACK)];
    expect(whole('physical-therapy-4-weeks', visits)).toBe('false');
    expect(inPart('Procedure', 'physical-therapy-4-weeks', visits)).toMatchObject(open('Procedure'));
    expect(inPart('Encounter', 'physical-therapy-4-weeks', visits).truth).toBe('unknown');
    expect(inPart('MedicationRequest', 'physical-therapy-4-weeks', visits).truth).toBe('false');
  });
  it('a course of which the drugs alone are lacking', () => {
    const therapy = [procedure('cpt 97110', '2025-12-01', BACK), procedure('cpt 97110', '2026-02-01', BACK)];
    const states = { MedicationRequest: 'failed', MedicationStatement: 'not-available' } as const;
    const care = (given: readonly Resource[]): FactValue =>
      value('conservative-care-6-weeks', [PAIN, ...given], {}, { states });
    expect(care(therapy)).toMatchObject(open('MedicationRequest', 'MedicationStatement'));
    expect(care([])).toMatchObject({ truth: 'unknown', gap: 'silent' });
    expect(value('treatment-6-weeks', [PAIN], {}, { states }).gap).toBe('incomplete');
    // a complete list of statements says nothing of what was prescribed
    expect(inPart('MedicationRequest', 'treatment-6-weeks', [])).toMatchObject(open('MedicationRequest'));
    expect(inPart('MedicationStatement', 'treatment-6-weeks', [], {}, 'not-available').gap).toBe('silent');
  });
  it('for what a drug was begun, beside an older problem of a joint', () => {
    const care = (from: string, states: Partial<Record<Section, SectionState>> = {}): FactValue =>
      value(
        'conservative-care-6-weeks',
        [
          PAIN,
          condition('icd M17.11', { onsetDateTime: '2022-01-01' }),
          procedure('cpt 97110', '2025-12-01', BACK),
          procedure('cpt 97110', '2026-02-01', BACK),
          drug(from, supply(60)),
        ],
        {},
        { states },
      );
    expect(care('2025-12-05').truth).toBe('true');
    for (const section of ['Encounter', 'MedicationRequest', 'MedicationStatement'] as const)
      expect(care('2025-12-05', { [section]: 'truncated' })).toMatchObject({ truth: 'unknown', gap: 'incomplete' });
    expect(care('2026-01-05')).toMatchObject({ truth: 'unknown', gap: 'unclear' });
    expect(care('2026-01-05', { Encounter: 'failed' })).toMatchObject({ truth: 'unknown', gap: 'incomplete' });
  });
  it('an operation that was not done', () => {
    const surgery = procedure('cpt 63030', '2025-12-01', { status: 'not-done' });
    expect(whole('prior-spine-surgery', [surgery])).toBe('false');
    const states = { Procedure: 'truncated', Condition: 'truncated' } as const;
    expect(value('prior-spine-surgery', [surgery], {}, { states }).truth).toBe('unknown');
  });
  it('an examination with another result', () => {
    const film: Resource = {
      resourceType: 'DiagnosticReport',
      status: 'final',
      code: concept('cpt 72100'),
      effectiveDateTime: '2026-02-01',
      conclusionCode: [concept('snomed 17621005')],
    };
    expect(whole('films-show-new-fracture', [film])).toBe('false');
    expect(inPart('DiagnosticReport', 'films-show-new-fracture', [film]).truth).toBe('unknown');
  });
});

describe('the last of several values', () => {
  const improved = [score('2025-11-10', 8), score('2026-02-20', 3)];
  const unimproved = [score('2025-11-10', 7), score('2026-02-20', 7)];
  it('denies nothing when a later one may not have been retrieved', () => {
    expect(whole('no-significant-improvement', improved)).toBe('false');
    expect(inPart('Observation', 'no-significant-improvement', improved)).toMatchObject(open('Observation'));
    expect(whole('worsening-pain', unimproved)).toBe('false');
    expect(inPart('Observation', 'worsening-pain', unimproved)).toMatchObject(open('Observation'));
    const leg = [score('2026-02-20', 5, { bodySite: concept('snomed 61685007') })];
    expect(whole('severe-pain-9', leg)).toBe('false');
    expect(inPart('Observation', 'severe-pain-9', leg)).toMatchObject(open('Observation'));
  });
  it('is open by an examination, an absent sign and a coded outcome too', () => {
    const looked = (code: string): Resource => ({
      resourceType: 'Observation',
      status: 'final',
      code: concept(code),
      effectiveDateTime: '2026-02-27',
      valueBoolean: false,
    });
    const weakness = condition('icd M62.81', { onsetDateTime: '2019-01-01' });
    for (const chart of [[looked('loinc 10202-0')], [weakness, looked('snomed 26544005')]]) {
      expect(inPart('Encounter', 'new-deficit-found-in-person', chart).truth).toBe('false');
      expect(inPart('Observation', 'new-deficit-found-in-person', chart)).toMatchObject(open('Observation'));
    }
    const helped = procedure('cpt 97110', '2026-02-20', { ...BACK, outcome: concept('snomed 385669000') });
    expect(inPart('Encounter', 'no-significant-improvement', [helped]).truth).toBe('false');
    expect(inPart('Procedure', 'no-significant-improvement', [helped])).toMatchObject(open('Procedure'));
  });
  it('is open by what may speak of the treatment elsewhere: a coded outcome after the scores, a score after the outcome', () => {
    expect(inPart('Procedure', 'no-significant-improvement', improved)).toMatchObject(open('Procedure'));
    const helped = procedure('cpt 97110', '2026-02-20', { ...BACK, outcome: concept('snomed 385669000') });
    expect(inPart('Observation', 'no-significant-improvement', [helped])).toMatchObject(open('Observation'));
    expect(inPart('DiagnosticReport', 'no-significant-improvement', improved).truth).toBe('false');
    const states = { Observation: 'truncated', Procedure: 'failed' } as const;
    expect(value('no-significant-improvement', [PAIN, ...improved], {}, { states })).toMatchObject(
      open('Observation', 'Procedure'),
    );
  });
  it('is open by an order that may follow the one not to operate', () => {
    const advice: Resource = {
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      doNotPerform: true,
      code: concept('cpt 63030'),
      authoredOn: '2026-02-20',
      requester: { reference: '#who' },
      contained: [{ resourceType: 'PractitionerRole', id: 'who', specialty: [concept('nucc 207T00000X')] }],
    };
    expect(whole('urgent-surgery-decision', [advice])).toBe('false');
    expect(inPart('Encounter', 'urgent-surgery-decision', [advice]).truth).toBe('false');
    expect(inPart('ServiceRequest', 'urgent-surgery-decision', [advice])).toMatchObject(open('ServiceRequest'));
  });
  it('is not what was said before it either', () => {
    const failed = (date: string): Resource =>
      procedure('cpt 97110', date, { ...BACK, outcome: concept('snomed 385671000') });
    const truth = (section: Section, date: string): string =>
      inPart(section, 'no-significant-improvement', [failed(date), ...improved]).truth;
    expect(truth('Encounter', '2026-01-20')).toBe('false');
    expect(truth('Observation', '2026-01-20')).toBe('unknown');
    expect(truth('Observation', '2026-02-25')).toBe('true');
  });
  it('proves what it says', () => {
    expect(inPart('Observation', 'no-significant-improvement', unimproved).truth).toBe('true');
    expect(inPart('Observation', 'worsening-pain', [score('2025-11-10', 4), score('2026-02-20', 8)]).truth).toBe(
      'true',
    );
  });
  it('is what was retrieved last, when the server has nothing else', () => {
    expect(inPart('Observation', 'no-significant-improvement', improved, {}, 'not-available').truth).toBe('false');
  });
});

describe('an entry that was retrieved', () => {
  it('is as new as it says, also where not all diagnoses were retrieved: a red flag must not wait for the rest', () => {
    const belly = [condition('icd R10.9', { recordedDate: '2026-02-25' })];
    const suspected = { certainty: 'suspected', within: { count: 6, unit: 'weeks' } } as const;
    const states = { Condition: 'truncated' } as const;
    for (const found of [belly, [visit('2026-02-25', 'icd R10.9')]]) {
      expect(value('abdominal-pain', found, suspected).truth).toBe('true');
      expect(value('abdominal-pain', found, suspected, { states }).truth).toBe('true');
    }
  });
});

describe('who ordered', () => {
  const asks = (state: SectionState): FactValue =>
    value('neurosurgery-involved', [], {}, { states: { PractitionerRole: state } });
  it('is open where the roles could not be read, and undocumented where there are none', () => {
    expect(asks('failed')).toMatchObject(open('PractitionerRole'));
    expect(asks('not-available')).toMatchObject({ truth: 'unknown', gap: 'silent' });
  });
});
