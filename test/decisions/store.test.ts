import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import type { FeedbackRecord } from '../../src/decisions/decision.ts';
import type { InvocationRow } from '../../src/decisions/invocation.ts';
import { openStore } from '../../src/decisions/store/open-store.ts';
import { RemoteStore } from '../../src/decisions/store/remote-store.ts';
import type { Store } from '../../src/decisions/store/store.ts';
import { decision, onBothStores } from '../support/stores.ts';

const feedback = (card: string, at: string, change: Partial<FeedbackRecord> = {}): FeedbackRecord => ({
  card,
  at,
  outcome: 'overridden',
  suggestions: ['s1'],
  reasonSystem: 'https://example.org/reasons',
  reasonCode: 'patient-request',
  comment: 'as agreed',
  ehr: 'north',
  ...change,
});

/** A table that is in the way of the last migration. */
function obstruct(file: string, statement: string): void {
  const raw = new DatabaseSync(file);
  raw.exec(statement);
  raw.close();
}

it('an SQLite store that cannot be brought up to date stays as it was, and can be once the cause is gone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'store-test-'));
  const file = join(folder, 'store.sqlite');
  obstruct(file, 'CREATE TABLE smart_launch (something_else TEXT)');
  await expect(openStore(file)).rejects.toThrow('smart_launch');
  const raw = new DatabaseSync(file, { readOnly: true });
  expect(raw.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()).toEqual([{ name: 'smart_launch' }]);
  raw.close();
  obstruct(file, 'DROP TABLE smart_launch');
  const store = await openStore(file);
  await store.add([decision()], []);
  expect(await store.find({ limit: 9 })).toHaveLength(1);
  await store.close();
  rmSync(folder, { recursive: true });
});

