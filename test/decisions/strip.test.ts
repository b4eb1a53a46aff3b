import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { strip } from '../../src/decisions/strip.ts';
import { checker } from '../support/knowledge.ts';
import { chartOf, concept, found, named, type Resource } from '../support/tiny-chart.ts';

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

  it('the whole name of a report that is known by the order on which it was done', () => {
    const order = { resourceType: 'ServiceRequest', id: 'o', status: 'completed', code: concept('cpt 72148') };
    const report = { resourceType: 'DiagnosticReport', status: 'final', effectiveDateTime: '2026-02-01' };
    for (const text of ['Imaging', 'MRI', 'Radiology report', 'Diagnostic imaging study']) {
      const known = [order, { ...report, code: { text }, basedOn: [{ reference: 'ServiceRequest/o' }] }];
      const within = [{ ...report, code: { text }, basedOn: [{ reference: '#o' }], contained: [order] }];
      for (const resources of [named(known), named(within)]) {
        const { imaging } = chartOf(resources);
        expect(imaging.map((i) => [i.study, i.done])).toContainEqual(['72148', 'done']);
        expect(chartOf(resources.map(of) as Resource[]).imaging).toEqual(imaging);
      }
    }
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
    expect(of({ bodySite: [{ coding }] })).toEqual({
      bodySite: [{ coding: [{ system: coding[0]?.system, code: '999000' }] }],
    });
  });

  it('of an examination that only words name, the words of our own list that name it', () => {
    const code = { coding: [{ system: 'urn:local', code: 'X', display: `MR L-Spine for ${SECRET}` }] };
    expect(of({ code })['code']).toEqual({
      coding: [{ system: 'urn:local', code: 'X' }],
      text: 'l spine and mr and spine',
    });
  });

  it('of images, the words of their descriptions that name a part of the body or an examination', () => {
    const images = { resourceType: 'ImagingStudy', description: `MR knee of ${SECRET}` };
    expect(of({ ...images, series: [{ description: `SAG C-Spine ${SECRET}`, uid: '1.2' }] })).toEqual({
      resourceType: 'ImagingStudy',
      description: 'knee',
      series: [{ description: 'c spine and spine', uid: 'redacted' }],
    });
    expect(of({ resourceType: 'ImagingStudy', description: SECRET })).toEqual({ resourceType: 'ImagingStudy' });
  });

  it('of a report of imaging, that its name says no more', () => {
    const coding = [{ system: 'http://loinc.org', code: '75490-3', display: 'Radiology Reports' }];
    expect(of({ resourceType: 'DiagnosticReport', code: { coding } })['code']).toMatchObject({
      text: 'radiology reports',
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

  it('of a reason of an order the words that policies may ask for, else that there were some', () => {
    const kept = (words: string): string =>
      String(
        (
          of({ resourceType: 'ServiceRequest', reasonCode: [{ text: words }] })['reasonCode'] as readonly Record<
            string,
            unknown
          >[]
        )[0]?.['text'],
      );
    expect(kept(`${SECRET}: r/o MS`)).toBe('ms ');
    expect(knowledge.codes.inWords(kept(`${SECRET} fell`))).toEqual(knowledge.codes.inWords(`${SECRET} fell`));
    expect(knowledge.codes.inWords(kept(`${SECRET}, evaluate`))).toEqual([]);
    for (const named of [
      'r/o cauda equina',
      'leg weakness',
      'scoliosis, no weakness',
      'no trauma, fell',
      'no trauma or fall',
    ])
      expect(knowledge.codes.inWords(kept(`${SECRET} ${named}`))).toEqual(knowledge.codes.inWords(named));
    expect(kept(`${SECRET}, evaluate`)).not.toBe('');
    expect(kept(`${SECRET}, evaluate`)).not.toContain(SECRET);
  });

  it('of a conclusion the words of our own list that mean something, sentence by sentence', () => {
    const kept = (conclusion: string): unknown => of({ resourceType: 'DiagnosticReport', conclusion })['conclusion'];
    expect(kept(`${SECRET} has no new lesion. Two enhancing lesions of ${SECRET}.`)).toBe('enhancing');
    expect(kept(`No new or enhancing lesion of ${SECRET}.`)).toBe(kept(SECRET));
  });

  it.each([
    ['a note', { note: [{ text: `${SECRET}: MR conditional at 1.5 T` }] }],
    ['a note of nothing', { note: [{ text: SECRET }] }],
    ['a note that it is not safe', { note: [{ text: `${SECRET} says MRI unsafe` }] }],
    ['a name', { type: undefined, deviceName: [{ name: `${SECRET} Azure pacemaker MRI SureScan` }] }],
    ['a property', { property: [{ type: { text: 'MRI safety' }, valueCode: [{ text: `conditional ${SECRET}` }] }] }],
    [
      'a property that it is not safe',
      { property: [{ type: { text: 'MRI safety' }, valueCode: [{ text: 'Unsafe' }] }] },
    ],
    ['a rating', { property: [{ type: { text: SECRET }, valueCode: [concept('mrsafety C106046')] }] }],
  ])('of a device what %s says: it is read as before', (_, members) => {
    const device = { resourceType: 'Device', status: 'active', type: concept('snomed 14106009'), ...members };
    const [before] = named([device]);
    const after = of(before);
    expect(JSON.stringify(after)).not.toContain(SECRET);
    const read = (resource: unknown): unknown => found(chartOf([resource]), 'pacemaker');
    expect(read(before)).toMatchObject([{ type: 'device' }]);
    expect(read(after)).toEqual(read(before));
  });

  const worded = (code: string, text: string): object => ({ ...concept(code), text });
  it.each<[string, Resource]>([
    [
      'a diagnosis that is ruled out',
      { resourceType: 'Condition', code: worded('icd M46.46', `No evidence of ${SECRET}`) },
    ],
    ['one of the family', { resourceType: 'Condition', code: worded('icd C50.911', `Family history of ${SECRET}`) }],
    ['one of the past', { resourceType: 'Condition', code: worded('icd M54.16', `History of ${SECRET}`) }],
    ['one in doubt', { resourceType: 'Condition', code: worded('icd G06.1', `R/O abscess ${SECRET}`) }],
    [
      'a session that did not take place',
      { resourceType: 'Procedure', status: 'completed', code: worded('cpt 97110', `${SECRET}: no show`) },
    ],
    [
      'a score that is to be reached',
      {
        resourceType: 'Observation',
        status: 'final',
        code: worded('loinc 72514-3', `Acceptable pain level ${SECRET}`),
        valueInteger: 3,
      },
    ],
    [
      'an MRI that was not done as it is contraindicated',
      {
        resourceType: 'Procedure',
        status: 'not-done',
        code: concept('cpt 72148'),
        statusReason: worded('snomed 410536001', `MRI contraindicated ${SECRET}`),
      },
    ],
    [
      'a visit by telephone',
      {
        resourceType: 'Encounter',
        status: 'finished',
        class: { code: 'AMB' },
        serviceType: worded('snomed 394610002', `Telephone visit ${SECRET}`),
      },
    ],
    ...['back pain', 'knee pain', 'low back pain and sciatica', 'headache', 'post-op knee'].map(
      (reason): [string, Resource] => [
        `a drug for ${reason}`,
        {
          resourceType: 'MedicationStatement',
          status: 'active',
          medicationCodeableConcept: concept('rxnorm 7258'),
          reasonCode: [{ text: `${reason} ${SECRET}` }],
          dosage: [{ text: `take for ${reason}` }],
        },
      ],
    ),
    [
      'a drug that is taken as needed',
      {
        resourceType: 'MedicationRequest',
        status: 'active',
        intent: 'order',
        medicationCodeableConcept: worded('rxnorm 7258', `Naproxen ${SECRET}`),
        reasonCode: [{ text: 'as needed' }],
      },
    ],
  ])('what words say of %s: it is read as before', (_, resource) => {
    const [before] = named([resource]);
    const after = of(before);
    expect(JSON.stringify(after)).not.toContain(SECRET);
    const { read, dropped, imaging, encounters, bySet } = chartOf([before]);
    const again = chartOf([after]);
    expect({ read: again.read(), dropped: again.dropped }).toEqual({ read: read(), dropped });
    expect([again.imaging, again.encounters]).toEqual([imaging, encounters]);
    const records = (chart: { readonly bySet: typeof bySet }): unknown =>
      Array.from({ length: 2_000 }, (_none, set) => chart.bySet(set));
    expect(records(again)).toEqual(records({ bySet }));
  });

  const prescribed = (dosage: object, members: object = {}): Resource => ({
    resourceType: 'MedicationRequest',
    status: 'active',
    intent: 'order',
    authoredOn: '2026-01-05',
    medicationCodeableConcept: concept('rxnorm 7258'),
    dosageInstruction: [{ doseAndRate: [{ doseQuantity: { value: 1, unit: 'tablet' } }], ...dosage }],
    dispenseRequest: { quantity: { value: 60, unit: 'tablet' } },
    ...members,
  });
  const daily = { period: 1, periodUnit: 'd' };
  const pain = (value: object): Resource => ({
    resourceType: 'Observation',
    status: 'final',
    code: concept('loinc 72514-3'),
    ...value,
  });
  it.each<[string, Resource]>([
    ['a dose that is fixed', prescribed({ timing: { repeat: { ...daily, frequency: 2 } } })],
    ['doses at hours', prescribed({ timing: { repeat: { ...daily, timeOfDay: ['08:00:00', '20:00:00'] } } })],
    ['a dose that is given once', prescribed({ timing: { code: { text: 'Once' } } })],
    [
      'a reason that is named',
      prescribed({}, { reasonReference: [{ reference: 'Condition/c', display: `Knee pain ${SECRET}` }] }),
    ],
    ['a score', pain({ valueString: '7/10' })],
    ['a score in words', pain({ valueString: `seven ${SECRET}` })],
    ['a score that is called by its number', pain({ valueCodeableConcept: { text: '7' } })],
    [
      'a score of a code of its own',
      pain({ valueCodeableConcept: { coding: [{ system: 'urn:x', code: 'a', display: '7' }] } }),
    ],
    [
      'a score among others',
      pain({
        component: [
          { code: concept('loinc 72514-3'), valueString: '< 5' },
          { code: concept('loinc 72514-3'), valueString: SECRET },
        ],
      }),
    ],
    [
      'a diagnosis and when it was asserted',
      {
        resourceType: 'Condition',
        code: concept('icd M54.50'),
        extension: [
          { url: 'http://hl7.org/fhir/StructureDefinition/condition-assertedDate', valueDateTime: '2026-01-05' },
        ],
      },
    ],
    [
      'an examination that is billed',
      {
        resourceType: 'Claim',
        status: 'active',
        use: 'claim',
        item: [{ productOrService: concept('cpt 72148'), servicedDate: '2026-01-05' }],
      },
    ],
    [
      'a reaction of which no code is known',
      {
        resourceType: 'AllergyIntolerance',
        code: { text: `Gadolinium ${SECRET}` },
        reaction: [{ manifestation: [worded('snomed 1234567', `Anaphylaxis ${SECRET}`)] }],
      },
    ],
  ])('%s: it is read as before', (_, resource) => {
    const [before] = named([resource]);
    const after = of(before);
    expect(JSON.stringify(after)).not.toContain(SECRET);
    const [was, is] = [chartOf([before]), chartOf([after])];
    const records = (chart: typeof was): readonly unknown[] =>
      [...chart.sets()].sort((a, b) => a - b).map((set) => [set, chart.bySet(set)]);
    expect(records(was)).not.toEqual([]);
    expect([records(is), is.imaging]).toEqual([records(was), was.imaging]);
  });

  it('nothing of what is nested deeper than anything reads', () => {
    let deep: unknown = SECRET;
    for (let i = 0; i < 10_000; i++) deep = { deep };
    expect(JSON.stringify(of({ deep }))).not.toContain(SECRET);
  });
});
