import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Json, PatientRow, ReasonRow, StudyRow } from '../../../src/sandbox/ehr/wire.ts';
import { codeProblem } from '../../../src/terminology/code-shape.ts';
import { newOrder, withPayer, withReason, withStudy } from '../../../src/web/client/ehr-order.ts';
import { assessmentOf } from '../../support/hook-call.ts';
import { at, listAt } from '../../support/json-path.ts';
import { checker, ROOT } from '../../support/knowledge.ts';
import { cardsOf, OrderEntryClient } from '../../support/order-entry.ts';
import { type Running, startService } from '../../support/running-service.ts';

let running: Running;
let page: OrderEntryClient;
beforeAll(async () => {
  running = await startService();
  page = await OrderEntryClient.open(running.base);
});
afterAll(() => running.close());

const MRI: StudyRow = { code: '72148', label: 'MRI lumbar spine without contrast' };
const orderFor = (patient: string, study: StudyRow = MRI): Json =>
  withStudy(newOrder(patient, 'Practitioner/wells', page.start.today), study);
const outcomeOf = (card: unknown): unknown => at(assessmentOf(card), 'outcome');

describe('what the page begins with', () => {
  it('is where the bare address leads', async () => {
    const answer = await fetch(`${running.base}/`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/sandbox']);
  });

  it('has the patient whose chart lacks two facts, the payers, and who may order', () => {
    expect(page.start.first).toBe('iris');
    expect(page.start.payers.map((p) => p.id)).toEqual(checker().knowledge.payers.payers.map((p) => p.id));
    expect(page.start.people.map((p) => p.id)).toContain('wells');
    expect(page.start.moods.map((m) => m.id)).toEqual(['normal', 'slow', 'truncated', 'forbidden', 'down']);
  });

  it('finds patients by name, id and story, each with its story in one line', async () => {
    const all = await page.get<readonly PatientRow[]>('patients?q=');
    expect(all.length).toBeGreaterThanOrEqual(10);
    expect(all.some((p) => (p.age ?? 99) < 18)).toBe(true);
    for (const patient of all) expect(patient.line).toMatch(/^.{10,90}$/);
    const ids = async (q: string) =>
      (await page.get<readonly PatientRow[]>(`patients?q=${encodeURIComponent(q)}`)).map((p) => p.id);
    expect(await ids('pretend iris')).toEqual(['iris']);
    expect(await ids('CAUDA EQUINA')).toEqual(['clara']);
    expect(await ids('nobody of this name')).toEqual([]);
  });

  it('finds studies by code and by words in any order', async () => {
    const codes = async (q: string) =>
      (await page.get<readonly StudyRow[]>(`studies?q=${encodeURIComponent(q)}`)).map((s) => s.code);
    expect(await codes('72148')).toEqual(['72148']);
    expect((await codes('7214')).sort()).toEqual(['72141', '72142', '72146', '72147', '72148', '72149']);
    expect((await codes('lumbar mri without contrast'))[0]).toBe('72148');
    expect((await codes('mri c-spine')).sort()).toEqual(['72141', '72142', '72156']);
    expect((await codes('lumbar'))[0]).toBe('72148');
    expect(await codes('xyzzy')).toEqual([]);
    expect(await codes(' ')).toEqual([]);
  });

  it('finds reasons by code, by the beginning of a code and by parts of words, and takes any other code', async () => {
    const find = (q: string) => page.get<readonly ReasonRow[]>(`reasons?q=${encodeURIComponent(q)}`);
    expect((await find('M54.16')).map((r) => r.code)).toEqual(['M54.16']);
    expect((await find('m5416')).map((r) => r.code)).toContain('M54.16');
    expect((await find('myelop')).map((r) => r.code)).toContain('M47.12');
    expect((await find('radicul'))[0]).toMatchObject({ code: 'M54.16', hint: 'ICD-10-CM' });
    expect((await find('23056005'))[0]).toMatchObject({ system: 'http://snomed.info/sct', code: '23056005' });
    expect((await find('M48.05'))[0]).toMatchObject({ code: 'M48.05', hint: 'ICD-10-CM, as typed' });
    expect((await find('Z00.00'))[0]).toMatchObject({
      code: 'Z00.00',
      hint: 'ICD-10-CM, as typed; no policy here looks at it',
    });
    expect(await find('23056006')).toEqual([]);
  });

  it('offers as common reasons only codes of the right form that the policies understand', () => {
    const { codes } = checker().knowledge;
    const { reasons } = parse(readFileSync(`${ROOT}/src/sandbox/reasons.yaml`, 'utf8')) as { reasons: string[] };
    const asFound = reasons.map((r) => {
      const [code = ''] = r.split(' ');
      return [code, codeProblem('icd10cm', code), codes.lookup('icd10cm', code).length > 0];
    });
    expect(asFound).toEqual(asFound.map(([code]) => [code, undefined, true]));
  });

  it('shows a chart by sections, newest first, and each resource as it is', async () => {
    const chart = await page.chart('iris');
    expect(chart.coverage).toEqual(['Kaiser Foundation Health Plan of Washington · commercial · Core HMO']);
    expect(chart.tries[0]?.study.code).toBe('72148');
    expect(chart.sections.map((s) => s.title)).toEqual(
      expect.arrayContaining(['Problems', 'Visits', 'Procedures and therapy', 'Medications', 'Laboratory']),
    );
    for (const { rows } of chart.sections) {
      const dates = rows.map((r) => r.date ?? '');
      expect(dates).toEqual([...dates].sort().reverse());
    }
    const row = chart.sections.flatMap((s) => s.rows).find((r) => r.ref === 'Condition/iris-radiculopathy');
    expect(row).toMatchObject({ words: 'Lumbar radiculopathy', reason: { code: 'M54.16' } });
    const resource = await page.get<Json>('resource?patient=iris&ref=Condition/iris-radiculopathy');
    expect(resource).toMatchObject({ resourceType: 'Condition', id: 'iris-radiculopathy' });
  });

  it('shows nothing of another patient', async () => {
    for (const ref of ['Condition/iris-radiculopathy', 'Patient/iris', 'Condition/..%2F..%2Fmetadata', 'x'])
      expect((await page.request(`resource?patient=ada&ref=${ref}`)).status).toBe(404);
    expect((await page.request('chart?patient=nobody')).status).toBe(404);
    expect((await page.request('chart?patient=..%2F')).status).toBe(404);
  });
});

describe('a hook call', () => {
  it('of each story gives what the story says', async () => {
    for (const patient of running.sandbox.patients) {
      const { tries } = await page.chart(patient.id);
      for (const [i, one] of tries.entries()) {
        const order = one.reasons.reduce(withReason, orderFor(patient.id, one.study));
        const [card] = cardsOf(await page.select(order));
        expect([patient.id, outcomeOf(card)]).toEqual([patient.id, patient.tries[i]?.expect.outcome]);
      }
    }
  }, 60_000);

  it('is signed with the published key, and the service verifies it', async () => {
    const { exchange } = await page.select(orderFor('ada'));
    const token = exchange.request.headers['authorization']?.slice('Bearer '.length) ?? '';
    const keys = createRemoteJWKSet(new URL(`${running.base}/sandbox/.well-known/jwks.json`));
    const audience = `${running.base}/cds-services/spine-imaging-order-select`;
    const { payload, protectedHeader } = await jwtVerify(token, keys, { audience, algorithms: ['ES384'], typ: 'JWT' });
    expect(exchange.jwt).toEqual({ header: protectedHeader, payload });
    expect(running.service.registry.byIssuer(String(payload.iss))?.ehr.id).toBe('development');
    const send = (bearer: string) =>
      fetch(exchange.request.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
        body: JSON.stringify(exchange.request.body),
      });
    expect((await send(token)).status).toBe(401); // used once
    expect((await send(`${token.slice(0, -8)}AAAAAAAA`)).status).toBe(401);
    expect(decodeProtectedHeader(token)).not.toHaveProperty('jku');
    const published = (await (await fetch(`${running.base}/sandbox/.well-known/jwks.json`)).json()) as {
      keys: readonly Json[];
    };
    for (const key of published.keys) expect(key).not.toHaveProperty('d');
  });

  it('carries a token that opens this patient’s chart alone', async () => {
    const { exchange } = await page.select(orderFor('ada'));
    const authorization = `Bearer ${String(at(exchange.request.body, 'fhirAuthorization.access_token'))}`;
    const status = async (path: string, init: RequestInit = {}) =>
      (
        await fetch(`${running.fhir}${path}`, {
          ...init,
          headers: { authorization, 'content-type': 'application/fhir+json' },
        })
      ).status;
    expect(await status('/Patient/ada')).toBe(200);
    expect(await status('/Patient/iris')).toBe(404);
    const found = await fetch(`${running.fhir}/Condition?patient=iris`, { headers: { authorization } });
    expect(listAt(await found.json(), 'entry')).toEqual([]);
    const observation = { resourceType: 'Observation', subject: { reference: 'Patient/ada' } };
    expect(await status('/Observation', { method: 'POST', body: JSON.stringify(observation) })).toBe(403);
  });

  it('writes down every FHIR call of the service with its time, and nothing of other pages', async () => {
    const other = await OrderEntryClient.open(running.base);
    const { exchange } = await other.select(orderFor('bruno'));
    const { calls } = await other.trace();
    expect(calls.length).toBeGreaterThan(10);
    expect(new Set(calls.map((c) => c.exchange))).toEqual(new Set([exchange.id]));
    expect(calls).toContainEqual(
      expect.objectContaining({ method: 'GET', path: '/Patient/bruno', status: 200, patient: 'bruno' }),
    );
    expect(calls.find((c) => c.path.startsWith('/Condition'))?.entries).toBeGreaterThan(0);
    expect((await other.trace(calls.at(-1)?.n ?? 0)).calls).toEqual([]);
    expect((await page.trace()).calls.some((c) => c.patient === 'bruno' && c.exchange === exchange.id)).toBe(false);
  });

  it('asks the payer that the order names, in its line of business', async () => {
    const choose = async (name: string, line: 'commercial' | 'medicare' = 'commercial') => {
      const order = withPayer(orderFor('iris'), { kind: 'payer', name, line, plan: 'Some plan' });
      return assessmentOf(cardsOf(await page.select(order))[0]);
    };
    for (const payer of page.start.payers) {
      const assessment = await choose(payer.name);
      expect(at(assessment, 'payer')).toEqual({ name: payer.name, lineOfBusiness: 'commercial', assumed: false });
    }
    expect(at(await choose('Kaiser Foundation Health Plan of Washington', 'medicare'), 'outcome')).toBe('not-required');
    const elsewhere = withPayer(orderFor('iris'), {
      kind: 'payer',
      name: 'Some Other Health Plan',
      line: '',
      plan: '',
    });
    expect(cardsOf(await page.select(elsewhere))).toEqual([]);
  });

  it('can hold the coverage back: the payer is assumed then, and said so', async () => {
    const [card] = cardsOf(await page.select(orderFor('iris'), { withoutCoverage: true }));
    expect(at(assessmentOf(card), 'payer.assumed')).toBe(true);
    const [filed] = cardsOf(await page.select(orderFor('iris')));
    expect(at(assessmentOf(filed), 'payer.assumed')).toBe(false);
  });

  it('for signing gives the same advice for the whole basket', async () => {
    const select = await page.select(orderFor('iris'));
    const sign = await page.select(orderFor('iris'), { hook: 'order-sign' });
    expect(sign.exchange.what).toBe('order-sign');
    expect(sign.exchange.request.body).not.toHaveProperty('context.selections');
    expect(outcomeOf(cardsOf(sign)[0])).toBe(outcomeOf(cardsOf(select)[0]));
  });

  it('prepares launches for the links to the worksheet', async () => {
    const { launches, exchange } = await page.select(orderFor('iris'));
    expect(launches).toHaveLength(1);
    const link = at(exchange.response?.body, `cards.0.links.${launches[0]?.link}`);
    for (const address of [launches[0]?.tab, launches[0]?.panel]) {
      const url = new URL(address ?? '');
      expect(`${url.origin}${url.pathname}`).toBe(at(link, 'url'));
      expect(url.searchParams.get('iss')).toBe(running.fhir);
      expect(running.sandbox.launches.find(url.searchParams.get('launch') ?? '')).toMatchObject({
        patient: 'iris',
        user: 'Practitioner/wells',
        appContext: at(link, 'appContext'),
      });
    }
  });

  it('tells the service what became of a card', async () => {
    const { exchange } = await page.select(orderFor('iris'));
    const card = at(exchange.response?.body, 'cards.0');
    const told = await page.post<typeof exchange>('feedback', {
      hook: 'order-select',
      feedback: [
        {
          card: at(card, 'uuid'),
          outcome: 'overridden',
          overrideReason: { reason: at(card, 'overrideReasons.0'), userComment: 'see the note' },
          outcomeTimestamp: new Date().toISOString(),
        },
      ],
    });
    expect(told.request.url).toBe(`${running.base}/cds-services/spine-imaging-order-select/feedback`);
    expect(told.response?.status).toBe(200);
  });

  it('that the service refuses is shown with its status', async () => {
    const { exchange } = await page.select(
      { ...orderFor('iris'), id: 'a' },
      { selections: ['a'], user: 'Practitioner/x' },
    );
    expect(exchange.response?.status).toBe(200);
    const refused = await page.post<typeof exchange>('feedback', { hook: 'order-select', feedback: [{ card: '' }] });
    expect(refused.response?.status).toBe(400);
    expect(refused.failure).toBeUndefined();
  });
});

