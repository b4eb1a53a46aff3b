import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../../../src/policy/compile.ts';
import { lintDocument } from '../../../src/policy/lint/document.ts';
import { lintLogic } from '../../../src/policy/lint/logic.ts';
import { lintTimes } from '../../../src/policy/lint/times.ts';
import { PolicyFile, type PolicyInput } from '../../../src/policy/schema.ts';
import type { Finding } from '../../../src/yaml/finding.ts';
import { type LoadedFile, parseYaml } from '../../../src/yaml/yaml-file.ts';
import { CATALOG, STUDIES } from '../../support/tiny-policy.ts';

const HEAD = `policy: tiny
version: "1"
title: Tiny
publisher: Nobody
effective: "2026-01-01"
checked: "2026-01-01"
review-by: "2027-01-01"
region: lumbar
governs: ["72148", "72149"]
`;
const LINES = HEAD.split('\n').length - 1;
const load = (body: string, name = '2026-01-01.yaml', head = HEAD): LoadedFile<PolicyInput> =>
  parseYaml(name, head + body, PolicyFile);

/** "line message" of each finding, lines counted from the end of the head. */
const told = (findings: readonly Finding[]): readonly string[] =>
  findings.map((f) => {
    const message = f.message.replace(/ at (\d+):\d+$/, (_, line: string) => ` at ${Number(line) - LINES}`);
    return `${Number(f.where.split(':')[1]) - LINES} ${message}`;
  });

const document = (body: string): readonly string[] => told(lintDocument(load(body), '2026-06-01'));
const times = (body: string): readonly string[] => told(lintTimes(load(body)));
const logic = (body: string): readonly string[] => {
  const file = load(body);
  return told(lintLogic(compilePolicy(file, CATALOG, STUDIES), CATALOG));
};

/** A policy with one passage, and the criteria on line 2. */
const one = (criteria: string, more = ''): string =>
  `indications:\n  - { id: A, label: a, cite: A, entry: pain, studies: ["72148"], criteria: ${criteria} }\n${more}`;

describe('the document', () => {
  it('a text without fault has no findings', () => {
    const body = one('{ all: [x, { age: "> 50 years" }, { any: [y, { not: z }] }] }');
    expect([...document(body), ...times(body), ...logic(body)]).toEqual([]);
  });

  it('a file of another name, dates in the wrong order, a text to be checked again', () => {
    const head = HEAD.replace('checked: "2026-01-01"', 'checked: "2027-02-01"\nuntil: "2025-01-01"');
    const findings = lintDocument(load(one('x'), '2025-12-31.yaml', head), '2026-06-01');
    expect(findings.map((f) => f.message)).toEqual([
      'effective: the file is named 2025-12-31.yaml, not 2026-01-01.yaml',
      'until: the text is in force on no day (effective 2026-01-01)',
      'review-by: lies before 2027-02-01, when it was checked',
      'checked: lies in the future',
    ]);
    expect(lintDocument(load(one('x')), '2027-01-02')).toEqual([
      {
        where: '2026-01-01.yaml:7:12',
        level: 'warning',
        message: 'review-by: the text should have been compared with its publisher by 2027-01-01',
      },
    ]);
  });

  it('passages without citation, entry, studies or criteria', () => {
    expect(
      document(`indications:
  - { id: A, label: a, criteria: x }
  - id: B
    label: b
    cite: B
    entry: pain
    studies: ["72148"]
    paths: [{ id: B.1, label: b1, criteria: y }, { id: B.2, label: b2 }]
  - { id: C, label: c, cite: C, studies: ["72148"], screen: true }
  - { id: D, label: d, cite: D, entry: pain, criteria: { any-indication: { except: [B, E] } } }`),
    ).toEqual([
      "2 A: no citation (cite), neither its own nor a section's",
      '2 A: no entry: say what the passage is about, or mark it as a screen',
      "2 A: no studies, neither its own nor a section's",
      '8 B.2: neither criteria nor an entry of its own: it would hold for everybody its section is about',
      '9 C: neither criteria nor an entry of its own: it would hold for everybody its section is about',
      '10 there is no passage "E"',
    ]);
  });

  it('definitions and parameters without use', () => {
    expect(
      document(
        one(
          '{ use: d, with: { window: 1 month, other: 2 months } }',
          'define:\n  d: { params: [window], criteria: { fact: x, within: $window } }\n  e: { params: [q], criteria: y }',
        ),
      ),
    ).toEqual([
      '5 define.e: nothing uses it',
      '5 define.e: it does not use its parameter q',
      '2 d has no parameter other',
    ]);
  });

  it('ids that stand twice', () => {
    expect(document(one('{ all: [{ fact: x, id: A.1 }, { fact: y, id: A.1 }, { fact: z, id: A }] }'))).toEqual([
      '2 the id "A.1" is used twice',
      '2 the id "A" is used twice',
    ]);
  });

  it('rules for studies that are not governed', () => {
    expect(
      document(
        one(
          'x',
          'exclusions:\n  - { id: E, label: e, cite: E, if-unknown: ask, studies: ["72148", "72158"] }\nnot-required: [{ id: N, label: n, cite: N, studies: ["72141"] }]',
        ),
      ),
    ).toEqual([
      '5 72141 is not governed by this policy: the rule never applies to it',
      '4 72158 is not governed by this policy: the rule never applies to it',
    ]);
  });
});

