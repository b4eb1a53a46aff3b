import type { Kysely, Transaction } from 'kysely';
import type { LaunchRow, SessionRows, SessionTimes } from '../../smart/session-rows.ts';
import type { Tables } from './tables.ts';

type Db = Kysely<Tables> | Transaction<Tables>;

const LAUNCH = ['key', 'sealed', 'version'] as const;

/** The session that an id leads to, unless it has ended. */
async function sessionOf(db: Db, key: string, { now, usedSince }: SessionTimes): Promise<string | undefined> {
  const found = await db
    .selectFrom('smart_session_id')
    .innerJoin('smart_session', 'smart_session.id', 'smart_session_id.session')
    .select('smart_session.id')
    .where('smart_session_id.key', '=', key)
    .where((e) => e.or([e('smart_session_id.until', 'is', null), e('smart_session_id.until', '>', now)]))
    .where('smart_session.used', '>', usedSince)
    .executeTakeFirst();
  return found?.id;
}

async function removeSession(db: Db, session: string): Promise<void> {
  await db.deleteFrom('smart_launch').where('session', '=', session).execute();
  await db.deleteFrom('smart_session_id').where('session', '=', session).execute();
  await db.deleteFrom('smart_session').where('id', '=', session).execute();
}

const use = (db: Db, session: string, now: number): Promise<unknown> =>
  db.updateTable('smart_session').set({ used: now }).where('id', '=', session).execute();

/** Removes the oldest rows beyond so many. */
async function boundPending(db: Db, most: number): Promise<void> {
  const oldest = db.selectFrom('smart_pending').select('key').orderBy('until', 'desc').limit(1_000_000).offset(most);
  await db.deleteFrom('smart_pending').where('key', 'in', oldest).execute();
}

async function boundLaunches(db: Db, session: string, most: number): Promise<void> {
  const launches = await db
    .selectFrom('smart_launch')
    .select('key')
    .where('session', '=', session)
    .orderBy('opened', 'desc')
    .execute();
  const over = launches.slice(most).map((l) => l.key);
  if (over.length > 0) await db.deleteFrom('smart_launch').where('key', 'in', over).execute();
}

/** Sessions of the SMART app in SQLite or PostgreSQL. */
export const sessionTables = (db: Kysely<Tables>): SessionRows => ({
  async keepPending(row, most) {
    await db.insertInto('smart_pending').values(row).execute();
    await boundPending(db, most);
  },

  async takePending(key) {
    const taken = await db.deleteFrom('smart_pending').where('key', '=', key).returningAll().executeTakeFirst();
    return taken === undefined ? undefined : { ...taken, until: Number(taken.until) };
  },

  openSession: ({ from, to, formerUntil, session: fresh, launch, most }, times) =>
    db.transaction().execute(async (tx) => {
      const present = from === undefined ? undefined : await sessionOf(tx, from, times);
      const session = present ?? fresh;
      if (present === undefined)
        await tx.insertInto('smart_session').values({ id: session, used: times.now }).execute();
      else {
        await use(tx, session, times.now);
        await tx
          .updateTable('smart_session_id')
          .set({ until: formerUntil })
          .where('key', '=', from ?? '')
          .where('until', 'is', null)
          .execute();
      }
      await tx.insertInto('smart_session_id').values({ key: to, session, until: null }).execute();
      await tx
        .insertInto('smart_launch')
        .values({ ...launch, session, opened: times.now, version: 0, lease: 0 })
        .execute();
      await boundLaunches(tx, session, most);
    }),

  async findLaunch(id, launch, times) {
    const session = await sessionOf(db, id, times);
    if (session === undefined) return undefined;
    await use(db, session, times.now);
    return db
      .selectFrom('smart_launch')
      .select(LAUNCH)
      .where('key', '=', launch)
      .where('session', '=', session)
      .where('opened', '>', times.openedSince)
      .executeTakeFirst();
  },

  launchRow: (launch, { usedSince }) =>
    db
      .selectFrom('smart_launch')
      .select(LAUNCH)
      .where('key', '=', launch)
      .where('session', 'in', db.selectFrom('smart_session').select('id').where('used', '>', usedSince))
      .executeTakeFirst(),

  async changeLaunch({ key, sealed, version }) {
    const changed = await db
      .updateTable('smart_launch')
      .set({ sealed, version: version + 1 })
      .where('key', '=', key)
      .where('version', '=', version)
      .executeTakeFirst();
    return Number(changed.numUpdatedRows) === 1;
  },

  async leaseLaunch(launch, now, until) {
    const leased = await db
      .updateTable('smart_launch')
      .set({ lease: until })
      .where('key', '=', launch)
      .where('lease', '<=', now)
      .executeTakeFirst();
    return Number(leased.numUpdatedRows) === 1;
  },

  async dropLaunch(launch) {
    await db.deleteFrom('smart_launch').where('key', '=', launch).execute();
  },

  endSession: (id, times) =>
    db.transaction().execute(async (tx): Promise<readonly LaunchRow[]> => {
      const session = await sessionOf(tx, id, times);
      if (session === undefined) return [];
      const launches = await tx
        .selectFrom('smart_launch')
        .select(LAUNCH)
        .where('session', '=', session)
        .orderBy('opened')
        .execute();
      await removeSession(tx, session);
      return launches;
    }),

  async forgetSessions({ now, usedSince, openedSince }, pendingSince) {
    await db.deleteFrom('smart_pending').where('until', '<', pendingSince).execute();
    const ended = await db.selectFrom('smart_session').select('id').where('used', '<=', usedSince).execute();
    for (const { id } of ended) await removeSession(db, id);
    await db.deleteFrom('smart_session_id').where('until', '<=', now).execute();
    await db.deleteFrom('smart_launch').where('opened', '<=', openedSince).execute();
  },
});
