import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { settingsTable } from '../../src/cli/config.ts';

const ROOT = resolve(import.meta.dirname, '../..');

interface Run {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly exit: Promise<number | null>;
}

const running: ChildProcess[] = [];
const folders: string[] = [];
let blocker: Server | undefined;

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  blocker?.close();
  blocker = undefined;
});

/** Runs the service as `npm start` does, on a free port unless said. */
function start(env: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, ['src/start.ts'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], PORT: '0', DECISIONS: 'off', LOG_LEVEL: 'error', ...env },
  });
  running.push(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (c) => {
    out += String(c);
  });
  child.stderr.on('data', (c) => {
    err += String(c);
  });
  return {
    child,
    out: () => out,
    err: () => err,
    exit: new Promise((done) => child.once('exit', (code) => done(code))),
  };
}

async function until(said: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !said(); i++) await new Promise((r) => setTimeout(r, 50));
  expect(said()).toBe(true);
}

const baseOf = (run: Run): string => /CDS Hooks +(http\S+)\/cds-services/.exec(run.out())?.[1] ?? '';

/** A copy of the policies in which one file is changed. */
function policiesWith(file: string, change: (text: string) => string): string {
  const folder = mkdtempSync(join(tmpdir(), 'policies-'));
  folders.push(folder);
  cpSync(join(ROOT, 'policies'), folder, { recursive: true });
  writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8')));
  return folder;
}

describe('start', () => {
  it('says where it listens, warns of development mode, and prints a command that returns a card', async () => {
    const run = start();
    await until(() => run.out().includes('curl -s'));
    expect(run.out()).toContain('DEVELOPMENT MODE');
    const command = run.out().match(/^curl -s (\S+) -H '([^:]+): ([^']+)' -d '(.*)'$/m);
    const [, url = '', name = '', value = '', body = ''] = command ?? [];
    const answer = await fetch(url, {
      method: 'POST',
      headers: { [name]: value },
      body: body.replaceAll(`'\\''`, `'`),
    });
    const { cards } = (await answer.json()) as { cards: { extension: Record<string, { satisfied?: unknown[] }> }[] };
    expect(answer.status).toBe(200);
    const evidence = JSON.stringify(cards[0]?.extension['org.payer-policy-cds.assessment']?.satisfied);
    expect(evidence).toMatch(/"reference":"[A-Z]\w+\/ada-/);
  });

  it('says that it is open to the network where HOST makes it so', async () => {
    const [open, here] = [start({ HOST: '0.0.0.0', SANDBOX: 'false' }), start({ HOST: '127.0.0.2', SANDBOX: 'false' })];
    for (const run of [open, here]) await until(() => run.out().includes('DEVELOPMENT MODE'));
    await until(() => open.out().includes('OPEN TO THE NETWORK: with HOST=0.0.0.0'));
    expect(here.out()).not.toContain('OPEN TO THE NETWORK');
  });

  it('drains on SIGTERM: a call in work is answered, then the process ends', async () => {
    const slow = createServer((_req, res) => {
      setTimeout(() => {
        res.writeHead(404, { 'content-type': 'application/fhir+json' });
        res.end('{"resourceType":"OperationOutcome","issue":[]}');
      }, 700);
    });
    blocker = slow;
    await new Promise<void>((ready) => slow.listen(0, '127.0.0.1', ready));
    const run = start();
    await until(() => run.out().includes('curl -s'));
    const call = fetch(`${baseOf(run)}/cds-services/spine-imaging-order-select`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        hook: 'order-select',
        hookInstance: 'b5d1a7a4-5f0c-4f0e-9c0e-7d3f5f1f2a11',
        fhirServer: `http://127.0.0.1:${(slow.address() as AddressInfo).port}/fhir`,
        fhirAuthorization: {
          access_token: 't',
          token_type: 'Bearer',
          expires_in: 60,
          scope: 'user/*.rs',
          subject: 'x',
        },
        context: {
          userId: 'Practitioner/a',
          patientId: 'p',
          selections: ['ServiceRequest/o'],
          draftOrders: {
            resourceType: 'Bundle',
            entry: [
              {
                resource: {
                  resourceType: 'ServiceRequest',
                  id: 'o',
                  status: 'draft',
                  intent: 'order',
                  subject: { reference: 'Patient/p' },
                  code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '72148' }] },
                },
              },
            ],
          },
        },
      }),
    });
    await new Promise((r) => setTimeout(r, 300));
    run.child.kill('SIGTERM');
    expect((await call).status).toBe(200);
    expect(await run.exit).toBe(0);
  });

  it('lives on when nobody reads what it prints', async () => {
    const run = start({ LOG_LEVEL: 'info' });
    await until(() => run.out().includes('curl -s'));
    const base = baseOf(run);
    run.child.stdout?.destroy();
    for (let i = 0; i < 3; i++) expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await fetch(`${base}/cds-services`)).status).toBe(200);
  });
});

describe('a start that cannot be is stopped with one clear line', () => {
  it('a taken port', async () => {
    blocker = createServer();
    const server = blocker;
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const { port } = server.address() as AddressInfo;
    const run = start({ PORT: String(port), SANDBOX: 'false' });
    expect(await run.exit).toBe(1);
    expect(run.err().trim()).toBe(`cannot listen on 127.0.0.1:${port}: the port is taken; set PORT to another one`);
  });

  it('a bad setting', async () => {
    const run = start({ DEADLINE_MS: 'soon' });
    expect(await run.exit).toBe(1);
    expect(run.err().trim().split('\n')).toHaveLength(1);
    expect(run.err()).toMatch(/^bad setting: DEADLINE_MS: .*soon/);
  });

  it.each([
    [
      'a folder that cannot be',
      'package.json/decisions.sqlite',
      /^bad setting: DECISIONS: package\.json\/decisions\.sqlite cannot be written \(\w+\)$/,
    ],
    ['a file of another kind', 'package.json', /^bad setting: DECISIONS: package\.json is not an SQLite file$/],
  ])('decisions in %s', async (_, file, message) => {
    const run = start({ DECISIONS: file });
    expect(await run.exit).toBe(1);
    expect(run.err().trim()).toMatch(message);
  });

  it.each(['POLICIES', 'CDS_SERVICES', 'SMART_CONFIG', 'CRD_CONFIG'])('%s that does not exist', async (name) => {
    const run = start({ [name]: '/nowhere', SANDBOX: 'false' });
    expect(await run.exit).toBe(1);
    expect(run.err().trim()).toMatch(
      new RegExp(`^bad setting: ${name}: there is no such (folder|file) \\(given: "/nowhere"\\)$`),
    );
  });

  it('a broken policy file, with file, line and column', async () => {
    const file = 'kaiser-wa/lumbar-mri/2020-09-01.yaml';
    const folder = policiesWith(file, (text) => text.replace(/^governs:.*$/m, 'governs: [72148]'));
    const run = start({ POLICIES: folder, SANDBOX: 'false' });
    expect(await run.exit).toBe(1);
    expect(run.err().trim().split('\n')).toHaveLength(1);
    expect(run.err()).toMatch(/2020-09-01\.yaml:\d+:\d+ governs\.0: .*"72148"/);
  });
});

describe('README', () => {
  it('lists every setting with its default', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const [, table] = /<!-- settings[^>]*-->\n([\s\S]*?)\n<!-- \/settings -->/.exec(readme) ?? [];
    expect(table?.split('\n')).toEqual([...settingsTable()]);
  });
});
