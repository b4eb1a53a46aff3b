import { describe, expect, it } from 'vitest';
import type { Chart } from '../../src/chart/chart.ts';
import { condition, visit } from '../support/lumbar-facts.ts';
import { chartOf, concept, named, type Resource } from '../support/tiny-chart.ts';

const times = <T>(n: number, make: (i: number) => T): readonly T[] => Array.from({ length: n }, (_, i) => make(i));
const read = (...resources: readonly Resource[]): Chart => chartOf(named(resources));

/** A diagnosis as charts map it: one code of ICD-10-CM, several of SNOMED CT. */
const mapped = (i: number): object => ({
  coding: [
    ...concept(`icd M${50 + (i % 40)}.${i % 10}`).coding,
    ...times(9, (k) => concept(`snomed ${100_000 + 10 * i + k}`).coding[0]),
  ],
});

describe('entries that are large in earnest are read', () => {
  it('a stay in hospital with its diagnoses, each in several roles and codes', () => {
    const conditions = times(60, (i) => ({ ...condition('icd M54.16'), id: `c${i}`, code: mapped(i) }));
    const diagnosis = times(360, (i) => ({ condition: { reference: `Condition/c${i % 60}` }, rank: i }));
    const chart = read(...conditions, visit('2026-02-20', undefined, { class: { code: 'IMP' }, diagnosis }));
    expect(chart.dropped).toEqual([]);
    expect(chart.encounters[0]?.reasonCodes.length).toBeGreaterThan(500);
  });
  it('one whose reasons are all of them', () => {
    const chart = read(visit('2026-02-20', undefined, { class: { code: 'IMP' }, reasonCode: times(60, mapped) }));
    expect(chart.dropped).toEqual([]);
  });
  it('the claim of a stay in hospital, of 900 lines', () => {
    const item = times(900, (i) => ({
      sequence: i + 1,
      productOrService: concept(i === 0 ? 'cpt 63030' : 'cpt 80048'),
    }));
    const claim = { resourceType: 'ExplanationOfBenefit', status: 'active', use: 'claim', created: '2026-02-25', item };
    const chart = read(claim);
    expect(chart.dropped).toEqual([]);
  });
});

describe('entries that are larger than any in earnest are malformed', () => {
  it('a visit for thousands of diagnoses', () => {
    const conditions = times(2_000, (i) => ({ ...condition('icd M54.16'), id: `c${i}`, code: mapped(i) }));
    const diagnosis = times(2_000, (i) => ({ condition: { reference: `Condition/c${i}` } }));
    expect(read(...conditions, visit('2026-02-20', undefined, { diagnosis })).dropped).toMatchObject([
      { reason: 'malformed' },
    ]);
  });
});
