import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ASSESSMENT_EXTENSION } from '../../src/cards/assessment-extension.ts';
import type { Vignette } from '../../src/vignettes/expand.ts';
import { loadVignettes } from '../../src/vignettes/run.ts';
import { vignetteToFhir } from '../../src/vignettes/to-fhir.ts';
import { empties } from '../support/empties.ts';
import { ORDER_SELECT, PREFETCH_KEYS, post, searchset } from '../support/hook-request.ts';
import { at, listAt } from '../support/json-path.ts';
import { CANONICAL_BASE, ROOT } from '../support/knowledge.ts';
import { startTestService, type TestService } from '../support/test-service.ts';

type Json = Record<string, unknown>;

const ADMIN = 'an-administrators-token-of-some-length';
const BASE = 'https://ehr.example.org/r4';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const files = loadVignettes(`${ROOT}/test/vignettes`);
let service: TestService;

beforeAll(async () => {
  service = await startTestService({ DECISIONS: ':memory:', DECISIONS_WAIT_MS: '2000', ADMIN_TOKEN: ADMIN }, [
    { ehr: 'north', name: 'North', 'fhir-bases': [BASE], smart: { 'client-id': 'abc', authentication: 'public' } },
  ]);
});
afterAll(() => service.close());

/** A vignette as an EHR sends it. Sections that were not retrieved whole are left out of the prefetch. */
function callOf(vignette: Vignette): { readonly body: Json; readonly order: Json } {
  const { patient, order, coverage, chart } = vignetteToFhir(vignette, CANONICAL_BASE);
  const keys = Object.entries(PREFETCH_KEYS).filter(([, type]) => vignette.incomplete[type] === undefined);
  const prefetch = {
    patient,
    practitioner: null,
    coverages: searchset([coverage]),
    answers: searchset([]),
    ...Object.fromEntries(keys.map(([key, type]) => [key, searchset(chart.filter((r) => r.resourceType === type))])),
  };
  const body = {
    hook: 'order-select',
    hookInstance: '6b7b8a3e-5b0c-4c2e-9a51-0f6f3cf5e1aa',
    fhirServer: BASE,
    context: {
      userId: 'Practitioner/orderer',
      patientId: 'p1',
      selections: [`ServiceRequest/${order.id}`],
      draftOrders: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: order }] },
    },
    prefetch,
  };
  return { body, order };
}

/** What is wrong with an answer, by the number of the check. */
type Check = (card: unknown, order: Json, uuids: Set<string>) => boolean;

const link = (l: unknown): boolean => {
  const [url, context] = [String(at(l, 'url')), at(l, 'appContext')];
  if (at(l, 'autolaunchable') !== undefined || !URL.canParse(url)) return false;
  // pages of our own stand at the address under which we are called, which is this machine's here
  if (at(l, 'type') === 'absolute')
    return context === undefined && /^https:\/\/|^http:\/\/127\.0\.0\.1:\d+\/policies\//.test(url);
  // sealed: five parts of which no one but us can read any
  return at(l, 'type') === 'smart' && String(context).split('.').length === 5;
};

const action = (a: unknown, order: Json): boolean => {
  const resource = at(a, 'resource') as Json | undefined;
  if (String(at(a, 'description')).length < 5 || resource === undefined || at(a, 'resourceId') !== undefined)
    return false;
  if (at(a, 'type') === 'create') return resource['id'] === undefined && resource['status'] === 'draft';
  const { code: _new, ...changed } = resource;
  const { code: _old, ...same } = order;
  return at(a, 'type') === 'update' && JSON.stringify(changed) === JSON.stringify(same);
};

const suggestions = (card: unknown): readonly unknown[] => listAt(card, 'suggestions');
const actions = (card: unknown): readonly unknown[] => suggestions(card).flatMap((s) => listAt(s, 'actions'));
const fresh = (uuid: unknown, uuids: Set<string>): boolean => {
  const text = String(uuid);
  if (!UUID.test(text) || uuids.has(text)) return false;
  uuids.add(text);
  return true;
};

