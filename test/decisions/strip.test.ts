import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { strip } from '../../src/decisions/strip.ts';
import { checker } from '../support/knowledge.ts';

const { knowledge } = checker();
const SECRET = 'Q7SECRET';
const of = (resource: unknown): Record<string, unknown> => strip(resource, knowledge) as Record<string, unknown>;

describe('what is kept of a resource', () => {
  it('codes, dates, statuses, values, references', () => {
    const observation = {
      resourceType: 'Observation',
      id: 'o1',
      meta: { versionId: '3', lastUpdated: '2026-01-02T03:04:05.678Z' },
      status: 'final',
      category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'exam' }] }],
      code: { coding: [{ system: 'http://loinc.org', code: '72514-3' }] },
      subject: { reference: 'Patient/p1' },
      effectivePeriod: { start: '2026-01', end: '2026-01-02' },
      valueQuantity: { value: 7, unit: 'a number of ten', system: 'http://unitsofmeasure.org', code: '{score}' },
    };
    expect(of(observation)).toEqual(observation);
  });

  it('no words, wherever they stand: in members that FHIR has and in others', () => {
    const words = `${SECRET} of Main Street 5, 206-555-0100`;
    const resource = {
      resourceType: 'DiagnosticReport',
      id: 'r1',
      status: 'final',
      text: { status: 'generated', div: `<div>${words}</div>` },
      identifier: [{ system: 'urn:mrn', value: SECRET }],
      code: { coding: [{ system: 'http://loinc.org', code: '36803-5', display: words }], text: words },
      conclusion: words,
      conclusionCode: [{ text: words }],
      performer: [{ reference: 'Practitioner/x', display: words }],
      presentedForm: [{ data: SECRET, title: words }],
      note: [{ text: words, authorString: SECRET }],
      performedString: words,
      valueString: SECRET,
      valueAttachment: { url: 'https://x.example.org', data: SECRET, title: words },
      valueAddress: { line: [words], city: SECRET },
      valueMarkdown: words,
      anythingElse: SECRET,
      lists: [[SECRET], [{ deep: SECRET }]],
      contained: [{ resourceType: 'Practitioner', id: 'x', name: [{ family: SECRET }], birthSex: SECRET }],
      extension: [{ url: 'https://x.example.org/home-address', valueString: SECRET }],
    };
    const kept = JSON.stringify(of(resource));
    expect(kept).not.toContain(SECRET);
    expect(kept).toContain('"conclusion":"redacted"');
    expect(of(resource)['conclusionCode']).toEqual([{ text: 'redacted' }]);
  });

  it('a status that stands there as text', () => {
    expect(of({ clinicalStatus: { text: 'Resolved' }, verificationStatus: { text: 'by hearsay' } })).toEqual({
      clinicalStatus: { text: 'Resolved' },
      verificationStatus: { text: 'redacted' },
    });
  });

  it('of an examination whose standard code may be in no catalog, the same words', () => {
    const coding = [{ system: 'http://snomed.info/sct', code: '999000', display: `MRI of lumbar spine, ${SECRET}` }];
    const kept = of({ resourceType: 'DiagnosticReport', code: { coding } });
    expect(knowledge.studies.inWords(String((kept['code'] as Record<string, unknown>)['text']))).toEqual(
      knowledge.studies.inWords('MRI of lumbar spine'),
    );
    expect(JSON.stringify(kept)).not.toContain(SECRET);
    expect(of({ reasonCode: [{ coding }] })).toEqual({
      reasonCode: [{ coding: [{ system: coding[0]?.system, code: '999000' }] }],
    });
  });

  it('of an examination that only words name, the words of our own list that name it', () => {
    const code = { coding: [{ system: 'urn:local', code: 'X', display: `MR L-Spine for ${SECRET}` }] };
    expect(of({ code })['code']).toEqual({
      coding: [{ system: 'urn:local', code: 'X' }],
      text: 'l spine and spine and mr and back',
    });
  });

  it('these words name the same as the text, whatever stands around them', () => {
    const word = fc.constantFrom(
      'MRI',
      'MR',
      'angiography',
      'CT',
      'x',
      'ray',
      'films',
      'of',
      'the',
      'lumbar',
      'L',
      'spine',
      'C-Spine',
      'neck',
      'back',
      'knee',
      'and',
      '/',
      SECRET,
      'scan',
      'bone',
      'si',
      'joints',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), fc.constantFrom(' ', '-', ', '), (words, between) => {
        const text = words.join(between);
        expect(knowledge.studies.inWords(knowledge.studies.namingWords(text))).toEqual(knowledge.studies.inWords(text));
        expect(knowledge.studies.namingWords(text)).not.toContain(SECRET);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of the words of a device those that name an implant, from our own list, beside whatever code', () => {
    const device = (type: unknown): unknown => of({ resourceType: 'Device', type })['type'];
    const read = (type: unknown): readonly unknown[] =>
      knowledge.codes.inWords(String((type as Record<string, unknown>)['text']));
    const local = { system: 'urn:local', code: 'D77', display: `${SECRET} dual chamber pacemaker` };
    const unknown = { system: 'http://snomed.info/sct', code: '257278001', display: `Aneurysm clip of ${SECRET}` };
    for (const coding of [local, unknown]) {
      const kept = device({ coding: [coding] });
      expect(JSON.stringify(kept)).not.toContain(SECRET);
      expect(read(kept)).toEqual(knowledge.codes.inWords(coding.display));
      expect(read(kept)).not.toEqual([]);
    }
    expect(device({ coding: [{ ...unknown, display: `Walking stick of ${SECRET}` }] })).toEqual({
      coding: [{ system: unknown.system, code: unknown.code }],
    });
  });

  it('of a conclusion the words of our own list that mean something, sentence by sentence', () => {
    const kept = (conclusion: string): unknown => of({ resourceType: 'DiagnosticReport', conclusion })['conclusion'];
    expect(kept(`${SECRET} has no new lesion. Two enhancing lesions of ${SECRET}.`)).toBe('new lesion');
    expect(kept(`No new or enhancing lesion of ${SECRET}.`)).toBe(kept(SECRET));
  });

  it('nothing of what is nested deeper than anything reads', () => {
    let deep: unknown = SECRET;
    for (let i = 0; i < 10_000; i++) deep = { deep };
    expect(JSON.stringify(of({ deep }))).not.toContain(SECRET);
  });
});
