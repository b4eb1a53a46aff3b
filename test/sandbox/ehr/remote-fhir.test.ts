import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EhrRegistry } from '../../../src/ehr/ehr-registry.ts';
import type { Json, PatientRow, StudyRow } from '../../../src/sandbox/ehr/wire.ts';
import { movedTo, RemoteFhir } from '../../../src/sandbox/remote/remote-fhir.ts';
import { readConfig } from '../../../src/server/config.ts';
import { newOrder, withReason, withStudy } from '../../../src/web/client/ehr-order.ts';
import { assessmentOf } from '../../support/hook-call.ts';
import { at, listAt } from '../../support/json-path.ts';
import { cardsOf, OrderEntryClient } from '../../support/order-entry.ts';
import { type Running, startService } from '../../support/running-service.ts';

/** The server behind: another sandbox, with small pages, as somebody else's FHIR server. */
let behind: Running;
let running: Running;
let page: OrderEntryClient;
beforeAll(async () => {
  behind = await startService({ usual: 20, most: 40 });
  running = await startService(undefined, { base: behind.fhir });
  page = await OrderEntryClient.open(running.base);
});
afterAll(async () => {
  await running.close();
  await behind.close();
});

const MRI: StudyRow = { code: '72148', label: 'MRI lumbar spine without contrast' };
const orderFor = (patient: string, study: StudyRow = MRI): Json =>
  withStudy(newOrder(patient, 'Practitioner/wells', page.start.today), study);

describe('order entry over another FHIR server', () => {
  it('says whose charts they are, and asks that server for patients', async () => {
    expect(page.start.fhir).toEqual({ base: running.fhir, remote: behind.fhir });
    expect(page.start.first).toBeUndefined();
    expect(page.start.people.map((p) => p.id)).toContain('wells');
    const all = await page.get<readonly PatientRow[]>('patients?q=');
    expect(all.map((p) => p.id)).toEqual(behind.sandbox.patients.map((p) => p.id));
    expect((await page.get<readonly PatientRow[]>('patients?q=Fakename')).map((p) => p.id)).toEqual(['mona']);
    expect((await page.get<readonly PatientRow[]>('patients?q=mona')).map((p) => p.id)).toEqual(['mona']);
    expect(running.sandbox.store.size).toBe(0);
  });

  it('shows a chart page by page, its payers by name, and says where it is not whole', async () => {
    const chart = await page.chart('iris');
    expect(chart.coverage).toEqual(['Kaiser Foundation Health Plan of Washington · commercial · Core HMO']);
    const rows = (title: string) => chart.sections.find((s) => s.title === title);
    expect(rows('Problems')?.rows.length).toBeGreaterThan(3);
    expect(rows('Problems')?.problem).toBeUndefined();
    expect(rows('Laboratory')?.problem).toMatch(/^Only the first \d+ are shown\.$/);
    expect(await page.get<Json>('resource?patient=iris&ref=Condition/iris-radiculopathy')).toMatchObject({
      id: 'iris-radiculopathy',
    });
    expect((await page.request('resource?patient=ada&ref=Condition/iris-radiculopathy')).status).toBe(404);
    expect((await page.request('chart?patient=nobody')).status).toBe(404);
  });

  it('gives the same outcomes as that server’s own, without coverage and without ICD-10 too', async () => {
    for (const patient of behind.sandbox.patients) {
      const { order: story, expect: told } = patient.tries[0] ?? { order: undefined, expect: undefined };
      if (story === undefined) continue;
      const own = await OrderEntryClient.open(behind.base);
      const [first] = (await own.chart(patient.id)).tries;
      const order = (first?.reasons ?? []).reduce(
        withReason,
        orderFor(patient.id, { code: story.study, label: story.label }),
      );
      const reply = await page.select(order);
      const assessment = assessmentOf(cardsOf(reply)[0]);
      expect([patient.id, at(assessment, 'outcome')]).toEqual([patient.id, told.outcome]);
      expect(at(assessment, 'payer.assumed')).toBe(told.assumed);
      const sections = listAt(assessment, 'completeness').filter((c) => at(c, 'state') !== 'complete');
      expect([patient.id, sections]).toEqual([patient.id, []]);
    }
  }, 60_000);

  it('traces every call with its pages, and puts the server into a mood for one page alone', async () => {
    const moody = await OrderEntryClient.open(running.base);
    await moody.select(orderFor('bruno'));
    const { calls } = await moody.trace();
    expect(calls.some((c) => c.path.includes('_offset=') && c.status === 200)).toBe(true);
    await moody.post('mood', { mood: 'truncated' });
    const [card] = cardsOf(await moody.select(orderFor('bruno')));
    const states = new Map(listAt(assessmentOf(card), 'completeness').map((c) => [at(c, 'section'), at(c, 'state')]));
    expect(states.get('Condition')).toBe('truncated');
    expect(at(assessmentOf(cardsOf(await page.select(orderFor('bruno')))[0]), 'outcome')).toBe('met');
  });

  it('writes no orders there, and restores nothing', async () => {
    const sign = await page.request('sign', { method: 'POST', body: JSON.stringify({ orders: [orderFor('ada')] }) });
    expect(sign.status).toBe(405);
    const restore = await page.request('restore', { method: 'POST', body: '{"patient":"ada"}' });
    expect(restore.status).toBe(405);
  });
});

