import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../src/cli/command.ts';
import { purgeDecisions } from '../../src/cli/decisions.ts';
import { feedbackSummary } from '../../src/cli/feedback.ts';
import { replayDecisions, shadowReport } from '../../src/cli/replay.ts';
import { report } from '../../src/cli/report.ts';
import { openStore } from '../../src/decisions/store/open-store.ts';
import { retitledPolicies, strictPolicies } from '../support/changed-policies.ts';
import { assessmentsOf, ORDER_SELECT, orderSelectCall, outcomeOf, post } from '../support/hook-request.ts';
import { at, listAt } from '../support/json-path.ts';
import { ROOT } from '../support/knowledge.ts';
import { runCommand } from '../support/run-command.ts';
import { decision } from '../support/stores.ts';
import { startTestService, type TestService } from '../support/test-service.ts';

let folder: string;
let file: string;
const policies: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-records-'));
  file = join(folder, 'decisions.sqlite');
  vi.stubEnv('DECISIONS', file);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => {
  for (const p of policies) rmSync(p, { recursive: true, force: true });
});

/** Puts records into the store of the settings. */
async function stored(...decisions: ReturnType<typeof decision>[]): Promise<void> {
  const store = await openStore(file);
  await store.add(decisions, []);
  await store.close();
}
async function left(): Promise<readonly string[]> {
  const store = await openStore(file);
  const ids = (await store.find({ limit: 100 })).map((d) => d.id);
  await store.close();
  return ids;
}

it('a store that is not there is none: nothing is found in it, and none is made', async () => {
  await expect(runCommand(replayDecisions, ['--since', '2020-01-01'])).rejects.toThrow(/there is no such store/);
  expect(existsSync(file)).toBe(false);
});

describe('decisions purge', () => {
  it('removes what was recorded before a date', async () => {
    const [old, young] = [decision({ at: '2025-12-31T23:59:59.999Z' }), decision({ at: '2026-01-01T00:00:00.000Z' })];
    await stored(old, young);
    const { code, text } = await runCommand(purgeDecisions, ['--before', '2026-01-01']);
    expect([code, text, await left()]).toEqual([0, '1 decisions removed', [young.id]]);
  });

  it('removes what was recorded of a patient, at one EHR or at all', async () => {
    const [a, b, c] = [
      decision({ patient: 'p9', ehr: 'north' }),
      decision({ patient: 'p9', ehr: 'south' }),
      decision({ patient: 'p99', ehr: 'north' }),
    ];
    await stored(a, b, c);
    expect((await runCommand(purgeDecisions, ['--patient', 'p9', '--ehr', 'north'])).text).toBe('1 decisions removed');
    expect(await left()).toEqual([b.id, c.id]);
    expect((await runCommand(purgeDecisions, ['--patient', 'p9'])).text).toBe('1 decisions removed');
    expect(await left()).toEqual([c.id]);
  });

  it.each([[[]], [['--before', '2026-01-01', '--patient', 'p']], [['--before', 'soon']], [['--ehr', 'north']]])(
    'removes nothing when it is not told clearly what: %j',
    async (args) => {
      const one = decision({ at: '2020-01-01T00:00:00.000Z' });
      await stored(one);
      await expect(runCommand(purgeDecisions, args)).rejects.toThrow(UsageError);
      expect(await left()).toEqual([one.id]);
    },
  );

  it('says so when nothing is recorded, or the store cannot be opened', async () => {
    vi.stubEnv('DECISIONS', 'off');
    await expect(runCommand(purgeDecisions, ['--patient', 'p'])).rejects.toThrow(/not recorded/);
    vi.stubEnv('DECISIONS', folder);
    await expect(runCommand(purgeDecisions, ['--patient', 'p'])).rejects.toThrow(/cannot be opened/);
  });
});

/** The record of an order of the patient p1. */
const about = (order: string, change: Parameters<typeof decision>[0]): ReturnType<typeof decision> =>
  decision({ input: JSON.stringify({ patientId: 'p1', order: { id: order } }), ...change });

describe('shadow report', () => {
  it('compares answers of which the EHR wants no card by their order, and leaves payer mode out', async () => {
    const live = { card: '', outcome: 'met' };
    const shadow = { card: '', mode: 'shadow', policyVersion: '2026' } as const;
    await stored(
      about('a', { ...live, at: '2026-03-02T08:00:00.000Z' }),
      about('a', { ...shadow, at: '2026-03-02T08:00:00.000Z', outcome: 'not-met' }),
      about('b', { ...live, at: '2026-03-02T08:01:00.000Z', outcome: 'undetermined' }),
      about('b', { ...shadow, at: '2026-03-02T08:01:00.100Z', outcome: 'undetermined' }),
      // the chart has changed meanwhile
      about('b', { ...live, at: '2026-03-02T08:02:00.000Z', outcome: 'met' }),
      about('b', { ...shadow, at: '2026-03-02T08:02:00.100Z', outcome: 'met' }),
      about('c', { card: 'one', base: 'crd', outcome: 'met' }),
      about('c', { card: 'one', base: 'crd', mode: 'shadow', outcome: 'not-met' }),
    );
    const { code, lines } = await runCommand(shadowReport, []);
    expect([code, ...lines]).toEqual([
      0,
      '     1  kaiser-wa-lumbar-mri 2026: met → not-met',
      '3 assessments compared, 1 with another outcome',
    ]);
  });
});

