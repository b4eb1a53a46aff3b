import { Worker } from 'node:worker_threads';
import type { AnswerRow } from '../../answer-store/answer-store.ts';
import type { LaunchRow, Opening, PendingRow, SessionRows, SessionTimes } from '../../smart/session-rows.ts';
import type { Decision, DecisionQuery, FeedbackRecord, Purged } from '../decision.ts';
import type { InvocationRow } from '../invocation.ts';
import type { Store } from './store.ts';
import { StoreFailure } from './store-failure.ts';

/** A call to the thread that keeps the store. */
export interface StoreCall {
  readonly call: number;
  readonly method: keyof Store;
  readonly args: readonly unknown[];
}
export type StoreReply =
  | { readonly call: number; readonly ok: true; readonly value: unknown }
  | { readonly call: number; readonly ok: false; readonly error: string; readonly refused: boolean };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A store in a thread of its own. A thread that dies fails its open calls and is started again on the next one. */
export class RemoteStore implements Store {
  readonly #workerData: { readonly where: string; readonly passing: boolean };
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #next = 0;

  /**
   * @param where "postgres://…" or the path of an SQLite file
   * @param passing what is written may be lost when the machine dies
   */
  constructor(where: string, passing = false) {
    this.#workerData = { where, passing };
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL('./store-thread.ts', import.meta.url), { workerData: this.#workerData });
    worker.on('message', (reply: StoreReply) => {
      const waiting = this.#waiting.get(reply.call);
      this.#waiting.delete(reply.call);
      if (reply.ok) waiting?.resolve(reply.value);
      else waiting?.reject(new StoreFailure(reply.error, reply.refused));
    });
    const gone = (): void => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const waiting of this.#waiting.values()) waiting.reject(new StoreFailure('the store stopped', false));
      this.#waiting.clear();
    };
    worker.once('error', gone);
    worker.once('exit', gone);
    this.#worker = worker;
    return worker;
  }

  #call<T>(method: keyof Store, ...args: readonly unknown[]): Promise<T> {
    const call = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(call, { resolve: (value) => resolve(value as T), reject });
      this.#thread().postMessage({ call, method, args } satisfies StoreCall);
    });
  }

  add(
    decisions: readonly Decision[],
    feedback: readonly FeedbackRecord[],
    invocations?: readonly InvocationRow[],
  ): Promise<void> {
    return this.#call('add', decisions, feedback, invocations);
  }

  invocations(key: string): Promise<readonly InvocationRow[]> {
    return this.#call('invocations', key);
  }

  get(id: string): Promise<Decision | undefined> {
    return this.#call('get', id);
  }

  find(query: DecisionQuery): Promise<readonly Decision[]> {
    return this.#call('find', query);
  }

  feedbackSince(since: string): Promise<readonly (FeedbackRecord & { readonly decision: string | null })[]> {
    return this.#call('feedbackSince', since);
  }

  purge(what: Purged): Promise<number> {
    return this.#call('purge', what);
  }

  keepAnswers(row: AnswerRow, instead: string | undefined, now: string): Promise<boolean> {
    return this.#call('keepAnswers', row, instead, now);
  }

  answersOf(keys: readonly string[], now: string): Promise<readonly AnswerRow[]> {
    return this.#call('answersOf', keys, now);
  }

  purgeAnswers(now: string): Promise<number> {
    return this.#call('purgeAnswers', now);
  }

  useToken(key: string, expires: number): Promise<boolean> {
    return this.#call('useToken', key, expires);
  }

  countCall(client: string, window: number): Promise<number> {
    return this.#call('countCall', client, window);
  }

  forget(now: number): Promise<void> {
    return this.#call('forget', now);
  }

  keepPending(row: PendingRow, most: number): Promise<void> {
    return this.#call('keepPending', row, most);
  }

  takePending(key: string): Promise<PendingRow | undefined> {
    return this.#call('takePending', key);
  }

  openSession(opening: Opening, times: SessionTimes): Promise<void> {
    return this.#call('openSession', opening, times);
  }

  findLaunch(...args: Parameters<SessionRows['findLaunch']>): Promise<LaunchRow | undefined> {
    return this.#call('findLaunch', ...args);
  }

  launchRow(launch: string, times: SessionTimes): Promise<LaunchRow | undefined> {
    return this.#call('launchRow', launch, times);
  }

  changeLaunch(row: LaunchRow): Promise<boolean> {
    return this.#call('changeLaunch', row);
  }

  leaseLaunch(...args: Parameters<SessionRows['leaseLaunch']>): Promise<boolean> {
    return this.#call('leaseLaunch', ...args);
  }

  dropLaunch(launch: string): Promise<void> {
    return this.#call('dropLaunch', launch);
  }

  endSession(id: string, times: SessionTimes): Promise<readonly LaunchRow[]> {
    return this.#call('endSession', id, times);
  }

  forgetSessions(times: SessionTimes, pendingSince: number): Promise<void> {
    return this.#call('forgetSessions', times, pendingSince);
  }

  async close(): Promise<void> {
    if (this.#worker === undefined) return;
    await this.#call('close');
    await this.#worker?.terminate();
  }
}
