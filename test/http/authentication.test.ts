import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ClientKey, goodClaims, makeKey, signToken } from '../support/client-keys.ts';
import { EhrStub } from '../support/ehr-stub.ts';
import { type Answer, ORDER_SELECT, ORDER_SIGN, orderSelectCall, post } from '../support/hook-request.ts';
import { PRODUCTION, PUBLIC_URL, startTestService, type TestService } from '../support/test-service.ts';

const ISSUER = 'https://ehr.example.org';
const TENANTED = 'https://hosted.example.org';
const INLINE = 'https://inline.example.org';
const PATH = `/cds-services/${ORDER_SELECT}`;

let ehr: EhrStub;
let service: TestService;
let ec: ClientKey;
let rsa: ClientKey;
let inline: ClientKey;

beforeAll(async () => {
  ehr = await new EhrStub().start();
  [ec, rsa, inline] = await Promise.all([makeKey('ES384'), makeKey('RS384'), makeKey('ES256')]);
  ehr.keys = { keys: [ec.publicJwk, rsa.publicJwk] };
  service = await startTestService(PRODUCTION, [
    {
      ehr: 'main',
      name: 'Main',
      'private-network': true,
      issuers: [{ iss: ISSUER, 'jwks-url': ehr.jwks }],
    },
    {
      ehr: 'hosted',
      name: 'Hosted',
      'private-network': true,
      issuers: [{ iss: TENANTED, 'jwks-url': ehr.jwks, tenants: ['org-22'] }],
    },
    { ehr: 'inline', name: 'Inline', issuers: [{ iss: INLINE, keys: [inline.publicJwk] }] },
  ]);
});
afterAll(async () => {
  await service.close();
  await ehr.close();
});
beforeEach(() => ehr.forget());

const call = (token: string | undefined, path = PATH): Promise<Answer> =>
  post(`${service.base}${path}`, orderSelectCall(), token === undefined ? {} : { authorization: `Bearer ${token}` });
const good = (issuer = ISSUER) => goodClaims(issuer, `${PUBLIC_URL}${PATH}`);

/** Every refusal looks the same. */
async function expectRefused(token: string | undefined, path = PATH): Promise<void> {
  const answer = await call(token, path);
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  expect(answer.text).toBe(REFUSAL);
}
const REFUSAL =
  '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"security","details":{"text":"Authorization: authentication is required"},"expression":["Authorization"]}]}';

