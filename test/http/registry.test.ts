import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { namesIn } from '../../src/criteria-check/known-names.ts';
import { loadEhrs } from '../../src/ehr/ehr-registry.ts';
import { type ClientKey, goodClaims, makeKey, signToken } from '../support/client-keys.ts';
import { EhrStub } from '../support/ehr-stub.ts';
import {
  type Answer,
  assessmentsOf,
  fhirAccess,
  ORDER_SELECT,
  orderSelectCall,
  outcomeOf,
  post,
  searchset,
  storyFhir,
  storyPrefetch,
} from '../support/hook-request.ts';
import { at, listAt } from '../support/json-path.ts';
import { checker } from '../support/knowledge.ts';
import { type EhrEntry, PRODUCTION, PUBLIC_URL, startTestService, type TestService } from '../support/test-service.ts';

type Json = Record<string, unknown>;

const PATH = `/cds-services/${ORDER_SELECT}`;
const LOCAL = 'urn:local:problems';
const issuerOf = (name: string): string => `https://${name}.example.org`;

let stub: EhrStub;
let key: ClientKey;
let service: TestService;
const codesFile = join(tmpdir(), `trust-registry-${process.pid}.codes.yaml`);

/** An EHR whose every setting but one is the default. */
const entry = (name: string, settings: Json = {}): EhrEntry => ({
  ehr: name,
  name,
  issuers: [{ iss: issuerOf(name), keys: [key.publicJwk] }],
  ...settings,
});

beforeAll(async () => {
  stub = await new EhrStub().start();
  const { patient, coverage, chart } = storyFhir();
  stub.resources = [patient, coverage, ...chart] as typeof stub.resources;
  key = await makeKey();
  writeFileSync(codesFile, `codes:\n  "${LOCAL}|CES?": ["set|cauda-equina"]\n`);
  service = await startTestService(PRODUCTION, [
    entry('plain'),
    entry('lean', { prefetch: 'lean', 'fhir-bases': [stub.fhir], 'private-network': true }),
    entry('picky', { show: ['not-met', 'alternative'] }),
    entry('defaulting', { 'default-payer': { payer: 'kaiser-wa', 'line-of-business': 'commercial' } }),
    entry('medicare', { 'default-payer': { payer: 'kaiser-wa', 'line-of-business': 'medicare' } }),
    entry('orderables', { orderables: { 'urn:local:orders|MRL': '72148' } }),
    entry('coded', { codes: codesFile }),
    entry('sandbox', { quirks: ['pama-rating'] }),
    entry('browser', { 'allowed-origins': ['https://ehr.browser.example.org'], prefetch: 'lean' }),
    entry('pinned', {
      issuers: [{ iss: issuerOf('pinned'), keys: [key.publicJwk], jku: ['https://pinned.example.org/jwks.json'] }],
    }),
    entry('agent', { issuers: [{ iss: issuerOf('agent'), keys: [key.publicJwk], subjects: ['cds-agent'] }] }),
    entry('north', {
      'fhir-bases': ['https://host.example.org/north'],
      issuers: [{ iss: issuerOf('host'), keys: [key.publicJwk], tenants: ['n'] }],
      show: ['not-met'],
    }),
    entry('south', {
      'fhir-bases': ['https://host.example.org/south'],
      issuers: [{ iss: issuerOf('host'), keys: [key.publicJwk], tenants: ['s'] }],
    }),
  ]);
});
afterAll(async () => {
  await service.close();
  await stub.close();
  rmSync(codesFile);
});
beforeEach(() => stub.forget());

async function send(ehr: string, body: Json, claims: Json = {}, header: Json = {}): Promise<Answer> {
  const token = await signToken(key, { ...goodClaims(issuerOf(ehr), `${PUBLIC_URL}${PATH}`), ...claims }, header);
  return post(`${service.base}${PATH}`, body, { authorization: `Bearer ${token}` });
}
const orderOf = (call: Json): Json => at(call, 'context.draftOrders.entry.0.resource') as Json;
const coded = (code: string): Json => {
  const call = orderSelectCall();
  orderOf(call)['code'] = { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code }] };
  return call;
};

/** A call about a chart without conditions: nothing urgent, nothing settled. */
const calm = (): Json => orderSelectCall({ prefetch: { ...storyPrefetch(), conditions: searchset([]) } });

async function keysAskedFor(headers: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const document: unknown = await (await fetch(`${service.base}/cds-services`, { headers })).json();
  return Object.keys(at(document, 'services.0.prefetch') as Json);
}
const discoveryToken = async (ehr: string): Promise<Readonly<Record<string, string>>> => ({
  authorization: `Bearer ${await signToken(key, goodClaims(issuerOf(ehr), `${PUBLIC_URL}/cds-services`))}`,
});

