import { describe, expect, it } from 'vitest';
import type { FactValue } from '../../src/policy/fact-source.ts';
import { pain, value, visit } from '../support/lumbar-facts.ts';
import { type ChartOptions, concept, type Resource } from '../support/tiny-chart.ts';

const LUMBAR = 'icd M54.50';
const NEUROSURGERY = { serviceType: concept('snomed 394610002') };
const operation = (members: object = {}): Resource => ({
  resourceType: 'ServiceRequest',
  status: 'active',
  intent: 'order',
  code: concept('cpt 63030'),
  authoredOn: '2026-02-20',
  ...members,
});
const decided = (resources: readonly Resource[], options: ChartOptions = {}): FactValue =>
  value('urgent-surgery-decision', [pain('2026-01-01'), ...resources], {}, options);
const seen = (date: string, members: object = {}): Resource => visit(date, LUMBAR, members);

describe('an operation that nobody signed', () => {
  it('is of the surgeon who saw the patient last', () => {
    expect(decided([seen('2026-02-16', NEUROSURGERY), operation()]).truth).toBe('true');
    expect(decided([seen('2026-02-16'), operation()]).truth).toBe('unknown');
    expect(decided([seen('2026-02-16', NEUROSURGERY), seen('2026-02-18'), operation()]).truth).toBe('unknown');
    expect(decided([seen('2026-02-21', NEUROSURGERY), operation()]).truth).toBe('unknown');
    expect(decided([seen('2026-02-16', { ...NEUROSURGERY, status: 'cancelled' }), operation()]).truth).toBe('unknown');
    expect(decided([seen('2026-02-16', NEUROSURGERY), operation({ authoredOn: undefined })]).truth).toBe('unknown');
  });
  it('is nobody’s where partial dates leave open who saw the patient last', () => {
    const surgeon = seen('2026-02-16', NEUROSURGERY);
    expect(decided([surgeon, seen('2026-02'), operation()]).truth).toBe('unknown');
    expect(decided([surgeon, seen('2026-01'), operation()]).truth).toBe('true');
    expect(decided([seen('2026-01', NEUROSURGERY), seen('2026-01-20'), operation()]).truth).toBe('unknown');
    expect(decided([surgeon, operation({ authoredOn: '2026-02' })]).truth).toBe('unknown');
    expect(decided([seen('2026-02-01', NEUROSURGERY), operation({ authoredOn: '2026-02' })]).truth).toBe('true');
  });
  it('is not of the surgeon who sent the patient to the visit', () => {
    const surgeon = { resourceType: 'PractitionerRole', id: 's', specialty: [concept('snomed 394610002')] };
    const sentBy = (code: string): object => ({
      contained: [surgeon],
      participant: [{ type: [{ coding: [{ code }] }], individual: { reference: '#s' } }],
    });
    expect(decided([seen('2026-02-16', sentBy('ATND')), operation()]).truth).toBe('true');
    expect(decided([seen('2026-02-16', sentBy('REF')), operation()]).truth).toBe('unknown');
  });
  it('is of the visit that it names', () => {
    const at = (id: string): Resource => operation({ encounter: { reference: `Encounter/${id}` } });
    const visits = [seen('2026-02-16', { id: 's', ...NEUROSURGERY }), seen('2026-02-20', { id: 'f' })];
    expect(decided([...visits, at('s')]).truth).toBe('true');
    expect(decided([...visits, at('f')]).truth).toBe('unknown');
  });
  it('is nobody’s where visits may be missing', () => {
    const states = { Encounter: 'truncated' } as const;
    expect(decided([seen('2026-02-16', NEUROSURGERY), operation()], { states })).toMatchObject({
      truth: 'unknown',
      sections: ['Encounter'],
    });
  });
  it('is of whoever signed it', () => {
    const signed = operation({ requester: { reference: 'Practitioner/somebody' } });
    expect(decided([seen('2026-02-16', NEUROSURGERY), signed]).truth).toBe('unknown');
  });
});

describe('the orderer of whom nothing is on file', () => {
  const requests = (order: object, states: ChartOptions['states'] = {}): FactValue =>
    value(
      'surgeon-requests-mri',
      [pain('2026-01-01'), seen('2026-03-02', { id: 's', ...NEUROSURGERY })],
      {},
      {
        order: { resourceType: 'ServiceRequest', id: 'order', ...order },
        states,
      },
    );
  const at = (id: string): object => ({ encounter: { reference: `Encounter/${id}` } });
  it('is of the visit at which the order is placed', () => {
    expect(requests(at('s')).truth).toBe('true');
    expect(requests({}).truth).toBe('unknown');
    expect(requests(at('other')).truth).toBe('unknown');
    expect(requests(at('other'), { Encounter: 'truncated' })).toMatchObject({ sections: ['Encounter'] });
  });
  it('is whoever signed it, if that is told', () => {
    const family = { resourceType: 'PractitionerRole', id: 'f', specialty: [concept('nucc 207Q00000X')] };
    expect(requests({ ...at('s'), contained: [family], requester: { reference: '#f' } }).truth).toBe('unknown');
  });
});
