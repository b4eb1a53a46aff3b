import { createHash, randomBytes } from 'node:crypto';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assertionClaims, SmartStub } from '../support/smart-stub.ts';
import { PRODUCTION, startTestService, type TestService } from '../support/test-service.ts';
import { hiddenField, UserAgent } from '../support/user-agent.ts';

let ehr: SmartStub;
let other: SmartStub;
let service: TestService;

beforeAll(async () => {
  ehr = await new SmartStub().start();
  other = await new SmartStub().start();
  service = await startTestService({}, [
    {
      ehr: 'development',
      name: 'Main EHR',
      'fhir-bases': [ehr.fhir],
      'private-network': true,
      smart: {
        'client-id': 'app-1',
        'more-scopes': ['online_access'],
        'frame-ancestors': ['https://ehr.example.org'],
      },
    },
  ]);
});
afterAll(async () => {
  await service.close();
  await ehr.close();
  await other.close();
});
beforeEach(() => {
  ehr.reset();
  other.reset();
});

const launchUrl = (iss = ehr.fhir, launch = 'xyz123'): string =>
  `${service.base}/smart/launch?${new URLSearchParams({ iss, launch })}`;
const back = (parameters: Readonly<Record<string, string>>): string =>
  `${service.base}/smart/callback?${new URLSearchParams(parameters)}`;

/** Launches, signs in, comes back. */
async function launched(agent = new UserAgent()): Promise<string> {
  const going = await agent.get(launchUrl());
  const { code, state } = ehr.authorize(going.location ?? '');
  const done = await agent.get(back({ code, state }));
  expect(done.status, done.text).toBe(303);
  return done.location ?? '';
}

