import { afterAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/decisions/store/open-store.ts';
import type { Store } from '../../src/decisions/store/store.ts';
import {
  type LaunchRecord,
  MemorySessionStore,
  type PendingLaunch,
  type SessionLimits,
  type SessionStore,
} from '../../src/smart/session-store.ts';
import { SharedSessionStore } from '../../src/smart/shared-session-store.ts';
import { onBothStores } from '../support/stores.ts';

const MINUTE = 60_000;
const record = (id: string): LaunchRecord => ({
  id,
  base: 'https://ehr.example.org/fhir',
  patientId: `patient-of-${id}`,
  needsBanner: true,
  csrf: 'csrf',
  tokens: { access: 'a', expires: 0, scope: '' },
});
const pending = (state: string): PendingLaunch => ({
  state,
  browser: 'b',
  base: 'https://ehr.example.org/fhir',
  redirectUri: 'https://app.example.org/smart/callback',
  verifier: 'v',
  nonce: 'n',
  scope: '',
  configuration: { authorizationEndpoint: '', tokenEndpoint: '', capabilities: new Set(), returnsIssuer: false },
});

function at(start = 0) {
  const clock = { now: start };
  return { clock, now: () => clock.now };
}

type Make = (limits?: Partial<SessionLimits>, now?: () => number) => Promise<SessionStore>;

function sessionTests(make: Make): void {
  describe('a pending launch', () => {
    it('serves once, for ten minutes', async () => {
      const { clock, now } = at();
      const store = await make({}, now);
      await store.begin(pending('a'));
      await store.begin(pending('b'));
      expect((await store.take('a')).kind).toBe('pending');
      expect((await store.take('a')).kind).toBe('unknown');
      clock.now = 10 * MINUTE;
      expect((await store.take('b')).kind).toBe('expired');
      expect((await store.take('b')).kind).toBe('unknown');
    });

    it('gives way when there are too many, the oldest first', async () => {
      const store = await make({ pending: 2 });
      for (const state of ['a', 'b', 'c']) await store.begin(pending(state));
      expect((await store.take('a')).kind).toBe('unknown');
      expect((await store.take('b')).kind).toBe('pending');
      expect((await store.take('c')).kind).toBe('pending');
    });
  });

  describe('a session', () => {
    it('ends when it is not used for 15 minutes', async () => {
      const { clock, now } = at();
      const store = await make({}, now);
      const id = await store.open(undefined, record('l1'));
      clock.now = 14 * MINUTE;
      expect(await store.find(id, 'l1')).toBeDefined();
      clock.now += 14 * MINUTE;
      expect(await store.find(id, 'l1')).toBeDefined();
      clock.now += 15 * MINUTE;
      expect(await store.find(id, 'l1')).toBeUndefined();
      expect(await store.current('l1')).toBeUndefined();
    });

    it('ends after 8 hours, used or not', async () => {
      const { clock, now } = at();
      const store = await make({}, now);
      const id = await store.open(undefined, record('l1'));
      for (; clock.now < 8 * 60 * MINUTE - 10 * MINUTE; clock.now += 10 * MINUTE)
        expect(await store.find(id, 'l1')).toBeDefined();
      clock.now = 8 * 60 * MINUTE;
      expect(await store.find(id, 'l1')).toBeUndefined();
    });

    it('gets a new id with each launch; the former one serves requests on their way, then no more', async () => {
      const { clock, now } = at();
      const store = await make({}, now);
      const first = await store.open(undefined, record('l1'));
      const second = await store.open(first, record('l2'));
      expect(second).not.toBe(first);
      expect((await store.find(second, 'l1'))?.patientId).toBe('patient-of-l1');
      expect(await store.find(first, 'l2')).toBeDefined();
      clock.now = 31_000;
      expect(await store.find(first, 'l1')).toBeUndefined();
      expect(await store.find(second, 'l2')).toBeDefined();
    });

    it('of a former id that is used for a launch once more stays one session', async () => {
      const store = await make();
      const first = await store.open(undefined, record('l1'));
      const second = await store.open(first, record('l2'));
      const third = await store.open(first, record('l3'));
      for (const launch of ['l1', 'l2', 'l3']) {
        expect(await store.find(second, launch)).toBeDefined();
        expect(await store.find(third, launch)).toBeDefined();
      }
    });

    it('of an id that nobody has is a new one', async () => {
      const store = await make();
      const id = await store.open('made-up', record('l1'));
      expect(id).not.toBe('made-up');
      expect(await store.find('made-up', 'l1')).toBeUndefined();
    });

    it('shows the launches of its own alone', async () => {
      const store = await make();
      const [one, two] = [await store.open(undefined, record('l1')), await store.open(undefined, record('l2'))];
      expect(await store.find(one, 'l2')).toBeUndefined();
      expect(await store.find(two, 'l1')).toBeUndefined();
    });

    it('ends as a whole, and tells its launches', async () => {
      const store = await make();
      const id = await store.open(await store.open(undefined, record('l1')), record('l2'));
      expect((await store.end(id)).map((l) => l.id)).toEqual(['l1', 'l2']);
      expect(await store.find(id, 'l1')).toBeUndefined();
      expect(await store.end(id)).toEqual([]);
    });

    it('forgets a dropped launch, and changes none that has ended', async () => {
      const store = await make();
      const id = await store.open(await store.open(undefined, record('l1')), record('l2'));
      await store.drop('l1');
      await store.update('l1', { tokens: { access: 'new', expires: 1, scope: '' } });
      expect(await store.find(id, 'l1')).toBeUndefined();
      await store.update('l2', { tokens: { access: 'new', expires: 1, scope: '' } });
      expect((await store.find(id, 'l2'))?.tokens.access).toBe('new');
    });

    it('has so many launches at most; the oldest give way', async () => {
      const { clock, now } = at();
      const store = await make({ launchesOfSession: 2 }, now);
      let id = await store.open(undefined, record('l1'));
      for (const launch of ['l2', 'l3']) {
        clock.now++;
        id = await store.open(id, record(launch));
      }
      expect(await store.find(id, 'l1')).toBeUndefined();
      expect(await store.find(id, 'l3')).toBeDefined();
    });

    it('lends a launch to one at a time, for a while', async () => {
      const { clock, now } = at(1000);
      const store = await make({}, now);
      await store.open(undefined, record('l1'));
      expect(await store.lease('l1', 100)).toBe(true);
      expect(await store.lease('l1', 100)).toBe(false);
      await store.release('l1');
      expect(await store.lease('l1', 100)).toBe(true);
      clock.now += 101;
      expect(await store.lease('l1', 100)).toBe(true);
      expect(await store.lease('unknown', 100)).toBe(false);
    });
  });
}

describe('in memory', () => {
  sessionTests((limits, now) => Promise.resolve(new MemorySessionStore(limits, now)));

  it('is bounded in launches, and their number is bounded too: the least recently used give way', async () => {
    const store = new MemorySessionStore({ sessions: 2, launchesOfSession: 2 });
    let id = await store.open(undefined, record('l1'));
    for (const launch of ['l2', 'l3']) id = await store.open(id, record(launch));
    expect(await store.find(id, 'l1')).toBeUndefined();
    const other = await store.open(undefined, record('m1'));
    expect(await store.find(id, 'l3')).toBeDefined();
    await store.open(undefined, record('n1'));
    expect(await store.find(other, 'm1')).toBeUndefined();
    expect(await store.find(id, 'l3')).toBeDefined();
  });
});

const SECRET = Buffer.alloc(32, 1);

onBothStores((fresh) => {
  const open: Store[] = [];
  const opened = async (where: string): Promise<Store> => {
    const rows = await openStore(where);
    open.push(rows);
    return rows;
  };
  afterAll(async () => {
    for (const rows of open) await rows.close();
  });
  const make: Make = async (limits, now) => new SharedSessionStore(await opened(await fresh()), [SECRET], limits, now);
  sessionTests(make);

  it('a launch of one process is found, changed and ended by another', async () => {
    const where = await fresh();
    const [one, two] = [await opened(where), await opened(where)].map((rows) => new SharedSessionStore(rows, [SECRET]));
    await one?.begin(pending('a'));
    const taken = await two?.take('a');
    expect(taken).toEqual({ kind: 'pending', pending: pending('a') });
    expect((await one?.take('a'))?.kind).toBe('unknown');
    const id = (await one?.open(undefined, record('l1'))) ?? '';
    await Promise.all([
      two?.update('l1', { tokens: { access: 'new', expires: 1, scope: '' } }),
      one?.update('l1', { order: { today: '2026-03-02' } as never }),
    ]);
    expect(await two?.find(id, 'l1')).toMatchObject({ tokens: { access: 'new' }, order: { today: '2026-03-02' } });
    expect((await two?.end(id))?.map((l) => l.id)).toEqual(['l1']);
    expect(await one?.find(id, 'l1')).toBeUndefined();
  });

  it('what is kept tells nothing without the secret, and opens nothing under another name', async () => {
    const rows = await opened(await fresh());
    const store = new SharedSessionStore(rows, [SECRET]);
    const launch = { ...record('l1'), tokens: { access: 'secret-token', expires: 0, scope: '' } };
    const id = await store.open(undefined, launch);
    const seen: unknown[] = [];
    const spied = new Proxy(rows, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as (...args: readonly unknown[]) => Promise<unknown>;
        return async (...args: readonly unknown[]) => {
          const found = await method.apply(target, [...args]);
          seen.push(args, found);
          return found;
        };
      },
    });
    expect(await new SharedSessionStore(spied, [Buffer.alloc(32, 2)]).find(id, 'l1')).toBeUndefined();
    const told = JSON.stringify(seen);
    expect(told).toContain('sealed');
    for (const secret of ['secret-token', 'patient-of-l1', 'l1"', id]) expect(told).not.toContain(secret);
    // A new secret is put before the old one; what the old one sealed is still opened.
    expect(await new SharedSessionStore(rows, [Buffer.alloc(32, 2), SECRET]).find(id, 'l1')).toEqual(launch);
  });

  it('what has ended is removed', async () => {
    const { clock, now } = at(1_000_000);
    const rows = await opened(await fresh());
    const store = new SharedSessionStore(rows, [SECRET], {}, now);
    await store.begin(pending('a'));
    const id = await store.open(undefined, record('l1'));
    clock.now += 3 * 60 * MINUTE;
    await store.begin(pending('b'));
    expect((await store.take('a')).kind).toBe('unknown');
    expect(await store.current('l1')).toBeUndefined();
    expect(await store.find(id, 'l1')).toBeUndefined();
  });
});
