import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { startPostgres } from '../../test/support/postgres.ts';
import type { Usage } from '../measured-process.ts';

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

const ASKED_MS = 3_000;

/** The processes that a process has started, and those that these have started (Linux). */
function startedBy(pid: number): readonly number[] {
  const listed = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = [...listed.matchAll(/(\d+)\s+(\d+)/g)].map(([, id, parent]) => [Number(id), Number(parent)] as const);
  const below = (of: number): readonly number[] =>
    pairs.flatMap(([id, parent]) => (parent === of ? [id, ...below(id)] : []));
  return below(pid);
}

/** What the processes that a measured one has started use together, after a collection of garbage. @param folder BENCH_USAGES */
export async function usageOfStarted(pid: number, folder: string): Promise<Pick<Usage, 'heapMb' | 'rssMb'>> {
  const asked = startedBy(pid);
  const file = (id: number): string => join(folder, `${id}.json`);
  for (const id of asked) {
    rmSync(file(id), { force: true });
    process.kill(id, 'SIGWINCH');
  }
  const until = performance.now() + ASKED_MS;
  while (asked.some((id) => !existsSync(file(id))) && performance.now() < until) await pause(50);
  const told = asked.flatMap((id) => {
    try {
      return [JSON.parse(readFileSync(file(id), 'utf8')) as Usage];
    } catch {
      return []; // it is starting, or has just ended
    }
  });
  const sum = (of: (usage: Usage) => number): number => told.reduce((total, usage) => total + of(usage), 0);
  return { heapMb: sum((u) => u.heapMb), rssMb: sum((u) => u.rssMb) };
}
