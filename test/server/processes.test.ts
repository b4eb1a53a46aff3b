import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { assessmentsOf, ORDER_SELECT, orderSelectCall, post } from '../support/hook-request.ts';
import { at } from '../support/json-path.ts';
import { ROOT } from '../support/knowledge.ts';
import { type ServiceProcess, startServiceProcess, until } from '../support/service-process.ts';

const TIME = { timeout: 120_000 };
const WORKERS = 2;
const POLICY = 'kaiser-wa/lumbar-mri/2020-09-01.yaml';

let service: ServiceProcess | undefined;
const folders: string[] = [];
afterEach(async () => {
  service?.child.kill('SIGTERM');
  expect(await service?.exit).toBe(0);
  service = undefined;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Several processes over a copy of the policies. @returns the service and the path of one policy text */
async function several(): Promise<{ readonly running: ServiceProcess; readonly policy: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'policies-'));
  folders.push(folder);
  cpSync(join(ROOT, 'policies'), folder, { recursive: true });
  service = await startServiceProcess({ WORKERS: String(WORKERS), POLICIES: folder });
  const running = service;
  await until(() => processesOf(running).length === WORKERS, 'all processes serve');
  return { running, policy: join(folder, POLICY) };
}

/** The ids of the processes that have ever served. */
const processesOf = ({ said }: ServiceProcess): readonly number[] =>
  [...said().matchAll(/"pid":(\d+),"msg":"a process serves"/g)].map((m) => Number(m[1]));

const change = (file: string, edit: (text: string) => string): void =>
  writeFileSync(file, edit(readFileSync(file, 'utf8')));

/** The outcome of the story's order. @throws when the call fails */
async function outcome({ base }: ServiceProcess): Promise<unknown> {
  const answer = await post(`${base}/cds-services/${ORDER_SELECT}`, orderSelectCall());
  if (answer.status !== 200) throw new Error(`status ${answer.status}`);
  return at(assessmentsOf(answer)[0], 'outcome');
}

/** What so many calls at once, on connections of their own, give. */
const outcomes = async (running: ServiceProcess): Promise<readonly unknown[]> => [
  ...new Set(await Promise.all(Array.from({ length: 12 }, () => outcome(running)))),
];

/** Calls without a pause on several connections, until it is stopped. @returns answers and failures */
function load(
  running: ServiceProcess,
): () => Promise<{ readonly answers: number; readonly failures: readonly string[] }> {
  let stopped = false;
  let answers = 0;
  const failures: string[] = [];
  const caller = async (): Promise<void> => {
    while (!stopped)
      await outcome(running).then(
        (found) => {
          answers++;
          if (found !== 'met') failures.push(`outcome ${String(found)}`);
        },
        (error: Error) => failures.push(String(error.cause ?? error)),
      );
  };
  const callers = Array.from({ length: 4 }, caller);
  return async () => {
    stopped = true;
    await Promise.all(callers);
    return { answers, failures };
  };
}

const metric = async ({ base }: ServiceProcess, name: string): Promise<number> =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await (await fetch(`${base}/metrics`)).text())?.[1]);

describe('several processes', () => {
  it('change to new content together on SIGHUP, and keep the old one when the new one is not valid', TIME, async () => {
    const { running, policy } = await several();
    expect(await outcomes(running)).toEqual(['met']);
    change(policy, (text) => text.replace('- suspected cauda-equina-syndrome', '- cauda-equina-syndrome'));
    expect(await outcomes(running)).toEqual(['met']);
    running.child.kill('SIGHUP');
    await until(() => running.said().includes('read again and is in force'), 'the content was read again');
    expect(await outcomes(running)).toEqual(['undetermined']);

    change(policy, (text) => text.replace(/^governs:.*$/m, 'governs: [72148]'));
    running.child.kill('SIGHUP');
    await until(() => running.said().includes('stays in force, in all processes'), 'the content was refused');
    expect(running.said()).toContain(`${policy}:`);
    expect(await outcomes(running)).toEqual(['undetermined']);
  });

  it('are replaced one by one on SIGUSR2 without a failed request', TIME, async () => {
    const { running } = await several();
    const before = processesOf(running);
    const stop = load(running);
    running.child.kill('SIGUSR2');
    await until(() => running.said().includes('all processes were replaced'), 'all processes were replaced');
    const { answers, failures } = await stop();
    expect(failures).toEqual([]);
    expect(answers).toBeGreaterThan(0);
    expect(processesOf(running)).toHaveLength(before.length + WORKERS);
    expect(await metric(running, 'cds_processes')).toBe(WORKERS);
    expect(await metric(running, 'cds_process_restarts_total')).toBe(0);
  });

  it(
    'go on with what they have when the content cannot be read on SIGUSR2, and are replaced once it can',
    TIME,
    async () => {
      const { running, policy } = await several();
      const folder = dirname(dirname(dirname(policy)));
      renameSync(folder, `${folder}.gone`);
      folders.push(`${folder}.gone`);
      running.child.kill('SIGUSR2');
      await until(() => running.said().includes('the content cannot be read'), 'the content could not be read');
      expect(await outcomes(running)).toEqual(['met']);
      renameSync(`${folder}.gone`, folder);
      running.child.kill('SIGUSR2');
      await until(() => running.said().includes('all processes were replaced'), 'all processes were replaced');
      expect(await outcomes(running)).toEqual(['met']);
    },
  );

  it('end well when they are told to while others of them are still starting', TIME, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'run-'));
    folders.push(folder);
    service = await startServiceProcess({ WORKERS: '4', TMPDIR: folder });
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('start another one when one is killed', TIME, async () => {
    const { running } = await several();
    const [victim] = processesOf(running);
    process.kill(victim ?? 0, 'SIGKILL');
    await until(() => processesOf(running).length === WORKERS + 1, 'another process serves');
    expect(await outcomes(running)).toEqual(['met']);
    expect(await metric(running, 'cds_processes')).toBe(WORKERS);
    expect(await metric(running, 'cds_process_restarts_total')).toBe(1);
  });
});
