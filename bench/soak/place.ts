import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { startPostgres } from '../../test/support/postgres.ts';

/** Where the service keeps its records, and how others get in its way. */
export interface Place {
  readonly settings: Readonly<Record<string, string>>;
  /** "postgres://…" or the path of an SQLite file */
  readonly where: string;
  /** nobody else can write records for a while */
  readonly lock: (ms: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

const pause = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms));

/** One process with a file. */
export function sqlitePlace(folder: string): Place {
  const file = join(folder, 'decisions.sqlite');
  return {
    settings: { DECISIONS: file },
    where: file,
    lock: async (ms) => {
      const raw = new DatabaseSync(file, { timeout: 5_000 });
      raw.exec('BEGIN IMMEDIATE');
      await pause(ms);
      raw.exec('ROLLBACK');
      raw.close();
    },
    close: () => Promise.resolve(),
  };
}

/** Several processes with a PostgreSQL server of their own. */
export async function postgresPlace(workers: number): Promise<Place> {
  const server = await startPostgres();
  const where = await server.database();
  return {
    settings: { DATABASE_URL: where, WORKERS: String(workers) },
    where,
    lock: async (ms) => {
      const client = new pg.Client({ connectionString: where });
      await client.connect();
      await client.query('begin');
      await client.query('lock table decision, invocation in exclusive mode');
      await pause(ms);
      await client.query('rollback');
      await client.end();
    },
    close: () => server.stop(),
  };
}

/** Resident memory of a process and of those that it started, in MB (Linux). */
export function memoryOfAll(pid: number): number {
  const listed = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const children = Map.groupBy(
    listed
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .map(([id = 0, parent = 0]) => ({ id, parent })),
    ({ parent }) => parent,
  );
  const sizeOf = (id: number): number => {
    let kb = 0;
    try {
      kb = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      // it has just ended
    }
    return kb / 1024 + (children.get(id) ?? []).reduce((sum, child) => sum + sizeOf(child.id), 0);
  };
  return sizeOf(pid);
}
