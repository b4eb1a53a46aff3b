import { gunzipSync, gzipSync } from 'node:zlib';
import { Kysely } from 'kysely';
import type { AnswerRow } from '../../answer-store/answer-store.ts';
import type { SessionRows } from '../../smart/session-rows.ts';
import type { Decision, DecisionQuery, FeedbackRecord, Purged } from '../decision.ts';
import type { InvocationRow } from '../invocation.ts';
import type { Place } from './dialects.ts';
import { migrate } from './migrations.ts';
import { sessionTables } from './session-tables.ts';
import type { Store } from './store.ts';
import type { DecisionRow, Tables } from './tables.ts';

const pack = (text: string): Uint8Array => gzipSync(text, { level: 1 });
const unpack = (bytes: Uint8Array): string => gunzipSync(bytes).toString('utf8');

const toRow = (d: Decision): DecisionRow => ({
  id: d.id,
  card: d.card,
  assessment: d.assessment,
  at: d.at,
  base: d.base,
  mode: d.mode,
  service: d.service,
  hook: d.hook,
  ehr: d.ehr,
  issuer: d.issuer,
  policy: d.policy,
  policy_version: d.policyVersion,
  policy_hash: d.policyHash,
  engine: d.engine,
  as_of: d.asOf,
  service_date: d.serviceDate,
  study: d.study,
  patient: d.patient,
  payer: d.payer,
  line_of_business: d.lineOfBusiness,
  outcome: d.outcome,
  reason: d.reason,
  latency_ms: d.latencyMs,
  result: d.result,
  facts: pack(d.facts),
  input: pack(d.input),
});

const toDecision = (r: DecisionRow): Decision => ({
  id: r.id,
  card: r.card,
  assessment: r.assessment,
  at: r.at,
  base: r.base as Decision['base'],
  mode: r.mode as Decision['mode'],
  service: r.service,
  hook: r.hook,
  ehr: r.ehr,
  issuer: r.issuer,
  policy: r.policy,
  policyVersion: r.policy_version,
  policyHash: r.policy_hash,
  engine: r.engine,
  asOf: r.as_of,
  serviceDate: r.service_date,
  study: r.study,
  patient: r.patient,
  payer: r.payer,
  lineOfBusiness: r.line_of_business,
  outcome: r.outcome,
  reason: r.reason,
  latencyMs: r.latency_ms,
  result: r.result,
  facts: unpack(r.facts),
  input: unpack(r.input),
});

const PURGED_AT_ONCE = 500;
/** Calls that one key finds: the same call may come again and again. */
const MOST_INVOCATIONS = 50;

/** Windows of counted calls are kept for so long. */
const COUNTS_KEPT_MS = 3_600_000;

/** Decisions, answers, and what several processes share, in SQLite or PostgreSQL through the same statements. */
export class KyselyStore implements Omit<Store, keyof SessionRows> {
  readonly #db: Kysely<Tables>;

  private constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Opens a store and brings its tables up to date. @throws when it cannot be reached or migrated */
  static async open(place: Place): Promise<KyselyStore & SessionRows> {
    const db = new Kysely<Tables>({ dialect: place.dialect });
    try {
      await migrate(db, place);
    } catch (error) {
      await db.destroy().catch(() => undefined);
      throw error;
    }
    return Object.assign(new KyselyStore(db), sessionTables(db));
  }

