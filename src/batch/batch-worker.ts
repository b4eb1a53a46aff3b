import { parentPort, workerData } from 'node:worker_threads';
import { canonicalUrls } from '../chart/readers/answer.ts';
import type { Checker } from '../criteria-check/check-order.ts';
import { loadKnowledge } from '../criteria-check/knowledge.ts';
import type { BatchRow } from './batch-row.ts';
import { type BatchWish, evaluatePartition, loadShared, type SharedResources } from './evaluate-partition.ts';
import { type BadLine, partitionFile } from './partition-file.ts';

/** What a worker is started with. */
export interface BatchWorkerData {
  readonly part: number;
  readonly folder: string;
  readonly partitions: number;
  readonly files: readonly string[];
  readonly wish: BatchWish;
  readonly policies: string;
  readonly canonicalBase: string;
}

/** One piece of work: sort a file into partitions, or evaluate a partition. */
export type BatchTask =
  | { readonly kind: 'file'; readonly index: number }
  | { readonly kind: 'partition'; readonly index: number };

export type BatchMessage =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'bad'; readonly bad: BadLine }
  | { readonly kind: 'sorted'; readonly index: number; readonly lines: number }
  | { readonly kind: 'evaluated'; readonly index: number; readonly rows: readonly BatchRow[]; readonly charts: number };

const PROGRESS_BYTES = 8 << 20;

function serve(port: NonNullable<typeof parentPort>): void {
  const data = workerData as BatchWorkerData;
  const say = (message: BatchMessage): void => port.postMessage(message);
  const onBad = (bad: BadLine): void => say({ kind: 'bad', bad });
  let checker: Checker | undefined;
  let shared: SharedResources | undefined;

  async function sort(index: number): Promise<void> {
    let told = 0;
    const lines = await partitionFile(
      { file: data.files[index] ?? '', index, partitions: data.partitions, folder: data.folder, part: data.part },
      (bytes) => {
        told += bytes;
        if (told < PROGRESS_BYTES) return;
        say({ kind: 'progress', bytes: told });
        told = 0;
      },
      onBad,
    );
    say({ kind: 'progress', bytes: told });
    say({ kind: 'sorted', index, lines });
  }

  function evaluate(index: number): void {
    checker ??= { knowledge: loadKnowledge(data.policies), canonical: canonicalUrls(data.canonicalBase) };
    shared ??= loadShared(data.folder, data.files, onBad);
    const { rows, charts } = evaluatePartition(data.folder, index, data.files, shared, data.wish, checker, onBad);
    say({ kind: 'evaluated', index, rows, charts });
  }

  port.on('message', (task: BatchTask) => {
    if (task.kind === 'partition') evaluate(task.index);
    else void sort(task.index);
  });
}

if (parentPort !== null) serve(parentPort);
