import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ORDER_SELECT,
  ORDER_SIGN,
  orderSelectCall,
  orderSignCall,
  post,
  storyPrefetch,
} from '../support/hook-request.ts';
import { startTestService, type TestService } from '../support/test-service.ts';

type Json = Record<string, unknown>;

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

/** Every path to a member of a value. */
function paths(value: unknown, at: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  const members: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((v, i) => [i, v] as const)
    : Object.entries(value);
  return [...(at.length === 0 ? [] : [at]), ...members.flatMap(([k, v]) => paths(v, [...at, k]))];
}

function change(value: unknown, path: readonly (string | number)[], to: (old: unknown) => unknown): void {
  let here = value as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) {
    const next = here[step];
    if (typeof next !== 'object' || next === null) return;
    here = next as Record<string | number, unknown>;
  }
  const last = path.at(-1);
  if (last === undefined) return;
  const changed = to(here[last]);
  if (changed === undefined) delete here[last];
  else here[last] = changed;
}

const odd = fc.oneof(
  fc.constantFrom(
    null,
    '',
    0,
    -1,
    1e308,
    true,
    [],
    {},
    [[]],
    '2024-13-45',
    '0000',
    '../..',
    'Patient/other',
    '\u0000',
    '{{x}}',
    '9'.repeat(400),
  ),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>,
  fc.string({ unit: 'binary', maxLength: 40 }),
);

/** Ways to damage a member: replace, remove, wrap, double, stretch. */
const damage = fc.oneof(
  odd.map((v) => () => v),
  fc.constant(() => undefined),
  fc.constant((old: unknown) => [old]),
  fc.constant((old: unknown) => (Array.isArray(old) ? [...(old as unknown[]), ...(old as unknown[])] : { value: old })),
  fc.constant((old: unknown) => (typeof old === 'string' ? old.repeat(50) : old)),
);

const damaged = (base: Json): fc.Arbitrary<Json> => {
  const all = paths(base);
  return fc.array(fc.tuple(fc.nat({ max: all.length - 1 }), damage), { minLength: 1, maxLength: 6 }).map((changes) => {
    const copy = structuredClone(base);
    for (const [i, to] of changes) change(copy, all[i] ?? [], to);
    return copy;
  });
};

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 150);

async function check(service_: string, body: unknown): Promise<void> {
  const answer = await post(`${service.base}/cds-services/${service_}`, body);
  expect([200, 400, 412]).toContain(answer.status);
  expect(answer.body).toBeTypeOf('object');
  expect(answer.text).not.toMatch(/somebody-else|TypeError|node:internal|\/src\//);
  if (answer.status === 200)
    for (const card of (answer.body as { cards: { summary: string }[] }).cards)
      expect(card.summary.length).toBeLessThan(140);
}

describe('requests built from valid ones by damage', () => {
  it('never cause a 5xx (order-select)', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(orderSelectCall()), (body) => check(ORDER_SELECT, body)),
      { numRuns: RUNS },
    );
  });

  it('never cause a 5xx (order-sign)', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(orderSignCall()), (body) => check(ORDER_SIGN, body)),
      { numRuns: RUNS },
    );
  });

  it('never tell of another patient, whose resources are mixed in', async () => {
    const prefetch = storyPrefetch();
    for (const bundle of Object.values(prefetch) as { entry?: { resource: Json }[] }[]) {
      const foreign = (bundle?.entry ?? []).map(({ resource }) => ({
        resource: {
          ...resource,
          id: `somebody-else-${String(resource['id'])}`,
          subject: { reference: 'Patient/somebody-else' },
        },
      }));
      if (bundle?.entry !== undefined)
        bundle.entry.push(...foreign.filter((e) => (e.resource as Json)['resourceType'] !== 'Coverage'));
    }
    await fc.assert(
      fc.asyncProperty(damaged(orderSelectCall({ prefetch })), (body) => check(ORDER_SELECT, body)),
      { numRuns: RUNS },
    );
  });

  it('any JSON at all is answered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 4 }), (text) => check(ORDER_SELECT, text)),
      { numRuns: RUNS },
    );
  });
});
