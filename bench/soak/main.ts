import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadChecker } from '../../src/cli/command.ts';
import { openStore } from '../../src/decisions/store/open-store.ts';
import { prefetchKeysOf } from '../bodies.ts';
import { type ServerProcess, startService } from '../measured-process.ts';
import { signingEhr } from '../signed-calls.ts';
import { Caller } from './caller.ts';
import { soakCases } from './cases.ts';
import { faultyFhir } from './faulty-fhir.ts';
import { Findings } from './findings.ts';
import { growth, type Sample } from './growth.ts';
import { PayerModeCaller, payerModeFile } from './payer-mode.ts';
import { postgresPlace, sqlitePlace, usageOfStarted } from './place.ts';

/** more than one: on a PostgreSQL server of its own */
const WORKERS = Number(process.env['SOAK_WORKERS'] ?? 1);
const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 5);
const PER_SECOND = Number(process.env['SOAK_RATE'] ?? 20);
const LATE_MS = 8_000;
const MOST_SHOWN = 30;
const SAMPLE_MS = 5_000;
/** memory counts from here on, as a part of the whole time */
const WARM_UP = 0.5;
/** when processes are replaced, as a part of the whole time */
const REPLACED = 0.25;
/** longer than SQLite waits for a lock, so that writes fail */
const LOCK_MS = 8_000;
const LOCK_EVERY_MS = 60_000;
/** what memory may grow by in the counted time, by its straight line */
const HEAP_MB = 5;
const RSS_MB = 50;
const EXPECTED_IN_LOG = ['decisions cannot be stored at the moment'];

/** Calls at a fixed rate, whether the ones before are answered or not, until the time is over. */
async function load(caller: Caller): Promise<void> {
  const started = performance.now();
  const running = new Set<Promise<void>>();
  for (let i = 0; performance.now() - started < MINUTES * 60_000; i++) {
    await new Promise((r) => setTimeout(r, Math.max(0, started + (i * 1000) / PER_SECOND - performance.now())));
    const call = caller.call();
    running.add(call);
    void call.finally(() => running.delete(call));
  }
  await Promise.all(running);
}

/** With several processes, memory of those that serve together. @param usages where they tell it */
async function sample(server: ServerProcess, started: number, usages: string): Promise<Sample> {
  const minutes = (performance.now() - started) / 60_000;
  const usage = await server.usage(true);
  return { minutes, usage: WORKERS === 1 ? usage : { ...usage, ...(await usageOfStarted(server.pid, usages)) } };
}

/** Every record that was acknowledged is in the store, and every call of payer mode. */
async function countRecords(where: string, findings: Findings): Promise<void> {
  const store = await openStore(where);
  for (const id of findings.calls)
    if ((await store.invocations(id)).length !== 1) findings.wrong('a call of payer mode is lost');
  for (const [kind, cards] of [
    ['stored', findings.acknowledged],
    ['pending', findings.pending],
  ] as const)
    for (const card of cards)
      if ((await store.get(card)) === undefined) findings.wrong(`a record is lost that was ${kind}`);
  await store.close();
}

function logLine(line: string, findings: Findings): void {
  if (!line.startsWith('{')) return;
  const { msg } = JSON.parse(line) as { readonly msg?: string };
  if (EXPECTED_IN_LOG.includes(msg ?? '')) findings.count(`log: ${msg}`);
  else findings.wrong(`log: ${line.slice(0, 300)}`);
}

