import { describe, expect, it } from 'vitest';
import type { Decision, DecisionStore, FeedbackRecord } from '../../src/decisions/decision.ts';
import { DecisionLog, type DecisionLogOptions, type Kept } from '../../src/decisions/decision-log.ts';
import type { InvocationRow } from '../../src/decisions/invocation.ts';
import { StoreFailure } from '../../src/decisions/store/store-failure.ts';
import { decision } from '../support/stores.ts';

/** A store that does what a test says. */
class FakeStore implements DecisionStore {
  readonly stored: Decision[] = [];
  readonly calls: number[] = [];
  closed = false;
  /** called before each write; what it throws is the failure */
  before: (decisions: readonly Decision[]) => Promise<void> | void = () => undefined;

  async add(decisions: readonly Decision[], _feedback: readonly FeedbackRecord[]): Promise<void> {
    this.calls.push(decisions.length);
    await this.before(decisions);
    this.stored.push(...decisions);
  }
  get = (): Promise<undefined> => Promise.resolve(undefined);
  find = (): Promise<readonly Decision[]> => Promise.resolve(this.stored);
  feedbackSince = (): Promise<readonly never[]> => Promise.resolve([]);
  invocations = (): Promise<readonly never[]> => Promise.resolve([]);
  purge = (): Promise<number> => Promise.resolve(0);
  close = (): Promise<void> => {
    this.closed = true;
    return Promise.resolve();
  };
}

interface Kit {
  readonly store: FakeStore;
  readonly log: DecisionLog;
  /** what became of records, in the order in which it was told */
  readonly told: string[];
  readonly failures: string[];
}

function kit(options: Partial<DecisionLogOptions> = {}): Kit {
  const store = new FakeStore();
  const told: string[] = [];
  const failures: string[] = [];
  const log = new DecisionLog(store, {
    waitMs: 20_000,
    most: 1_000,
    mostSealed: 1_000_000,
    onKept: (kept, records) => told.push(`${kept} ${records}`),
    onFailure: (message) => failures.push(message),
    ...options,
  });
  return { store, log, told, failures };
}

