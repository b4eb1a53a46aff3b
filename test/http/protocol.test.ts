import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { empties } from '../support/empties.ts';
import {
  assessmentsOf,
  fieldsOf,
  ORDER_SELECT,
  ORDER_SIGN,
  orderSelectCall,
  orderSignCall,
  outcomeOf,
  post,
  searchset,
  storyFhir,
  storyPrefetch,
} from '../support/hook-request.ts';
import { at, listAt } from '../support/json-path.ts';
import { startTestService, type TestService } from '../support/test-service.ts';

type Json = Record<string, unknown>;

let service: TestService;
const select = (): string => `${service.base}/cds-services/${ORDER_SELECT}`;
const sign = (): string => `${service.base}/cds-services/${ORDER_SIGN}`;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const without = (body: Json, path: string): Json => {
  const copy = structuredClone(body);
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  delete ((at(copy, steps.join('.')) as Json | undefined) ?? copy)[last];
  return copy;
};

describe('discovery', () => {
  it('T001, T002: lists services with hook, title, description, id and prefetch', async () => {
    const response = await fetch(`${service.base}/cds-services`);
    const body: unknown = await response.json();
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(listAt(body, 'services').map((s) => [at(s, 'id'), at(s, 'hook')])).toEqual([
      [ORDER_SELECT, 'order-select'],
      [ORDER_SIGN, 'order-sign'],
    ]);
    for (const s of listAt(body, 'services'))
      for (const member of ['title', 'description']) expect(at(s, member)).toMatch(/\w{5}/);
  });

  it('T012: says no version of CDS Hooks or of a hook, which clients of 2.0 do not know', async () => {
    const body: unknown = await (await fetch(`${service.base}/cds-services`)).json();
    expect(listAt(body, 'services').length).toBeGreaterThan(0);
    for (const s of listAt(body, 'services'))
      expect([at(s, 'version'), at(s, 'hookVersion')]).toEqual([undefined, undefined]);
  });

  it('T003, T010: holds nothing null or empty, and is compact', async () => {
    const text = await (await fetch(`${service.base}/cds-services`)).text();
    expect(empties(JSON.parse(text), '$')).toEqual([]);
    expect(text).toBe(JSON.stringify(JSON.parse(text)));
  });

  it('T004, T005, T006: advertises only templates that every client can fill, each by itself', async () => {
    const body: unknown = await (await fetch(`${service.base}/cds-services`)).json();
    for (const s of listAt(body, 'services')) {
      const templates = Object.entries(at(s, 'prefetch') as Json);
      expect(templates.length).toBeGreaterThan(10);
      for (const [key, template] of templates) {
        expect(key).toMatch(/^[A-Za-z]+$/);
        expect(template).toMatch(/^[A-Z][A-Za-z]+(\/\{\{[\w.]+\}\}|\?[^:#]+=\S+)$|^[A-Z][A-Za-z]+\?/);
        const tokens = String(template).match(/\{\{[^}]*\}\}/g) ?? [];
        for (const token of tokens) expect(['{{context.patientId}}', '{{userPractitionerId}}']).toContain(token);
        expect(String(template)).not.toMatch(/_include|_revinclude|_has|:(?!in\b)[a-z]+=|%/);
      }
    }
  });

  it('T008: answers other methods, paths and media types with what is wrong', async () => {
    expect((await post(`${service.base}/cds-services/none`, orderSelectCall())).status).toBe(404);
    const get = await fetch(select());
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await post(`${service.base}/cds-services`, {})).status).toBe(405);
    expect((await post(select(), '<xml/>', { 'content-type': 'text/xml' })).status).toBe(415);
    expect((await post(select(), '{}', { 'content-type': 'application/json; charset=latin1' })).status).toBe(415);
    const big = await post(select(), `{"x":"${'y'.repeat(11_000_000)}"}`);
    expect([big.status, fieldsOf(big)]).toEqual([413, ['body']]);
  });

  it('T011: answers preflights of registered origins only, without credentials', async () => {
    const preflight = async (origin: string): Promise<Headers> =>
      (
        await fetch(select(), {
          method: 'OPTIONS',
          headers: {
            origin,
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'authorization',
          },
        })
      ).headers;
    const local = await preflight('http://localhost:8080');
    expect(local.get('access-control-allow-origin')).toBe('http://localhost:8080');
    expect(local.get('access-control-allow-headers')).toContain('authorization');
    expect(local.get('access-control-allow-credentials')).toBeNull();
    expect((await preflight('https://evil.example.com')).get('access-control-allow-origin')).toBeNull();
  });
});

