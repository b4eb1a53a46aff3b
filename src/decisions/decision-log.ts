import type { Decision, DecisionStore, FeedbackRecord } from './decision.ts';

/** What became of a record when the answer had to go out: stored, still waiting for the store, or given up. */
export type Kept = 'stored' | 'pending' | 'lost';

export interface DecisionLogOptions {
  /** the answer waits no longer for the store than this */
  readonly waitMs: number;
  /** records that may wait for the store; more are lost, and counted */
  readonly most: number;
  readonly onKept?: (kept: 'stored' | 'late' | 'lost', records: number) => void;
  readonly onFailure?: (message: string) => void;
}

interface Item {
  readonly decisions: readonly Decision[];
  readonly feedback: readonly FeedbackRecord[];
  readonly settle: (kept: 'stored' | 'lost') => void;
}

const BATCH = 100;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

const size = (item: Item): number => item.decisions.length + item.feedback.length;

/**
 * Writes decisions and feedback to a store: together where several wait, again after a failure, within bounds. It never
 * throws and never holds an answer up for longer than its bound.
 */
export class DecisionLog {
  readonly #store: DecisionStore;
  readonly #options: DecisionLogOptions;
  readonly #queue: Item[] = [];
  #waiting = 0;
  #writing: Promise<void> | undefined;
  #closing = false;

  constructor(store: DecisionStore, options: DecisionLogOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Records that wait for the store. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Hands records over. @returns `stored` only when they will survive the death of the process */
  keep(decisions: readonly Decision[], feedback: readonly FeedbackRecord[] = []): Promise<Kept> {
    const records = decisions.length + feedback.length;
    if (records === 0) return Promise.resolve('stored');
    if (this.#waiting + records > this.#options.most) {
      this.#options.onKept?.('lost', records);
      return Promise.resolve('lost');
    }
    return new Promise((resolve) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        resolve('pending');
      }, this.#options.waitMs);
      const settle = (kept: 'stored' | 'lost'): void => {
        clearTimeout(timer);
        this.#options.onKept?.(kept === 'stored' && late ? 'late' : kept, records);
        resolve(kept);
      };
      this.#queue.push({ decisions, feedback, settle });
      this.#waiting += records;
      this.#writing ??= this.#write();
    });
  }

  /** Writes what waits, a batch at a time; after a failure it pauses, longer each time. */
  async #write(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (this.#queue.length > 0) {
      const batch = this.#take();
      try {
        await this.#store.add(
          batch.flatMap((i) => i.decisions),
          batch.flatMap((i) => i.feedback),
        );
        this.#done(batch, 'stored');
        pause = FIRST_PAUSE_MS;
      } catch (error) {
        this.#options.onFailure?.(error instanceof Error ? error.message : 'unknown');
        if (this.#closing) {
          this.#done(batch, 'lost');
          continue;
        }
        this.#queue.unshift(...batch);
        await new Promise((resolve) => setTimeout(resolve, pause).unref());
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
    this.#writing = undefined;
  }

  #take(): readonly Item[] {
    let records = 0;
    let n = 0;
    for (const item of this.#queue) {
      if (n > 0 && records + size(item) > BATCH) break;
      records += size(item);
      n++;
    }
    return this.#queue.splice(0, n);
  }

  #done(batch: readonly Item[], kept: 'stored' | 'lost'): void {
    for (const item of batch) {
      this.#waiting -= size(item);
      item.settle(kept);
    }
  }

  get store(): DecisionStore {
    return this.#store;
  }

  /** Writes what waits once more and closes the store. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#writing;
    await this.#store.close().catch(() => undefined);
  }
}
