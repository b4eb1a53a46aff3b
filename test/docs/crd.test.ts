import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { crdFile } from '../support/crd.ts';
import { informationOf } from '../support/crd-validator.ts';
import { type Answer, post } from '../support/hook-request.ts';
import { at, listAt } from '../support/json-path.ts';
import { startTestService, type TestService } from '../support/test-service.ts';
import { page } from '../support/worked-example.ts';

const DOCUMENT = page('crd.md');

/** A block of the page. @throws when it shows none */
function shown(opening: string): string {
  const found = new RegExp(`^\`\`\`${opening}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(DOCUMENT)?.[1];
  if (found === undefined) throw new Error(`the page shows no "${opening}"`);
  return found;
}

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ CRD_CONFIG: crdFile(parse(shown('yaml'))) });
});
afterAll(async () => service.close());

/** When it was said, and under which number, differs from run to run. */
const PLACES: Readonly<Record<string, unknown>> = {
  date: { valueDate: '(today)' },
  'coverage-assertion-id': { valueString: '(its id)' },
};
const withoutCircumstances = (parts: readonly unknown[]): readonly unknown[] =>
  parts.map((p) => ({ ...(p as object), ...(PLACES[String(at(p, 'url'))] as object | undefined) }));

it('the page on payer mode: its settings, its call and its answer', async () => {
  const call: unknown = JSON.parse(shown('json call.json'));
  const answer: Answer = await post(`${service.base}/crd/cds-services/spine-imaging-crd-order-sign`, call);
  const [action] = listAt(answer.body, 'systemActions');
  const [said] = informationOf(at(action, 'resource'));
  const { extension: _said, ...rest } = at(action, 'resource') as Record<string, unknown>;
  expect([answer.status, at(answer.body, 'cards'), rest]).toEqual([
    200,
    [],
    at(call, 'context.draftOrders.entry.0.resource'),
  ]);
  expect(withoutCircumstances(listAt(said, 'extension'))).toEqual(
    withoutCircumstances(JSON.parse(shown('json answer')) as readonly unknown[]),
  );
});
