import { describe, expect, it } from 'vitest';
import type { Chart } from '../../src/chart/chart.ts';
import { CANONICAL_BASE } from '../support/knowledge.ts';
import { chartOf, concept, found, named, type Resource, SUBJECT } from '../support/tiny-chart.ts';

const pain = { resourceType: 'Condition', id: 'c1', code: concept('icd M54.50'), subject: SUBJECT } as const;
const dropped = (chart: Chart): readonly string[] => chart.dropped.map((d) => `${d.ref}: ${d.reason}`);
const reads = (resource: unknown): boolean => chartOf([resource]).read().size === 1;

describe('whose record it is', () => {
  it('takes the references that name this patient on this server', () => {
    for (const reference of [
      'Patient/p1',
      'Patient/p1/_history/4',
      `${CANONICAL_BASE}/Patient/p1`,
      `${CANONICAL_BASE}/Patient/p1/_history/2`,
    ])
      expect(reads({ ...pain, subject: { reference } }), reference).toBe(true);
  });
  it('drops and counts the resources of other patients', () => {
    for (const reference of [
      'Patient/p2',
      'Patient/p11',
      'patient/p1',
      'https://other.example.org/fhir/Patient/p1',
      '#p1',
      'urn:uuid:00000000-0000-0000-0000-000000000000',
      'Group/p1',
      '',
    ]) {
      const chart = chartOf([{ ...pain, subject: { reference } }]);
      expect(dropped(chart), reference).toEqual(['Condition/c1: another patient']);
      expect(found(chart, 'spinal-pain')).toEqual([]);
    }
  });
  it('drops a resource that is about nobody, and one whose patient is no reference', () => {
    const { subject: _subject, ...nobody } = pain;
    expect(dropped(chartOf([nobody]))).toEqual(['Condition/c1: no patient']);
    expect(dropped(chartOf([{ ...pain, subject: { display: 'Patient/p1' } }]))).toEqual([
      'Condition/c1: another patient',
    ]);
    expect(dropped(chartOf([{ ...pain, subject: 'Patient/p1' }]))).toEqual(['Condition/c1: no patient']);
  });
  it('does not take what names nobody, or a patient of this id elsewhere, for nothing found', () => {
    const state = (...subjects: readonly unknown[]): unknown =>
      chartOf(subjects.map((subject, i) => ({ ...pain, id: `c${i}`, subject }))).sections.get('Condition');
    expect(
      state(SUBJECT, { reference: 'Patient/p2' }, { reference: 'https://other.example.org/fhir/Patient/p2' }),
    ).toBe('complete');
    for (const subject of [
      { reference: 'https://other.example.org/fhir/Patient/p1' },
      { reference: 'urn:uuid:00000000-0000-0000-0000-000000000000' },
      { identifier: { value: '1' }, display: 'A patient' },
      undefined,
    ])
      expect(state(SUBJECT, subject), JSON.stringify(subject)).toBe('truncated');
  });
  it('reads the patient of every type where that type has it', () => {
    const types: readonly Resource[] = [
      { resourceType: 'Device', type: concept('snomed 14106009'), patient: SUBJECT },
      { resourceType: 'AllergyIntolerance', code: concept('rxnorm 7258'), patient: SUBJECT },
      { resourceType: 'FamilyMemberHistory', condition: [{ code: concept('icd C61') }], patient: SUBJECT },
    ];
    for (const resource of types) {
      expect(reads({ id: 'x', ...resource }), resource.resourceType).toBe(true);
      expect(dropped(chartOf([{ id: 'x', ...resource, patient: { reference: 'Patient/p2' } }]))).toEqual([
        `${resource.resourceType}/x: another patient`,
      ]);
    }
  });
  it('remembers what a dropped resource was about', () => {
    const chart = chartOf([{ ...pain, subject: { reference: 'Patient/p2' } }]);
    expect(chart.dropped[0]?.hits).not.toEqual([]);
  });
});

describe('what is void', () => {
  it('drops what was entered in error or cancelled, and says so', () => {
    const report = { resourceType: 'DiagnosticReport', code: concept('cpt 72148') };
    const chart = chartOf(
      named([
        { ...report, status: 'entered-in-error' },
        { ...report, status: 'cancelled' },
        { ...report, status: 'final' },
      ]),
    );
    expect(dropped(chart)).toEqual(['DiagnosticReport/r1: entered in error', 'DiagnosticReport/r2: cancelled']);
    expect(chart.imaging.map((r) => r.ref)).toEqual(['DiagnosticReport/r3']);
  });
  it('sees a void verificationStatus beside local codes, as a bare code and in capitals', () => {
    const local = { system: 'urn:ehr:status', code: 'ERR' };
    for (const verificationStatus of [
      { coding: [{ code: 'entered-in-error' }] },
      { coding: [local, { code: 'entered-in-error' }] },
      { coding: [{ code: 'Entered-in-Error' }] },
      'entered-in-error',
    ])
      expect(dropped(chartOf([{ ...pain, verificationStatus }]))).toEqual(['Condition/c1: entered in error']);
  });
  it('keeps prohibitions as such: an order or a prescription not to be carried out', () => {
    const order = { resourceType: 'ServiceRequest', code: concept('cpt 63030'), doNotPerform: true };
    expect(found(chartOf(named([order])), 'spine-surgery')).toMatchObject([{ type: 'order', prohibits: true }]);
    const drug = { resourceType: 'MedicationRequest', status: 'active', doNotPerform: true };
    const chart = chartOf(named([{ ...drug, medicationCodeableConcept: concept('rxnorm 7258') }]));
    expect(found(chart, 'analgesic')).toMatchObject([{ type: 'medication', taken: 'not-taken' }]);
  });
});

