import { describe, expect, it } from 'vitest';
import { parseDate } from '../../src/dates/day.ts';
import type { FactQuery } from '../../src/policy/fact-source.ts';
import { pain, procedure, value } from '../support/lumbar-facts.ts';
import { type ChartOptions, chartOf, concept, found, named, type Resource } from '../support/tiny-chart.ts';

const report = (code: string, date: string | undefined, members: object = {}): Resource => ({
  resourceType: 'DiagnosticReport',
  status: 'final',
  code: concept(code),
  ...(date !== undefined && { effectiveDateTime: date }),
  ...members,
});
const study = (members: object): Resource => ({
  resourceType: 'ImagingStudy',
  status: 'available',
  started: '2025-06-01',
  ...members,
});
const series = (modality: string, site?: string): object => ({
  series: [
    {
      modality: { code: modality },
      ...(site !== undefined && { bodySite: { system: 'http://snomed.info/sct', code: site } }),
    },
  ],
});

/** "yes", "none" or "unknown": is an MRI of the lumbar spine on file? */
function mri(resources: readonly Resource[], options: ChartOptions = {}): string {
  const { truth, gap } = value('mri', resources, {}, options);
  return truth === 'true' ? 'yes' : truth === 'unknown' && gap !== 'silent' ? 'unknown' : 'none';
}

/** The examinations of a chart, each by the resource that tells of it. */
const references = (resources: readonly Resource[]): readonly string[] =>
  chartOf(named(resources))
    .imaging.map((r) => r.ref)
    .sort();

describe('one examination', () => {
  const film = (members: object): Resource => ({ ...procedure('cpt 72100', '2026-02-01', members), id: 'film' });
  const late = (code: string): Resource => report(code, undefined, { id: 'late', issued: '2026-02-09T10:00:00Z' });
  it('is that of the report which its procedure names, whenever it was issued', () => {
    const named = { report: [{ reference: 'DiagnosticReport/late' }] };
    expect(references([film(named), late('cpt 72100')])).toEqual(['DiagnosticReport/late']);
    expect(references([film({}), late('cpt 72100')])).toEqual(['DiagnosticReport/late', 'Procedure/film']);
    expect(references([film(named), late('cpt 72040')])).toEqual(['DiagnosticReport/late', 'Procedure/film']);
  });
  it('is named by an order that its report contains', () => {
    const contained = [{ resourceType: 'ServiceRequest', id: 'o', status: 'active', code: concept('cpt 72148') }];
    const of = (members: object): Resource =>
      report('', '2024-05-01', {
        code: { text: 'Imaging' },
        category: [{ coding: [{ code: 'RAD' }] }],
        basedOn: [{ reference: '#o' }],
        ...members,
      });
    expect(mri([of({ contained })])).toBe('yes');
    expect(mri([of({ contained: contained.map((o) => ({ ...o, status: 'entered-in-error' })) })])).toBe('unknown');
  });
  it('is of the day on which its first series began, where the study has none, and of that of its issue', () => {
    const when = (resource: Resource): string | undefined => value('mri', [resource]).evidence[0]?.date;
    const { series: made } = series('MR', '122496007') as { readonly series: readonly object[] };
    const dated = ['2025-06-03T09:00:00Z', '2025-06-01T09:00:00Z'].map((started) => ({ ...made[0], started }));
    expect(when(study({ started: undefined, series: dated }))).toBe('2025-06-01');
    const observed = {
      ...report('cpt 72148', undefined, { issued: '2025-06-01T09:00:00Z' }),
      resourceType: 'Observation',
    };
    expect(when(observed)).toBe('2025-06-01');
  });
});

