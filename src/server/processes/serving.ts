import cluster from 'node:cluster';
import { pino } from 'pino';
import type { Config } from '../config.ts';
import { listen } from '../listen.ts';
import { problemLines } from '../problem-lines.ts';
import { GRACE_MS } from '../serve-alone.ts';
import { createService } from '../service.ts';
import { type Generation, PLACE_VARIABLE, type Place, type ToFirst, type ToServing } from './messages.ts';

/** So long a process waits at its start for its store, and for the measurements of the others. */
const STORE_MS = 3_000;
const METRICS_MS = 5_000;

const tell = (message: ToFirst): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected !== true || process.send === undefined) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

/** The first process gathers the measurements of all. */
class AskedMetrics {
  readonly #waiting = new Map<number, (text: string | undefined) => void>();
  #next = 0;

  async text(): Promise<string> {
    const question = this.#next++;
    const answered = new Promise<string | undefined>((resolve) => {
      this.#waiting.set(question, resolve);
    });
    await tell({ kind: 'metrics-wanted', question });
    const text = await Promise.race([answered, after(METRICS_MS).then(() => undefined)]);
    this.#waiting.delete(question);
    if (text === undefined) throw new Error('the measurements were not gathered');
    return text;
  }

  answer(question: number, text: string | undefined): void {
    this.#waiting.get(question)?.(text);
  }
}

/** Serves the port beside other processes, as the first one says. @throws InvalidFileError, ConfigError, ListenError */
export async function serveWithOthers(config: Config): Promise<void> {
  const { generation, sharedFile } = JSON.parse(process.env[PLACE_VARIABLE] ?? '') as Place;
  const logger = pino({ level: config.LOG_LEVEL, base: { process: cluster.worker?.id } });
  const metrics = new AskedMetrics();
  const service = createService(config, logger, undefined, {
    sharedFile,
    folders: generation.folders,
    metricsText: () => metrics.text(),
  });
  await Promise.race([service.opened, after(STORE_MS)]);
  const listening = await listen(service.app, config.HOST, config.PORT);

  let prepared: { readonly number: number; readonly commit: () => void } | undefined;
  const prepare = ({ number, folders }: Generation): readonly string[] => {
    try {
      prepared = { number, commit: service.prepare(folders) };
      return [];
    } catch (error) {
      return problemLines(error) ?? [String(error)];
    }
  };
  let ending = false;
  const end = async (): Promise<void> => {
    if (ending) return;
    ending = true;
    service.drain();
    await listening.close({ graceMs: GRACE_MS, idle: 'wait' });
    await service.close();
    await tell({ kind: 'ending', measured: await service.measured() });
    process.exit(0);
  };
  process.on('message', (message: ToServing) => {
    if (message.kind === 'prepare') {
      const { generation } = message;
      void tell({ kind: 'prepared', number: generation.number, problems: prepare(generation) });
    } else if (message.kind === 'commit') {
      if (prepared?.number === message.number) prepared.commit();
      prepared = undefined;
    } else if (message.kind === 'forget') prepared = undefined;
    else if (message.kind === 'metrics') metrics.answer(message.question, message.text);
    else if (message.kind === 'measure')
      void service.measured().then((measured) => tell({ kind: 'measured', question: message.question, measured }));
    else void end();
  });
  // The first process takes the signals of a terminal for all; without it there is nobody who brings connections.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('SIGUSR2', () => undefined);
  process.once('SIGTERM', () => void end());
  process.once('disconnect', () => void end());
  await tell({ kind: 'ready', port: listening.port, number: generation.number });
}