describe('moods of the FHIR server', () => {
  const completeness = (card: unknown): Map<unknown, unknown> =>
    new Map(listAt(assessmentOf(card), 'completeness').map((c) => [at(c, 'section'), at(c, 'state')]));
  const inMood = async (mood: string) => {
    const moody = await OrderEntryClient.open(running.base);
    await moody.post('mood', { mood });
    const [card] = cardsOf(await moody.select(orderFor('iris')));
    return { card, calls: (await moody.trace()).calls, mood: (await moody.trace()).mood };
  };

  it('truncated: what is left of a section is said, and nothing is concluded from its silence', async () => {
    const { card, calls, mood } = await inMood('truncated');
    expect(mood).toBe('truncated');
    expect(completeness(card).get('Condition')).toBe('truncated');
    expect(outcomeOf(card)).toBe('undetermined');
    expect(calls.some((c) => c.path.includes('_offset') && c.status === 503)).toBe(true);
    expect(calls.find((c) => c.path.startsWith('/Condition'))?.entries).toBe(3);
  });

  it('forbidden: the chart is not seen, patient and coverage are', async () => {
    const { card, calls } = await inMood('forbidden');
    expect(completeness(card).get('Condition')).toBe('not-available');
    expect(at(assessmentOf(card), 'payer.assumed')).toBe(false);
    expect(calls.filter((c) => c.status === 403).length).toBeGreaterThan(8);
  });

  it('down: the card says that nothing could be read', async () => {
    const { card, calls } = await inMood('down');
    expect(at(assessmentOf(card), 'reason')).toBe('coverage-unavailable');
    expect(calls.every((c) => c.status === 503)).toBe(true);
  });

  it('slow: the service answers at its deadline with what came', { timeout: 20_000 }, async () => {
    const { card, calls } = await inMood('slow');
    expect(completeness(card).get('Observation')).toBe('failed');
    expect(completeness(card).get('Condition')).toBe('complete');
    expect(at(card, 'detail')).toContain('Observation (failed)');
    expect(calls.find((c) => c.path.startsWith('/Patient'))?.ms).toBeGreaterThanOrEqual(1000);
    expect(calls.some((c) => c.path.startsWith('/Observation') && c.status === 0)).toBe(true);
  });

  it('are of one page alone', async () => {
    const moody = await OrderEntryClient.open(running.base);
    await moody.post('mood', { mood: 'down' });
    expect(outcomeOf(cardsOf(await page.select(orderFor('iris')))[0])).toBe('undetermined');
    expect((await fetch(`${running.fhir}/Condition?patient=iris`)).status).toBe(200);
  });
});