describe('dates, windows and schedules', () => {
  it('spans outside of the text, of the section, or empty', () => {
    expect(
      times(`indications:
  - { id: A, label: a, cite: A, from: "2025-01-01", criteria: x }
  - id: B
    label: b
    from: "2026-03-01"
    until: "2026-06-01"
    paths:
      - { id: B.1, label: b, from: "2026-07-01", criteria: x }
      - { id: B.2, label: b, until: "2026-02-01", criteria: x }
      - { id: B.3, label: b, until: "2026-07-01", criteria: x }
      - { id: B.4, label: b, from: "2026-05-01", until: "2026-04-01", criteria: x }
      - { id: B.5, label: b, from: "2026-04-01", until: "2026-05-01", criteria: x }`),
    ).toEqual([
      '2 from: what is around it begins on 2026-01-01 only, with the text',
      '8 from: what is around it ends on 2026-06-01: it is never in force',
      '9 until: what is around it begins on 2026-03-01: it is never in force',
      '10 until: what is around it ends on 2026-06-01 already',
      '11 until: lies before 2026-05-01: it is never in force',
    ]);
  });

  it('dates where they have no meaning', () => {
    const message = 'from: dates have no safe meaning here; date the passage, or an operand of all, any or of';
    expect(times(one('{ fact: x, from: "2026-02-01" }'))).toEqual([`2 ${message}`]);
    expect(times(one('{ not: { fact: x, from: "2026-02-01" } }'))).toEqual([`2 ${message}`]);
    expect(times(one('{ all: [y, { fact: x, from: "2026-02-01" }] }'))).toEqual([]);
  });

  it('an all of which nothing is in force', () => {
    expect(times(one('{ all: [{ fact: x, from: "2026-02-01" }, { fact: y, from: "2026-03-01" }] }'))).toEqual([
      '2 all: on 2026-01-01 none of its operands is in force, so that it would hold',
    ]);
    expect(times(one('{ all: [{ fact: x, until: "2026-02-01" }, { fact: y, from: "2026-02-01" }] }'))).toEqual([]);
  });

  it('windows that nothing can meet, or without effect', () => {
    expect(times(one('{ fact: x, within: 3 months, ago: 1 year }'))).toEqual([
      '2 ago: nothing is at least 1 year ago and within 3 months',
    ]);
    expect(times(one('{ fact: x, grace: 3 days }'))).toEqual(['2 grace: has no effect without since']);
    expect(times(one('{ fact: x, source: order-reason, within: 3 days }'))).toEqual([
      '2 within: the reasons of the order have no date of their own',
    ]);
  });

  it('bands that never apply', () => {
    expect(
      times(
        one(
          '{ schedule: { last: mri, counted-from: x, bands: [{ until: 2 years, every: 3 months }, { until: 12 months, every: 1 year }, { every: 1 year }, { until: 5 years, every: 1 year }] } }',
        ),
      ),
    ).toEqual([
      '2 schedule: an earlier band ends later, so that this one never applies',
      '2 schedule: an earlier band has no end, so that this one never applies',
    ]);
  });
});

