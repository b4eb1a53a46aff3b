import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/decisions/store/open-store.ts';
import { crdFile, crdSettings, PAYER } from '../support/crd.ts';
import { informationOf, partsOf } from '../support/crd-validator.ts';
import {
  type Answer,
  ORDER_SIGN,
  orderSignCall,
  post,
  searchset,
  storyFhir,
  storyPrefetch,
} from '../support/hook-request.ts';
import { at, listAt } from '../support/json-path.ts';
import { ROOT } from '../support/knowledge.ts';
import { startTestService, type TestService } from '../support/test-service.ts';

const CPT = 'http://www.ama-assn.org/go/cpt';
const ADMIN = 'an-administrators-token-of-some-length';
const folder = mkdtempSync(join(tmpdir(), 'crd-records-'));
const file = join(folder, 'decisions.sqlite');
let service: TestService;

beforeAll(async () => {
  service = await startTestService({
    CRD_CONFIG: crdFile(crdSettings()),
    DECISIONS: file,
    DECISIONS_WAIT_MS: '2000',
    ADMIN_TOKEN: ADMIN,
  });
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

type Json = Record<string, unknown>;

const { order, coverage } = storyFhir();

/** A call of order-sign; `more` changes the prefetch. */
function signing(resource: unknown, more: Json = {}, extension: Json = {}): Json {
  const { coverages: _coverages, serviceRequests: _orders, ...rest } = storyPrefetch();
  return {
    hook: 'order-sign',
    hookInstance: 'x',
    context: {
      userId: 'Practitioner/o',
      patientId: 'p1',
      draftOrders: { resourceType: 'Bundle', entry: [{ resource }] },
    },
    prefetch: { ...rest, coverage: searchset([{ ...coverage, payor: [{ identifier: PAYER }] }]), ...more },
    extension,
  };
}
const sign = (body: Json): Promise<Answer> =>
  post(`${service.base}/crd/cds-services/spine-imaging-crd-order-sign`, body);
const saidIn = (answer: Answer): unknown => informationOf(at(listAt(answer.body, 'systemActions')[0], 'resource'))[0];
const assertionOf = (answer: Answer): string =>
  String(at(partsOf(saidIn(answer), 'coverage-assertion-id')[0], 'valueString'));
const recordOf = async (assertion: string): Promise<unknown> =>
  await (
    await fetch(`${service.base}/decisions/${assertion}`, { headers: { authorization: `Bearer ${ADMIN}` } })
  ).json();

it('what was said is kept under its assertion id, and stays out of what the plain base counts', async () => {
  const answer = await sign(signing(order));
  expect(answer.headers.get('x-decisions')).toBe('stored');
  await post(`${service.base}/cds-services/${ORDER_SIGN}`, orderSignCall());
  const said = saidIn(answer);
  const assertion = assertionOf(answer);
  const record = await recordOf(assertion);
  expect([at(record, 'base'), at(record, 'card'), at(record, 'outcome')]).toEqual(['crd', assertion, 'met']);
  expect(listAt(record, 'result.guidance')).toEqual([said]);
  const store = await openStore(file);
  const [plain, payer] = [await store.find({ base: 'cds', limit: 9 }), await store.find({ base: 'crd', limit: 9 })];
  await store.close();
  expect([plain.length, payer.length]).toEqual([1, 1]);
});

it('what was said of an order that was not checked is kept too', async () => {
  const thoracic = { ...order, id: 'thoracic', code: { coding: [{ system: CPT, code: '72146' }] } };
  const { patient: _patient, ...unread } = signing(order)['prefetch'] as Json;
  for (const [reason, body] of [
    ['not-governed', signing(thoracic)],
    ['technical', { ...signing(order), prefetch: unread }],
  ] as const) {
    const answer = await sign(body);
    expect(answer.headers.get('x-decisions')).toBe('stored');
    const record = await recordOf(assertionOf(answer));
    expect([at(record, 'base'), at(record, 'policy'), at(record, 'reason'), at(record, 'patient')]).toEqual([
      'crd',
      null,
      reason,
      'p1',
    ]);
    expect(listAt(record, 'result.guidance')).toEqual([saidIn(answer)]);
  }
});

it('what is said otherwise has another assertion id, and what is not said is not on record as said', async () => {
  const [first, again] = [await sign(signing(order)), await sign(signing(order))];
  expect(assertionOf(again)).toBe(assertionOf(first));
  const over = searchset([{ ...coverage, payor: [{ identifier: PAYER }], period: { end: '2024-01-01' } }]);
  expect(assertionOf(await sign(signing(order, { coverage: over })))).not.toBe(assertionOf(first));
  const store = await openStore(file);
  const before = (await store.find({ base: 'crd', limit: 99 })).length;
  await sign(signing(order, {}, { 'davinci-crd.configuration': { 'coverage-info': false } }));
  const records = await store.find({ base: 'crd', limit: 99 });
  await store.close();
  expect(records).toHaveLength(before + 1);
  expect(at(JSON.parse(records.at(-1)?.result ?? ''), 'guidance')).toBeUndefined();
});

it('no text is tried on data of payer mode', async () => {
  const policies = join(folder, 'policies');
  cpSync(join(ROOT, 'policies'), policies, { recursive: true });
  const [inForce, shadow] = ['2020-09-01', '2024-02-02'].map((d) =>
    join(policies, 'kaiser-wa/lumbar-mri', `${d}.yaml`),
  );
  const text = readFileSync(inForce ?? '', 'utf8');
  writeFileSync(shadow ?? '', text.replace(/^effective: .*$/m, 'effective: "2024-02-02"\nstatus: shadow'));
  const records = join(folder, 'shadow.sqlite');
  const other = await startTestService({
    CRD_CONFIG: crdFile(crdSettings()),
    POLICIES: policies,
    DECISIONS: records,
    DECISIONS_WAIT_MS: '2000',
  });
  const answer = await post(`${other.base}/crd/cds-services/spine-imaging-crd-order-sign`, signing(order));
  expect(answer.headers.get('x-decisions')).toBe('stored');
  await post(`${other.base}/cds-services/${ORDER_SIGN}`, orderSignCall());
  await other.close();
  const store = await openStore(records);
  const found = (await store.find({ limit: 9 })).map((d) => `${d.base} ${d.mode}`);
  await store.close();
  expect(found.sort()).toEqual(['cds live', 'cds shadow', 'crd live']);
});

/** What administrators read of the calls under a key. */
const callsUnder = async (key: string, token = ADMIN): Promise<{ readonly status: number; readonly body: unknown }> => {
  const answer = await fetch(`${service.base}/invocations/${key}`, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, body: await answer.json() };
};

describe('T121: every call is kept as it came, with its answer, for administrators alone', () => {
  const TOKEN = 'the-token-of-the-ehr';
  const access = {
    fhirServer: 'https://ehr.example.org/r4',
    fhirAuthorization: {
      access_token: TOKEN,
      token_type: 'Bearer',
      expires_in: 30,
      scope: 'patient/*.rs',
      subject: 's',
    },
  };
  const withoutToken = (body: Json): Json => {
    const { access_token: _token, ...rest } = access.fhirAuthorization;
    return { ...body, fhirAuthorization: rest };
  };
  const two = searchset([
    { ...coverage, payor: [{ identifier: PAYER }] },
    { ...coverage, id: 'coverage-2', payor: [{ identifier: PAYER }] },
  ]);
  const drug = { resourceType: 'MedicationRequest', id: 'm', subject: { reference: 'Patient/p1' } };
  const calls: Readonly<Record<string, { readonly status: number; readonly body: Json }>> = {
    answered: { status: 200, body: { ...signing(order), ...access } },
    'nothing to say': { status: 200, body: { ...signing(drug), ...access } },
    'two coverages': { status: 400, body: { ...signing(order, { coverage: two }), ...access } },
    'no context': { status: 400, body: { ...signing(order), ...access, context: { patientId: 'p1' } } },
    'a patient by reference': {
      status: 200,
      body: {
        ...signing(order),
        ...access,
        context: { ...(signing(order)['context'] as Json), patientId: 'Patient/p1' },
      },
    },
    'no coverage to be had': { status: 412, body: { ...signing(order), prefetch: {} } },
  };

  it.each(Object.entries(calls))('%s', async (_, { status, body }) => {
    const hookInstance = randomUUID();
    const sent = { ...body, hookInstance };
    const answer = await sign(sent);
    expect([answer.status, answer.headers.get('x-decisions')]).toEqual([status, 'stored']);
    const id = answer.headers.get('x-request-id') ?? '';
    const byInstance = await callsUnder(hookInstance);
    expect(byInstance.body).toEqual([
      {
        id,
        at: expect.stringMatching(/^20.*Z$/),
        service: 'spine-imaging-crd-order-sign',
        hook: 'order-sign',
        status,
        ehr: body['fhirAuthorization'] === undefined ? 'loopback' : null,
        issuer: null,
        patient: 'p1',
        request: body['fhirAuthorization'] === undefined ? sent : withoutToken(sent),
        response: answer.body,
      },
    ]);
    expect((await callsUnder(id)).body).toEqual(byInstance.body);
    const [said] = listAt(answer.body, 'systemActions');
    if (said !== undefined) expect(at((await callsUnder(assertionOf(answer))).body, '0.id')).toBe(id);
  });

  it('the store shows nothing of it, and neither it nor the log the token; reading leaves a line in the log', async () => {
    const hookInstance = randomUUID();
    const named = { ...order, note: [{ text: 'a name: Quentin Unmistakable' }] };
    const answer = await sign({ ...signing(named), ...access, hookInstance });
    const id = answer.headers.get('x-request-id') ?? '';
    const read = await callsUnder(hookInstance);
    expect(JSON.stringify(read.body)).toContain('Quentin Unmistakable');
    expect(JSON.stringify(read.body)).not.toContain(TOKEN);
    const raw = ['', '-wal'].map((end) => readFileSync(file + end).toString('latin1')).join('');
    for (const words of ['Quentin', TOKEN]) expect(raw).not.toContain(words);
    for (const words of ['Quentin', TOKEN]) expect(service.log()).not.toContain(words);
    expect(service.log()).toMatch(new RegExp(`"route":"/invocations/:key".*"invocationsRead":\\["${id}"\\]`));
  });

  it('a body that is nested beyond reason is answered, and its call kept without it', async () => {
    const depth = 50_000;
    const hookInstance = randomUUID();
    const text = JSON.stringify({ ...signing(order), hookInstance, more: 'HERE' });
    const answer = await fetch(`${service.base}/crd/cds-services/spine-imaging-crd-order-sign`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text.replace('"HERE"', '['.repeat(depth) + ']'.repeat(depth)),
    });
    expect([answer.status, answer.headers.get('x-decisions')]).toEqual([200, 'stored']);
    expect(at((await callsUnder(hookInstance)).body, '0.request')).toBe('nested too deeply to be kept');
  });

  it('nobody else reads them', async () => {
    expect((await callsUnder('x', 'another-token-of-the-same-length-or-so')).status).toBe(401);
    expect((await callsUnder(randomUUID())).status).toBe(404);
  });
});
