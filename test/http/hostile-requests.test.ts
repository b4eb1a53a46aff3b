import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRequest } from '../../src/cds-hooks/request.ts';
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
  service = await startTestService({ DEADLINE_MS: '1000' });
});
afterAll(() => service.close());

const ACCESS = { access_token: 't', token_type: 'Bearer', expires_in: 300, scope: 'user/*.read', subject: 's' };
const bytes = (body: unknown): Buffer => Buffer.from(JSON.stringify(body));
const withOrder = (changes: Json): Json => {
  const call = orderSelectCall();
  Object.assign(at(call, 'context.draftOrders.entry.0.resource') as Json, changes);
  return call;
};

describe('bytes', () => {
  it('that are not UTF-8 are refused rather than guessed', async () => {
    const latin1 = Buffer.from(JSON.stringify(orderSelectCall({ extra: 'Jos\u00e9' })), 'latin1');
    const answer = await post(select(), latin1);
    expect([answer.status, fieldsOf(answer)]).toEqual([400, ['body']]);
    for (const cut of [[0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf5, 0x80, 0x80, 0x80]])
      expect((await post(select(), Buffer.concat([bytes(orderSelectCall()), Buffer.from(cut)]))).status).toBe(400);
  });

  it('a byte order mark is passed over', async () => {
    expect(outcomeOf(await post(select(), Buffer.concat([Buffer.from('\ufeff'), bytes(orderSelectCall())])))).toBe(
      'met',
    );
  });

  it('JSON in UTF-16 is not JSON', async () => {
    const utf16 = Buffer.from(JSON.stringify(orderSelectCall()), 'utf16le');
    expect((await post(select(), utf16, { 'content-type': 'application/json' })).status).toBe(400);
    expect((await post(select(), utf16, { 'content-type': 'application/json; charset=utf-16' })).status).toBe(415);
  });

  it.each(['\\ud800', '\\u0000', '\\ufffe', '\\u202e'])('%s in a text is only a text', async (text) => {
    const call = JSON.stringify(withOrder({ note: [{ text: 'ODD' }] })).replaceAll('ODD', text);
    const answer = await post(select(), call);
    expect([answer.status, outcomeOf(answer)]).toEqual([200, 'met']);
  });
});

describe('JSON', () => {
  it('null is as good as absent for optional members', async () => {
    const call = orderSelectCall({ fhirServer: null, fhirAuthorization: null, extension: null });
    (call['context'] as Json)['encounterId'] = null;
    expect(outcomeOf(await post(select(), call))).toBe('met');
  });

  it('of two members with one name the last counts, for validation and for the answer alike', async () => {
    const text = JSON.stringify(orderSelectCall());
    const twice = text.replace('"patientId":"p1"', '"patientId":"somebody-else","patientId":"p1"');
    expect(outcomeOf(await post(select(), twice))).toBe('met');
    const other = text.replace('"patientId":"p1"', '"patientId":"p1","patientId":"somebody-else"');
    const answer = await post(select(), other);
    expect(assessmentsOf(answer)).toEqual([]);
  });

  it('numbers beyond all measure', async () => {
    const text = JSON.stringify(orderSelectCall()).replace('{', `{"a":1e999999,"b":${'9'.repeat(50_000)},`);
    expect(outcomeOf(await post(select(), text))).toBe('met');
    const value = { value: 'BIG', unit: 'mg/dL' };
    const prefetch = {
      ...storyPrefetch(),
      observations: searchset([
        {
          resourceType: 'Observation',
          id: 'o',
          status: 'final',
          subject: { reference: 'Patient/p1' },
          effectiveDateTime: '2025-06-01',
          code: { coding: [{ system: 'http://loinc.org', code: '33914-3' }] },
          valueQuantity: value,
        },
      ]),
    };
    const big = JSON.stringify(orderSelectCall({ prefetch })).replace('"BIG"', '1e999');
    expect((await post(select(), big)).status).toBe(200);
  });

  it.each([1_000, 5_000, 200_000])('an order nested %i levels deep in a suggestion is no order', async (levels) => {
    const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const call = withOrder({
      code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '72158' }] },
      extension: 'DEEP',
    });
    const answer = await post(select(), JSON.stringify(call).replace('"DEEP"', deep));
    expect([answer.status, answer.text]).toEqual([200, '{"cards":[]}']);
  });

  it('a chart nested 200,000 levels deep is recorded as far as anything reads it', async () => {
    const levels = 200_000;
    const deep = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    const prefetch = storyPrefetch();
    for (const entry of listAt(prefetch['conditions'], 'entry')) (at(entry, 'resource') as Json)['category'] = 'DEEP';
    const answer = await post(select(), JSON.stringify(orderSelectCall({ prefetch })).replaceAll('"DEEP"', deep));
    expect(outcomeOf(answer)).toBe('met');
  });

  it('a Bundle of 300,000 empty entries', async () => {
    const call = orderSelectCall({
      prefetch: { ...storyPrefetch(), observations: { resourceType: 'Bundle', entry: 'MANY' } },
    });
    const many = `[${'{"resource":{}},'.repeat(300_000)}{}]`;
    expect(outcomeOf(await post(select(), JSON.stringify(call).replace('"MANY"', many)))).toBe('met');
  });
});