describe('requests', () => {
  it('T007: each service answers a valid call of its hook', async () => {
    expect(outcomeOf(await post(select(), orderSelectCall()))).toBe('met');
    expect(outcomeOf(await post(sign(), orderSignCall()))).toBe('met');
  });

  it.each([['{"hook":'], ['{"a":1,}'], [''], ['[1']])('T026: %j is no JSON: 400', async (text) => {
    const answer = await post(select(), text);
    expect([answer.status, at(answer.body, 'resourceType'), fieldsOf(answer)]).toEqual([
      400,
      'OperationOutcome',
      ['body'],
    ]);
  });

  it.each([['null'], ['[]'], ['42'], ['"text"']])('a body that is %s instead of an object: 400', async (text) => {
    expect((await post(select(), text)).status).toBe(400);
  });

  it.each([
    ['hook'],
    ['hookInstance'],
    ['context'],
    ['context.userId'],
    ['context.patientId'],
    ['context.draftOrders'],
    ['context.selections'],
  ])('T027, T030: without %s: 400 that names it', async (field) => {
    const answer = await post(select(), without(orderSelectCall(), field));
    expect([answer.status, fieldsOf(answer)]).toEqual([400, [field]]);
  });

  it('T028: a hook that is not of this service: 400', async () => {
    const answer = await post(sign(), orderSelectCall());
    expect([answer.status, fieldsOf(answer)]).toEqual([400, ['hook']]);
  });

  it('T029: fhirAuthorization without fhirServer: 400', async () => {
    const answer = await post(
      select(),
      orderSelectCall({
        fhirAuthorization: { access_token: 't', token_type: 'Bearer', expires_in: 1, scope: '', subject: '' },
      }),
    );
    expect([answer.status, fieldsOf(answer)]).toEqual([400, ['fhirServer']]);
  });

  it.each([
    ['fhirServer', 'file:///etc/passwd'],
    ['fhirServer', 'not a url'],
    ['hookInstance', ''],
    ['hookInstance', 'x'.repeat(300)],
    ['prefetch', []],
    ['extension', []],
    ['context.patientId', '../Patient/1'],
    ['context.patientId', 'Observation/1'],
    ['context.patientId', 7],
    ['context.draftOrders', { resourceType: 'Patient' }],
    ['context.selections', 'ServiceRequest/order-1'],
  ])('T034: a bad %s (%j): 400 that names it', async (field, value) => {
    const call = orderSelectCall();
    const steps = field.split('.');
    const last = steps.pop() ?? '';
    ((steps.length === 0 ? call : at(call, steps.join('.'))) as Json)[last] = value;
    const answer = await post(select(), call);
    expect([answer.status, fieldsOf(answer)]).toEqual([400, [field]]);
  });

  it('T033: unknown members and prefetch keys change nothing', async () => {
    const plain = await post(select(), orderSelectCall());
    const call = orderSelectCall({ future: { a: 1 }, extension: { 'com.example': { x: 1 } } });
    (call['context'] as Json)['future'] = true;
    (call['prefetch'] as Json)['unasked'] = searchset([{ resourceType: 'Basic', id: 'b' }]);
    const odd = await post(select(), call);
    expect(assessmentsOf(odd)).toEqual(assessmentsOf(plain));
  });

  it('T031: an encounter may be named or not', async () => {
    const told = async (changes: Json): Promise<unknown> => {
      const call = orderSignCall();
      Object.assign(call['context'] as Json, changes);
      return at(assessmentsOf(await post(sign(), call))[0], 'id');
    };
    expect(await told({})).toMatch(/^[0-9a-f-]{36}$/);
    expect(await told({ encounterId: 'enc-12' })).toBe(await told({}));
  });

  it('the visit at which the hook is called is one for the order, when it has no reason of its own', async () => {
    const outcome = async (encounterId: string | undefined, visit: Json = {}): Promise<unknown> => {
      const call = orderSignCall();
      Object.assign(call['context'] as Json, { encounterId });
      const prefetch = call['prefetch'] as Json;
      (at(prefetch, 'coverages.entry.0.resource') as Json)['payor'] = [{ display: 'Cigna' }];
      const now = { resourceType: 'Encounter', id: 'now', status: 'in-progress', class: { code: 'EMER' } };
      const subject = { reference: 'Patient/p1' };
      prefetch['encounters'] = searchset([{ ...now, subject, period: { start: '2025-06-10' }, ...visit }]);
      return outcomeOf(await post(sign(), call));
    };
    expect(await outcome('now')).toBe('met');
    expect(await outcome('Encounter/now')).toBe('met');
    expect(await outcome(undefined)).toBe('undetermined');
    expect(await outcome('another')).toBe('undetermined');
    expect(await outcome('now', { class: { code: 'VR' } })).toBe('undetermined');
    const elsewhere = [{ coding: [{ system: 'http://hl7.org/fhir/sid/icd-10-cm', code: 'I10' }] }];
    expect(await outcome('now', { reasonCode: elsewhere })).toBe('undetermined');
  });

  it('T036: an active order is assessed at signing', async () => {
    const call = orderSignCall();
    (at(call, 'context.draftOrders.entry.0.resource') as Json)['status'] = 'active';
    expect(outcomeOf(await post(sign(), call))).toBe('met');
  });

  it.each([
    ['T037: another type of order', (r: Json) => Object.assign(r, { resourceType: 'MedicationRequest' })],
    ['T041: doNotPerform', (r: Json) => Object.assign(r, { doNotPerform: true })],
    ['another patient’s order', (r: Json) => Object.assign(r, { subject: { reference: 'Patient/other' } })],
    ['a revoked order', (r: Json) => Object.assign(r, { status: 'revoked' })],
    [
      'a blood count',
      (r: Json) => Object.assign(r, { code: { coding: [{ system: 'http://loinc.org', code: '58410-2' }] } }),
    ],
    ['an order without a code', (r: Json) => Object.assign(r, { code: undefined })],
    ['an order without an id', (r: Json) => Object.assign(r, { id: undefined })],
  ])('%s: 200 and no card', async (_what, change) => {
    const call = orderSignCall();
    change(at(call, 'context.draftOrders.entry.0.resource') as Json);
    const answer = await post(sign(), call);
    expect([answer.status, answer.text]).toEqual([200, '{"cards":[]}']);
  });

  it('T038: several orders are each answered, and named', async () => {
    const call = orderSignCall();
    const { order } = storyFhir();
    const second = {
      ...order,
      id: 'order-2',
      code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '72158' }] },
    };
    (at(call, 'context.draftOrders') as Json)['entry'] = [{ resource: order }, { resource: second }];
    const orders = assessmentsOf(await post(sign(), call)).map((a) => at(a, 'order'));
    expect(orders).toEqual([`ServiceRequest/${order.id}`, 'ServiceRequest/order-2']);
  });

  it('T033: a list of selections, which order-sign does not have, leaves out no order at signing', async () => {
    const call = orderSignCall();
    (call['context'] as Json)['selections'] = ['ServiceRequest/another'];
    expect(outcomeOf(await post(sign(), call))).toBe('met');
  });

  it('T039: order-select speaks of the selected order alone, matched exactly', async () => {
    const { order } = storyFhir();
    const other = { ...order, id: `${order.id}-2` };
    const drafts = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: order }, { resource: other }] };
    const call = (selections: readonly string[]): Json =>
      orderSelectCall({ context: { userId: 'Practitioner/p', patientId: 'p1', selections, draftOrders: drafts } });
    const orders = async (selections: readonly string[]): Promise<readonly unknown[]> =>
      assessmentsOf(await post(select(), call(selections))).map((a) => at(a, 'order'));
    expect(await orders([`ServiceRequest/${other.id}`])).toEqual([`ServiceRequest/${other.id}`]);
    expect(await orders([`ServiceRequest/${order.id}`])).toEqual([`ServiceRequest/${order.id}`]);
    expect(await orders([other.id])).toEqual([`ServiceRequest/${other.id}`]);
    expect(await orders([`https://ehr.example.org/fhir/ServiceRequest/${other.id}`])).toEqual([
      `ServiceRequest/${other.id}`,
    ]);
    expect(await orders(['ServiceRequest/nothing', 'nothing'])).toEqual([]);
    expect(await orders([])).toEqual([]);
  });

  it('a patient id given as a reference is understood', async () => {
    const call = orderSelectCall();
    (call['context'] as Json)['patientId'] = 'Patient/p1';
    expect(outcomeOf(await post(select(), call))).toBe('met');
  });

  it('ids with "_", and longer than FHIR has them, are understood', async () => {
    const long = `order_${'x'.repeat(90)}`;
    const text = JSON.stringify(orderSelectCall())
      .replaceAll(`"${storyFhir().order.id}"`, `"${long}"`)
      .replaceAll(`ServiceRequest/${storyFhir().order.id}`, `ServiceRequest/${long}`)
      .replaceAll('Patient/p1', 'Patient/p_1')
      .replaceAll('"p1"', '"p_1"');
    const answer = await post(select(), JSON.parse(text));
    expect(outcomeOf(answer)).toBe('met');
    expect(at(assessmentsOf(answer)[0], 'order')).toBe(`ServiceRequest/${long}`);
  });

  it('a patient that comes as the Bundle of a search is understood', async () => {
    const prefetch = { ...storyPrefetch(), patient: searchset([storyFhir().patient]) };
    expect(outcomeOf(await post(select(), orderSelectCall({ prefetch })))).toBe('met');
  });

  it.each([
    ['without an id', { id: undefined }],
    ['without a beneficiary', { beneficiary: undefined }],
  ])('a coverage %s is not taken for none, unless it has ended', async (_what, change) => {
    const coverages = searchset([{ ...storyFhir().coverage, ...change }]);
    const answer = await post(select(), orderSelectCall({ prefetch: { ...storyPrefetch(), coverages } }));
    expect(assessmentsOf(answer).map((a) => [at(a, 'outcome'), at(a, 'reason')])).toEqual([
      ['undetermined', 'coverage-unavailable'],
    ]);
    const ended = searchset([{ ...storyFhir().coverage, ...change, status: 'cancelled' }]);
    const without = await post(select(), orderSelectCall({ prefetch: { ...storyPrefetch(), coverages: ended } }));
    expect(assessmentsOf(without)).toEqual([]);
  });

  it('an entry that is no resource leaves open what else a section holds', async () => {
    const reports = searchset([{ id: 'r1', status: 'final', subject: { reference: 'Patient/p1' } }]);
    const answer = await post(
      select(),
      orderSelectCall({ prefetch: { ...storyPrefetch(), diagnosticReports: reports } }),
    );
    expect(listAt(assessmentsOf(answer)[0], 'completeness')).toContainEqual({
      section: 'DiagnosticReport',
      state: 'truncated',
    });
  });

  it('identical input gives identical advice and the same assessment id; only uuids are fresh', async () => {
    const strip = (text: string): string => text.replace(/"uuid":"[^"]+"/g, '');
    const [a, b] = [await post(select(), orderSelectCall()), await post(select(), orderSelectCall())];
    expect(strip(a.text)).toBe(strip(b.text));
    expect(at(assessmentsOf(a)[0], 'id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/);
    expect(at(a.body, 'cards.0.uuid')).not.toBe(at(b.body, 'cards.0.uuid'));
  });
});

