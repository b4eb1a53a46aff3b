import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/knowledge.ts';

/** The service as a process of its own, as `npm start` runs it. */
export interface ServiceProcess {
  readonly base: string;
  readonly pid: number;
  /** what it printed and logged */
  readonly said: () => string;
  /** Ends it at once, as `kill -9` does. */
  readonly kill: () => Promise<void>;
}

/** How a process is kept from writing. */
export interface Limited {
  /** command that runs the service, up to its name */
  readonly wrap: (command: readonly string[]) => readonly string[];
  /** Takes the limit away while the service runs. */
  readonly lift: (service: ServiceProcess) => void;
}

/** No file may become larger than so many bytes: the limit of the operating system (setrlimit), met by every write beyond. */
export const fileSizeLimit = (bytes: number): Limited => ({
  wrap: (command) => ['bash', '-c', `ulimit -S -f ${Math.ceil(bytes / 1024)}; exec "$@"`, '-', ...command],
  lift: ({ pid }) => void execFileSync('prlimit', ['--pid', String(pid), '--fsize=unlimited:unlimited']),
});

/** A disk in memory, which something else fills up to a last megabyte. It wants Linux with user namespaces. */
export const smallDisk = (folder: string): Limited => ({
  wrap: (command) => [
    'unshare',
    '-Urm',
    'bash',
    '-c',
    `mount -t tmpfs -o size=32m disk ${folder} && head -c 31M /dev/zero > ${folder}/other; exec "$@"`,
    '-',
    ...command,
  ],
  lift: ({ pid }) => rmSync(join(`/proc/${pid}/root`, folder, 'other')),
});

const ADMIN = 'an-administrators-token-of-some-length';
export const administrator = { authorization: `Bearer ${ADMIN}` };

const NODE = [process.execPath, '--max-semi-space-size=8', 'src/start.ts'];

/** Waits for something, a minute at most. @throws when it does not come */
export async function until<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (let i = 0; i < 1_200; i++) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen as NonNullable<T>;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`did not come: ${what}`);
}

const gone = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Starts the service on a free port of this machine. @throws with what it said when it does not start */
export async function startProcess(
  settings: Readonly<Record<string, string>>,
  limited?: Limited,
): Promise<ServiceProcess> {
  const [command = '', ...args] = limited?.wrap(NODE) ?? NODE;
  const child = spawn(command, args, {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      SANDBOX: 'false',
      LOG_LEVEL: 'error',
      ADMIN_TOKEN: ADMIN,
      // a cache in the project's folder is nothing that these processes should write to
      NODE_DISABLE_COMPILE_CACHE: '1',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += String(chunk);
    });
  const base = await until('the start', () => {
    if (gone(child)) throw new Error(`the service ended:\n${said}`);
    return /CDS Hooks +(http\S+)\/cds-services/.exec(said)?.[1];
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    base,
    pid: child.pid ?? 0,
    said: () => said,
    kill: async () => {
      if (gone(child)) return;
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}

/** A measurement of `/metrics`. @param name with its labels, as the text has it */
export async function metric(service: ServiceProcess, name: string): Promise<number> {
  const text = await (await fetch(`${service.base}/metrics`)).text();
  const line = text.split('\n').find((l) => l.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}
