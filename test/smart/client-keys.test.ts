import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ClientKeys, readKeyFolder, readKeySetting } from '../../src/smart/client-keys.ts';

const ec = (curve = 'P-384') => generateKeyPairSync('ec', { namedCurve: curve }).privateKey;
const rsa = (bits = 2048) => generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
const jwk = (key: ReturnType<typeof ec>, kid?: string) => JSON.stringify({ ...key.export({ format: 'jwk' }), kid });
const pem = (key: ReturnType<typeof ec>) => String(key.export({ format: 'pem', type: 'pkcs8' }));

let folder = mkdtempSync(join(tmpdir(), 'keys-'));
beforeEach(() => {
  rmSync(folder, { recursive: true });
  folder = mkdtempSync(join(tmpdir(), 'keys-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, content: string): void => writeFileSync(join(folder, name), content);

const AUDIENCE = 'https://ehr.example.org/token';
const keysAt = (date: string): ClientKeys =>
  new ClientKeys(
    () => Promise.resolve(readKeyFolder(folder)),
    () => Date.parse(date),
  );

describe('a folder of keys', () => {
  it('T130: holds JWK and PEM; every key is published without its private part', async () => {
    put('2026-01-01-ec.json', jwk(ec(), 'one'));
    put('2026-01-01-rsa.pem', pem(rsa()));
    const { keys } = await keysAt('2026-02-01T00:00:00Z').publicKeys();
    expect(keys.map((k) => [k.kty, k.alg, k.use])).toEqual([
      ['EC', 'ES384', 'sig'],
      ['RSA', 'RS384', 'sig'],
    ]);
    expect(keys[0]?.kid).toBe('one');
    expect(keys[1]?.kid).toMatch(/^[\w-]{43}$/);
    for (const key of keys) expect(key).not.toHaveProperty('d');
  });

  it('rotates by dates: a key of the future is published, the newest of the past signs', async () => {
    put('2026-01-01.json', jwk(ec(), 'january'));
    put('2026-03-01.json', jwk(ec(), 'march'));
    const kidAt = async (date: string): Promise<string | undefined> => {
      const keys = keysAt(date);
      const assertion = await keys.assertion('app', AUDIENCE);
      const { payload } = await jwtVerify(assertion, createLocalJWKSet(await keys.publicKeys()), {
        audience: AUDIENCE,
        issuer: 'app',
        currentDate: new Date(date),
      });
      expect(payload.sub).toBe('app');
      return decodeProtectedHeader(assertion).kid;
    };
    expect(await kidAt('2026-02-01T00:00:00Z')).toBe('january');
    expect((await keysAt('2026-02-01T00:00:00Z').publicKeys()).keys).toHaveLength(2);
    expect(await kidAt('2026-03-01T00:00:00Z')).toBe('march');
    await expect(keysAt('2025-12-31T00:00:00Z').assertion('app', AUDIENCE)).rejects.toThrow('no key signs yet');
  });

  it('signs with what the EHR takes, else with the newest', async () => {
    put('2026-01-01-rsa.json', jwk(rsa()));
    put('2026-02-01-ec.json', jwk(ec()));
    const keys = keysAt('2026-03-01T00:00:00Z');
    const algorithm = async (taken?: readonly string[]) =>
      decodeProtectedHeader(await keys.assertion('app', AUDIENCE, taken)).alg;
    expect(await algorithm()).toBe('ES384');
    expect(await algorithm(['RS384', 'RS256'])).toBe('RS384');
    expect(await algorithm(['ES384'])).toBe('ES384');
    expect(await algorithm(['PS512'])).toBe('ES384');
  });

  it('is empty when there is none', () => {
    expect(readKeyFolder(join(folder, 'nothing'))).toEqual([]);
  });

  it.each([
    ['2026-01-01.json', 'not json', 'expected a private key'],
    ['2026-01-01.json', () => JSON.stringify(JSON.parse(jwk(ec('P-256')))), 'expected a private key'],
    ['2026-01-01.pem', () => pem(rsa(1024)), 'expected a private key'],
    ['2026-01-01.json', '{"kty":"EC","crv":"P-384","x":"SECRET","y":"SECRET"}', 'expected a private key'],
    ['newest.json', () => jwk(ec()), 'begins with a date'],
    ['2026-13-01.json', () => jwk(ec()), 'begins with a date'],
  ])('%s with something else stops the start, and shows nothing of it', (name, content, message) => {
    put(name, typeof content === 'string' ? content : content());
    let error: unknown;
    try {
      readKeyFolder(folder);
    } catch (e) {
      error = e;
    }
    expect(String((error as Error).message)).toContain(message);
    expect(String((error as Error).message)).not.toContain('SECRET');
  });

  it('may not hold two keys of one kid', () => {
    put('2026-01-01-a.json', jwk(ec(), 'same'));
    put('2026-01-01-b.json', jwk(ec(), 'same'));
    expect(() => readKeyFolder(folder)).toThrow('two keys have the kid "same"');
  });
});

describe('keys as a setting', () => {
  it('are a set, oldest first', async () => {
    const set = JSON.stringify({ keys: [JSON.parse(jwk(ec(), 'old')), JSON.parse(jwk(ec(), 'new'))] });
    const keys = new ClientKeys(() => Promise.resolve(readKeySetting(set)));
    expect(decodeProtectedHeader(await keys.assertion('app', AUDIENCE)).kid).toBe('new');
  });

  it.each(['', 'x', '{}', '{"keys":[]}', '[]', '{"keys":[{"kty":"EC"}]}'])('cannot be "%s"', (setting) => {
    expect(() => readKeySetting(setting)).toThrow(/expected/);
  });
});
