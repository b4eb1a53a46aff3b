import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../src/cli/command.ts';
import { doctor } from '../../src/cli/doctor.ts';
import { EhrStub, type Mood } from '../support/ehr-stub.ts';
import { storyFhir } from '../support/hook-request.ts';
import { runCommand } from '../support/run-command.ts';

let ehr: EhrStub;
beforeAll(async () => {
  ehr = await new EhrStub().start();
  const { patient, coverage, chart } = storyFhir();
  ehr.resources = [patient, coverage, ...chart];
});
afterAll(() => ehr.close());
beforeEach(() => ehr.forget());
afterEach(() => vi.unstubAllEnvs());

const examined = (...args: readonly string[]) => runCommand(doctor, ['--fhir', ehr.fhir, ...args]);
/** What is said of a section, and of the search that it is read by. */
const about = (lines: readonly string[], key: string): string => {
  const i = lines.findIndex((l) => l.startsWith(`${key} `));
  return `${lines[i]}\n${lines[i + 1]}`;
};

describe('doctor', () => {
  it('says of each section that it can be had, in how many pages, and how many of its codes are understood', async () => {
    const { code, lines } = await examined('--token', 'a-token');
    expect(code).toBe(0);
    expect(lines.at(-1)).toBe('Everything that a hook call asks for can be had.');
    expect(about(lines, 'conditions')).toMatch(
      /2 resources, 1 page, \d+ ms, codes understood in 2\n +Condition\?patient=…/,
    );
    for (const key of ['coverages', 'procedures', 'observations', 'encounters'])
      expect(about(lines, key)).toMatch(/\d+ resources/);
    expect(ehr.fhirRequests.every((r) => r.authorization === 'Bearer a-token')).toBe(true);
  });

  it('prints nothing of the chart but counts', async () => {
    const { text } = await examined('--patient', 'p1');
    expect(text).not.toMatch(/p1|M54\.50|G83|Patient\/|condition-1/);
  });

  it('tells codes that nobody understands', async () => {
    const before = ehr.resources;
    ehr.resources = before.map((r) =>
      r.resourceType === 'Condition' ? { ...r, code: { coding: [{ system: 'urn:local', code: 'X1' }] } } : r,
    );
    const { lines } = await examined();
    ehr.resources = before;
    expect(about(lines, 'conditions')).toContain('codes understood in 0');
  });

  it.each<[Mood, RegExp]>([
    ['401', /unauthorized: the token is missing/],
    ['403', /forbidden: the token has no scope/],
    ['404', /not-found: the server does not have it/],
    ['429', /rate-limited: the server limits the rate/],
    ['500', /server-error: the server fails/],
    ['html', /not-fhir: .*HTML/],
    ['redirect', /not-fhir: .*redirect/],
    ['gzip', /not-fhir: .*compressed/],
    ['page-elsewhere', /NOT COMPLETE/],
  ])('%s on one section: says what it is and what it means, and fails', async (mood, advice) => {
    ehr.moods.set('Condition', mood);
    const { code, lines } = await examined('--patient', 'p1');
    expect(about(lines, 'conditions')).toMatch(advice);
    expect(about(lines, 'procedures')).toMatch(/\d+ resources/);
    expect([code, lines.at(-1)]).toEqual([
      1,
      expect.stringMatching(/^1 of \d+ sections cannot be had whole: conditions\.$/),
    ]);
  });

  it('names the parameter that a server refuses', async () => {
    ehr.refusedParameters.add('category');
    const { code, lines } = await examined('--patient', 'p1');
    expect(about(lines, 'observations')).toMatch(/refused: .*; without category it is answered;/);
    expect(about(lines, 'conditions')).toMatch(/2 resources/);
    expect(code).toBe(1);
    ehr.moods.set('Condition', '400');
    expect(about((await examined('--patient', 'p1')).lines, 'conditions')).toMatch(
      /refused: the search below is refused; the section/,
    );
  });

  it('a server that does not answer ends at the deadline', async () => {
    ehr.moods.set('Condition', 'hang');
    const { code, lines } = await examined('--patient', 'p1', '--deadline', '0.5');
    expect([code, about(lines, 'conditions')]).toEqual([1, expect.stringContaining('deadline: no answer in time')]);
  });

  it('takes the token from the environment, so that it stands in no list of processes', async () => {
    vi.stubEnv('FHIR_TOKEN', 'from-the-environment');
    await examined();
    expect(ehr.fhirRequests[0]?.authorization).toBe('Bearer from-the-environment');
  });

  it.each([[[]], [['--fhir', 'file:///etc']], [['--fhir', 'http://x', '--deadline', 'soon']]])(
    'wants an address that it can ask: %j',
    async (args) => expect(runCommand(doctor, args)).rejects.toThrow(UsageError),
  );

  it('says so when the patient cannot be read', async () => {
    await expect(examined('--patient', 'nobody')).rejects.toThrow(/Patient\/nobody: not-found/);
  });
});