it('shadow report: orders that no text in force governs are tried too', async () => {
  const folderOfPolicies = join(folder, 'policies');
  cpSync(join(ROOT, 'policies'), folderOfPolicies, { recursive: true });
  const text = join(folderOfPolicies, 'kaiser-wa/lumbar-mri/2020-09-01.yaml');
  writeFileSync(text, readFileSync(text, 'utf8').replace(/^effective:/m, 'status: shadow\neffective:'));
  const service = await startTestService({ DECISIONS: file, DECISIONS_WAIT_MS: '2000', POLICIES: folderOfPolicies });
  const answer = await post(`${service.base}/cds-services/${ORDER_SELECT}`, orderSelectCall());
  expect([answer.headers.get('x-decisions'), at(answer.body, 'cards')]).toEqual(['none', []]);
  await service.close();
  expect((await runCommand(shadowReport, [])).lines).toEqual([
    '     1  kaiser-wa-lumbar-mri 2023-10-03: not-governed → met',
    '1 assessments compared, 1 with another outcome',
  ]);
});

describe('report over the records', () => {
  it('counts each order once, as it was assessed last, and leaves payer mode and shadows out', async () => {
    await stored(
      about('a', { at: '2026-03-02T08:00:00.000Z', outcome: 'undetermined' }),
      about('a', { at: '2026-03-02T08:05:00.000Z', outcome: 'met', hook: 'order-sign', study: '72158' }),
      about('b', { at: '2026-03-02T08:01:00.000Z', outcome: 'not-met' }),
      about('b', { at: '2026-03-02T08:01:00.000Z', outcome: 'met', patient: 'p2' }),
      about('b', { at: '2026-03-02T09:00:00.000Z', outcome: 'met', mode: 'shadow' }),
      about('b', { at: '2026-03-02T09:00:00.000Z', outcome: 'met', base: 'crd' }),
    );
    const csv = join(folder, 'report.csv');
    expect((await runCommand(report, ['--csv', csv])).text).toBe('3 orders counted');
    const counts = readFileSync(csv, 'utf8')
      .split('\n')
      .filter((l) => l.startsWith('outcome') && !l.endsWith(',0'));
    expect(counts).toEqual([
      'outcome,kaiser-wa-lumbar-mri,2026-03,met,orders,2',
      'outcome,kaiser-wa-lumbar-mri,2026-03,not-met,orders,1',
    ]);
  });
});

describe('report over files', () => {
  it('says what it cannot read or write, and counts nothing that is no batch output', async () => {
    const odd = join(folder, 'odd.ndjson');
    writeFileSync(odd, '\n{"a":1}\n');
    const csv = join(folder, 'report.csv');
    await expect(runCommand(report, [odd, '--csv', csv])).rejects.toThrow(/odd\.ndjson:2: expected the output of/);
    await expect(runCommand(report, [join(folder, 'none'), '--csv', csv])).rejects.toThrow(
      /none: there is no such file/,
    );
    writeFileSync(odd, '');
    await expect(runCommand(report, [odd, '--csv', join(folder, 'no', 'x.csv')])).rejects.toThrow(
      /x\.csv: there is no folder .*no$/,
    );
  });
});

