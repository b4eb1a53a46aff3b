import { describe, expect, it } from 'vitest';
import { ask, concept, type Resource } from '../support/tiny-facts.ts';

const entry = (code: string, members: Readonly<Record<string, unknown>>): Resource => ({
  resourceType: 'Condition',
  clinicalStatus: { coding: [{ code: 'active' }] },
  code: concept(code),
  ...members,
});
const ofVisit = { category: [{ coding: [{ code: 'encounter-diagnosis' }] }] };
const listed = { category: [{ coding: [{ code: 'problem-list-item' }] }] };
const over = (day: string): Readonly<Record<string, unknown>> => ({
  clinicalStatus: { coding: [{ code: 'resolved' }] },
  abatementDateTime: day,
});
const visit = (code: string, date: string): Resource => ({
  resourceType: 'Encounter',
  status: 'finished',
  class: { code: 'AMB' },
  period: { start: date },
  reasonCode: [concept(code)],
});

describe('what is new', () => {
  const drop = 'lookback: 3 months\nevidence: [{ finding: { codes: [foot-drop], new: true } }]';
  const truth = (...resources: readonly Resource[]): string => ask(drop, resources).truth;
  const again = entry('icd M21.371', { recordedDate: '2026-02-20' });

  it('is not what is coded again', () => {
    expect(truth(again)).toBe('true');
    expect(truth(again, entry('icd M21.371', { recordedDate: '2023-02-20' }))).toBe('unknown');
    expect(truth(again, entry('icd M21.371', { onsetDateTime: '2026-02-01' }))).toBe('true');
  });

  it('is what has come back, and what states its own onset', () => {
    const old = { onsetDateTime: '2023-02-20' };
    expect(truth(again, entry('icd M21.371', { ...old, ...over('2024-01-10') }))).toBe('true');
    expect(truth(entry('icd M21.371', { onsetDateTime: '2026-02-18' }), entry('icd M21.371', old))).toBe('true');
  });

  it('is not what a visit’s diagnosis dates to the day of its entry, when it was on file before', () => {
    const old = entry('icd M21.371', { onsetDateTime: '2023-02-20' });
    const entered = { recordedDate: '2026-02-20', onsetDateTime: '2026-02-20', ...ofVisit };
    expect(truth(entry('icd M21.371', entered))).toBe('true');
    expect(truth(entry('icd M21.371', entered), old)).toBe('unknown');
    expect(truth(entry('icd M21.371', { ...entered, onsetDateTime: '2026-02-18' }), old)).toBe('true');
    expect(truth(entry('icd M21.371', { ...entered, ...listed }), old)).toBe('true');
  });

  it('is not stated to be new by the day of entry of a visit’s diagnosis, when it was on file before', () => {
    const stated = 'lookback: 3 months\nevidence: [{ finding: { codes: [foot-drop], stated-onset: true } }]';
    const begun = (...resources: readonly Resource[]): string => ask(stated, resources).truth;
    const old = entry('icd M21.371', { onsetDateTime: '2023-02-20' });
    const entered = { recordedDate: '2026-02-20', onsetDateTime: '2026-02-20', ...ofVisit };
    expect(begun(entry('icd M21.371', entered))).toBe('true');
    expect(begun(entry('icd M21.371', entered), old)).toBe('unknown');
    expect(begun(entry('icd M21.371', { ...entered, onsetDateTime: '2026-02-18' }), old)).toBe('true');
    expect(begun(entry('icd M21.371', { ...entered, ...listed }), old)).toBe('true');
  });

  it('is told apart by codes of one system only', () => {
    const old = { onsetDateTime: '2023-02-20' };
    expect(truth(again, entry('icd M21.372', old))).toBe('true');
    expect(truth(again, entry('snomed 6077001', old))).toBe('unknown');
  });

  it('is not what an observation sees again', () => {
    const seen: Resource = {
      resourceType: 'Observation',
      status: 'final',
      code: concept('snomed 6077001'),
      effectiveDateTime: '2026-02-20',
      valueBoolean: true,
    };
    expect(truth(seen)).toBe('true');
    expect(truth(seen, entry('icd M21.371', { onsetDateTime: '2023-02-20' }))).toBe('unknown');
  });
});

describe('the day of an injury', () => {
  const injury = 'lookback: 3 months\nevidence: [{ finding: { codes: [injury-of-spine], event: true } }]';
  const value = (...resources: readonly Resource[]): string => {
    const { truth, evidence } = ask(injury, resources, { region: 'cervical' });
    return [truth, ...evidence.flatMap((e) => e.date ?? [])].join(' ');
  };
  const first = entry('icd S13.4XXA', { onsetDateTime: '2025-10-20' });
  const again = entry('icd S13.4XXA', { recordedDate: '2026-02-10' });

  it('is that of the entries which an entry without an onset continues, through visits for it', () => {
    expect(value(again)).toBe('true 2026-02-10');
    expect(value(again, first, visit('icd S13.4XXD', '2025-12-15'))).toBe('unknown');
    expect(value(again, entry('icd S13.4XXA', { recordedDate: '2026-01-05' }))).toBe('true 2026-01-05 2026-01-05');
  });

  it('is open when an older entry has not ended, and its own when that has', () => {
    expect(value(again, first)).toBe('unknown');
    expect(value(again, entry('icd S13.4XXA', { onsetDateTime: '2024-01-01', ...over('2024-06-01') }))).toBe(
      'true 2026-02-10',
    );
  });
});

describe('an entry that is over by another', () => {
  const abscess = 'evidence: [{ finding: { codes: [spinal-infection] } }]';
  const truth = (...resources: readonly Resource[]): string => ask(abscess, resources).truth;
  const stated = { onsetDateTime: '2025-11-01', recordedDate: '2025-11-02' };

  it('is history when the problem list ended it later', () => {
    expect(truth(entry('icd M46.46', { ...stated, ...ofVisit }))).toBe('true');
    expect(
      truth(
        entry('icd M46.46', { ...stated, ...ofVisit }),
        entry('icd M46.46', { ...stated, ...listed, ...over('2026-01-20') }),
      ),
    ).toBe('unknown');
  });

  it('stands when only the diagnosis of a visit was closed, or when it was stated after that', () => {
    const closed = { ...stated, ...over('2025-11-20') };
    expect(truth(entry('icd M46.46', { ...stated, ...listed }), entry('icd M46.46', { ...closed, ...ofVisit }))).toBe(
      'true',
    );
    expect(truth(entry('icd M46.46', { recordedDate: '2026-02-01' }), entry('icd M46.46', closed))).toBe('true');
  });
});
