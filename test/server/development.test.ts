import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/server/config.ts';
import { listen } from '../../src/server/listen.ts';
import { createService } from '../../src/server/service.ts';
import { callerFinder } from '../../src/trust/caller.ts';
import { ROOT } from '../support/knowledge.ts';

const LOOPBACK = 'http://127.0.0.1:9999/fhir';
const CDS_HOOKS_SANDBOX = 'https://sandbox.cds-hooks.org';
const PRODUCTION = { NODE_ENV: 'production', PUBLIC_URL: 'https://cds.example.org' };
const serviceWith = (NODE_ENV: string) =>
  createService(readConfig({ ...PRODUCTION, NODE_ENV, DECISIONS: 'off' }), pino({ level: 'silent' }));

/** What the service lets a browser of another origin do. */
async function allowedOrigin(mode: string): Promise<string | null> {
  const listening = await listen(serviceWith(mode).app, '127.0.0.1', 0);
  try {
    const response = await fetch(`http://127.0.0.1:${listening.port}/cds-services`, {
      method: 'OPTIONS',
      headers: { origin: CDS_HOOKS_SANDBOX, 'access-control-request-method': 'GET' },
    });
    return response.headers.get('access-control-allow-origin');
  } finally {
    await listening.close({ graceMs: 500, idle: 'cut' });
  }
}

describe('development mode', () => {
  it('takes every loopback base for the EHR "development", which has a default payer', () => {
    const found = callerFinder(serviceWith('development').registry, true)(LOOPBACK, undefined);
    expect(found).toMatchObject({
      fhir: { privateNetwork: true },
      ehr: { id: 'development', defaultPayer: { payer: 'kaiser-wa' } },
    });
  });

  it('takes a client that names no FHIR base for that EHR too, and reads nowhere for it', () => {
    const found = callerFinder(serviceWith('development').registry, true)(undefined, undefined);
    expect(found).toMatchObject({ ehr: { id: 'development', defaultPayer: { payer: 'kaiser-wa' } } });
    expect(found.fhir).toBeUndefined();
    expect(callerFinder(serviceWith('production').registry, false)(undefined, undefined)).toEqual({});
  });

  it('lets the official CDS Hooks Sandbox call', async () => {
    expect(await allowedOrigin('development')).toBe(CDS_HOOKS_SANDBOX);
  });
});

describe('production', () => {
  it('does not know that EHR, nor its origins', async () => {
    const { registry } = serviceWith('production');
    expect(registry.byId('development')).toBeUndefined();
    expect(callerFinder(registry, false)(LOOPBACK, undefined)).toEqual({});
    expect(await allowedOrigin('production')).toBeNull();
  });

  it('serves nothing of the sandbox', async () => {
    const service = serviceWith('production');
    const listening = await listen(service.app, '127.0.0.1', 0);
    try {
      for (const path of ['', '/ehr/start', '/fhir/metadata', '/oauth/auth', '/.well-known/jwks.json'])
        for (const method of ['GET', 'POST'])
          expect((await fetch(`http://127.0.0.1:${listening.port}/sandbox${path}`, { method })).status).toBe(404);
    } finally {
      await listening.close({ graceMs: 500, idle: 'cut' });
    }
  });

  it('does not even load it: only the start does, when it is served', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
    const loading = files
      .filter((f) => f.endsWith('.ts') && !f.startsWith('sandbox/'))
      .flatMap((f) =>
        readFileSync(join(ROOT, 'src', f), 'utf8')
          .split('\n')
          .filter((line) => /from '.*\/sandbox\//.test(line) && !line.startsWith('import type'))
          .map((line) => `${f}: ${/'(.*)'/.exec(line)?.[1]}`),
      );
    expect(loading.filter((l) => !l.endsWith('/sandbox/paths.ts'))).toEqual([]);
  });

  it('T009: needs a public address with https, unless it is this machine', () => {
    expect(() => readConfig({ ...PRODUCTION, PUBLIC_URL: 'http://cds.example.org' })).toThrow(/^PUBLIC_URL: https/);
    expect(readConfig({ ...PRODUCTION, PUBLIC_URL: 'http://127.0.0.1:3000' }).development).toBe(false);
  });

  it('refuses to serve the sandbox', () => {
    expect(() => readConfig({ ...PRODUCTION, SANDBOX: 'true' })).toThrow(/SANDBOX/);
    expect(readConfig(PRODUCTION).SANDBOX).toBe(false);
  });
});