describe('what a service recorded', () => {
  let service: TestService;
  const cards: string[] = [];
  const calling = async (body = orderSelectCall()): Promise<string> => {
    const answer = await post(`${service.base}/cds-services/${ORDER_SELECT}`, body);
    expect(answer.headers.get('x-decisions')).toBe('stored');
    return String(at(answer.body, 'cards.0.uuid'));
  };
  const say = async (...feedback: readonly object[]): Promise<void> => {
    const answer = await post(`${service.base}/cds-services/${ORDER_SELECT}/feedback`, { feedback });
    expect([answer.status, answer.headers.get('x-decisions')]).toEqual([200, 'stored']);
  };
  const overridden = (card: string, time: string, code?: string): object => ({
    card,
    outcome: 'overridden',
    ...(code !== undefined && { overrideReason: { reason: { system: 'https://x.example.org', code } } }),
    outcomeTimestamp: time,
  });
  const accepted = (card: string, time: string): object => ({
    card,
    outcome: 'accepted',
    acceptedSuggestions: [{ id: 'a5a5b9f0-31f4-4e67-9a2f-b7b1a3c3c0de' }],
    outcomeTimestamp: time,
  });

  beforeEach(async () => {
    service = await startTestService({ DECISIONS: file, DECISIONS_WAIT_MS: '2000' });
    cards.length = 0;
    for (let i = 0; i < 5; i++) cards.push(await calling());
    const [a = '', b = '', c = '', d = ''] = cards;
    await say(accepted(a, '2099-01-01T08:00:00Z'), overridden(b, '2099-01-01T08:00:00Z', 'treated-elsewhere'));
    await say(overridden(c, '2099-01-01T08:00:00Z'), overridden(d, '2099-01-01T08:00:00Z', 'urgent'));
    // the clinician thinks again; and somebody speaks of a card that is not ours
    await say(accepted(d, '2099-01-01T09:00:00Z'), overridden('another-card', '2099-01-01T09:00:00Z'));
    await service.close();
  });

  it('feedback summary: per policy and criterion how often shown, accepted, overridden, and why', async () => {
    const { code, text } = await runCommand(feedbackSummary, []);
    expect(code).toBe(0);
    const cells = (name: string): readonly string[] =>
      text
        .split('\n')
        .find((l) => l.trim().startsWith(`${name} `))
        ?.trim()
        .split(/\s{2,}/) ?? [];
    expect(cells('kaiser-wa-lumbar-mri')).toEqual([
      'kaiser-wa-lumbar-mri',
      '5',
      '2',
      '2',
      '40 %',
      'treated-elsewhere 1, other 1',
    ]);
    expect(cells('I.B')).toEqual(['I.B', '5', '2', '2', '40 %', 'treated-elsewhere 1, other 1']);
    expect(text).toContain('1 entries are about cards that are not on record');
  });

  it('feedback summary --json: the same for machines; --since leaves out what was shown before', async () => {
    const summary = JSON.parse((await runCommand(feedbackSummary, ['--json'])).text) as unknown;
    expect(at(summary, 'policies.0')).toMatchObject({
      name: 'kaiser-wa-lumbar-mri',
      shown: 5,
      accepted: 2,
      overridden: 2,
      reasons: { 'treated-elsewhere': 1, other: 1 },
    });
    expect(at(summary, 'unknownCards')).toBe(1);
    const later = JSON.parse((await runCommand(feedbackSummary, ['--json', '--since', '2098-01-01'])).text) as unknown;
    expect(listAt(later, 'policies')).toEqual([]);
    await expect(runCommand(feedbackSummary, ['--since', 'yesterday'])).rejects.toThrow(UsageError);
  });

  it('replay: the same policies give the same; changed ones tell what comes out otherwise, by criterion', async () => {
    const same = await runCommand(replayDecisions, ['--since', '2020-01-01']);
    expect([same.code, same.text]).toEqual([0, '5 decisions made again: 5 the same, 0 with another outcome']);
    const changed = strictPolicies();
    policies.push(changed);
    vi.stubEnv('POLICIES', changed);
    const other = await runCommand(replayDecisions, ['--since', '2020-01-01', '--policy', 'kaiser-wa-lumbar-mri']);
    expect(other.code).toBe(1);
    expect(other.lines.at(-1)).toBe('5 decisions made again: 0 the same, 5 with another outcome');
    expect(other.text).toMatch(/kaiser-wa-lumbar-mri {2}met → undetermined\n {4}I\.B: satisfied → open/);
    await expect(runCommand(replayDecisions, [])).rejects.toThrow(UsageError);
    const reworded = retitledPolicies();
    policies.push(reworded);
    vi.stubEnv('POLICIES', reworded);
    const words = await runCommand(replayDecisions, ['--since', '2020-01-01']);
    expect([words.code, words.text]).toEqual([
      0,
      '5 decisions made again: 0 the same, 5 with the same outcome on another text or other grounds, 0 with another outcome',
    ]);
  });
});

it('replay: what an undetermined card shows of its nearest way was not satisfied before', async () => {
  const strict = strictPolicies();
  policies.push(strict);
  const service = await startTestService({ DECISIONS: file, DECISIONS_WAIT_MS: '2000', POLICIES: strict });
  const answer = await post(`${service.base}/cds-services/${ORDER_SELECT}`, orderSelectCall());
  // the nearest way is that of the passage that the other text loosens
  expect([outcomeOf(answer), at(assessmentsOf(answer)[0], 'satisfied.0.criterion')]).toEqual(['undetermined', 'I.B']);
  await service.close();
  const { text } = await runCommand(replayDecisions, ['--since', '2020-01-01']);
  expect(text).toMatch(/undetermined → met\n {4}I\.B: open → satisfied\n1 decisions/);
});
