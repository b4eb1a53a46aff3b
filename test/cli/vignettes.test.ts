import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { vignettes } from '../../src/cli/vignettes.ts';
import { runCommand } from '../support/run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'vignettes-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with one vignette: back pain of two weeks, of which nothing else is known. */
function file(
  outcome: string,
  head = 'policy: kaiser-wa-lumbar-mri\npayer: Kaiser Foundation Health Plan of Washington',
): string {
  const path = join(folder, 'cases.yaml');
  writeFileSync(
    path,
    `${head}
vignettes:
  - id: two-weeks
    title: Back pain for two weeks
    order: { study: "72148", date: "2025-06-10", reasons: icd M54.50 }
    chart: [{ condition: icd M54.50, onset: -14d, recorded: -13d }]
    expect: { outcome: ${outcome} }
    why: Nothing was tried.
`,
  );
  return path;
}

describe('vignettes', () => {
  it('says that all come out as expected, and what no vignette decides', async () => {
    const { code, lines, text } = await runCommand(vignettes, [file('undetermined')]);
    expect(code).toBe(0);
    expect(lines.at(-1)).toBe('1 vignettes tried, 0 come out otherwise');
    expect(text).toMatch(/^\S*policies\/kaiser-wa\/lumbar-mri\/2020-09-01\.yaml:\d+:\d+ no vignette is decided by: /m);
    expect(text).toMatch(/^kaiser-wa-lumbar-mri: \d+ of \d+ criteria decided once for and once against$/m);
  });

  it('says what comes out otherwise, where it stands and what it asks, and ends with 1', async () => {
    const { code, lines } = await runCommand(vignettes, [file('met')]);
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/cases\.yaml:4:5 two-weeks: Back pain for two weeks$/);
    expect(lines[1]).toBe('  outcome undetermined (documentation), expected met');
    expect(lines[2]).toMatch(/^ {2}contradicted: /);
    expect(lines[3]).toMatch(/^ {2}asks: .*treatment-6-weeks \(/);
    expect(lines[4]).toMatch(/^ {2}kept open by red flags on which the chart is silent: .*auda equina/);
    expect(lines[5]).toBe('  why it should be so: Nothing was tried.');
    expect(lines.at(-1)).toBe('1 vignettes tried, 1 come out otherwise');
  });

  it('says why no policy governs an order, and what would', async () => {
    const path = file('met');
    writeFileSync(path, readFileSync(path, 'utf8').replace('2025-06-10', '2019-06-10'));
    const { code, lines } = await runCommand(vignettes, [path]);
    expect(code).toBe(1);
    expect(lines.slice(1, 3)).toEqual([
      '  no policy governs this order',
      '  No policy governs MRI lumbar spine without contrast (72148) on 2019-06-10 for Kaiser Foundation Health Plan of Washington, commercial. What it uses:',
    ]);
    expect(lines[3]).toMatch(/^ {4}kaiser-wa-lumbar-mri: its texts: .*2020-09-01/);
  });

  it('reads the file that is named, whatever stands beside it', async () => {
    writeFileSync(join(folder, 'draft.yaml'), 'policy: draft\n');
    const { code } = await runCommand(vignettes, [file('undetermined')]);
    rmSync(join(folder, 'draft.yaml'));
    expect(code).toBe(0);
  });

  it.each([
    [
      'policy: kaiser-wa-lumbar\npayer: Kaiser Foundation Health Plan of Washington',
      /:1:9 there is no policy "kaiser-wa-lumbar"; near it: kaiser-wa-lumbar-mri/,
    ],
    ['policy: kaiser-wa-lumbar-mri\npayer: Acme', /:2:8 the payer "Acme" is not in policies\/payers\.yaml/],
  ])('says which policy or payer does not exist: %j', async (head, said) => {
    await expect(runCommand(vignettes, [file('met', head)])).rejects.toThrow(said);
  });

  it('takes a changed item as it is then: without members set to null, and refused when it is no item', async () => {
    const path = file('undetermined');
    const like = (id: string, change: string): string =>
      `  - { id: ${id}, title: Changed, like: two-weeks, change: { pain: { ${change} } }, expect: { outcome: undetermined }, why: Changed. }\n`;
    const named = readFileSync(path, 'utf8').replace('[{ condition', '[{ as: pain, condition');
    writeFileSync(path, named + like('undated', 'onset: null'));
    expect((await runCommand(vignettes, [path])).lines.at(-1)).toBe('2 vignettes tried, 0 come out otherwise');
    writeFileSync(path, named + like('worded', 'severity: severe') + like('misspelt', 'onst: -3d'));
    await expect(runCommand(vignettes, [path])).rejects.toThrow(
      /:10:\d+ vignettes\.1\.change\.pain\.severity: expected a system and a code.*\n.*:11:\d+ vignettes\.2\.change\.pain: "onst" is not known here/,
    );
  });

  it('says when there is nothing to try', async () => {
    await expect(runCommand(vignettes, [join(folder, 'none')])).rejects.toThrow(/none: there is no such file/);
    await expect(runCommand(vignettes, [file('met'), '--policy', 'other'])).rejects.toThrow(
      /holds no vignette of "other"/,
    );
  });
});