describe('signing and restoring', () => {
  it('a signed order is active in the chart, and changes no outcome; restoring takes it away', async () => {
    const order = withReason(orderFor('kira'), {
      system: 'http://hl7.org/fhir/sid/icd-10-cm',
      code: 'M54.16',
      label: 'Lumbar radiculopathy',
      hint: '',
    });
    const before = outcomeOf(cardsOf(await page.select(order))[0]);
    await page.post('sign', { orders: [order] });
    const stored = running.sandbox.store.read('ServiceRequest', String(order['id']));
    expect(stored).toMatchObject({ status: 'active', subject: { reference: 'Patient/kira' } });
    const again = { ...order, id: 'draft-again' };
    expect(outcomeOf(cardsOf(await page.select(again))[0])).toBe(before);
    const size = running.sandbox.store.size;
    await page.post('restore', { patient: 'kira' });
    expect(running.sandbox.store.read('ServiceRequest', String(order['id']))).toBeUndefined();
    expect(running.sandbox.store.read('Patient', 'kira')).toBeDefined();
    expect(running.sandbox.store.size).toBe(size - 1);
  });

  it('writes no order for somebody who is not here, and nothing but orders', async () => {
    const bad = async (orders: readonly unknown[]) =>
      (await page.request('sign', { method: 'POST', body: JSON.stringify({ orders }) })).status;
    expect(await bad([orderFor('nobody')])).toBe(400);
    expect(await bad([{ resourceType: 'Patient', id: 'iris' }])).toBe(400);
    expect(await bad([])).toBe(400);
  });
});

