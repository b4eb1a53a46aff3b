import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { COVERAGE_INFORMATION } from '../../src/crd/coverage-information.ts';
import { loadVignettes } from '../../src/vignettes/run.ts';
import { vignetteToFhir } from '../../src/vignettes/to-fhir.ts';
import { goodClaims, makeKey, signToken } from '../support/client-keys.ts';
import { crdFile, crdSettings, PAYER } from '../support/crd.ts';
import { breaches, changesElsewhere, codeOf, informationOf, partsOf, reasonsOf } from '../support/crd-validator.ts';
import { EhrStub } from '../support/ehr-stub.ts';
import {
  type Answer,
  fhirAccess,
  fieldsOf,
  PREFETCH_KEYS,
  post,
  searchset,
  storyFhir,
  storyPrefetch,
} from '../support/hook-request.ts';
import { at, listAt } from '../support/json-path.ts';
import { CANONICAL_BASE, ROOT } from '../support/knowledge.ts';
import { PRODUCTION, PUBLIC_URL, startTestService, type TestService } from '../support/test-service.ts';

type Json = Record<string, unknown>;

let ehr: EhrStub;
let service: TestService;

const { order, coverage, patient, chart } = storyFhir();
const withPayer = (more: Json = {}): Json => ({ ...coverage, payor: [{ identifier: PAYER }], ...more });

beforeAll(async () => {
  ehr = await new EhrStub().start();
  service = await startTestService({ CRD_CONFIG: crdFile(crdSettings()), DEADLINE_MS: '600' }, [
    { ehr: 'stub', name: 'Stub', 'fhir-bases': [ehr.fhir], 'private-network': true },
  ]);
});
afterAll(async () => {
  await service.close();
  await ehr.close();
});
beforeEach(() => {
  ehr.forget();
  ehr.resources = [patient, withPayer(), order, ...chart] as unknown as typeof ehr.resources;
});

/** The story's prefetch under CRD's keys. */
function prefetch(changes: Json = {}): Json {
  const { coverages: _coverages, serviceRequests: _orders, ...rest } = storyPrefetch();
  return { ...rest, coverage: searchset([withPayer()]), ...changes };
}
const draftOrders = (...resources: readonly unknown[]): Json => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: resources.map((resource) => ({ resource })),
});
const CONTEXTS: Readonly<Record<string, Json>> = {
  'order-sign': { userId: 'Practitioner/o', patientId: 'p1', draftOrders: draftOrders(order) },
  'order-select': {
    userId: 'Practitioner/o',
    patientId: 'p1',
    selections: ['ServiceRequest/order-1'],
    draftOrders: draftOrders(order),
  },
  'order-dispatch': { patientId: 'p1', dispatchedOrders: ['ServiceRequest/order-1'], performer: 'Organization/i' },
  'appointment-book': {
    userId: 'Practitioner/o',
    patientId: 'p1',
    appointments: draftOrders({
      resourceType: 'Appointment',
      id: 'a1',
      status: 'proposed',
      basedOn: [{ reference: 'ServiceRequest/order-1' }],
      participant: [{ actor: { reference: 'Patient/p1' }, status: 'accepted' }],
    }),
  },
};
const call = (hook: string, changes: Json = {}): Json => ({
  hook,
  hookInstance: '6b7b8a3e-5b0c-4c2e-9a51-0f6f3cf5e1aa',
  context: CONTEXTS[hook],
  prefetch: prefetch(),
  ...changes,
});
const url = (hook: string): string => `${service.base}/crd/cds-services/spine-imaging-crd-${hook}`;
const send = (hook: string, changes: Json = {}): Promise<Answer> => post(url(hook), call(hook, changes));
const saidIn = (answer: Answer): unknown => informationOf(at(listAt(answer.body, 'systemActions')[0], 'resource'))[0];

describe('the visit at which the hook is called', () => {
  it('is one for the order, of which it changes nothing', async () => {
    const cigna = await startTestService({ CRD_CONFIG: crdFile(crdSettings({ payer: 'cigna', label: 'Cigna' })) });
    const visit = {
      resourceType: 'Encounter',
      id: 'now',
      status: 'in-progress',
      class: { code: 'EMER' },
      subject: { reference: 'Patient/p1' },
      period: { start: '2025-06-10' },
    };
    const said = async (encounterId: string): Promise<unknown> => {
      const context = { ...CONTEXTS['order-sign'], encounterId };
      const changes = { context, prefetch: prefetch({ encounters: searchset([visit]) }) };
      const { body } = await post(
        `${cigna.base}/crd/cds-services/spine-imaging-crd-order-sign`,
        call('order-sign', changes),
      );
      const updated = at(listAt(body, 'systemActions')[0], 'resource');
      expect(changesElsewhere(order as Json, updated as Json)).toBe(false);
      return reasonsOf(informationOf(updated)[0]);
    };
    expect(await said('now')).toContain('the chart documents');
    expect(await said('another')).not.toContain('the chart documents');
    await cigna.close();
  });
});

