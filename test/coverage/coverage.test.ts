import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/chart/json.ts';
import { PatientScope } from '../../src/chart/references.ts';
import { chooseCoverage, payerUnread, readCoverages } from '../../src/coverage/coverage.ts';
import { parseDate } from '../../src/dates/day.ts';

const SCOPE = new PatientScope('p1');
const SOPT = 'https://nahdo.org/sopt';
const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const DAY = parseDate('2026-03-02')?.lo ?? 0;

const coverage = (id: string, more: Json = {}): Json => ({
  resourceType: 'Coverage',
  id,
  status: 'active',
  beneficiary: { reference: 'Patient/p1' },
  payor: [{ display: `Payer of ${id}` }],
  ...more,
});
const organization = (id: string, name: string, more: Json = {}): Json => ({
  resourceType: 'Organization',
  id,
  name,
  ...more,
});
const only = (...resources: readonly Json[]) => {
  const [first] = readCoverages(resources, SCOPE);
  if (first === undefined) throw new Error('no coverage was read');
  return first;
};
const payerOf = (more: Json, ...others: readonly Json[]) => only(coverage('c', more), ...others).payer;

describe('the payer of a Coverage', () => {
  it('is named by the Organization that was read with it', () => {
    const payer = payerOf(
      { payor: [{ reference: 'Organization/o1' }] },
      organization('o1', 'Cigna', { alias: ['CHLIC'] }),
    );
    expect(payer).toEqual({ names: ['Cigna', 'CHLIC'], identifiers: [] });
  });
  it('is found behind an absolute and a versioned reference', () => {
    for (const reference of ['https://ehr.example.org/fhir/Organization/o1', 'Organization/o1/_history/3'])
      expect(payerOf({ payor: [{ reference }] }, organization('o1', 'Cigna')).names).toEqual(['Cigna']);
  });
  it('is named by a contained Organization', () => {
    const contained = [organization('o1', 'HealthHelp', { identifier: [{ system: 'urn:x', value: '7' }] })];
    expect(payerOf({ contained, payor: [{ reference: '#o1' }] })).toEqual({
      names: ['HealthHelp'],
      identifiers: [{ system: 'urn:x', value: '7' }],
    });
  });
  it('is named by the display or the identifier alone', () => {
    expect(payerOf({ payor: [{ display: 'Cohere Health' }] }).names).toEqual(['Cohere Health']);
    expect(payerOf({ payor: [{ identifier: { system: 'urn:naic', value: '67369' } }] }).identifiers).toEqual([
      { system: 'urn:naic', value: '67369' },
    ]);
  });
  it('stays to be read when only a reference is given', () => {
    const unread = only(coverage('c', { payor: [{ reference: 'Organization/o1' }] }));
    expect(unread.organization).toBe('Organization/o1');
    expect(payerUnread(unread)).toBe(true);
    expect(payerUnread(only(coverage('c', { payor: [{ reference: 'Organization/o1', display: 'Cigna' }] })))).toBe(
      false,
    );
  });
  it('is nobody for a patient who pays', () => {
    const self = only(coverage('c', { payor: [{ reference: 'Patient/p1' }] }));
    expect(self.payer).toEqual({ names: [], identifiers: [] });
    expect(payerUnread(self)).toBe(false);
  });
  it('may be several', () => {
    const payor = [{ display: 'A' }, { reference: 'Organization/o1' }, { reference: '#none' }, null];
    expect(payerOf({ payor }, organization('o1', 'B')).names).toEqual(['A', 'B']);
  });
});

