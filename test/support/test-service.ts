import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { readConfig } from '../../src/server/config.ts';
import { listen } from '../../src/server/listen.ts';
import { createService, type Service } from '../../src/server/service.ts';

/** A service of its own registry and settings on a free port of this machine. */
export interface TestService {
  readonly base: string;
  readonly service: Service;
  /** everything that was logged, as text */
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

/** What a registry entry file holds. */
export type EhrEntry = Readonly<Record<string, unknown>> & { readonly ehr: string; readonly name: string };

/**
 * Starts a service.
 * @param env settings; logs are kept for the test
 * @param ehrs entries of the registry
 */
export async function startTestService(
  env: Readonly<Record<string, string>> = {},
  ehrs: readonly EhrEntry[] = [],
): Promise<TestService> {
  const folder = mkdtempSync(join(tmpdir(), 'cds-test-'));
  mkdirSync(join(folder, 'ehrs'));
  for (const entry of ehrs) writeFileSync(join(folder, 'ehrs', `${entry.ehr}.yaml`), stringify(entry));
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const config = readConfig({ NODE_ENV: 'test', DECISIONS: 'off', SMART_CONFIG: folder, LOG_LEVEL: 'debug', ...env });
  const service = createService(config, pino({ level: config.LOG_LEVEL, base: null }, sink));
  const listening = await listen(service.app, '127.0.0.1', 0);
  return {
    base: `http://127.0.0.1:${listening.port}`,
    service,
    log: () => lines.join(''),
    close: async () => {
      await listening.close({ graceMs: 200, idle: 'cut' });
      await service.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The settings of production, with the public address under which tokens name the service. */
export const PUBLIC_URL = 'https://cds.example.org';
export const PRODUCTION = { NODE_ENV: 'production', PUBLIC_URL, TZ: 'UTC' } as const;