describe('the FHIR base that apps see', () => {
  async function token(patient: string): Promise<string> {
    const { exchange } = await page.select(orderFor(patient));
    return String(at(exchange.request.body, 'fhirAuthorization.access_token'));
  }
  const get = async (path: string, bearer?: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${running.fhir}${path}`, {
      headers: { ...headers, ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) },
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };

  it('opens with a token of the sandbox alone, and to no other origin', async () => {
    expect((await get('/Patient/iris')).status).toBe(401);
    expect((await get('/Condition?patient=iris', 'made-up')).status).toBe(401);
    const bearer = await token('iris');
    const seen = await get('/Patient/iris', bearer, { origin: 'https://elsewhere.example.org' });
    expect(seen.status).toBe(200);
    expect(seen.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('shows one patient: others are left out of searches, and not found', async () => {
    const bearer = await token('iris');
    expect((await get('/Patient/ada', bearer)).status).toBe(404);
    const { body } = await get('/Condition?patient=iris,ada', bearer);
    const subjects = listAt(body, 'entry').map((e) => at(e, 'resource.subject.reference'));
    expect(new Set(subjects)).toEqual(new Set(['Patient/iris']));
    expect((await get('/Organization/payer-cigna', bearer)).status).toBe(200);
  });

  it('leads nowhere else', async () => {
    const bearer = await token('iris');
    for (const path of ['/..%2f..%2fhealthz', '/Patient/..%2F..%2F..%2Fhealthz'])
      expect([404, 400, 502]).toContain((await get(path, bearer)).status);
    const remote = new RemoteFhir({ base: behind.fhir });
    for (const path of ['/../../healthz', '/..', '@elsewhere.example.org/x', '.elsewhere.example.org/'])
      await expect(remote.call(path)).rejects.toThrow(/out of the FHIR base/);
  });

  it('names itself in links, addresses and its capability statement', async () => {
    const bearer = await token('iris');
    const { body } = await get('/Observation?patient=iris&_count=5', bearer);
    const next = listAt(body, 'link').find((l) => at(l, 'relation') === 'next');
    expect(String(at(next, 'url')).startsWith(`${running.fhir}/Observation?`)).toBe(true);
    expect(String(at(body, 'entry.0.fullUrl')).startsWith(`${running.fhir}/`)).toBe(true);
    const metadata = await get('/metadata');
    expect(at(metadata.body, 'implementation.url')).toBe(running.fhir);
    expect(JSON.stringify(at(metadata.body, 'rest.0.security'))).toContain(`${running.base}/sandbox/oauth/auth`);
    const smart = await get('/.well-known/smart-configuration');
    expect(at(smart.body, 'authorization_endpoint')).toBe(`${running.base}/sandbox/oauth/auth`);
  });

  it('is read with the token of a hook call, never written', async () => {
    const bearer = await token('iris');
    const response = await fetch(`${running.fhir}/Observation`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/fhir+json' },
      body: JSON.stringify({ resourceType: 'Observation', subject: { reference: 'Patient/iris' } }),
    });
    expect(response.status).toBe(403);
  });
});

describe('addresses in resources', () => {
  it('are moved from one base to the other, and nothing else is', () => {
    const bundle = {
      resourceType: 'Bundle',
      link: [{ relation: 'next', url: 'https://a.example.org/r4?_getpages=1' }],
      entry: [
        {
          fullUrl: 'https://a.example.org/r4/Condition/1',
          resource: {
            resourceType: 'Condition',
            subject: { reference: 'https://a.example.org/r4/Patient/1' },
            asserter: { reference: 'https://a.example.org/r4x/Practitioner/1' },
            note: [{ text: 'see https://a.example.org/r4/Patient/1' }],
            extension: [{ url: 'https://a.example.org/r4/StructureDefinition/x' }],
          },
        },
      ],
    };
    expect(movedTo(bundle, 'https://a.example.org/r4', 'http://127.0.0.1:1/fhir')).toEqual({
      resourceType: 'Bundle',
      link: [{ relation: 'next', url: 'http://127.0.0.1:1/fhir?_getpages=1' }],
      entry: [
        {
          fullUrl: 'http://127.0.0.1:1/fhir/Condition/1',
          resource: {
            resourceType: 'Condition',
            subject: { reference: 'http://127.0.0.1:1/fhir/Patient/1' },
            asserter: { reference: 'https://a.example.org/r4x/Practitioner/1' },
            note: [{ text: 'see https://a.example.org/r4/Patient/1' }],
            extension: [{ url: 'https://a.example.org/r4/StructureDefinition/x' }],
          },
        },
      ],
    });
  });
});

describe('servers that are in trouble, or want a token', () => {
  let server: Server;
  let answer: (req: IncomingMessage, res: ServerResponse) => void = (_req, res) => res.end();
  let base = '';
  let troubled: Running;
  let client: OrderEntryClient;
  beforeAll(async () => {
    server = createServer((req, res) => answer(req, res));
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`;
    troubled = await startService(undefined, { base, token: 'a-secret-of-the-setting' });
    client = await OrderEntryClient.open(troubled.base);
  });
  afterAll(async () => {
    await troubled.close();
    server.close();
  });

  const problem = async (path: string): Promise<readonly [number, unknown]> => {
    const { status, body } = await client.request(path);
    return [status, at(body, 'problem')];
  };

  it('get the token of the setting, and nobody else gets it', async () => {
    const seen: (string | undefined)[] = [];
    answer = (req, res) => {
      seen.push(req.headers.authorization);
      res.setHeader('content-type', 'application/fhir+json');
      res.end('{"resourceType":"Bundle","type":"searchset"}');
    };
    expect(await client.get('patients?q=')).toEqual([]);
    expect(seen).toEqual(['Bearer a-secret-of-the-setting']);
    expect(JSON.stringify(client.start)).not.toContain('a-secret-of-the-setting');
  });

  it('a refusal, a redirect, a web page and a closed door are said in words', async () => {
    answer = (_req, res) => {
      res.statusCode = 401;
      res.end('{}');
    };
    expect(await problem('patients?q=')).toEqual([502, 'The FHIR server answered 401.']);
    answer = (_req, res) => {
      res.writeHead(302, { location: 'http://127.0.0.1:9/elsewhere' });
      res.end();
    };
    expect(await problem('patients?q=')).toEqual([502, expect.stringContaining('cannot be reached')]);
    answer = (_req, res) => res.end('<html>');
    expect((await problem('patients?q='))[0]).toBe(502);
    answer = (req) => req.socket.destroy();
    expect(await problem('chart?patient=x')).toEqual([502, expect.stringContaining('cannot be reached')]);
  });

  it('a section that is refused leaves the rest of the chart readable', async () => {
    answer = (req, res) => {
      const url = req.url ?? '';
      res.setHeader('content-type', 'application/fhir+json');
      if (url.startsWith('/fhir/Patient/p')) return res.end('{"resourceType":"Patient","id":"p"}');
      if (url.startsWith('/fhir/Condition'))
        return res.end(
          '{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p"}}}]}',
        );
      res.statusCode = url.startsWith('/fhir/Observation') ? 400 : 404;
      return res.end('{"resourceType":"OperationOutcome"}');
    };
    const chart = await client.chart('p');
    expect(chart.patient.name).toBe('Name not stated');
    expect(chart.sections.find((s) => s.title === 'Problems')?.rows).toHaveLength(1);
    expect(chart.sections.find((s) => s.title === 'Findings')?.problem).toBe('The FHIR server answered 400.');
  });
});