/** A door that is shut until it is opened. */
function door(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

describe('a log of decisions', () => {
  it('says "stored" only after the store has said so', async () => {
    const { store, log, told } = kit();
    const { passed, open } = door();
    store.before = () => passed;
    let said: Kept | undefined;
    const kept = log.keep([decision()]).then((k) => {
      said = k;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([said, log.waiting]).toEqual([undefined, 1]);
    open();
    await kept;
    expect([said, told, log.waiting]).toEqual(['stored', ['stored 1'], 0]);
  });

  it('does not wait for a slow store: the answer goes out as "pending", the record is stored late', async () => {
    const { store, log, told } = kit({ waitMs: 1 });
    const { passed, open } = door();
    store.before = () => passed;
    expect(await log.keep([decision()])).toBe('pending');
    expect([store.stored.length, log.waiting, log.lagMs > 0]).toEqual([0, 1, true]);
    open();
    await expect.poll(() => told).toEqual(['late 1']);
    expect([store.stored.length, log.waiting, log.lagMs]).toEqual([1, 0, 0]);
  });

  it('writes together what waits together', async () => {
    const { store, log } = kit();
    await Promise.all(Array.from({ length: 250 }, () => log.keep([decision()])));
    expect(store.calls).toEqual([1, 100, 100, 49]);
  });

  it('tries again after a failure, until the store is back: nothing is lost, nothing is stored twice', async () => {
    const { store, log, told, failures } = kit();
    let down = 3;
    store.before = () => {
      if (down-- > 0) throw new StoreFailure('disk full', false);
    };
    const given = Array.from({ length: 5 }, () => decision());
    expect(await Promise.all(given.map((d) => log.keep([d])))).toEqual(given.map(() => 'stored'));
    expect(new Set(store.stored)).toEqual(new Set(given));
    expect(store.stored).toHaveLength(5);
    expect(told).toEqual(given.map(() => 'stored 1'));
    expect(failures).toEqual(['disk full', 'disk full', 'disk full']);
  });

  it('gives up what the store refuses, says so, and stores what came with it', async () => {
    const { store, log, told } = kit();
    const bad = decision();
    store.before = (decisions) => {
      if (decisions.includes(bad)) throw new StoreFailure('not a text', true);
    };
    const given = [decision(), decision(), bad, decision()];
    expect(await Promise.all(given.map((d) => log.keep([d])))).toEqual(['stored', 'stored', 'lost', 'stored']);
    expect(told.filter((t) => t === 'lost 1')).toHaveLength(1);
    expect(store.stored).toHaveLength(3);
  });

  it('one that fails for another reason holds up no others, and is stored when it can be', async () => {
    const { store, log } = kit({ waitMs: 0 });
    const big = decision();
    let full = true;
    store.before = (decisions) => {
      if (full && decisions.includes(big)) throw new StoreFailure('disk full', false);
    };
    await log.keep([big]);
    const others = Array.from({ length: 3 }, () => decision());
    for (const d of others) await log.keep([d]);
    await expect.poll(() => store.stored).toEqual(others);
    full = false;
    await expect.poll(() => store.stored, { timeout: 5_000 }).toEqual([...others, big]);
  });

  it('holds so many records and no more: the rest is lost at once, and counted', async () => {
    const { store, log, told } = kit({ waitMs: 0, most: 10 });
    const { passed, open } = door();
    store.before = () => passed;
    const basket = Array.from({ length: 10 }, () => decision());
    expect(await log.keep(basket)).toBe('pending');
    expect(await log.keep([decision()])).toBe('lost');
    expect(told).toEqual(['lost 1']);
    open();
    await expect.poll(() => told).toEqual(['lost 1', 'late 10']);
    expect(store.stored).toEqual(basket);
  });

  it('takes one call alone however many records it brings, so that a large basket is no way around the record', async () => {
    const { store, log, told } = kit({ waitMs: 1_000, most: 10, mostSealed: 10 });
    const basket = Array.from({ length: 300 }, () => decision());
    expect(await log.keep(basket)).toBe('stored');
    expect([told, store.stored.length]).toEqual([['stored 300'], 300]);
  });

  it('writes what waits before it closes, and takes nothing more', async () => {
    const { store, log } = kit({ waitMs: 0 });
    let down = 1;
    store.before = () => {
      if (down-- > 0) throw new StoreFailure('locked', false);
    };
    await log.keep([decision()]);
    expect(await log.close()).toBe(0);
    expect([store.stored.length, store.closed]).toEqual([1, true]);
    expect(await log.keep([decision()])).toBe('lost');
  });

  it('nothing to keep is kept', async () => {
    const { store, log } = kit();
    expect(await log.keep([])).toBe('stored');
    expect(store.calls).toEqual([]);
  });
});

it('calls of payer mode wait within a bound of their own: large ones must not fill the memory while the store is down', async () => {
  const { store, log, told } = kit({ mostSealed: 100 });
  const shut = door();
  store.before = () => shut.passed;
  const call = (size: number): InvocationRow => ({
    id: String(size),
    at: '2026-01-01T00:00:00.000Z',
    service: 's',
    hook: 'order-sign',
    status: 200,
    ehr: null,
    issuer: null,
    patient: null,
    sealed: 'x'.repeat(size),
    keys: [],
  });
  const first = log.keep([], [], [call(60)]);
  expect(await log.keep([], [], [call(41)])).toBe('lost');
  const second = log.keep([], [], [call(40)]);
  shut.open();
  expect(await Promise.all([first, second])).toEqual(['stored', 'stored']);
  expect(await log.keep([], [], [call(100)])).toBe('stored');
  expect(told).toEqual(['lost 1', 'stored 1', 'stored 1', 'stored 1']);
});
