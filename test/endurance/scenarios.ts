import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Decision, FeedbackRecord } from '../../src/decisions/decision.ts';
import { openStore } from '../../src/decisions/store/open-store.ts';
import { EhrStub } from '../support/ehr-stub.ts';
import { storyFhir } from '../support/hook-request.ts';
import { startPostgres } from '../support/postgres.ts';
import { type ServiceProcess, startServiceProcess, until } from '../support/service-process.ts';
import { basket, call, load, overrule, readingFrom, SAMPLES, type Sample, type Told } from './calls.ts';
import { fileSizeLimit, type Limited, smallDisk } from './limited.ts';

const CLIENTS = 8;
const ADMIN = 'an-administrators-token-of-some-length';
const WAIT_MS = '50';
const PATIENCE_MS = 600_000;

/** Starts the service as administrators know it. */
const start = (settings: Readonly<Record<string, string>>, limited?: Limited): Promise<ServiceProcess> =>
  startServiceProcess(
    // a cache in the project's folder is nothing that a process with limits should write to
    { LOG_LEVEL: 'error', ADMIN_TOKEN: ADMIN, NODE_DISABLE_COMPILE_CACHE: '1', ...settings },
    limited?.wrap,
  );

/** Ends it at once, as `kill -9` does. */
async function killed({ child, exit }: ServiceProcess): Promise<void> {
  child.kill('SIGKILL');
  await exit;
}