it('an SQLite store that is up to date can be opened and read while another process writes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'store-test-'));
  const file = join(folder, 'store.sqlite');
  const first = await openStore(file);
  const given = decision();
  await first.add([given], []);
  await first.close();
  const raw = new DatabaseSync(file);
  raw.exec('BEGIN EXCLUSIVE');
  const store = await openStore(file);
  expect(await store.get(given.id)).toEqual(given);
  raw.exec('ROLLBACK');
  raw.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

onBothStores((fresh) => {
  const open: Store[] = [];
  const opened = async (where?: string): Promise<Store> => {
    const store = await openStore(where ?? (await fresh()));
    open.push(store);
    return store;
  };
  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
  });

  describe('decisions', () => {
    it('come back as they were given, by their own id and by that of their card', async () => {
      const store = await opened();
      const given = decision({ ehr: 'north', issuer: 'https://ehr.example.org', latencyMs: 12.5 });
      await store.add([given], []);
      expect(await store.get(given.id)).toEqual(given);
      expect(await store.get(given.card)).toEqual(given);
      expect(await store.get('00000000-0000-4000-8000-ffffffffffff')).toBeUndefined();
    });

    it('are written once, however often they are handed over', async () => {
      const store = await opened();
      const given = decision();
      await store.add([given], []);
      await store.add([given, decision()], []);
      expect(await store.find({ limit: 10 })).toHaveLength(2);
    });

    it('are found page by page, oldest first, without a gap where instants are equal', async () => {
      const store = await opened();
      const at = ['2026-03-02T08:00:00.000Z', '2026-03-02T08:00:00.000Z', '2026-03-01T08:00:00.000Z'];
      const given = at.map((a) => decision({ at: a }));
      await store.add(given, []);
      const first = await store.find({ limit: 2 });
      const last = first.at(-1);
      const second = await store.find({ limit: 2, after: { at: last?.at ?? '', id: last?.id ?? '' } });
      expect([...first, ...second].map((d) => d.id)).toEqual([given[2]?.id, given[0]?.id, given[1]?.id]);
    });

    it('are found by policy, base, mode and time', async () => {
      const store = await opened();
      const shadow = decision({ mode: 'shadow' });
      const payer = decision({ base: 'crd' });
      const other = decision({ policy: 'cohere-spine-mri', at: '2026-04-01T00:00:00.000Z' });
      await store.add([shadow, payer, other], []);
      const ids = async (query: object): Promise<readonly string[]> =>
        (await store.find({ limit: 10, ...query })).map((d) => d.id);
      expect(await ids({ mode: 'shadow' })).toEqual([shadow.id]);
      expect(await ids({ base: 'crd' })).toEqual([payer.id]);
      expect(await ids({ policy: 'cohere-spine-mri' })).toEqual([other.id]);
      expect(await ids({ since: '2026-03-15' })).toEqual([other.id]);
    });

    it('and their feedback are kept as a whole or not at all', async () => {
      const store = await opened();
      const broken = { ...decision(), outcome: null as unknown as string };
      await expect(store.add([decision(), broken], [])).rejects.toThrow();
      expect(await store.find({ limit: 10 })).toEqual([]);
    });

    it('of a patient, or of a time, are removed with their feedback', async () => {
      const store = await opened();
      const [old, mine, rest] = [decision({ at: '2020-01-01T00:00:00.000Z' }), decision({ patient: 'p9' }), decision()];
      const said = [old, mine, rest].map((d) => feedback(d.card, d.at));
      await store.add([old, mine, rest], said);
      expect(await store.purge({ patient: 'p9' })).toBe(1);
      expect(await store.purge({ before: '2021-01-01' })).toBe(1);
      expect((await store.find({ limit: 10 })).map((d) => d.id)).toEqual([rest.id]);
      expect((await store.feedbackSince('0000')).map((f) => f.card)).toEqual([rest.card]);
    });
  });

  it('calls of payer mode are found by each of their keys, newest first, and removed by time or patient', async () => {
    const store = await opened();
    const call = (id: string, at: string, patient: string, keys: readonly string[]): InvocationRow => ({
      id,
      at,
      service: 's',
      hook: 'order-sign',
      status: 400,
      ehr: 'north',
      issuer: null,
      patient,
      sealed: `sealed ${id}`,
      keys: [id, ...keys],
    });
    const rows = [
      call('a', '2020-01-01T00:00:00.000Z', 'p1', ['instance', 'assertion-1']),
      call('b', '2026-01-01T00:00:00.000Z', 'p1', ['instance', 'assertion-2']),
      call('c', '2026-01-02T00:00:00.000Z', 'p2', ['another']),
    ];
    await store.add([], [], rows);
    await store.add([], [], rows);
    const found = async (key: string): Promise<readonly string[]> =>
      (await store.invocations(key)).map((r) => `${r.id} ${r.sealed} ${r.status}`);
    expect(await found('instance')).toEqual(['b sealed b 400', 'a sealed a 400']);
    expect(await found('assertion-1')).toEqual(['a sealed a 400']);
    expect(await found('c')).toEqual(['c sealed c 400']);
    expect(await found('unknown')).toEqual([]);
    await store.purge({ before: '2021-01-01' });
    expect(await found('instance')).toEqual(['b sealed b 400']);
    await store.purge({ patient: 'p1', ehr: 'south' });
    expect(await found('assertion-2')).toEqual(['b sealed b 400']);
    await store.purge({ patient: 'p1' });
    expect([await found('instance'), await found('another')]).toEqual([[], ['c sealed c 400']]);
  });

  it('feedback leads to its decision; the same entry sent twice is one', async () => {
    const store = await opened();
    const given = decision();
    const said = feedback(given.card, '2026-03-02T09:00:00.000Z');
    await store.add([given], [said]);
    await store.add([], [said, feedback('unknown-card', '2026-03-02T10:00:00.000Z')]);
    expect(await store.feedbackSince('2026-03-02')).toEqual([
      { ...said, decision: given.id },
      { ...feedback('unknown-card', '2026-03-02T10:00:00.000Z'), decision: null },
    ]);
    expect(await store.feedbackSince('2026-03-03')).toEqual([]);
  });

  describe('what processes share', () => {
    it('a token serves once, in whichever process it comes', async () => {
      const where = await fresh();
      const [one, two] = [await opened(where), await opened(where)];
      const uses = await Promise.all(
        Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? one : two).useToken(`token-${i >> 1}`, 2_000_000_000)),
      );
      for (let i = 0; i < 40; i += 2) expect([uses[i], uses[i + 1]].filter(Boolean)).toHaveLength(1);
    });

    it('answers are replaced only as they were read, in whichever process', async () => {
      const where = await fresh();
      const [one, two] = [await opened(where), await opened(where)];
      const [earlier, now, later] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'];
      const row = (sealed: string, expires = later) => ({ key: 'k', sealed, expires });
      const kept = await Promise.all(
        Array.from({ length: 6 }, (_, i) => (i % 2 === 0 ? one : two).keepAnswers(row(`first-${i}`), undefined, now)),
      );
      expect(kept.filter(Boolean)).toHaveLength(1);
      const [there] = await two.answersOf(['k'], now);
      expect(await two.keepAnswers(row('second', earlier), there?.sealed, now)).toBe(true);
      expect(await one.keepAnswers(row('third'), there?.sealed, now)).toBe(false);
      expect(await one.keepAnswers(row('fourth'), undefined, now)).toBe(true);
      expect((await two.answersOf(['k'], now)).map((r) => r.sealed)).toEqual(['fourth']);
    });

    it('calls of a client are counted together, window by window', async () => {
      const where = await fresh();
      const [one, two] = [await opened(where), await opened(where)];
      const counts = await Promise.all([one, two, one, two].map((s) => s.countCall('client a', 60_000)));
      expect([...counts].sort()).toEqual([1, 2, 3, 4]);
      expect(await one.countCall('client b', 60_000)).toBe(1);
      expect(await two.countCall('client a', 120_000)).toBe(1);
    });

    it('tokens that have expired and windows that ended long ago are forgotten', async () => {
      const store = await opened();
      await store.useToken('old', 1_000);
      await store.useToken('new', 5_000);
      await store.countCall('a', 0);
      await store.forget(4_000_000);
      expect(await store.useToken('old', 9_000)).toBe(true);
      expect(await store.useToken('new', 9_000)).toBe(false);
      expect(await store.countCall('a', 0)).toBe(1);
    });
  });

  it('tells what it refuses for good from what it cannot do at the moment', async () => {
    const store = new RemoteStore(await fresh());
    const broken = { ...decision(), outcome: null as unknown as string };
    await expect(store.add([broken], [])).rejects.toMatchObject({ code: 'STORE_FAILED', refused: true });
    await store.close();
    for (const where of ['/dev/null/store.sqlite', 'postgres://nobody@127.0.0.1:9/nothing']) {
      const gone = new RemoteStore(where);
      await expect(gone.add([decision()], [])).rejects.toMatchObject({ code: 'STORE_FAILED', refused: false });
      await gone.close().catch(() => undefined);
    }
  });

  it('several processes may open an empty store at once', async () => {
    const where = await fresh();
    const stores = Array.from({ length: 6 }, () => new RemoteStore(where));
    await Promise.all(stores.map((s) => s.add([decision()], [])));
    expect(await stores[0]?.find({ limit: 9 })).toHaveLength(6);
    for (const store of stores) await store.close();
  });
});