async function soak(): Promise<Findings> {
  const findings = new Findings();
  const folder = mkdtempSync(join(tmpdir(), 'soak-'));
  const place = WORKERS === 1 ? sqlitePlace(folder) : await postgresPlace(WORKERS);
  const checker = loadChecker();
  const cases = soakCases(checker);
  const fhir = await faultyFhir(cases, LATE_MS);
  const ehr = await signingEhr({ 'fhir-bases': [fhir.base], 'private-network': true });
  let log = '';
  const admin = randomBytes(24).toString('hex');
  const settings = {
    ...ehr.settings,
    ...place.settings,
    ADMIN_TOKEN: admin,
    APP_SECRET: randomBytes(32).toString('base64url'),
    CRD_CONFIG: payerModeFile(folder, checker),
    BENCH_USAGES: folder,
  };
  const server = await startService(settings, (text) => {
    log += text;
  });
  const keys = await prefetchKeysOf(server.url);
  const calling = { base: server.url, cases, keys, fhir, ehr, findings, checker };
  const caller = new Caller(calling, new PayerModeCaller(calling, admin));
  const started = performance.now();
  const samples: Sample[] = [];
  const sampling = setInterval(() => {
    void sample(server, started, folder).then((s) => {
      samples.push(s);
    });
  }, SAMPLE_MS);
  const locking = setInterval(() => {
    findings.count('store locked');
    void place.lock(LOCK_MS);
  }, LOCK_EVERY_MS);
  const replacing = setTimeout(
    () => {
      if (WORKERS === 1) return;
      findings.count('processes replaced (SIGUSR2)');
      process.kill(server.pid, 'SIGUSR2');
    },
    REPLACED * MINUTES * 60_000,
  );
  await load(caller);
  clearInterval(sampling);
  clearInterval(locking);
  clearTimeout(replacing);
  await new Promise((r) => setTimeout(r, LOCK_MS));
  const code = await server.stop();
  if (code !== 0) findings.wrong(`the service ended with ${code}`);
  for (const line of log.split('\n')) logLine(line, findings);
  await countRecords(place.where, findings);
  await place.close();
  const counted = samples.filter((s) => s.minutes > WARM_UP * MINUTES);
  const minutes = (counted.at(-1)?.minutes ?? 0) - (counted[0]?.minutes ?? 0);
  const grown = { heap: growth(counted, (u) => u.heapMb) * minutes, rss: growth(counted, (u) => u.rssMb) * minutes };
  if (!(grown.heap < HEAP_MB * WORKERS))
    findings.wrong(`the heap grew by ${grown.heap.toFixed(1)} MB in ${minutes.toFixed(1)} minutes`);
  if (!(grown.rss < RSS_MB * WORKERS))
    findings.wrong(`memory grew by ${grown.rss.toFixed(1)} MB in ${minutes.toFixed(1)} minutes`);
  await fhir.close();
  ehr.forget();
  rmSync(folder, { recursive: true });
  const last = counted.at(-1)?.usage;
  const where = WORKERS === 1 ? 'one process on SQLite' : `${WORKERS} processes on PostgreSQL`;
  console.log(`npm run soak: ${MINUTES} minutes, ${PER_SECOND} calls a second, ${cases.length} charts, ${where}\n`);
  for (const line of findings.counted()) console.log(line);
  console.log(`
records acknowledged: ${findings.acknowledged.size} stored, ${findings.pending.size} pending; calls of payer mode kept: ${findings.calls.size}
memory after warm-up, by its straight line over ${minutes.toFixed(1)} minutes (${counted.length} samples after a collection of garbage):
  heap ${grown.heap >= 0 ? '+' : ''}${grown.heap.toFixed(1)} MB (now ${last?.heapMb.toFixed(0)} MB), process ${grown.rss >= 0 ? '+' : ''}${grown.rss.toFixed(1)} MB (now ${last?.rssMb.toFixed(0)} MB)`);
  const eachMinute = samples.filter((s, i) => Math.floor(s.minutes) !== Math.floor(samples[i - 1]?.minutes ?? -1));
  console.log(`  process by minute, MB: ${eachMinute.map((s) => s.usage.rssMb.toFixed(0)).join(' ')}`);
  return findings;
}

const findings = await soak();
if (findings.failed) {
  console.log('\nWRONG');
  for (const line of findings.wrongs().slice(0, MOST_SHOWN)) console.log(line);
  process.exitCode = 1;
} else console.log('\nnothing was wrong');
