import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/decisions/store/open-store.ts';
import { strictPolicies } from '../support/changed-policies.ts';
import {
  assessmentsOf,
  ORDER_SELECT,
  ORDER_SIGN,
  orderSelectCall,
  orderSignCall,
  post,
  storyFhir,
  storyPrefetch,
} from '../support/hook-request.ts';
import { at, listAt } from '../support/json-path.ts';
import { ROOT } from '../support/knowledge.ts';
import { decision } from '../support/stores.ts';
import { startTestService, type TestService } from '../support/test-service.ts';

type Json = Record<string, unknown>;

const ADMIN = 'an-administrators-token-of-some-length';
const NOBODY = '00000000-0000-4000-8000-000000000000';
const folder = mkdtempSync(join(tmpdir(), 'administration-'));
const file = join(folder, 'decisions.sqlite');
const RECORDING = { DECISIONS: file, DECISIONS_WAIT_MS: '2000', ADMIN_TOKEN: ADMIN };
let service: TestService;

beforeAll(async () => {
  service = await startTestService(RECORDING);
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}
async function ask(path: string, of: TestService = service, token: string = ADMIN, method = 'GET'): Promise<Reply> {
  const response = await fetch(`${of.base}${path}`, {
    method,
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}
const replayed = (id: string, of: TestService = service): Promise<Reply> =>
  ask(`/decisions/${id}/replay`, of, ADMIN, 'POST');

/** Asks about the story. @returns the uuid of its card */
async function told(changes: Json = {}): Promise<string> {
  const answer = await post(`${service.base}/cds-services/${ORDER_SELECT}`, orderSelectCall(changes));
  expect(answer.headers.get('x-decisions')).toBe('stored');
  return String(at(answer.body, 'cards.0.uuid'));
}

describe('access to records', () => {
  it.each([
    ['GET', ''],
    ['POST', '/replay'],
  ])('%s /decisions/…%s: with the token of administrators alone', async (method, end) => {
    const card = await told();
    for (const token of ['', 'wrong', ADMIN.slice(1), ADMIN.toUpperCase()]) {
      const reply = await ask(`/decisions/${card}${end}`, service, token, method);
      expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
    const reply = await ask(`/decisions/${card}${end}`, service, ADMIN, method);
    expect([reply.status, reply.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  it('there is none without such a token in the settings, or without a store', async () => {
    for (const settings of [{ DECISIONS: file }, { ADMIN_TOKEN: ADMIN, DECISIONS: 'off' }]) {
      const other = await startTestService(settings);
      expect((await ask(`/decisions/${NOBODY}`, other)).status).toBe(404);
      expect((await replayed(NOBODY, other)).status).toBe(404);
      await other.close();
    }
  });

  it('what is not on record is not found; what is no UUID is not looked for', async () => {
    expect((await ask(`/decisions/${NOBODY}`)).status).toBe(404);
    expect((await replayed(NOBODY)).status).toBe(404);
    for (const id of ["x'--", NOBODY.slice(1), '%00', `${NOBODY}/`])
      expect((await ask(`/decisions/${encodeURIComponent(id)}`)).status).toBe(400);
  });

  it('a store that cannot be read: 503, without a word on why', async () => {
    const broken = await startTestService({ ...RECORDING, DECISIONS: '/dev/null/decisions.sqlite' });
    const reply = await ask(`/decisions/${NOBODY}`, broken);
    expect([reply.status, JSON.stringify(reply.body)]).toEqual([503, expect.not.stringContaining('dev/null')]);
    await broken.close();
  });
});

describe('a record', () => {
  it('holds what the card rested on', async () => {
    const prefetch = storyPrefetch();
    for (const entry of listAt(prefetch['conditions'], 'entry'))
      (at(entry, 'resource') as Json)['meta'] = { versionId: '7' };
    const card = await told({ prefetch });
    const { body } = await ask(`/decisions/${card}`);
    const { order } = storyFhir();
    expect(at(body, 'card')).toBe(card);
    expect([at(body, 'outcome'), at(body, 'policy')]).toEqual(['met', 'kaiser-wa-lumbar-mri']);
    expect(at(body, 'policyVersion')).toBe(at(body, 'result.policy.version'));
    expect(at(body, 'policyHash')).toMatch(/^[0-9a-f]{64}$/);
    expect(at(body, 'engine')).toMatch(/^\d+\.\d+\.\d+/);
    expect([at(body, 'asOf'), at(body, 'study'), at(body, 'patient')]).toEqual(['2025-06-10', '72148', 'p1']);
    expect(at(body, 'latencyMs')).toBeGreaterThan(0);
    expect(at(body, 'input.order.id')).toBe(order.id);
    const facts = listAt(body, 'facts');
    const proof = facts.filter((f) => at(f, 'query.fact') === 'cauda-equina-syndrome' && at(f, 'truth') === 'true');
    expect(JSON.stringify(proof)).toContain('"version":"7"');
    expect(listAt(body, 'result.satisfied').map((s) => at(s, 'criterion'))).toContain('I.B');
  });

  it('has every member that the documentation names', async () => {
    const { body } = await ask(`/decisions/${await told()}`);
    const section = readFileSync(join(ROOT, 'docs/records.md'), 'utf8')
      .split('\n## ')
      .find((s) => s.startsWith('A record'));
    const documented = section?.matchAll(/^\| `([^|]+)` \| [^|]+ \|$/gm) ?? [];
    const names = [...documented].flatMap(([, cell = '']) => cell.split('`, `'));
    expect(new Set(names)).toEqual(new Set(Object.keys(body as Json)));
    for (const name of names.filter((n) => !['ehr', 'issuer', 'reason'].includes(n)))
      expect(at(body, name), name).toBeTruthy();
  });

  it('holds the criteria as they were evaluated, as long as the texts give the same', async () => {
    const card = await told();
    const traceOf = async (of?: TestService): Promise<unknown> =>
      at((await ask(`/decisions/${card}`, of)).body, 'trace');
    const trace = await traceOf();
    const passage = listAt(trace, 'paths').find((p) => at(p, 'id') === 'I.B');
    expect([at(passage, 'truth'), at(passage, 'inPlay')]).toEqual(['true', 'yes']);
    expect(JSON.stringify(passage)).toContain('Condition/condition-2');
    expect(listAt(trace, 'exclusions').length + listAt(trace, 'paths').length).toBeGreaterThan(5);
    const policies = strictPolicies();
    const changed = await startTestService({ ...RECORDING, POLICIES: policies });
    expect(await traceOf(changed)).toBeUndefined();
    expect(at((await ask(`/decisions/${card}`, changed)).body, 'outcome')).toBe('met');
    await changed.close();
    rmSync(policies, { recursive: true });
  });

  it('holds what was looked at and did not count, with the reason', async () => {
    const prefetch = storyPrefetch();
    for (const entry of listAt(prefetch['conditions'], 'entry')) {
      const resource = at(entry, 'resource') as Json;
      if (at(resource, 'code.coding.0.code') === 'G83.4')
        resource['verificationStatus'] = { coding: [{ code: 'entered-in-error' }] };
    }
    const conditions = prefetch['conditions'] as { entry: { resource: Json }[] };
    const [first] = conditions.entry;
    conditions.entry.push({
      resource: { ...first?.resource, id: 'somebodys', subject: { reference: 'Patient/somebody' } },
    });
    const card = await told({ prefetch });
    const { body } = await ask(`/decisions/${card}`);
    expect(at(body, 'input.dropped')).toEqual([
      { reference: 'Condition/condition-2', reason: 'entered in error' },
      { reason: 'another patient' },
    ]);
    const rejected = listAt(body, 'facts').flatMap((f) => listAt(f, 'rejected'));
    const reasons = rejected.filter((r) => at(r, 'reference') === 'Condition/condition-1').map((r) => at(r, 'reason'));
    expect(reasons).toContain('not a reason of this order');
    expect(JSON.stringify(body)).not.toContain('somebody');
  });

  it('holds no names, texts and identifiers', async () => {
    const prefetch = storyPrefetch();
    const secret = 'Q7-SECRET';
    prefetch['patient'] = {
      ...(prefetch['patient'] as Json),
      name: [{ family: secret }],
      identifier: [{ value: secret }],
      telecom: [{ value: secret }],
    };
    for (const entry of listAt(prefetch['conditions'], 'entry'))
      Object.assign(at(entry, 'resource') as Json, { note: [{ text: secret }], text: { div: secret } });
    const card = await told({ prefetch });
    expect(JSON.stringify((await ask(`/decisions/${card}`)).body)).not.toContain(secret);
  });

  it('of each order of a basket, and of orders without a card', async () => {
    const quiet = await startTestService(RECORDING, [
      { ehr: 'q', name: 'Q', 'fhir-bases': ['https://q.example.org/fhir'], show: ['not-met'] },
    ]);
    const call = orderSignCall({ fhirServer: 'https://q.example.org/fhir' });
    (call['prefetch'] as Json)['conditions'] = { resourceType: 'Bundle', entry: [] };
    const { order } = storyFhir();
    (at(call, 'context.draftOrders') as Json)['entry'] = [
      { resource: order },
      { resource: { ...order, id: 'second' } },
    ];
    const answer = await post(`${quiet.base}/cds-services/${ORDER_SIGN}`, call);
    expect([answer.text, answer.headers.get('x-decisions')]).toEqual(['{"cards":[]}', 'stored']);
    await quiet.close();
    const store = await openStore(file);
    const records = (await store.find({ limit: 1_000 })).filter((d) => d.ehr === 'q');
    await store.close();
    expect(records.map((r) => [r.card, r.outcome])).toEqual([
      ['', 'undetermined'],
      ['', 'undetermined'],
    ]);
  });
});

describe('replay', () => {
  it('with the same policies gives the same assessment, with the criteria as they were evaluated', async () => {
    const card = await told();
    const { body } = await replayed(card);
    expect([at(body, 'same'), at(body, 'changes')]).toEqual([true, []]);
    expect(at(body, 'before')).toEqual(at(body, 'after'));
    expect(at(body, 'before.outcome')).toBe('met');
    expect(JSON.stringify(at(body, 'trace'))).toContain('"id":"I.B"');
  });

  it('after a change of the policy tells what came out otherwise, by criterion', async () => {
    const card = await told();
    const policies = strictPolicies();
    const changed = await startTestService({ ...RECORDING, POLICIES: policies });
    const { body } = await replayed(card, changed);
    await changed.close();
    rmSync(policies, { recursive: true });
    expect([at(body, 'same'), at(body, 'before.outcome'), at(body, 'after.outcome')]).toEqual([
      false,
      'met',
      'undetermined',
    ]);
    expect(at(body, 'changes')).toContainEqual({ criterion: 'I.B', before: 'satisfied', after: 'open' });
    expect(at(body, 'before.policyHash')).not.toBe(at(body, 'after.policyHash'));
  });

  it('of a chart part of which could not be read is not silent of that part', async () => {
    const nobodys = { resourceType: 'Observation', id: 'x' };
    const code = { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10-cm', code: 'G83.4' }] };
    const nameless = { resourceType: 'Condition', subject: { reference: 'Patient/p1' }, code };
    for (const resource of [nobodys, nameless]) {
      const conditions = { resourceType: 'Bundle', type: 'searchset', entry: [{ resource }] };
      const card = await told({ prefetch: { ...storyPrefetch(), conditions } });
      const state = at((await ask(`/decisions/${card}`)).body, `input.sections.${resource.resourceType}`);
      expect(state).toEqual({ state: 'truncated', resources: [] });
      expect(at((await replayed(card)).body, 'same')).toBe(true);
    }
  });

  it('of an order whose billing options alone name the study gives the same', async () => {
    const { context } = orderSelectCall();
    const url = 'http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options';
    const option = { url: 'code', valueCoding: { system: 'http://www.ama-assn.org/go/cpt', code: '72148' } };
    const order = { ...storyFhir().order, code: { text: 'MRI', extension: [{ url, extension: [option] }] } };
    const draftOrders = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: order }] };
    const { body } = await replayed(await told({ context: { ...(context as Json), draftOrders } }));
    expect([at(body, 'before.outcome'), at(body, 'same')]).toEqual(['met', true]);
  });

  it('of the same order at another time gives the id that its card carried', async () => {
    const answer = await post(`${service.base}/cds-services/${ORDER_SELECT}`, orderSelectCall());
    const { body } = await replayed(String(at(answer.body, 'cards.0.uuid')));
    expect(at(body, 'after.assessment')).toBe(at(assessmentsOf(answer)[0], 'id'));
  });
});

describe('retention', () => {
  it('records older than so many days are removed at the start', async () => {
    const own = join(folder, 'retention.sqlite');
    const store = await openStore(own);
    const [old, young] = [decision({ at: '2020-01-01T00:00:00.000Z' }), decision({ at: new Date().toISOString() })];
    await store.add([old, young], []);
    const keeping = await startTestService({ DECISIONS: own });
    await keeping.service.opened;
    expect((await store.find({ limit: 9 })).length).toBe(2);
    await keeping.close();
    const forgetting = await startTestService({ DECISIONS: own, DECISIONS_KEEP_DAYS: '30' });
    await expect
      .poll(async () => (await store.find({ limit: 9 })).map((d) => d.id), { timeout: 5_000 })
      .toEqual([young.id]);
    await expect.poll(() => forgetting.log()).toContain('"removed":1');
    await forgetting.close();
    await store.close();
  });
});