describe('prefetch', () => {
  const withPrefetch = (changes: Json): Json => orderSelectCall({ prefetch: { ...storyPrefetch(), ...changes } });
  const completeness = (answer: Awaited<ReturnType<typeof post>>, section: string): unknown =>
    listAt(assessmentsOf(answer)[0], 'completeness')
      .filter((c) => at(c, 'section') === section)
      .map((c) => at(c, 'state'))[0];

  it('T045: null and empty searchsets mean "none"', async () => {
    for (const value of [null, searchset([]), { resourceType: 'Bundle', type: 'searchset', total: 0 }]) {
      const answer = await post(select(), withPrefetch({ observations: value, medicationRequests: value }));
      expect([answer.status, completeness(answer, 'Observation')]).toEqual([200, 'complete']);
    }
  });

  it('T049: an OperationOutcome under a key is no answer; inside a Bundle it is skipped', async () => {
    const failed = await post(select(), withPrefetch({ conditions: { resourceType: 'OperationOutcome', issue: [] } }));
    expect([outcomeOf(failed), at(assessmentsOf(failed)[0], 'reason')]).toEqual(['undetermined', 'data-unavailable']);
    expect(completeness(failed, 'Condition')).toBe('failed');
    const { chart } = storyFhir();
    const conditions = chart.filter((r) => r.resourceType === 'Condition');
    const mixed = searchset([{ resourceType: 'OperationOutcome', issue: [] }, ...conditions]);
    const answer = await post(select(), withPrefetch({ conditions: mixed }));
    expect([outcomeOf(answer), completeness(answer, 'Condition')]).toEqual(['met', 'complete']);
  });

  it('T050: a truncated bundle without access is said to be truncated', async () => {
    const { chart } = storyFhir();
    const conditions = searchset(chart.filter((r) => r.resourceType === 'Condition'));
    const cut = { ...conditions, link: [{ relation: 'next', url: 'https://ehr.example.org/fhir/Condition?page=2' }] };
    const answer = await post(select(), withPrefetch({ conditions: cut }));
    expect([outcomeOf(answer), completeness(answer, 'Condition')]).toEqual(['met', 'truncated']);
    const fewer = { ...conditions, total: 99 };
    expect(completeness(await post(select(), withPrefetch({ conditions: fewer })), 'Condition')).toBe('truncated');
  });

  it('T052: other patients’ resources do not count', async () => {
    const { chart } = storyFhir();
    const foreign = chart.map((r) => ({ ...r, subject: { reference: 'Patient/somebody-else' } }));
    const answer = await post(
      select(),
      withPrefetch({ conditions: searchset(foreign.filter((r) => r.resourceType === 'Condition')) }),
    );
    expect(outcomeOf(answer)).toBe('undetermined');
    expect(answer.text).not.toContain('somebody-else');
  });

  it.each([
    ['entered in error', 'entered-in-error'],
    ['refuted', 'refuted'],
  ])('T053: a finding that is %s does not count', async (_what, verification) => {
    const { chart } = storyFhir();
    const conditions = chart
      .filter((r) => r.resourceType === 'Condition')
      .map((r) =>
        at(r, 'code.coding.0.code') === 'G83.4'
          ? { ...r, verificationStatus: { coding: [{ code: verification }] } }
          : r,
      );
    const answer = await post(select(), withPrefetch({ conditions: searchset(conditions) }));
    expect([answer.status, outcomeOf(answer)]).toEqual([200, 'undetermined']);
  });

  it.each(['not-done', 'entered-in-error'])('T053: a procedure that is %s is no evidence', async (status) => {
    const formerMri = async (s: string): Promise<boolean> => {
      const mri = {
        resourceType: 'Procedure',
        id: 'former-mri',
        status: s,
        subject: { reference: 'Patient/p1' },
        code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '72148' }] },
        performedDateTime: '2025-05-20',
      };
      const conditions = searchset(storyFhir().chart.filter((r) => at(r, 'code.coding.0.code') === 'M54.50'));
      const answer = await post(select(), withPrefetch({ conditions, procedures: searchset([mri]) }));
      return listAt(assessmentsOf(answer)[0], 'paths').some((p) => listAt(p, 'has').includes('mri'));
    };
    expect(await formerMri('completed')).toBe(true);
    expect(await formerMri(status)).toBe(false);
  });

  it('T047: required data that can be had by neither way: 412', async () => {
    const nothing = await post(select(), orderSelectCall({ prefetch: undefined }));
    expect([nothing.status, at(nothing.body, 'resourceType')]).toEqual([412, 'OperationOutcome']);
    expect(at(nothing.body, 'issue.0.details.text')).toBe(
      'prefetch: at least patient and coverages are required, and nothing was prefetched; it cannot be read either: the call has no fhirServer with fhirAuthorization',
    );
    const { patient: _p, ...noPatient } = storyPrefetch();
    const missing = await post(select(), orderSelectCall({ prefetch: noPatient }));
    expect([missing.status, fieldsOf(missing)]).toEqual([412, ['prefetch.patient']]);
    const { coverages: _c, ...noCoverage } = storyPrefetch();
    expect((await post(select(), orderSelectCall({ prefetch: noCoverage }))).status).toBe(412);
  });

  it('T048: a chart with nothing in it: 200', async () => {
    const { patient, coverage } = storyFhir();
    const empty = Object.fromEntries(Object.keys(storyPrefetch()).map((key) => [key, searchset([])]));
    const answer = await post(
      select(),
      orderSelectCall({ prefetch: { ...empty, patient, coverages: searchset([coverage]) } }),
    );
    expect([answer.status, outcomeOf(answer)]).toEqual([200, 'undetermined']);
  });

  it.each([
    [42],
    ['text'],
    [[]],
    [{ resourceType: 'Patient', id: 'p1' }],
    [{}],
    [{ resourceType: 'Bundle', entry: 7 }],
  ])('a key that holds %j breaks nothing', async (value) => {
    const answer = await post(select(), withPrefetch({ observations: value }));
    expect([answer.status, outcomeOf(answer)]).toEqual([200, 'met']);
  });
});