describe('prefetch', () => {
  it('lean: discovery asks that EHR for Patient and Coverage alone, by its token or by its page', async () => {
    expect(await keysAskedFor(await discoveryToken('lean'))).toEqual(['patient', 'coverages']);
    expect(await keysAskedFor({ origin: 'https://ehr.browser.example.org' })).toEqual(['patient', 'coverages']);
    expect((await keysAskedFor(await discoveryToken('plain'))).length).toBeGreaterThan(10);
    expect((await keysAskedFor({})).length).toBeGreaterThan(10);
  });

  it('lean: the chart is read by token, and only when a watched study is ordered', async () => {
    const { patient, coverage, order } = storyFhir();
    const lean = { ...fhirAccess(stub.fhir), prefetch: { patient, coverages: searchset([coverage]) } };
    expect(outcomeOf(await send('lean', orderSelectCall(lean)))).toBe('met');
    expect(stub.fhirRequests.length).toBeGreaterThan(10);
    stub.forget();
    const other = orderSelectCall(lean);
    const unwatched = { ...order, code: { coding: [{ system: 'http://loinc.org', code: '58410-2' }] } };
    (at(other, 'context.draftOrders') as Json)['entry'] = [{ resource: unwatched }];
    expect((await send('lean', other)).text).toBe('{"cards":[]}');
    expect(stub.fhirRequests).toEqual([]);
  });

  it('is asked of everybody alike when every EHR is lean', async () => {
    const all = await startTestService(PRODUCTION, [entry('lean', { prefetch: 'lean' })]);
    const document: unknown = await (await fetch(`${all.base}/cds-services`)).json();
    expect(Object.keys(at(document, 'services.0.prefetch') as Json)).toEqual(['patient', 'coverages']);
    await all.close();
  });
});

describe('show', () => {
  it('outcomes that the EHR does not want have no card, unless an urgent finding is on file', async () => {
    expect(outcomeOf(await send('plain', calm()))).toBe('undetermined');
    expect((await send('picky', calm())).text).toBe('{"cards":[]}');
    expect(outcomeOf(await send('picky', coded('72158')))).toBe('alternative');
    // a suspected cauda equina syndrome is told whatever the outcome is
    expect(outcomeOf(await send('picky', orderSelectCall()))).toBe('met');
  });
});

describe('default payer', () => {
  const uninsured = (): Json => orderSelectCall({ prefetch: { ...storyPrefetch(), coverages: searchset([]) } });
  const thoracic = (): Json => ({ context: at(coded('72146'), 'context') });
  const insuredBy = (display: string): Json => {
    const coverage = { ...storyFhir().coverage, payor: [{ display }] };
    return orderSelectCall({ prefetch: { ...storyPrefetch(), coverages: searchset([coverage]) } });
  };
  const counted = async (reason: string): Promise<number> => {
    const metrics = await (await fetch(`${service.base}/metrics`)).text();
    return Number(new RegExp(`cds_ungoverned_orders_total{reason="${reason}"} (\\d+)`).exec(metrics)?.[1] ?? 0);
  };

  it('is assumed where no coverage is on file, and said to be', async () => {
    const answer = await send('defaulting', uninsured());
    const [assessment] = assessmentsOf(answer);
    expect([outcomeOf(answer), at(assessment, 'payer.assumed'), at(assessment, 'payer.lineOfBusiness')]).toEqual([
      'met',
      true,
      'commercial',
    ]);
    expect(String(at(answer.body, 'cards.0.detail'))).toContain('assumed: the EHR shows no coverage');
    expect((await send('plain', uninsured())).text).toBe('{"cards":[]}');
  });

  it.each([
    ['no-coverage', 'plain', () => uninsured()],
    ['no-policy', 'defaulting', () => ({ ...uninsured(), ...thoracic() })],
    ['unknown-payer', 'plain', () => insuredBy('An Unheard-of Plan')],
    ['no-policy', 'plain', () => orderSelectCall(thoracic())],
  ] as const)(
    'where no text governs the order there is no card, and log and metrics say why: %s (%s)',
    async (reason, ehr, call) => {
      const before = await counted(reason);
      const answer = await send(ehr, call());
      expect(answer.text).toBe('{"cards":[]}');
      const id = answer.headers.get('x-request-id') ?? '';
      await expect.poll(() => service.log()).toContain(id);
      const line = service
        .log()
        .split('\n')
        .find((l) => l.includes(id));
      expect(JSON.parse(line ?? '{}')).toMatchObject({ outcomes: [], ungoverned: [reason] });
      expect((await counted(reason)) - before).toBe(1);
    },
  );

  it('has a line of business', async () => {
    expect(at(assessmentsOf(await send('medicare', uninsured()))[0], 'payer.lineOfBusiness')).toBe('medicare');
  });

  it('gives way to the coverage on file', async () => {
    expect(at(assessmentsOf(await send('medicare', orderSelectCall()))[0], 'payer.assumed')).toBe(false);
  });
});

