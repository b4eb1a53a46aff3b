import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SmartStub } from '../support/smart-stub.ts';
import { type EhrEntry, PRODUCTION, startTestService, type TestService } from '../support/test-service.ts';
import { UserAgent } from '../support/user-agent.ts';

let ehr: SmartStub;
beforeAll(async () => {
  ehr = await new SmartStub().start();
});
afterAll(() => ehr.close());
beforeEach(() => ehr.reset());

const entry = (smart: Readonly<Record<string, unknown>> = {}): EhrEntry => ({
  ehr: 'main',
  name: 'Main',
  'fhir-bases': [ehr.fhir],
  'private-network': true,
  smart: { 'client-id': 'app-1', ...smart },
});

/** Launches and signs in. @returns the address of the page of orders */
async function launched(service: TestService, agent: UserAgent): Promise<string> {
  const going = await agent.get(`${service.base}/smart/launch?${new URLSearchParams({ iss: ehr.fhir, launch: 'l' })}`);
  const back = new URLSearchParams(ehr.authorize(going.location ?? ''));
  const done = await agent.get(`${service.base}/smart/callback?${back}`);
  expect(done.status, done.text).toBe(303);
  return `${done.location}/orders`;
}

const refreshes = () => ehr.tokenRequests.filter((r) => r.form.get('grant_type') === 'refresh_token');

describe('a token that is about to end', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({}, [entry()]);
  });
  afterAll(() => service.close());
  beforeEach(() => {
    ehr.moods.token = { expires_in: 30 };
  });

  it('T135: is replaced before it is used, and the new one serves on', async () => {
    const agent = new UserAgent();
    const page = await launched(service, agent);
    expect((await agent.get(page)).status).toBe(200);
    expect((await agent.get(page)).status).toBe(200);
    expect(refreshes()).toHaveLength(1);
    expect(refreshes()[0]?.form.get('refresh_token')).toMatch(/^SECRET-refresh-/);
    expect(refreshes()[0]?.form.get('client_assertion')).not.toBe(ehr.tokenRequests[0]?.form.get('client_assertion'));
    expect(new Set(ehr.fhirAuthorizations).size).toBe(1);
    expect(service.log()).not.toContain('SECRET');
  });

  it('T135: is replaced once, however many pages ask at the same time', async () => {
    const agent = new UserAgent();
    const page = await launched(service, agent);
    ehr.moods.refreshMs = 100;
    const pages = await Promise.all([1, 2, 3, 4].map(() => agent.get(page)));
    expect(pages.map((p) => p.status)).toEqual([200, 200, 200, 200]);
    expect(refreshes()).toHaveLength(1);
  });

  it('ends the session when the EHR gives no other', async () => {
    const agent = new UserAgent();
    const page = await launched(service, agent);
    ehr.moods.refreshStatus = 400;
    const seen = await agent.get(page);
    expect(seen.status).toBe(401);
    expect(seen.text).toContain('The session has ended');
    ehr.moods.refreshStatus = 200;
    expect((await agent.get(page)).status).toBe(401);
    expect(refreshes()).toHaveLength(1);
  });

  it('serves on while the EHR’s token endpoint is down', async () => {
    const agent = new UserAgent();
    const page = await launched(service, agent);
    ehr.moods.refreshStatus = 503;
    expect((await agent.get(page)).status).toBe(200);
    ehr.moods.refreshStatus = 200;
    expect((await agent.get(page)).status).toBe(200);
    expect(refreshes()).toHaveLength(2);
  });

  it('ends the session with itself when there is nothing to replace it by', async () => {
    ehr.moods.token = { expires_in: 1, refresh_token: undefined };
    const agent = new UserAgent();
    const page = await launched(service, agent);
    expect((await agent.get(page)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await agent.get(page)).status).toBe(401);
  });
});

describe('the app proves itself', () => {
  const VARIABLE = 'SMART_SECRET_OF_TEST';
  afterEach(() => {
    delete process.env[VARIABLE];
  });

  async function tokenRequest(smart: Readonly<Record<string, unknown>>, configuration: Record<string, unknown> = {}) {
    const service = await startTestService({}, [entry(smart)]);
    ehr.moods.configuration = configuration;
    await launched(service, new UserAgent());
    await service.close();
    const request = ehr.tokenRequests[0];
    if (request === undefined) throw new Error('no token request');
    return request;
  }

  it('by a secret in the header', async () => {
    process.env[VARIABLE] = 'a secret:with/signs';
    const { form, authorization } = await tokenRequest({ authentication: 'client_secret', 'secret-from': VARIABLE });
    const [, credentials = ''] = authorization?.split(' ') ?? [];
    expect(Buffer.from(credentials, 'base64').toString()).toBe('app-1:a+secret%3Awith%2Fsigns');
    for (const name of ['client_secret', 'client_assertion']) expect(form.has(name)).toBe(false);
  });

  it('by a secret in the form, where the EHR takes it only there', async () => {
    process.env[VARIABLE] = 'a secret';
    const { form, authorization } = await tokenRequest(
      { authentication: 'client_secret', 'secret-from': VARIABLE },
      { token_endpoint_auth_methods_supported: ['client_secret_post'] },
    );
    expect(authorization).toBeUndefined();
    expect([form.get('client_id'), form.get('client_secret')]).toEqual(['app-1', 'a secret']);
  });

  it('by its name alone as a public client', async () => {
    const { form, authorization } = await tokenRequest({ authentication: 'public' });
    expect(authorization).toBeUndefined();
    expect(form.get('client_id')).toBe('app-1');
    for (const name of ['client_secret', 'client_assertion']) expect(form.has(name)).toBe(false);
  });

  it('under an address of its own', async () => {
    const { form } = await tokenRequest({ 'redirect-path': '/smart/callback' });
    expect(form.get('redirect_uri')).toMatch(/\/smart\/callback$/);
  });
});

describe('the start', () => {
  const secret = randomBytes(32).toString('base64url');
  const start = (env: Readonly<Record<string, string>>, smart: Readonly<Record<string, unknown>> = {}) =>
    startTestService({ ...PRODUCTION, ...env }, [entry(smart)]);

  it.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, unknown>>, RegExp]>([
    ['a secret to seal orders', {}, { authentication: 'public' }, /^APP_SECRET/],
    [
      'https',
      { APP_SECRET: secret, PUBLIC_URL: 'http://cds.example.org' },
      { authentication: 'public' },
      /^PUBLIC_URL/,
    ],
    ['a key', { APP_SECRET: secret }, {}, /^SMART_KEYS/],
    ['a readable key', { APP_SECRET: secret, SMART_KEYS: '{}' }, {}, /^SMART_KEYS/],
    [
      'the EHR’s secret',
      { APP_SECRET: secret },
      { authentication: 'client_secret', 'secret-from': 'NOT_SET' },
      /^NOT_SET/,
    ],
    ['a long secret', { APP_SECRET: 'short' }, { authentication: 'public' }, /^APP_SECRET/],
  ])('of production needs %s', async (_what, env, smart, message) => {
    await expect(start(env, smart)).rejects.toThrow(message);
  });

  it('of production without an EHR that has the app needs none of it', async () => {
    const service = await startTestService(PRODUCTION, [{ ehr: 'main', name: 'Main', 'fhir-bases': [], issuers: [] }]);
    expect((await fetch(`${service.base}/smart/launch`)).status).toBe(404);
    await service.close();
  });
});