describe('discovery of payer mode', () => {
  it('is off unless configured', async () => {
    const plain = await startTestService();
    expect((await fetch(`${plain.base}/crd/cds-services`)).status).toBe(404);
    await plain.close();
  });

  it('T073, T074, T075, T076: services of four hooks with version and options', async () => {
    const body: unknown = await (await fetch(`${service.base}/crd/cds-services`)).json();
    const services = listAt(body, 'services');
    expect(services.map((s) => at(s, 'hook')).sort()).toEqual([
      'appointment-book',
      'order-dispatch',
      'order-select',
      'order-sign',
    ]);
    for (const s of services) {
      expect(at(s, 'version')).toMatch(/^\d+\.\d+\.\d+$/);
      const { 'davinci-crd.version': versions, 'davinci-crd.configuration-options': options } = at(s, 'extension') as {
        'davinci-crd.version': string[];
        'davinci-crd.configuration-options': { code: string; name: string }[];
      };
      expect(versions.every((v) => /^[1-9]\d*\.[1-9]\d*$/.test(v))).toBe(true);
      for (const o of options)
        expect(new Set(Object.keys(o))).toEqual(new Set(['code', 'type', 'name', 'description', 'default']));
      expect(new Set(options.map((o) => o.code)).size).toBe(options.length);
      expect(new Set(options.map((o) => o.name)).size).toBe(options.length);
    }
  });

  it('T084: the standard prefetch', async () => {
    const body: unknown = await (await fetch(`${service.base}/crd/cds-services`)).json();
    const drafts = 'context.draftOrders.entry.resource';
    const of = (type: string): string =>
      ['sender', 'recipient', 'requester', 'performer', 'orderer', 'prescriber']
        .map((role) => `${drafts}.${role}.resolve().ofType(${type}).id`)
        .join('|');
    const people = {
      practitionerRoles: `PractitionerRole?_id={{%encounter.participant.individual.resolve().ofType(PractitionerRole).id|${of('PractitionerRole')}}}`,
      practitioners: `Practitioner?_id={{%practitionerRoles.entry.resource.practitioner.resolve().id|%encounter.participant.individual.resolve().ofType(Practitioner).id|${of('Practitioner')}}}`,
    };
    const more: Readonly<Record<string, Json>> = {
      'order-sign': people,
      'order-select': people,
      'order-dispatch': {
        serviceRequests: 'ServiceRequest?_id={{context.dispatchedOrders.resolve().ofType(ServiceRequest).id}}',
      },
      'appointment-book': {
        serviceRequests:
          'ServiceRequest?_id={{context.appointments.entry.resource.basedOn.resolve().ofType(ServiceRequest).id}}',
      },
    };
    for (const s of listAt(body, 'services')) {
      expect(at(s, 'prefetch')).toMatchObject(more[String(at(s, 'hook'))] ?? {});
      expect(at(s, 'prefetch.patient')).toBe('Patient/{{context.patientId}}');
      expect(at(s, 'prefetch.encounter')).toBe('Encounter/{{context.encounterId}}');
      expect(at(s, 'prefetch.coverage')).toBe('Coverage?patient={{context.patientId}}&status=active');
    }
  });
});

it('in production a call needs a token for this very service, which serves once', async () => {
  const key = await makeKey();
  const issuer = 'https://ehr.example.org';
  const folder = mkdtempSync(join(tmpdir(), 'crd-production-'));
  const settings = {
    ...PRODUCTION,
    CRD_CONFIG: crdFile(crdSettings()),
    DECISIONS: join(folder, 'decisions.sqlite'),
    APP_SECRET: 'a'.repeat(43),
  };
  const ehrs = [{ ehr: 'main', name: 'Main', issuers: [{ iss: issuer, keys: [key.publicJwk] }] }];
  const { APP_SECRET: _secret, ...unsealed } = settings;
  await expect(startTestService(unsealed, ehrs)).rejects.toThrow('APP_SECRET');
  await expect(startTestService({ ...settings, DECISIONS: 'off' }, ehrs)).rejects.toThrow('DECISIONS: off');
  const production = await startTestService(settings, ehrs);
  const path = '/crd/cds-services/spine-imaging-crd-order-sign';
  const tokenFor = (called: string): Promise<string> => signToken(key, goodClaims(issuer, `${PUBLIC_URL}${called}`));
  const status = async (token?: string): Promise<number> =>
    (
      await post(
        `${production.base}${path}`,
        call('order-sign'),
        token === undefined ? {} : { authorization: `Bearer ${token}` },
      )
    ).status;
  const token = await tokenFor(path);
  expect([await status(), await status(await tokenFor('/cds-services/spine-imaging-crd-order-sign'))]).toEqual([
    401, 401,
  ]);
  expect([await status(token), await status(token)]).toEqual([200, 401]);
  const feedback = await post(`${production.base}${path}/feedback`, { feedback: [] });
  expect(feedback.status).toBe(401);
  await production.close();
  rmSync(folder, { recursive: true });
});