describe('who may ask', () => {
  it('only pages that the sandbox has opened', async () => {
    for (const session of ['', 'wrong', page.start.session.slice(1)]) {
      const response = await fetch(`${running.base}/sandbox/ehr/chart?patient=iris`, {
        headers: { 'X-Sandbox-Session': session },
      });
      expect(response.status).toBe(409);
    }
    const form = await fetch(`${running.base}/sandbox/ehr/mood`, { method: 'POST', body: 'mood=down' });
    expect(form.status).toBe(409);
  });

  it('not other sites: nothing of it is readable from another origin', async () => {
    const response = await fetch(`${running.base}/sandbox/ehr/start`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://elsewhere.example.org' },
      body: '{}',
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    const preflight = await fetch(`${running.base}/sandbox/ehr/hook`, {
      method: 'OPTIONS',
      headers: { origin: 'https://elsewhere.example.org', 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('not under a host name that is not ours', async () => {
    const status = (path: string, method: string) =>
      new Promise<number | undefined>((resolve) => {
        const asked = request(
          `${running.base}${path}`,
          { method, headers: { host: 'rebound.example.org', 'content-type': 'application/json' } },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          },
        );
        asked.end(method === 'POST' ? '{}' : undefined);
      });
    expect(await status('/sandbox/ehr/start', 'POST')).toBe(421);
    expect(await status('/sandbox', 'GET')).toBe(421);
  });

  it('broken requests are refused in words', async () => {
    const bad = await page.request('hook', { method: 'POST', body: '{' });
    expect(bad.status).toBe(400);
    const wrong = await page.request('hook', { method: 'POST', body: '{"hook":"patient-view"}' });
    expect(wrong.status).toBe(400);
    expect(at(wrong.body, 'problem')).toMatch(/hook/);
    expect((await page.request('mood', { method: 'POST', body: '{"mood":"gloomy"}' })).status).toBe(400);
  });
});
