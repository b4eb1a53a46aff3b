import { describe, expect, it } from 'vitest';
import { qualifiedInWords } from '../../src/chart/qualified-in-words.ts';
import {
  BACK,
  because,
  condition,
  drug,
  pain,
  procedure,
  score,
  supply,
  value,
  visit,
} from '../support/lumbar-facts.ts';
import { concept, type Resource } from '../support/tiny-chart.ts';

const entry = (text: string, code = 'icd M46.46', members: object = {}) =>
  condition(code, { code: { ...concept(code), text }, recordedDate: '2026-02-20', ...members });
const discitis = (text: string, certainty: 'known' | 'suspected' = 'suspected', members: object = {}): string =>
  value('spinal-infection', [pain('2026-01-01'), entry(text, 'icd M46.46', members)], { certainty }).truth;

describe('words of a diagnosis beside its code', () => {
  it('leave the code as it is where they say nothing else', () => {
    for (const words of [
      'Discitis of lumbar region',
      'Lumbar discitis, no fever',
      'Discitis without abscess',
      'No improvement of discitis under antibiotics',
      'No longer febrile discitis',
    ])
      expect(discitis(words), words).toBe('true');
  });
  it('are what was found where something that should be there is missing', () => {
    for (const words of ['No sensation in the foot', 'No bowel control', 'No ankle reflex', 'No movement of left foot'])
      expect(qualifiedInWords({ text: words }), words).toBeUndefined();
    for (const words of ['No sensation loss', 'No reflex changes', 'No numbness', 'No abnormal reflexes'])
      expect(qualifiedInWords({ text: words }), words).toBe('denied');
  });
  it('take it back', () => {
    for (const words of [
      'No evidence of discitis',
      'Negative for discitis',
      'Discitis - ruled out',
      'Discitis (excluded)',
    ])
      expect(discitis(words), words).toBe('unknown');
    const refuted = { verificationStatus: { coding: [{ code: 'refuted' }] } };
    expect(discitis('Discitis - ruled out', 'known', refuted)).toBe('false');
  });
  it('doubt it: a suspicion, nothing known', () => {
    for (const words of ['R/O discitis', 'Possible discitis', 'Discitis?', 'Concern for discitis']) {
      expect(discitis(words), words).toBe('true');
      expect(discitis(words, 'known'), words).toBe('unknown');
    }
  });
  it('make it one of the family, or of the past', () => {
    for (const words of ['Family history of diabetes', 'FHx: diabetes'])
      expect(value('diabetes', [entry(words, 'icd E11.9')]).truth, words).toBe('unknown');
    expect(value('diabetes', [entry('Diabetes, family informed', 'icd E11.9')]).truth).toBe('true');
    expect(value('cancer', [entry('History of breast cancer', 'icd C50.911')]).truth).toBe('unknown');
    expect(value('cancer', [entry('History of breast cancer', 'icd C50.911')], { certainty: 'history' }).truth).toBe(
      'true',
    );
    expect(value('cancer', [entry('History of breast cancer', 'icd Z85.3')], { certainty: 'history' }).truth).toBe(
      'true',
    );
  });
  it('count before the mark of a risk that vendors put behind a name', () => {
    expect(discitis('Discitis of lumbar region (HCC)')).toBe('true');
    expect(discitis('Discitis of lumbar region (CMS/HCC)', 'known')).toBe('true');
    expect(discitis('Discitis - ruled out (HCC)')).toBe('unknown');
    expect(discitis('Discitis? (CMS-HCC)', 'known')).toBe('unknown');
  });
  it('say behind a name that it is over', () => {
    for (const words of ['Discitis, resolved', 'Discitis (resolved)', 'Discitis - resolved (HCC)']) {
      expect(discitis(words), words).toBe('unknown');
      expect(value('spinal-infection', [entry(words)], { certainty: 'history' }).truth, words).toBe('true');
    }
    expect(discitis('Discitis, not resolved')).toBe('true');
    expect(discitis('Discitis; abscess resolved')).toBe('true');
    expect(value('cancer', [entry('Lymphoma, in remission (HCC)', 'icd C85.90')]).truth).toBe('unknown');
  });
  it('leave a disease that does not pass what it is, while its entry is active', () => {
    const active = { clinicalStatus: { coding: [{ code: 'active' }] } };
    const resolved = { clinicalStatus: { coding: [{ code: 'resolved' }] } };
    const known = (words: string, members: object) => value('diabetes', [entry(words, 'icd E11.9', members)]).truth;
    expect(known('Hx of diabetes mellitus type 2', active)).toBe('true');
    expect(known('Hx of diabetes mellitus type 2', resolved)).toBe('unknown');
  });
  it('of a diagnosis that the visit refers to leave it no reason of the visit', () => {
    const contained = [{ ...entry('No radiculopathy', 'icd M54.16'), id: 'c' }];
    const about = (members: object) =>
      value('radiculopathy', [visit('2026-02-20', undefined, { ...members, reasonReference: [{ reference: '#c' }] })])
        .truth;
    expect(about({ contained })).not.toBe('true');
  });
  it('are those of the code itself where its display says the same', () => {
    expect(
      qualifiedInWords({ text: 'History of falling', coding: [{ display: 'History of falling' }] }),
    ).toBeUndefined();
    expect(qualifiedInWords({ text: 'History of falling', coding: [{ code: 'Z91.81' }] })).toBeUndefined();
    expect(qualifiedInWords(undefined)).toBeUndefined();
  });
});