describe('coverage-information', () => {
  it.each(['order-sign', 'order-dispatch', 'appointment-book'])(
    'T032, T085, T088, T089, T091, T102: %s gives one update of the order',
    async (hook) => {
      const answer = await send(hook, {
        prefetch: prefetch({ ...(hook !== 'order-sign' && { serviceRequests: searchset([order]) }) }),
      });
      expect(answer.status).toBe(200);
      const actions = listAt(answer.body, 'systemActions');
      expect(actions.map((a) => [at(a, 'type'), at(a, 'resource.resourceType'), at(a, 'resource.id')])).toEqual([
        ['update', 'ServiceRequest', 'order-1'],
      ]);
      expect(breaches(saidIn(answer))).toEqual([]);
      expect(codeOf(saidIn(answer), 'pa-needed')).toBe('auth-needed');
    },
  );

  it('T035: old order-dispatch names and appointments as a list are understood', async () => {
    const orders = { prefetch: prefetch({ serviceRequests: searchset([order]) }) };
    const old = await send('order-dispatch', {
      ...orders,
      context: { patientId: 'p1', order: 'ServiceRequest/order-1' },
    });
    const list = await send('appointment-book', {
      ...orders,
      context: {
        userId: 'Practitioner/o',
        patientId: 'p1',
        appointments: [{ resourceType: 'Appointment', id: 'a', basedOn: [{ reference: 'ServiceRequest/order-1' }] }],
      },
    });
    const older = await send('order-dispatch', {
      ...orders,
      context: { patientId: 'p1', 'dispatched-orders': ['ServiceRequest/order-1'], 'fulfillment-tasks': [] },
    });
    const bare = await send('order-dispatch', {
      ...orders,
      context: { patientId: 'p1', dispatchedOrders: ['order-1'], performer: 'Organization/x' },
    });
    for (const answer of [old, list, older, bare]) expect(listAt(answer.body, 'systemActions')).toHaveLength(1);
  });

  it('orders that are dispatched together are each answered, however many others are dispatched with them', async () => {
    const others = Array.from({ length: 60 }, (_, i) => ({
      ...order,
      id: `other-${i}`,
      code: { coding: [{ system: 'http://loinc.org', code: '58410-2' }] },
    }));
    const all = [...others, order];
    const dispatchedOrders = all.map(({ id }) => `ServiceRequest/${id}`);
    const context = { patientId: 'p1', dispatchedOrders, performer: 'Organization/x' };
    const given = await send('order-dispatch', {
      context,
      prefetch: prefetch({ serviceRequests: searchset(all) }),
    });
    expect(listAt(given.body, 'systemActions')).toHaveLength(1);
    ehr.resources = [...ehr.resources, ...others];
    const read = await send('order-dispatch', { ...fhirAccess(ehr.fhir), context });
    expect(listAt(read.body, 'systemActions')).toHaveLength(1);
  });

  it('orders that are only referred to are read with the token', async () => {
    const answer = await send('order-dispatch', fhirAccess(ehr.fhir));
    expect(listAt(answer.body, 'systemActions')).toHaveLength(1);
    expect(ehr.fhirRequests.some((r) => r.url.endsWith('/ServiceRequest/order-1'))).toBe(true);
  });

  it('T037, T041: other orders and forbidden ones get no action', async () => {
    const drug = { resourceType: 'MedicationRequest', id: 'm', subject: { reference: 'Patient/p1' } };
    for (const resource of [drug, { ...order, doNotPerform: true }]) {
      const context = { ...CONTEXTS['order-sign'], draftOrders: draftOrders(resource) };
      expect((await send('order-sign', { context })).body).toEqual({ cards: [] });
    }
  });

  it('T078, T080, T081: options are obeyed, absent ones default, nonsense is ignored', async () => {
    const of = (configuration: unknown): Promise<Answer> =>
      send('order-sign', { extension: { 'davinci-crd.configuration': configuration } });
    expect(at((await of({ 'coverage-info': false })).body, 'systemActions')).toBeUndefined();
    for (const odd of [{ foo: true, 'max-cards': 'x', 'max-cards2': -1 }, [], 'x', { 'coverage-info': 'no' }])
      expect(listAt((await of(odd)).body, 'systemActions')).toHaveLength(1);
  });

  it('what the lists say of one code is not said of an order that may mean another one', async () => {
    const settings = crdSettings({
      benefits: [
        { covered: 'not-covered', studies: ['72148'], reason: 'no benefit' },
        { covered: 'covered', reason: 'a benefit' },
      ],
    });
    const other = await startTestService({ CRD_CONFIG: crdFile(settings) });
    const ask = (system: string, code: string): Promise<Answer> =>
      post(`${other.base}/crd/cds-services/spine-imaging-crd-order-sign`, {
        ...call('order-sign'),
        context: {
          ...CONTEXTS['order-sign'],
          draftOrders: draftOrders({ ...order, code: { coding: [{ system, code }] } }),
        },
      });
    const answer = await ask('http://loinc.org', '24968-0');
    const alternative = await ask('http://www.ama-assn.org/go/cpt', '72158');
    await other.close();
    const said = saidIn(answer);
    expect(['covered', 'pa-needed', 'info-needed'].map((url) => codeOf(said, url))).toEqual([
      'conditional',
      'conditional',
      'detail-code',
    ]);
    expect([breaches(said), partsOf(said, 'billingCode')]).toEqual([[], []]);
    // nor is what is no benefit proposed
    expect(at(alternative.body, 'cards')).toEqual([]);
    expect(JSON.stringify(saidIn(alternative))).toContain('names 72148');
  });

  it('no line of the prior-authorization list: indeterminate, not silence', async () => {
    const settings = crdSettings({ 'prior-authorization': [{ need: 'auth-needed', studies: ['72158'], reason: 'A' }] });
    const other = await startTestService({ CRD_CONFIG: crdFile(settings) });
    const answer = await post(`${other.base}/crd/cds-services/spine-imaging-crd-order-sign`, call('order-sign'));
    await other.close();
    expect([codeOf(saidIn(answer), 'covered'), codeOf(saidIn(answer), 'pa-needed')]).toEqual([
      'covered',
      'indeterminate',
    ]);
    expect(reasonsOf(saidIn(answer))).toContain('Prior authorization: not evaluated');
    expect(breaches(saidIn(answer))).toEqual([]);
  });

  it('a coverage that does not hold on the date of service covers nothing', async () => {
    const answer = await send('order-sign', {
      prefetch: prefetch({ coverage: searchset([withPayer({ period: { start: '2024-01-01', end: '2025-06-09' } })]) }),
    });
    expect([codeOf(saidIn(answer), 'covered'), codeOf(saidIn(answer), 'pa-needed')]).toEqual([
      'indeterminate',
      undefined,
    ]);
    expect(JSON.stringify(saidIn(answer))).toContain('"no-active-coverage"');
    expect(breaches(saidIn(answer))).toEqual([]);
    const lastDay = await send('order-sign', {
      prefetch: prefetch({ coverage: searchset([withPayer({ period: { start: '2024-01-01', end: '2025-06-10' } })]) }),
    });
    expect(codeOf(saidIn(lastDay), 'covered')).toBe('covered');
  });

  it('the date of service is that of the first appointment, once the order is being booked', async () => {
    const basedOn = [{ reference: 'ServiceRequest/order-1' }];
    const covered = async (...appointments: readonly Json[]): Promise<unknown> => {
      const answer = await send('appointment-book', {
        ...fhirAccess(ehr.fhir),
        context: {
          userId: 'Practitioner/o',
          patientId: 'p1',
          appointments: draftOrders(...appointments.map((a) => ({ resourceType: 'Appointment', basedOn, ...a }))),
        },
        prefetch: prefetch({ coverage: searchset([withPayer({ period: { end: '2025-06-30' } })]) }),
      });
      expect(breaches(saidIn(answer))).toEqual([]);
      return codeOf(saidIn(answer), 'covered');
    };
    const late = { start: '2025-07-01T08:00:00-07:00' };
    const inTime = { start: '2025-06-30T23:00:00-07:00' };
    for (const after of [[late], [late, {}], [{}, late], [{ requestedPeriod: [{ start: '2025-07-01' }] }]])
      expect(await covered(...after)).toBe('indeterminate');
    for (const before of [[{}], [{ start: 'soon' }], [late, inTime], [inTime, late]])
      expect(await covered(...before)).toBe('covered');
  });

  it('what is said never expires before it is said: documents too old for a request of today are asked for anew', async () => {
    const DAY = 86_400_000;
    const today = Date.parse(new Date().toISOString().slice(0, 10));
    const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
    /** The story, with an order that was written so many days ago. */
    const written = async (daysAgo: number, hook = 'order-sign'): Promise<unknown> => {
      const shift = today - daysAgo * DAY - Date.parse('2025-06-10');
      const moved = JSON.stringify(call(hook)).replace(/20\d\d-\d\d-\d\d/g, (d) => dayOf(Date.parse(d) + shift));
      return saidIn(await post(url(hook), moved));
    };
    const expiry = (said: unknown): unknown => at(partsOf(said, 'expiry-date')[0], 'valueDate');
    const now = await written(0);
    const lasts = (Date.parse(String(expiry(now))) - today) / DAY;
    expect([lasts > 0, codeOf(now, 'doc-needed')]).toEqual([true, undefined]);
    const lastDay = await written(lasts);
    expect([expiry(lastDay), codeOf(lastDay, 'doc-needed')]).toEqual([dayOf(today), undefined]);
    const dayAfter = await written(lasts + 1);
    expect([expiry(dayAfter), codeOf(dayAfter, 'doc-needed'), codeOf(dayAfter, 'doc-purpose')]).toEqual([
      undefined,
      'clinical',
      'withpa',
    ]);
    expect(reasonsOf(dayAfter)).toContain(`until ${dayOf(today - DAY)}; a later request needs newer documentation`);
    const selecting = await written(lasts + 1, 'order-select');
    expect([expiry(selecting), codeOf(selecting, 'doc-needed')]).toEqual([undefined, undefined]);
    for (const said of [now, lastDay, dayAfter, selecting]) expect(breaches(said)).toEqual([]);
  });

  it('T083: a version that is not spoken is an error that names the member', async () => {
    const answer = await send('order-sign', { extension: { 'davinci-crd.requestedVersion': '9.9' } });
    expect([answer.status, fieldsOf(answer)]).toEqual([400, ['extension.davinci-crd.requestedVersion']]);
    for (const spoken of ['2.2', null])
      expect((await send('order-sign', { extension: { 'davinci-crd.requestedVersion': spoken } })).status).toBe(200);
  });

  it('T097, T079, T108, T109: a study that the policy does not name gets two statements and a card without links', async () => {
    const other = { ...order, code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '72158' }] } };
    const context = { ...CONTEXTS['order-sign'], draftOrders: draftOrders(other) };
    const answer = await send('order-sign', { context });
    const [action] = listAt(answer.body, 'systemActions');
    const said = informationOf(at(action, 'resource'));
    expect(at(action, 'resource.code.coding.0.code')).toBe('72158');
    expect(said).toHaveLength(2);
    const [card] = listAt(answer.body, 'cards');
    expect(at(card, 'source.label')).toBe('Kaiser Permanente Washington');
    expect(at(card, 'source.topic.code')).toBe('therapy-alternatives-req');
    expect([at(card, 'links'), at(card, 'selectionBehavior')]).toEqual([undefined, 'at-most-one']);
    expect(at(card, 'detail')).toContain('ServiceRequest/order-1');
    expect(informationOf(at(card, 'suggestions.0.actions.0.resource'))).toHaveLength(2);
    const unsaid = await send('order-sign', {
      context,
      extension: { 'davinci-crd.configuration': { 'coverage-info': false } },
    });
    expect([listAt(unsaid.body, 'cards').length, JSON.stringify(unsaid.body).includes(COVERAGE_INFORMATION)]).toEqual([
      1,
      false,
    ]);
    const none = await send('order-sign', { context, extension: { 'davinci-crd.configuration': { 'max-cards': 0 } } });
    expect(at(none.body, 'cards')).toEqual([]);
  });

  it('T078, T079, T085, T108: of several orders each has its update and its card, which names it; options hold for all of them', async () => {
    const other = (id: string): Json => ({
      ...order,
      id,
      code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '72158' }] },
    });
    const ids = ['first', 'second', 'third'];
    const context = { ...CONTEXTS['order-sign'], draftOrders: draftOrders(...ids.map(other)) };
    const asked = async (configuration: Json): Promise<unknown> =>
      (await send('order-sign', { context, extension: { 'davinci-crd.configuration': configuration } })).body;
    const all = await asked({});
    const updated = (body: unknown): readonly unknown[] =>
      listAt(body, 'systemActions').map((a) => at(a, 'resource.id'));
    expect(updated(all)).toEqual(ids);
    const cards = listAt(all, 'cards');
    const about = cards.map((c) => (at(c, 'extension') as Json)['davinci-crd.associated-resource']);
    expect(about).toEqual(ids.map((id) => [{ reference: `ServiceRequest/${id}` }]));
    expect(cards.map((c, i) => String(at(c, 'detail')).includes(`ServiceRequest/${ids[i]}`))).toEqual([
      true,
      true,
      true,
    ]);
    const one = await asked({ 'max-cards': 1 });
    expect([listAt(one, 'cards').length, updated(one)]).toEqual([1, ids]);
    const without = await asked({ 'therapy-alternatives-req': false });
    expect([at(without, 'cards'), updated(without)]).toEqual([[], ids]);
  });

  it('benefit and prior authorization come from the settings alone', async () => {
    const settings = crdSettings({
      benefits: [{ covered: 'not-covered', plans: ['BASIC'], reason: 'the basic plan has no imaging' }],
      'prior-authorization': [
        { need: 'no-auth', studies: ['72148'], 'line-of-business': ['commercial'], reason: 'list of 2025' },
        { need: 'performpa', reason: 'all others' },
      ],
    });
    const other = await startTestService({ CRD_CONFIG: crdFile(settings) });
    const ask = async (more: Json): Promise<unknown> => {
      const answer = await post(`${other.base}/crd/cds-services/spine-imaging-crd-order-sign`, {
        ...call('order-sign'),
        prefetch: prefetch({ coverage: searchset([withPayer(more)]) }),
      });
      return saidIn(answer);
    };
    const plain = await ask({});
    expect([codeOf(plain, 'covered'), codeOf(plain, 'pa-needed')]).toEqual(['indeterminate', 'no-auth']);
    expect(reasonsOf(plain)).toContain('not evaluated');
    const basic = await ask({ class: [{ type: { text: 'plan' }, value: 'BASIC' }] });
    expect([codeOf(basic, 'covered'), codeOf(basic, 'pa-needed')]).toEqual(['not-covered', undefined]);
    const medicaid = await ask({ type: { coding: [{ system: 'https://nahdo.org/sopt', code: '211' }] } });
    expect(codeOf(medicaid, 'pa-needed')).toBe('performpa');
    for (const said of [plain, basic, medicaid]) expect(breaches(said)).toEqual([]);
    await other.close();
  });
});