describe('what is counted', () => {
  it('reads a resource once, however often it was sent', () => {
    const chart = chartOf([pain, pain, { ...pain, code: concept('icd M54.16') }]);
    expect(found(chart, 'spinal-pain')).toHaveLength(1);
    expect(found(chart, 'radiculopathy')).toEqual([]);
    expect(chart.resourceCount).toBe(3);
  });
  it('reads the newest of several versions, in whatever order they came', () => {
    const version = (n: number, members: object): Resource => ({
      ...pain,
      ...members,
      meta: { versionId: `${n}`, lastUpdated: `2026-01-0${n}T10:00:00Z` },
    });
    const [first, second] = [version(1, {}), version(2, { code: concept('icd M54.16') })];
    for (const sent of [
      [first, second],
      [second, first],
    ]) {
      expect(found(chartOf(sent), 'radiculopathy')).toHaveLength(1);
      expect(found(chartOf(sent), 'spinal-pain')).toEqual([]);
    }
    const error = version(2, { verificationStatus: { coding: [{ code: 'entered-in-error' }] } });
    for (const sent of [
      [first, error],
      [error, first],
    ])
      expect(found(chartOf(sent), 'spinal-pain')).toEqual([]);
    expect(found(chartOf([error, version(3, {})]), 'spinal-pain')).toHaveLength(1);
  });
  it('does not see what a modifier extension changes, neither as evidence nor as silence', () => {
    const modified = { modifierExtension: [{ url: 'http://ehr.example.org/negated', valueBoolean: true }] };
    const chart = chartOf([{ ...pain, ...modified }]);
    expect(dropped(chart)).toEqual(['Condition/c1: modifier extension']);
    expect(found(chart, 'spinal-pain')).toEqual([]);
    expect(chart.seen.get('Condition')).toBe('truncated');
    const elsewhere = chartOf([{ ...pain, ...modified, code: concept('icd H10.9') }]);
    expect(elsewhere.seen.get('Condition')).toBe('complete');
    expect(chartOf([{ ...pain, modifierExtension: [] }]).read().size).toBe(1);
  });
  it('reads a copy of this patient when another patient’s came first under the same id', () => {
    const chart = chartOf([{ ...pain, subject: { reference: 'Patient/p2' } }, pain]);
    expect(found(chart, 'spinal-pain')).toHaveLength(1);
    expect(dropped(chart)).toEqual(['Condition/c1: another patient']);
  });
  it('drops what has no usable id or type', () => {
    const { id: _id, ...bare } = pain;
    const sent = [bare, { ...pain, id: 'a b' }, { ...pain, id: 7 }, { ...pain, id: '../x' }, {}, null, 'x', [], 3];
    const chart = chartOf(sent);
    expect(chart.read().size).toBe(0);
    expect(new Set(chart.dropped.map((d) => d.reason))).toEqual(new Set(['malformed']));
    expect(chart.dropped).toHaveLength(sent.length);
  });
  it('does not take what has no usable id, or no reader can read, for nothing found', () => {
    const state = (resource: unknown): unknown => chartOf([resource]).sections.get('Condition');
    const { id: _id, ...bare } = pain;
    for (const id of [undefined, 'a b', 7, '../x', '_search'])
      expect(state({ ...bare, ...(id !== undefined && { id }) }), String(id)).toBe('truncated');
    expect(state({ ...bare, subject: { reference: 'Patient/p2' } })).toBe('complete');
    expect(state({ ...bare, code: concept('icd H10.9') })).toBe('complete');
    expect(state({ ...bare, verificationStatus: { coding: [{ code: 'entered-in-error' }] } })).toBe('complete');
  });
  it('reads ids as EHRs give them: with "_", and longer than FHIR has them', () => {
    for (const id of ['c_1', 'c'.repeat(128), 'e-1.x_Y']) expect(reads({ ...pain, id }), id).toBe(true);
    expect(reads({ ...pain, id: 'c'.repeat(129) })).toBe(false);
  });
  it('leaves the order that is checked out of the evidence', () => {
    const order = { resourceType: 'ServiceRequest', id: 'order-1', code: concept('cpt 72148'), subject: SUBJECT };
    expect(found(chartOf([order]), 'spine-mri')).toHaveLength(1);
    expect(found(chartOf([order], { order }), 'spine-mri')).toEqual([]);
    const stored = { ...order, meta: { lastUpdated: '2026-03-02T10:00:00Z' } };
    const draft = { ...order, meta: { lastUpdated: '2026-03-01T10:00:00Z' } };
    expect(found(chartOf([stored], { order: draft }), 'spine-mri')).toEqual([]);
  });
});
