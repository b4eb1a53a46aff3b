import { describe, expect, it } from 'vitest';
import { value as factsValue } from '../support/lumbar-facts.ts';
import { ask, concept, type Resource } from '../support/tiny-facts.ts';

const value = (amount: number, unit: string, members: object = {}): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: concept('loinc 6690-2'),
  effectiveDateTime: '2026-02-27',
  valueQuantity: { value: amount, unit, code: unit },
  ...members,
});
const flag = (code: string): object => ({ interpretation: [{ coding: [{ code }] }] });
const limits = { referenceRange: [{ low: { value: 4 }, high: { value: 11 } }] };
const raised = (resource: Resource): string =>
  ask('evidence: [{ measure: { codes: [wbc], test: above-reference, otherwise: "> 11 10*3/uL" } }]', [resource]).truth;

describe('white cells without reference range', () => {
  it.each([
    [15, '10*3/uL', 'true'],
    [15, '10*9/L', 'true'],
    [15, 'K/uL', 'true'],
    [15_000, '/uL', 'true'],
    [9000, '/uL', 'false'],
    [15, '%', 'unknown'],
  ])('%d %s: %s', (amount, unit, expected) => {
    expect(raised(value(amount, unit))).toBe(expected);
  });
});

describe('a flag in SNOMED CT', () => {
  const inSnomed = (code: string): object => ({ interpretation: [concept(`snomed ${code}`)] });
  const observed = (code: string): string =>
    factsValue('straight-leg-raise', [
      {
        resourceType: 'Observation',
        status: 'final',
        code: concept('snomed 366448008'),
        effectiveDateTime: '2026-02-27',
        ...inSnomed(code),
      },
    ]).truth;
  it('says the same', () => {
    expect(raised(value(15, '10*3/uL', inSnomed('281301001')))).toBe('false');
    expect(raised(value(9, '10*3/uL', inSnomed('263654008')))).toBe('true');
    expect(observed('10828004')).toBe('true');
    expect(observed('260385009')).toBe('false');
  });
});

describe('a flag that names no direction', () => {
  it('is read with the limits of the reference range', () => {
    expect(raised(value(15, '10*3/uL', { ...flag('A'), ...limits }))).toBe('true');
    expect(raised(value(2, '10*3/uL', { ...flag('A'), ...limits }))).toBe('false');
  });
  it('says abnormal where there are none', () => {
    expect(raised(value(15, '10*3/uL', flag('A')))).toBe('true');
  });
});

describe('a flag with a direction', () => {
  it('goes before the limits', () => {
    expect(raised(value(10, '10*3/uL', { ...flag('H'), ...limits }))).toBe('true');
    expect(raised(value(12, '10*3/uL', { ...flag('N'), ...limits }))).toBe('false');
    expect(raised(value(2, '10*3/uL', { ...flag('L'), ...limits }))).toBe('false');
  });
});

describe('a flag without a value', () => {
  const flagged = (code: string, test = 'above-reference'): string =>
    ask(`evidence: [{ measure: { codes: [wbc], test: "${test}" } }]`, [
      value(0, '10*3/uL', { valueQuantity: undefined, ...flag(code) }),
    ]).truth;
  it('answers what is asked of the reference range, and nothing else', () => {
    expect(flagged('H')).toBe('true');
    expect(flagged('N')).toBe('false');
    expect(flagged('H', '> 11 10*3/uL')).toBe('unknown');
  });
});

describe('a value beyond what was measured', () => {
  const open = (amount: number, comparator: string): string =>
    raised(value(amount, '10*3/uL', { valueQuantity: { value: amount, comparator, unit: '10*3/uL' }, ...limits }));
  it('settles from one side only whether it is above its limit', () => {
    expect(open(50, '>')).toBe('true');
    expect(open(50, '<')).toBe('unknown');
    expect(open(8, '<')).toBe('false');
    expect(open(8, '>')).toBe('unknown');
  });
});

describe('a result that stands within its report', () => {
  const inReport = (members: object, of: object = {}): string =>
    raised({
      resourceType: 'DiagnosticReport',
      status: 'final',
      code: concept('loinc 58410-2'),
      effectiveDateTime: '2026-02-27',
      result: [{ reference: '#wbc' }],
      contained: [
        { ...value(18, '10*3/uL', limits), id: 'wbc', effectiveDateTime: undefined, status: undefined, ...members },
      ],
      ...of,
    });
  it('counts as one of its own, with the date and status of the report where it has none', () => {
    expect(inReport({})).toBe('true');
    expect(inReport({ effectiveDateTime: '2020-02-27' })).toBe('true');
    expect(inReport({}, { status: 'cancelled' })).toBe('unknown');
    expect(inReport({}, { status: 'preliminary' })).toBe('unknown');
    expect(inReport({ status: 'preliminary' })).toBe('unknown');
    expect(inReport({ status: 'entered-in-error' })).toBe('unknown');
    expect(inReport({}, { result: [] })).toBe('unknown');
  });
});

