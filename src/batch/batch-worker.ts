import { parentPort, workerData } from 'node:worker_threads';
import { canonicalUrls } from '../chart/readers/answer.ts';
import { loadKnowledge } from '../criteria-check/knowledge.ts';
import type { Checker } from '../criteria-check/order-check.ts';
import { type Evaluated, evaluatePartition, loadShared, type SharedResources } from './evaluate-partition.ts';
import { type BatchWish, patientsWithOrders } from './find-orders.ts';
import { type BadLine, type PartitionedFile, partitionFile } from './partition-file.ts';

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

/** One piece of work: find the orders of a file, sort it into partitions, or evaluate a partition. */
export interface BatchTask {
  readonly kind: 'find' | 'sort' | 'evaluate';
  /** of the file or the partition */
  readonly index: number;
}

/** Told to all workers between two kinds of work: whose charts are gathered. */
export interface WantedPatients {
  readonly kind: 'wanted';
  readonly patients: ReadonlySet<string>;
}

export type BatchMessage =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'bad'; readonly bad: BadLine }
  | { readonly kind: 'found'; readonly patients: ReadonlySet<string> }
  | ({ readonly kind: 'sorted'; readonly index: number } & PartitionedFile)
  | ({ readonly kind: 'evaluated'; readonly index: number } & Evaluated);

const PROGRESS_BYTES = 8 << 20;

function serve(port: NonNullable<typeof parentPort>): void {
  const data = workerData as BatchWorkerData;
  const say = (message: BatchMessage): void => port.postMessage(message);
  const onBad = (bad: BadLine): void => say({ kind: 'bad', bad });
  const fileOf = (index: number): string => data.files[index] ?? '';
  let loaded: Checker | undefined;
  let shared: SharedResources | undefined;
  let wanted: ReadonlySet<string> | undefined;

  const checker = (): Checker => {
    loaded ??= { knowledge: loadKnowledge(data.policies), canonical: canonicalUrls(data.canonicalBase) };
    return loaded;
  };

  /** Tells of bytes, some millions at a time. */
  async function reading<T>(read: (onRead: (bytes: number) => void) => Promise<T>): Promise<T> {
    let untold = 0;
    const tell = (): void => {
      say({ kind: 'progress', bytes: untold });
      untold = 0;
    };
    const result = await read((bytes) => {
      untold += bytes;
      if (untold >= PROGRESS_BYTES) tell();
    });
    tell();
    return result;
  }

  async function find(index: number): Promise<void> {
    const file = fileOf(index);
    const patients = await reading((onRead) => patientsWithOrders(file, data.wish, checker(), onRead));
    say({ kind: 'found', patients });
  }

  async function sort(index: number): Promise<void> {
    const { folder, partitions, part } = data;
    const task = { file: fileOf(index), partitions, folder, part, wanted };
    const sorted = await reading((onRead) => partitionFile(task, onRead, onBad));
    say({ kind: 'sorted', index, ...sorted });
  }

  function evaluate(index: number): void {
    shared ??= loadShared(data.folder);
    say({ kind: 'evaluated', index, ...evaluatePartition(data.folder, index, shared, data.wish, checker()) });
  }

  port.on('message', (message: BatchTask | WantedPatients) => {
    if (message.kind === 'wanted') wanted = message.patients;
    else if (message.kind === 'evaluate') evaluate(message.index);
    else void (message.kind === 'find' ? find : sort)(message.index);
  });
}

if (parentPort !== null) serve(parentPort);
