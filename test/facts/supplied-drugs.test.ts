import { describe, expect, it } from 'vitest';
import { because, drug, pain, supply, value } from '../support/lumbar-facts.ts';
import { concept, type Resource } from '../support/tiny-chart.ts';

const PAIN = pain('2025-11-01');
const NAPROXEN = { medicationCodeableConcept: concept('rxnorm 7258') };

/** Naproxen that was handed over, for sixty days unless something else is said. */
const dispensed = (whenHandedOver: string, members: object = {}): Resource => ({
  resourceType: 'MedicationDispense',
  status: 'completed',
  ...NAPROXEN,
  whenHandedOver,
  daysSupply: { value: 60, code: 'd' },
  ...members,
});

/** Naproxen that was given. */
const given = (effectiveDateTime: string, members: object = {}): Resource => ({
  resourceType: 'MedicationAdministration',
  status: 'completed',
  ...NAPROXEN,
  effectiveDateTime,
  ...members,
});

/** Has the episode been treated for six weeks? */
const sixWeeks = (...resources: readonly Resource[]): string => value('treatment-6-weeks', [PAIN, ...resources]).truth;

describe('a drug that was dispensed', () => {
  it('is taken for the supply that it states', () => {
    expect(sixWeeks(dispensed('2025-12-01'))).toBe('true');
    expect(sixWeeks(dispensed('2025-12-01', { daysSupply: { value: 42, code: 'd' } }))).toBe('true');
    expect(sixWeeks(dispensed('2025-12-01', { daysSupply: { value: 41, code: 'd' } }))).toBe('unknown');
    expect(sixWeeks(dispensed('2025-12-01', { daysSupply: undefined }))).toBe('unknown');
  });
  it('is taken for the supply that its quantity makes at a fixed dose, of its own or its prescription', () => {
    const directions = {
      dosageInstruction: [
        {
          timing: { code: { coding: [{ code: 'BID' }] } },
          doseAndRate: [{ doseQuantity: { value: 1, unit: 'tablet' } }],
        },
      ],
    };
    const tablets = (n: number): object => ({ daysSupply: undefined, quantity: { value: n, unit: 'tablets' } });
    expect(sixWeeks(dispensed('2025-12-01', { ...tablets(84), ...directions }))).toBe('true');
    expect(sixWeeks(dispensed('2025-12-01', { ...tablets(82), ...directions }))).toBe('unknown');
    const on = { authorizingPrescription: [{ reference: 'MedicationRequest/rx' }] };
    const prescription = drug('2025-12-01', { id: 'rx', status: 'stopped', ...directions });
    expect(sixWeeks(dispensed('2025-12-01', { ...tablets(84), ...on }), prescription)).toBe('true');
  });
  it('goes on with its refills', () => {
    const month = { daysSupply: { value: 30, code: 'd' } };
    expect(sixWeeks(dispensed('2025-12-01', month))).toBe('unknown');
    expect(sixWeeks(dispensed('2025-12-01', month), dispensed('2025-12-30', month))).toBe('true');
    expect(sixWeeks(drug('2025-12-01', { status: 'completed', ...supply(30) }), dispensed('2025-12-30', month))).toBe(
      'true',
    );
  });
  it('is not taken any more when its prescription was stopped, or put on hold', () => {
    const warfarin = { medicationCodeableConcept: concept('rxnorm 11289') };
    const taken = (status: string, members: object = {}): string =>
      value('anticoagulant-therapy', [
        drug('2026-02-10', { id: 'rx', status, ...warfarin, ...members }),
        dispensed('2026-02-10', { ...warfarin, authorizingPrescription: [{ reference: 'MedicationRequest/rx' }] }),
      ]).truth;
    expect(taken('completed')).toBe('true');
    expect(taken('active')).toBe('true');
    expect(taken('stopped')).toBe('unknown');
    expect(taken('on-hold')).toBe('unknown');
    const on = { authorizingPrescription: [{ reference: 'MedicationRequest/rx' }] };
    const until = (end: string): Resource =>
      drug('2025-12-01', {
        id: 'rx',
        status: 'stopped',
        dosageInstruction: [{ timing: { repeat: { boundsPeriod: { end } } } }],
      });
    expect(sixWeeks(until('2025-12-20'), dispensed('2025-12-01', on))).toBe('unknown');
    expect(sixWeeks(until('2026-01-20'), dispensed('2025-12-01', on))).toBe('true');
    expect(sixWeeks(drug('2025-12-01', { id: 'rx', status: 'stopped' }), dispensed('2025-12-01', on))).toBe('true');
  });
  it('proves nothing when it was declined, prepared only, or is dated after the order', () => {
    expect(sixWeeks(dispensed('2025-12-01', { status: 'declined' }))).toBe('unknown');
    expect(sixWeeks(dispensed('2025-12-01', { status: 'preparation', whenHandedOver: undefined }))).toBe('unknown');
    expect(sixWeeks(dispensed('2025-12-01', { status: 'stopped' }))).toBe('unknown');
    expect(sixWeeks(dispensed('2026-03-03'))).toBe('unknown');
    expect(sixWeeks(dispensed('2025-12-01', { status: 'entered-in-error' }))).toBe('unknown');
  });
  it('is for what its prescription is for', () => {
    const rx = (code: string): Resource =>
      drug('2025-12-01', { id: 'rx', status: 'completed', ...supply(5), ...because(code) });
    const on = { authorizingPrescription: [{ reference: 'MedicationRequest/rx' }] };
    expect(sixWeeks(rx('icd M54.50'), dispensed('2025-12-01', on))).toBe('true');
    expect(sixWeeks(rx('icd M17.11'), dispensed('2025-12-01', on))).toBe('unknown');
    const contained = { ...rx('icd M17.11'), id: 'rx' };
    const within = { contained: [contained], authorizingPrescription: [{ reference: '#rx' }] };
    expect(sixWeeks(dispensed('2025-12-01', within))).toBe('unknown');
  });
  it('was not begun for the complaint when it goes on from before', () => {
    expect(sixWeeks(dispensed('2025-10-20'), dispensed('2025-12-15'))).toBe('unknown');
  });
});