describe('members that no hook knows, of which there may be half a million', () => {
  /** Notes which members are asked for, and whether all of them are gone through. */
  function watched(members: Json, seen: PropertyKey[]): Json {
    return new Proxy(members, {
      get: (of, name) => {
        seen.push(name);
        return Reflect.get(of, name) as unknown;
      },
      ownKeys: (of) => {
        seen.push('every member');
        return Reflect.ownKeys(of);
      },
    });
  }

  it.each(['call', 'context', 'fhirAuthorization'])('are not looked at (%s)', (where) => {
    const call = { ...orderSelectCall(), fhirServer: 'https://ehr.example.org', fhirAuthorization: ACCESS } as Json;
    const seen: PropertyKey[] = [];
    const strange = (members: unknown): Json => watched({ ...(members as Json), strange: 1 }, seen);
    const body = where === 'call' ? strange(call) : { ...call, [where]: strange(call[where]) };
    expect(readRequest('order-select', body).ok).toBe(true);
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.filter((name) => name === 'strange' || name === 'every member')).toEqual([]);
  });
});

describe('a basket of thousands of imaging orders', () => {
  const basket = (orders: number): Json => {
    const { order } = storyFhir();
    const call = orderSignCall();
    (at(call, 'context.draftOrders') as Json)['entry'] = Array.from({ length: orders }, (_, i) => ({
      resource: { ...order, id: `o${i}` },
    }));
    return call;
  };

  it('is not checked to its end, whatever the time: each order is read and recorded beside all others', async () => {
    const patient = await startTestService({ DEADLINE_MS: '60000' });
    try {
      const answer = await post(`${patient.base}/cds-services/${ORDER_SIGN}`, basket(1_000));
      const outcomes = assessmentsOf(answer).map((a) => at(a, 'outcome'));
      expect(outcomes).toEqual([...Array.from({ length: 100 }, () => 'met'), 'undetermined']);
      expect(at(answer.body, 'cards.100.summary')).toBe(
        'The imaging criteria of 900 orders were not checked: too many orders in one call; it says nothing about them.',
      );
    } finally {
      await patient.close();
    }
  });

  it('is answered in time: orders are checked until then, and one card tells of all others', async () => {
    const call = basket(15_000);
    const started = performance.now();
    const waiting = post(sign(), call);
    // others are served in between
    const health = await fetch(`${service.base}/healthz`);
    expect(health.status).toBe(200);
    const answer = await waiting;
    expect(performance.now() - started).toBeLessThan(8_000);
    const told = assessmentsOf(answer);
    const checked = told.length - 1;
    expect(answer.status).toBe(200);
    expect(checked).toBeGreaterThan(0);
    expect(checked).toBeLessThanOrEqual(100);
    expect(told.slice(0, checked).map((a) => at(a, 'outcome'))).toEqual(Array.from({ length: checked }, () => 'met'));
    const last = at(answer.body, `cards.${checked}`);
    expect(told[checked]).toEqual({
      orders: Array.from({ length: 100 }, (_, i) => `ServiceRequest/o${checked + i}`),
      count: 15_000 - checked,
      outcome: 'undetermined',
      reason: 'data-unavailable',
    });
    expect(String(at(last, 'summary')).length).toBeLessThan(140);
    expect(String(at(last, 'detail'))).toMatch(/MRI lumbar spine without contrast \(72148\)\./);
    expect(String(at(last, 'detail')).length).toBeLessThan(1_000);
  });
});

