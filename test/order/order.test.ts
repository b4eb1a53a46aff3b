import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/chart/json.ts';
import { ReadContext } from '../../src/chart/read-context.ts';
import { PatientScope } from '../../src/chart/references.ts';
import { formatDay, parseDate } from '../../src/dates/day.ts';
import { type ImagingOrder, type Orderables, readOrder, serviceRequests } from '../../src/order/order.ts';
import { checker } from '../support/knowledge.ts';

const CPT = 'http://www.ama-assn.org/go/cpt';
const HCPCS = 'https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets';
const LOINC = 'http://loinc.org';
const SNOMED = 'http://snomed.info/sct';
const LOCAL = 'urn:oid:1.2.3.4';
const BILLING = 'http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options';
const ORDERABLES: Orderables = new Map([[`${LOCAL}|IMG1234`, '72148']]);

const coding = (system: string, code: string): Json => ({ system, code });
const order = (codings: readonly Json[], more: Json = {}): Json => ({
  resourceType: 'ServiceRequest',
  id: 'order-1',
  status: 'draft',
  intent: 'order',
  subject: { reference: 'Patient/p1' },
  authoredOn: '2026-03-02',
  code: { coding: codings },
  ...more,
});

const TODAY = parseDate('2026-03-10') ?? { lo: 0, hi: 0 };

function read(resource: Json): ImagingOrder | undefined {
  const { codes, studies } = checker().knowledge;
  return readOrder(resource, new PatientScope('p1'), studies, new ReadContext(codes, studies), TODAY, ORDERABLES);
}

const codesOf = (resource: Json): readonly string[] | undefined => read(resource)?.studies.map((s) => s.code);
const site = (code: string): Json => ({ bodySite: [{ coding: [coding(SNOMED, code)] }] });

describe('the study of an order', () => {
  it.each([
    ['CPT', [coding(CPT, '72148')], '72148'],
    ['CPT by its OID', [coding('urn:oid:2.16.840.1.113883.6.12', '72141')], '72141'],
    ['CPT under the HCPCS system', [coding(HCPCS, '72146')], '72146'],
    ['CPT with a modifier', [coding(CPT, '72148-26')], '72148'],
    ['CPT category III', [coding(CPT, '0609T')], '0609T'],
    ['CPT behind a local code', [coding(LOCAL, 'IMG1'), coding(CPT, '72156')], '72156'],
    ['LOINC', [coding(LOINC, '30679-5')], '72148'],
    ['LOINC without and with contrast', [coding(LOINC, '24937-5')], '72156'],
    ['LOINC of the sacrum', [coding(LOINC, '36521-3')], '72195'],
    ['SNOMED CT', [coding(SNOMED, '571891000119109')], '72141'],
    ["the EHR's orderables", [coding(LOCAL, 'IMG1234')], '72148'],
    ['the same study in several systems', [coding(CPT, '72148'), coding(LOINC, '30679-5')], '72148'],
    ['CPT beside a code that leaves contrast open', [coding(SNOMED, '241646009'), coding(CPT, '72142')], '72142'],
  ])('is read from %s', (_, codings, study) => {
    expect(codesOf(order(codings))).toEqual([study]);
    expect(read(order(codings))?.open).toBeUndefined();
  });

  it.each([
    ['of the code', (billing: Json) => ({ code: { coding: [coding(LOCAL, 'X')], extension: [billing] } })],
    ['of the order', (billing: Json) => ({ extension: [billing] })],
  ])('is read from the billing options %s', (_, more) => {
    const concept = { url: 'code', valueCodeableConcept: { coding: [coding(CPT, '72157')] } };
    expect(codesOf(order([coding(LOCAL, 'X')], more({ url: BILLING, extension: [concept] })))).toEqual(['72157']);
    expect(codesOf(order([coding(LOCAL, 'X')], more({ url: BILLING, valueCoding: coding(CPT, '72148') })))).toEqual([
      '72148',
    ]);
  });

  it('is not read from other extensions', () => {
    const extension = [{ url: 'http://example.org/previous-study', valueCoding: coding(CPT, '72148') }];
    expect(read(order([coding(LOCAL, 'X')], { extension }))).toBeUndefined();
  });
});

