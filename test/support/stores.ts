import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Decision } from '../../src/decisions/decision.ts';
import { type Postgres, startPostgres } from './postgres.ts';

/** Gives a new, empty store. @returns where it is, as a setting names it */
export type FreshPlace = () => Promise<string>;

/** The same tests on SQLite and on PostgreSQL. */
export function onBothStores(tests: (fresh: FreshPlace) => void): void {
  describe('on SQLite', () => {
    const folders: string[] = [];
    afterAll(() => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    });
    tests(() => {
      const folder = mkdtempSync(join(tmpdir(), 'store-test-'));
      folders.push(folder);
      return Promise.resolve(join(folder, 'store.sqlite'));
    });
  });
  describe('on PostgreSQL', () => {
    let server: Postgres | undefined;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(async () => server?.stop());
    tests(() => {
      if (server === undefined) throw new Error('PostgreSQL is not running');
      return server.database();
    });
  });
}

let number = 0;

/** A decision record. */
export function decision(change: Partial<Decision> = {}): Decision {
  number++;
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return {
    id,
    card: `card-of-${id}`,
    assessment: 'a',
    at: '2026-03-02T08:00:00.000Z',
    base: 'cds',
    mode: 'live',
    service: 'spine-imaging-order-select',
    hook: 'order-select',
    ehr: null,
    issuer: null,
    policy: 'kaiser-wa-lumbar-mri',
    policyVersion: '2024',
    policyHash: 'f00d',
    engine: '0.1.0',
    asOf: '2026-03-02',
    serviceDate: '2026-03-09',
    patient: 'p1',
    study: '72148',
    payer: 'kaiser-wa',
    lineOfBusiness: 'commercial',
    outcome: 'undetermined',
    reason: 'documentation',
    latencyMs: 3.5,
    result: '{"outcome":"undetermined"}',
    facts: '[{"truth":"unknown"}]',
    input: '{"patientId":"p1"}',
    ...change,
  };
}
