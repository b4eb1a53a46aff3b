import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lintFolder } from '../../src/criteria-check/lint.ts';
import { ROOT } from '../support/knowledge.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'policies-'));
  cpSync(`${ROOT}/policies`, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const change = (file: string, from: string | RegExp, to: string): void => {
  const path = join(folder, file);
  const before = readFileSync(path, 'utf8');
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
};
const errors = (): readonly string[] =>
  lintFolder(folder, '2024-01-01').findings.flatMap((f) =>
    f.level === 'error' ? [`${f.where.slice(folder.length + 1)} ${f.message}`] : [],
  );
const LUMBAR = 'kaiser-wa/lumbar-mri/2020-09-01.yaml';

it('the policies of this project are clean', () => {
  const { findings, texts } = lintFolder(`${ROOT}/policies`, '2024-01-01');
  expect(findings.filter((f) => f.level === 'error' && !f.message.startsWith('checked: '))).toEqual([]);
  expect(texts).toBeGreaterThanOrEqual(5);
});

it('a name that does not exist is told with file, line and column', () => {
  change(LUMBAR, 'criteria: { fact: progressive-motor-weakness }', 'criteria: { fact: no-such-fact }');
  expect(errors()).toEqual([
    expect.stringMatching(
      /^kaiser-wa\/lumbar-mri\/2020-09-01\.yaml:\d+:\d+ .*the fact "no-such-fact" is not in policies\/facts$/,
    ),
  ]);
});

it('the episode names code sets and kinds that exist, and is told once', () => {
  change('facts/episode.yaml', 'stenosis: [stenosis]', 'stenosis: [stenosys]');
  change('facts/episode.yaml', 'lasting: [deformity]', 'lasting: [deformities]');
  writeFileSync(
    join(folder, 'facts/zz.yaml'),
    readFileSync(join(folder, 'facts/episode.yaml'), 'utf8').split('facts:')[0] ?? '',
  );
  expect(errors().map((e) => e.replace(/:\d+:\d+/, ''))).toEqual([
    'facts/episode.yaml episode.otherwise.stenosis.0: there is no code set "stenosys"; near it: stenosis',
    'facts/episode.yaml episode.lasting.0: no kind "deformities" under otherwise',
    'facts/zz.yaml episode: this is defined twice',
    'facts/zz.yaml episode.otherwise.stenosis.0: there is no code set "stenosys"; near it: stenosis',
    'facts/zz.yaml episode.lasting.0: no kind "deformities" under otherwise',
  ]);
});

const warnings = (): readonly string[] =>
  lintFolder(folder, '2024-01-01').findings.flatMap((f) =>
    f.level === 'warning' && !f.message.startsWith('review-by')
      ? [`${f.where.slice(folder.length + 1)} ${f.message}`]
      : [],
  );

it('a passage of one region that names studies of another alone is told', () => {
  expect(warnings()).toEqual([]);
  change(LUMBAR, 'studies: ["72148"]', 'studies: ["72141"]');
  expect(warnings()[0]).toMatch(
    /^kaiser-wa\/lumbar-mri\/2020-09-01\.yaml:\d+:\d+ .*: it is about the lumbar region, and names only 72141 \(MRI cervical/,
  );
});

it('a route to a policy that does not govern its studies is told', () => {
  const payers = join(folder, 'payers.yaml');
  const route = '- { policy: healthhelp-lumbar-mri, studies: ["72148", "72141"] }';
  writeFileSync(
    payers,
    `${readFileSync(payers, 'utf8').trimEnd()}\n  - id: acme\n    name: Acme\n    policies:\n      ${route}\n`,
  );
  expect(warnings()).toEqual([
    expect.stringMatching(/^payers\.yaml:\d+:\d+ acme: no text of healthhelp-lumbar-mri governs 72141/),
  ]);
});

it('a fact and a set that are defined twice are told with both places', () => {
  writeFileSync(
    join(folder, 'facts/aa.yaml'),
    'facts:\n  fever: { label: fever, ask: "Fever?", evidence: [{ finding: { codes: [fever] } }] }\n',
  );
  expect(errors().filter((e) => e.includes('defined twice'))).toEqual([
    expect.stringMatching(/ facts\.fever: this fact is defined twice, the first time at \S*facts\/aa\.yaml:2:\d+$/),
  ]);
});

it('a window without a unit is told with file, line and column', () => {
  change(LUMBAR, 'within: 6 months', 'within: 6');
  expect(errors()[0]).toMatch(/^kaiser-wa\/lumbar-mri\/2020-09-01\.yaml:\d+:\d+ /);
});

it('facts and code sets without use, two facts with one question, codes with a wrong check digit', () => {
  const facts = 'facts/injuries.yaml';
  writeFileSync(
    join(folder, facts),
    `${readFileSync(join(folder, facts), 'utf8').trimEnd()}
  spare-fact:
    label: fever
    ask: Spare?
    evidence: [{ imaging: { modality: [mri], shows: [fever], denies: [fever] } }]
    order: { any: { system: snomed, code: "308447004", label: Referral } }
`,
  );
  change(
    'codes/reading.yaml',
    'code-sets:\n',
    'code-sets:\n  spare-set: { label: spare, snomed: ["279039008 back pain"] }\n',
  );
  expect(
    errors()
      .filter((e) => !e.includes('checked: '))
      .map((e) => e.replace(/:\d+:\d+/, '')),
  ).toEqual([
    'codes/reading.yaml code-sets.spare-set: the check digit of SNOMED CT 279039008 is wrong',
    'facts/injuries.yaml facts.spare-fact: no policy uses this fact',
    expect.stringMatching(/^facts\/injuries\.yaml facts\.spare-fact\.label: the same as that of "fever"$/),
    'facts/injuries.yaml facts.spare-fact: "fever" stands under shows and under denies',
    'facts/injuries.yaml facts.spare-fact: the check digit of SNOMED CT 308447004 is wrong',
    'codes/reading.yaml code-sets.spare-set: no fact uses this set',
  ]);
});

it('texts that nobody uses, and texts of the same day', () => {
  const text = readFileSync(join(folder, LUMBAR), 'utf8');
  writeFileSync(join(folder, 'kaiser-wa/lumbar-mri/2020-09-01-copy.yaml'), text);
  change('payers.yaml', '      - policy: kaiser-wa-cervical-mri\n', '');
  const found = lintFolder(folder, '2024-01-01').findings;
  expect(found.filter((f) => f.message.includes('the same day'))).toHaveLength(1);
  expect(found.filter((f) => f.message.includes("nobody's orders")).map((f) => f.level)).toEqual(['warning']);
});

it('a reason of the order that is no finding', () => {
  change(
    LUMBAR,
    '{ fact: suspected multiple-sclerosis, source: order-reason }',
    '{ fact: treatment-6-weeks, source: order-reason }',
  );
  expect(errors()).toContainEqual(expect.stringContaining('"treatment-6-weeks" is no finding'));
});