const CHECKS: Readonly<Record<string, Check>> = {
  'T057: a summary of 1 to 139 characters': (card) => {
    const summary = String(at(card, 'summary'));
    return summary.length > 0 && summary.length < 140;
  },
  'T058: an indicator of the value set, never critical': (card) =>
    ['info', 'warning'].includes(String(at(card, 'indicator'))),
  'T059: a source with a label': (card) => /\w/.test(String(at(card, 'source.label') ?? '')),
  'T060: a topic with system and code': (card) =>
    URL.canParse(String(at(card, 'source.topic.system'))) && /\w/.test(String(at(card, 'source.topic.code') ?? '')),
  'T061: a fresh UUID for the card and for each suggestion': (card, _order, uuids) =>
    fresh(at(card, 'uuid'), uuids) && suggestions(card).every((s) => fresh(at(s, 'uuid'), uuids)),
  'T062: suggestions with a selection behavior; none is recommended': (card) =>
    (suggestions(card).length === 0) === (at(card, 'selectionBehavior') === undefined) &&
    ['at-most-one', 'any', 'undefined'].includes(String(at(card, 'selectionBehavior'))) &&
    suggestions(card).every((s) => at(s, 'isRecommended') === undefined),
  'T063: override reasons with code, system and display': (card) =>
    listAt(card, 'overrideReasons').length > 0 &&
    listAt(card, 'overrideReasons').every((r) => [at(r, 'code'), at(r, 'system'), at(r, 'display')].every(Boolean)),
  'T064: links with a known type and an address; what an app is handed is sealed': (card) =>
    listAt(card, 'links').length > 0 && listAt(card, 'links').every(link),
  'T065, T066: actions that create a draft or update the whole order, and delete nothing': (card, order) =>
    actions(card).every((a) => action(a, order)),
  'T068: the policy, its version, and that it is no coverage decision': (card) => {
    const [detail, told] = [String(at(card, 'detail')), (at(card, 'extension') as Json)[ASSESSMENT_EXTENSION]];
    return (
      detail.includes(String(at(told, 'policy.title'))) &&
      detail.includes(String(at(told, 'policy.version'))) &&
      detail.includes('not a coverage decision')
    );
  },
};

interface Asked {
  readonly vignette: Vignette;
  readonly order: Json;
  readonly text: string;
  readonly cards: readonly unknown[];
}

/** One of four, as a replay checks the order and tells its whole trace again, whatever the chart. */
const replayed = (asked: readonly Asked[]): readonly Asked[] => asked.filter((_, i) => i % 12 === 0);

describe.each(files)('over HTTP, every card of $file', ({ vignettes }) => {
  const asked: Asked[] = [];
  beforeAll(async () => {
    for (const vignette of vignettes) {
      const { body, order } = callOf(vignette);
      const answer = await post(`${service.base}/cds-services/${ORDER_SELECT}`, body);
      if (answer.status !== 200) throw new Error(`${vignette.id}: ${answer.status} ${answer.text}`);
      asked.push({ vignette, order, text: answer.text, cards: listAt(answer.body, 'cards') });
    }
  }, 120_000);

  it('T003, T010, T056: stands in a list that is always there, compact, with nothing null or empty', () => {
    const bad = asked.filter(({ text, cards }) => {
      const body = JSON.parse(text) as Json;
      return (
        !Array.isArray(body['cards']) ||
        text !== JSON.stringify(body) ||
        cards.some((card) => empties(card, '$').length > 0)
      );
    });
    expect(bad.map((b) => b.vignette.id)).toEqual([]);
    expect(asked.flatMap((a) => a.cards).length).toBeGreaterThan(0);
  });

  it.each(Object.entries(CHECKS))('%s', (_what, holds) => {
    const uuids = new Set<string>();
    const bad = asked.filter(({ cards, order }) => !cards.every((card) => holds(card, order, uuids)));
    expect(bad.map((b) => b.vignette.id)).toEqual([]);
  });

  it('is on record (one of twelve is tried) so that it can be made again, to the last piece of evidence, without a word of the chart', async () => {
    const bad: string[] = [];
    for (const { vignette, cards } of replayed(asked)) {
      const [card] = cards;
      if (card === undefined) continue;
      const answer = await post(`${service.base}/decisions/${String(at(card, 'uuid'))}/replay`, '', {
        authorization: `Bearer ${ADMIN}`,
      });
      if (answer.status !== 200 || at(answer.body, 'same') !== true) bad.push(`${vignette.id}: ${answer.status}`);
    }
    expect(bad).toEqual([]);
  }, 120_000);

  it('tells the outcome that the vignette expects of a chart that is seen whole', () => {
    const whole = asked.filter(({ vignette }) => Object.keys(vignette.incomplete).length === 0);
    const told = whole.map(({ vignette, cards }) => [
      vignette.id,
      at((at(cards[0], 'extension') as Json | undefined)?.[ASSESSMENT_EXTENSION], 'outcome'),
    ]);
    expect(told).toEqual(
      whole.map(
        ({
          vignette: {
            id,
            expect: { outcome },
          },
        }) => [id, outcome === 'not-governed' ? undefined : outcome],
      ),
    );
  });
});
