import { describe, expect, it } from 'vitest';
import { FactsFile } from '../../src/facts/schema.ts';
import { PolicyFile } from '../../src/policy/schema.ts';
import { InvalidFileError, parseYaml } from '../../src/yaml/yaml-file.ts';

function problems(text: string, schema: typeof FactsFile | typeof PolicyFile): readonly string[] {
  try {
    parseYaml('file.yaml', text, schema);
  } catch (error) {
    if (error instanceof InvalidFileError) return error.problems;
    throw error;
  }
  return [];
}
const fact = (members: string): string => `facts:\n  fever: { label: fever, ask: Is there fever?, ${members} }\n`;

it.each([
  ['lookback: 14', 'expected a number and a unit, e.g. "6 weeks", "3 months", "24 hours"'],
  ['lookback: 14 moons', 'expected a number and a unit, e.g. "6 weeks", "3 months", "24 hours"'],
  ['urgent: perhaps', 'expected true or false, found "perhaps"'],
  ['note: 5', 'expected a text, found 5: put it in quotes'],
  ['evidence: fever', 'expected a list, found "fever"'],
  ['evidence: [{ finding: { codes: [] } }]', 'expected at least 1 in this list'],
  [
    'evidence: [{ finding: { codes: [fever], clinical: [active] } }]',
    'expected one of relapse, recurrence, found "active"',
  ],
  ['lookbak: 14 days', '"lookbak" is not known here; near it: lookback'],
])('a fact with %s', (members, said) => {
  const [problem = '', ...more] = problems(fact(members), FactsFile);
  expect(problem).toMatch(/^file\.yaml:2:\d+ facts\.fever/);
  expect(problem.endsWith(said), problem).toBe(true);
  expect(more).toEqual([]);
});

it.each([
  ['within: 6', 'expected a number and a unit, e.g. "6 weeks", "3 months", "24 hours"'],
  ['since: onset', 'expected episode or { fact: fact-name }'],
  ['since: { fct: mri }', '"fct" is not known here; near it: fact'],
  ['region: back', 'expected one of cervical, thoracic, lumbar, pelvis, any, path, found "back"'],
])('a leaf with %s', (member, said) => {
  const found = problems(
    `policy: p
version: "1"
title: P
publisher: P
effective: "2026-01-01"
checked: "2026-01-01"
review-by: "2027-01-01"
governs: ["72148"]
indications:
  - { id: "1", label: l, cite: c, region: lumbar, studies: ["72148"], entry: spine-complaint, criteria: { fact: fever, ${member} } }
`,
    PolicyFile,
  ).filter((p) => p.startsWith('file.yaml:10:'));
  expect(found.map((p) => p.slice(p.indexOf(': ') + 2))).toContain(said);
});

it('a list where a criterion is expected', () => {
  const text = `policy: p
version: "1"
title: P
publisher: P
effective: "2026-01-01"
checked: "2026-01-01"
governs: ["72148"]
indications:
  - { id: "1", label: l, cite: c, criteria: [fever, mri] }
`;
  const found = problems(text, PolicyFile);
  expect(found.find((p) => p.includes('criteria'))).toMatch(
    /^file\.yaml:9:\d+ .*criteria: a list of criteria goes under all: or any:$/,
  );
  expect(found.find((p) => p.includes('review-by'))).toMatch(/in quotes, but it is missing$/);
});

it('a member that is missing is said to be', () => {
  expect(problems('facts:\n  fever: { label: fever }\n', FactsFile)).toEqual([
    'file.yaml:2:10 facts.fever.ask: expected a text, but it is missing',
  ]);
});

describe('a text that is no YAML', () => {
  it.each([
    ['facts:\n  fever: { label: fever: high }\n', /^file\.yaml:2:\d+ not valid YAML: .*needs quotes/],
    ['facts:\n  - label: Red: flag\n', /^file\.yaml:2:12 not valid YAML: .* \(a text with ": " in it needs quotes/],
    ['facts:\n\tfever: 1\n', /^file\.yaml:2:1 not valid YAML: Tabs are not allowed as indentation$/],
    ['facts:\n  a: 1\n  a: 2\n', /^file\.yaml:3:3 not valid YAML: Map keys must be unique$/],
  ])('%j is one message with its place and what to do', (text, said) => {
    const found = problems(text, FactsFile);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(said);
  });
});
