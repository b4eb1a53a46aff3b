import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnswersOf, type ReadAnswers, SealedAnswers } from '../../src/answer-store/answer-store.ts';
import { sqlitePlace } from '../../src/decisions/store/dialects.ts';
import { KyselyStore } from '../../src/decisions/store/kysely-store.ts';

const OF: AnswersOf = { base: 'https://ehr.example.org/fhir', patientId: 'iris', order: 'ServiceRequest/1' };
const SECRET = Buffer.alloc(32, 1);
const OTHER = Buffer.alloc(32, 2);
const ANSWERS = [{ resourceType: 'QuestionnaireResponse', id: 'kept-1', item: [{ linkId: 'saddle-anesthesia' }] }];
const DAY = 86_400_000;
const NOTHING: ReadAnswers = { answers: [], version: undefined };

let rows: KyselyStore;
let now = Date.parse('2026-03-02T10:00:00Z');
const store = (secrets: readonly Uint8Array[] = [SECRET]) => new SealedAnswers(rows, secrets, 30, () => now);

beforeEach(async () => {
  rows = await KyselyStore.open(sqlitePlace(':memory:'));
  now = Date.parse('2026-03-02T10:00:00Z');
});
afterEach(() => rows.close());

describe('answers that an EHR does not take', () => {
  it('are kept for one order of one patient at one EHR', async () => {
    await store().keep(OF, ANSWERS, NOTHING);
    expect(await store().answers([OF])).toEqual(ANSWERS);
    for (const other of [{ base: 'https://other.example.org' }, { patientId: 'ada' }, { order: 'ServiceRequest/2' }])
      expect(await store().answers([{ ...OF, ...other }])).toEqual([]);
    expect(await store().answers([])).toEqual([]);
  });

  it('take the place of those that were kept before', async () => {
    await store().keep(OF, ANSWERS, NOTHING);
    const there = await store().read(OF);
    expect(there.answers).toEqual(ANSWERS);
    expect(await store().keep(OF, [], there)).toBe(true);
    expect(await store().answers([OF])).toEqual([]);
  });

  it('never take the place of what somebody kept in between', async () => {
    const [first, second] = await Promise.all([store().read(OF), store().read(OF)]);
    expect([await store().keep(OF, ANSWERS, first), await store().keep(OF, [], second)]).toEqual([true, false]);
    expect(await store().answers([OF])).toEqual(ANSWERS);
    const there = await store().read(OF);
    const kept = await Promise.all([1, 2, 3].map((n) => store().keep(OF, [{ ...ANSWERS[0], id: `kept-${n}` }], there)));
    expect(kept.filter((k) => k)).toHaveLength(1);
    now += 31 * DAY;
    expect(await store().read(OF)).toEqual(NOTHING);
    expect(await store().keep(OF, ANSWERS, NOTHING)).toBe(true);
  });

  it('tell nothing to who has the rows without the secret', async () => {
    const seen: string[] = [];
    const spy = new SealedAnswers(
      {
        keepAnswers: (row, ...instead) => {
          seen.push(JSON.stringify(row));
          return rows.keepAnswers(row, ...instead);
        },
        answersOf: (keys, at) => rows.answersOf(keys, at),
        purgeAnswers: (at) => rows.purgeAnswers(at),
      },
      [SECRET],
      30,
      () => now,
    );
    await spy.keep(OF, ANSWERS, NOTHING);
    expect(seen[0]).not.toMatch(/iris|saddle|QuestionnaireResponse|ehr\.example/);
    expect(await store([OTHER]).answers([OF])).toEqual([]);
  });

  it('are still read after the secret was changed, while the old one is named', async () => {
    await store([OTHER]).keep(OF, ANSWERS, NOTHING);
    expect(await store([SECRET, OTHER]).answers([OF])).toEqual(ANSWERS);
    now += 1000;
    await store([SECRET, OTHER]).keep(OF, [], await store([SECRET, OTHER]).read(OF));
    expect(await store([SECRET, OTHER]).answers([OF])).toEqual([]);
  });

  it('cannot be put under another patient, or changed', async () => {
    await store().keep(OF, ANSWERS, NOTHING);
    await store().keep({ ...OF, patientId: 'ada' }, [], NOTHING);
    const at = new Date(now).toISOString();
    const all: { key: string; sealed: string; expires: string }[] = [];
    const keys: string[] = [];
    const probe = new SealedAnswers(
      {
        keepAnswers: () => Promise.resolve(true),
        purgeAnswers: () => Promise.resolve(0),
        answersOf: (k) => {
          keys.push(...k);
          return Promise.resolve([]);
        },
      },
      [SECRET],
      30,
      () => now,
    );
    await probe.answers([OF, { ...OF, patientId: 'ada' }]);
    all.push(...(await rows.answersOf(keys, at)));
    const own = all.find((r) => r.key === keys[0]);
    const foreign = all.find((r) => r.key === keys[1]);
    if (own === undefined || foreign === undefined) throw new Error('rows are missing');
    await rows.keepAnswers({ ...foreign, sealed: own.sealed }, foreign.sealed, at);
    expect(await store().answers([{ ...OF, patientId: 'ada' }])).toEqual([]);
    await rows.keepAnswers({ ...own, sealed: `${own.sealed.slice(0, -2)}AA` }, own.sealed, at);
    expect(await store().answers([OF])).toEqual([]);
  });

  it('expire, and are then removed', async () => {
    await store().keep(OF, ANSWERS, NOTHING);
    now += 29 * DAY;
    expect(await rows.purgeAnswers(new Date(now).toISOString())).toBe(0);
    expect(await store().answers([OF])).toEqual(ANSWERS);
    now += DAY;
    expect(await store().answers([OF])).toEqual([]);
    expect(await rows.purgeAnswers(new Date(now).toISOString())).toBe(1);
  });
});
