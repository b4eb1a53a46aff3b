import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/knowledge.ts';

const folder = mkdtempSync(join(tmpdir(), 'mistakes-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const cli = (args: readonly string[], env: Record<string, string> = {}) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/cli/main.ts', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, stdout, lines: stderr.trim().split('\n') };
};

const SAME = ['kaiser-wa-lumbar-mri', 'kaiser-wa-lumbar-mri'];

describe('a mistake of the caller', () => {
  it.each([
    ['an unknown command', ['nothing'], 'there is no command "nothing"'],
    ['an unknown option', ['assess', '--bogus'], "Unknown option '--bogus'"],
    ['a value with a dash', ['doctor', '--deadline', '-1'], "Option '--deadline' argument is ambiguous"],
    ['a token of two lines', ['doctor', '--fhir', 'http://127.0.0.1:9', '--token', 'a\nb'], 'expected a token without'],
    ['a word of a command', ['policy', 'lnt'], 'there is no command "policy lnt"; there are policy diff, policy lint'],
    ['a command misspelt', ['polcy', 'lint'], 'near it: policy lint'],
    ['a command misspelt, with a file', ['asess', 'chart.json'], 'there is no command "asess"; near it: assess'],
    [
      'a reason that is no code',
      ['assess', join(folder, 'none.json'), '--study', '72148', '--reason', 'M54.99'],
      '--reason: M54.99 is no code or family of ICD-10-CM',
    ],
    ['a file that is not there', ['assess', join(folder, 'none.json')], 'none.json: there is no such file or folder'],
    ['a folder for a file', ['assess', folder], 'is a folder, and a file is expected'],
    ['an empty file', ['assess', file('nothing.json', '')], 'nothing.json: is empty'],
    ['no JSON', ['assess', file('broken.json', '{\n"a":1,}')], 'broken.json:2:7: is not valid JSON'],
    ['a byte order mark', ['assess', file('bom.json', '\uFEFF{}')], 'bom.json: expected a FHIR Bundle'],
    ['NDJSON', ['assess', file('two.json', '{}\n{}\n')], 'two.json:2: a second JSON text begins'],
    ['a chart without a patient', ['assess', file('empty.json', '{}')], 'found no Patient among 0 resources'],
    [
      'another resource',
      ['assess', file('one.json', '{"resourceType":"Patient"}')],
      'found a single Patient that is in no Bundle',
    ],
    ['no resources', ['codes', 'unknown', file('list.json', '[1]')], 'expected a FHIR Bundle, a resource, or a list'],
    ['a folder that is not there', ['policy', 'lint', join(folder, 'none')], 'none: there is no such file or folder'],
    ['a file for a folder', ['policy', 'lint', file('file', '')], 'file: is a file, and a folder is expected'],
    ['an export that is not there', ['batch', join(folder, 'none')], 'none: there is no such file or folder'],
    ['a policy that nobody knows', ['replay', '--since', '2026-01-01', '--policy', 'no'], 'there is no text of "no"'],
    ['no vignettes', ['policy', 'diff', ...SAME, '--vignettes', folder], 'holds no vignette (*.yaml) of kaiser-wa'],
  ])('is said in a line, without a stack: %s', (_, args, said) => {
    const { status, lines } = cli(args);
    expect([status, lines[0]]).toEqual([2, expect.stringContaining(`payer-policy-cds: `)]);
    expect(lines[0]).toContain(said);
    expect(lines.filter((l) => /^\s+at /.test(l))).toEqual([]);
    if (args[0] === 'doctor') expect(lines.length).toBe(1);
  });

  it('in a setting is said with its name', () => {
    const { status, lines } = cli(['config'], { PORT: 'abc' });
    expect([status, lines]).toEqual([2, [expect.stringContaining('payer-policy-cds: PORT')]]);
  });

  it('in a policy file is said with its place', () => {
    const policies = join(folder, 'policies');
    cpSync(join(ROOT, 'policies'), policies, { recursive: true });
    writeFileSync(join(policies, 'payers.yaml'), 'payers: 7\n');
    const { status, lines } = cli(['policy', 'show'], { POLICIES: policies });
    expect([status, lines]).toEqual([2, [expect.stringMatching(/payers\.yaml:1:\d+ /)]]);
  });
});

it('the help of a command is printed, with calls to begin with', () => {
  const { status, stdout } = cli(['decisions', 'purge', '--help']);
  expect(stdout).toMatch(/^Examples:\n {2}npm run cli -- decisions purge --before /m);
  expect([status, stdout.split('\n')[0]]).toEqual([
    0,
    expect.stringContaining('usage: payer-policy-cds decisions purge'),
  ]);
});

describe('what a terminal would obey', () => {
  const HOSTILE = 'lumbar\u001b]0;owned\u0007 \u001b[2Jpain\u009b31m\r\nroot# \u202eon';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are looked for
  const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/;

  it.each([
    ['codes', ['codes', 'unknown'], []],
    ['an order', ['assess'], ['--study', '72148', '--date', '2025-06-01', '--all']],
    ['a card', ['assess'], ['--study', '72148', '--date', '2025-06-01', '--card']],
  ])('is shown as a sign of its own where a chart holds it: %s', (_, command, options) => {
    const chart = [
      { resourceType: 'Patient', id: 'p1', birthDate: '1970-01-01' },
      {
        resourceType: 'Coverage',
        id: 'c1',
        status: 'active',
        beneficiary: { reference: 'Patient/p1' },
        payor: [{ display: HOSTILE }],
      },
      {
        resourceType: 'Condition',
        id: 'd1',
        subject: { reference: 'Patient/p1' },
        code: { coding: [{ system: 'urn:local', code: HOSTILE, display: HOSTILE }], text: HOSTILE },
      },
    ].map((resource) => ({ resource }));
    const path = file('hostile.json', JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry: chart }));
    const { stdout } = cli([...command, path, ...options]);
    expect(stdout).toContain('owned');
    expect(stdout).not.toMatch(OBEYED);
    if (command[0] === 'codes') expect(stdout).not.toMatch(/^root/m);
  });

  it('is shown as a sign of its own where an argument holds it', () => {
    const { lines } = cli(['assess', join(folder, '\u001b[31mno.json')]);
    expect(lines[0]).toContain('there is no such file');
    expect(lines.join()).not.toMatch(OBEYED);
  });
});
