import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { openStore } from '../../src/decisions/store/open-store.ts';
import { type ClientKey, goodClaims, makeKey, signToken } from '../support/client-keys.ts';
import { type Answer, ORDER_SELECT, orderSelectCall, post } from '../support/hook-request.ts';
import { listAt } from '../support/json-path.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { PRODUCTION, PUBLIC_URL, startTestService, type TestService } from '../support/test-service.ts';

const ISSUER = 'https://ehr.example.org';
const CALLERS = 4;
const BEFORE = 60;
const AFTER = 60;
const MINUTE_MS = 60_000;

let postgres: Postgres;
let database: string;
let folder: string;
let key: ClientKey;
let services: readonly [ServiceProcess, ServiceProcess];

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.database();
  key = await makeKey();
  folder = mkdtempSync(join(tmpdir(), 'registry-'));
  mkdirSync(join(folder, 'ehrs'));
  const ehr = { ehr: 'main', name: 'Main', issuers: [{ iss: ISSUER, keys: [key.publicJwk] }] };
  writeFileSync(join(folder, 'ehrs', 'main.yaml'), stringify(ehr));
  // An answer waits for its record, so that each one that goes out says "stored".
  const env = {
    ...PRODUCTION,
    DATABASE_URL: database,
    SMART_CONFIG: folder,
    RATE_LIMIT: '0',
    DECISIONS_WAIT_MS: '2000',
  };
  services = await Promise.all([startServiceProcess(env), startServiceProcess(env)]);
}, 120_000);
afterAll(async () => {
  for (const { child } of services) child.kill('SIGTERM');
  await Promise.all(services.map((s) => s.exit));
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

const newToken = (): Promise<string> =>
  signToken(key, goodClaims(ISSUER, `${PUBLIC_URL}/cds-services/${ORDER_SELECT}`));
const call = ({ base }: { readonly base: string }, token: string): Promise<Answer> =>
  post(`${base}/cds-services/${ORDER_SELECT}`, orderSelectCall(), { authorization: `Bearer ${token}` });

describe('two processes on one PostgreSQL under load, one of them killed', () => {
  const used: string[] = [];
  const acknowledged: string[] = [];
  let broken = 0;
  let unexpected: readonly number[] = [];

  beforeAll(async () => {
    const [first, second] = services;
    const statuses: number[] = [];
    let killed = false;
    let afterwards = 0;
    const caller = async (number: number): Promise<void> => {
      for (let i = number; afterwards < AFTER; i++) {
        const token = await newToken();
        try {
          const answer = await call(i % 2 === 0 && !killed ? first : second, token);
          statuses.push(answer.status);
          used.push(token);
          if (answer.headers.get('x-decisions') === 'stored')
            acknowledged.push(...listAt(answer.body, 'cards').map((c) => (c as { readonly uuid: string }).uuid));
          if (killed) afterwards++;
        } catch {
          // The connection broke: nothing was acknowledged.
          broken++;
        }
        if (!killed && used.length >= BEFORE) {
          killed = true;
          first.child.kill('SIGKILL');
        }
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, (_, n) => caller(n)));
    await first.exit;
    unexpected = statuses.filter((s) => s !== 200);
  }, 120_000);

  it('goes on with the other one', () => {
    expect(unexpected).toEqual([]);
    expect(used.length).toBeGreaterThanOrEqual(BEFORE + AFTER);
    expect(broken).toBeLessThanOrEqual(CALLERS);
  });

  it('loses no record that an answer called stored', async () => {
    const store = await openStore(database);
    try {
      const found = await Promise.all(acknowledged.map((card) => store.get(card)));
      expect(acknowledged.length).toBe(used.length);
      expect(found.map((d) => d?.card)).toEqual(acknowledged);
    } finally {
      await store.close();
    }
  });

  it('answers no token twice, wherever it was answered first', { timeout: 60_000 }, async () => {
    const [, second] = services;
    const again: number[] = [];
    for (const token of used) again.push((await call(second, token)).status);
    expect(new Set(again)).toEqual(new Set([401]));
  });

  it('answers a token once that comes to both at the same time', { timeout: 60_000 }, async () => {
    const [, second] = services;
    const third = await startServiceProcess({
      ...PRODUCTION,
      DATABASE_URL: database,
      SMART_CONFIG: folder,
      RATE_LIMIT: '0',
    });
    try {
      for (let i = 0; i < 20; i++) {
        const token = await newToken();
        const statuses = (await Promise.all([call(second, token), call(third, token)])).map((a) => a.status);
        expect([...statuses].sort()).toEqual([200, 401]);
      }
    } finally {
      third.child.kill('SIGTERM');
      await third.exit;
    }
  });
});

it('two services on one PostgreSQL count the calls of a client together', { timeout: 60_000 }, async () => {
  const env = { ...PRODUCTION, DATABASE_URL: await postgres.database(), SMART_CONFIG: folder, RATE_LIMIT: '5' };
  const both = await Promise.all([startTestService(env), startTestService(env)]);
  await Promise.all(both.map((s) => s.service.opened));
  // Calls are counted by the minute of the clock: begin early in one.
  const left = MINUTE_MS - (Date.now() % MINUTE_MS);
  if (left < MINUTE_MS / 6) await new Promise((resolve) => setTimeout(resolve, left));
  const statuses: number[] = [];
  for (let i = 0; i < 7; i++) statuses.push((await call(both[i % 2] as TestService, await newToken())).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  await Promise.all(both.map((s) => s.close()));
});