describe('a drug that was given', () => {
  it('is a course over the period of an infusion, or with its later doses', () => {
    const over = (start: string, end: string): object => ({
      effectiveDateTime: undefined,
      effectivePeriod: { start, end },
    });
    expect(sixWeeks(given('', over('2025-12-01', '2026-01-12')))).toBe('true');
    expect(sixWeeks(given('', over('2025-12-01', '2026-01-11')))).toBe('unknown');
    expect(sixWeeks(given('2025-12-01'))).toBe('unknown');
    const weekly = ['2025-12-01', '2025-12-08', '2025-12-15', '2025-12-22', '2025-12-29', '2026-01-05', '2026-01-12'];
    expect(sixWeeks(...weekly.map((day) => given(day)))).toBe('true');
  });
  it('ends nothing with a dose that was not given', () => {
    expect(sixWeeks(dispensed('2025-12-01'), given('2025-12-10', { status: 'not-done' }))).toBe('true');
    expect(sixWeeks(given('2025-12-10', { status: 'not-done' }))).toBe('unknown');
  });
});

describe('lists of drugs', () => {
  const without = (states: Record<string, 'failed' | 'complete' | 'not-available'>): string | undefined =>
    value('treatment-6-weeks', [PAIN, given('2025-12-01')], {}, { states }).gap;
  it('that were not seen keep the question open whatever was dispensed or given', () => {
    expect(without({ MedicationRequest: 'not-available', MedicationStatement: 'not-available' })).toBe('incomplete');
    expect(without({ MedicationDispense: 'not-available', MedicationAdministration: 'not-available' })).not.toBe(
      'incomplete',
    );
    expect(without({ MedicationDispense: 'failed' })).toBe('incomplete');
  });
});
