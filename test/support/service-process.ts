import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const READY_MS = 60_000;

/** The service as `npm start` runs it, in a process of its own. */
export interface ServiceProcess {
  readonly child: ChildProcess;
  readonly base: string;
  /** everything that it printed */
  readonly said: () => string;
  /** its exit code */
  readonly exit: Promise<number | null>;
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}

/** Waits until something holds. @throws with what was waited for when it does not come about */
export async function until(holds: () => boolean | Promise<boolean>, what: string, ms = READY_MS): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    if (await holds()) return;
    await new Promise((r) => setTimeout(r, 25));
  }
  throw new Error(`waited in vain: ${what}`);
}

const isReady = (base: string): Promise<boolean> =>
  fetch(`${base}/readyz`).then(
    (res) => res.ok,
    () => false,
  );

/**
 * Starts the service on a free port and waits until it serves. The caller ends it.
 * @param wrap makes of the command that runs the service another one, which ends in it
 * @throws when it does not start
 */
export async function startServiceProcess(
  env: Readonly<Record<string, string>>,
  wrap: (command: readonly string[]) => readonly string[] = (command) => command,
): Promise<ServiceProcess> {
  const port = await freePort();
  const [command = '', ...args] = wrap([process.execPath, 'src/start.ts']);
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], PORT: String(port), SANDBOX: 'false', DECISIONS: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += String(chunk);
    });
  const base = `http://127.0.0.1:${port}`;
  const exit = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  await until(() => child.exitCode !== null || isReady(base), 'the service is ready');
  if (child.exitCode !== null) throw new Error(`the service did not start:\n${said}`);
  return { child, base, said: () => said, exit };
}