  async add(
    decisions: readonly Decision[],
    feedback: readonly FeedbackRecord[],
    invocations: readonly InvocationRow[] = [],
  ): Promise<void> {
    const received = new Date().toISOString();
    await this.#db.transaction().execute(async (tx) => {
      if (decisions.length > 0)
        await tx
          .insertInto('decision')
          .values(decisions.map(toRow))
          .onConflict((c) => c.column('id').doNothing())
          .execute();
      for (const f of feedback) {
        const { reasonSystem, reasonCode, suggestions, ...same } = f;
        await tx
          .insertInto('feedback')
          .values({
            ...same,
            suggestions: JSON.stringify(suggestions),
            reason_system: reasonSystem,
            reason_code: reasonCode,
            received,
          })
          .onConflict((c) => c.columns(['card', 'at', 'outcome']).doNothing())
          .execute();
      }
      for (const { keys, ...row } of invocations) {
        await tx
          .insertInto('invocation')
          .values(row)
          .onConflict((c) => c.column('id').doNothing())
          .execute();
        await tx
          .insertInto('invocation_key')
          .values(keys.map((key) => ({ key, invocation: row.id })))
          .onConflict((c) => c.columns(['key', 'invocation']).doNothing())
          .execute();
      }
    });
  }

  async invocations(key: string): Promise<readonly InvocationRow[]> {
    const rows = await this.#db
      .selectFrom('invocation')
      .selectAll()
      .where('id', 'in', (e) => e.selectFrom('invocation_key').select('invocation').where('key', '=', key))
      .orderBy('at', 'desc')
      .limit(MOST_INVOCATIONS)
      .execute();
    return rows.map((row) => ({ ...row, keys: [key] }));
  }

  async get(id: string): Promise<Decision | undefined> {
    const row = await this.#db
      .selectFrom('decision')
      .selectAll()
      .where((e) => e.or([e('id', '=', id), e('card', '=', id)]))
      // of the records of one card, that of the text in force goes before one that ran beside it
      .orderBy('mode')
      .orderBy('at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? undefined : toDecision(row);
  }

  async find(query: DecisionQuery): Promise<readonly Decision[]> {
    const { since, policy, base, mode, after, limit } = query;
    let select = this.#db.selectFrom('decision').selectAll().orderBy('at').orderBy('id').limit(limit);
    if (since !== undefined) select = select.where('at', '>=', since);
    if (policy !== undefined) select = select.where('policy', '=', policy);
    if (base !== undefined) select = select.where('base', '=', base);
    if (mode !== undefined) select = select.where('mode', '=', mode);
    if (after !== undefined)
      select = select.where((e) =>
        e.or([e('at', '>', after.at), e.and([e('at', '=', after.at), e('id', '>', after.id)])]),
      );
    return (await select.execute()).map(toDecision);
  }

  async feedbackSince(since: string): Promise<readonly (FeedbackRecord & { readonly decision: string | null })[]> {
    const rows = await this.#db
      .selectFrom('feedback')
      .leftJoin('decision', 'decision.card', 'feedback.card')
      .select(['feedback.card', 'feedback.at', 'feedback.outcome', 'feedback.suggestions', 'feedback.ehr'])
      .select(['feedback.reason_system', 'feedback.reason_code', 'feedback.comment', 'decision.id as decision'])
      .where('feedback.at', '>=', since)
      .orderBy('feedback.at')
      .execute();
    return rows.map((r) => ({
      card: r.card,
      at: r.at,
      outcome: r.outcome as FeedbackRecord['outcome'],
      suggestions: JSON.parse(r.suggestions) as string[],
      reasonSystem: r.reason_system,
      reasonCode: r.reason_code,
      comment: r.comment,
      ehr: r.ehr,
      decision: r.decision,
    }));
  }

  async purge(what: Purged): Promise<number> {
    let removed = 0;
    let more: number;
    do {
      more = await this.#purgeSome(what);
      removed += more;
    } while (more === PURGED_AT_ONCE);
    do {
      more = await this.#purgeInvocations(what);
    } while (more === PURGED_AT_ONCE);
    // Feedback on cards that are not on record, or no longer.
    if ('before' in what) await this.#db.deleteFrom('feedback').where('received', '<', what.before).execute();
    return removed;
  }

  /** Removes a part, so that what waits to be written gets its turn. */
  #purgeSome(what: Purged): Promise<number> {
    return this.#db.transaction().execute(async (tx) => {
      let chosen = tx.selectFrom('decision').select(['id', 'card']).limit(PURGED_AT_ONCE);
      if ('before' in what) chosen = chosen.where('at', '<', what.before);
      else {
        chosen = chosen.where('patient', '=', what.patient);
        if (what.ehr !== undefined) chosen = chosen.where('ehr', '=', what.ehr);
      }
      const rows = await chosen.execute();
      if (rows.length === 0) return 0;
      const cards = rows.map((r) => r.card);
      await tx.deleteFrom('feedback').where('card', 'in', cards).execute();
      const ids = rows.map((r) => r.id);
      await tx.deleteFrom('decision').where('id', 'in', ids).execute();
      return rows.length;
    });
  }

  #purgeInvocations(what: Purged): Promise<number> {
    return this.#db.transaction().execute(async (tx) => {
      let chosen = tx.selectFrom('invocation').select('id').limit(PURGED_AT_ONCE);
      if ('before' in what) chosen = chosen.where('at', '<', what.before);
      else {
        chosen = chosen.where('patient', '=', what.patient);
        if (what.ehr !== undefined) chosen = chosen.where('ehr', '=', what.ehr);
      }
      const ids = (await chosen.execute()).map((r) => r.id);
      if (ids.length === 0) return 0;
      await tx.deleteFrom('invocation_key').where('invocation', 'in', ids).execute();
      await tx.deleteFrom('invocation').where('id', 'in', ids).execute();
      return ids.length;
    });
  }

  async keepAnswers(row: AnswerRow, instead: string | undefined, now: string): Promise<boolean> {
    const { key, sealed, expires } = row;
    if (instead !== undefined) {
      const updated = await this.#db
        .updateTable('answer')
        .set({ sealed, expires })
        .where('key', '=', key)
        .where('sealed', '=', instead)
        .executeTakeFirst();
      return Number(updated.numUpdatedRows) > 0;
    }
    const inserted = await this.#db
      .insertInto('answer')
      .values(row)
      .onConflict((c) => c.column('key').doUpdateSet({ sealed, expires }).where('answer.expires', '<=', now))
      .executeTakeFirst();
    return Number(inserted.numInsertedOrUpdatedRows ?? 0) > 0;
  }

  async answersOf(keys: readonly string[], now: string): Promise<readonly AnswerRow[]> {
    return this.#db
      .selectFrom('answer')
      .selectAll()
      .where('key', 'in', [...keys])
      .where('expires', '>', now)
      .execute();
  }

  async purgeAnswers(now: string): Promise<number> {
    const removed = await this.#db.deleteFrom('answer').where('expires', '<=', now).executeTakeFirst();
    return Number(removed.numDeletedRows);
  }

  async useToken(key: string, expires: number): Promise<boolean> {
    const inserted = await this.#db
      .insertInto('used_token')
      .values({ key, expires })
      .onConflict((c) => c.column('key').doNothing())
      .executeTakeFirst();
    return Number(inserted.numInsertedOrUpdatedRows ?? 0) > 0;
  }

  async countCall(client: string, window: number): Promise<number> {
    const counted = await this.#db
      .insertInto('call_count')
      .values({ client, began: window, calls: 1 })
      .onConflict((c) => c.columns(['client', 'began']).doUpdateSet((e) => ({ calls: e('call_count.calls', '+', 1) })))
      .returning('calls')
      .executeTakeFirstOrThrow();
    return Number(counted.calls);
  }

  async forget(now: number): Promise<void> {
    await this.#db
      .deleteFrom('used_token')
      .where('expires', '<', Math.floor(now / 1000))
      .execute();
    await this.#db
      .deleteFrom('call_count')
      .where('began', '<', now - COUNTS_KEPT_MS)
      .execute();
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }
}