describe('a prior MRI', () => {
  it('is a report, a procedure, a study or an observation', () => {
    expect(mri([report('cpt 72148', '2024-05-01')])).toBe('yes');
    expect(mri([procedure('cpt 72158', '2024-05-01')])).toBe('yes');
    expect(mri([study({ procedureCode: [concept('cpt 72149')] })])).toBe('yes');
    expect(mri([study(series('MR', '122496007'))])).toBe('yes');
    expect(mri([{ ...report('cpt 72148', '2024-05-01'), resourceType: 'Observation' }])).toBe('yes');
    expect(mri([report('loinc 24968-0', '2024-05-01')])).toBe('yes');
    expect(mri([report('cpt 72148', undefined)])).toBe('yes');
  });
  it('is of the region', () => {
    expect(mri([report('cpt 72141', '2024-05-01')])).toBe('none');
    expect(mri([report('cpt 70551', '2024-05-01')])).toBe('none');
    expect(mri([study(series('MR', '12738006'))])).toBe('none');
    expect(mri([report('loinc 42698-1', '2024-05-01')])).toBe('yes');
  });
  it('is the one that a claim bills on its day, or for its period', () => {
    const claim = (members: object): Resource => ({
      resourceType: 'ExplanationOfBenefit',
      status: 'active',
      use: 'claim',
      created: '2024-06-20',
      patient: { reference: 'Patient/p1' },
      ...members,
    });
    const told = (members: object, item: object = {}): number =>
      references([
        report('cpt 72148', '2024-05-01'),
        claim({ item: [{ productOrService: concept('cpt 72148'), ...item }], ...members }),
      ]).length;
    expect(told({}, { servicedDate: '2024-05-01' })).toBe(1);
    expect(told({}, { servicedPeriod: { start: '2024-05-01', end: '2024-05-01' } })).toBe(1);
    expect(told({ billablePeriod: { start: '2024-05-01', end: '2024-05-31' } })).toBe(1);
    expect(told({}, { servicedDate: '2024-05-09' })).toBe(2);
    expect(told({ billablePeriod: { start: '2024-06-01', end: '2024-06-30' } })).toBe(2);
    expect(told({})).toBe(2);
    const lead = (members: object): unknown =>
      found(chartOf(named([claim(members)])), 'physical-therapy').map((r) => 'when' in r && r.when);
    const therapy = { productOrService: concept('cpt 97110') };
    const [may, june] = [parseDate('2024-05-01'), parseDate('2024-06-20')];
    expect(lead({ item: [{ ...therapy, servicedDate: '2024-05-01' }] })).toEqual([may]);
    expect(lead({ item: [therapy], billablePeriod: { start: '2024-05-01' } })).toEqual([may]);
    expect(lead({ item: [therapy] })).toEqual([june]);
  });
  it('may have been one that a claim or a document names', () => {
    const claim = (members: object): Resource => ({
      resourceType: 'Claim',
      status: 'active',
      use: 'claim',
      patient: { reference: 'Patient/p1' },
      item: [{ productOrService: concept('cpt 72148'), servicedDate: '2024-05-01' }],
      ...members,
    });
    expect(mri([claim({})])).toBe('unknown');
    expect(mri([claim({ resourceType: 'ExplanationOfBenefit' })])).toBe('unknown');
    expect(mri([claim({ use: 'preauthorization' })])).toBe('none');
    expect(mri([claim({ item: [{ productOrService: concept('cpt 72141'), servicedDate: '2024-05-01' }] })])).toBe(
      'none',
    );
    const document = { resourceType: 'DocumentReference', status: 'current', date: '2024-05-01' };
    expect(mri([{ ...document, type: concept('loinc 24968-0') }])).toBe('unknown');
    expect(mri([{ ...document, type: concept('loinc 24968-0'), date: '2026-03-20' }])).toBe('none');
  });
  it('may be a general code with a body site', () => {
    const at = (site: string): Resource => ({
      ...procedure('snomed 113091000', '2024-05-01'),
      bodySite: [concept(`snomed ${site}`)],
    });
    expect(mri([at('122496007')])).toBe('yes');
    expect(mri([at('122494005')])).toBe('none');
    expect(mri([procedure('snomed 113091000', '2024-05-01')])).toBe('unknown');
  });
  it('may be one of two studies that a report names', () => {
    const both = (...codes: readonly string[]): object => ({
      code: { coding: codes.flatMap((code) => concept(code).coding) },
    });
    expect(mri([report('', '2024-05-01', both('cpt 70551', 'cpt 72148'))])).toBe('yes');
    expect(mri([report('', '2024-05-01', both('cpt 72148', 'cpt 70551'))])).toBe('yes');
    expect(mri([report('', '2024-05-01', both('cpt 70551', 'cpt 72141'))])).toBe('none');
    expect(mri([study({ procedureCode: [concept('cpt 70551'), concept('cpt 72148')] })])).toBe('yes');
    const prepared = { ...procedure('', '2024-05-01'), ...both('cpt 70551', 'cpt 72148'), status: 'preparation' };
    expect(mri([prepared])).toBe('none');
  });
  it('may be told by the order on which it was done, or by the images that a report is about', () => {
    const order = (code: string): Resource => ({
      resourceType: 'ServiceRequest',
      id: 'o',
      status: 'active',
      intent: 'order',
      code: concept(code),
    });
    const radiology = {
      category: [{ coding: [{ system: 'http://loinc.org', code: 'LP29684-5' }] }],
      basedOn: [{ reference: 'ServiceRequest/o' }],
    };
    const local = (text: string): Resource =>
      report('', '2024-05-01', { code: { coding: [{ system: 'urn:oid:1.2.3', code: 'IMG7' }], text }, ...radiology });
    expect(mri([local('IMG7'), order('cpt 72148')])).toBe('yes');
    expect(mri([local('MRI LUMBAR SPINE'), order('cpt 72148')])).toBe('yes');
    expect(mri([local('IMG7'), order('cpt 72100')])).toBe('none');
    expect(mri([local('IMG7'), order('cpt 72141')])).toBe('none');
    expect(mri([local('MRI CERVICAL SPINE'), order('cpt 72148')])).toBe('none');
    expect(mri([report('cpt 72141', '2024-05-01', radiology), order('cpt 72148')])).toBe('none');
    expect(mri([study({ basedOn: radiology.basedOn }), order('cpt 72148')])).toBe('yes');

    const about = { imagingStudy: [{ reference: 'ImagingStudy/s' }] };
    const images = (modality: string, site?: string): Resource => ({ ...study(series(modality, site)), id: 's' });
    expect(mri([report('loinc 18748-4', '2024-05-01', about), images('MR', '122496007')])).toBe('yes');
    expect(mri([report('loinc 18748-4', '2024-05-01', about), images('MR', '122494005')])).toBe('none');
    expect(mri([report('loinc 18748-4', '2024-05-01', about), images('DX', '122496007')])).toBe('none');
    const normal = { ...about, conclusionCode: [concept('snomed 17621005')] };
    const films = (members: object): string =>
      value('non-diagnostic-films', [
        pain('2025-11-01'),
        report('loinc 18748-4', '2026-02-01', members),
        { ...images('DX', '122496007'), started: '2026-02-01' },
      ]).truth;
    expect(films(normal)).toBe('true');
    expect(films(about)).toBe('unknown');
  });
  it('may have come of an order that was carried out', () => {
    const order = (status: string, members: object = {}): Resource => ({
      resourceType: 'ServiceRequest',
      status,
      intent: 'order',
      code: concept('cpt 72148'),
      authoredOn: '2024-05-01',
      ...members,
    });
    expect(mri([order('completed')])).toBe('unknown');
    expect(mri([order('active')])).toBe('none');
    expect(mri([order('completed', { doNotPerform: true })])).toBe('none');
    expect(mri([order('completed', { code: concept('cpt 70551') })])).toBe('none');
  });
  it('is one examination with the order on which it was done, be that a link or the days between them', () => {
    const order = (date: string, members: object = {}): Resource => ({
      resourceType: 'ServiceRequest',
      id: 'o',
      status: 'completed',
      intent: 'order',
      code: concept('cpt 72148'),
      authoredOn: date,
      ...members,
    });
    const done = report('cpt 72148', '2024-05-20');
    const on = { basedOn: [{ reference: 'ServiceRequest/o' }] };
    expect(references([done, order('2024-05-01')])).toEqual(['DiagnosticReport/r1']);
    expect(references([done, order('2024-01-20')])).toEqual(['DiagnosticReport/r1', 'ServiceRequest/o']);
    expect(references([report('cpt 72148', '2024-05-20', on), order('2024-01-20')])).toEqual(['DiagnosticReport/r1']);
    expect(references([done, order('2024-05-21')])).toEqual(['DiagnosticReport/r1', 'ServiceRequest/o']);
    expect(references([report('cpt 72158', '2024-05-20'), order('2024-05-01')])).toEqual(['DiagnosticReport/r1']);
    expect(references([report('cpt 72141', '2024-05-20'), order('2024-05-01')])).toHaveLength(2);
  });
  it('is one examination with its images and with the procedure that is billed', () => {
    const images = (started: string, members: object = {}): Resource => ({
      ...study({ started, procedureCode: [concept('cpt 72148')], ...members }),
      id: 's',
    });
    const done = report('cpt 72148', '2024-05-20');
    expect(references([done, images('2024-05-20')])).toEqual(['DiagnosticReport/r1']);
    expect(references([done, images('2024-05-21T01:00:00Z')])).toEqual(['DiagnosticReport/r1']);
    expect(references([done, procedure('cpt 72148', '2024-05-20')])).toEqual(['DiagnosticReport/r1']);
    expect(references([done, { ...study({ started: '2024-05-20', ...series('MR', '122496007') }), id: 's' }])).toEqual([
      'DiagnosticReport/r1',
    ]);
    expect(references([done, images('2024-06-20')])).toEqual(['DiagnosticReport/r1', 'ImagingStudy/s']);
    const about = { imagingStudy: [{ reference: 'ImagingStudy/s' }] };
    expect(references([report('cpt 72148', '2024-05-20', about), images('2024-06-20')])).toEqual([
      'DiagnosticReport/r1',
    ]);
    expect(references([done, procedure('cpt 72158', '2024-05-20')])).toHaveLength(2);
    expect(
      references([report('cpt 72148', '2024-05-20', { status: 'preliminary' }), images('2024-05-20')]),
    ).toHaveLength(2);
  });
  it('may be what a report of imaging tells of that is named as no more than that', () => {
    const named = (text: string, members: object = {}): Resource =>
      report('loinc 75490-3', '2024-05-01', {
        category: [{ coding: [{ system: 'http://loinc.org', code: 'LP29684-5' }] }],
        code: { ...concept('loinc 75490-3'), text },
        ...members,
      });
    expect(mri([named('Radiology Reports')])).toBe('unknown');
    expect(mri([named('Diagnostic imaging study')])).toBe('unknown');
    expect(mri([named('XR Chest 2 Views')])).toBe('none');
    expect(mri([named('Radiology Reports', { category: [{ coding: [{ code: 'LAB' }] }] })])).toBe('none');
    const order = (code: object): Resource => ({ resourceType: 'ServiceRequest', id: 'o', status: 'completed', code });
    const on = named('Radiology Reports', { basedOn: [{ reference: 'ServiceRequest/o' }] });
    expect(mri([on, order(concept('cpt 71046'))])).toBe('none');
    expect(mri([on, order({ text: 'XR CHEST PA AND LATERAL' })])).toBe('none');
    expect(mri([on, order({ text: 'MRI LUMBAR SPINE WO CONTRAST' })])).toBe('unknown');
    expect(mri([on, order(concept('cpt 72148'))])).toBe('yes');
  });
  it('that is not final counts for the time in which it was', () => {
    const inHalfYear = (date: string): string =>
      value('mri', [report('cpt 72148', date, { status: 'preliminary' })], { within: { count: 6, unit: 'months' } })
        .gap ?? '';
    expect(inHalfYear('2026-02-01')).toBe('unclear');
    expect(inHalfYear('2020-02-01')).toBe('silent');
  });
  it('without a stated region leaves it open', () => {
    expect(mri([study(series('MR'))])).toBe('unknown');
    expect(mri([report('snomed 241645008', '2024-05-01')])).toBe('unknown');
  });
  it('is none by other modalities, orders or documents', () => {
    expect(mri([report('cpt 72131', '2024-05-01')])).toBe('none');
    expect(mri([study(series('CT', '122496007'))])).toBe('none');
    expect(mri([{ resourceType: 'ServiceRequest', status: 'active', code: concept('cpt 72148') }])).toBe('none');
    expect(mri([{ resourceType: 'Claim', item: [{ productOrService: concept('cpt 72148') }] }])).toBe('none');
  });
  it('is not what images are whose names tell of another part of the body', () => {
    const images = (members: object): Resource => study({ modality: [{ code: 'MR' }], ...members });
    expect(mri([images({})])).toBe('unknown');
    expect(mri([images({ procedureCode: [concept('cpt 73721')] })])).toBe('none');
    expect(mri([images({ procedureCode: [{ text: 'MR KNEE RIGHT' }] })])).toBe('none');
    expect(mri([images({ procedureCode: { text: 'MR KNEE RIGHT' } })])).toBe('none');
    expect(mri([images({ description: 'MRI Brain W+WO Contrast' })])).toBe('none');
    expect(mri([images({ description: 'MSK protocol' })])).toBe('unknown');
    expect(mri([images({ description: 'MRI lumbar spine and hip' })])).toBe('unknown');
    expect(mri([images({ description: 'MRI', series: [{ description: 'SAG T2 HEAD FIRST' }] })])).toBe('unknown');
    expect(mri([images({ series: [{ description: 'KNEE COR PD' }] })])).toBe('unknown');
    expect(mri([images({ description: 'Whole spine', series: [{ description: 'SAG T2 C-SPINE' }] })])).toBe('unknown');
    expect(mri([images({ description: 'MRI', series: [{ description: 'SAG T2 C-SPINE' }] })])).toBe('none');
    expect(mri([images({ description: 'MR C-SPINE' })])).toBe('none');
    expect(mri([study({ description: 'MR KNEE' })])).toBe('none');
    expect(mri([study({ description: 'MR without contrast' })])).toBe('unknown');
    expect(mri([study({ description: 'CT without contrast' })])).toBe('none');
  });
  it('may be an examination whose name says nothing of a place', () => {
    const named = (text: string): Resource => procedure('cpt 0', '2024-05-01', { code: { text } });
    expect(mri([named('MRI')])).toBe('unknown');
    expect(mri([named('MR w/o contrast, outside')])).toBe('unknown');
    expect(mri([named('CT without contrast')])).toBe('none');
    expect(mri([named('MRI guided biopsy')])).toBe('none');
    const two = (text: string, display: string): Resource =>
      procedure('cpt 0', '2024-05-01', { code: { text, coding: [{ system: 'urn:local', code: 'X', display }] } });
    expect(mri([two('MRI', 'MR LUMBAR SPINE')])).toBe('unknown');
    expect(mri([two('MRI', 'MR KNEE')])).toBe('none');
  });
  describe('named by a code of the EHR and in words', () => {
    const local = (display: string | undefined, members: object = {}): Resource =>
      report('cpt 0', '2024-05-01', {
        code: {
          coding: [{ system: 'urn:oid:1.2.840.114350', code: 'IMG1', ...(display !== undefined && { display }) }],
        },
        ...members,
      });
    const radiology = {
      category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'RAD' }] }],
    };

    it('proves nothing and is no silence', () => {
      expect(mri([local('MRI LUMBAR SPINE WO CONTRAST')])).toBe('unknown');
      expect(mri([local('MR L-Spine w/o')])).toBe('unknown');
      expect(mri([{ ...local(undefined), code: { text: 'MRI of the spine' } }])).toBe('unknown');
      expect(mri([{ ...procedure('cpt 0', '2024-05-01'), code: { text: 'MRI lumbar spine' } }])).toBe('unknown');
      expect(mri([study({ procedureCode: [{ text: 'LUMBAR SPINE' }] })])).toBe('unknown');
    });
    it('of another region, another modality or another part of the body is none', () => {
      expect(mri([local('MRI CERVICAL SPINE')])).toBe('none');
      expect(mri([local('XR LUMBAR SPINE 2-3 VW', radiology)])).toBe('none');
      expect(mri([local('MR ANGIOGRAPHY SPINE')])).toBe('none');
      expect(mri([local('MRI KNEE RIGHT WO CONTRAST', radiology)])).toBe('none');
      expect(mri([local('LUMBAR SPINE RANGE OF MOTION')])).toBe('none');
      expect(mri([local('DEXA SPINE', radiology)])).toBe('none');
      expect(mri([local('FL LUMBAR PUNCTURE', radiology)])).toBe('none');
      expect(mri([local('MRI LUMBAR SPINE AFTER FL INJECTION', radiology)])).toBe('unknown');
    });
    it('may be an Observation of imaging', () => {
      const observed = (text: string | undefined, category: string): Resource => ({
        ...local(undefined, {
          category: [
            { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: category }] },
          ],
        }),
        resourceType: 'Observation',
        code: {
          coding: [{ system: 'http://loinc.org', code: '59776-5' }],
          ...(text !== undefined && { text }),
        },
        valueString: 'Mild stenosis',
      });
      expect(mri([observed('MRI LUMBAR SPINE WO CONTRAST', 'imaging')])).toBe('unknown');
      expect(mri([observed('Narrative', 'imaging')])).toBe('none');
      expect(mri([observed(undefined, 'imaging')])).toBe('none');
      expect(mri([observed('XR LUMBAR SPINE', 'imaging')])).toBe('none');
      expect(mri([observed('Lumbar spine flexion', 'exam')])).toBe('none');
    });
    it('of a modality that is none of ours is none; one of several suffices', () => {
      expect(mri([study(series('MG'))])).toBe('none');
      expect(mri([study({ ...series('XA', '122496007'), procedureCode: [{ text: 'LUMBAR SPINE' }] })])).toBe('none');
      expect(mri([study({ modality: [{ code: 'SR' }, { code: 'MR' }], ...series('MR', '122496007') })])).toBe('yes');
    });
    it('by a standard code that is not in our catalogue is left open too', () => {
      const code = { coding: [{ system: 'http://snomed.info/sct', code: '999000', display: 'MRI of lumbar spine' }] };
      expect(mri([{ ...report('cpt 0', '2024-05-01'), code }])).toBe('unknown');
      expect(
        mri([{ ...report('cpt 0', '2024-05-01'), code: { coding: [{ ...code.coding[0], display: 'MRI of knee' }] } }]),
      ).toBe('none');
    });
    it('of an unstated modality is left open when it is radiology', () => {
      expect(mri([local('LUMBAR SPINE LIMITED', radiology)])).toBe('unknown');
      expect(mri([local(undefined, radiology)])).toBe('unknown');
      expect(mri([local(undefined)])).toBe('none');
    });
    it('was not performed, or lies after the order: none', () => {
      expect(
        mri([{ ...procedure('cpt 0', '2024-05-01'), status: 'not-done', code: { text: 'MRI lumbar spine' } }]),
      ).toBe('none');
      expect(mri([{ ...local('MRI LUMBAR SPINE'), effectiveDateTime: '2031-01-01' }])).toBe('none');
    });
    it('beside a code that we know counts by the code', () => {
      const both = {
        code: { coding: [...concept('cpt 72148').coding, { system: 'urn:oid:1', code: 'X', display: 'MRI' }] },
      };
      expect(mri([report('cpt 0', '2024-05-01', both)])).toBe('yes');
      expect(
        mri([{ ...report('cpt 72100', '2024-05-01'), code: { ...concept('cpt 72100'), text: 'MRI LUMBAR SPINE' } }]),
      ).toBe('none');
    });
  });
  it('that was not done, is void, later or another patient’s is none', () => {
    expect(mri([procedure('cpt 72148', '2024-05-01', { status: 'not-done' })])).toBe('none');
    for (const status of ['cancelled', 'entered-in-error'])
      expect(mri([report('cpt 72148', '2024-05-01', { status })]), status).toBe('none');
    expect(mri([report('cpt 72148', '2026-03-03')])).toBe('none');
    expect(mri([report('cpt 72148', '2024-05-01', { subject: { reference: 'Patient/p2' } })])).toBe('none');
  });
  it('whose report is not final leaves it open', () => {
    for (const status of ['registered', 'partial', 'preliminary'])
      expect(mri([report('cpt 72148', '2026-02-01', { status })]), status).toBe('unknown');
    expect(mri([report('cpt 72148', '2026-03-09', { status: 'registered' })])).toBe('none');
  });
});

