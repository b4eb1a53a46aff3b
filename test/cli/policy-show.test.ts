import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/cli/command.ts';
import { policyShow } from '../../src/cli/policy-show.ts';
import { checker } from '../support/knowledge.ts';

async function show(...args: string[]): Promise<readonly string[]> {
  const lines: string[] = [];
  expect(await policyShow.run(args, (line) => lines.push(line))).toBe(0);
  return lines;
}
const trimmed = (lines: readonly string[]): readonly string[] => lines.map((l) => l.trim());

describe('policy show', () => {
  it('lists the policies', async () => {
    const lines = await show();
    for (const { id } of checker().knowledge.policies.policies) expect(lines.some((l) => l.startsWith(id))).toBe(true);
  });

  for (const { id, input, paths, exclusions } of checker().knowledge.policies.policies) {
    it(`${id}: every passage under its label, with its citation`, async () => {
      const text = (await show(id, '--width', '1000')).join('\n');
      for (const { id: passage, label, cite } of [...paths, ...exclusions]) {
        const plain = passage.replace(/@\w+$/, '');
        expect(text).toContain(`${plain}  ${label}  [${cite}]`);
      }
      for (const { cite } of input['not-encoded']) expect(text).toContain(`${cite}: `);
    });
  }

  it('criteria in words, with operators, windows, labels and notes', async () => {
    const lines = trimmed(await show('kaiser-wa-lumbar-mri', '--width', '1000'));
    const at = (id: string): number => lines.findIndex((l) => l.startsWith(`${id}  `));
    const passage = lines.slice(at('I.D'), at('I.E'));
    expect(passage[0]).toMatch(/^I\.D {2}.* \[Section I, red flag D \(4\)\]$/);
    for (const line of [
      /^note: Reading 8/,
      /^studies: 72158$/,
      /^- any of$/,
      /^- cancer \(now or in the past\)$/,
      /^- new onset of low back pain: current episode at most \d+ \w+$/,
      /^- plain films that are not diagnostic \(in the current episode\)$/,
      /^- at least 2 of$/,
      /^- I\.D\.1 {2}unexplained weight loss$/,
      /^- I\.D\.2 {2}no improvement after one month: all of$/,
      /^- I\.D\.3 {2}age more than 50 years$/,
    ])
      expect(passage).toContainEqual(expect.stringMatching(line));
  });

  it('anchors, other regions, schedules and exceptions', async () => {
    const cohere = (await show('cohere-spine-mri', '--width', '1000')).join('\n');
    expect(cohere).toContain('not documented either way: a question comes first');
    expect(cohere).toMatch(/no trauma.*\(since|in the current episode.*or up to 30 days before/);
    const surveillance = (await show('healthhelp-lumbar-mri', '--width', '1000')).join('\n');
    expect(surveillance).toMatch(
      /due every 3 months until 2 years, then every 4 months until 3 years, then .* counted from the last/,
    );
  });

  it('only what is in force on a day', async () => {
    const [before, after] = [
      await show('kaiser-wa-lumbar-mri', '--date', '2023-06-01'),
      await show('kaiser-wa-lumbar-mri', '--date', '2024-06-01'),
    ].map(trimmed);
    const has = (lines: readonly string[] | undefined, id: string) => lines?.some((l) => l.startsWith(`${id}  `));
    expect([has(before, 'II.B3'), has(after, 'II.B3')]).toEqual([false, true]);
    expect([has(before, 'III.A.2'), has(after, 'III.A.2')]).toEqual([true, false]);
    expect(before).toContain('As in force on 2023-06-01.');
  });

  it('long lines go on under their own indentation', async () => {
    const lines = await show('kaiser-wa-lumbar-mri', '--width', '80');
    expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(80);
  });

  it('each study of a passage once, whatever its regions', async () => {
    const named = (await show('cigna-evicore-spine', '--width', '1000')).flatMap(
      (line) => /^ *studies: (.*)$/.exec(line)?.[1] ?? [],
    );
    expect(named.length).toBeGreaterThan(50);
    for (const codes of named.map((n) => n.split(', '))) expect(codes).toEqual([...new Set(codes)]);
  });

  it('says what it expects', async () => {
    const fails = (...args: string[]) => expect(show(...args)).rejects.toThrow(UsageError);
    await fails('no-such-policy');
    await fails('kaiser-wa-lumbar-mri', '--date', '2024-13-01');
    await fails('kaiser-wa-lumbar-mri', '--date', '2000-01-01');
    await fails('kaiser-wa-lumbar-mri', '--width', 'wide');
  });
});
