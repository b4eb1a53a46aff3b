import { describe, expect, it } from 'vitest';
import { assess } from '../../src/cli/assess.ts';
import { UsageError } from '../../src/cli/command.ts';
import { compare } from '../../src/cli/compare.ts';
import { type BundledResource, writeBundle } from '../support/bundle.ts';
import { CANONICAL_BASE, checker } from '../support/knowledge.ts';
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

  it('--explain tells on what ages, episodes, statements of clinicians and silence rest', async () => {
    const statement = (value: boolean, performer: string): BundledResource => ({
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ system: `${CANONICAL_BASE}/CodeSystem/fact`, code: 'no-significant-improvement' }] },
      valueBoolean: value,
      effectiveDateTime: '2026-03-01',
      performer: [{ reference: performer }],
    });
    const bundle = writeBundle([
      { resourceType: 'Condition', code: icd('M54.50'), onsetDateTime: '2026-01-20', recordedDate: '2026-01-22' },
      { resourceType: 'Condition', code: icd('M54.50'), onsetDateTime: '2023-01-05', abatementDateTime: '2023-03-01' },
      { resourceType: 'Condition', code: icd('M54.2'), onsetDateTime: '2025-12-05' },
      { resourceType: 'Condition', code: icd('C50.911'), recordedDate: '2015-01-10' },
      visit('2026-02-20', 'finished', 'M54.50'),
      statement(true, 'Practitioner/d'),
      statement(false, 'Patient/p1'),
    ]);
    const below = async (payer: string, id: string, label: string): Promise<readonly string[]> => {
      const { text } = await runCommand(assess, [bundle, ...ORDER, '--payer', payer, '--explain', id]);
      const lines = text.split('\n');
      const at = lines.findIndex((l) => /^ *[+?-] /.test(l) && l.includes(label));
      const rest = lines.slice(at + 1).map((l) => l.trim());
      return rest.slice(0, rest.findIndex((l) => !/^(for|against|lead|ignored|dropped|nothing)/.test(l)) >>> 0);
    };
    expect(await below('kaiser-wa', 'I.D', 'current episode more than 30 days')).toEqual([
      'for      Condition/r1 2026-01-20: its onset is that of the episode',
      'ignored  Condition/r2 2023-01-05: its onset, before the current episode',
      'ignored  Encounter/r5 2026-02-20: a visit for it; the onset is stated by another entry',
      'ignored  Condition/r3 2025-12-05: another region',
    ]);
    expect(await below('kaiser-wa', 'I.D', 'no significant improvement')).toEqual([
      'for      Observation/r6 2026-03-01: documented by a clinician',
      'ignored  Observation/r7 2026-03-01: an answer of the patient',
    ]);
    expect(await below('kaiser-wa', 'I.D', 'age more than 50')).toEqual(['for      Patient/p1: date of birth']);
    expect(await below('cohere', 'C6.1.A.a', 'no cancer')).toEqual([
      'against  Condition/r4 2015-01-10: diagnosis on file',
    ]);
  });

  it('--explain finds sections', async () => {
    const { lines } = await runCommand(assess, [chart(), ...ORDER, '--payer', 'kaiser-wa', '--explain', 'II.A']);
    const heads = lines.flatMap((l) => /^[+?-] (\S+)/.exec(l)?.[1] ?? []);
    expect(heads).toEqual(['II.B1.A', 'II.B1.B', 'II.B1.C', 'II.B1.D', 'II.B1.E', 'II.B2', 'II.B3']);
  });

  it('--explain finds criteria inside of a passage, and says which there are', async () => {
    const args = [chart(), ...ORDER, '--payer', 'kaiser-wa', '--explain'];
    const { lines } = await runCommand(assess, [...args, 'I.C.1']);
    expect(lines[0]).toMatch(/^\? I\.C\.1 fever/);
    await expect(runCommand(assess, [...args, 'IX'])).rejects.toThrow(
      /has no "IX"; .*"policy show kaiser-wa-lumbar-mri" lists all/,
    );
    await expect(runCommand(assess, [...args, 'IIB4'])).rejects.toThrow(/has no "IIB4"; near it: II\.B4/);
  });

  it('says why no policy governs an order, and what would', async () => {
    const said = async (...args: string[]) => (await runCommand(assess, [chart(), ...args])).lines;
    const order = ['--study', '72148', '--date', '2020-01-01'];
    expect(await said(...order)).toEqual([
      expect.stringMatching(
        /^No policy governs .*\(72148\) on 2020-01-01: the chart holds no Coverage, and no --payer/,
      ),
    ]);
    expect(await said(...order, '--payer', 'healthhelp')).toEqual([
      'No policy governs MRI lumbar spine without contrast (72148) on 2020-01-01 for HealthHelp, commercial. What it uses:',
      '  healthhelp-lumbar-mri: its texts: from 2025-05-16',
    ]);
    const neck = await said('--study', '72141', '--date', '2026-01-01', '--payer', 'healthhelp');
    expect(neck[1]).toMatch(/^ {2}healthhelp-lumbar-mri: governs .*72148/);
    expect(await said('--payer', 'cigna')).toEqual([expect.stringContaining('no draft or active ServiceRequest')]);
    const covered = writeBundle([
      { resourceType: 'Condition', code: icd('M54.50') },
      {
        resourceType: 'Coverage',
        status: 'active',
        beneficiary: { reference: 'Patient/p1' },
        payor: [{ display: 'Acme Health' }],
      },
    ]);
    const { text } = await runCommand(assess, [covered, ...ORDER]);
    expect(text).toMatch(/the payer of the Coverage, "Acme Health", is not in policies\/payers\.yaml \(kaiser-wa, /);
  });

  it.each([
    [['--study', '7214'], /--study: 7214 is no study of policies\/studies\.yaml; near it: .*72148/],
    [['--study', '72148', '--line', 'medicare'], /--line: goes with --payer/],
    [['--reason', 'M54.50'], /--reason: goes with --study/],
    [['--study', '72148', '--reason', 'back pain'], /--reason: "back pain" is not an ICD-10-CM code/],
    [
      ['--study', '72148', '--payer', 'acme'],
      /--payer: "acme" is not in policies\/payers\.yaml; expected one of kaiser-wa/,
    ],
    [['--study', '72148', '--date', '2025-06'], /--date: expected YYYY-MM-DD, found "2025-06"/],
  ])('says what is wrong with %j', async (args, said) => {
    await expect(runCommand(assess, [chart(), ...args])).rejects.toThrow(said);
  });

  it('a payer that is chosen is not called an assumed one', async () => {
    const { text } = await runCommand(assess, [chart(), ...ORDER, '--payer', 'kaiser-wa', '--card']);
    expect(text).toContain('Payer: Kaiser Foundation Health Plan of Washington (commercial).');
    expect(text).not.toMatch(/assumed/);
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
    expect(text).toMatch(
      /^No policy governs 72148 on 2001-01-01\. Texts that do: .*kaiser-wa-lumbar-mri from 2020-09-01/,
    );
    const spectroscopy = await runCommand(compare, [chart(), '--study', '76390', '--date', '2026-03-02']);
    expect(spectroscopy.text).toMatch(
      /^No policy governs 76390 on 2026-03-02\. cigna-evicore-spine governs this study only for conditions of which the chart has none/,
    );
    const wide = await runCommand(compare, [chart(), '--study', '72148', '--date', '2026-03-02']);
    expect(Math.max(...wide.lines.map((l) => l.length))).toBeLessThanOrEqual(140);
  });
});
