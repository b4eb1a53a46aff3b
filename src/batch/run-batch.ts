import { mkdtempSync, readdirSync, realpathSync, rmSync, type Stats, statSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { UngovernedReason } from '../criteria-check/ungoverned.ts';
import type { BatchRow } from './batch-row.ts';
import type { BatchMessage, BatchTask, BatchWorkerData, WantedPatients } from './batch-worker.ts';
import type { BatchWish } from './find-orders.ts';
import type { BadLine } from './partition-file.ts';

/** Bytes of a partition: what one worker holds in memory at a time. Inflated files are guessed to be ten times as large. */
const PARTITION_BYTES = 4 << 20;
const MOST_PARTITIONS = 4096;
/** Fewer partitions than this are not worth a further worker. */
const PARTITIONS_EACH = 3;
/** What a part leaves behind is collected early, so that memory stays flat; the bound is far above what a chart of 10,000 resources needs. */
const WORKER_HEAP = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 16 };
const INFLATION = 10;
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How far a batch is. */
export interface BatchProgress {
  readonly phase: 'finding orders' | 'sorting' | 'checking';
  /** 0 to 1 */
  readonly done: number;
  /** megabytes (finding orders, sorting) or partitions (checking) a second */
  readonly rate: number;
  readonly secondsLeft: number;
}

export interface BatchOptions {
  /** NDJSON files, plain or gzipped, in any order */
  readonly files: readonly string[];
  readonly wish: BatchWish;
  readonly workers: number;
  readonly policies: string;
  readonly canonicalBase: string;
  /** where the sorted lines are kept meanwhile; default: the system's folder for temporary files */
  readonly temporary?: string;
  /** rows of one partition; called in the order of partitions, so that equal input gives equal output */
  readonly onRows: (rows: readonly BatchRow[]) => void;
  /** told of the first bad lines of each file */
  readonly onBad: (bad: BadLine) => void;
  readonly onProgress?: (progress: BatchProgress) => void;
}

export interface BatchSummary {
  readonly lines: number;
  readonly charts: number;
  readonly rows: number;
  readonly bad: number;
  /** rows that a lost line which names nobody may change */
  readonly unsure: number;
  /** orders without a row, as no text governs them, by reason */
  readonly ungoverned: ReadonlyMap<UngovernedReason, number>;
}

/** The NDJSON files of a folder, in the order of their names. */
export function exportFiles(folder: string): readonly string[] {
  const files = [...filesBelow(folder, new Set())].filter((f) => /\.(ndjson|jsonl)(\.gz)?$/i.test(f));
  // by code units, as a locale's order would differ from machine to machine
  return files.sort((a, b) => (a < b ? -1 : 1));
}

/**
 * The files of a folder and of those below it, into which links may lead too: none is looked into twice.
 * Some writers make a folder "Condition.ndjson" with the parts of the file in it.
 */
function* filesBelow(folder: string, seen: Set<string>): Generator<string> {
  const real = realpathSync(folder);
  if (seen.has(real)) return;
  seen.add(real);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() || (entry.isSymbolicLink() && statOf(path)?.isDirectory() === true))
      yield* filesBelow(path, seen);
    else yield path;
  }
}

/** Undefined for what is not there (a link that leads nowhere, or to itself): that is told where it is read. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

const sizeOf = (file: string): number => statOf(file)?.size ?? 0;

/** Gives each worker one task after the other until none is left. */
async function share(
  workers: readonly Worker[],
  tasks: readonly BatchTask[],
  onMessage: (message: BatchMessage) => void,
): Promise<void> {
  let next = 0;
  await Promise.all(
    workers.map(
      (worker) =>
        new Promise<void>((resolve, reject) => {
          const go = (): void => {
            const task = tasks[next++];
            if (task === undefined) {
              worker.off('message', heard);
              worker.off('error', reject);
              resolve();
            } else worker.postMessage(task);
          };
          const heard = (message: BatchMessage): void => {
            onMessage(message);
            if (message.kind !== 'bad' && message.kind !== 'progress') go();
          };
          worker.on('message', heard);
          worker.on('error', reject);
          go();
        }),
    ),
  );
}

/** Hands rows on in the order of partitions, whichever worker is done first. */
function inOrder(onRows: BatchOptions['onRows']): (index: number, rows: readonly BatchRow[]) => void {
  const waiting = new Map<number, readonly BatchRow[]>();
  let next = 0;
  return (index, rows) => {
    waiting.set(index, rows);
    for (let ready = waiting.get(next); ready !== undefined; ready = waiting.get(next)) {
      waiting.delete(next++);
      if (ready.length > 0) onRows(ready);
    }
  };
}

/**
 * Checks the spine imaging orders of a FHIR bulk export on all cores: a first reading finds the patients with orders, a second one
 * parses each line and sorts those of these patients into partitions on disk (removed at the end), then each partition is read and
 * checked. Memory depends on the number of workers, not on the export, but for the ids of the patients with orders.
 */