describe('words of a service or drug beside its code', () => {
  const therapy = (words?: string, members: object = {}) =>
    ['2026-01-05', '2026-01-19', '2026-02-02', '2026-02-16'].map((date) =>
      procedure('cpt 97110', date, {
        code: { ...concept('cpt 97110'), ...(words !== undefined && { text: words }) },
        reasonCode: [concept('icd M54.50')],
        ...members,
      }),
    );
  const treated = (resources: readonly Resource[]) =>
    value('treatment-6-weeks', [pain('2026-01-01'), ...resources]).truth;
  it('that it did not take place leave it open', () => {
    expect(treated(therapy())).toBe('true');
    for (const words of ['Therapeutic exercise, 15 min', 'Therapeutic exercise (declined modalities)'])
      expect(treated(therapy(words)), words).toBe('true');
    for (const words of [
      'Therapeutic exercise - CANCELLED',
      'PT session (no show)',
      'PT: patient declined',
      'PT refused by patient',
    ])
      expect(treated(therapy(words)), words).toBe('unknown');
    const named = {
      coding: [{ ...concept('cpt 97110').coding[0], display: 'Exercise, cancelled' }],
      text: 'Exercise, cancelled',
    };
    expect(treated(therapy(undefined, { code: named }))).toBe('true');
  });
  it('leave a drug open that is said not to be taken', () => {
    const naproxen = (words: string) =>
      drug('2026-01-02', {
        ...supply(60),
        ...because('icd M54.50'),
        medicationCodeableConcept: { ...concept('rxnorm 7258'), text: words },
      });
    expect(treated([naproxen('Naproxen 500 mg twice daily')])).toBe('true');
    expect(treated([naproxen('Naproxen 500 mg (patient not taking)')])).toBe('unknown');
  });
  it('leave films open', () => {
    const films = (words: string): string =>
      value('plain-films', [
        {
          resourceType: 'DiagnosticReport',
          status: 'final',
          code: { ...concept('cpt 72100'), text: words },
          effectiveDateTime: '2026-02-20',
          conclusionCode: [concept('snomed 17621005')],
        },
      ]).truth;
    expect(films('XR LUMBAR SPINE 2-3 VIEWS')).toBe('true');
    expect(films('XR LUMBAR SPINE 2-3 VIEWS - CANCELLED')).toBe('unknown');
  });
  it('make a score one to be reached, not one that was found', () => {
    const goal = score('2026-02-20', 2, {
      ...BACK,
      code: { ...concept('loinc 72514-3'), text: 'Acceptable pain level' },
    });
    const course = [score('2026-01-05', 7), score('2026-02-20', 7)];
    expect(value('no-significant-improvement', [pain('2026-01-01'), ...course, goal]).truth).toBe('true');
    expect(value('no-significant-improvement', [pain('2026-01-01'), course[0] ?? goal, goal]).truth).toBe('unknown');
  });
});