describe('a token', () => {
  it('T014, T022: is accepted when it is signed with ES384 or RS384, without jku', async () => {
    expect((await call(await signToken(ec, good()))).status).toBe(200);
    expect((await call(await signToken(rsa, good()))).status).toBe(200);
    expect((await call(await signToken(inline, good(INLINE)))).status).toBe(200);
  });

  it('may repeat the registered jku', async () => {
    expect((await call(await signToken(ec, good(), { jku: ehr.jwks }))).status).toBe(200);
  });

  it('T013: is required', async () => {
    await expectRefused(undefined);
    await expectRefused('not-a-token');
    const basic = await post(`${service.base}${PATH}`, orderSelectCall(), { authorization: 'Basic YTpi' });
    expect(basic.status).toBe(401);
  });

  it('T017: names exactly the called endpoint, or a list that holds it', async () => {
    for (const aud of [
      `${PUBLIC_URL}/cds-services/${ORDER_SIGN}`,
      `${PUBLIC_URL}/cds-services`,
      PUBLIC_URL,
      `${PUBLIC_URL}${PATH}/`,
      `${service.base}${PATH}`,
      `https://evil.example.org${PATH}`,
    ])
      await expectRefused(await signToken(ec, { ...good(), aud }));
    expect(
      (await call(await signToken(ec, { ...good(), aud: ['https://x.example', `${PUBLIC_URL}${PATH}`] }))).status,
    ).toBe(200);
  });

  it('T017: is not helped by a Host header', async () => {
    const token = await signToken(ec, { ...good(), aud: `https://evil.example.org${PATH}` });
    const answer = await post(`${service.base}${PATH}`, orderSelectCall(), {
      authorization: `Bearer ${token}`,
      'x-forwarded-host': 'evil.example.org',
    });
    expect(answer.status).toBe(401);
  });

  it.each([['exp'], ['iat'], ['jti'], ['iss'], ['aud']])('T018: without %s is refused', async (claim) => {
    const { [claim]: _left, ...claims } = good();
    await expectRefused(await signToken(ec, claims));
  });

  it('T018: without kid or typ is refused', async () => {
    await expectRefused(await signToken(ec, good(), { kid: undefined }));
    await expectRefused(await signToken(ec, good(), { typ: undefined }));
    await expectRefused(await signToken(ec, good(), { typ: 'at+jwt' }));
  });

  it('T018: that is expired, from the future, too old, or valid for too long is refused', async () => {
    const now = Math.floor(Date.now() / 1000);
    await expectRefused(await signToken(ec, { ...good(), iat: now - 300, exp: now - 120 }));
    await expectRefused(await signToken(ec, { ...good(), iat: now + 600, exp: now + 900 }));
    await expectRefused(await signToken(ec, { ...good(), iat: now - 1200, exp: now + 300 }));
    await expectRefused(await signToken(ec, { ...good(), iat: now, exp: now + 7200 }));
    await expectRefused(await signToken(ec, { ...good(), jti: '' }));
  });

  it('is accepted within the skew of clocks', async () => {
    const now = Math.floor(Date.now() / 1000);
    expect((await call(await signToken(ec, { ...good(), iat: now + 30, exp: now + 300 }))).status).toBe(200);
    expect((await call(await signToken(ec, { ...good(), iat: now - 300, exp: now - 30 }))).status).toBe(200);
  });

  it('T019: is used once, even at the same instant', async () => {
    const token = await signToken(ec, good());
    const answers = await Promise.all(Array.from({ length: 50 }, () => call(token)));
    expect(answers.filter((a) => a.status === 200)).toHaveLength(1);
    expect(answers.filter((a) => a.status === 401)).toHaveLength(49);
    await expectRefused(token);
  });

  it('T019: ids of two issuers do not collide', async () => {
    const jti = randomUUID();
    expect((await call(await signToken(ec, { ...good(), jti }))).status).toBe(200);
    expect((await call(await signToken(inline, { ...good(INLINE), jti }))).status).toBe(200);
  });

  it('T020: of an issuer that is not registered is refused without any request', async () => {
    await expectRefused(await signToken(ec, good('https://unknown.example.org')));
    await expectRefused(await signToken(ec, { ...good(), iss: `${ISSUER}/` }));
    expect(ehr.seen).toEqual([]);
  });

  it('T025: of an unknown tenant is refused', async () => {
    expect((await call(await signToken(ec, { ...good(TENANTED), tenant: 'org-22' }))).status).toBe(200);
    await expectRefused(await signToken(ec, { ...good(TENANTED), tenant: 'org-23' }));
    await expectRefused(await signToken(ec, good(TENANTED)));
  });

  it('T070: is required for feedback, with the feedback URL as audience', async () => {
    const path = `${PATH}/feedback`;
    const body = {
      feedback: [{ card: 'c', outcome: 'overridden', outcomeTimestamp: '2026-05-04T15:05:11Z' }],
    };
    const send = async (aud: string): Promise<number> =>
      (
        await post(`${service.base}${path}`, body, {
          authorization: `Bearer ${await signToken(ec, { ...good(), aud })}`,
        })
      ).status;
    expect(await send(`${PUBLIC_URL}${path}`)).toBe(200);
    expect(await send(`${PUBLIC_URL}${PATH}`)).toBe(401);
    await expectRefused(undefined, path);
  });

  it('T025: is not required for discovery, but a bad one is refused', async () => {
    const get = (token?: string): Promise<Response> =>
      fetch(
        `${service.base}/cds-services`,
        token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
      );
    expect((await get()).status).toBe(200);
    expect((await get(await signToken(ec, { ...good(), aud: `${PUBLIC_URL}/cds-services` }))).status).toBe(200);
    expect((await get(await signToken(ec, { ...good(), aud: 'https://x.example.org' }))).status).toBe(401);
  });

  it('T024: leaves neither itself nor a reason in answers, and only the reason in the log', async () => {
    const token = await signToken(ec, { ...good(), aud: 'https://x.example.org' });
    await expectRefused(token);
    expect(service.log()).toContain('"reason":"audience"');
    expect(service.log()).not.toContain(token.split('.')[2]);
    expect(service.log()).not.toContain(token.split('.')[1]);
  });
});

describe('keys', () => {
  it('T023, T016: a new key is found, an unknown one is asked for once a minute at most', async () => {
    const keys = await new EhrStub().start();
    const [first, second, stranger] = await Promise.all([makeKey(), makeKey(), makeKey()]);
    keys.keys = { keys: [first.publicJwk] };
    const rotating = await startTestService(PRODUCTION, [
      { ehr: 'r', name: 'R', 'private-network': true, issuers: [{ iss: ISSUER, 'jwks-url': keys.jwks }] },
    ]);
    const send = async (key: ClientKey): Promise<number> =>
      (
        await post(`${rotating.base}${PATH}`, orderSelectCall(), {
          authorization: `Bearer ${await signToken(key, good())}`,
        })
      ).status;
    expect(await send(first)).toBe(200);
    expect(keys.keyFetches).toBe(1);
    for (let i = 0; i < 5; i++) expect(await send(stranger)).toBe(401);
    expect(keys.keyFetches).toBeLessThanOrEqual(2);
    keys.keys = { keys: [first.publicJwk, second.publicJwk] };
    expect(await send(first)).toBe(200);
    await rotating.close();
    await keys.close();
  });

  it('keep serving through an outage of the key server; without any the answer is 503', async () => {
    const keys = await new EhrStub().start();
    const key = await makeKey();
    keys.keys = { keys: [key.publicJwk] };
    keys.keysDown = true;
    const outage = await startTestService(PRODUCTION, [
      { ehr: 'o', name: 'O', 'private-network': true, issuers: [{ iss: ISSUER, 'jwks-url': keys.jwks }] },
    ]);
    const send = async (): Promise<Answer> =>
      post(`${outage.base}${PATH}`, orderSelectCall(), {
        authorization: `Bearer ${await signToken(key, good())}`,
      });
    const down = await send();
    expect([down.status, down.headers.get('retry-after')]).toEqual([503, '30']);
    keys.keysDown = false;
    expect((await send()).status).toBe(200);
    keys.keysDown = true;
    expect((await send()).status).toBe(200);
    await outage.close();
    await keys.close();
  });
});