export async function runBatch(options: BatchOptions): Promise<BatchSummary> {
  const { files, wish, policies, canonicalBase } = options;
  const bytes = files.reduce((sum, f) => sum + sizeOf(f), 0);
  const inflated = files.reduce((sum, f) => sum + sizeOf(f) * (f.endsWith('.gz') ? INFLATION : 1), 0);
  const partitions = Math.min(MOST_PARTITIONS, Math.max(1, Math.ceil(inflated / PARTITION_BYTES)));
  const sorted = passingFolder(options.temporary ?? tmpdir());
  // The start of a worker costs as much as sorting and checking a few partitions.
  const most = Math.min(options.workers, Math.ceil(partitions / PARTITIONS_EACH));
  const workers = Array.from({ length: most }, (_, part) => {
    const workerData: BatchWorkerData = { part, folder: sorted.path, partitions, files, wish, policies, canonicalBase };
    return new Worker(new URL('./batch-thread.ts', import.meta.url), { workerData, resourceLimits: WORKER_HEAP });
  });
  const ungoverned = new Map<UngovernedReason, number>();
  const total = { lines: 0, charts: 0, rows: 0, bad: 0, unsure: 0, ungoverned };
  const progress = progressOf(options.onProgress);
  const emit = inOrder((rows) => {
    total.rows += rows.length;
    total.unsure += rows.filter((r) => r.mayLack !== undefined).length;
    options.onRows(rows);
  });
  try {
    const largestFirst = files.map((f, index) => ({ index, size: sizeOf(f) })).sort((a, b) => b.size - a.size);
    const readAll = async (
      phase: BatchProgress['phase'],
      kind: BatchTask['kind'],
      onMessage: (message: BatchMessage) => void,
    ): Promise<void> => {
      let read = 0;
      progress.begin(phase);
      const tasks = largestFirst.map(({ index }): BatchTask => ({ kind, index }));
      await share(workers, tasks, (message) => {
        if (message.kind === 'progress') {
          read += message.bytes;
          progress.tell(bytes === 0 ? 1 : read / bytes, read / 1e6);
        } else onMessage(message);
      });
    };
    if (!wish.everyPatient) {
      const patients = new Set<string>();
      await readAll('finding orders', 'find', (message) => {
        if (message.kind === 'found') for (const patient of message.patients) patients.add(patient);
      });
      const wanted: WantedPatients = { kind: 'wanted', patients };
      for (const worker of workers) worker.postMessage(wanted);
    }
    await readAll('sorting', 'sort', (message) => {
      if (message.kind === 'bad') options.onBad(message.bad);
      else if (message.kind === 'sorted') {
        total.lines += message.lines;
        total.bad += message.bad;
      }
    });
    let checked = 0;
    progress.begin('checking');
    await share(
      workers,
      Array.from({ length: partitions }, (_, index): BatchTask => ({ kind: 'evaluate', index })),
      (message) => {
        if (message.kind === 'evaluated') {
          total.charts += message.charts;
          for (const reason of message.ungoverned) ungoverned.set(reason, (ungoverned.get(reason) ?? 0) + 1);
          emit(message.index, message.rows);
          progress.tell(++checked / partitions, checked);
        }
      },
    );
    return total;
  } finally {
    await Promise.all(workers.map((w) => w.terminate()));
    sorted.remove();
  }
}

/** A folder for sorted charts. It goes, however the run ends: whoever stops it is heard before the folder is made. */
function passingFolder(parent: string): { readonly path: string; readonly remove: () => void } {
  let path: string | undefined;
  const clean = (): void => {
    if (path !== undefined) rmSync(path, { recursive: true, force: true });
  };
  const stop = (signal: NodeJS.Signals): void => {
    clean();
    process.exit(128 + constants.signals[signal]);
  };
  const remove = (): void => {
    clean();
    process.off('exit', clean);
    for (const signal of ENDS) process.off(signal, stop);
  };
  process.once('exit', clean);
  for (const signal of ENDS) process.once(signal, stop);
  try {
    path = mkdtempSync(join(parent, 'batch-'));
    return { path, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function progressOf(onProgress: BatchOptions['onProgress']): {
  readonly begin: (phase: BatchProgress['phase']) => void;
  readonly tell: (done: number, amount: number) => void;
} {
  let phase: BatchProgress['phase'] = 'sorting';
  let started = performance.now();
  return {
    begin: (next) => {
      phase = next;
      started = performance.now();
    },
    tell: (done, amount) => {
      const seconds = (performance.now() - started) / 1000;
      onProgress?.({ phase, done, rate: amount / seconds, secondsLeft: done > 0 ? (seconds * (1 - done)) / done : 0 });
    },
  };
}