describe('cards', () => {
  it('T003, T010, T068: are as CDS Hooks wants them', async () => {
    const answer = await post(select(), orderSelectCall());
    expect(answer.text).toBe(JSON.stringify(answer.body));
    expect(empties(at(answer.body, 'cards.0'), '$')).toEqual([]);
    const card = at(answer.body, 'cards.0');
    const summary = String(at(card, 'summary'));
    expect(summary.length).toBeGreaterThan(0);
    expect(summary.length).toBeLessThan(140);
    expect(['info', 'warning']).toContain(at(card, 'indicator'));
    expect(at(card, 'source.label')).toBe('Spine imaging criteria check');
    expect([at(card, 'source.topic.system'), at(card, 'source.topic.code')].every((t) => typeof t === 'string')).toBe(
      true,
    );
    expect(at(card, 'uuid')).toMatch(/^[0-9a-f-]{36}$/);
    for (const reason of listAt(card, 'overrideReasons'))
      for (const member of ['code', 'system', 'display']) expect(at(reason, member)).toMatch(/\w/);
    expect(String(at(card, 'detail'))).toContain('not a coverage decision');
    expect(String(at(card, 'detail'))).toContain('Kaiser Permanente Washington, Lumbar Spine MRI, version');
  });

  it('T062, T065, T066: a suggestion to change the order holds the whole order', async () => {
    const call = orderSelectCall();
    const order = at(call, 'context.draftOrders.entry.0.resource') as Json;
    order['code'] = { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '72158' }] };
    order['note'] = [{ text: 'please call ahead' }];
    const answer = await post(select(), call);
    const card = at(answer.body, 'cards.0');
    expect(outcomeOf(answer)).toBe('alternative');
    expect(at(card, 'selectionBehavior')).toBe('at-most-one');
    const action = at(card, 'suggestions.0.actions.0');
    expect([at(action, 'type'), typeof at(action, 'description')]).toEqual(['update', 'string']);
    const { code, ...rest } = at(action, 'resource') as Json;
    const { code: _before, ...same } = order;
    expect(rest).toEqual(same);
    expect(at(code, 'coding.0.code')).toBe('72148');
  });

  it('T067: text of the chart never reaches a card', async () => {
    const prefetch = storyPrefetch();
    const evil = '<img src=x onerror=alert(1)> [x](javascript:alert(1))';
    for (const entry of listAt(prefetch['conditions'], 'entry')) {
      const resource = at(entry, 'resource') as Json;
      resource['note'] = [{ text: evil }];
      const code = resource['code'] as Json;
      code['text'] = evil;
      for (const coding of listAt(code, 'coding')) (coding as Json)['display'] = evil;
    }
    const answer = await post(select(), orderSelectCall({ prefetch }));
    expect(outcomeOf(answer)).toBe('met');
    expect(answer.text).not.toMatch(/onerror|javascript:/);
  });
});

