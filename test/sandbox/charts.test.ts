import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isObject } from '../../src/chart/json.ts';
import { ReadContext } from '../../src/chart/read-context.ts';
import { PatientScope } from '../../src/chart/references.ts';
import { type RetrievedSection, SECTIONS, type Section } from '../../src/chart/sections.ts';
import { readCoverages } from '../../src/coverage/coverage.ts';
import { checkOrder } from '../../src/criteria-check/check-order.ts';
import { type Day, formatDay, parseDate } from '../../src/dates/day.ts';
import { readOrder } from '../../src/order/order.ts';
import { type Charts, loadCharts } from '../../src/sandbox/charts/load-charts.ts';
import type { PatientInput } from '../../src/sandbox/charts/schema.ts';
import { owner } from '../../src/sandbox/fhir/store.ts';
import { sampleCall } from '../../src/sandbox/start-message.ts';
import { at } from '../support/json-path.ts';
import { checker, ROOT } from '../support/knowledge.ts';

const FOLDER = `${ROOT}/src/sandbox`;
const dayOf = (date: string): Day => parseDate(date)?.lo ?? 0;
const TODAY = dayOf('2026-11-20');
const charts = loadCharts(FOLDER, TODAY);
const ofPatient = (all: Charts, id: string) =>
  all.resources.filter((r) => at(owner(r), 'reference') === `Patient/${id}`);

/** Every string value of a resource that stands under one of some names. */
function valuesOf(value: unknown, names: RegExp, out: string[] = [], name = ''): readonly string[] {
  if (Array.isArray(value)) for (const v of value) valuesOf(v, names, out, name);
  else if (isObject(value)) for (const [k, v] of Object.entries(value)) valuesOf(v, names, out, k);
  else if (typeof value === 'string' && names.test(name)) out.push(value);
  return out;
}

describe('the charts', () => {
  it('are the same whenever they are loaded on one day', () => {
    expect(loadCharts(FOLDER, TODAY)).toEqual(charts);
  });

  it.each(charts.patients)('$id has a chart of ordinary size', ({ id }) => {
    const size = ofPatient(charts, id).length;
    expect(size).toBeGreaterThanOrEqual(60);
    expect(size).toBeLessThanOrEqual(400);
  });

  it('say that they are test data', () => {
    for (const { id } of charts.patients) {
      const patient = charts.resources.find((r) => r.resourceType === 'Patient' && r.id === id);
      expect(at(patient, 'meta.security.0.code')).toBe('HTEST');
    }
  });

  it('hold no date after today and no reference that leads nowhere', () => {
    const there = new Set(charts.resources.map((r) => `${r.resourceType}/${r.id}`));
    for (const resource of charts.resources) {
      for (const reference of valuesOf(resource, /^reference$/))
        if (!reference.startsWith('#')) expect(there, `${resource.id}: ${reference}`).toContain(reference);
      for (const date of valuesOf(resource, /(Date|DateTime|^date|^start|^end|authoredOn|issued)$/))
        expect(date.slice(0, 10) <= formatDay(TODAY), `${resource.id}: ${date}`).toBe(true);
    }
  });

  it('of one patient are coded in SNOMED CT alone', () => {
    const systems = new Set(ofPatient(charts, 'finn').flatMap((r) => valuesOf(r, /^system$/)));
    expect([...systems].filter((s) => /icd-10|ama-assn/.test(s))).toEqual([]);
    expect(systems).toContain('http://snomed.info/sct');
  });

  it('stand in the table of the documentation', () => {
    const lines = readFileSync(`${ROOT}/docs/sandbox-patients.md`, 'utf8').split('\n');
    for (const { id, name, age, tries } of charts.patients) {
      const first = lines.findIndex((line) => line.startsWith(`| \`${id}\` | ${name.given} ${name.family}, ${age} |`));
      expect(first, id).toBeGreaterThan(0);
      for (const [i, { order, expect: story }] of tries.entries())
        expect(lines[first + i]).toContain(`| ${order.study} | ${story.outcome}`);
    }
  });
});

/** The outcome of a patient's order as of a day. */
function outcomeOn(all: Charts, patient: PatientInput, order: number, day: Day): unknown {
  const own = ofPatient(all, patient.id);
  const { knowledge } = checker();
  const scope = new PatientScope(patient.id);
  const today = { lo: day, hi: day };
  const resource = at(sampleCall(patient, order, 'http://127.0.0.1'), 'context.draftOrders.entry.0.resource');
  if (!isObject(resource)) throw new Error('no order');
  const read = readOrder(
    resource,
    scope,
    knowledge.studies,
    new ReadContext(knowledge.codes, knowledge.studies),
    today,
  );
  if (read === undefined) throw new Error('no imaging order');
  const sections = new Map<Section, RetrievedSection>(
    SECTIONS.map((s) => [s, { state: 'complete', resources: own.filter((r) => r.resourceType === s) }]),
  );
  const data = {
    patientId: patient.id,
    patient: all.resources.find((r) => r.resourceType === 'Patient' && r.id === patient.id),
    sections,
    coverages: readCoverages(
      own.filter((r) => r.resourceType === 'Coverage'),
      scope,
    ),
    coverageState: 'complete' as const,
    defaultPayer: { payer: 'kaiser-wa', lineOfBusiness: 'commercial' as const },
  };
  const check = checkOrder(read, data, checker());
  return check?.kind === 'checked' ? check.assessment.outcome : check?.kind;
}

describe('the stories', () => {
  const policies = new Set(checker().knowledge.policies.policies.map((p) => p.id));
  const days = ['2026-01-01', '2026-03-31', '2026-05-29', '2026-08-31', '2027-02-28', '2028-02-29', '2028-12-31'];

  it.each(days)('stay true when told on %s, and on the day after', (date) => {
    const today = dayOf(date);
    const all = loadCharts(FOLDER, today);
    for (const patient of all.patients)
      for (const [i, { expect: story }] of patient.tries.entries()) {
        if (!policies.has(story.policy)) continue;
        for (const day of [today, today + 1])
          expect([patient.id, i, outcomeOn(all, patient, i, day)]).toEqual([patient.id, i, story.outcome]);
      }
  });
});