describe('a reference range', () => {
  const crp = (members: object): string =>
    ask('evidence: [{ measure: { codes: [crp], test: above-reference } }]', [
      value(8.4, 'mg/dL', { code: concept('loinc 1988-5'), ...members }),
    ]).truth;
  it('in another unit than the value says nothing', () => {
    expect(crp({ referenceRange: [{ high: { value: 1, unit: 'mg/dL' } }] })).toBe('true');
    expect(crp({ referenceRange: [{ high: { value: 10, unit: 'mg/dl' } }] })).toBe('false');
    expect(crp({ referenceRange: [{ high: { value: 10 } }] })).toBe('false');
    expect(crp({ referenceRange: [{ high: { value: 10, unit: 'mg/L' } }] })).toBe('unknown');
  });
  it('of a treatment or of critical values is not what is normal', () => {
    const critical = { type: { coding: [{ code: 'critical' }] }, high: { value: 20 } };
    expect(crp({ referenceRange: [critical] })).toBe('unknown');
    expect(crp({ referenceRange: [critical, { type: { coding: [{ code: 'normal' }] }, high: { value: 1 } }] })).toBe(
      'true',
    );
  });
});

describe('a normal value of one of many tests', () => {
  const infection = (...resources: Resource[]): string => factsValue('infection-markers', resources).truth;
  const tumor = (...resources: Resource[]): string => factsValue('tumor-laboratory-finding', resources).truth;
  const normal = (code: string): Resource => value(5, '10*3/uL', { code: concept(code), ...flag('N') });
  const raisedRate = value(60, 'mm/h', { code: concept('loinc 4537-7'), ...flag('H') });
  it('does not rule out that another one is abnormal', () => {
    expect(infection(normal('loinc 6690-2'), normal('loinc 600-7'), normal('loinc 33959-8'))).toBe('unknown');
    expect(tumor(normal('loinc 2857-1'), normal('loinc 718-7'), normal('loinc 4537-7'))).toBe('unknown');
  });
  it('does not stand against an abnormal one', () => {
    expect(infection(normal('loinc 6690-2'), raisedRate)).toBe('true');
    expect(tumor(normal('loinc 2857-1'), raisedRate)).toBe('true');
  });
  it('of the sedimentation rate or C-reactive protein speaks against an infection', () => {
    expect(infection(normal('loinc 4537-7'))).toBe('false');
    expect(infection(normal('loinc 1988-5'))).toBe('false');
  });
});

describe('several values of one kind', () => {
  const both = (high: string | undefined, normal: string | undefined): string =>
    ask('evidence: [{ measure: { codes: [wbc], test: above-reference } }]', [
      value(15, '10*3/uL', { id: 'high', effectiveDateTime: high, ...flag('H') }),
      value(9, '10*3/uL', { id: 'normal', effectiveDateTime: normal, ...flag('N') }),
    ]).truth;
  it('the latest one counts', () => {
    expect(both('2026-02-27', '2026-02-10')).toBe('true');
    expect(both('2026-02-10', '2026-02-27')).toBe('false');
  });
  it('on one day the abnormal one counts', () => {
    expect(both('2026-02-27', '2026-02-27')).toBe('true');
  });
  it('stays open where it is not certain which one is the latest', () => {
    expect(both('2026-02', '2026-02-10')).toBe('unknown');
    expect(both('2026-02-10', '2026-02')).toBe('unknown');
    expect(both('2026-02-27', '2026-01')).toBe('true');
    expect(both('2026-02-10', undefined)).toBe('unknown');
    expect(both(undefined, '2026-02-10')).toBe('unknown');
  });
});

describe('a score of another scale', () => {
  const scored = (points: number, unit: string, high?: number): string =>
    factsValue('severe-pain-9', [
      {
        resourceType: 'Observation',
        status: 'final',
        code: concept('loinc 38214-3'),
        effectiveDateTime: '2026-02-27',
        valueQuantity: { value: points, unit, code: unit },
        bodySite: concept('snomed 52612000'),
        ...(high !== undefined && { referenceRange: [{ low: { value: 0 }, high: { value: high } }] }),
      },
    ]).truth;
  it.each([
    [9, '{score}', undefined, 'true'],
    [9, '{score}', 10, 'true'],
    [9, '{score}', 100, 'unknown'],
    [92, 'mm', 100, 'true'],
    [9, 'mm', 100, 'false'],
  ])('%d %s up to %s: %s', (points, unit, high, truth) => {
    expect(scored(points, unit, high)).toBe(truth);
  });
});
