import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { assess } from '../../src/cli/assess.ts';
import { codesUnknown } from '../../src/cli/codes-unknown.ts';
import { namesIn } from '../../src/criteria-check/known-names.ts';
import { loadEhrs } from '../../src/ehr/ehr-registry.ts';
import { temporaryFolder, writeBundle } from '../support/bundle.ts';
import { checker } from '../support/knowledge.ts';
import { runCommand } from '../support/run-command.ts';

const LOCAL = 'urn:local:problems';

/** A registry with one EHR, and the settings pointing to it. */
function registry(codes: string, orderables = '{}'): string {
  const folder = temporaryFolder();
  const ehrs = join(folder, 'ehrs');
  mkdirSync(ehrs);
  writeFileSync(
    join(ehrs, 'hospital.yaml'),
    `ehr: hospital\nname: Hospital\ncodes: hospital.codes.yaml\norderables: ${orderables}\n`,
  );
  writeFileSync(join(ehrs, 'hospital.codes.yaml'), `codes:\n${codes}`);
  vi.stubEnv('SMART_CONFIG', folder);
  return ehrs;
}

const condition = (system: string, code: string, display: string, more: object = {}) => ({
  resourceType: 'Condition',
  clinicalStatus: { coding: [{ code: 'active' }] },
  code: { coding: [{ system, code, display }] },
  ...more,
});

/** New back pain, and a suspicion that the EHR writes in a code of its own. */
const chart = () =>
  writeBundle([
    condition('http://hl7.org/fhir/sid/icd-10-cm', 'M54.50', 'Low back pain', {
      onsetDateTime: '2026-02-20',
      recordedDate: '2026-02-20',
    }),
    condition(LOCAL, 'CES?', 'Cauda equina syndrome', {
      verificationStatus: { coding: [{ code: 'provisional' }] },
      recordedDate: '2026-03-01',
    }),
  ]);

async function outcomeBy(payer: string, file: string, ...more: string[]): Promise<string | undefined> {
  const order = ['--study', '72148', '--payer', payer, '--date', '2026-03-02'];
  const { lines } = await runCommand(assess, [file, ...order, ...more]);
  return /^[a-z-]+/.exec(lines[0] ?? '')?.[0];
}

const outcome = (file: string, ...more: string[]): Promise<string | undefined> => outcomeBy('kaiser-wa', file, ...more);

describe('local codes of an EHR', () => {
  it.each([
    ['a standard code', '["icd10cm|G83.4"]'],
    ['a code set', '["set|cauda-equina"]'],
    ['a code set at a place', '["set|cauda-equina@lumbar"]'],
  ])('meaning %s change the outcome', async (_, target) => {
    registry(`  "${LOCAL}|CES?": ${target}\n`);
    const file = chart();
    expect(await outcome(file)).toBe('undetermined');
    expect(await outcome(file, '--ehr', 'hospital')).toBe('met');
  });

  it('a code of a known system that no set lists may be mapped too', async () => {
    registry('  "http://snomed.info/sct|999480911000000101": ["set|cauda-equina"]\n');
    const file = writeBundle([
      condition('http://hl7.org/fhir/sid/icd-10-cm', 'M54.50', 'Low back pain', { onsetDateTime: '2026-02-20' }),
      condition('http://snomed.info/sct', '999480911000000101', 'Cauda equina syndrome', {
        recordedDate: '2026-03-01',
      }),
    ]);
    expect(await outcome(file)).toBe('undetermined');
    expect(await outcome(file, '--ehr', 'hospital')).toBe('met');
  });

  it('at another place do not count for this one', async () => {
    registry(`  "${LOCAL}|BP": ["set|spinal-pain@lumbar"]\n  "${LOCAL}|NP": ["set|spinal-pain@cervical"]\n`);
    const about = async (code: string): Promise<string> => {
      const file = writeBundle([condition(LOCAL, code, 'Pain', { onsetDateTime: '2025-06-01' })]);
      const args = [file, '--study', '72148', '--payer', 'kaiser-wa', '--date', '2026-03-02', '--ehr', 'hospital'];
      return (await runCommand(assess, [...args, '--explain', 'III.C'])).text;
    };
    expect(await about('BP')).toMatch(/for {6}Condition\/r1/);
    expect(await about('NP')).toMatch(/ignored {2}Condition\/r1 2025-06-01: another region/);
  });

  it.each([
    ['set|in-person-contact', 'met'],
    ['set|remote-contact', 'undetermined'],
  ])('a class of visits that means %s: %s', async (target, expected) => {
    registry(`  "urn:local:class|13": ["${target}"]\n`);
    const icd = 'http://hl7.org/fhir/sid/icd-10-cm';
    const file = writeBundle([
      condition(icd, 'M54.16', 'Radiculopathy', { onsetDateTime: '2026-02-10', recordedDate: '2026-02-10' }),
      condition(icd, 'M21.371', 'Foot drop', { onsetDateTime: '2026-02-25', recordedDate: '2026-02-26' }),
      {
        resourceType: 'Encounter',
        status: 'finished',
        class: { system: 'urn:local:class', code: '13', display: 'Outpatient' },
        reasonCode: [{ coding: [{ system: icd, code: 'M54.16' }] }],
        period: { start: '2026-02-26' },
      },
    ]);
    expect(await outcomeBy('cigna', file)).toBe('undetermined');
    expect(await outcomeBy('cigna', file, '--ehr', 'hospital')).toBe(expected);
  });

  it('orderables name the study of an order', async () => {
    registry(`  "${LOCAL}|X": ["set|night-pain"]\n`, '{ "urn:orders|MRL": "72148" }');
    const file = writeBundle([
      {
        resourceType: 'ServiceRequest',
        status: 'draft',
        intent: 'order',
        authoredOn: '2026-03-02',
        code: { coding: [{ system: 'urn:orders', code: 'MRL' }] },
      },
    ]);
    const args = [file, '--payer', 'kaiser-wa', '--date', '2026-03-02'];
    expect((await runCommand(assess, args)).text).toContain('no draft or active ServiceRequest');
    expect((await runCommand(assess, [...args, '--ehr', 'hospital'])).text).toContain('(72148)');
  });

  it('an orderable without its system, which no order would ever name, is refused', async () => {
    registry(`  "${LOCAL}|X": ["set|night-pain"]\n`, '{ "MRL": "72148" }');
    const args = [writeBundle([]), '--payer', 'kaiser-wa', '--ehr', 'hospital', '--study', '72148'];
    await expect(runCommand(assess, args)).rejects.toThrow(
      /hospital\.yaml:4:\d+ orderables\.MRL: expected "system\|code"/,
    );
  });

  it.each([
    [
      'a code that no fact understands',
      '  "a|b": ["icd10cm|Z99.89"]\n',
      /hospital\.codes\.yaml:2:11 .*understands "icd10cm\|Z99\.89"/,
    ],
    ['a set that does not exist', '  "a|b": ["set|no-such-set"]\n', /understands "set\|no-such-set"/],
    ['a place that does not exist', '  "a|b": ["set|spinal-pain@knee"]\n', /understands "set\|spinal-pain@knee"/],
    ['a system that does not exist', '  "a|b": ["icd9|724.2"]\n', /expected e\.g\./],
    ['a key without a system', '  "b": ["set|spinal-pain"]\n', /expected "system\|code"/],
  ])('%s stops the start', (_, codes, message) => {
    const ehrs = registry(codes);
    expect(() => loadEhrs(ehrs, namesIn(checker().knowledge))).toThrow(message);
  });

  it('an orderable that is no study stops the start', () => {
    const ehrs = registry(`  "a|b": ["set|spinal-pain"]\n`, '{ "urn:orders|MRL": "99999" }');
    expect(() => loadEhrs(ehrs, namesIn(checker().knowledge))).toThrow(/hospital\.yaml:4:\d+ .*99999 is no study/);
  });
});

