import { describe, expect, it } from 'vitest';
import { resourceWords } from '../../src/chart/resource-words.ts';
import { checkBundle } from '../../src/criteria-check/check-bundle.ts';
import type { CheckedOrder } from '../../src/criteria-check/order-check.ts';
import { formOf } from '../../src/documentation/questionnaire.ts';
import { fragmentHtml } from '../../src/web/page.ts';
import { patientBanner, patientWords } from '../../src/web/patient-banner.ts';
import { conflictsOf, criteriaTree, type TreeNode } from '../../src/worksheet/criteria-tree.ts';
import { readEntries, readEntry } from '../../src/worksheet/form.ts';
import { HeldCharts } from '../../src/worksheet/held-charts.ts';
import { checker } from '../support/knowledge.ts';

const DAY = Date.UTC(2026, 2, 2) / 86_400_000;
const ASOF = { lo: DAY, hi: DAY };
const ICD = 'http://hl7.org/fhir/sid/icd-10-cm';
const subject = { reference: 'Patient/p1' };

const condition = (id: string, code: string, date: string, more: object = {}): object => ({
  resourceType: 'Condition',
  id,
  subject,
  code: { coding: [{ system: ICD, code }] },
  onsetDateTime: date,
  recordedDate: date,
  ...more,
});
const REFUTED = { verificationStatus: { coding: [{ code: 'refuted' }] } };

function check(resources: readonly object[], study = '72148'): CheckedOrder {
  const bundle = {
    resourceType: 'Bundle',
    entry: [
      { resource: { resourceType: 'Patient', id: 'p1', birthDate: '1970-01-01' } },
      ...resources.map((resource) => ({ resource })),
    ],
  };
  const [found] = checkBundle(bundle, { study, payer: 'kaiser-wa', reasons: [], date: ASOF }, checker()).checks;
  if (found?.kind !== 'checked') throw new Error('not checked');
  return found;
}

const passages = (checked: CheckedOrder): readonly TreeNode[] => {
  const tree = criteriaTree(checked);
  return [...(tree?.exclusions ?? []), ...(tree?.sections ?? []).flatMap((s) => s.nodes)];
};
const passage = (checked: CheckedOrder, id: string): TreeNode => {
  const found = passages(checked).find((n) => n.passage === id);
  if (found === undefined) throw new Error(`${id} is not in play`);
  return found;
};

