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

describe('a mistake of the caller', () => {
  it.each([
    ['an unknown command', ['nothing'], 'there is no command "nothing"'],
    ['an unknown option', ['assess', '--bogus'], "Unknown option '--bogus'"],
    ['a file that is not there', ['assess', join(folder, 'none.json'), '--study', '72148'], 'cannot be read'],
    ['a chart without a patient', ['assess', file('empty.json', '{}'), '--study', '72148'], 'expected a FHIR Bundle'],
    ['a folder that is not there', ['policy', 'lint', join(folder, 'none')], 'there is no file or folder'],
  ])('is said in a line, without a stack: %s', (_, args, said) => {
    const { status, lines } = cli(args);
    expect([status, lines[0]]).toEqual([2, expect.stringContaining(`payer-policy-cds: `)]);
    expect(lines[0]).toContain(said);
    expect(lines.filter((l) => /^\s+at /.test(l))).toEqual([]);
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

it('the help of a command is printed', () => {
  const { status, stdout } = cli(['decisions', 'purge', '--help']);
  expect([status, stdout.split('\n')[0]]).toEqual([
    0,
    expect.stringContaining('usage: payer-policy-cds decisions purge'),
  ]);
});