/** Sends bytes as they are. @returns the status line of each answer */
async function raw(text: string): Promise<readonly string[]> {
  const socket = connect(Number(new URL(service.base).port), '127.0.0.1');
  let seen = '';
  socket.on('data', (chunk) => {
    seen += String(chunk);
  });
  socket.on('error', () => undefined);
  socket.write(text);
  await new Promise((resolve) => socket.once('close', resolve));
  return seen.match(/HTTP\/1\.1 \d+/g)?.map((l) => l.slice(9)) ?? [];
}
const request = (line: string, body = '', more = ''): string =>
  `${line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}${body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`}\r\n${body}`;
const CLOSE = 'Connection: close\r\n';

describe('HTTP', () => {
  it('requests in one pipeline are each answered, in their order', async () => {
    const body = JSON.stringify(orderSelectCall());
    const path = `/cds-services/${ORDER_SELECT}`;
    const statuses = await raw(
      request(`POST ${path}`, body) +
        request('GET /nothing') +
        request(`POST ${path}`, '{') +
        request('GET /healthz', '', CLOSE),
    );
    expect(statuses).toEqual(['200', '404', '400', '200']);
  });

  it.each([
    ['two lengths', 'POST /cds-services/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    [
      'a length and chunks',
      'POST /cds-services/x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a folded header', 'GET /cds-services HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n'],
    ['a line feed in a header', 'GET /cds-services HTTP/1.1\r\nHost: x\r\nA: b\nc: d\r\n\r\n'],
    ['no host', 'GET /cds-services HTTP/1.1\r\n\r\n'],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('%s is refused', async (_what, text) => {
    expect(await raw(text)).toEqual(['400']);
  });

  it.each([
    ['GET /cds-services/%zz', '400'],
    ['GET /cds-services/%2e%2e/decisions', '404'],
    ['GET /cds-services/../../etc/passwd', '404'],
    ['GET /cds-services/%00', '405'],
    ['GET //decisions', '404'],
    ['GET http://evil.example.org/cds-services', '200'],
    ['GET /assets/../../package.json', '404'],
    ['GET /assets/%2e%2e%2f%2e%2e%2fpackage.json', '404'],
    [`GET /cds-services?${'x'.repeat(20_000)}`, '431'],
    ['TRACE /cds-services', '405'],
    ['OPTIONS *', '404'],
    ['PUT /cds-services', '405'],
    [`HEAD /cds-services/${ORDER_SELECT}`, '405'],
    ['HEAD /cds-services', '200'],
  ])('%s: %s', async (line, status) => {
    expect(await raw(request(line, '', CLOSE))).toEqual([status]);
  });

  it.each([
    ['application/json', 200],
    ['APPLICATION/JSON', 200],
    ['application/json; charset="UTF-8"', 200],
    ['application/fhir+json', 200],
    ['application/json+fhir', 200],
    ['text/plain', 415],
    ['*/*', 415],
    ['application/json, text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/json; charset=', 415],
    ['application/json; charset=utf-7', 415],
  ])('a body of type %s: %i', async (type, status) => {
    expect((await post(select(), orderSelectCall(), { 'content-type': type })).status).toBe(status);
  });

  it.each([
    ['gzip', 400],
    ['deflate', 400],
    ['br', 400],
    ['identity', 200],
    ['rot13', 415],
  ])('a plain body that is announced as %s: %i', async (encoding, status) => {
    expect((await post(select(), orderSelectCall(), { 'content-encoding': encoding })).status).toBe(status);
  });

  it('a discovery address that ends with a slash leads to the services all the same', async () => {
    expect((await fetch(`${service.base}/cds-services/`)).status).toBe(200);
    expect(outcomeOf(await post(`${service.base}/cds-services//${ORDER_SELECT}`, orderSelectCall()))).toBe('met');
  });

  it('answers with parts of a chart are not kept by caches', async () => {
    expect((await post(select(), orderSelectCall())).headers.get('cache-control')).toBe('no-store');
  });
});
