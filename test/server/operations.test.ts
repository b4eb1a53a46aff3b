import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ClientKey, goodClaims, makeKey, signToken } from '../support/client-keys.ts';
import { EhrStub } from '../support/ehr-stub.ts';
import {
  type Answer,
  fhirAccess,
  ORDER_SELECT,
  orderSelectCall,
  outcomeOf,
  post,
  storyFhir,
} from '../support/hook-request.ts';
import { at } from '../support/json-path.ts';
import { PRODUCTION, PUBLIC_URL, startTestService, type TestService } from '../support/test-service.ts';

const PATH = `/cds-services/${ORDER_SELECT}`;

/** A measurement of a service, 0 when it has none. @param name with its labels */
async function metric({ base }: TestService, name: string): Promise<number> {
  const text = await (await fetch(`${base}/metrics`)).text();
  const line = text.split('\n').find((l) => l.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

describe('a service that runs', () => {
  let ehr: EhrStub;
  let service: TestService;
  beforeAll(async () => {
    ehr = await new EhrStub().start();
    const { patient, coverage, chart } = storyFhir();
    ehr.resources = [patient, coverage, ...chart];
    service = await startTestService({ DECISIONS: ':memory:', DEADLINE_MS: '1000' });
  });
  afterAll(async () => {
    await service.close();
    await ehr.close();
  });
  beforeEach(() => ehr.forget());
  const fetching = (): Promise<Answer> =>
    post(`${service.base}${PATH}`, orderSelectCall({ ...fhirAccess(ehr.fhir), prefetch: undefined }));

  it('is alive and ready, until it drains', async () => {
    expect((await fetch(`${service.base}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${service.base}/readyz`)).json()).toEqual({ status: 'ready' });
    const ending = await startTestService();
    ending.service.drain();
    const ready = await fetch(`${ending.base}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'stopping' }]);
    expect((await fetch(`${ending.base}/healthz`)).status).toBe(200);
    await ending.close();
  });

  it('measures calls by service and status, outcomes by policy, sections by state, FHIR calls, records', async () => {
    const before = {
      calls: await metric(service, `cds_hook_seconds_count{service="${ORDER_SELECT}",status="200"}`),
      stored: await metric(service, 'cds_decisions_total{state="stored"}'),
    };
    ehr.moods.set('Procedure', '500');
    expect(outcomeOf(await fetching())).toBe('met');
    const measured = (name: string): Promise<number> => metric(service, name);
    expect(await measured(`cds_hook_seconds_count{service="${ORDER_SELECT}",status="200"}`)).toBe(before.calls + 1);
    expect(
      await measured('cds_assessments_total{policy="kaiser-wa-lumbar-mri",outcome="met",reason="none"}'),
    ).toBeGreaterThan(0);
    expect(await measured('cds_chart_sections_total{section="Condition",state="complete"}')).toBeGreaterThan(0);
    expect(await measured('cds_chart_sections_total{section="Procedure",state="failed"}')).toBeGreaterThan(0);
    expect(await measured('cds_fhir_calls_total{result="ok"}')).toBeGreaterThan(5);
    expect(await measured('cds_fhir_calls_total{result="server-error"}')).toBeGreaterThan(0);
    await expect.poll(() => measured('cds_decisions_total{state="stored"}')).toBeGreaterThan(before.stored);
    expect(await measured('cds_decision_queue')).toBe(0);
    expect(await measured('cds_decision_lag_seconds')).toBe(0);
  });

  it('labels of measurements do not grow with what is sent', async () => {
    const series = async (): Promise<number> =>
      (await (await fetch(`${service.base}/metrics`)).text()).split('\n').filter((l) => /^cds_/.test(l)).length;
    await fetching();
    const before = await series();
    for (let i = 0; i < 30; i++) {
      const odd = orderSelectCall({ hookInstance: `instance-${i}`, fhirServer: `https://ehr-${i}.example.org/fhir` });
      Object.assign(at(odd, 'context.draftOrders.entry.0.resource') as object, { id: `order-${i}` });
      await post(`${service.base}${PATH}`, odd);
      await post(`${service.base}/cds-services/service-${i}`, odd);
      await fetch(`${service.base}/path-${i}`);
    }
    expect((await series()) - before).toBeLessThan(20);
  });

  it('gives every answer a request id, which stands in its line of the log with hookInstance, and no id of the chart', async () => {
    const answer = await post(`${service.base}${PATH}`, orderSelectCall());
    const id = answer.headers.get('x-request-id') ?? '';
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    await expect.poll(() => service.log()).toContain(id);
    const line = JSON.parse(
      service
        .log()
        .split('\n')
        .find((l) => l.includes(id)) ?? '{}',
    ) as Record<string, unknown>;
    expect(line).toMatchObject({
      method: 'POST',
      route: '/cds-services/:id',
      status: 200,
      service: ORDER_SELECT,
      hookInstance: '6b7b8a3e-5b0c-4c2e-9a51-0f6f3cf5e1aa',
      outcomes: ['met'],
    });
    expect(JSON.stringify(line)).not.toMatch(/Patient|p1|order-1|Condition/);
  });

  it.each([
    ['/cds-services', "default-src 'none'"],
    ['/healthz', "default-src 'none'"],
    ['/metrics', "default-src 'none'"],
    ['/policies', "default-src 'none'"],
    ['/decisions/x', "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'"],
    ['/fhir/Questionnaire/none', "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'"],
    ['/assets/none/none', "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'"],
    ['/none', "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'"],
  ])('%s has the security headers of its kind, and says nothing of its software', async (path, policy) => {
    const { headers } = await fetch(`${service.base}${path}`);
    expect(headers.get('content-security-policy')).toContain(policy);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

describe('load', () => {
  it('beyond what can be worked on is shed with 503 and Retry-After, and the service goes on', async () => {
    const ehr = await new EhrStub().start();
    ehr.moods.set('*', 'hang');
    const service = await startTestService({ MAX_REQUESTS: '2', DEADLINE_MS: '2500' });
    const body = orderSelectCall({ ...fhirAccess(ehr.fhir), prefetch: undefined });
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(`${service.base}${PATH}`, body)));
    const shed = answers.filter((a) => a.status === 503);
    expect(shed.length).toBeGreaterThanOrEqual(8);
    expect(answers.length - shed.length).toBeGreaterThanOrEqual(2);
    for (const a of shed) {
      expect(a.headers.get('retry-after')).toBe('1');
      expect(at(a.body, 'resourceType')).toBe('OperationOutcome');
    }
    expect(await metric(service, 'cds_refused_total{reason="overload"}')).toBe(shed.length);
    expect((await post(`${service.base}${PATH}`, orderSelectCall())).status).toBe(200);
    // health and measurements are never shed
    expect((await fetch(`${service.base}/healthz`)).status).toBe(200);
    await service.close();
    await ehr.close();
  });

  it('is counted by the bytes that bodies announce, too', async () => {
    const service = await startTestService({ MAX_REQUEST_MB: '12' });
    const { hostname, port } = new URL(service.base);
    const head = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000000\r\n\r\n{`;
    const slow = connect(Number(port), hostname);
    await new Promise<void>((resolve) => slow.write(head, () => resolve()));
    await expect
      .poll(async () => (await post(`${service.base}${PATH}`, `{"x":"${'y'.repeat(4_000_000)}"}`)).status)
      .toBe(503);
    expect((await post(`${service.base}${PATH}`, orderSelectCall())).status).toBe(200);
    slow.destroy();
    await expect
      .poll(async () => (await post(`${service.base}${PATH}`, `{"x":"${'y'.repeat(4_000_000)}"}`)).status)
      .toBe(400);
    await service.close();
  });

  it('of one client is limited: 429 with Retry-After; others are served on', async () => {
    const key: ClientKey = await makeKey();
    const ehrs = ['north', 'south'].map((name) => ({
      ehr: name,
      name,
      issuers: [{ iss: `https://${name}.example.org`, keys: [key.publicJwk] }],
    }));
    const service = await startTestService({ ...PRODUCTION, RATE_LIMIT: '5' }, ehrs);
    const send = async (name: string): Promise<Answer> =>
      post(`${service.base}${PATH}`, orderSelectCall(), {
        authorization: `Bearer ${await signToken(key, goodClaims(`https://${name}.example.org`, `${PUBLIC_URL}${PATH}`))}`,
      });
    const statuses: number[] = [];
    for (let i = 0; i < 7; i++) statuses.push((await send('north')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    const limited = await send('north');
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(at(limited.body, 'resourceType')).toBe('OperationOutcome');
    expect((await send('south')).status).toBe(200);
    expect(await metric(service, 'cds_refused_total{reason="rate-limit"}')).toBe(3);
    await service.close();
  });

  describe('of calls with bad tokens', () => {
    const forgedCalls = async (env: Readonly<Record<string, string>>) => {
      const [key, forger] = await Promise.all([makeKey('ES256', 'k'), makeKey('ES256', 'k')]);
      const iss = 'https://north.example.org';
      const entry = { ehr: 'north', name: 'North', issuers: [{ iss, keys: [key.publicJwk] }] };
      const service = await startTestService({ ...PRODUCTION, RATE_LIMIT: '3', ...env }, [entry]);
      const send = async (by: ClientKey | undefined, forwardedFor: string): Promise<Answer> =>
        post(`${service.base}${PATH}`, orderSelectCall(), {
          'x-forwarded-for': forwardedFor,
          ...(by !== undefined && {
            authorization: `Bearer ${await signToken(by, goodClaims(iss, PUBLIC_URL + PATH))}`,
          }),
        });
      const statuses = async (calls: readonly (readonly [ClientKey | undefined, string])[]): Promise<number[]> => {
        const seen: number[] = [];
        for (const [by, from] of calls) seen.push((await send(by, from)).status);
        return seen;
      };
      return { key, forger, service, send, statuses };
    };

    it('of one address behind a trusted proxy is limited, before their tokens are looked at; other addresses are served on', async () => {
      const { key, forger, service, send, statuses } = await forgedCalls({ TRUST_PROXY: '1' });
      const bad = '203.0.113.7';
      expect(
        await statuses([
          [forger, bad],
          [undefined, bad],
          [forger, bad],
        ]),
      ).toEqual([401, 401, 401]);
      // what the sender itself claims to pass on counts for nothing
      const limited = await send(forger, `198.51.100.1, ${bad}`);
      expect([limited.status, at(limited.body, 'resourceType')]).toEqual([429, 'OperationOutcome']);
      expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
      const discovery = await fetch(`${service.base}/cds-services`, { headers: { 'x-forwarded-for': bad } });
      expect(discovery.status).toBe(429);
      expect(
        await statuses([
          [key, '203.0.113.8'],
          [forger, '203.0.113.8'],
        ]),
      ).toEqual([200, 401]);
      expect(await metric(service, 'cds_refused_total{reason="refusal-limit"}')).toBe(2);
      await service.close();
    });

    it('does not count good calls, however many come at once', async () => {
      const { key, forger, service, send, statuses } = await forgedCalls({ TRUST_PROXY: 'loopback' });
      const from = '203.0.113.7';
      expect(
        await statuses([
          [forger, from],
          [forger, from],
        ]),
      ).toEqual([401, 401]);
      const good = await Promise.all([send(key, from), send(key, from), send(key, from)]);
      expect(good.map((a) => a.status)).toEqual([200, 200, 200]);
      await service.close();
    });

    it('does not lock out the clients of a proxy that is not trusted', async () => {
      const { key, forger, service, statuses } = await forgedCalls({});
      const many = Array.from({ length: 8 }, () => [forger, '203.0.113.7'] as const);
      expect(new Set(await statuses(many))).toEqual(new Set([401]));
      expect(await statuses([[key, '203.0.113.7']])).toEqual([200]);
      await service.close();
    });
  });
});