describe('the line of business', () => {
  const line = (more: Json) => only(coverage('c', more)).lineOfBusiness;
  const type = (system: string, code: string, display?: string): Json => ({
    type: { coding: [{ system, code, ...(display !== undefined && { display }) }] },
  });

  it.each([
    [SOPT, '1', 'medicare'],
    [SOPT, '111', 'medicare'],
    [SOPT, '121', 'medicare'],
    [SOPT, '2', 'medicaid'],
    [SOPT, '213', 'medicaid'],
    [SOPT, '511', 'commercial'],
    [SOPT, '512', 'commercial'],
    [SOPT, '619', 'commercial'],
    ['urn:oid:2.16.840.1.113883.3.221.5', '11', 'medicare'],
    [SOPT, '32', undefined],
    [SOPT, '71', undefined],
    [SOPT, '81', undefined],
    ['urn:oid:1.2.3', '111', undefined],
    [ACT, 'RETIRE', 'medicare'],
    [ACT, 'SUBSIDIZ', 'medicaid'],
    [ACT, 'EHCPOL', 'commercial'],
    [ACT, 'HIP', 'commercial'],
    [ACT, 'PPO', 'commercial'],
    [ACT, 'PUBLICPOL', undefined],
    ['urn:oid:2.16.840.1.113883.5.4', 'EHCPOL', 'commercial'],
  ])('of type %s|%s is %s', (system, code, expected) => {
    expect(line(type(system, code))).toBe(expected);
  });

  it.each([
    [{ type: { text: 'Medicare Advantage' } }, 'medicare'],
    [type('urn:oid:1.2.3', 'M', 'Medicare Part B'), 'medicare'],
    [{ type: { text: 'Managed Medicaid' } }, 'medicaid'],
    [{ type: { text: 'Commercial PPO' } }, 'commercial'],
    [{ type: { text: 'HMO' } }, undefined],
    [{ class: [{ value: 'H5050-004', name: 'Senior Advantage (Medicare HMO)' }] }, 'medicare'],
    [{ class: [{ value: 'MEDICARE' }] }, 'medicare'],
    [{ class: [{ value: 'CHIP' }] }, 'medicaid'],
    [{ class: [{ value: 'CHIPOTLE-EMPLOYEES' }] }, undefined],
    [{ class: [{ value: '12', name: 'Medicare Supplement Plan G' }] }, undefined],
    [{}, undefined],
  ])('of %j is %s', (more, expected) => {
    expect(line(more)).toBe(expected);
  });

  it('codes that say it go before words, words before codes that only say "private"', () => {
    expect(line({ ...type(SOPT, '511'), class: [{ value: 'Medicare' }] })).toBe('commercial');
    expect(line({ ...type(ACT, 'HIP'), class: [{ value: 'x', name: 'Medicare Advantage' }] })).toBe('medicare');
    expect(line({ ...type(SOPT, '71'), class: [{ value: 'x', name: 'Medicare Advantage' }] })).toBe('medicare');
    expect(
      line({
        type: {
          coding: [
            { system: ACT, code: 'HIP' },
            { system: SOPT, code: '21' },
          ],
        },
      }),
    ).toBe('medicaid');
  });
});

describe('which Coverages are read', () => {
  const refs = (...resources: readonly unknown[]) => readCoverages(resources, SCOPE).map((c) => c.ref);

  it("the patient's own that are not void", () => {
    expect(
      refs(
        coverage('a'),
        coverage('b', { status: 'entered-in-error' }),
        coverage('c', { status: 'cancelled' }),
        coverage('d', { beneficiary: { reference: 'Patient/p2' } }),
        coverage('e', { beneficiary: undefined }),
        { ...coverage('f'), id: undefined },
        null,
        'x',
      ),
    ).toEqual(['Coverage/a']);
  });
  it('each once', () => {
    expect(refs(coverage('a'), coverage('a'))).toEqual(['Coverage/a']);
  });
});