describe('an EHR launch', () => {
  it('T124: goes to the EHR with everything that SMART asks for', async () => {
    const going = await new UserAgent().get(launchUrl());
    expect(going.status).toBe(303);
    const url = new URL(going.location ?? '');
    expect(url.origin + url.pathname).toBe(`${ehr.origin}/authorize`);
    const q = Object.fromEntries(url.searchParams);
    expect(q).toMatchObject({
      response_type: 'code',
      client_id: 'app-1',
      redirect_uri: `${service.base}/smart/callback`,
      launch: 'xyz123',
      aud: ehr.fhir,
      code_challenge_method: 'S256',
    });
    expect(q['scope']?.split(' ')).toEqual(
      expect.arrayContaining([
        'launch',
        'openid',
        'fhirUser',
        'online_access',
        'patient/Condition.rs',
        'patient/QuestionnaireResponse.crus',
      ]),
    );
    expect(Buffer.from(q['state'] ?? '', 'base64url').length).toBeGreaterThanOrEqual(16);
    expect(q['code_challenge']).toMatch(/^[\w-]{43}$/);
  });

  it('T124: says in aud what the launch said in iss, to the letter', async () => {
    const going = await new UserAgent().get(launchUrl(`${ehr.fhir}/`));
    expect(new URL(going.location ?? '').searchParams.get('aud')).toBe(`${ehr.fhir}/`);
  });

  it('T134: ends in the choice of an order, with the token on the server alone', async () => {
    const agent = new UserAgent();
    const location = await launched(agent);
    expect(location).toMatch(new RegExp(`^${service.base}/smart/launches/[\\w-]{43}$`));
    const page = await agent.get(`${location}/orders`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('Which order?');
    expect(page.text).not.toContain('SECRET');
    expect(ehr.fhirAuthorizations[0]).toMatch(/^Bearer SECRET-access-/);
    expect([...agent.cookies.values()].join(' ')).not.toContain('SECRET');
    expect(service.log()).not.toMatch(/SECRET|xyz123/);
  });

  it('T129: proves the app by a private_key_jwt that verifies with our published keys', async () => {
    await launched();
    const form = ehr.tokenRequests[0]?.form ?? new URLSearchParams();
    expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    expect(form.has('client_id')).toBe(false);
    expect(form.has('client_secret')).toBe(false);
    const keys = (await (await fetch(`${service.base}/smart/jwks.json`)).json()) as JSONWebKeySet;
    for (const key of keys.keys)
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) expect(key).not.toHaveProperty(secret);
    const { payload, protectedHeader } = await jwtVerify(form.get('client_assertion') ?? '', createLocalJWKSet(keys), {
      issuer: 'app-1',
      subject: 'app-1',
      audience: ehr.tokenEndpoint,
      algorithms: ['ES384', 'RS384'],
      typ: 'JWT',
      requiredClaims: ['exp', 'iat', 'jti'],
    });
    expect(payload.aud).toBe(ehr.tokenEndpoint);
    expect((payload.exp ?? 0) - Date.now() / 1000).toBeLessThanOrEqual(300);
    expect(keys.keys.find((k) => k.kid === protectedHeader.kid)?.alg).toBe(protectedHeader.alg);
  });

  it('T129: uses each assertion once', async () => {
    await launched();
    await launched();
    const ids = ehr.tokenRequests.map((r) => assertionClaims(r.form)['jti']);
    expect(new Set(ids).size).toBe(2);
  });

  it('signs with an algorithm that the EHR takes', async () => {
    const one = await startTestService({}, [
      { ehr: 'a', name: 'A', 'fhir-bases': [ehr.fhir], 'private-network': true, smart: { 'client-id': 'app-1' } },
    ]);
    ehr.moods.configuration = { token_endpoint_auth_signing_alg_values_supported: ['RS384'] };
    const agent = new UserAgent();
    const going = await agent.get(`${one.base}/smart/launch?${new URLSearchParams({ iss: ehr.fhir, launch: 'l' })}`);
    const { code, state } = ehr.authorize(going.location ?? '');
    await agent.get(`${one.base}/smart/callback?${new URLSearchParams({ code, state })}`);
    await one.close();
    const assertion = ehr.tokenRequests[0]?.form.get('client_assertion') ?? '';
    expect(JSON.parse(Buffer.from(assertion.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
      alg: 'RS384',
    });
  });

  it('T125: sends the verifier of its challenge', async () => {
    const agent = new UserAgent();
    const location = (await agent.get(launchUrl())).location ?? '';
    await agent.get(back(ehr.authorize(location)));
    const verifier = ehr.tokenRequests[0]?.form.get('code_verifier') ?? '';
    expect(verifier).toMatch(/^[\w-]{43,128}$/);
    const query = new URL(location).searchParams;
    expect(query.get('code_challenge_method')).toBe('S256');
    expect(query.get('code_challenge')).toBe(createHash('sha256').update(verifier).digest('base64url'));
  });

  it('T126: has a state of its own each time', async () => {
    const agent = new UserAgent();
    const states = await Promise.all(
      Array.from({ length: 200 }, async () =>
        new URL((await agent.get(launchUrl())).location ?? '').searchParams.get('state'),
      ),
    );
    expect(new Set(states).size).toBe(200);
    // 43 characters of base64url are 256 bits
    for (const state of states) expect(state).toMatch(/^[\w-]{43}$/);
  });
});

describe('an EHR that is not registered', () => {
  it.each([
    'http://169.254.169.254/latest',
    'https://evil.example.org/fhir',
    'javascript:alert(1)',
    'http://127.0.0.1:1@evil.example.org/fhir',
    'not a url',
    `https://evil.example.org/${'x'.repeat(4000)}`,
  ])('T123: is refused without a request: %s', async (iss) => {
    const seen = await new UserAgent().get(launchUrl(iss));
    expect(seen.status).toBe(400);
    expect(seen.text).toContain('ehr-unknown');
    expect(seen.text).not.toContain('evil');
    expect(ehr.seen).toEqual([]);
  });

  it('is refused in production, loopback or not', async () => {
    const production = await startTestService({ ...PRODUCTION, APP_SECRET: randomBytes(32).toString('base64url') }, [
      { ehr: 'development', name: 'D', smart: { 'client-id': 'x' } },
      {
        ehr: 'main',
        name: 'M',
        'fhir-bases': ['https://ehr.example.org/fhir'],
        smart: { 'client-id': 'x', authentication: 'public' },
      },
    ]);
    const seen = await new UserAgent().get(
      `${production.base}/smart/launch?${new URLSearchParams({ iss: other.fhir, launch: 'l' })}`,
    );
    expect(seen.status).toBe(400);
    expect(other.seen).toEqual([]);
    await production.close();
  });

  it('is any loopback address in development', async () => {
    const going = await new UserAgent().get(launchUrl(other.fhir));
    expect(going.location).toMatch(new RegExp(`^${other.origin}/authorize`));
  });
});

describe('a launch link', () => {
  it.each(['iss=a', 'launch=a', 'iss=&launch=', 'iss=a&iss=b&launch=c', 'iss=a&launch=b&launch=c', ''])(
    'that is not complete is refused: %s',
    async (query) => {
      const seen = await new UserAgent().get(`${service.base}/smart/launch?${query}`);
      expect(seen.status).toBe(400);
      expect(seen.text).toContain('launch-incomplete');
    },
  );

  it('with an endless launch code is refused', async () => {
    const seen = await new UserAgent().get(launchUrl(ehr.fhir, 'x'.repeat(8193)));
    expect(seen.status).toBe(400);
  });
});

describe('discovery', () => {
  it.each([
    ['unreachable', { configurationStatus: 500 }, 'discovery-failed'],
    ['without S256', { configuration: { code_challenge_methods_supported: ['plain'] } }, 'discovery-without-pkce'],
    ['without PKCE', { configuration: { code_challenge_methods_supported: undefined } }, 'discovery-without-pkce'],
    ['without a token endpoint', { configuration: { token_endpoint: undefined } }, 'discovery-invalid'],
    [
      'with a script for an address',
      { configuration: { authorization_endpoint: 'javascript:alert(1)' } },
      'discovery-invalid',
    ],
    [
      'with credentials in an address',
      { configuration: { token_endpoint: 'https://a:b@x.example.org/' } },
      'discovery-invalid',
    ],
  ])('T128: %s gives a page that says so', async (_what, moods, code) => {
    const odd = await new SmartStub().start();
    Object.assign(odd.moods, moods);
    const seen = await new UserAgent().get(launchUrl(odd.fhir));
    await odd.close();
    expect(seen.status).toBe(502);
    expect(seen.text).toContain(code);
  });

  it('is asked once for several launches', async () => {
    const fresh = await new SmartStub().start();
    await Promise.all([1, 2, 3].map(() => new UserAgent().get(launchUrl(fresh.fhir))));
    await new UserAgent().get(launchUrl(fresh.fhir));
    expect(fresh.seen.filter((s) => s.includes('smart-configuration'))).toHaveLength(1);
    await fresh.close();
  });

  it('asks for v1 scopes where v2 is not announced', async () => {
    const fresh = await new SmartStub().start();
    fresh.moods.configuration = { capabilities: ['launch-ehr'] };
    const going = await new UserAgent().get(launchUrl(fresh.fhir));
    const scope = new URL(going.location ?? '').searchParams.get('scope') ?? '';
    expect(scope).toContain('patient/Condition.read');
    expect(scope).toContain('patient/QuestionnaireResponse.write');
    expect(scope).not.toMatch(/\.rs\b/);
    await fresh.close();
  });
});

describe('coming back', () => {
  const begin = async (agent: UserAgent) => ehr.authorize((await agent.get(launchUrl())).location ?? '');

  it.each([
    ['without a state', { code: 'c' }],
    ['with a state of nobody', { code: 'c', state: 'x'.repeat(43) }],
    ['with nothing', {}],
  ])('T127: %s is refused without a token call', async (_what, query) => {
    const agent = new UserAgent();
    await begin(agent);
    const seen = await agent.get(back(query));
    expect(seen.status).toBe(400);
    expect(seen.text).toContain('state-unknown');
    expect(ehr.tokenRequests).toEqual([]);
  });

  it('T127: twice with the same state is refused, whatever the code', async () => {
    const agent = new UserAgent();
    const { code, state } = await begin(agent);
    expect((await agent.get(back({ code, state }))).status).toBe(303);
    for (const again of [code, 'another']) {
      const seen = await agent.get(back({ code: again, state }));
      expect(seen.status).toBe(400);
      expect(seen.text).toContain('state-unknown');
    }
    expect(ehr.tokenRequests).toHaveLength(1);
  });

  it('with a code that was used before fails at the EHR and says so', async () => {
    const agent = new UserAgent();
    const first = await begin(agent);
    await agent.get(back(first));
    const second = await begin(agent);
    const seen = await agent.get(back({ code: first.code, state: second.state }));
    expect(seen.status).toBe(502);
    expect(seen.text).toContain('invalid_grant');
  });

  it('T127: in another browser is refused without a token call', async () => {
    const { code, state } = await begin(new UserAgent());
    for (const thief of [new UserAgent(), await agentWithCookies()]) {
      const seen = await thief.get(back({ code, state }));
      expect(seen.status).toBe(400);
      expect(ehr.tokenRequests).toEqual([]);
    }
  });

  async function agentWithCookies(): Promise<UserAgent> {
    const agent = new UserAgent();
    await agent.get(launchUrl());
    return agent;
  }

  it('with repeated parameters is refused', async () => {
    const agent = new UserAgent();
    const { code, state } = await begin(agent);
    for (const extra of [`&state=${state}`, '&code=other', '&error=a&error=b']) {
      const seen = await agent.get(back({ code, state }) + extra);
      expect(seen.status).toBe(400);
    }
    expect(ehr.tokenRequests).toEqual([]);
  });

  it('to an address that is not the one that was asked for is refused', async () => {
    const agent = new UserAgent();
    const { code, state } = await begin(agent);
    const seen = await agent.get(`${service.base}/smart/callback/other?${new URLSearchParams({ code, state })}`);
    expect(seen.status).toBe(400);
    expect(ehr.tokenRequests).toEqual([]);
  });

  it('from another issuer is refused', async () => {
    const agent = new UserAgent();
    const { code, state } = await begin(agent);
    const seen = await agent.get(back({ code, state, iss: 'https://evil.example.org' }));
    expect(seen.text).toContain('issuer-mismatch');
    expect(ehr.tokenRequests).toEqual([]);
  });

  it('with a refusal says so', async () => {
    const agent = new UserAgent();
    const { state } = await begin(agent);
    const seen = await agent.get(back({ state, error: 'access_denied' }));
    expect(seen.status).toBe(403);
    expect(seen.text).toContain('Access was not allowed');
  });

  it('with a refusal whose state the server forgot says so, and repeats nothing', async () => {
    const seen = await new UserAgent().get(back({ error: 'invalid_scope', error_description: 'call 555-0100' }));
    expect(seen.status).toBe(502);
    expect(seen.text).toContain('invalid_scope');
    expect(seen.text).not.toContain('555-0100');
    expect(seen.text).not.toContain('call 555');
    const odd = await new UserAgent().get(back({ error: 'constructor' }));
    expect([odd.status, odd.text]).toEqual([502, expect.stringContaining('an error that is not known here')]);
    expect(odd.text).not.toContain('native code');
    expect(ehr.tokenRequests).toEqual([]);
  });

  it('T138: with an error shows what the EHR says as text', async () => {
    const agent = new UserAgent();
    const { state } = await begin(agent);
    const seen = await agent.get(
      back({ state, error: '<img src=x>', error_description: '<script>alert(1)</script>"&' }),
    );
    expect(seen.status).toBe(502);
    expect(seen.text).not.toContain('<script>alert');
    expect(seen.text).not.toContain('<img');
    expect(seen.text).toContain('&lt;script>alert(1)');
    expect(seen.headers.get('content-security-policy')).toContain("script-src 'self'");
  });

  it('without a code says so', async () => {
    const agent = new UserAgent();
    const { state } = await begin(agent);
    expect((await agent.get(back({ state }))).text).toContain('code-missing');
  });

  it.each(['redirect', 'next', 'redirect_uri', 'return', 'url'])(
    'T138: does not follow a parameter named %s',
    async (name) => {
      const agent = new UserAgent();
      const { code, state } = await begin(agent);
      const seen = await agent.get(back({ code, state, [name]: 'https://evil.example.org/' }));
      expect(seen.location).toMatch(new RegExp(`^${service.base}/smart/launches/`));
    },
  );
});

describe('the token endpoint', () => {
  async function failing(moods: Partial<SmartStub['moods']>): Promise<{ status: number; text: string }> {
    const agent = new UserAgent();
    const { code, state } = ehr.authorize((await agent.get(launchUrl())).location ?? '');
    Object.assign(ehr.moods, moods);
    const seen = await agent.get(back({ code, state }));
    expect(agent.cookies.size).toBe(2);
    return seen;
  }

  it.each([
    ['that does not know the app', { tokenStatus: 401, tokenBody: { error: 'invalid_client' } }, 'invalid_client'],
    ['that fails', { tokenStatus: 503 }, 'token-unreachable'],
    ['that answers HTML', { tokenBody: '<html>' }, 'token-not-understood'],
    ['without an access token', { token: { access_token: undefined } }, 'token-not-understood'],
    ['with another type of token', { token: { token_type: 'mac' } }, 'token-not-understood'],
    ['that names an error of its own', { tokenStatus: 400, tokenBody: { error: '<b>x</b>' } }, 'token-refused'],
  ])('%s gives a page that says so', async (_what, moods, code) => {
    const seen = await failing(moods);
    expect(seen.status).toBe(502);
    expect(seen.text).toContain(code);
    expect(seen.text).not.toContain('<b>');
    expect(seen.text).not.toContain('SECRET');
  });

  it.each([
    ['null for what it does not give', { refresh_token: null, encounter: null, scope: null, appContext: null }],
    ['nothing between quotes for what it does not give', { refresh_token: '', scope: '', appContext: '' }],
    ['the patient as a reference', { patient: 'Patient/p1' }],
  ])('that answers %s is understood', async (_what, token) => {
    ehr.moods.token = token;
    expect(await launched()).toMatch(new RegExp(`^${service.base}/smart/launches/`));
  });

  it('without a patient gives a page that says so, and the token back', async () => {
    const seen = await failing({ token: { patient: undefined } });
    expect(seen.status).toBe(400);
    expect(seen.text).toContain('patient-missing');
    await expect.poll(() => ehr.forms.filter((f) => f.path === '/revoke').length).toBe(2);
  });
});

describe('an id_token', () => {
  async function answer(change: () => void): Promise<{ status: number; text: string }> {
    const agent = new UserAgent();
    const { code, state } = ehr.authorize((await agent.get(launchUrl())).location ?? '');
    change();
    return agent.get(back({ code, state }));
  }

  it.each<[string, () => void]>([
    ['of another issuer', () => Object.assign(ehr.moods.idToken, { iss: 'https://evil.example.org' })],
    ['for another app', () => Object.assign(ehr.moods.idToken, { aud: 'app-2' })],
    [
      'for several apps without us as the authorized one',
      () => Object.assign(ehr.moods.idToken, { aud: ['app-1', 'app-2'] }),
    ],
    ['of another sign-in', () => Object.assign(ehr.moods.idToken, { nonce: 'other' })],
    ['without a nonce', () => Object.assign(ehr.moods.idToken, { nonce: undefined })],
    ['that has expired', () => Object.assign(ehr.moods.idToken, { exp: 1_700_000_000 })],
    ['without an end', () => Object.assign(ehr.moods.idToken, { exp: undefined })],
    ['that is not signed', () => Object.assign(ehr.moods, { idTokenAlg: 'none' })],
    ['signed with the public key as a secret', () => Object.assign(ehr.moods, { idTokenAlg: 'HS256' })],
    ['signed with another key', () => Object.assign(ehr.moods, { idTokenAlg: 'foreign-key' })],
    ['that is none', () => Object.assign(ehr.moods.token, { id_token: 'abc' })],
  ])('T131: %s is refused', async (_what, change) => {
    const seen = await answer(change);
    expect(seen.status).toBe(502);
    expect(seen.text).toContain('id-token-invalid');
  });

  it('may be missing: then the user is not known', async () => {
    const seen = await answer(() => Object.assign(ehr.moods.token, { id_token: undefined }));
    expect(seen.status).toBe(303);
  });
});

describe('two launches in one browser', () => {
  it('T136: stay apart: each page is about its own patient', async () => {
    const agent = new UserAgent();
    ehr.resources = ['p1', 'p2'].map((p) => ({
      resourceType: 'ServiceRequest',
      id: `order-${p}`,
      status: 'active',
      intent: 'order',
      subject: { reference: `Patient/${p}` },
      authoredOn: '2026-01-05',
      code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '72148' }] },
    }));
    const first = await launched(agent);
    ehr.context = { patient: 'p2' };
    const second = await launched(agent);
    expect(second).not.toBe(first);
    const [one, two] = [await agent.get(`${first}/orders`), await agent.get(`${second}/orders`)];
    expect(one.text).toContain('ServiceRequest/order-p1');
    expect(one.text).not.toContain('order-p2');
    expect(two.text).toContain('ServiceRequest/order-p2');
    expect(two.text).not.toContain('order-p1');
    const csrf = hiddenField(one.text, 'csrf') ?? '';
    const crossed = await agent.post(`${second}/orders`, { csrf, order: 'ServiceRequest/order-p2' });
    expect(crossed.status).toBe(403);
    const foreign = await agent.post(`${first}/orders`, { csrf, order: 'ServiceRequest/order-p2' });
    expect(foreign.status).toBe(400);
    const own = await agent.post(`${first}/orders`, { csrf, order: 'ServiceRequest/order-p1' });
    expect(own.status).toBe(303);
    expect(own.location).toBe(first);
  });

  it('can run at the same time', async () => {
    const agent = new UserAgent();
    const [a, b] = [await agent.get(launchUrl()), await agent.get(launchUrl())];
    const [x, y] = [ehr.authorize(a.location ?? ''), ehr.authorize(b.location ?? '')];
    const [one, two] = [await agent.get(back(y)), await agent.get(back(x))];
    for (const seen of [one, two]) expect((await agent.get(`${seen.location}/orders`)).status).toBe(200);
  });

  it('are closed to other browsers', async () => {
    const location = await launched();
    const thief = new UserAgent();
    await launched(thief);
    for (const agent of [thief, new UserAgent()]) {
      const seen = await agent.get(`${location}/orders`);
      expect(seen.status).toBe(401);
      expect(seen.text).toContain('session-ended');
    }
  });
});

