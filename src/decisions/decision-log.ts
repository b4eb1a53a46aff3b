import type { Decision, DecisionStore, FeedbackRecord } from './decision.ts';
import type { InvocationRow } from './invocation.ts';
import { StoreFailure } from './store/store-failure.ts';

/** What became of a record when the answer had to go out: stored, still waiting for the store, or given up. */
export type Kept = 'stored' | 'pending' | 'lost';

export interface DecisionLogOptions {
  /** the answer waits no longer for the store than this */
  readonly waitMs: number;
  /** records that may wait for the store; more are lost, and counted, but for those of a call that has none before it */
  readonly most: number;
  /** characters of calls of payer mode that may wait; more are lost with their records, and counted */
  readonly mostSealed: number;
  readonly onKept?: (kept: 'stored' | 'late' | 'lost', records: number) => void;
  readonly onFailure?: (message: string) => void;
}

interface Item {
  readonly decisions: readonly Decision[];
  readonly feedback: readonly FeedbackRecord[];
  readonly invocations: readonly InvocationRow[];
  readonly since: number;
  readonly settle: (kept: 'stored' | 'lost') => void;
  /** was in a batch that failed: it is tried alone from then on */
  alone: boolean;
}

const BATCH = 100;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
const LAST_TRIES_MS = 5_000;

const sealedSize = (invocations: readonly InvocationRow[]): number =>
  invocations.reduce((sum, { sealed }) => sum + sealed.length, 0);

const size = (item: Item): number => item.decisions.length + item.feedback.length + item.invocations.length;

/**
 * Writes decisions and feedback to a store: together where several wait, again after a failure, within bounds. A record that
 * the store refuses is given up; one that fails otherwise is tried again behind the others, so that it does not hold them up.
 * It never throws and never holds an answer up for longer than its bound.
 */
export class DecisionLog {
  readonly #store: DecisionStore;
  readonly #options: DecisionLogOptions;
  readonly #queue: Item[] = [];
  #waiting = 0;
  #sealedWaiting = 0;
  /** since when the oldest record of the batch in work has waited */
  #inWork: number | undefined;
  #writing: Promise<void> | undefined;
  /** when it gives up, once it closes */
  #closeBy: number | undefined;
  #lost = 0;
  #resume: (() => void) | undefined;

  constructor(store: DecisionStore, options: DecisionLogOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Records that wait for the store. */
  get waiting(): number {
    return this.#waiting;
  }

  /** How long the oldest of them has waited. */
  get lagMs(): number {
    let oldest = this.#inWork ?? Number.POSITIVE_INFINITY;
    for (const { since } of this.#queue) oldest = Math.min(oldest, since);
    return Number.isFinite(oldest) ? performance.now() - oldest : 0;
  }

  /** Hands records over. @returns `stored` only when they will survive the death of the process */
  keep(
    decisions: readonly Decision[],
    feedback: readonly FeedbackRecord[] = [],
    invocations: readonly InvocationRow[] = [],
  ): Promise<Kept> {
    const records = decisions.length + feedback.length + invocations.length;
    if (records === 0) return Promise.resolve('stored');
    const sealed = sealedSize(invocations);
    // one call alone is taken however much it brings: else who sends enough would leave no record
    const full =
      this.#waiting > 0 &&
      (this.#waiting + records > this.#options.most || this.#sealedWaiting + sealed > this.#options.mostSealed);
    if (this.#closeBy !== undefined || full) {
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
      this.#queue.push({ decisions, feedback, invocations, settle, since: performance.now(), alone: false });
      this.#waiting += records;
      this.#sealedWaiting += sealed;
      this.#writing ??= this.#write();
    });
  }

  /** Writes what waits, a batch at a time; after a failure it pauses, longer each time. */
  async #write(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (this.#queue.length > 0) {
      const batch = this.#take();
      this.#inWork = Math.min(...batch.map((i) => i.since));
      try {
        await this.#store.add(
          batch.flatMap((i) => i.decisions),
          batch.flatMap((i) => i.feedback),
          batch.flatMap((i) => i.invocations),
        );
        this.#inWork = undefined;
        this.#done(batch, 'stored');
        pause = FIRST_PAUSE_MS;
      } catch (error) {
        this.#inWork = undefined;
        this.#options.onFailure?.(error instanceof Error ? error.message : 'unknown');
        const again = this.#again(batch, error instanceof StoreFailure && error.refused);
        if (this.#closeBy !== undefined && performance.now() > this.#closeBy) this.#done(this.#queue.splice(0), 'lost');
        else if (again) {
          await this.#rest(this.#closeBy === undefined ? pause : FIRST_PAUSE_MS);
          pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
        }
      }
    }
    this.#writing = undefined;
  }

  /**
   * Puts a batch that failed back: each item alone, and one that failed alone behind the others.
   * @param refused the store will never take it: an item alone is given up
   * @returns whether a pause is due
   */
  #again(batch: readonly Item[], refused: boolean): boolean {
    const [first, ...rest] = batch;
    if (first === undefined) return false;
    if (rest.length > 0) {
      for (const item of batch) item.alone = true;
      this.#queue.unshift(...batch);
      return !refused;
    }
    if (refused) {
      this.#done(batch, 'lost');
      return false;
    }
    first.alone = true;
    this.#queue.push(first);
    return true;
  }

  #take(): readonly Item[] {
    let records = 0;
    let n = 0;
    for (const item of this.#queue) {
      if (n > 0 && (item.alone || records + size(item) > BATCH)) break;
      records += size(item);
      n++;
      if (item.alone) break;
    }
    return this.#queue.splice(0, n);
  }

  #done(batch: readonly Item[], kept: 'stored' | 'lost'): void {
    for (const item of batch) {
      this.#waiting -= size(item);
      this.#sealedWaiting -= sealedSize(item.invocations);
      if (kept === 'lost') this.#lost += size(item);
      item.settle(kept);
    }
  }

  /** Waits, or until the log closes. */
  async #rest(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
      setTimeout(resolve, ms).unref();
    });
    this.#resume = undefined;
  }

  get store(): DecisionStore {
    return this.#store;
  }

  /** Writes what waits, for a last few seconds if the store fails, and closes it. @returns how many records that were waiting are lost */
  async close(): Promise<number> {
    const before = this.#lost;
    this.#closeBy = performance.now() + LAST_TRIES_MS;
    this.#resume?.();
    await this.#writing;
    await this.#store.close().catch(() => undefined);
    return this.#lost - before;
  }
}