describe('local codes', () => {
  it('orderables name the study of an order', async () => {
    const call = orderSelectCall();
    orderOf(call)['code'] = { coding: [{ system: 'urn:local:orders', code: 'MRL' }] };
    expect(at(assessmentsOf(await send('orderables', call))[0], 'evaluated.study')).toBe('72148');
    expect((await send('plain', call)).text).toBe('{"cards":[]}');
  });

  it('codes give the chart its meaning', async () => {
    const prefetch = storyPrefetch();
    for (const e of listAt(prefetch['conditions'], 'entry')) {
      const code = at(e, 'resource.code') as Json;
      if (at(code, 'coding.0.code') === 'G83.4') code['coding'] = [{ system: LOCAL, code: 'CES?' }];
    }
    expect(outcomeOf(await send('coded', orderSelectCall({ prefetch })))).toBe('met');
    expect(outcomeOf(await send('plain', orderSelectCall({ prefetch })))).toBe('undetermined');
  });
});

describe('quirks', () => {
  it('pama-rating: orders of suggestions carry the extension and reasons that the official sandbox looks for', async () => {
    const extensions = async (ehr: string): Promise<readonly unknown[]> => {
      const call = coded('72158');
      orderOf(call)['reasonCode'] = undefined;
      const answer = await send(ehr, call);
      const order = at(answer.body, 'cards.0.suggestions.0.actions.0.resource');
      return [listAt(order, 'extension').map((e) => at(e, 'url')), at(order, 'reasonCode')];
    };
    expect(await extensions('sandbox')).toEqual([['http://fhir.org/argonaut/Extension/pama-rating'], []]);
    expect(await extensions('plain')).toEqual([[], undefined]);
  });
});

describe('allowed origins', () => {
  it('T011: are let in, others and the null origin are not', async () => {
    const allowed = async (origin: string): Promise<string | null> =>
      (
        await fetch(`${service.base}/cds-services`, {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': 'GET' },
        })
      ).headers.get('access-control-allow-origin');
    expect(await allowed('https://ehr.browser.example.org')).toBe('https://ehr.browser.example.org');
    for (const other of [
      'null',
      'http://ehr.browser.example.org',
      'https://ehr.browser.example.org.evil.example',
      'https://ehr.browser.example.org:8443',
      'http://localhost:8080',
    ])
      expect(await allowed(other)).toBeNull();
  });

  it('answers tell caches that they depend on the origin', async () => {
    const headers = { origin: 'https://ehr.browser.example.org' };
    expect((await fetch(`${service.base}/cds-services`, { headers })).headers.get('vary')).toMatch(/origin/i);
  });
});

describe('issuers', () => {
  it('keys that stand in the registry: a jku is accepted when it is the one that is registered, and never fetched', async () => {
    const jku = 'https://pinned.example.org/jwks.json';
    expect((await send('pinned', orderSelectCall(), {}, { jku })).status).toBe(200);
    expect((await send('pinned', orderSelectCall())).status).toBe(200);
    expect((await send('pinned', orderSelectCall(), {}, { jku: `${jku}?x` })).status).toBe(401);
    expect((await send('plain', orderSelectCall(), {}, { jku })).status).toBe(401);
  });

  it('subjects: the sub of a token must be one of them', async () => {
    expect((await send('agent', orderSelectCall(), { sub: 'cds-agent' })).status).toBe(200);
    for (const sub of ['another', undefined])
      expect((await send('agent', orderSelectCall(), { sub })).status).toBe(401);
    expect(service.log()).toContain('"reason":"subject"');
  });

  it('one issuer signs for several EHRs, which its tenants tell apart', async () => {
    expect((await send('host', orderSelectCall(), { tenant: 's' })).status).toBe(200);
    expect(outcomeOf(await send('host', calm(), { tenant: 's' }))).toBe('undetermined');
    expect((await send('host', calm(), { tenant: 'n' })).text).toBe('{"cards":[]}');
    for (const tenant of ['x', undefined, 7])
      expect((await send('host', orderSelectCall(), { tenant })).status).toBe(401);
  });

  it('T122: a tenant’s token opens no FHIR base of another', async () => {
    const call = (base: string): Json =>
      orderSelectCall({ ...fhirAccess(base), prefetch: { patient: storyPrefetch()['patient'] } });
    expect((await send('host', call('https://host.example.org/north'), { tenant: 's' })).status).toBe(412);
    expect(service.log()).toContain('is not registered for its caller');
  });
});