describe('the people that an order names', () => {
  const nucc = { coding: [{ system: 'http://nucc.org/provider-taxonomy', code: '207T00000X' }] };
  const [surgeons] = loadVignettes(`${ROOT}/test/vignettes`)
    .flatMap((f) => f.vignettes)
    .filter((v) => v.policy === 'kaiser-wa-cervical-mri' && v.id === 'IIIB3-surgeon-orders');
  /** A surgeon orders: who that is stands outside of the order. */
  const asks = async (people: Json, more: Json = {}): Promise<unknown> => {
    if (surgeons === undefined) throw new Error('no such vignette');
    const story = vignetteToFhir(surgeons, CANONICAL_BASE);
    const { contained: _contained, ...bare } = story.order as Json;
    const ordered = { ...bare, requester: { reference: 'Practitioner/surgeon' } };
    const sections = Object.entries(PREFETCH_KEYS).map(([key, type]) => [
      key,
      searchset(story.chart.filter((r) => r.resourceType === type)),
    ]);
    const { serviceRequests: _orders, practitionerRoles: _roles, ...prefetched } = Object.fromEntries(sections);
    const coverages = searchset([{ ...story.coverage, payor: [{ identifier: PAYER }] }]);
    const answer = await send('order-sign', {
      context: {
        userId: 'Practitioner/surgeon',
        patientId: 'p1',
        draftOrders: draftOrders(ordered, ...story.chart.filter((r) => r.resourceType === 'ServiceRequest')),
      },
      prefetch: { ...prefetched, patient: story.patient, coverage: coverages, ...people },
      ...more,
    });
    return informationOf(
      at(
        listAt(answer.body, 'systemActions').find((a) => at(a, 'resource.id') === 'order-1'),
        'resource',
      ),
    )[0];
  };
  const surgeon = { resourceType: 'Practitioner', id: 'surgeon', qualification: [{ code: nucc }] };
  const role = {
    resourceType: 'PractitionerRole',
    id: 'surgeon-role',
    practitioner: { reference: 'Practitioner/surgeon' },
    specialty: [nucc],
  };

  it('are known by the standard prefetch, or else read', async () => {
    const none = searchset([]);
    expect(reasonsOf(await asks({ practitionerRoles: none }))).not.toContain('the chart documents');
    expect(reasonsOf(await asks({ practitionerRoles: none, practitioners: searchset([surgeon]) }))).toContain(
      'the chart documents',
    );
    expect(reasonsOf(await asks({ practitionerRoles: searchset([role]) }))).toContain('the chart documents');
    // the prefetch holds the roles that the order names, not all of the orderer's
    ehr.resources = [role];
    expect(reasonsOf(await asks({ practitionerRoles: none }, fhirAccess(ehr.fhir)))).toContain('the chart documents');
  });
});

