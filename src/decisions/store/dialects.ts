import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Dialect, PostgresDialect, SqliteDialect } from 'kysely';

/** A place to keep decisions. */
export interface Place {
  readonly dialect: Dialect;
  readonly bytes: 'blob' | 'bytea';
  /** does some work in one step that no other process can disturb, or not at all; absent = the database's migrator sees to it */
  readonly alone?: (work: () => Promise<void>) => Promise<void>;
}

const BUSY_MS = 5_000;
const PAUSE_MS = 20;

/** SQLite does not wait for others when it changes the journal of a new file: it says at once that the file is in use. */
function setJournal(raw: DatabaseSync): void {
  const until = performance.now() + BUSY_MS;
  for (;;) {
    try {
      raw.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

/** Works in a transaction that takes the file's write lock before it looks at anything. */
const aloneOn =
  (raw: DatabaseSync): NonNullable<Place['alone']> =>
  async (work) => {
    raw.exec('BEGIN IMMEDIATE');
    try {
      await work();
      raw.exec('COMMIT');
    } catch (error) {
      // SQLite has rolled back by itself where the disk is full.
      if (raw.isTransaction) raw.exec('ROLLBACK');
      throw error;
    }
  };

/**
 * An SQLite file (or ":memory:"). What is committed survives the death of the process, and of the machine too unless it is
 * passing. What is deleted is overwritten.
 */
export function sqlitePlace(file: string, passing = false): Place {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  const raw = new DatabaseSync(file, { timeout: BUSY_MS });
  try {
    setJournal(raw);
    raw.exec(`PRAGMA synchronous = ${passing ? 'OFF' : 'FULL'}; PRAGMA secure_delete = ON;`);
  } catch (error) {
    raw.close();
    throw error;
  }
  const dialect = new SqliteDialect({
    database: {
      close: () => raw.close(),
      prepare: (text) => {
        const statement = raw.prepare(text);
        // Kysely passes what the tables hold: texts, numbers, bytes and null.
        type Values = Parameters<typeof statement.all>;
        return {
          reader: statement.columns().length > 0,
          all: (values) => statement.all(...(values as Values)),
          run: (values) => {
            const { changes, lastInsertRowid } = statement.run(...(values as Values));
            return { changes, lastInsertRowid };
          },
          iterate: (values) => statement.iterate(...(values as Values)),
        };
      },
    },
  });
  return { dialect, bytes: 'blob', alone: aloneOn(raw) };
}

/** A PostgreSQL database. @param url e.g. "postgres://user:password@host/database" */
export async function postgresPlace(url: string): Promise<Place> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
    query_timeout: 15_000,
  });
  // A connection that the server drops while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  return { dialect: new PostgresDialect({ pool }), bytes: 'bytea' };
}
