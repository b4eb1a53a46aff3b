import cluster, { type Worker } from 'node:cluster';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import type { Config } from '../config.ts';
import { sayListening } from '../said-at-start.ts';
import type { Measured } from '../service.ts';
import { GatheredMetrics } from './gathered-metrics.ts';
import { inOriginalPlace, removeGeneration, takeGeneration } from './generation.ts';
import { type Generation, PLACE_VARIABLE, type Place, type ToFirst, type ToServing } from './messages.ts';

const START_MS = 30_000;
const PREPARE_MS = 30_000;
const MEASURE_MS = 2_000;
/** A process that has not ended by then is killed: more than its own patience. */
const END_MS = 20_000;
/** How long until a process that ended is replaced: longer with each failure, from the start when one has lived for a while. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
const LIVED_MS = 60_000;

/** A process that serves. */
interface Serving {
  readonly worker: Worker;
  readonly readyAt: number;
  readonly port: number;
  /** of its content */
  number: number;
  /** it was told to end */
  ending: boolean;
  measured: Measured;
}

/** One of the places that are to be filled with a serving process. */
interface Slot {
  serving: Serving | undefined;
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

/** A process did not start; it has said why. */
class NotStarted extends Error {
  readonly code = 'NOT_STARTED';
}

const pauseAfter = (failures: number): number => Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);

/** What processes of development must have in common, when nothing is configured: random for each start. */
function commonSecrets(config: Config): Readonly<Record<string, string>> {
  if (!config.development) return {};
  const keys = join(config.SMART_CONFIG, 'keys');
  const hasKeys = config.SMART_KEYS !== undefined || (existsSync(keys) && readdirSync(keys).length > 0);
  const key = (): unknown => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'jwk' });
  return {
    ...(config.APP_SECRET === undefined && { APP_SECRET: randomBytes(32).toString('base64url') }),
    ...(!hasKeys && { SMART_KEYS: JSON.stringify({ keys: [key()] }) }),
  };
}

/** Keeps several serving processes: starts them, replaces those that die, and changes content or code under load. */
class FirstProcess {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #metrics = new GatheredMetrics();
  readonly #runFolder = mkdtempSync(join(tmpdir(), 'payer-policy-cds-'));
  readonly #secrets: Readonly<Record<string, string>>;
  readonly #slots: readonly Slot[];
  /** every process that has served and runs still, those that are ending included */
  readonly #alive = new Set<Serving>();
  /** answers that serving processes owe, by question */
  readonly #owed = new Map<number, (measured: Measured) => void>();
  #generation: Generation;
  #questions = 0;
  #stopping = false;
  /** changes of content or code, one after the other */
  #changes: Promise<void> = Promise.resolve();

  constructor(config: Config, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
    this.#secrets = commonSecrets(config);
    this.#slots = Array.from({ length: config.WORKERS }, () => ({ serving: undefined, failures: 0, timer: undefined }));
    this.#generation = takeGeneration(config, this.#runFolder, 1);
  }

  /** Fills all places. @returns the port @throws NotStarted when the first process cannot serve */
  async start(): Promise<number> {
    const [first, ...others] = this.#slots;
    if (first === undefined) throw new NotStarted('there is no process to start');
    first.serving = await this.#launch(this.#generation);
    for (const slot of others) await this.#fill(slot);
    return first.serving.port;
  }

