import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Place } from './dialects.ts';
import type { Tables } from './tables.ts';

type Db = Kysely<Tables>;

const first = (bytes: 'blob' | 'bytea'): Migration => ({
  async up(db: Db) {
    await db.schema
      .createTable('decision')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('card', 'text', (c) => c.notNull())
      .addColumn('assessment', 'text', (c) => c.notNull())
      .addColumn('at', 'text', (c) => c.notNull())
      .addColumn('base', 'text', (c) => c.notNull())
      .addColumn('mode', 'text', (c) => c.notNull())
      .addColumn('service', 'text', (c) => c.notNull())
      .addColumn('hook', 'text', (c) => c.notNull())
      .addColumn('ehr', 'text')
      .addColumn('issuer', 'text')
      .addColumn('policy', 'text')
      .addColumn('policy_version', 'text')
      .addColumn('policy_hash', 'text')
      .addColumn('engine', 'text', (c) => c.notNull())
      .addColumn('as_of', 'text', (c) => c.notNull())
      .addColumn('service_date', 'text', (c) => c.notNull())
      .addColumn('study', 'text', (c) => c.notNull())
      .addColumn('patient', 'text', (c) => c.notNull())
      .addColumn('payer', 'text')
      .addColumn('line_of_business', 'text')
      .addColumn('outcome', 'text', (c) => c.notNull())
      .addColumn('reason', 'text')
      .addColumn('latency_ms', 'real', (c) => c.notNull())
      .addColumn('result', 'text', (c) => c.notNull())
      .addColumn('facts', sql.raw(bytes), (c) => c.notNull())
      .addColumn('input', sql.raw(bytes), (c) => c.notNull())
      .execute();
    await db.schema.createIndex('decision_at').on('decision').columns(['at', 'id']).execute();
    await db.schema.createIndex('decision_patient').on('decision').column('patient').execute();
    await db.schema.createIndex('decision_card').on('decision').column('card').execute();
    await db.schema
      .createTable('feedback')
      .addColumn('card', 'text', (c) => c.notNull())
      .addColumn('at', 'text', (c) => c.notNull())
      .addColumn('outcome', 'text', (c) => c.notNull())
      .addColumn('suggestions', 'text', (c) => c.notNull())
      .addColumn('reason_system', 'text')
      .addColumn('reason_code', 'text')
      .addColumn('comment', 'text')
      .addColumn('ehr', 'text')
      .addColumn('received', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('feedback_once', ['card', 'at', 'outcome'])
      .execute();
    await db.schema.createIndex('feedback_at').on('feedback').column('at').execute();
  },
});

const second: Migration = {
  async up(db: Db) {
    await db.schema
      .createTable('answer')
      .ifNotExists()
      .addColumn('key', 'text', (c) => c.primaryKey())
      .addColumn('sealed', 'text', (c) => c.notNull())
      .addColumn('expires', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('answer_expires').ifNotExists().on('answer').column('expires').execute();
  },
};

const third: Migration = {
  async up(db: Db) {
    await db.schema
      .createTable('used_token')
      .addColumn('key', 'text', (c) => c.primaryKey())
      .addColumn('expires', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('used_token_expires').on('used_token').column('expires').execute();
    await db.schema
      .createTable('call_count')
      .addColumn('client', 'text', (c) => c.notNull())
      .addColumn('began', 'bigint', (c) => c.notNull())
      .addColumn('calls', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('call_count_once', ['client', 'began'])
      .execute();
  },
};

const fourth: Migration = {
  async up(db: Db) {
    await db.schema
      .createTable('smart_pending')
      .addColumn('key', 'text', (c) => c.primaryKey())
      .addColumn('sealed', 'text', (c) => c.notNull())
      .addColumn('until', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('smart_pending_until').on('smart_pending').column('until').execute();
    await db.schema
      .createTable('smart_session')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('used', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('smart_session_used').on('smart_session').column('used').execute();
    await db.schema
      .createTable('smart_session_id')
      .addColumn('key', 'text', (c) => c.primaryKey())
      .addColumn('session', 'text', (c) => c.notNull())
      .addColumn('until', 'bigint')
      .execute();
    await db.schema.createIndex('smart_session_id_session').on('smart_session_id').column('session').execute();
    await db.schema
      .createTable('smart_launch')
      .addColumn('key', 'text', (c) => c.primaryKey())
      .addColumn('session', 'text', (c) => c.notNull())
      .addColumn('opened', 'bigint', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('sealed', 'text', (c) => c.notNull())
      .addColumn('lease', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('smart_launch_session').on('smart_launch').column('session').execute();
  },
};

const fifth: Migration = {
  async up(db: Db) {
    await db.schema
      .createTable('invocation')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('at', 'text', (c) => c.notNull())
      .addColumn('service', 'text', (c) => c.notNull())
      .addColumn('hook', 'text', (c) => c.notNull())
      .addColumn('status', 'integer', (c) => c.notNull())
      .addColumn('ehr', 'text')
      .addColumn('issuer', 'text')
      .addColumn('patient', 'text')
      .addColumn('sealed', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('invocation_at').on('invocation').column('at').execute();
    await db.schema.createIndex('invocation_patient').on('invocation').column('patient').execute();
    await db.schema
      .createTable('invocation_key')
      .addColumn('key', 'text', (c) => c.notNull())
      .addColumn('invocation', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('invocation_key_once', ['key', 'invocation'])
      .execute();
    await db.schema.createIndex('invocation_key_of').on('invocation_key').column('invocation').execute();
  },
};

/**
 * Brings the tables up to date. Several processes may start at once: one migrates, the others wait for it.
 * @throws the first failing migration's error
 */
export async function migrate(db: Db, { bytes, alone = (work) => work() }: Omit<Place, 'dialect'>): Promise<void> {
  const migrations: Record<string, Migration> = {
    '001-decisions-and-feedback': first(bytes),
    '002-answers': second,
    '003-tokens-and-calls-of-all-processes': third,
    '004-sessions-of-all-processes': fourth,
    '005-invocations': fifth,
  };
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  // A store that is up to date is opened without a lock, so that it can be read while another process writes for long.
  if ((await migrator.getMigrations()).every((m) => m.executedAt !== undefined)) return;
  await alone(async () => {
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
  });
}
