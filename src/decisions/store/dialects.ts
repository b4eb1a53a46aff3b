import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Dialect, PostgresDialect, SqliteDialect } from 'kysely';

/** A place to keep decisions. */
export interface Place {
  readonly dialect: Dialect;
  readonly bytes: 'blob' | 'bytea';
}

const BUSY_MS = 5_000;

/**
 * An SQLite file (or ":memory:"). What is committed survives the death of the process, and of the machine too unless it is
 * passing. What is deleted is overwritten.
 */
export function sqlitePlace(file: string, passing = false): Place {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  const raw = new DatabaseSync(file, { timeout: BUSY_MS });
  try {
    raw.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${passing ? 'OFF' : 'FULL'}; PRAGMA secure_delete = ON;`);
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
  return { dialect, bytes: 'blob' };
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
