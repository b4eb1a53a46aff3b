import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const PROBE = join(import.meta.dirname, 'probe.ts');
const START_MS = 20_000;

/** What a process has used since its start. */
export interface Usage {
  /** CPU milliseconds of all its threads, user and system */
  readonly cpuMs: number;
  /** resident memory now, and at most, in MB */
  readonly rssMb: number;
  readonly mostRssMb: number;
  /** JavaScript heap in use, in MB */
  readonly heapMb: number;
}

/** A server in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** milliseconds from its start to its first answer */
  readonly readyMs: number;
  /** @param collected after a collection of garbage */
  usage(collected?: boolean): Promise<Usage>;
  /** @returns the exit code */
  stop(): Promise<number | null>;
}

/** Settings of the caller's environment must not change what is measured. */
const env = (own: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  TMPDIR: process.env['TMPDIR'],
  LOG_LEVEL: 'error',
  ...own,
});

interface StartCommand {
  readonly own: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
  readonly script: string;
}

/** The variables, the flags and the script of `npm start`. @throws when package.json starts it in another way */
export function startCommand(): StartCommand {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } };
  const words = scripts.start.split(' ');
  const at = words.indexOf('node');
  const script = words.at(-1);
  if (at === -1 || script === undefined) throw new Error(`unexpected start script: ${scripts.start}`);
  const own = Object.fromEntries(
    words
      .slice(0, at)
      .filter((word) => word.includes('='))
      .map((word) => word.split('=') as [string, string]),
  );
  return { own, flags: words.slice(at + 1, -1), script: join(ROOT, script) };
}

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });

async function answers(url: string, child: ChildProcess): Promise<void> {
  const until = performance.now() + START_MS;
  while (performance.now() < until && child.exitCode === null) {
    const up = await fetch(`${url}/readyz`).then(
      () => true,
      () => false,
    );
    if (up) return;
    await new Promise((r) => setTimeout(r, 5));
  }
  throw new Error('a server did not start');
}

/** Starts a server and waits until it answers. @param own settings; PORT and HOST are given */
async function startServer(
  command: readonly string[],
  own: Readonly<Record<string, string>>,
  onOutput?: (text: string) => void,
): Promise<ServerProcess> {
  const port = await freePort();
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', PROBE, ...command], {
    cwd: ROOT,
    stdio: ['ignore', onOutput === undefined ? 'ignore' : 'pipe', 'inherit', 'ipc'],
    env: env({ ...own, HOST: '127.0.0.1', PORT: String(port) }),
  });
  child.stdout?.on('data', (chunk) => onOutput?.(String(chunk)));
  const exit = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  const url = `http://127.0.0.1:${port}`;
  await answers(url, child);
  const readyMs = performance.now() - started;
  return {
    url,
    pid: child.pid ?? 0,
    readyMs,
    usage: (collected = false) =>
      new Promise((done, failed) => {
        child.once('message', (message) => done((message as { usage: Usage }).usage));
        child.send(collected ? 'usage-collected' : 'usage', (error) => {
          if (error !== null) failed(error);
        });
      }),
    stop: () => {
      child.kill('SIGTERM');
      return exit;
    },
  };
}

/**
 * Starts the service as `npm start` does, with the same flags. Nothing is recorded, and the sandbox is off, unless set.
 * @param onOutput told what it prints (its log)
 */
export function startService(
  own: Readonly<Record<string, string>> = {},
  onOutput?: (text: string) => void,
): Promise<ServerProcess> {
  const { own: variables, flags, script } = startCommand();
  return startServer([...flags, script], { ...variables, DECISIONS: 'off', SANDBOX: 'false', ...own }, onOutput);
}

/** Starts the bare Express handler, with the same flags. @param size bytes of its answer */
export function startBare(size: number): Promise<ServerProcess> {
  const { own, flags } = startCommand();
  return startServer([...flags, join(import.meta.dirname, 'bare-server.ts'), String(size)], own);
}

/** Runs a script to its end. @returns what it used, and the milliseconds that it took @throws when it fails */
export async function runMeasured(
  command: readonly string[],
  own: Readonly<Record<string, string>> = {},
): Promise<Usage & { readonly wallMs: number; readonly said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const file = join(folder, 'usage.json');
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', PROBE, ...command], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: env({ ...own, BENCH_USAGE: file }),
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += String(chunk);
    });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  const wallMs = performance.now() - started;
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${said}`);
  const usage = JSON.parse(readFileSync(file, 'utf8')) as Usage;
  rmSync(folder, { recursive: true });
  return { ...usage, wallMs, said };
}