describe('the setting', () => {
  it('may name a private address only when the registry has it as one', () => {
    const admit = (base: string, ehrs: ConstructorParameters<typeof EhrRegistry>[0] = []) =>
      new RemoteFhir({ base }).admit(new EhrRegistry(ehrs));
    expect(() => admit('http://10.1.2.3/fhir')).toThrow(/SANDBOX_FHIR: 10\.1\.2\.3 is a private address/);
    expect(() => admit('http://[fd00::1]:8080/fhir')).toThrow(/private address/);
    expect(() => admit('http://169.254.169.254/latest')).toThrow(/private address/);
    expect(() => admit('https://fhir.example.org/r4')).not.toThrow();
    expect(() => admit('http://127.0.0.1:9/fhir')).not.toThrow();
    const [development] = running.service.registry.ehrs;
    if (development === undefined) throw new Error('there is no EHR');
    const registered = { ...development, id: 'clinic', fhirBases: ['http://10.1.2.3/fhir'], privateNetwork: true };
    expect(() => admit('http://10.1.2.3/fhir/', [registered])).not.toThrow();
    expect(() => admit('http://10.1.2.3/fhir', [{ ...registered, privateNetwork: false }])).toThrow(/private/);
  });

  it('is refused where there is no sandbox', () => {
    const remote = { SANDBOX_FHIR: 'https://fhir.example.org/r4' };
    expect(readConfig(remote).SANDBOX_FHIR).toBe('https://fhir.example.org/r4');
    expect(() => readConfig({ ...remote, SANDBOX: 'false' })).toThrow(/SANDBOX_FHIR/);
    expect(() => readConfig({ ...remote, NODE_ENV: 'production', PUBLIC_URL: 'https://x.example.org' })).toThrow(
      /SANDBOX_FHIR/,
    );
    expect(() => readConfig({ SANDBOX_FHIR: 'file:///etc/passwd' })).toThrow(/SANDBOX_FHIR/);
  });
});