describe('the criteria tree', () => {
  const pain = condition('pain', 'M54.50', '2026-02-20');

  it('opens the passage that decides, and shows how each criterion stands', () => {
    const met = check([pain, condition('ces', 'G83.4', '2026-03-01')]);
    expect(met.assessment.outcome).toBe('met');
    const opened = passages(met).filter((n) => n.open);
    expect(opened.map((n) => [n.passage, n.state])).toEqual([['I.B', 'met']]);
    expect(opened[0]?.children.map((c) => c.state)).toContain('met');
    expect(passage(met, 'I.C')).toMatchObject({ state: 'missing', open: false });
    expect(passage(met, 'I.B').anchor).toBe('criterion-I.B');
  });

  it('opens the nearest passage alone where the criteria are not settled', () => {
    const open = check([condition('pain', 'M54.16', '2025-12-20')]);
    expect(open.assessment.outcome).toBe('undetermined');
    expect(open.assessment.paths.length).toBeGreaterThan(1);
    const opened = passages(open).filter((n) => n.open);
    expect(opened.map((n) => n.passage)).toEqual([open.assessment.paths[0]?.criterion]);
  });

  it('tells what the chart contradicts, and what is not about this patient', () => {
    const refuted = check([pain, condition('ces', 'G83.4', '2026-03-01', REFUTED)]);
    expect(passage(refuted, 'I.B').state).toBe('contradicted');
    const tree = criteriaTree(refuted);
    expect(tree?.notInPlay.length).toBeGreaterThan(0);
    expect(tree?.notInPlay.map((n) => n.passage)).not.toContain('I.B');
    expect(tree?.exclusions[0]).toMatchObject({ passage: 'IV', state: 'nothing-on-file' });
  });

  it('keeps the order and the sections of the policy', () => {
    const tree = criteriaTree(check([pain]));
    expect(tree?.sections.map((s) => s.label)[0]).toBe('I Acute low back pain with a red flag');
    expect(tree?.sections[0]?.nodes.map((n) => n.passage)).toEqual(['I.A', 'I.B', 'I.C', 'I.D', 'I.E']);
  });

  it('shows both sides of a conflict', () => {
    const both = check([
      pain,
      condition('yes', 'G83.4', '2026-03-01'),
      condition('no', 'G83.4', '2026-03-01', REFUTED),
    ]);
    const [conflict] = conflictsOf(both).filter((c) => c.label === 'cauda equina syndrome');
    expect(conflict?.sides.yes.map((e) => e.reference)).toEqual(['Condition/yes']);
    expect(conflict?.sides.no.map((e) => e.reference)).toEqual(['Condition/no']);
  });

  it('is there for every policy, and none of its words is empty', () => {
    for (const payer of ['kaiser-wa', 'cohere', 'cigna', 'healthhelp']) {
      const bundle = {
        resourceType: 'Bundle',
        entry: [{ resource: { resourceType: 'Patient', id: 'p1', birthDate: '1970-01-01' } }, { resource: pain }],
      };
      const [found] = checkBundle(bundle, { study: '72148', payer, reasons: [], date: ASOF }, checker()).checks;
      if (found?.kind !== 'checked') throw new Error(payer);
      const visit = (node: TreeNode): void => {
        expect([payer, node.label.trim() === '']).toEqual([payer, false]);
        for (const child of node.children) visit(child);
      };
      for (const node of passages(found)) visit(node);
    }
  });
});

describe('the form as it was sent', () => {
  const { knowledge, canonical } = checker();
  const policy = knowledge.policies.policies.find((p) => p.id === 'kaiser-wa-lumbar-mri');
  if (policy === undefined) throw new Error('there is no such policy');
  const form = formOf(policy, 'lumbar', knowledge.vocabulary, canonical);
  const asOf = ASOF.hi;

  it('is read by question, in its order; anything else is passed over', () => {
    const entries = readEntries({
      csrf: 'x',
      'answer:lumbar:straight-leg-raise': 'yes',
      'date:lumbar:straight-leg-raise': '2026-03-01',
      'finding:lumbar:leg-pain-greater': ' leg ',
      'answer:lumbar:spinal-infection.suspected': 'no',
      'answer:knee:straight-leg-raise': 'yes',
      'answer:lumbar:<script>': 'yes',
      'date:lumbar:fever': ['2026-01-01', '2026-01-02'],
    });
    expect(entries).toEqual([
      { region: 'lumbar', fact: 'straight-leg-raise', answer: 'yes', date: '2026-03-01' },
      { region: 'lumbar', fact: 'leg-pain-greater', finding: ' leg ' },
      { region: 'lumbar', fact: 'spinal-infection.suspected', answer: 'no' },
    ]);
    expect(readEntries(undefined)).toEqual([]);
  });

  it('counts whole answers alone', () => {
    const read = (more: object) => readEntry({ region: 'lumbar', fact: 'straight-leg-raise', ...more }, form, asOf);
    expect(read({ answer: 'yes', date: '2026-03-02', finding: ' left ' })).toEqual({
      kind: 'given',
      answer: { fact: 'straight-leg-raise', value: 'yes', date: '2026-03-02', finding: 'left' },
    });
    expect(read({ answer: 'not-assessed', date: '2026-03-02' })).toEqual({
      kind: 'given',
      answer: { fact: 'straight-leg-raise', value: 'not-assessed' },
    });
    expect(read({})).toEqual({ kind: 'open' });
    for (const broken of [
      { answer: 'no' },
      { date: '2026-03-01' },
      { answer: 'no', date: '2026-03-03' },
      { answer: 'no', date: '2026-03' },
      { answer: 'no', date: '0001-01-01' },
    ])
      expect([broken, read(broken).kind]).toEqual([broken, 'problem']);
  });

  it('reads a question that is answered with a date', () => {
    const read = (more: object) => readEntry({ region: 'lumbar', fact: 'episode-onset', ...more }, form, asOf);
    expect(read({ onset: '2026-01-10', date: '2026-03-02' })).toEqual({
      kind: 'given',
      answer: { fact: 'episode-onset', value: { date: '2026-01-10' }, date: '2026-03-02' },
    });
    expect(read({ onset: '2026-01-10' }).kind).toBe('problem');
    expect(read({ onset: '2026-03-10', date: '2026-03-02' }).kind).toBe('problem');
    expect(read({ date: '2026-03-02' }).kind).toBe('problem');
  });
});