describe('that there is none', () => {
  const states = (...missing: readonly ('DiagnosticReport' | 'Procedure' | 'ImagingStudy')[]): ChartOptions => ({
    states: Object.fromEntries(missing.map((s) => [s, 'truncated' as const])),
  });
  it('is told by one sufficient section that was seen whole', () => {
    expect(mri([])).toBe('none');
    expect(mri([], states('DiagnosticReport'))).toBe('none');
    expect(mri([], states('DiagnosticReport', 'Procedure'))).toBe('none');
    expect(mri([], states('DiagnosticReport', 'Procedure', 'ImagingStudy'))).toBe('unknown');
  });
  it('is not told by a server without such sections', () => {
    const gone = { DiagnosticReport: 'not-available', Procedure: 'failed', ImagingStudy: 'not-available' } as const;
    expect(value('mri', [], {}, { states: gone })).toMatchObject({ truth: 'unknown', gap: 'incomplete' });
  });
  it('is not told by one that was refused at another time than asked about', () => {
    const within = { within: { count: 6, unit: 'months' } } as const;
    const films = (date: string): string =>
      value('plain-films', [procedure('cpt 72100', date, { status: 'not-done' })], within).truth;
    expect([films('2026-02-01'), films('2023-02-01'), films('2026-03-05'), films('2025')]).toEqual([
      'false',
      'unknown',
      'unknown',
      'unknown',
    ]);
  });
  it('is not told by one that was refused, when the rest was not seen', () => {
    const refused = procedure('cpt 72148', '2024-05-01', { status: 'not-done' });
    const unseen = states('DiagnosticReport', 'Procedure', 'ImagingStudy');
    expect(value('mri', [refused], {}, unseen)).toMatchObject({
      truth: 'unknown',
      gap: 'incomplete',
      sections: ['DiagnosticReport', 'Procedure', 'ImagingStudy'],
    });
    expect(value('mri', [refused], {}, states('DiagnosticReport'))).toMatchObject({ truth: 'false', redoable: true });
  });
});