describe('feedback', () => {
  const feedback = (): string => `${select()}/feedback`;
  const accepted = {
    card: '0d4c3a52-5f6e-4a8b-8a3b-6f3f0a7f1b10',
    outcome: 'accepted',
    acceptedSuggestions: [{ id: 'a5a5b9f0-31f4-4e67-9a2f-b7b1a3c3c0de' }],
    outcomeTimestamp: '2026-05-04T15:04:05Z',
  };
  const overridden = {
    card: '5a4e4b1c-9a0e-4b8e-8f1a-1f0e1a9f3a77',
    outcome: 'overridden',
    overrideReason: {
      reason: { system: 'https://x.example.org', code: 'treated-elsewhere' },
      userComment: 'elsewhere',
    },
    outcomeTimestamp: '2026-05-04T15:05:11.123Z',
  };

  it('T069, T072: takes both outcomes, several cards, twice', async () => {
    for (let i = 0; i < 2; i++) {
      const leapSecond = { ...accepted, outcomeTimestamp: '2016-12-31T23:59:60Z' };
      const answer = await post(feedback(), { feedback: [accepted, overridden, leapSecond] });
      expect([answer.status, answer.text]).toEqual([200, '']);
    }
  });

  it.each([
    ['feedback', {}],
    ['feedback.0.card', { feedback: [{ ...accepted, card: undefined }] }],
    ['feedback.0.outcome', { feedback: [{ ...accepted, outcome: 'ignored' }] }],
    ['feedback.0.acceptedSuggestions', { feedback: [{ ...accepted, acceptedSuggestions: undefined }] }],
    ['feedback.0.overrideReason', { feedback: [{ ...overridden, overrideReason: {} }] }],
    ['feedback.0.outcomeTimestamp', { feedback: [{ ...overridden, outcomeTimestamp: '2026-05-04T15:04:05+02:00' }] }],
    ['feedback.0.outcomeTimestamp', { feedback: [{ ...overridden, outcomeTimestamp: '2026-13-45T15:04:05Z' }] }],
    ['feedback.0.outcomeTimestamp', { feedback: [{ ...overridden, outcomeTimestamp: '2026-02-30T15:04:05Z' }] }],
    ['feedback.0.outcomeTimestamp', { feedback: [{ ...overridden, outcomeTimestamp: '2026-05-04T25:04:05Z' }] }],
  ])('T071: without a valid %s: 400 that names it', async (field, body) => {
    const answer = await post(feedback(), body);
    expect([answer.status, fieldsOf(answer)]).toEqual([400, [field]]);
  });

  it('says what is expected in our own words', async () => {
    const texts = async (body: Json): Promise<string> => (await post(feedback(), body)).text;
    expect(await texts({ feedback: [] })).toContain('feedback: expected at least one entry');
    const long = { ...overridden, overrideReason: { userComment: 'x'.repeat(10_001) } };
    expect(await texts({ feedback: [long] })).toContain('expected at most 10000 characters');
  });

  it('of a service that does not exist: 404', async () => {
    expect((await post(`${service.base}/cds-services/none/feedback`, { feedback: [accepted] })).status).toBe(404);
  });
});
