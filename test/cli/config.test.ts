import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { config } from '../../src/cli/config.ts';
import { listSettings } from '../../src/server/config.ts';
import { runCommand } from '../support/run-command.ts';

afterEach(() => vi.unstubAllEnvs());

describe('config', () => {
  it('lists every setting with meaning and default, as its help does', async () => {
    const { code, text } = await runCommand(config, []);
    expect(code).toBe(0);
    for (const { name, meaning, fallback } of listSettings()) {
      expect(meaning.length).toBeGreaterThan(5);
      const line = `${name.padEnd(20)} ${meaning}${fallback === undefined ? '' : ` [${fallback}]`}`;
      expect(text.split('\n')).toContain(line);
      expect(config.help).toContain(line);
    }
    expect(text).toMatch(/^The service would start\. EHRs: development\. Policies: cigna-evicore-spine, .*\.$/m);
  });

  it.each([
    ['PORT', 'seventy', /PORT: expected a whole number from 0 to 65535 \(given: "seventy"\)$/],
    ['DEADLINE_MS', '1', /DEADLINE_MS: expected a whole number from 50 to 60000/],
    ['RATE_LIMIT', '-1', /RATE_LIMIT: expected a whole number of at least 0/],
    ['MAX_REQUESTS', '-1.5', /MAX_REQUESTS: expected a whole number of at least 1 \(given: "-1.5"\)$/],
    ['NODE_ENV', 'prod', /NODE_ENV: expected one of development, test, production/],
    ['SANDBOX', 'yes', /SANDBOX: expected true or false/],
    ['ADMIN_TOKEN', 'short', /ADMIN_TOKEN: expected at least 32 characters$/],
    ['PUBLIC_URL', 'cds.example.org', /PUBLIC_URL: expected an address with https:\/\/ [^;]*$/],
    ['TIME_ZONE', 'Mars/Olympus', /TIME_ZONE: expected an IANA time zone/],
    ['TRUST_PROXY', 'true', /TRUST_PROXY: expected how many proxies/],
    ['TRUST_PROXY', '10.0.0.0/33', /TRUST_PROXY: expected how many proxies/],
    ['PUBLIC_URL', 'https://user:secret@cds.example.org', /PUBLIC_URL: expected an address without credentials/],
    ['PUBLIC_URL', 'https://cds.example.org/?tenant=1', /PUBLIC_URL: expected an address without/],
    ['CANONICAL_BASE', 'https://cds.example.org/fhir#x', /CANONICAL_BASE: expected an address without/],
    ['BODY_LIMIT', '0mb', /BODY_LIMIT: expected e.g./],
    ['BODY_LIMIT', '300mb', /BODY_LIMIT: larger than MAX_REQUEST_MB/],
    ['DATABASE_URL', 'mysql://x', /DATABASE_URL: expected postgres/],
  ])('names a bad %s and what is expected', async (name, value, message) => {
    vi.stubEnv(name, value);
    await expect(async () => runCommand(config, [])).rejects.toThrow(message);
  });

  it('does not repeat credentials of an address', async () => {
    vi.stubEnv('PUBLIC_URL', 'https://user:secret@cds.example.org');
    await expect(async () => runCommand(config, [])).rejects.toThrow(/^(?!.*secret)PUBLIC_URL/);
  });

  it('names what an EHR of the registry needs and is not there, as the start does', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-'));
    const ehr = join(folder, 'ehrs/general-hospital.yaml');
    mkdirSync(join(folder, 'ehrs'));
    writeFileSync(
      ehr,
      `ehr: general-hospital
name: General Hospital
fhir-bases: [https://ehr.example.org/r4]
issuers: [{ iss: https://ehr.example.org, jwks-url: https://ehr.example.org/jwks.json }]
smart: { client-id: abc }
`,
    );
    vi.stubEnv('NODE_ENV', 'production');
    vi.stubEnv('PUBLIC_URL', 'https://cds.example.org');
    vi.stubEnv('SMART_CONFIG', folder);
    const run = (): Promise<unknown> => runCommand(config, []);
    try {
      await expect(run).rejects.toThrow(/APP_SECRET: required where an EHR has the SMART app/);
      vi.stubEnv('APP_SECRET', 'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY');
      await expect(run).rejects.toThrow(/SMART_KEYS: an EHR wants private_key_jwt/);
      writeFileSync(ehr, 'ehr: general-hospital\n');
      await expect(run).rejects.toThrow(/general-hospital.yaml/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('never repeats what may be a secret', async () => {
    vi.stubEnv('ADMIN_TOKEN', 'too-short-SECRET');
    await expect(async () => runCommand(config, [])).rejects.toThrow(/ADMIN_TOKEN/);
    await expect(async () => runCommand(config, [])).rejects.not.toThrow(/too-short-SECRET/);
    vi.stubEnv('ADMIN_TOKEN', 'a-long-and-valid-SECRET-of-administrators');
    expect((await runCommand(config, [])).text).not.toContain('SECRET-of');
  });
});
