import { describe, expect, it } from 'vitest';
import { PolicyFile } from '../../src/policy/schema.ts';
import { parseYaml } from '../../src/yaml/yaml-file.ts';
import { STUDIES } from '../support/tiny-policy.ts';
import { edited, GONE } from './edit.ts';
import { mutantsOf } from './mutants.ts';
import { otherDurations } from './node-changes.ts';
import { reportText } from './report.ts';
import { neighboursIn } from './study-changes.ts';

const TEXT = `
policy: tiny
version: "1"
title: Tiny
publisher: Nobody
effective: "2026-01-01"
checked: "2026-01-01"
review-by: "2027-01-01"
region: lumbar
governs: ["72148"]
exclusions:
  - { id: X, label: x, cite: X, if-unknown: ask, criteria: { absent: old }, unless: rare }
indications:
  - id: A
    label: a
    cite: A
    entry: suspected pain
    studies: ["72148"]
    criteria: { all: [{ fact: weak, within: 3 months }, { age: "> 50 years" }, { at-least: 2, of: [p, q, r] }] }
  - { id: B, label: b, cite: B, entry: cancer, studies: ["72158"], screen: true, closed-by: [refuted], criteria: { any: [m, { not: n }] } }
`;
const input = parseYaml('tiny.yaml', TEXT, PolicyFile).data;
const mutants = mutantsOf(input, { strict: false, suspectable: () => true, neighbours: neighboursIn(STUDIES) });

describe('mutants', () => {
  it('each changes the policy in one way and is told by place and change', () => {
    const names = mutants.map((m) => `${m.place}: ${m.what}`);
    expect(names).toEqual(
      expect.arrayContaining([
        'X: without the exclusion',
        'X if-unknown: if-unknown: ignore',
        'X criteria: fact (was absent)',
        'X criteria: not (was absent)',
        'X unless: without the exception',
        'A criteria: any (was all)',
        'A criteria.all.0: without operand 1: {"within":"3 months","fact":"weak"}',
        'A criteria.all.0.within: within 6 months (was 3 months)',
        'A criteria.all.0.within: within 45 days (was 3 months)',
        'A criteria.all.1.age: age <= 50 years (was > 50 years)',
        'A criteria.all.1.age: age >= 50 years (was > 50 years)',
        'A criteria.all.2: at least 1 (was 2)',
        'A criteria.all.2: at least 3 (was 2)',
        'A entry: no entry',
        'A entry: entry of another passage: "cancer"',
        'A entry: known pain (was suspected)',
        'A studies.0: study 72149 (was 72148)',
        'B screen: screen: false',
        'B closed-by.0: without closed-by 1',
        'B criteria: all (was any)',
        'B criteria.any.1: not is left out',
      ]),
    );
    expect(new Set(names).size).toBe(names.length);
    const before = JSON.stringify(input);
    for (const m of mutants) expect(JSON.stringify(m.input), m.what).not.toBe(before);
    expect(JSON.stringify(input)).toBe(before);
  });

  it('are valid policies, save where a member cannot be left out', () => {
    const invalid = mutants.filter((m) => !PolicyFile.safeParse(m.input).success).map((m) => `${m.place}: ${m.what}`);
    expect(invalid).toEqual([]);
  });
});

it('an edit shares what it does not touch', () => {
  const value = { a: [1, { b: 2 }], c: { d: 3 } };
  expect(edited(value, ['a', 1, 'b'], 4)).toEqual({ a: [1, { b: 4 }], c: { d: 3 } });
  expect(edited(value, ['a', 0], GONE)).toEqual({ a: [{ b: 2 }], c: { d: 3 } });
  expect(edited(value, ['c', 'd'], GONE)).toEqual({ a: [1, { b: 2 }], c: {} });
  expect((edited(value, ['a', 0], 5) as typeof value).c).toBe(value.c);
});

it('windows are doubled and halved', () => {
  expect(['6 weeks', '3 months', '1 year', '24 hours'].map(otherDurations)).toEqual([
    ['12 weeks', '21 days'],
    ['6 months', '45 days'],
    ['2 years', '6 months'],
    ['48 hours', '12 hours'],
  ]);
  expect(otherDurations('$window')).toEqual([]);
});

describe('a report', () => {
  const result = (name: string, killed: boolean) => ({ kind: 'drop' as const, name, where: 'p.yaml:1:1', killed });
  const results = (all: number, survivors: number) =>
    Array.from({ length: all }, (_, i) => result(`m${i}`, i >= survivors));
  const reasons = (...names: string[]) => new Map(names.map((n) => [n, 'why'] as const));
  const none = new Map<string, string>();
  const report = { policy: 'p', vignettes: 3, partial: false };

  it('is good when enough mutants are noticed and every survivor has a reason', () => {
    const twenty = { ...report, results: results(20, 1) };
    expect(reportText(twenty, { equivalent: none, tolerated: none }).good).toBe(false);
    expect(reportText(twenty, { equivalent: none, tolerated: reasons('m0') }).good).toBe(true);
    expect(reportText(twenty, { equivalent: reasons('m0'), tolerated: none }).good).toBe(true);
  });

  it('leaves equivalent mutants out of the share, not those that are tolerated', () => {
    const five = { ...report, results: results(20, 5) };
    const names = ['m0', 'm1', 'm2', 'm3', 'm4'];
    expect(reportText(five, { equivalent: none, tolerated: reasons(...names) }).good).toBe(false);
    const { lines, good } = reportText(five, { equivalent: reasons(...names), tolerated: none });
    expect(good).toBe(true);
    expect(lines[0]).toContain(
      '15 of 20 mutants killed (75.0 %) by 3 vignettes; 5 survive: 5 equivalent, 0 tolerated, 0 without a reason; 100.0 % of those that are not equivalent',
    );
  });

  it('tells what is accepted but does not survive', () => {
    const twenty = { ...report, results: results(20, 1) };
    const { lines, good } = reportText(twenty, { equivalent: reasons('m0'), tolerated: reasons('m1') });
    expect(lines.at(-1)).toContain('m1');
    expect(good).toBe(false);
  });
});