describe('how long ago the last MRI was', () => {
  const yearAgo: Partial<FactQuery> = { ago: { count: 12, unit: 'months' } };
  const ago = (...dates: readonly string[]): string =>
    value(
      'mri',
      dates.map((d) => report('cpt 72148', d)),
      yearAgo,
    ).truth;
  it('the latest decides; a year to the day is a year', () => {
    expect(ago('2025-03-02')).toBe('true');
    expect(ago('2025-03-03')).toBe('false');
    expect(ago('2020-01-01', '2025-09-01')).toBe('false');
    expect(ago('2024', '2023-05-01')).toBe('true');
    expect(ago('2025')).toBe('unknown');
    expect(ago()).toBe('unknown');
  });
});

describe('plain films that are not diagnostic', () => {
  const PAIN = pain('2026-02-01');
  const films = (conclusion: readonly string[] | undefined, members: object = {}, code = 'cpt 72100'): string =>
    value(
      'non-diagnostic-films',
      [
        PAIN,
        report(code, '2026-02-20', {
          ...(conclusion !== undefined && { conclusionCode: conclusion.map((c) => concept(c)) }),
          ...members,
        }),
      ],
      { since: 'episode' },
    ).truth;
  it('are normal, indeterminate or degenerative', () => {
    for (const result of ['snomed 17621005', 'snomed 408573005', 'snomed 82334004', 'snomed 42425007', 'icd M47.816'])
      expect(films([result]), result).toBe('true');
  });
  it('are not those that show the cause', () => {
    for (const result of ['icd S32.010A', 'icd C79.51', 'icd M46.46', 'icd M43.16', 'icd M53.2X6'])
      expect(films([result]), result).toBe('false');
    expect(films(['icd S32.010A', 'icd M47.816'])).toBe('false');
  });
  it('need a coded result: abnormal alone, words or silence leave it open', () => {
    expect(films(['snomed 263654008'])).toBe('unknown');
    expect(films(undefined, { conclusion: 'No fracture.' })).toBe('unknown');
    expect(films(undefined)).toBe('unknown');
  });
  it('are of the region, of the episode and final', () => {
    expect(films(['snomed 17621005'], {}, 'cpt 72040')).toBe('unknown');
    expect(films(['snomed 17621005'], {}, 'cpt 72148')).toBe('unknown');
    expect(films(['snomed 17621005'], { effectiveDateTime: '2026-01-31' })).toBe('unknown');
    expect(films(['snomed 17621005'], { effectiveDateTime: '2026-01' })).toBe('unknown');
    expect(films(['snomed 17621005'], { status: 'preliminary' })).toBe('unknown');
  });
  it('the later examination decides', () => {
    const at = (date: string, result: string): Resource =>
      report('cpt 72100', date, { conclusionCode: [concept(result)] });
    const query = { since: 'episode' } as const;
    const both = (a: string, b: string): string =>
      value('non-diagnostic-films', [PAIN, at('2026-02-10', a), at('2026-02-20', b)], query).truth;
    expect(both('snomed 82334004', 'icd S32.010A')).toBe('false');
    expect(both('icd S32.010A', 'snomed 17621005')).toBe('true');
  });
});