describe('a coverage that does not say of which line of business it is', () => {
  const ask = async (changes: Json): Promise<unknown> => {
    const other = await startTestService({ CRD_CONFIG: crdFile(crdSettings(changes)) });
    const answer = await post(`${other.base}/crd/cds-services/spine-imaging-crd-order-sign`, {
      ...call('order-sign'),
      prefetch: prefetch({ coverage: searchset([withPayer({ type: undefined })]) }),
    });
    await other.close();
    return saidIn(answer);
  };

  it('is not told what the lists say of one line alone', async () => {
    const said = await ask({
      benefits: [
        { covered: 'not-covered', 'line-of-business': ['medicaid'], reason: 'no benefit' },
        { covered: 'covered', reason: 'a benefit' },
      ],
      'prior-authorization': [
        { need: 'no-auth', 'line-of-business': ['commercial'], reason: 'A' },
        { need: 'auth-needed', reason: 'B' },
      ],
    });
    expect([codeOf(said, 'covered'), codeOf(said, 'pa-needed')]).toEqual(['indeterminate', 'indeterminate']);
    expect(reasonsOf(said)).toContain('Prior authorization: depends on the line of business');
    expect(reasonsOf(said)).not.toContain('still has to be requested');
    expect(breaches(said)).toEqual([]);
  });

  it('is told what they say of all, and what was assumed for the criteria', async () => {
    const said = await ask({
      'prior-authorization': [
        { need: 'auth-needed', 'line-of-business': ['medicare'], reason: 'A' },
        { need: 'auth-needed', reason: 'B' },
      ],
    });
    expect([codeOf(said, 'covered'), codeOf(said, 'pa-needed')]).toEqual(['covered', 'auth-needed']);
    expect(reasonsOf(said)).toContain('commercial is assumed for the criteria');
    expect(reasonsOf(said)).toContain('if this is a Medicare plan');
    expect(breaches(said)).toEqual([]);
  });
});