/** A measurement of `/metrics`. @param name with its labels, as the text has it */
async function metric({ base }: ServiceProcess, name: string): Promise<number> {
  const text = await (await fetch(`${base}/metrics`)).text();
  const line = text.split('\n').find((l) => l.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

/** What was counted while something failed. */
export interface Report {
  readonly what: string;
  /** answers with status 200 */
  readonly answered: number;
  /** answers with another status */
  readonly otherStatus: number;
  /** cards whose outcome is neither the right one nor "undetermined, because data could not be had" */
  readonly wrongCards: number;
  /** cards that said that data could not be had */
  readonly saidUnseen: number;
  /** records whose answer said "stored": acknowledged */
  readonly acknowledged: number;
  /** acknowledged records that are not in the store at the end, or say something else than their card */
  readonly acknowledgedLost: number;
  /** records whose answer said "pending", and how many of them are in the store at the end */
  readonly pending: number;
  readonly pendingStored: number;
  /** records whose answer said "lost", and how many the service counted as lost */
  readonly saidLost: number;
  readonly countedLost: number;
  /** after the failure, without a hand: a right card whose record is acknowledged */
  readonly recovered: boolean;
  /** longest answer to one order in milliseconds, at this load */
  readonly slowest: number;
}

/** Counts what a scenario's calls came to. */
class Tally {
  answered = 0;
  otherStatus = 0;
  wrongCards = 0;
  saidUnseen = 0;
  slowest = 0;
  saidLost = 0;
  /** outcome by card, of acknowledged and of pending records */
  readonly acknowledged = new Map<string, string>();
  readonly pending = new Map<string, string>();
  /** cards with acknowledged feedback */
  readonly overruled: string[] = [];

  readonly note = (told: Told | undefined, sample: Sample): void => {
    if (told === undefined) return;
    if (told.status !== 200) {
      this.otherStatus++;
      return;
    }
    this.answered++;
    if (told.cards.length === 1) this.slowest = Math.max(this.slowest, told.ms);
    if (told.cards.length === 0) this.wrongCards++;
    for (const [i, outcome] of told.outcomes.entries()) {
      if (outcome === 'undetermined' && told.reasons[i] === 'data-unavailable') this.saidUnseen++;
      else if (outcome !== sample.outcome) this.wrongCards++;
    }
    for (const [i, card] of told.cards.entries()) {
      const outcome = told.outcomes[i] ?? '';
      if (told.decisions === 'stored') this.acknowledged.set(card, outcome);
      else if (told.decisions === 'pending') this.pending.set(card, outcome);
      else this.saidLost++;
    }
  };

  async report(what: string, where: string, countedLost: number, recovered: boolean): Promise<Report> {
    const { records, feedback } = await everything(where);
    const kept = (told: ReadonlyMap<string, string>): number =>
      [...told].filter(([card, outcome]) => records.get(card)?.outcome === outcome).length;
    const overruledKept = this.overruled.filter((card) => feedback.has(card)).length;
    const acknowledged = this.acknowledged.size + this.overruled.length;
    const { answered, otherStatus, wrongCards, saidUnseen, saidLost, pending } = this;
    return {
      what,
      answered,
      otherStatus,
      wrongCards,
      saidUnseen,
      acknowledged,
      acknowledgedLost: acknowledged - kept(this.acknowledged) - overruledKept,
      pending: pending.size,
      pendingStored: kept(pending),
      saidLost,
      countedLost,
      recovered,
      slowest: Math.round(this.slowest),
    };
  }
}

/** All that a store holds, by card. @throws when an SQLite file is damaged */
async function everything(
  where: string,
): Promise<{ readonly records: ReadonlyMap<string, Decision>; readonly feedback: ReadonlySet<string> }> {
  if (!where.startsWith('postgres')) {
    const raw = new DatabaseSync(where);
    const [found] = raw.prepare('PRAGMA integrity_check').all();
    raw.close();
    if (found?.['integrity_check'] !== 'ok') throw new Error(`the store is damaged: ${JSON.stringify(found)}`);
  }
  const store = await openStore(where);
  const records = new Map<string, Decision>();
  let page: readonly Decision[];
  let after: { readonly at: string; readonly id: string } | undefined;
  do {
    page = await store.find({ limit: 500, ...(after !== undefined && { after }) });
    for (const d of page) records.set(d.card, d);
    const last = page.at(-1);
    if (last !== undefined) after = { at: last.at, id: last.id };
  } while (page.length === 500);
  const said: readonly FeedbackRecord[] = await store.feedbackSince('0000');
  await store.close();
  return { records, feedback: new Set(said.map((f) => f.card)) };
}

const LOST = 'cds_decisions_total{state="lost"}';
const QUEUE = 'cds_decision_queue';

/** Orders of a basket that fills the queue. */
const LARGE = 100;

/** A right card whose record is acknowledged, asked for until it comes. */
const recovers = (service: ServiceProcess, tally: Tally, samples: readonly Sample[] = SAMPLES): Promise<boolean> =>
  until(async () => {
    const [sample] = samples;
    if (sample === undefined) throw new Error('no sample');
    const told = await call(service, sample);
    tally.note(told, sample);
    return told?.decisions === 'stored' && told.outcomes[0] === sample.outcome;
  }, 'a right card with an acknowledged record').then(() => true);

const administered = async (service: ServiceProcess, card: string): Promise<number> =>
  (await fetch(`${service.base}/decisions/${card}`, { headers: { authorization: `Bearer ${ADMIN}` } })).status;

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'endurance-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `kill -9` while clients call and send feedback, several times; started again on the same store each time. */
export const killedUnderLoad = (rounds: number, answersEach: number): Promise<Report> =>
  withFolder(async (folder) => {
    const file = join(folder, 'decisions.sqlite');
    const tally = new Tally();
    const begin = (): Promise<ServiceProcess> => start({ DECISIONS: file, DECISIONS_WAIT_MS: WAIT_MS });
    let service = await begin();
    try {
      for (let round = 1; round <= rounds; round++) {
        let running = true;
        const goal = round * answersEach;
        const loaded = load(
          () => service,
          SAMPLES,
          CLIENTS,
          async (told, sample) => {
            tally.note(told, sample);
            const [card] = told?.cards ?? [];
            if (card !== undefined && tally.answered % 5 === 0 && (await overrule(service, card)) === 'stored')
              tally.overruled.push(card);
          },
          () => running,
        );
        await until(() => tally.answered >= goal, 'answers under load', PATIENCE_MS);
        await killed(service);
        running = false;
        await loaded;
        service = await begin();
      }
      const recovered = await recovers(service, tally);
      const [acknowledged = ''] = [...tally.acknowledged.keys()];
      if ((await administered(service, acknowledged)) !== 200) throw new Error('an old record cannot be read');
      await killed(service);
      return await tally.report(`kill -9 under load, ${rounds} times`, file, 0, recovered);
    } finally {
      await killed(service);
    }
  });

/** The FHIR server hangs, dies in the middle of calls, stays away, and comes back. */
export const fhirGone = (answersEach: number): Promise<Report> =>
  withFolder(async (folder) => {
    const file = join(folder, 'decisions.sqlite');
    const tally = new Tally();
    const ehr = await new EhrStub().start();
    ehr.resources = storyFhir().chart;
    const samples = readingFrom(ehr.fhir);
    const service = await start({ DECISIONS: file, DECISIONS_WAIT_MS: '2000', DEADLINE_MS: '1000' });
    try {
      let running = true;
      const loaded = load(
        () => service,
        samples,
        CLIENTS,
        tally.note,
        () => running,
      );
      const more = async (what: string): Promise<void> => {
        const goal = tally.answered + answersEach;
        await until(() => tally.answered >= goal, what, PATIENCE_MS);
      };
      await more('answers with the FHIR server up');
      ehr.moods.set('*', 'hang');
      await more('answers while it hangs');
      const { port } = ehr;
      await ehr.close();
      await more('answers without it');
      ehr.moods.clear();
      await ehr.start(port);
      running = false;
      await loaded;
      const recovered = await recovers(service, tally, samples);
      await killed(service);
      return await tally.report('FHIR server hangs, dies mid-flight, comes back', file, 0, recovered);
    } finally {
      await killed(service);
      await ehr.close().catch(() => undefined);
    }
  });

/** How long calls go on while a store fails. */
export interface Extent {
  /** calls of each sample after the log has told of the failure */
  readonly calls: number;
  /** on until more records wait than are held */
  readonly overflow: boolean;
}

/** What makes a store fail. */
interface Cause {
  readonly begin: () => Promise<void> | void;
  readonly end: () => Promise<void> | void;
  /** called before the service ends, when its store ends with it */
  readonly save?: () => void;
}

/** Calls until the store fails, on until its queue has overflowed, then takes the cause away. */
async function storeFails(
  what: string,
  service: ServiceProcess,
  where: string,
  tally: Tally,
  cause: Cause,
  { calls, overflow }: Extent,
): Promise<Report> {
  const large = basket(LARGE);
  const some = async (n: number): Promise<void> => {
    for (const sample of SAMPLES.flatMap((s) => Array<Sample>(n).fill(s)))
      tally.note(await call(service, sample), sample);
  };
  await cause.begin();
  await until(async () => {
    await some(1);
    return service.said().includes('decisions cannot be stored at the moment');
  }, 'the log says that the store fails');
  await some(calls);
  while (overflow && tally.saidLost < LARGE) tally.note(await call(service, large), large);
  if ((await metric(service, QUEUE)) === 0) throw new Error('nothing waits for a store that fails');
  await cause.end();
  await until(async () => (await metric(service, QUEUE)) === 0, 'the queue is empty');
  const recovered = await recovers(service, tally);
  const lost = await metric(service, LOST);
  cause.save?.();
  await killed(service);
  return tally.report(what, where, lost, recovered);
}

/** The disk fills up while clients call, and has room again. */
export const diskFull = (how: 'file size limit' | 'small tmpfs', extent: Extent): Promise<Report> =>
  withFolder(async (folder) => {
    const onDisk = how === 'small tmpfs';
    const limited: Limited = onDisk ? smallDisk(folder) : fileSizeLimit(400_000);
    const file = join(folder, 'decisions.sqlite');
    const service = await start({ DECISIONS: file, DECISIONS_WAIT_MS: WAIT_MS }, limited);
    // a disk of the process alone is seen through the process, and goes with it
    const save = (): void => {
      for (const end of ['', '-wal', '-shm']) cpSync(join(`/proc/${service.child.pid}/root`, file + end), file + end);
    };
    const tally = new Tally();
    const lift = { begin: () => undefined, end: () => limited.lift(service), ...(onDisk && { save }) };
    try {
      return await storeFails(`disk full (${how})`, service, file, tally, lift, extent);
    } finally {
      await killed(service);
    }
  });

/** Another process has the store's file for itself, from before the start or from some moment on. */
export const locked = (when: 'at the start' | 'under load', extent: Extent): Promise<Report> =>
  withFolder(async (folder) => {
    const file = join(folder, 'decisions.sqlite');
    const tally = new Tally();
    const other = new DatabaseSync(file);
    const begin = (): void => other.exec('BEGIN EXCLUSIVE');
    const end = (): void => other.exec('ROLLBACK');
    if (when === 'at the start') begin();
    const service = await start({ DECISIONS: file, DECISIONS_WAIT_MS: WAIT_MS });
    try {
      if (when === 'under load') await recovers(service, tally);
      const cause = { begin: when === 'under load' ? begin : () => undefined, end };
      return await storeFails(`store locked ${when}`, service, file, tally, cause, extent);
    } finally {
      await killed(service);
      other.close();
    }
  });

/** The PostgreSQL server crashes and comes back. */
export async function databaseGone(extent: Extent): Promise<Report> {
  const postgres = await startPostgres();
  const where = await postgres.database();
  const service = await start({ DATABASE_URL: where, DECISIONS_WAIT_MS: WAIT_MS });
  const tally = new Tally();
  try {
    await recovers(service, tally);
    const cause = { begin: postgres.crash, end: postgres.again };
    return await storeFails('PostgreSQL crashes, comes back', service, where, tally, cause, extent);
  } finally {
    await killed(service);
    await postgres.stop();
  }
}