describe('a registry that cannot be trusted stops the start', () => {
  const load = (entries: readonly EhrEntry[]): void => {
    const folder = mkdtempSync(join(tmpdir(), 'registry-'));
    for (const e of entries) writeFileSync(join(folder, `${e.ehr}.yaml`), stringify(e));
    try {
      loadEhrs(folder, namesIn(checker().knowledge));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

  it.each([
    [
      'a FHIR base twice, in other letters',
      () => [
        entry('a', { 'fhir-bases': ['https://ehr.example.org/r4'] }),
        entry('b', { 'fhir-bases': ['https://EHR.example.org:443/r4/'] }),
      ],
      /FHIR base https:\/\/ehr\.example\.org\/r4 belongs to a\.yaml too/,
    ],
    [
      'one issuer of two EHRs that nothing tells apart',
      () => [entry('a'), entry('b', { issuers: [{ iss: issuerOf('a'), keys: [key.publicJwk], tenants: ['x'] }] })],
      /signs for a too: give each its own tenants or subjects/,
    ],
    [
      'tenants that overlap',
      () => [
        entry('a', { issuers: [{ iss: 'i', keys: [key.publicJwk], tenants: ['x', 'y'] }] }),
        entry('b', { issuers: [{ iss: 'i', keys: [key.publicJwk], tenants: ['y'] }] }),
      ],
      /signs for a too/,
    ],
    [
      'credentials in a FHIR base',
      () => [entry('a', { 'fhir-bases': ['https://user:secret@ehr.example.org/r4'] })],
      /a FHIR base has no credentials/,
    ],
    [
      'a FHIR base with a query',
      () => [entry('a', { 'fhir-bases': ['https://ehr.example.org/r4?tenant=1'] })],
      /a FHIR base has no credentials, query/,
    ],
    ['plain http to the internet', () => [entry('a', { 'fhir-bases': ['http://ehr.example.org/r4'] })], /not https/],
    [
      'plain http to the keys',
      () => [entry('a', { issuers: [{ iss: 'i', 'jwks-url': 'http://ehr.example.org/jwks' }] })],
      /not https/,
    ],
    ['an issuer without keys', () => [entry('a', { issuers: [{ iss: 'i' }] })], /expected one of jwks-url/],
    [
      'keys from two places',
      () => [entry('a', { issuers: [{ iss: 'i', keys: [key.publicJwk], 'jwks-url': 'https://x.example/jwks' }] })],
      /expected one of jwks-url/,
    ],
    [
      'a private key',
      () => [entry('a', { issuers: [{ iss: 'i', keys: [{ ...key.publicJwk, d: 'secret' }] }] })],
      /this is a private key/,
    ],
    [
      'a symmetric key',
      () => [entry('a', { issuers: [{ iss: 'i', keys: [{ kty: 'oct', kid: 'k', k: 'c2VjcmV0' }] }] })],
      /kty/,
    ],
    [
      'an unknown payer',
      () => [entry('a', { 'default-payer': { payer: 'cigma' } })],
      /a\.yaml:1\d:\d+ default-payer\.payer: there is no payer "cigma"; near it: cigna$/,
    ],
    [
      'keys from a file that is not there',
      () => [entry('a', { issuers: [{ iss: 'i', 'jwks-file': 'none.json' }] })],
      /none\.json:1:1 there is no such file \(jwks-file\)/,
    ],
    [
      'local codes from a file that is not there',
      () => [entry('a', { codes: 'none.yaml' })],
      /a\.yaml:1\d:\d+ codes: there is no file .*none\.yaml/,
    ],
    [
      'a FHIR base without its scheme',
      () => [entry('a', { 'fhir-bases': ['ehr.example.org/r4'] })],
      /fhir-bases\.0: expected an address with https:\/\/ \(or http:\/\/\) in front, found "ehr\.example\.org\/r4"/,
    ],
    [
      'an unknown setting',
      () => [entry('a', { 'fhir-base': 'https://ehr.example.org/r4' })],
      /"fhir-base" is not known here; near it: fhir-bases/,
    ],
    ['an unknown outcome', () => [entry('a', { show: ['denied'] })], /show/],
  ])('%s', (_what, entries, message) => {
    expect(() => load(entries() as readonly EhrEntry[])).toThrow(message);
  });

  it.each([
    '127.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0x7f000001',
    '2130706433',
    '127.1',
    '169.254.169.254',
    '[64:ff9b::10.0.0.1]',
  ])('a private address that is not said to be meant: %s', (host) => {
    expect(() => load([entry('a', { 'fhir-bases': [`https://${host}/fhir`] })])).toThrow(
      /is a private address; set private-network: true/,
    );
  });
});