  /** Ends all processes. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const slot of this.#slots) clearTimeout(slot.timer);
    await Promise.all([...this.#alive].map((s) => this.#end(s)));
    this.clean();
  }

  /** Removes what was kept for this run. */
  clean(): void {
    rmSync(this.#runFolder, { recursive: true, force: true });
  }

  /** Cuts everything off. */
  kill(): void {
    for (const { worker } of this.#alive) worker.process.kill('SIGKILL');
    this.clean();
  }

  /** Reads the content again: all processes change to it, or none. */
  reload(): Promise<void> {
    return this.#inTurn(() => this.#reload());
  }

  /** Replaces the processes one by one, which run the code and the content that are on disk now. */
  replaceAll(): Promise<void> {
    return this.#inTurn(() => this.#replaceAll());
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    this.#changes = this.#changes.then(() => (this.#stopping ? undefined : change()));
    return this.#changes;
  }

  #running(): readonly Serving[] {
    return this.#slots.flatMap(({ serving }) => (serving?.worker.isConnected() === true ? [serving] : []));
  }

  // --- Starting and ending processes

  /** Starts a process and waits until it serves. @throws NotStarted */
  #launch(generation: Generation): Promise<Serving> {
    const place: Place = { generation, sharedFile: join(this.#runFolder, 'shared.sqlite') };
    const worker = cluster.fork({ ...this.#secrets, [PLACE_VARIABLE]: JSON.stringify(place) });
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => worker.process.kill('SIGKILL'), START_MS);
      const failed = (): void => {
        clearTimeout(late);
        reject(new NotStarted('a process did not start'));
      };
      worker.once('exit', failed);
      worker.on('message', (message: ToFirst) => {
        if (message.kind !== 'ready') return;
        clearTimeout(late);
        worker.off('exit', failed);
        const { port, number } = message;
        const serving: Serving = { worker, readyAt: Date.now(), port, number, ending: false, measured: [] };
        this.#alive.add(serving);
        worker.on('message', (m: ToFirst) => this.#hear(serving, m));
        worker.once('exit', (code, signal) => this.#gone(serving, code, signal));
        this.#logger.info({ process: worker.id, pid: worker.process.pid }, 'a process serves');
        resolve(serving);
      });
    });
  }

  /** Puts a process into a place; tried again, later each time, until there is one. */
  async #fill(slot: Slot): Promise<void> {
    try {
      slot.serving = await this.#launch(this.#generation);
      this.#inTurn(() => this.#bringUpToDate()).catch(() => undefined);
    } catch {
      slot.failures++;
      this.#fillLater(slot);
    }
  }

  #fillLater(slot: Slot): void {
    if (this.#stopping) return;
    slot.timer = setTimeout(() => void this.#fill(slot), pauseAfter(slot.failures));
  }

  /** A process has ended: what it counted stays counted, and if it was not told to end another one takes its place. */
  #gone(serving: Serving, code: number, signal: string): void {
    this.#alive.delete(serving);
    this.#metrics.keep(serving.measured);
    const slot = this.#slots.find((s) => s.serving === serving);
    if (slot !== undefined) slot.serving = undefined;
    if (serving.ending || this.#stopping || slot === undefined) return;
    this.#metrics.restarts.inc();
    this.#logger.error({ process: serving.worker.id, code, signal }, 'a process ended; another one is started');
    slot.failures = Date.now() - serving.readyAt > LIVED_MS ? 0 : slot.failures + 1;
    this.#fillLater(slot);
  }

  #end(serving: Serving): Promise<void> {
    serving.ending = true;
    return new Promise((resolve) => {
      const kill = setTimeout(() => serving.worker.process.kill('SIGKILL'), END_MS);
      serving.worker.once('exit', () => {
        clearTimeout(kill);
        resolve();
      });
      if (serving.worker.isDead()) resolve();
      else this.#say(serving, { kind: 'drain' });
    });
  }

  // --- Changes

  /** The content that is on disk now. @returns undefined when it cannot be read: what was in force stays in force */
  #nextGeneration(): Generation | undefined {
    const number = this.#generation.number + 1;
    try {
      return takeGeneration(this.#config, this.#runFolder, number);
    } catch (error) {
      removeGeneration(this.#runFolder, number);
      this.#logger.error({ error: String(error) }, 'the content cannot be read; what was in force stays in force');
      return undefined;
    }
  }

  async #reload(): Promise<void> {
    const { number } = this.#generation;
    const next = this.#nextGeneration();
    if (next === undefined) return;
    const willing: Serving[] = [];
    for (const serving of this.#running()) {
      const problems = await this.#prepare(serving, next);
      if (problems === undefined) continue;
      if (problems.length > 0) {
        for (const problem of problems)
          this.#logger.error(
            { problem: inOriginalPlace(problem, next, this.#config) },
            'the content on disk is not valid',
          );
        this.#logger.error('the content that was in force stays in force, in all processes');
        for (const other of willing) this.#say(other, { kind: 'forget', number: next.number });
        removeGeneration(this.#runFolder, next.number);
        return;
      }
      willing.push(serving);
    }
    this.#generation = next;
    for (const serving of willing) this.#commit(serving);
    await this.#bringUpToDate();
    removeGeneration(this.#runFolder, number);
    this.#logger.info({ processes: willing.length }, 'the content was read again and is in force');
  }

  #commit(serving: Serving): void {
    this.#say(serving, { kind: 'commit', number: this.#generation.number });
    serving.number = this.#generation.number;
  }

  /** Processes that started while the content changed follow. */
  async #bringUpToDate(): Promise<void> {
    for (const serving of this.#running()) {
      if (serving.number === this.#generation.number || serving.ending) continue;
      const problems = await this.#prepare(serving, this.#generation);
      if (problems?.length === 0) this.#commit(serving);
    }
  }

  /** @returns what is wrong with the content; undefined when the process ended meanwhile */
  #prepare(serving: Serving, generation: Generation): Promise<readonly string[] | undefined> {
    const { worker } = serving;
    return new Promise((resolve) => {
      const done = (problems: readonly string[] | undefined): void => {
        clearTimeout(late);
        worker.off('message', hear);
        worker.off('exit', gone);
        resolve(problems);
      };
      const hear = (message: ToFirst): void => {
        if (message.kind === 'prepared' && message.number === generation.number) done(message.problems);
      };
      const gone = (): void => done(undefined);
      const late = setTimeout(() => done(['a process did not answer in time']), PREPARE_MS);
      worker.on('message', hear);
      worker.once('exit', gone);
      if (!this.#say(serving, { kind: 'prepare', generation })) done(undefined);
    });
  }

  async #replaceAll(): Promise<void> {
    const before = this.#generation;
    const next = this.#nextGeneration();
    if (next === undefined) return;
    for (const slot of this.#slots) {
      const fresh = await this.#launch(next).catch(() => undefined);
      if (fresh === undefined) {
        this.#logger.error('the new process does not start; the others go on as they are');
        if (this.#generation === before) removeGeneration(this.#runFolder, next.number);
        return;
      }
      this.#generation = next;
      clearTimeout(slot.timer);
      const old = slot.serving;
      slot.serving = fresh;
      slot.failures = 0;
      if (old !== undefined) await this.#end(old);
    }
    removeGeneration(this.#runFolder, before.number);
    this.#logger.info({ processes: this.#slots.length }, 'all processes were replaced');
  }

  // --- Talking with processes

  #say({ worker }: Serving, message: ToServing): boolean {
    if (!worker.isConnected()) return false;
    // A process may end at this moment: that is told by its exit.
    worker.send(message, () => undefined);
    return true;
  }

  #hear(serving: Serving, message: ToFirst): void {
    if (message.kind === 'measured') {
      serving.measured = message.measured;
      this.#owed.get(message.question)?.(message.measured);
    } else if (message.kind === 'ending') serving.measured = message.measured;
    else if (message.kind === 'metrics-wanted') void this.#answerMetrics(serving, message.question);
  }

  async #answerMetrics(asking: Serving, question: number): Promise<void> {
    const { ended } = this.#metrics;
    this.#metrics.serving.set(this.#running().length);
    const measured = await Promise.all([...this.#alive].map((s) => this.#measure(s)));
    const text = await this.#metrics.text(measured, ended).catch(() => undefined);
    this.#say(asking, { kind: 'metrics', question, text });
  }

  /** The measurements of a process; its last known ones when it is busy. */
  #measure(serving: Serving): Promise<Measured> {
    const question = this.#questions++;
    return new Promise((resolve) => {
      const done = (measured: Measured): void => {
        clearTimeout(late);
        this.#owed.delete(question);
        resolve(measured);
      };
      const late = setTimeout(() => done(serving.measured), MEASURE_MS);
      this.#owed.set(question, done);
      if (!this.#say(serving, { kind: 'measure', question })) done(serving.measured);
    });
  }
}

/** Starts serving processes and keeps them; this process does not serve itself. */
export async function keepProcesses(config: Config): Promise<void> {
  const logger = pino({ level: config.LOG_LEVEL, base: null });
  const first = new FirstProcess(config, logger);
  // Before the start: the first serving process may be seen, and this one told to end, while others are still starting.
  let stopping = false;
  const stop = (): void => {
    if (stopping) first.kill();
    stopping = true;
    void first.stop().finally(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  process.on('SIGHUP', () => void first.reload());
  process.on('SIGUSR2', () => void first.replaceAll());
  try {
    sayListening(config, await first.start());
  } catch (error) {
    first.clean();
    if (error instanceof NotStarted) process.exit(1);
    throw error;
  }
}
