import { describe, expect, it } from 'vitest';
import { assess } from '../../src/cli/assess.ts';
import { UsageError } from '../../src/cli/command.ts';
import { compare } from '../../src/cli/compare.ts';
import { type BundledResource, writeBundle } from '../support/bundle.ts';
import { checker } from '../support/knowledge.ts';
import { runCommand } from '../support/run-command.ts';

const icd = (code: string) => ({ coding: [{ system: 'http://hl7.org/fhir/sid/icd-10-cm', code }] });
const visit = (date: string, status: string, reason: string, more: object = {}): BundledResource => ({
  resourceType: 'Encounter',
  status,
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
  period: { start: date, end: date },
  reasonCode: [icd(reason)],
  ...more,
});

/** Back pain for eleven weeks, two visits for it, one for the neck, one by video, one that was cancelled, one of somebody else. */
const chart = () =>
  writeBundle([
    { resourceType: 'Condition', code: icd('M54.50'), onsetDateTime: '2025-12-15', recordedDate: '2025-12-16' },
    visit('2026-02-20', 'finished', 'M54.50'),
    visit('2026-02-10', 'finished', 'M54.2'),
    visit('2026-02-24', 'finished', 'M54.50', { class: { code: 'VR' } }),
    visit('2026-02-26', 'cancelled', 'M54.50'),
    visit('2026-02-27', 'finished', 'M54.50', { subject: { reference: 'Patient/somebody-else' } }),
    { resourceType: 'Condition', code: icd('G83.4'), verificationStatus: { coding: [{ code: 'entered-in-error' }] } },
  ]);
const ORDER = ['--study', '72148', '--date', '2026-03-02'];

describe('assess', () => {
  it('prints the outcome and the criteria as a tree with evidence', async () => {
    const { code, lines, text } = await runCommand(assess, [chart(), ...ORDER, '--payer', 'cigna']);
    expect(code).toBe(0);
    expect(lines[0]).toBe('undetermined (documentation); with this chart alone: not-met');
    expect(lines[1]).toBe('MRI lumbar spine without contrast (72148), ordered 2026-03-02');
    expect(text).toMatch(/^ {2}\? SP-5\.1 /m);
    expect(text).toMatch(/^ +\+ in-person clinical evaluation.*\[Encounter\/r2 2026-02-20/m);
    expect(text).toMatch(/^ +\? .*\[nothing on file\]$/m);
    expect(text).toMatch(/red flags on which the chart is silent: .*SP-1\.2\/cauda-equina/);
    expect(text).toMatch(/not about this patient: .*SP-15\.1/);
    expect(text).toMatch(/^Missing\n {2}treatment-6-weeks: /m);
  });

  it('--all leaves nothing out', async () => {
    const { text } = await runCommand(assess, [chart(), ...ORDER, '--payer', 'kaiser-wa', '--all']);
    const policy = checker().knowledge.policies.policies.find((p) => p.id === 'kaiser-wa-lumbar-mri');
    const inForce = (policy?.paths ?? []).filter((p) => p.inForce.every((t) => t.until === undefined));
    for (const { id } of inForce) expect(text).toContain(` ${id} (`);
    expect(text).not.toContain('not about this patient');
  });

  it('--explain tells of every resource why it did or did not count', async () => {
    const args = [chart(), ...ORDER, '--payer', 'cigna', '--explain'];
    const { text } = await runCommand(assess, [...args, 'SP-5.1']);
    const evaluation = text.slice(text.indexOf('in-person clinical evaluation'), text.indexOf('Six weeks of'));
    expect(
      evaluation
        .split('\n')
        .slice(1, -1)
        .map((l) => l.trim()),
    ).toEqual([
      'for      Encounter/r2 2026-02-20: visit on file',
      'ignored  Encounter/r3 2026-02-10: a visit for another reason',
      'lead     Encounter/r4 2026-02-24: not in person',
      expect.stringMatching(/^(ignored|dropped) {2}Encounter\/r5/),
      'dropped  Encounter/r6: another patient',
    ]);
    const cauda = await runCommand(assess, [...args, 'SP-1.2/cauda-equina']);
    expect(cauda.text).toContain('dropped  Condition/r7: entered in error');
  });

  it('--explain finds criteria inside of a passage, and says which there are', async () => {
    const args = [chart(), ...ORDER, '--payer', 'kaiser-wa', '--explain'];
    const { lines } = await runCommand(assess, [...args, 'I.C.1']);
    expect(lines[0]).toMatch(/^\? I\.C\.1 fever/);
    await expect(runCommand(assess, [...args, 'IX'])).rejects.toThrow(/there is no "IX"; this policy has .*II\.B4/);
  });

  it('--card and --json tell the same outcome', async () => {
    const args = [chart(), ...ORDER, '--payer', 'cohere'];
    const json = JSON.parse((await runCommand(assess, [...args, '--json'])).text) as { outcome: string }[];
    const { lines } = await runCommand(assess, args);
    expect(lines[0]?.startsWith(json[0]?.outcome ?? 'nothing')).toBe(true);
    expect((await runCommand(assess, [...args, '--card'])).text).toContain('not a coverage decision');
  });

  it('says what it expects', async () => {
    const fails = (...args: string[]) => expect(runCommand(assess, args)).rejects.toThrow(UsageError);
    await fails();
    await fails('no-such-file.json');
    await fails(chart(), '--study', '99999');
    await fails(chart(), '--study', '72148', '--payer', 'nobody');
    await fails(chart(), '--study', '72148', '--date', 'yesterday');
  });
});

describe('compare', () => {
  it('checks one order against every policy that governs it', async () => {
    const { code, lines } = await runCommand(compare, [chart(), ...ORDER]);
    expect(code).toBe(0);
    const policies = checker().knowledge.policies.policies.filter(
      (p) => p.governs.has('72148') && p.input.status === 'in-force',
    );
    expect(lines.slice(2).map((l) => l.split(/ +/)[0])).toEqual(
      expect.arrayContaining([...new Set(policies.map((p) => p.id))]),
    );
    expect(lines[0]).toMatch(/^policy +outcome +criterion +missing$/);
    expect(lines.find((l) => l.startsWith('cohere-spine-mri'))).toMatch(
      /undetermined \(documentation\) +nearest: C6\.1\.A\.a@lumbar +at least 6 weeks/,
    );
  });

  it('the line of business, the study and the date choose the policies', async () => {
    const medicare = await runCommand(compare, [chart(), ...ORDER, '--line', 'medicare']);
    expect(medicare.lines.find((l) => l.startsWith('kaiser-wa-lumbar-mri'))).toMatch(/not-required +medicare$/);
    const cervical = await runCommand(compare, [chart(), '--study', '72141', '--date', '2026-03-02']);
    expect(cervical.text).not.toContain('healthhelp');
    const early = await runCommand(compare, [chart(), '--study', '72148', '--date', '2021-03-02', '--json']);
    const found = JSON.parse(early.text) as { policy: { id: string } }[];
    expect(found.map((c) => c.policy.id)).toEqual(['kaiser-wa-lumbar-mri']);
  });

  it('says what it expects', async () => {
    await expect(runCommand(compare, [chart()])).rejects.toThrow(/--study/);
    await expect(runCommand(compare, [chart(), '--study', '72148', '--payer', 'cigna'])).rejects.toThrow(UsageError);
    const { text } = await runCommand(compare, [chart(), '--study', '72148', '--date', '2001-01-01']);
    expect(text).toBe('No policy governs this study on this date.');
  });
});