describe('what an order leaves open', () => {
  const options = (codes: readonly string[]): Json => ({
    code: {
      coding: [],
      extension: [{ url: BILLING, extension: codes.map((c) => ({ url: 'code', valueCoding: coding(CPT, c) })) }],
    },
  });

  it.each([
    ['a code of the region alone', [coding(LOINC, '24968-0')], {}, ['72148', '72149', '72158']],
    ['SNOMED CT of the region alone', [coding(SNOMED, '241646009')], {}, ['72141', '72142', '72156']],
    ['"with contrast", perhaps after a series without', [coding(SNOMED, '60443006')], {}, ['72142', '72156']],
    ['billing options that differ in contrast', [], options(['72141', '72156']), ['72141', '72156']],
    ['the spine, with a body site', [coding(SNOMED, '241645008')], site('122494005'), ['72141', '72142', '72156']],
  ])('contrast: %s', (_, codings, more, candidates) => {
    const read1 = read(order(codings, more));
    expect(read1?.studies.map((s) => s.code)).toEqual(candidates);
    expect(read1?.open).toBe('contrast');
  });

  it.each([
    ['the spine without a body site', [coding(LOINC, '36531-2')], {}, ['72141', '72146', '72148']],
    [
      'the spine with the site of another part',
      [coding(LOINC, '36531-2')],
      site('72696002'),
      ['72141', '72146', '72148'],
    ],
    ['the whole spine', [coding(LOINC, '30854-4')], {}, ['72141', '72146', '72148']],
    ['two regions', [coding(LOINC, '89284-4')], {}, ['72142', '72147']],
    ['billing options that differ in region', [], options(['72141', '72148']), ['72141', '72148']],
  ])('region: %s', (_, codings, more, candidates) => {
    const read1 = read(order(codings, more));
    expect(read1?.studies.map((s) => s.code)).toEqual(candidates);
    expect(read1?.open).toBe('region');
  });

  it('is narrowed by a second code', () => {
    expect(codesOf(order([coding(SNOMED, '241645008'), coding(LOINC, '24968-0')]))).toEqual([
      '72148',
      '72149',
      '72158',
    ]);
    expect(codesOf(order([coding(LOINC, '24968-0'), coding(SNOMED, '60443006')]))).toEqual(['72148', '72149', '72158']);
  });
});

describe('orders that are none of ours', () => {
  it.each([
    ['another service', order([coding(CPT, '97161')])],
    ['evidence that is no orderable study', order([coding(CPT, '72050')])],
    ['MRI of the brain', order([coding(CPT, '70553')])],
    ['an unknown code', order([coding(CPT, '99999')])],
    ['a code of no system', order([{ code: '72148' }])],
    ['a CPT number under another system', order([coding(LOINC, '72148')])],
    ['text alone', order([], { code: { text: 'MRI lumbar spine' } })],
    ['no code', order([], { code: undefined })],
    ['an empty code', order([])],
    ['codings that are no objects', order([], { code: { coding: ['72148', null, 72148] } })],
    ['an order not to perform it', order([coding(CPT, '72148')], { doNotPerform: true })],
    ['another patient', order([coding(CPT, '72148')], { subject: { reference: 'Patient/p2' } })],
    ['no patient', order([coding(CPT, '72148')], { subject: undefined })],
    ['entered in error', order([coding(CPT, '72148')], { status: 'entered-in-error' })],
    ['revoked', order([coding(CPT, '72148')], { status: 'revoked' })],
    ['no id', order([coding(CPT, '72148')], { id: undefined })],
    ['an id that is none', order([coding(CPT, '72148')], { id: '../Patient/p2' })],
  ])('%s', (_, resource) => {
    expect(read(resource)).toBeUndefined();
  });

  it('an order that says that it is to be performed is one', () => {
    expect(codesOf(order([coding(CPT, '72148')], { doNotPerform: false }))).toEqual(['72148']);
  });

  it('a Bundle holds orders beside other things', () => {
    const own = order([coding(CPT, '72148')]);
    const bundle = {
      entry: [{ resource: { resourceType: 'Patient' } }, { resource: own }, {}, null, { resource: null }],
    };
    expect(serviceRequests(bundle)).toEqual([own]);
    expect(serviceRequests(undefined)).toEqual([]);
    expect(serviceRequests({ entry: 'no list' })).toEqual([]);
  });
});

describe('the dates of an order', () => {
  const dates = (more: Json): readonly (string | undefined)[] => {
    const one = read(order([coding(CPT, '72148')], more));
    return [one && formatDay(one.asOf.lo), one && formatDay(one.asOf.hi), one && formatDay(one.serviceDate)];
  };

  it('as-of is the day it was written, the service date is the occurrence', () => {
    expect(dates({ occurrenceDateTime: '2026-04-01' })).toEqual(['2026-03-02', '2026-03-02', '2026-04-01']);
    expect(dates({ occurrencePeriod: { start: '2026-04-05', end: '2026-04-09' } })[2]).toBe('2026-04-05');
    expect(dates({})).toEqual(['2026-03-02', '2026-03-02', '2026-03-02']);
  });
  it('the service date of a Timing is its first event, else the start of its period', () => {
    expect(dates({ occurrenceTiming: { event: ['2026-04-09', '2026-04-07T08:00:00Z'] } })[2]).toBe('2026-04-07');
    expect(dates({ occurrenceTiming: { repeat: { boundsPeriod: { start: '2026-04-11' } } } })[2]).toBe('2026-04-11');
    for (const timing of [
      {},
      { event: [] },
      { event: ['soon', 3, null] },
      { event: '2026-04-07' },
      { repeat: 'daily' },
      7,
    ])
      expect(dates({ occurrenceTiming: timing })[2], JSON.stringify(timing)).toBe('2026-03-02');
  });
  it('a draft without a date was written today', () => {
    expect(dates({ authoredOn: undefined })).toEqual(['2026-03-10', '2026-03-10', '2026-03-10']);
  });
  it('a time counts on the day of its own offset', () => {
    expect(dates({ authoredOn: '2026-03-02T23:30:00-08:00' })[0]).toBe('2026-03-02');
  });
  it('a partial date is an interval', () => {
    expect(dates({ authoredOn: '2026-03' })).toEqual(['2026-03-01', '2026-03-31', '2026-03-01']);
  });
});
