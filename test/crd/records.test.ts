import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore } from '../../src/decisions/store/open-store.ts';
import { crdFile, crdSettings, PAYER } from '../support/crd.ts';
import { informationOf, partsOf } from '../support/crd-validator.ts';
import { ORDER_SIGN, orderSignCall, post, searchset, storyFhir, storyPrefetch } from '../support/hook-request.ts';
import { at, listAt } from '../support/json-path.ts';
import { startTestService, type TestService } from '../support/test-service.ts';

const ADMIN = 'an-administrators-token-of-some-length';
const folder = mkdtempSync(join(tmpdir(), 'crd-records-'));
const file = join(folder, 'decisions.sqlite');
let service: TestService;

beforeAll(async () => {
  service = await startTestService({
    CRD_CONFIG: crdFile(crdSettings()),
    DECISIONS: file,
    DECISIONS_WAIT_MS: '2000',
    ADMIN_TOKEN: ADMIN,
  });
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

it('what was said is kept under its assertion id, and stays out of what the plain base counts', async () => {
  const { order, coverage } = storyFhir();
  const { coverages: _coverages, serviceRequests: _orders, ...rest } = storyPrefetch();
  const answer = await post(`${service.base}/crd/cds-services/spine-imaging-crd-order-sign`, {
    hook: 'order-sign',
    hookInstance: 'x',
    context: {
      userId: 'Practitioner/o',
      patientId: 'p1',
      draftOrders: { resourceType: 'Bundle', entry: [{ resource: order }] },
    },
    prefetch: { ...rest, coverage: searchset([{ ...coverage, payor: [{ identifier: PAYER }] }]) },
  });
  expect(answer.headers.get('x-decisions')).toBe('stored');
  await post(`${service.base}/cds-services/${ORDER_SIGN}`, orderSignCall());
  const [said] = informationOf(at(listAt(answer.body, 'systemActions')[0], 'resource'));
  const assertion = String(at(partsOf(said, 'coverage-assertion-id')[0], 'valueString'));
  const record: unknown = await (
    await fetch(`${service.base}/decisions/${assertion}`, { headers: { authorization: `Bearer ${ADMIN}` } })
  ).json();
  expect([at(record, 'base'), at(record, 'card'), at(record, 'outcome')]).toEqual(['crd', assertion, 'met']);
  expect(listAt(record, 'result.guidance')).toEqual([said]);
  const store = await openStore(file);
  const [plain, payer] = [await store.find({ base: 'cds', limit: 9 }), await store.find({ base: 'crd', limit: 9 })];
  await store.close();
  expect([plain.length, payer.length]).toEqual([1, 1]);
});
