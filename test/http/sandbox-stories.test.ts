import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { add, formatDay, parseDate } from '../../src/dates/day.ts';
import { loadCharts } from '../../src/sandbox/charts/load-charts.ts';
import type { PatientInput } from '../../src/sandbox/charts/schema.ts';
import { assessmentOf, callFor, cardsOf, withPrefetch } from '../support/hook-call.ts';
import { at, listAt } from '../support/json-path.ts';
import { checker, ROOT } from '../support/knowledge.ts';
import { type Running, startService } from '../support/running-service.ts';

type Try = PatientInput['tries'][number];

const { patients } = loadCharts(`${ROOT}/src/sandbox`, 20_000);
const policies = new Set(checker().knowledge.policies.policies.map((p) => p.id));

let running: Running;
beforeAll(async () => {
  running = await startService();
});
afterAll(() => running.close());

const criteria = (assessment: unknown): readonly unknown[] =>
  listAt(assessment, 'satisfied').map((s) => at(s, 'criterion'));

/** The references of all evidence of an assessment. */
const references = (assessment: unknown): readonly string[] =>
  ['satisfied', 'contradicted'].flatMap((list) =>
    listAt(assessment, list).flatMap((s) =>
      listAt(s, 'evidence').flatMap((e) => {
        const reference = at(e, 'reference');
        return typeof reference === 'string' && at(e, 'basis') !== 'order' ? [reference] : [];
      }),
    ),
  );

/** The facts that the nearest path asks for. */
function nearestAsks(assessment: unknown): readonly unknown[] {
  const nearest = at(assessment, 'paths.0.criterion');
  return listAt(assessment, 'missing')
    .filter((m) => listAt(m, 'criteria').includes(nearest))
    .map((m) => at(m, 'fact'));
}

/** What the story says comes of an order, against the card. */
function checkStory(card: unknown, { expect: story }: Try): void {
  const assessment = assessmentOf(card);
  expect(at(assessment, 'policy.id')).toBe(story.policy);
  expect(at(assessment, 'outcome')).toBe(story.outcome);
  if (story['as-documented'] !== undefined) expect(at(assessment, 'asDocumented')).toBe(story['as-documented']);
  expect(criteria(assessment)).toEqual(expect.arrayContaining(story.criteria ?? []));
  if (story.alternative !== undefined)
    expect(listAt(assessment, 'alternatives').map((a) => at(a, 'code'))).toEqual(story.alternative);
  if (story.asks !== undefined) expect(nearestAsks(assessment)).toEqual(story.asks);
  if (story.suggestions !== undefined) expect(listAt(card, 'suggestions')).toHaveLength(story.suggestions);
  const questions = listAt(assessment, 'missing').length;
  expect(questions).toBeGreaterThanOrEqual(story.questions?.[0] ?? 0);
  expect(questions).toBeLessThanOrEqual(story.questions?.[1] ?? 4);
  expect(at(assessment, 'payer.assumed')).toBe(story.assumed);
  expect(listAt(assessment, 'urgent').length > 0).toBe(story.urgent);
  if (story.urgent) expect(at(card, 'summary')).toMatch(/^Documented red flag: do not delay care/);
  const warns = story.urgent || story.outcome === 'not-met' || story.outcome === 'alternative';
  expect(at(card, 'indicator')).toBe(warns ? 'warning' : 'info');
  const asOf = parseDate(at(assessment, 'evaluated.asOf'))?.lo ?? 0;
  if (story['started-now'] !== undefined)
    expect(at(card, 'detail')).toContain(formatDay(add(asOf, { count: story['started-now'], unit: 'days' })));
}

for (const patient of patients) {
  describe(`${patient.name.given} ${patient.name.family}: ${patient.story}`, () => {
    for (const [i, one] of patient.tries.entries()) {
      const inForce = policies.has(one.expect.policy);
      const said = inForce ? one.expect.outcome : `no card, as ${one.expect.policy} is not here`;
      it(`${one.order.study}: ${said}`, async () => {
        const call = callFor(running, patient, i);
        const [fetched] = await cardsOf(running, call);
        const [prefetched] = await cardsOf(running, await withPrefetch(running, call));
        if (!inForce) {
          expect([fetched, prefetched]).toEqual([undefined, undefined]);
          return;
        }
        checkStory(fetched, one);
        checkStory(prefetched, one);
        const readable = listAt(fetched, 'links').filter((l) => /^Read the criteria: /.test(String(at(l, 'label'))));
        expect(readable).toHaveLength(1);
        const page = await fetch(String(at(readable[0], 'url')));
        expect([page.status, await page.text()]).toEqual([200, expect.stringContaining(one.expect.policy)]);
        const [a, b] = [assessmentOf(fetched), assessmentOf(prefetched)];
        expect(criteria(b)).toEqual(criteria(a));
        expect(at(b, 'completeness')).toEqual(at(a, 'completeness'));
        for (const reference of new Set(references(a))) {
          const response = await fetch(`${running.fhir}/${reference}`);
          expect([reference, response.status]).toEqual([reference, 200]);
        }
      });
    }
  });
}

describe('answers', () => {
  const answer = (fact: string): object => ({
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'https://payer-policy-cds.example.org/fhir/CodeSystem/fact', code: fact }] },
    subject: { reference: 'Patient/iris' },
    effectiveDateTime: new Date().toISOString().slice(0, 10),
    performer: [{ reference: 'Practitioner/wells' }],
    valueBoolean: true,
  });

  it('documented in the sandbox turn an open order into one that is met', async () => {
    const iris = patients.find((p) => p.id === 'iris');
    if (iris === undefined) throw new Error('there is no iris');
    const call = callFor(running, iris, 0);
    for (const fact of iris.tries[0]?.expect.asks ?? []) {
      expect(at(assessmentOf((await cardsOf(running, call))[0]), 'outcome')).toBe('undetermined');
      const written = await fetch(`${running.fhir}/Observation`, {
        method: 'POST',
        headers: { 'content-type': 'application/fhir+json' },
        body: JSON.stringify(answer(fact)),
      });
      expect(written.status).toBe(201);
    }
    const assessment = assessmentOf((await cardsOf(running, call))[0]);
    expect(at(assessment, 'outcome')).toBe('met');
    expect(at(assessment, 'attested.attested')).toBe(2);
  });
});

describe('a server with small pages', () => {
  it('gives the same answers, as the service follows the links', async () => {
    const small = await startService({ usual: 10, most: 25 });
    try {
      for (const patient of patients.filter((p) => ['ada', 'bruno', 'elsa'].includes(p.id))) {
        const [few] = await cardsOf(small, callFor(small, patient, 0));
        const [many] = await cardsOf(running, callFor(running, patient, 0));
        expect(at(assessmentOf(few), 'id')).toBe(at(assessmentOf(many), 'id'));
        expect(at(assessmentOf(few), 'completeness')).toEqual(at(assessmentOf(many), 'completeness'));
      }
    } finally {
      await small.close();
    }
  });
});