describe('charts of open worksheets', () => {
  const chart = (readAt: number, bytes = 1_000) => ({
    data: {
      patientId: 'p',
      patient: undefined,
      sections: new Map(),
      coverages: [],
      coverageState: 'complete' as const,
    },
    saved: [],
    readAt,
    bytes,
  });

  it('are held for ten minutes, and only so many', () => {
    let now = 0;
    const held = new HeldCharts(() => now);
    held.set('a', chart(1));
    expect(held.get('a')?.readAt).toBe(1);
    now += 10 * 60_000;
    expect(held.get('a')).toBeUndefined();
    for (let i = 0; i < 150; i++) held.set(`l${i}`, chart(i));
    expect([held.get('l0'), held.get('l149')?.readAt]).toEqual([undefined, 149]);
  });

  it('give way when they are large, the least recently used first, but for the one that is read now', () => {
    const held = new HeldCharts(() => 0);
    const large = 20_000_000;
    for (const id of ['a', 'b', 'c']) held.set(id, chart(1, large));
    held.get('a');
    held.set('d', chart(1, large));
    expect(['a', 'b', 'c', 'd'].filter((id) => held.get(id) !== undefined)).toEqual(['a', 'c', 'd']);
    held.set('a', chart(2, 1_000));
    held.set('e', chart(1, large));
    expect(['a', 'b', 'c', 'd', 'e'].filter((id) => held.get(id) !== undefined)).toEqual(['a', 'c', 'd', 'e']);
    held.set('huge', chart(1, 5 * large));
    expect(['a', 'c', 'd', 'e', 'huge'].filter((id) => held.get(id) !== undefined)).toEqual(['huge']);
  });
});

describe('resources in words', () => {
  it('tell what they are about, whatever their shape', () => {
    expect(
      resourceWords({
        resourceType: 'Observation',
        code: { text: 'Pain score' },
        valueQuantity: { value: 7, unit: 'score' },
      }),
    ).toBe('Pain score: 7');
    expect(
      resourceWords({
        resourceType: 'Observation',
        code: { text: 'Temperature' },
        valueQuantity: { value: 38.7, code: 'Cel' },
      }),
    ).toBe('Temperature: 38.7 °C');
    expect(resourceWords({ resourceType: 'Condition', code: { coding: [{ code: 'M54.50' }] } })).toBe('M54.50');
    expect(resourceWords({ resourceType: 'Encounter', class: { code: 'AMB' } })).toBe('AMB');
    expect(resourceWords({ resourceType: 'Procedure', code: { coding: 'broken' } })).toBeUndefined();
    expect(resourceWords({ resourceType: 'Condition', code: { text: 'x'.repeat(500) } })).toHaveLength(140);
    expect(
      patientWords({ name: [{ given: ['Iris'], family: 'Pretend' }], birthDate: '1974-01-01', gender: 'female' }),
    ).toEqual({
      name: 'Iris Pretend',
      birthDate: '1974-01-01',
      sex: 'female',
    });
    expect(patientWords(undefined).name).toBe('Name not stated');
    expect(fragmentHtml(patientBanner({ resourceType: 'Patient', birthDate: '1974-01-01' }))).toContain(
      'born 1974-01-01',
    );
    expect(fragmentHtml(patientBanner(undefined))).toMatch(/The EHR did not show who the patient is(?!.*not stated)/);
  });
});
