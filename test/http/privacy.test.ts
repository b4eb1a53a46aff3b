import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goodClaims, makeKey, signToken } from '../support/client-keys.ts';
import { EhrStub } from '../support/ehr-stub.ts';
import { fhirAccess, ORDER_SELECT, orderSelectCall, post, storyFhir, storyPrefetch } from '../support/hook-request.ts';
import { PRODUCTION, PUBLIC_URL, startTestService, type TestService } from '../support/test-service.ts';

/** A value that must not turn up anywhere, marked so that it can be found in whatever case or part. */
const MARK = 'ZQXJKPHI';
const ISSUER = 'https://ehr.example.org';
const PATH = `/cds-services/${ORDER_SELECT}`;
/** Members whose texts carry meaning for the protocol and have to stay as they are. */
const MEANINGFUL = new Set([
  'resourceType',
  'reference',
  'system',
  'code',
  'status',
  'unit',
  'hook',
  'id',
  'url',
  'intent',
]);

let ehr: EhrStub;
let service: TestService;
let key: Awaited<ReturnType<typeof makeKey>>;

beforeAll(async () => {
  ehr = await new EhrStub().start();
  key = await makeKey();
  service = await startTestService({ ...PRODUCTION, LOG_LEVEL: 'debug' }, [
    {
      ehr: 'main',
      name: 'Main',
      'fhir-bases': [ehr.fhir],
      'private-network': true,
      issuers: [{ iss: ISSUER, keys: [key.publicJwk] }],
    },
  ]);
});
afterAll(async () => {
  await service.close();
  await ehr.close();
});

/** Puts the mark into every free text, and adds texts where FHIR allows them. */
function marked(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return MEANINGFUL.has(name) || /^\d{4}-/.test(value) ? value : `${MARK} ${value}`;
  if (Array.isArray(value)) return value.map((v) => marked(v, name));
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = Object.fromEntries(Object.entries(value).map(([k, v]) => [k, marked(v, k)]));
  if ('resourceType' in out && out['resourceType'] !== 'Bundle') {
    out['text'] = { status: 'generated', div: `<div>${MARK}</div>` };
    out['note'] = [{ text: MARK }];
    out['identifier'] = [{ system: 'urn:mrn', value: MARK }];
    out['name'] = [{ family: MARK }];
  }
  if ('coding' in out) out['text'] = MARK;
  if ('code' in out && 'system' in out) out['display'] = MARK;
  return out;
}

const send = async (
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  path = PATH,
): ReturnType<typeof post> =>
  post(`${service.base}${path}`, body, {
    authorization: `Bearer ${await signToken(key, { ...goodClaims(ISSUER, `${PUBLIC_URL}${path.split('?')[0]}`), sub: MARK })}`,
    ...headers,
  });

/** What an operator can see: logs and metrics. */
async function visible(): Promise<string> {
  return `${service.log()}${await (await fetch(`${service.base}/metrics`)).text()}`;
}

describe('marked values', () => {
  it('in every free text of a request do not turn up in the answer, the log or the metrics', async () => {
    const call = orderSelectCall({ ...fhirAccess(ehr.fhir, `${MARK}-token`), prefetch: marked(storyPrefetch()) });
    const answer = await send(call, { 'user-agent': MARK, 'x-forwarded-for': MARK, cookie: `session=${MARK}` });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain(MARK);
    expect(await visible()).not.toContain(MARK);
  });

  it('in the order come back only inside of the order that a suggestion changes', async () => {
    const call = orderSelectCall();
    const context = call['context'] as Record<string, unknown>;
    context['draftOrders'] = marked(context['draftOrders']);
    const answer = await send(call);
    expect(answer.status).toBe(200);
    const cards = (JSON.parse(answer.text) as { cards: Record<string, unknown>[] }).cards.map(
      ({ suggestions: _s, ...c }) => c,
    );
    expect(JSON.stringify(cards)).not.toContain(MARK);
  });

  it.each([
    ['a bad body', { hook: MARK, hookInstance: MARK, context: { userId: MARK, patientId: `${MARK} x` } }],
    ['a body that is no JSON', `{"hook":"${MARK}`],
    ['a body that is too large', `{"${MARK}":"${'x'.repeat(11_000_000)}"}`],
  ])('%s: are in neither the error nor the log', async (_what, body) => {
    const answer = await send(body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).not.toContain(MARK);
    expect(await visible()).not.toContain(MARK);
  });

  it('in paths, queries and tokens are not logged', async () => {
    await fetch(`${service.base}/${MARK}?${MARK}=1`);
    await fetch(`${service.base}/cds-services/${MARK}?patient=${MARK}`);
    await send(orderSelectCall(), {}, `/cds-services/${MARK}`);
    await send(orderSelectCall(), { authorization: `Bearer ${MARK}` });
    expect(await visible()).not.toContain(MARK);
  });

  it('in a FHIR server’s errors are not logged', async () => {
    const { patient, coverage, chart } = storyFhir();
    ehr.resources = [patient, coverage, ...chart].map((r) => marked(r)) as typeof ehr.resources;
    const answer = await send(orderSelectCall({ ...fhirAccess(ehr.fhir, `${MARK}-token`), prefetch: undefined }));
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain(MARK);
    ehr.moods.set('*', 'half-json');
    await send(orderSelectCall({ ...fhirAccess(ehr.fhir, `${MARK}-token`), prefetch: undefined }));
    expect(await visible()).not.toContain(MARK);
  });

  it('in feedback are not logged', async () => {
    const path = `${PATH}/feedback`;
    const answer = await send(
      {
        feedback: [
          {
            card: MARK,
            outcome: 'overridden',
            overrideReason: { userComment: MARK },
            outcomeTimestamp: '2026-05-04T15:05:11Z',
          },
        ],
      },
      {},
      path,
    );
    expect(answer.status).toBe(200);
    expect(await visible()).not.toContain(MARK);
  });

  it('are really looked for: the log holds the requests', () => {
    expect(
      service
        .log()
        .split('\n')
        .filter((l) => l.includes('"request"')).length,
    ).toBeGreaterThan(8);
  });
});