describe('cookies', () => {
  it('T138: on loopback: one for frames, one for browsers that trust no plain http; never readable by scripts', async () => {
    const { setCookies } = await new UserAgent().get(launchUrl());
    const port = new URL(service.base).port;
    expect(setCookies).toEqual([
      expect.stringMatching(
        new RegExp(
          `^cds-launch-framed-${port}=[\\w-]{43}\\.development; Path=/; HttpOnly; SameSite=None; Secure; Partitioned$`,
        ),
      ),
      expect.stringMatching(
        new RegExp(`^cds-launch-${port}=[\\w-]{43}\\.development; Path=/; HttpOnly; SameSite=Lax$`),
      ),
    ]);
  });

  it('on https: one that no other host can set', async () => {
    const secure = await startTestService({ PUBLIC_URL: 'https://cds.example.org' }, [
      { ehr: 'a', name: 'A', 'fhir-bases': [ehr.fhir], 'private-network': true, smart: { 'client-id': 'app-1' } },
    ]);
    const agent = new UserAgent();
    const going = await agent.get(`${secure.base}/smart/launch?${new URLSearchParams({ iss: ehr.fhir, launch: 'l' })}`);
    expect(going.setCookies).toEqual([
      expect.stringMatching(/^__Host-cds-launch=[\w-]{43}\.a; Path=\/; HttpOnly; SameSite=None; Secure; Partitioned$/),
    ]);
    const done = await agent.get(
      `${secure.base}/smart/callback?${new URLSearchParams(ehr.authorize(going.location ?? ''))}`,
    );
    expect(done.location).toMatch(/^https:\/\/cds\.example\.org\/smart\/launches\//);
    expect(done.setCookies[0]).toMatch(
      /^__Host-cds-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=None; Secure; Partitioned$/,
    );
    await secure.close();
  });

  it('change with each launch, and one made up elsewhere is not taken', async () => {
    const agent = new UserAgent();
    const port = new URL(service.base).port;
    agent.cookies.set(`cds-session-${port}`, 'a'.repeat(43));
    await launched(agent);
    const first = agent.cookies.get(`cds-session-${port}`);
    await launched(agent);
    expect(first).not.toBe('a'.repeat(43));
    expect(agent.cookies.get(`cds-session-${port}`)).not.toBe(first);
  });
});

describe('pages', () => {
  it('T138: are framed by the EHR alone, kept nowhere, and tell no one where they are', async () => {
    const agent = new UserAgent();
    const page = await agent.get(`${await launched(agent)}/orders`);
    expect(page.headers.get('content-security-policy')).toContain('frame-ancestors https://ehr.example.org');
    expect(page.headers.get('x-frame-options')).toBeNull();
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cross-origin-opener-policy')).toBeNull();
    expect(page.text).not.toMatch(/<script(?![^>]*src=)|\sstyle="|\son\w+="/);
  });

  it('that stop may be framed by the EHR that the browser was sent to, and by nobody before', async () => {
    const agent = new UserAgent();
    const ancestors = async (url: string) =>
      /frame-ancestors ([^;]*)/.exec((await agent.get(url)).headers.get('content-security-policy') ?? '')?.[1];
    const lost = `${service.base}/smart/launches/nothing`;
    expect(await ancestors(lost)).toBe("'none'");
    await agent.get(launchUrl());
    expect(await ancestors(lost)).toBe('https://ehr.example.org');
    expect(await ancestors(back({ state: 'x' }))).toBe('https://ehr.example.org');
  });

  it('that redirect say neither where they came from nor are kept', async () => {
    const going = await new UserAgent().get(launchUrl());
    expect(going.headers.get('referrer-policy')).toBe('no-referrer');
    expect(going.headers.get('cache-control')).toBe('no-store');
  });

  it('answer scripts in JSON', async () => {
    const seen = await new UserAgent().get(`${service.base}/smart/launches/x/orders`, { accept: 'application/json' });
    expect(seen.status).toBe(401);
    expect(JSON.parse(seen.text)).toMatchObject({ problem: 'session-ended' });
  });
});

describe('log-out', () => {
  it('ends the session and gives the tokens back', async () => {
    const agent = new UserAgent();
    const location = await launched(agent);
    const page = await agent.get(`${location}/orders`);
    const form = { launch: hiddenField(page.text, 'launch') ?? '', csrf: hiddenField(page.text, 'csrf') ?? '' };
    const seen = await agent.post(`${service.base}/smart/logout`, form);
    expect(seen.status).toBe(200);
    expect(seen.text).toContain('You are logged out');
    expect(ehr.forms.filter((f) => f.path === '/revoke').map((f) => f.form.get('token_type_hint'))).toEqual([
      'refresh_token',
      'access_token',
    ]);
    expect((await agent.get(`${location}/orders`)).status).toBe(401);
  });

  it('needs the form of the session', async () => {
    const agent = new UserAgent();
    const location = await launched(agent);
    const launch = location.split('/').at(-1) ?? '';
    for (const csrf of ['', 'x'.repeat(43)])
      expect((await agent.post(`${service.base}/smart/logout`, { launch, csrf })).status).toBe(403);
    expect((await agent.get(`${location}/orders`)).status).toBe(200);
  });
});

describe('a standalone launch', () => {
  it('T139: asks for a patient and has no launch code', async () => {
    const agent = new UserAgent();
    const page = await agent.get(`${service.base}/smart/start`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('Main EHR');
    const going = await agent.post(`${service.base}/smart/start`, { iss: ehr.fhir });
    const query = new URL(going.location ?? '').searchParams;
    expect(query.has('launch')).toBe(false);
    expect(query.get('scope')).toContain('launch/patient');
    expect(query.get('scope')?.split(' ')).not.toContain('launch');
  });

  it('is for registered EHRs alone', async () => {
    const seen = await new UserAgent().post(`${service.base}/smart/start`, { iss: 'https://evil.example.org/fhir' });
    expect(seen.status).toBe(400);
  });
});

describe('a form that cannot be read', () => {
  it.each([
    ['is too large', 'x'.repeat(20_000), 'application/x-www-form-urlencoded', 400],
    ['is no form', '{"iss":"x"}', 'application/json', 400],
    ['has a field twice', 'iss=a&iss=b', 'application/x-www-form-urlencoded', 400],
  ])('as it %s ends at a page', async (_what, body, type, status) => {
    const answer = await fetch(`${service.base}/smart/start`, {
      method: 'POST',
      headers: { 'content-type': type, accept: 'text/html' },
      body,
    });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain('<h1>');
  });
});
