import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EhrRegistry } from '../../src/ehr/ehr-registry.ts';
import { OUTCOMES } from '../../src/policy/assessment.ts';
import { Authorization, type Finished } from '../../src/smart/authorization.ts';
import { ClientKeys, generateKeys } from '../../src/smart/client-keys.ts';
import { localUser } from '../../src/smart/id-token.ts';
import { type LaunchingEhr, launchingEhrFinder } from '../../src/smart/launching-ehr.ts';
import { type OrderContext, sealKeys, sealOrder } from '../../src/smart/order-context.ts';
import { MemorySessionStore } from '../../src/smart/session-store.ts';
import { SmartStub } from '../support/smart-stub.ts';

const BASE = 'https://app.example.org';
const seal = sealKeys();
const keys = new ClientKeys(generateKeys);
let stub: SmartStub;
beforeAll(async () => {
  stub = await new SmartStub().start();
});
afterAll(() => stub.close());
beforeEach(() => stub.reset());

/** A sign-in of its own, with a clock that a test can turn. */
function signIn() {
  const clock = { now: Date.now() };
  const registry = new EhrRegistry([
    {
      id: 'main',
      name: 'Main',
      fhirBases: [stub.fhir],
      issuers: [],
      privateNetwork: true,
      allowedOrigins: [],
      prefetch: 'full',
      show: new Set(OUTCOMES),
      orderables: new Map(),
      localCodes: new Map(),
      quirks: new Set(),
      smart: {
        clientId: 'app-1',
        authentication: 'private_key_jwt',
        redirectPath: '/smart/callback',
        scopes: 'auto',
        moreScopes: [],
        frameAncestors: [],
        standalone: true,
        writesAnswers: true,
        answerStore: false,
      },
    },
  ]);
  const findEhr = launchingEhrFinder(registry, false);
  const store = new MemorySessionStore({}, () => clock.now);
  const authorization = new Authorization({
    findEhr,
    sections: new Set(['Condition']),
    keys,
    sealKeys: seal,
    store,
    secretOf: () => undefined,
  });
  return { clock, authorization, ehr: findEhr(stub.fhir) as LaunchingEhr };
}

/** Goes to the EHR and comes back. @param meanwhile what happens in between */
async function launched(meanwhile: (clock: { now: number }) => void = () => {}): Promise<Finished> {
  const { authorization, ehr, clock } = signIn();
  const going = await authorization.begin(ehr, 'launch-1', BASE);
  if (going.kind === 'problem') throw new Error(going.problem.code);
  const { code, state } = stub.authorize(going.url);
  meanwhile(clock);
  return authorization.finish({ state, code, browser: going.browser, redirectUri: `${BASE}/smart/callback` });
}

const launchOf = (finished: Finished) => {
  if (finished.kind === 'problem') throw new Error(finished.problem.code);
  return finished.launch;
};
const codeOf = (finished: Finished) => (finished.kind === 'problem' ? finished.problem.code : 'launched');

describe('a sign-in', () => {
  it('that takes longer than ten minutes is over, and no code is sent', async () => {
    const finished = await launched((clock) => {
      clock.now += 10 * 60_000;
    });
    expect(codeOf(finished)).toBe('state-expired');
    expect(stub.tokenRequests).toEqual([]);
  });

  it('sends the code where discovery said at its beginning, whatever it says later', async () => {
    const finished = await launched(() => {
      stub.moods.configuration = { token_endpoint: 'http://127.0.0.1:9/token' };
    });
    expect(codeOf(finished)).toBe('launched');
  });

  it('gives each launch an id and a secret of its own', async () => {
    const [a, b] = [launchOf(await launched()), launchOf(await launched())];
    for (const name of ['id', 'csrf'] as const) {
      expect(Buffer.from(a[name], 'base64url').length).toBeGreaterThanOrEqual(16);
      expect(a[name]).not.toBe(b[name]);
    }
  });

  it.each([
    ['relative', () => 'Practitioner/doc-2', 'Practitioner/doc-2'],
    ['absolute', () => `${stub.fhir}/Practitioner/doc-2`, 'Practitioner/doc-2'],
    ['of another server', () => 'https://evil.example.org/fhir/Practitioner/doc-2', undefined],
    ['of a kind that no user is', () => 'Device/x', undefined],
    ['missing', () => undefined, undefined],
  ])('knows a user that is %s', async (_what, fhirUser, expected) => {
    stub.moods.idToken = { fhirUser: fhirUser() };
    expect(launchOf(await launched()).fhirUser).toBe(expected);
  });

  it('takes what is granted, narrower or not', async () => {
    stub.moods.token = { scope: 'launch patient/Patient.r', encounter: 'e1', need_patient_banner: false };
    expect(launchOf(await launched())).toMatchObject({
      patientId: 'p1',
      encounterId: 'e1',
      needsBanner: false,
      tokens: { scope: 'launch patient/Patient.r' },
    });
    stub.moods.token = { scope: undefined };
    expect(launchOf(await launched()).tokens.scope).toContain('patient/Condition.rs');
  });

  it('needs the launch’s issuer where the server says that it names itself', async () => {
    stub.moods.configuration = { authorization_response_iss_parameter_supported: true };
    expect(codeOf(await launched())).toBe('issuer-mismatch');
  });
});

describe('the order of a card', () => {
  const context = (changes: Partial<OrderContext> = {}): OrderContext => ({
    base: stub.fhir,
    patientId: 'p1',
    order: { resourceType: 'ServiceRequest', id: 'order-1' },
    drafts: [],
    today: '2026-03-02',
    expires: Math.floor(Date.now() / 1000) + 60,
    ...changes,
  });
  const with_ = async (changes: Partial<OrderContext>): Promise<Finished> => {
    stub.moods.token = { appContext: { assessment: await sealOrder(context(changes), seal) } };
    return launched();
  };

  it('comes with the launch of its patient at its EHR', async () => {
    expect(launchOf(await with_({})).order?.order['id']).toBe('order-1');
  });

  it('T137: of another patient, or of another EHR, stops the launch, and the token is given back', async () => {
    expect(codeOf(await with_({ patientId: 'p2' }))).toBe('order-of-another-patient');
    expect(codeOf(await with_({ base: 'https://other.example.org/fhir' }))).toBe('order-of-another-patient');
    await expect.poll(() => stub.forms.filter((f) => f.path === '/revoke').length).toBe(4);
  });

  it('that has expired has to be chosen', async () => {
    const launch = launchOf(await with_({ expires: 1 }));
    expect(launch.order).toBeUndefined();
    expect(launch.staleOrder).toBe(true);
  });
});

describe('localUser', () => {
  it.each([
    ['https://ehr.example.org/fhir/Practitioner/1', 'Practitioner/1'],
    ['https://ehr.example.org/fhir/Practitioner/1/_history/2', 'Practitioner/1'],
    ['https://ehr.example.org/fhir/../Practitioner/1', undefined],
    ['https://ehr.example.org.evil.example/fhir/Practitioner/1', undefined],
    ['https://ehr.example.org/Practitioner/1', undefined],
    ['PractitionerRole/1', 'PractitionerRole/1'],
    ['Practitioner/../1', undefined],
    [['Practitioner/1'], undefined],
  ])('T132: %s', (claim, expected) => {
    expect(localUser(claim, 'https://ehr.example.org/fhir/')).toBe(expected);
  });
});
