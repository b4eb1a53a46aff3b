import { describe, expect, it } from 'vitest';
import { qualifiedInWords } from '../../src/chart/qualified-in-words.ts';
import { condition, pain, value, visit } from '../support/lumbar-facts.ts';
import { concept } from '../support/tiny-chart.ts';

const entry = (text: string, code = 'icd M46.46', members: object = {}) =>
  condition(code, { code: { ...concept(code), text }, recordedDate: '2026-02-20', ...members });
const discitis = (text: string, certainty: 'known' | 'suspected' = 'suspected', members: object = {}): string =>
  value('spinal-infection', [pain('2026-01-01'), entry(text, 'icd M46.46', members)], { certainty }).truth;

describe('words of a diagnosis beside its code', () => {
  it('leave the code as it is where they say nothing else', () => {
    for (const words of ['Discitis of lumbar region', 'Lumbar discitis, no fever', 'Discitis without abscess'])
      expect(discitis(words), words).toBe('true');
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
    for (const words of ['Family history of diabetes', 'FHx: diabetes', 'History of diabetes'])
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