describe('codes unknown', () => {
  const resources = () =>
    writeBundle([
      condition(LOCAL, 'LBP', 'Lower back problem'),
      condition(LOCAL, 'LBP', 'Lower back problem'),
      condition('http://hl7.org/fhir/sid/icd-10-cm', 'M54.50', 'Low back pain'),
      condition('http://hl7.org/fhir/sid/icd-10-cm', 'S13.0XXA', ''),
      condition('http://snomed.info/sct', '38341003', 'Hypertension'),
      { resourceType: 'Condition', code: { coding: [{ system: LOCAL, code: 'CX' }], text: 'Cervical smear abnormal' } },
      {
        resourceType: 'Condition',
        code: {
          coding: [
            { system: LOCAL, code: 'SCI', display: 'Sciatica' },
            { system: 'http://hl7.org/fhir/sid/icd-10-cm', code: 'M54.31' },
          ],
        },
      },
    ]);

  it('lists what may speak of the spine and no fact understands, with counts', async () => {
    const { text } = await runCommand(codesUnknown, [resources(), '--json']);
    const found = JSON.parse(text) as { elements: number; understood: number; unknown: { code: string }[] };
    expect(found.unknown[0]).toEqual({
      system: LOCAL,
      code: 'LBP',
      display: 'Lower back problem',
      count: 2,
      spine: 'word "back"',
      where: ['Condition.code'],
    });
    expect(found.elements).toBe(7);
    expect(found.unknown.map((u) => u.code)).not.toContain('SCI');
    expect(found.unknown.map((u) => u.code)).not.toContain('CX');
    const all = await runCommand(codesUnknown, [resources(), '--all']);
    expect(all.text).toContain('38341003');
    expect(all.text).toContain(`${LOCAL}|CX`);
    expect(all.text).not.toContain('M54.50');
  });

  it('lists classes of visits of the EHR’s own, unless they are mapped', async () => {
    const visit = (system: string, code: string) => ({
      resourceType: 'Encounter',
      status: 'finished',
      class: { system, code, display: 'Outpatient' },
    });
    const act = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
    const file = writeBundle([visit(act, 'AMB'), visit(act, 'VR'), visit('urn:local:class', '13'), visit('', '13')]);
    registry('  "urn:local:class|13": ["set|in-person-contact"]\n');
    const unknown = async (...more: string[]): Promise<readonly unknown[]> => {
      const { unknown: found } = JSON.parse((await runCommand(codesUnknown, [file, '--json', ...more])).text);
      return found.map((u: { system: string; code: string; spine: string; where: string[] }) => [
        `${u.system}|${u.code}`,
        u.spine,
        ...u.where,
      ]);
    };
    const own = ['urn:local:class|13', 'class of visits', 'Encounter.class'];
    const bare = ['|13', 'class of visits', 'Encounter.class'];
    expect(await unknown()).toEqual([own, bare]);
    expect(await unknown('--ehr', 'hospital')).toEqual([bare]);
  });

  it('what the EHR maps is known', async () => {
    registry(`  "${LOCAL}|LBP": ["icd10cm|M54.50"]\n`);
    const { text } = await runCommand(codesUnknown, [resources(), '--ehr', 'hospital']);
    expect(text).not.toContain('LBP');
    await expect(runCommand(codesUnknown, [resources(), '--ehr', 'nobody'])).rejects.toThrow(
      /expected one of hospital/,
    );
  });
});