describe('what another server calls by the same id is another thing', () => {
  const elsewhere = 'https://another.example.org/r4';

  it('an order that is dispatched, or that an appointment is based on', async () => {
    for (const [base, actions] of [
      [ehr.fhir, 1],
      [elsewhere, 0],
    ] as const) {
      const dispatched = { patientId: 'p1', dispatchedOrders: [`${base}/ServiceRequest/order-1`] };
      const appointments = [
        { resourceType: 'Appointment', id: 'a', basedOn: [{ reference: `${base}/ServiceRequest/order-1` }] },
      ];
      const booked = { userId: 'Practitioner/o', patientId: 'p1', appointments };
      for (const [hook, context] of [
        ['order-dispatch', dispatched],
        ['appointment-book', booked],
      ] as const) {
        const answer = await send(hook, { ...fhirAccess(ehr.fhir), context });
        expect([answer.status, listAt(answer.body, 'systemActions').length]).toEqual([200, actions]);
      }
    }
  });

  it('a payor', async () => {
    const kp = { resourceType: 'Organization', id: 'kp', identifier: [PAYER] };
    ehr.resources = [...ehr.resources, kp];
    for (const [base, status] of [
      [ehr.fhir, 200],
      [elsewhere, 400],
    ] as const) {
      const referring = searchset([withPayer({ payor: [{ reference: `${base}/Organization/kp` }] })]);
      const answer = await send('order-sign', { ...fhirAccess(ehr.fhir), prefetch: prefetch({ coverage: referring }) });
      expect(answer.status).toBe(status);
    }
  });

  it('a coverage of which something was said before: it stays', async () => {
    const saidBefore = {
      url: COVERAGE_INFORMATION,
      extension: [
        { url: 'coverage', valueReference: { reference: `${elsewhere}/Coverage/coverage-1` } },
        { url: 'covered', valueCode: 'covered' },
      ],
    };
    const context = {
      ...CONTEXTS['order-sign'],
      draftOrders: draftOrders({ ...order, extension: [saidBefore] }),
    };
    const answer = await send('order-sign', { ...fhirAccess(ehr.fhir), context });
    const said = informationOf(at(listAt(answer.body, 'systemActions')[0], 'resource'));
    expect([said.length, said[0]]).toEqual([2, saidBefore]);
  });
});

