import { createHash, randomBytes, randomUUID } from 'node:crypto';
import express from 'express';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EhrRegistry } from '../../src/ehr/ehr-registry.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { type Listening, listen } from '../../src/server/listen.ts';
import { type ClientKey, makeKey, signToken } from '../support/client-keys.ts';
import { checker } from '../support/knowledge.ts';

const APP = 'payer-policy-cds';
let listening: Listening;
let sandbox: Sandbox;
let base: string;
let fhir: string;
let key: ClientKey;

/** The sandbox with a client of the test's own in the place of our app. */
beforeAll(async () => {
  key = await makeKey('ES384');
  sandbox = createSandbox({ today: 20_000, bodyLimit: '1mb', tokenSeconds: 2 });
  const app = express();
  app.get('/smart/jwks.json', (_req, res) => {
    res.json({ keys: [key.publicJwk] });
  });
  sandbox.mount(app, { knowledge: checker().knowledge, registry: new EhrRegistry([]) });
  listening = await listen(app, '127.0.0.1', 0);
  base = `http://127.0.0.1:${listening.port}`;
  fhir = `${base}/sandbox/fhir`;
});
afterAll(() => listening.close({ graceMs: 200, idle: 'cut' }));

interface TokenAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

const verifier = randomBytes(32).toString('base64url');
const challenge = createHash('sha256').update(verifier).digest('base64url');
const redirectUri = () => `${base}/smart/callback`;

const launch = (more: Readonly<Record<string, unknown>> = {}): string =>
  sandbox.launches.prepare({ patient: 'ada', user: 'Practitioner/wells', needsBanner: false, ...more });

/** Asks for a code. */
async function authorize(changes: Readonly<Record<string, string | undefined>> = {}): Promise<URLSearchParams> {
  const parameters = {
    response_type: 'code',
    client_id: APP,
    redirect_uri: redirectUri(),
    scope:
      'launch openid fhirUser online_access patient/Patient.r patient/Condition.rs patient/QuestionnaireResponse.crus',
    state: 'state-1',
    aud: fhir,
    nonce: 'nonce-1',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...changes,
  };
  const query = new URLSearchParams(Object.entries(parameters).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])));
  const answer = await fetch(`${base}/sandbox/oauth/auth?${query}`, { redirect: 'manual' });
  const location = answer.headers.get('location');
  if (location === null) return new URLSearchParams({ status: String(answer.status) });
  expect(location.startsWith(redirectUri())).toBe(true);
  const { search, hash } = new URL(location);
  return new URLSearchParams(search === '' ? hash.slice(1) : search);
}

const tokenEndpoint = () => `${base}/sandbox/oauth/token`;

const assertion = (changes: Readonly<Record<string, unknown>> = {}, by = key): Promise<string> => {
  const now = Math.floor(Date.now() / 1000);
  return signToken(by, {
    iss: APP,
    sub: APP,
    aud: tokenEndpoint(),
    iat: now,
    exp: now + 240,
    jti: randomUUID(),
    ...changes,
  });
};