describe('criteria that cannot be meant', () => {
  const never = (criteria: string): readonly string[] => logic(one(criteria));

  it.each([
    ['a leaf and its negation', '{ all: [x, { not: x }] }'],
    ['deep down', '{ all: [x, { all: [y, { any: [{ all: [z, { not: x }] }] }] }] }'],
    ['by De Morgan', '{ all: [x, { not: { any: [x, y] } }] }'],
    ['known and absent', '{ all: [{ absent: suspected x }, x] }'],
    ['known here and nowhere on file', '{ all: [{ absent: x, region: any }, x] }'],
    ['two ages', '{ all: [{ age: "> 50 years" }, { age: "< 40 years" }] }'],
    ['two ages that touch', '{ all: [{ age: "> 50 years" }, { age: "<= 50 years" }] }'],
    ['two lengths of the episode', '{ all: [{ episode: "> 3 months" }, { episode: "<= 6 weeks" }] }'],
    ['the entry', '{ not: pain }'],
    ['the entry, known more surely', '{ absent: pain }'],
  ])('%s', (_, criteria) => {
    const found = never(criteria);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^2 A: .* never holds here, because of .* at \d+$/);
  });

  it('one branch of several is told, the others may hold', () => {
    expect(never('{ all: [{ age: "> 50 years" }, { any: [y, { age: "< 3 months" }] }] }')).toEqual([
      '2 A: "age less than 3 months" never holds here, because of "age more than 50 years" at 2',
    ]);
  });

  it.each([
    ['leaves of several dates', '{ all: [{ fact: x, until: "2026-02-01" }, { not: x, from: "2026-02-01" }] }'],
    ['windows that differ', '{ all: [{ fact: x, within: 6 months }, { absent: x }] }'],
    ['suspected, not known', '{ all: [suspected x, { absent: x }] }'],
    ['ages that overlap', '{ all: [{ age: ">= 50 years" }, { age: "<= 50 years" }] }'],
    ['one of two branches', '{ any: [{ all: [x, y] }, { all: [{ not: x }, z] }] }'],
  ])('no finding: %s', (_, criteria) => {
    expect(never(criteria)).toEqual([]);
  });

  it('a passage that contradicts its section, told with the passage that uses it', () => {
    expect(
      logic(`indications:
  - { id: N, label: new, cite: N, entry: pain, studies: ["72148"], criteria: { episode: "<= 3 months" } }
  - { id: C, label: old, cite: C, entry: pain, studies: ["72148"], require: [{ episode: "> 3 months" }], criteria: { use: N } }`),
    ).toEqual([
      '2 C: "current episode at most 3 months" never holds here, because of "current episode more than 3 months" at 3',
    ]);
  });

  it('operands that stand twice, add nothing, or always hold', () => {
    expect(never('{ any: [x, y, { fact: x }] }')).toEqual(['2 "x" stands twice under any, first at 2']);
    expect(never('{ all: [{ any: [x, y] }, { any: [y, x] }] }')).toEqual(['2 any stands twice under all, first at 2']);
    expect(never('{ any: [x, { all: [x, y] }] }')).toEqual(['2 adds nothing to "x" at 2']);
    expect(never('{ all: [x, { any: [y, x] }] }')).toEqual(['2 adds nothing to "x" at 2']);
    expect(never('{ any: [x, { not: x }] }')).toEqual(['2 "not: x" is the negation of "x" under the same any']);
    expect(never('{ at-least: 2, of: [x, y, x] }')).toEqual(['2 "x" stands twice under at-least, first at 2']);
  });
});