describe('errors and unknown coverage', () => {
  it.each([
    ['T110: none', null, 'not-found'],
    ['T110: an empty searchset', searchset([]), 'not-found'],
    ['T111: two', searchset([withPayer(), withPayer({ id: 'coverage-2' })]), 'multiple-matches'],
    [
      'T112: another payer',
      searchset([withPayer({ payor: [{ identifier: { ...PAYER, value: '1' } }] })]),
      'not-supported',
    ],
    [
      'T112: a display only',
      searchset([withPayer({ payor: [{ display: 'Kaiser Permanente Washington' }] })]),
      'not-supported',
    ],
    ['one that no reference can name', searchset([withPayer({ id: '../x y' })]), 'not-found'],
    ['another patient’s', searchset([withPayer({ beneficiary: { reference: 'Patient/x' } })]), 'not-found'],
  ])('400 with an OperationOutcome: %s', async (_, value, code) => {
    const answer = await send('order-sign', { prefetch: prefetch({ coverage: value }) });
    expect([answer.status, at(answer.body, 'resourceType'), at(answer.body, 'issue.0.code')]).toEqual([
      400,
      'OperationOutcome',
      code,
    ]);
  });

  it('412 when the coverage is neither prefetched nor can it be read', async () => {
    const { coverage: _coverage, ...rest } = prefetch();
    expect((await send('order-sign', { prefetch: rest })).status).toBe(412);
  });

  it('412 when orders, or the payor, are only referred to and nothing can be read', async () => {
    for (const hook of ['order-dispatch', 'appointment-book']) {
      const answer = await send(hook);
      expect([answer.status, fieldsOf(answer)]).toEqual([412, ['prefetch.serviceRequests']]);
      // the EHR says that there is none
      expect((await send(hook, { prefetch: prefetch({ serviceRequests: null }) })).body).toEqual({ cards: [] });
    }
    const referring = searchset([withPayer({ payor: [{ reference: 'Organization/kp' }] })]);
    const answer = await send('order-sign', { prefetch: prefetch({ coverage: referring }) });
    expect([answer.status, at(answer.body, 'issue.0.code')]).toEqual([412, 'incomplete']);
  });

  it('400 that says so when the payor cannot be read with the token', async () => {
    ehr.moods.set('Organization', '500');
    const referring = searchset([withPayer({ payor: [{ reference: 'Organization/kp' }] })]);
    const answer = await send('order-sign', { ...fhirAccess(ehr.fhir), prefetch: prefetch({ coverage: referring }) });
    expect([answer.status, at(answer.body, 'issue.0.code')]).toEqual([400, 'incomplete']);
    expect(at(answer.body, 'issue.0.details.text')).toContain('payor of the coverage could not be read');
  });

  it('T112: a payor that is named by a URN in the prefetched Bundle is found there', async () => {
    const urn = 'urn:uuid:21111111-1111-4111-8111-111111111111';
    const coverage = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [
        { resource: withPayer({ payor: [{ reference: urn }] }) },
        { fullUrl: urn, resource: { resourceType: 'Organization', id: 'kp', identifier: [PAYER] } },
      ],
    };
    expect((await send('order-sign', { prefetch: prefetch({ coverage }) })).status).toBe(200);
  });

  it('T113: a payor that is only referred to is read with the token', async () => {
    const referring = withPayer({ payor: [{ reference: 'Organization/kp', display: 'KP' }] });
    ehr.resources = [...ehr.resources, { resourceType: 'Organization', id: 'kp', identifier: [PAYER] }];
    const answer = await send('order-sign', {
      ...fhirAccess(ehr.fhir),
      prefetch: prefetch({ coverage: searchset([referring]) }),
    });
    expect(answer.status).toBe(200);
    expect(ehr.fhirRequests.some((r) => r.url.endsWith('/Organization/kp'))).toBe(true);
  });

  it.each(['500', 'hang', '401'] as const)(
    'T116, T119: an EHR that fails (%s): 200 in time, indeterminate and technical',
    async (mood) => {
      for (const type of ['Condition', 'Encounter']) ehr.moods.set(type, mood);
      const started = performance.now();
      const answer = await send('order-sign', {
        ...fhirAccess(ehr.fhir),
        prefetch: { patient, coverage: searchset([withPayer()]) },
      });
      expect(performance.now() - started).toBeLessThan(3000);
      expect(answer.status).toBe(200);
      expect(codeOf(saidIn(answer), 'doc-needed')).toBe('indeterminate');
      expect(JSON.stringify(saidIn(answer))).toContain('"technical"');
      expect(breaches(saidIn(answer))).toEqual([]);
    },
  );

  it('T117: bad requests name the field', async () => {
    expect(fieldsOf(await send('order-sign', { context: { userId: 'a', patientId: 'p1' } }))).toEqual([
      'context.draftOrders',
    ]);
    expect(fieldsOf(await send('order-dispatch', { context: { patientId: 'p1' } }))).toEqual([
      'context.dispatchedOrders',
    ]);
    expect((await post(url('order-sign'), '{"hook":')).status).toBe(400);
  });

  it('T103: billing options on a SNOMED order are considered', async () => {
    const coded = {
      ...order,
      code: {
        coding: [{ system: 'http://snomed.info/sct', code: '24627-2' }],
        extension: [
          {
            url: 'http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options',
            extension: [{ url: 'code', valueCoding: { system: 'http://www.ama-assn.org/go/cpt', code: '72148' } }],
          },
        ],
      },
    };
    const context = { ...CONTEXTS['order-sign'], draftOrders: draftOrders(coded) };
    expect(listAt((await send('order-sign', { context })).body, 'systemActions')).toHaveLength(1);
  });

  it('T104: the same chart in the shapes of three US Core versions gives the same answer', async () => {
    const conditions = chart.filter((r) => r.resourceType === 'Condition');
    const coded = (system: string, code: string): Json => ({ coding: [{ system, code }] });
    const profile = (version: string): Json => ({
      meta: { profile: [`http://hl7.org/fhir/us/core/StructureDefinition/us-core-condition|${version}`] },
    });
    const shapes: readonly Json[] = [
      {
        ...profile('3.1.1'),
        category: [coded('http://terminology.hl7.org/CodeSystem/condition-category', 'encounter-diagnosis')],
      },
      {
        ...profile('6.1.0'),
        category: [coded('http://terminology.hl7.org/CodeSystem/condition-category', 'problem-list-item')],
      },
      {
        ...profile('7.0.0'),
        category: [coded('http://hl7.org/fhir/us/core/CodeSystem/condition-category', 'health-concern')],
      },
    ];
    const said = await Promise.all(
      shapes.map(async (shape) =>
        saidIn(
          await send('order-sign', {
            prefetch: prefetch({ conditions: searchset(conditions.map((c) => ({ ...c, ...shape }))) }),
          }),
        ),
      ),
    );
    expect(said[1]).toEqual(said[0]);
    expect(said[2]).toEqual(said[0]);
  });

  it('T105, T106: an order with nothing but what it must have, and without a diagnosis, is answered', async () => {
    const { id, status, intent, subject, code } = order as Json;
    const bare = { resourceType: 'ServiceRequest', id, status, intent, subject, code };
    const context = { ...CONTEXTS['order-sign'], draftOrders: draftOrders(bare) };
    const empty = searchset([]);
    const answer = await send('order-sign', {
      context,
      prefetch: { ...prefetch(), conditions: empty, encounters: empty, procedures: empty },
    });
    expect(answer.status).toBe(200);
    expect(codeOf(saidIn(answer), 'doc-needed')).toBe('clinical');
    expect(breaches(saidIn(answer))).toEqual([]);
  });

  it('T107: no card repeats what the system action says', async () => {
    expect(at((await send('order-sign')).body, 'cards')).toEqual([]);
  });
});