async function post(path: string, form: Readonly<Record<string, string>>, signed?: string): Promise<TokenAnswer> {
  const proof = {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: signed ?? (await assertion()),
  };
  const answer = await fetch(`${base}/sandbox/oauth${path}`, {
    method: 'POST',
    body: new URLSearchParams({ ...proof, ...form }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

const exchange = (
  code: string,
  changes: Readonly<Record<string, string>> = {},
  signed?: string,
): Promise<TokenAnswer> =>
  post(
    '/token',
    { grant_type: 'authorization_code', code, redirect_uri: redirectUri(), code_verifier: verifier, ...changes },
    signed,
  );

/** A whole sign-in. */
async function signIn(more: Readonly<Record<string, unknown>> = {}, scope?: string): Promise<Record<string, unknown>> {
  const back = await authorize({ launch: launch(more), ...(scope !== undefined && { scope }) });
  const { status, body } = await exchange(back.get('code') ?? '');
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

const read = async (path: string, token: unknown, init: RequestInit = {}): Promise<TokenAnswer> => {
  const answer = await fetch(`${fhir}/${path}`, {
    ...init,
    headers: { authorization: `Bearer ${String(token)}`, 'content-type': 'application/fhir+json' },
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

describe('a sign-in', () => {
  it('gives a token with the context of the launch, and an id_token of its user', async () => {
    const body = await signIn({ encounter: 'e1', appContext: '{"a":1}' });
    expect(body).toMatchObject({
      token_type: 'Bearer',
      patient: 'ada',
      encounter: 'e1',
      appContext: '{"a":1}',
      need_patient_banner: false,
      refresh_token: expect.any(String) as string,
    });
    expect(String(body['scope']).split(' ')).toContain('patient/Condition.rs');
    const keys = createRemoteJWKSet(new URL(`${base}/sandbox/oauth/jwks`));
    const { payload } = await jwtVerify(String(body['id_token']), keys, {
      issuer: `${base}/sandbox/oauth`,
      audience: APP,
    });
    expect(payload).toMatchObject({ fhirUser: 'Practitioner/wells', sub: 'Practitioner/wells', nonce: 'nonce-1' });
  });

  it('returns the state and its issuer with the code', async () => {
    const back = await authorize({ launch: launch() });
    expect(Object.fromEntries(back)).toMatchObject({ state: 'state-1', iss: `${base}/sandbox/oauth` });
  });

  it.each([
    ['a launch that nobody prepared', { launch: 'nothing' }, 'invalid_request'],
    ['another audience', { launch: 'GOOD', aud: 'https://other.example.org/fhir' }, 'invalid_request'],
    ['no PKCE', { launch: 'GOOD', code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['plain PKCE', { launch: 'GOOD', code_challenge_method: 'plain' }, 'invalid_request'],
    ['the implicit flow', { launch: 'GOOD', response_type: 'token' }, 'unsupported_response_type'],
  ])('with %s is refused', async (_what, changes, error) => {
    const given = changes as Record<string, string | undefined>;
    const back = await authorize(given['launch'] === 'GOOD' ? { ...given, launch: launch() } : given);
    expect(back.get('error')).toBe(error);
    expect(back.has('code')).toBe(false);
  });

  it('whose user does not allow it is refused', async () => {
    expect((await authorize({ launch: launch({ denied: true }) })).get('error')).toBe('access_denied');
  });

  it.each([
    ['an app that is not registered', { client_id: 'other' }],
    ['an address that is not registered', { redirect_uri: 'https://evil.example.org/' }],
  ])('for %s does not send the browser anywhere', async (_what, changes) => {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: APP,
      redirect_uri: redirectUri(),
      scope: 'openid',
      launch: launch(),
      aud: fhir,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...changes,
    });
    const answer = await fetch(`${base}/sandbox/oauth/auth?${query}`, { redirect: 'manual' });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('location')).toBeNull();
  });

  it('grants no more than the launch allows', async () => {
    const body = await signIn({ granted: ['launch', 'patient/Condition.rs'] });
    expect(body['scope']).toBe('launch patient/Condition.rs');
    expect(body['id_token']).toBeUndefined();
    expect(body['refresh_token']).toBeUndefined();
  });
});

describe('a code', () => {
  it('serves once; used again, it ends what it gave', async () => {
    const code = (await authorize({ launch: launch() })).get('code') ?? '';
    const first = await exchange(code);
    expect(first.status).toBe(200);
    expect((await exchange(code)).body['error']).toBe('invalid_grant');
    expect((await read('Condition?patient=ada', first.body['access_token'])).status).toBe(401);
  });

  it.each([
    ['another verifier', { code_verifier: 'x'.repeat(43) }],
    ['another address', { redirect_uri: 'http://127.0.0.1/other' }],
  ])('does not serve with %s', async (_what, changes) => {
    const code = (await authorize({ launch: launch() })).get('code') ?? '';
    expect((await exchange(code, changes)).body['error']).toBe('invalid_grant');
  });
});

describe('a client assertion', () => {
  const codeNow = async () => (await authorize({ launch: launch() })).get('code') ?? '';

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['of another app', { iss: 'other', sub: 'other' }],
    ['for another server', { aud: 'https://other.example.org/token' }],
    ['that has expired', { exp: Math.floor(Date.now() / 1000) - 60 }],
    ['without an id', { jti: undefined }],
  ])('%s is refused', async (_what, changes) => {
    const { status, body } = await exchange(await codeNow(), {}, await assertion(changes));
    expect([status, body['error']]).toEqual([401, 'invalid_client']);
  });

  it('by another key is refused', async () => {
    const stranger = await makeKey('ES384', key.kid);
    const { body } = await exchange(await codeNow(), {}, await assertion({}, stranger));
    expect(body['error']).toBe('invalid_client');
  });

  it('serves once', async () => {
    const signed = await assertion();
    expect((await exchange(await codeNow(), {}, signed)).status).toBe(200);
    expect((await exchange(await codeNow(), {}, signed)).body['error']).toBe('invalid_client');
  });

  it('is needed', async () => {
    const answer = await fetch(tokenEndpoint(), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: await codeNow(),
        redirect_uri: redirectUri(),
        code_verifier: verifier,
        client_id: APP,
      }),
    });
    expect(answer.status).toBe(401);
  });
});

describe('a refresh', () => {
  it('gives new tokens with the same context, and takes the old one out of use', async () => {
    const first = await signIn();
    const refreshToken = String(first['refresh_token']);
    const second = await post('/token', { grant_type: 'refresh_token', refresh_token: refreshToken });
    expect(second.status).toBe(200);
    expect(second.body).toMatchObject({ patient: 'ada' });
    expect(second.body['refresh_token']).not.toBe(refreshToken);
    const again = await post('/token', { grant_type: 'refresh_token', refresh_token: refreshToken });
    expect(again.body['error']).toBe('invalid_grant');
  });

  it('ends with a revocation', async () => {
    const tokens = await signIn();
    const revoked = await post('/token/revocation', { token: String(tokens['refresh_token']) });
    expect(revoked.status).toBe(200);
    expect((await read('Condition?patient=ada', tokens['access_token'])).status).toBe(401);
  });
});

describe('a token at the FHIR server', () => {
  const BROAD = 'launch openid patient/*.cruds';
  const count = (answer: TokenAnswer): unknown => answer.body['total'];

  it('shows its patient alone', async () => {
    const { access_token: token } = await signIn({}, BROAD);
    expect((await read('Patient/ada', token)).status).toBe(200);
    expect((await read('Patient/bruno', token)).status).toBe(404);
    expect(count(await read('Patient', token))).toBe(1);
    expect(count(await read('Condition?patient=bruno', token))).toBe(0);
    expect(count(await read('Condition?patient=ada', token))).toBeGreaterThan(0);
    expect(count(await read('Coverage', token))).toBe(count(await read('Coverage?patient=ada', token)));
    expect((await read('Practitioner/wells', token)).status).toBe(200);
    expect(count(await read('Condition?patient=bruno', 'of another server'))).toBeGreaterThan(0);
  });

  it('writes for its patient alone', async () => {
    const { access_token: token } = await signIn({}, BROAD);
    const write = (patient: string) =>
      read('QuestionnaireResponse', token, {
        method: 'POST',
        body: JSON.stringify({
          resourceType: 'QuestionnaireResponse',
          status: 'completed',
          subject: { reference: `Patient/${patient}` },
        }),
      });
    expect((await write('ada')).status).toBe(201);
    expect((await write('bruno')).status).toBe(403);
  });

  it('permits what its scopes say', async () => {
    const { access_token: token } = await signIn(
      {},
      'launch openid patient/Condition.rs patient/QuestionnaireResponse.rs',
    );
    expect((await read('Condition?patient=ada', token)).status).toBe(200);
    expect((await read('Procedure?patient=ada', token)).status).toBe(403);
    const body = JSON.stringify({ resourceType: 'QuestionnaireResponse', status: 'completed' });
    expect((await read('QuestionnaireResponse', token, { method: 'POST', body })).status).toBe(403);
  });

  it('ends in time', async () => {
    const { access_token: token } = await signIn();
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    const answer = await fetch(`${fhir}/Condition?patient=ada`, {
      headers: { authorization: `Bearer ${String(token)}` },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('invalid_token');
  });
});

describe('the official CDS Hooks Sandbox as an app', () => {
  it('signs in as a public client without PKCE, from any port of this machine', async () => {
    const client = '48163c5e-88b5-4cb3-92d3-23b800caa927';
    const redirect = 'http://127.0.0.1:8123/';
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: client,
      redirect_uri: redirect,
      scope: 'patient/*.* user/*.* launch openid profile online_access',
      state: 's',
      aud: fhir,
      launch: launch(),
    });
    const going = await fetch(`${base}/sandbox/oauth/auth?${query}`, { redirect: 'manual' });
    const location = new URL(going.headers.get('location') ?? '');
    expect(location.origin).toBe('http://127.0.0.1:8123');
    const answer = await fetch(tokenEndpoint(), {
      method: 'POST',
      headers: { origin: 'http://127.0.0.1:8123' },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: location.searchParams.get('code') ?? '',
        redirect_uri: redirect,
        client_id: client,
      }),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('http://127.0.0.1:8123');
    expect(await answer.json()).toMatchObject({
      patient: 'ada',
      scope: expect.stringContaining('patient/*.*') as string,
    });
  });
});
