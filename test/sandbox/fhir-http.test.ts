import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkBundle } from '../../src/criteria-check/check-bundle.ts';
import { formatDay, type Interval, parseDate } from '../../src/dates/day.ts';
import { at, listAt, matchIds } from '../support/json-path.ts';
import { checker } from '../support/knowledge.ts';
import { type Running, startService } from '../support/running-service.ts';

let running: Running;
beforeAll(async () => {
  running = await startService();
});
afterAll(() => running.close());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

async function call(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${running.fhir}${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}
const send = (method: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  call(path, {
    method,
    headers: { 'content-type': 'application/fhir+json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const basic = (members: object = {}): object => ({
  resourceType: 'Basic',
  code: { coding: [{ code: 'test' }] },
  subject: { reference: 'Patient/ada' },
  ...members,
});
const diagnostics = (answer: Answer): unknown => at(answer.body, 'issue.0.diagnostics');

describe('what clients ask first', () => {
  it('answers /metadata with security and all that it can do', async () => {
    const { status, headers, body } = await call('/metadata', { headers: { accept: 'application/json' } });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/fhir\+json/);
    expect(body).toMatchObject({
      resourceType: 'CapabilityStatement',
      fhirVersion: '4.0.1',
      implementation: { url: running.fhir },
      rest: [{ mode: 'server', security: { cors: true } }],
    });
    const condition = listAt(body, 'rest.0.resource').find((r) => at(r, 'type') === 'Condition');
    expect(listAt(condition, 'searchParam')).toContainEqual({ name: 'clinical-status', type: 'token' });
  });

  it('gives the chart of one patient as a whole, ready for the command line', async () => {
    const { status, body } = await call('/Patient/iris/$everything');
    expect(status).toBe(200);
    const resources = listAt(body, 'entry').map((e) => at(e, 'resource'));
    const own = JSON.stringify(resources);
    expect(at(body, 'total')).toBeGreaterThan(100);
    expect(resources.filter((r) => at(r, 'resourceType') === 'Patient').map((r) => at(r, 'id'))).toEqual(['iris']);
    expect(own).not.toContain('Patient/ada');
    for (const type of ['Coverage', 'Organization', 'PractitionerRole'])
      expect(resources.some((r) => at(r, 'resourceType') === type)).toBe(true);
    const { checks } = checkBundle(
      body,
      {
        study: '72148',
        reasons: ['M54.16'],
        date: parseDate(formatDay(Math.floor(Date.now() / 86_400_000))) as Interval,
      },
      checker(),
    );
    const [check] = checks;
    expect(check?.kind === 'checked' && [check.policy.id, check.assessment.outcome]).toEqual([
      'kaiser-wa-lumbar-mri',
      'undetermined',
    ]);
    expect((await call('/Patient/nobody/$everything')).status).toBe(404);
    expect((await send('POST', '/Patient/iris/$everything', {})).status).toBe(405);
    expect((await call('/Patient/iris/$other')).status).toBe(404);
  });

  it('lists all patients without parameters, each with a given name, a family name and a birth date', async () => {
    const { body } = await call('/Patient', { headers: { accept: 'application/json+fhir' } });
    expect(matchIds(body)).toEqual(running.sandbox.patients.map((p) => p.id));
    for (const entry of listAt(body, 'entry')) {
      expect(at(entry, 'resource.name.0.given.0')).toEqual(expect.any(String));
      expect(at(entry, 'resource.name.0.family')).toEqual(expect.any(String));
      expect(at(entry, 'resource.birthDate')).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    }
  });

  it.each(['application/json+fhir', 'application/fhir+json', '*/*', 'application/json', 'text/html'])(
    'does not mind Accept: %s',
    async (accept) => {
      expect((await call('/Patient/ada', { headers: { accept } })).status).toBe(200);
    },
  );

  it('takes what the SMART launcher sends, also at the origin without the path', async () => {
    const picker = await call('/Patient?_format=json&_summary=true&_count=5&_sort%3Aasc=family&name%3Acontains=case');
    expect(matchIds(picker.body)).toEqual(['ada']);
    const response = await fetch(`${running.base}/Encounter/?_count=1&_sort:desc=date&patient=ada`);
    expect(matchIds(await response.json())).toEqual(['ada-pressure-visit']);
  });

  it('knows the user that the official CDS Hooks Sandbox orders as', async () => {
    const { body } = await call('/PractitionerRole?practitioner=COREPRACTITIONER1');
    expect(at(body, 'entry.0.resource.specialty.0.coding.0.code')).toBe('207Q00000X');
  });

  it('answers any origin, preflights too', async () => {
    const preflight = await call('/Condition/_search', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://sandbox.cds-hooks.org',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-other',
        'access-control-request-private-network': 'true',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('x-other');
    expect(preflight.headers.get('access-control-allow-private-network')).toBe('true');
    const failed = await call('/Patient/nobody', { headers: { origin: 'https://sandbox.cds-hooks.org' } });
    expect(failed.status).toBe(404);
    expect(failed.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('search', () => {
  const form = (path: string, body: string): Promise<Answer> =>
    call(path, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });

  it('answers POST _search as GET, and both parts of one', async () => {
    const get = await call('/Condition?patient=ada&clinical-status=active&_count=500');
    expect(matchIds(get.body).length).toBeGreaterThan(2);
    const post = await form('/Condition/_search', 'patient=ada&clinical-status=active&_count=500');
    expect(matchIds(post.body)).toEqual(matchIds(get.body));
    const both = await form('/Condition/_search?patient=ada', 'clinical-status=active&_count=500');
    expect(matchIds(both.body)).toEqual(matchIds(get.body));
    expect((await call('/Condition/_search?patient=ada', { method: 'POST' })).status).toBe(200);
  });

  it('names the parameter that it does not know', async () => {
    const answer = await call('/Condition?patient=ada&colour=red');
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ code: 'not-supported' }] });
    expect(diagnostics(answer)).toContain('"colour"');
  });

  it('links to the address by which the client came', async () => {
    const { hostname, port } = new URL(running.base);
    const self = await new Promise<string>((resolve, reject) => {
      request(
        { hostname, port, path: '/sandbox/fhir/Patient?_count=1', headers: { host: `localhost:${port}` } },
        (res) => {
          let text = '';
          res.on('data', (chunk: Buffer) => {
            text += chunk.toString();
          });
          res.on('end', () => resolve(String(at(JSON.parse(text), 'link.0.url'))));
        },
      )
        .on('error', reject)
        .end();
    });
    expect(self).toBe(`http://localhost:${port}/sandbox/fhir/Patient?_count=1`);
  });
});

describe('writing', () => {
  it('creates under an id of its own and says where', async () => {
    const answer = await send('POST', '/Basic', basic({ id: 'mine' }));
    const id = String(at(answer.body, 'id'));
    expect(answer.status).toBe(201);
    expect(id).not.toBe('mine');
    expect(answer.headers.get('location')).toBe(`${running.fhir}/Basic/${id}/_history/1`);
    expect(answer.headers.get('etag')).toBe('W/"1"');
    const read = await call(`/Basic/${id}`);
    expect(read.body).toEqual(answer.body);
    expect(read.headers.get('last-modified')).toBeTruthy();
    expect(matchIds((await call(`/Basic?patient=ada&_id=${id}`)).body)).toEqual([id]);
  });

  it('takes each JSON type, and no other', async () => {
    for (const type of ['application/json', 'application/json+fhir', 'application/fhir+json; charset=utf-8'])
      expect((await send('POST', '/Basic', basic(), { 'content-type': type })).status).toBe(201);
    for (const type of ['text/plain', 'application/fhir+xml'])
      expect((await send('POST', '/Basic', basic(), { 'content-type': type })).status).toBe(415);
  });

  it('updates when the client has seen the current version', async () => {
    expect((await send('PUT', '/Basic/versioned', basic({ id: 'versioned' }))).status).toBe(201);
    const second = await send('PUT', '/Basic/versioned', basic({ id: 'versioned' }), { 'if-match': 'W/"1"' });
    expect([second.status, at(second.body, 'meta.versionId')]).toEqual([200, '2']);
    const stale = await send('PUT', '/Basic/versioned', basic({ id: 'versioned' }), { 'if-match': 'W/"1"' });
    expect([stale.status, at(stale.body, 'issue.0.code')]).toEqual([412, 'conflict']);
    expect((await send('PUT', '/Basic/absent', basic({ id: 'absent' }), { 'if-match': 'W/"1"' })).status).toBe(412);
    expect((await call('/Basic/absent')).status).toBe(404);
  });

  it('sends no body when the client prefers none', async () => {
    const answer = await send('POST', '/Basic', basic(), { prefer: 'return=minimal' });
    expect([answer.status, answer.body]).toEqual([201, undefined]);
    expect(answer.headers.get('location')).toContain('/Basic/');
  });

  it('creates once under If-None-Exist', async () => {
    const identified = basic({ identifier: [{ system: 'urn:x', value: 'once' }] });
    const condition = { 'if-none-exist': 'identifier=urn:x|once' };
    const first = await send('POST', '/Basic', identified, condition);
    const second = await send('POST', '/Basic', identified, condition);
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(at(second.body, 'id')).toBe(at(first.body, 'id'));
  });

  it.each<readonly [string, string, unknown, number]>([
    ['another type than the URL', '/Basic', { resourceType: 'Patient' }, 400],
    ['a list', '/Basic', [], 400],
    ['no type', '/Basic', {}, 400],
    ['a type that is not here', '/Nothing', { resourceType: 'Nothing' }, 404],
    ['a member for prototypes', '/Basic', '{"resourceType":"Basic","__proto__":{"polluted":true}}', 400],
    ['a deeper one', '/Basic', '{"resourceType":"Basic","a":[{"constructor":{"prototype":{}}}]}', 400],
    ['a meta that is none', '/Basic', { resourceType: 'Basic', meta: 'x' }, 400],
    ['nesting without end', '/Basic', `{"resourceType":"Basic","a":${'['.repeat(3000)}${']'.repeat(3000)}}`, 400],
    ['nothing', '/Basic', '', 400],
  ])('refuses %s', async (_what, path, body, status) => {
    const answer = await send('POST', path, body);
    expect(answer.status).toBe(status);
    expect(at(answer.body, 'resourceType')).toBe('OperationOutcome');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('says nothing of a body that is no JSON', async () => {
    const answer = await send('POST', '/Basic', '{"name":"Secret Person",');
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).not.toContain('Secret');
  });

  it('checks ids', async () => {
    expect((await call('/Patient/a_b')).status).toBe(400);
    expect((await call(`/Patient/${'a'.repeat(65)}`)).status).toBe(400);
    expect((await call('/Patient/..%2Fada')).status).toBe(400);
    expect((await call('/Patient/%E0%A4%A')).status).toBe(400);
    expect((await send('PUT', '/Basic/one', basic({ id: 'other' }))).status).toBe(400);
    expect((await send('PUT', '/Basic/a_b', basic({ id: 'a_b' }))).status).toBe(400);
  });

  it('refuses other methods, XML and bodies that are too large', async () => {
    expect((await call('/Patient/ada', { method: 'DELETE' })).status).toBe(405);
    expect((await call('/Patient/ada', { method: 'DELETE' })).headers.get('allow')).toBe('GET, PUT');
    expect((await call('/Patient/ada?_format=application%2Ffhir%2Bxml')).status).toBe(406);
    expect((await call('/Patient/ada/_history/1/x')).status).toBe(404);
    const large = await send('POST', '/Basic', basic({ note: 'x'.repeat(11_000_000) }));
    expect(large.status).toBe(413);
  });
});

describe('bundles', () => {
  const entry = (method: string, url: string, resource?: object, fullUrl?: string): object => ({
    ...(fullUrl !== undefined && { fullUrl }),
    ...(resource !== undefined && { resource }),
    request: { method, url },
  });
  const bundle = (type: string, entries: readonly object[]): object => ({
    resourceType: 'Bundle',
    type,
    entry: entries,
  });

  it('runs a transaction with references between its entries', async () => {
    const answer = await send(
      'POST',
      '',
      bundle('transaction', [
        entry('GET', 'Patient/new-one'),
        entry('PUT', 'Patient/new-one', { resourceType: 'Patient', id: 'new-one' }),
        entry('POST', 'Condition', {
          resourceType: 'Condition',
          subject: { reference: 'Patient/new-one' },
          encounter: { reference: 'urn:uuid:visit' },
        }),
        entry(
          'POST',
          'Encounter',
          { resourceType: 'Encounter', status: 'finished', subject: { reference: 'Patient/new-one' } },
          'urn:uuid:visit',
        ),
      ]),
    );
    expect(answer.status).toBe(200);
    expect(at(answer.body, 'type')).toBe('transaction-response');
    expect(listAt(answer.body, 'entry').map((e) => at(e, 'response.status'))).toEqual([
      '200 OK',
      '201 Created',
      '201 Created',
      '201 Created',
    ]);
    const visit = String(at(answer.body, 'entry.3.response.location')).split('/')[1];
    const found = await call('/Condition?patient=new-one');
    expect(at(found.body, 'entry.0.resource.encounter.reference')).toBe(`Encounter/${visit}`);
  });

  it('does all of a transaction or nothing', async () => {
    const entries = [
      entry('PUT', 'Basic/kept-out', basic({ id: 'kept-out' })),
      entry('PUT', 'Basic/wrong', basic({ id: 'different' })),
    ];
    const transaction = await send('POST', '/', bundle('transaction', entries));
    expect(transaction.status).toBe(400);
    expect((await call('/Basic/kept-out')).status).toBe(404);
    const batch = await send('POST', '/', bundle('batch', entries));
    expect(listAt(batch.body, 'entry').map((e) => at(e, 'response.status'))).toEqual(['201 Created', '400']);
    expect((await call('/Basic/kept-out')).status).toBe(200);
  });

  it('searches and reads in a batch', async () => {
    const answer = await send(
      'POST',
      '',
      bundle('batch', [
        entry('GET', 'Patient?name=testcase'),
        entry('GET', `${running.fhir}/Patient/ada`),
        entry('GET', 'Patient?colour=red'),
        entry('DELETE', 'Patient/ada'),
        entry('GET', 'Patient/ada/more'),
      ]),
    );
    expect(matchIds(at(answer.body, 'entry.0.resource'))).toEqual(['ada']);
    expect(at(answer.body, 'entry.1.resource.id')).toBe('ada');
    expect(listAt(answer.body, 'entry').map((e) => at(e, 'response.status'))).toEqual([
      '200 OK',
      '200 OK',
      '400',
      '400',
      '400',
    ]);
  });

  it.each([
    ['another resource', { resourceType: 'Patient' }],
    ['another type of Bundle', bundle('collection', [])],
  ])('refuses %s', async (_what, body) => {
    expect((await send('POST', '', body)).status).toBe(400);
  });
});