describe('the Coverage of an order', () => {
  const choose = (resources: readonly Json[], order: Json = {}) =>
    chooseCoverage(readCoverages(resources, SCOPE), order, DAY, SCOPE);
  const chosen = (resources: readonly Json[], order: Json = {}) => {
    const choice = choose(resources, order);
    return choice.kind === 'one'
      ? [choice.coverage.ref, choice.named]
      : choice.kind === 'several'
        ? choice.coverages.map((c) => c.ref)
        : 'none';
  };
  const insurance = (...references: readonly string[]): Json => ({
    insurance: references.map((reference) => ({ reference })),
  });

  it("is the order's own insurance", () => {
    const all = [coverage('a', { order: 1 }), coverage('b', { order: 2 })];
    expect(chosen(all, insurance('Coverage/b'))).toEqual(['Coverage/b', true]);
    expect(chosen(all, insurance('https://ehr.example.org/fhir/Coverage/b'))).toEqual(['Coverage/b', true]);
  });
  it('is that even if it is not in force', () => {
    const all = [coverage('a'), coverage('b', { status: 'draft', period: { end: '2020-01-01' } })];
    expect(chosen(all, insurance('Coverage/b'))).toEqual(['Coverage/b', true]);
  });
  it('is no entry that the patient pays, where there is a plan beside it', () => {
    const plan = coverage('a', { payor: [{ display: 'Cigna' }] });
    for (const selfPay of [
      { payor: [{ reference: 'Organization/589803', display: 'SELF PAY' }] },
      { payor: [{ display: 'Self-pay' }], order: 1 },
      { payor: [{ reference: 'Patient/p1', display: 'SMART, NANCY' }] },
      { payor: [{ display: 'Clinic' }], type: { coding: [{ system: SOPT, code: '81' }] } },
      {
        payor: [{ display: 'Clinic' }],
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/coverage-selfpay', code: 'pay' }] },
      },
    ]) {
      const self = coverage('b', selfPay);
      expect(chosen([self, plan]), JSON.stringify(selfPay)).toEqual(['Coverage/a', false]);
      expect(chosen([self]), JSON.stringify(selfPay)).toEqual(['Coverage/b', false]);
      expect(chosen([self, plan], insurance('Coverage/b'))).toEqual(['Coverage/b', true]);
    }
    const other = coverage('c', { payor: [{ display: 'Self Insured Employers Fund' }] });
    expect(chosen([other, plan])).toEqual(['Coverage/c', 'Coverage/a']);
  });
  it('is the lowest order of several insurances, else the first listed', () => {
    const ranked = [coverage('a', { order: 2 }), coverage('b', { order: 1 })];
    expect(chosen(ranked, insurance('Coverage/a', 'Coverage/b'))).toEqual(['Coverage/b', true]);
    expect(chosen([coverage('a'), coverage('b')], insurance('Coverage/b', 'Coverage/a'))).toEqual(['Coverage/b', true]);
  });
  it('is a contained one', () => {
    const { id: _, ...rest } = coverage('x', { payor: [{ reference: '#o1' }] });
    const order = { ...insurance('#own'), contained: [{ ...rest, id: 'own' }, organization('o1', 'Cigna')] };
    const choice = choose([coverage('a')], order);
    expect(choice.kind === 'one' && [choice.coverage.ref, choice.coverage.payer.names]).toEqual(['#own', ['Cigna']]);
  });
  it("is not a contained one of another patient's", () => {
    const contained = [coverage('own', { beneficiary: { reference: 'Patient/p2' } })];
    expect(chosen([coverage('a')], { ...insurance('#own'), contained })).toEqual(['Coverage/a', false]);
  });
  it('when the insurance does not resolve, is chosen as without one', () => {
    expect(chosen([coverage('a')], insurance('Coverage/gone'))).toEqual(['Coverage/a', false]);
    expect(chosen([coverage('a')], { insurance: [{ display: 'Cigna' }, null, 3] })).toEqual(['Coverage/a', false]);
  });
  it('is the one that is active and holds the date', () => {
    const all = [
      coverage('past', { period: { start: '2020-01-01', end: '2026-03-01' } }),
      coverage('now', { period: { start: '2026-03-02', end: '2026-03-02' } }),
      coverage('next', { period: { start: '2026-03-03' } }),
      coverage('draft', { status: 'draft' }),
    ];
    expect(chosen(all)).toEqual(['Coverage/now', false]);
  });
  it('is the one with the lowest order', () => {
    expect(chosen([coverage('a', { order: 2 }), coverage('b', { order: 1 })])).toEqual(['Coverage/b', false]);
    expect(chosen([coverage('a'), coverage('b', { order: 1 })])).toEqual(['Coverage/b', false]);
  });
  it('is ambiguous among those of the same order', () => {
    expect(chosen([coverage('a'), coverage('b')])).toEqual(['Coverage/a', 'Coverage/b']);
    expect(chosen([coverage('a', { order: 1 }), coverage('b', { order: 1 }), coverage('c', { order: 2 })])).toEqual([
      'Coverage/a',
      'Coverage/b',
    ]);
  });
  it('is none when none is in force', () => {
    expect(chosen([])).toBe('none');
    expect(chosen([coverage('a', { period: { end: '2025' } })])).toBe('none');
  });
  it.each(['DENTAL', 'DENTPRG', 'VISPOL', 'DRUGPOL'])('is none that never pays for imaging: %s', (code) => {
    const other = coverage('b', { type: { coding: [{ system: ACT, code }] } });
    expect(chosen([coverage('a'), other])).toEqual(['Coverage/a', false]);
    expect(chosen([other])).toBe('none');
  });
});