describe('coverage and chart are read at the same time', () => {
  const all = (): Json => ({ ...fhirAccess(ehr.fhir), prefetch: { patient } });
  const payerOf = (value: string): Json => ({
    resourceType: 'Organization',
    id: 'kp',
    identifier: [{ ...PAYER, value }],
  });
  const asked = (type: string): number => ehr.fhirRequests.filter((r) => r.url.startsWith(`/fhir/${type}`)).length;

  it.each([
    ['the search for the coverage', 'Coverage'],
    ['the payor of the coverage', 'Organization'],
  ])('%s does not hold up the chart, nor the chart it', async (_, type) => {
    const referring = withPayer({ payor: [{ reference: 'Organization/kp' }] });
    ehr.resources = [patient, referring, payerOf(PAYER.value), ...chart] as unknown as typeof ehr.resources;
    const apart = await send('order-sign', all());
    expect(reasonsOf(saidIn(apart))).toContain('the chart documents');
    ehr.forget();
    // none of the two is answered before both are asked
    for (const t of [type, 'Condition']) ehr.moods.set(t, 'together');
    ehr.together = 2;
    const answer = await send('order-sign', all());
    expect(answer.status).toBe(200);
    expect(saidIn(answer)).toEqual(saidIn(apart));
    expect([asked('Coverage'), asked('Organization')]).toEqual([1, 1]);
  });

  it('a coverage that says no ends the call: the chart is not waited for, and given up', async () => {
    const patientService = await startTestService({ CRD_CONFIG: crdFile(crdSettings()), DEADLINE_MS: '60000' }, [
      { ehr: 'stub', name: 'Stub', 'fhir-bases': [ehr.fhir], 'private-network': true },
    ]);
    const referring = withPayer({ payor: [{ reference: 'Organization/kp' }] });
    ehr.resources = [patient, referring, payerOf('another'), ...chart] as unknown as typeof ehr.resources;
    ehr.moods.set('Condition', 'hang');
    const answer = await post(
      `${patientService.base}/crd/cds-services/spine-imaging-crd-order-sign`,
      call('order-sign', all()),
    );
    expect([answer.status, at(answer.body, 'issue.0.code')]).toEqual([400, 'not-supported']);
    await vi.waitFor(() => expect(ehr.givenUp).toBe(1));
    await patientService.close();
  });

  it('nothing is read of a chart whose coverage is refused by the prefetch alone', async () => {
    for (const coverages of [null, searchset([withPayer(), withPayer({ id: 'coverage-2' })])]) {
      const answer = await send('order-sign', { ...all(), prefetch: { patient, coverage: coverages } });
      expect(answer.status).toBe(400);
    }
    expect(ehr.fhirRequests).toEqual([]);
  });
});
