import { describe, expect, it } from 'vitest';
import { CANONICAL_BASE } from '../support/knowledge.ts';
import { pain, value } from '../support/lumbar-facts.ts';
import { chartOf, found, named } from '../support/tiny-chart.ts';
import { ask, concept, type Resource } from '../support/tiny-facts.ts';

type Members = Readonly<Record<string, unknown>>;
const report = (code: string, date: string, result?: string): Resource => ({
  resourceType: 'DiagnosticReport',
  status: 'final',
  code: concept(code),
  effectiveDateTime: date,
  ...(result !== undefined && { conclusionCode: [concept(result)] }),
});
const INDETERMINATE = 'snomed 82334004';
const NORMAL = 'snomed 17621005';

describe('examinations of trunk or neck', () => {
  const seen = (body: string, code: string): string =>
    ask(`evidence: [{ imaging: { modality: [ct, mri], body: ${body} } }]`, [report(code, '2026-02-01')]).truth;

  it('count for the regions that they take in, when asked for', () => {
    expect(seen('true', 'cpt 74177')).toBe('true');
    expect(seen('false', 'cpt 74177')).toBe('unknown');
    expect(seen('true', 'cpt 71260')).toBe('unknown');
  });
  it('can be asked for alone', () => {
    expect(seen('only', 'cpt 72131')).toBe('unknown');
    expect(seen('only', 'cpt 74177')).toBe('true');
  });
  it('never take in a region that they do not show', () => {
    expect(seen('true', 'cpt 70553')).toBe('unknown');
  });
});

describe('an order of imaging', () => {
  const order = (authoredOn: string, members: Members = {}): Resource => ({
    resourceType: 'ServiceRequest',
    id: 'o',
    status: 'active',
    intent: 'order',
    code: concept('cpt 72131'),
    authoredOn,
    ...members,
  });
  const ordered = (...resources: readonly Resource[]) =>
    ask('lookback: 14 days\nevidence: [{ order: { codes: [spine-ct] } }]', resources).truth;

  it('stands until it is carried out, whatever its status says', () => {
    expect(ordered(order('2026-02-25'))).toBe('true');
    expect(ordered(order('2026-02-25'), report('cpt 72131', '2026-02-27'))).toBe('unknown');
    expect(ordered(order('2026-02-25'), report('cpt 72131', '2026-02-24'))).toBe('true');
    expect(ordered(order('2026-02-25'), report('cpt 72132', '2026-02-27'))).toBe('true');
    expect(ordered(order('2026-02-25', { occurrenceDateTime: '2026-03-10' }), report('cpt 72131', '2026-02-27'))).toBe(
      'true',
    );
  });
  it('names the study of a report that does so in no code itself', () => {
    const films = { ...report('cpt 72200', '2026-02-27'), code: { text: 'XR SI JOINTS' } };
    const on = { ...films, basedOn: [{ reference: 'ServiceRequest/o' }] };
    const films3 = order('2026-02-25', { code: concept('cpt 72202'), status: 'completed' });
    const seen = (...resources: readonly Resource[]) =>
      ask('evidence: [{ imaging: { modality: [xray], codes: [si-joint-films], elsewhere: true } }]', resources).truth;
    expect(seen(on, films3)).toBe('true');
    expect(seen(films, films3)).toBe('unknown');
  });
});

describe('since an episode of which nobody says when it began', () => {
  const films = (date: string) =>
    ask('evidence: [{ imaging: { modality: [xray] } }]', [report('cpt 72100', date)], { since: 'episode' });
  it('counts what is of the day of the order, and leaves open what is older', () => {
    expect(films('2026-03-02').truth).toBe('true');
    expect(films('2026-03-01')).toMatchObject({ truth: 'unknown', gap: 'unclear' });
  });
  it('counts what a clinician answers on that day', () => {
    const answer = {
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ system: `${CANONICAL_BASE}/CodeSystem/fact`, code: 'asked' }] },
      effectiveDateTime: '2026-03-02',
      performer: [{ reference: 'Practitioner/p' }],
      valueBoolean: true,
    };
    expect(ask('evidence: [{ imaging: { modality: [xray] } }]', [answer], { since: 'episode' }).truth).toBe('true');
  });
});

describe('a coded conclusion without a place', () => {
  const finding = 'evidence: [{ finding: { codes: [abnormal-imaging-finding] } }]';
  it('belongs where the examination looked', () => {
    expect(ask(finding, [report('cpt 72100', '2026-02-01', 'icd R93.7')]).truth).toBe('true');
    expect(ask(finding, [report('cpt 72040', '2026-02-01', 'icd R93.7')]).truth).toBe('unknown');
    expect(ask(finding, [report('cpt 74177', '2026-02-01', 'icd R93.7')]).truth).toBe('true');
  });
});

describe('a result that is not coded', () => {
  const words = 'evidence: [{ imaging: { modality: [mri], result: not-coded } }]';
  it('can be asked for; a coded one is none', () => {
    expect(ask(words, [report('cpt 72148', '2026-02-01')]).truth).toBe('true');
    expect(ask(words, [report('cpt 72148', '2026-02-01', NORMAL)]).truth).toBe('false');
    expect(ask(words, []).truth).toBe('unknown');
  });
});

describe('lacks', () => {
  const lacks = 'evidence: [{ imaging: { modality: [xray], lacks: [vertebral-fracture] } }]';
  it('is true of a coded result without the findings', () => {
    expect(ask(lacks, [report('cpt 72100', '2026-02-01', NORMAL)]).truth).toBe('true');
    expect(ask(lacks, [report('cpt 72100', '2026-02-01', 'icd M47.816')]).truth).toBe('true');
  });
  it('is false of a result with one, and open without a coded result', () => {
    expect(ask(lacks, [report('cpt 72100', '2026-02-01', 'icd S32.010A')]).truth).toBe('false');
    expect(ask(lacks, [report('cpt 72100', '2026-02-01')])).toMatchObject({ truth: 'unknown', gap: 'unclear' });
  });
});

describe('follows', () => {
  const follows = 'evidence: [{ imaging: { modality: [mri], follows: indeterminate } }]';
  it('is true of an examination after an indeterminate one of the same kind', () => {
    const first = report('cpt 72148', '2025-09-01', INDETERMINATE);
    expect(ask(follows, [first]).truth).toBe('unknown');
    expect(ask(follows, [first, report('cpt 72148', '2025-12-01', NORMAL)]).truth).toBe('true');
    expect(ask(follows, [first, report('cpt 72141', '2025-12-01', NORMAL)]).truth).toBe('unknown');
    expect(ask(follows, [first, report('cpt 72148', '2025-09-01', NORMAL)]).truth).toBe('unknown');
  });
});

describe('an electrodiagnostic report', () => {
  const emg = (code: object, members: object): string =>
    value('emg-radiculopathy', [
      { resourceType: 'DiagnosticReport', status: 'final', code, effectiveDateTime: '2026-02-20', ...members },
      { resourceType: 'ServiceRequest', id: 'o', status: 'completed', intent: 'order', code: concept('cpt 95886') },
      pain('2026-01-05'),
    ]).truth;
  const local = { coding: [{ system: 'urn:oid:1.2.3', code: 'EMG' }], text: 'EMG of the legs' };
  const shown = { conclusionCode: [concept('icd M54.16')] };
  it('says what it found in a conclusion or in a result of whatever name', () => {
    const result = (members: object): object => ({
      result: [{ reference: '#x' }],
      contained: [{ resourceType: 'Observation', id: 'x', status: 'final', code: { text: 'Impression' }, ...members }],
    });
    const found = { valueCodeableConcept: concept('icd M54.16') };
    expect(emg(concept('cpt 95886'), shown)).toBe('true');
    expect(emg(concept('cpt 95886'), result(found))).toBe('true');
    expect(emg(concept('cpt 95886'), result({ ...found, status: 'preliminary' }))).toBe('unknown');
    expect(emg(concept('cpt 95886'), result({ valueCodeableConcept: concept('icd G56.01') }))).not.toBe('true');
  });
  it('may be told by the order on which it was done', () => {
    expect(emg(local, { ...shown, basedOn: [{ reference: 'ServiceRequest/o' }] })).toBe('true');
    expect(emg(local, shown)).toBe('unknown');
  });
});

describe('results of a report that are Observations of their own', () => {
  const shows = 'evidence: [{ imaging: { modality: [ct], shows: [vertebral-fracture] } }]';
  const withResult = (value: Members, more: Members = {}): readonly Resource[] => [
    { ...report('cpt 72131', '2026-02-01'), result: [{ reference: 'Observation/found' }] },
    { id: 'found', status: 'final', code: concept('loinc 18782-3'), ...value, ...more, resourceType: 'Observation' },
  ];
  const FRACTURE: Members = { valueCodeableConcept: concept('icd S32.010A') };

  it('count as its findings', () => {
    expect(ask(shows, withResult(FRACTURE)).truth).toBe('true');
    expect(ask(shows, withResult({ code: concept('icd S32.010A'), valueBoolean: true })).truth).toBe('true');
    expect(ask(shows, [...withResult(FRACTURE)].reverse()).truth).toBe('true');
  });
  it('are no findings of an examination of the patient', () => {
    const types = (resources: readonly Resource[]): readonly string[] =>
      found(chartOf(named(resources)), 'vertebral-fracture').map((r) => r.type);
    const [images, result] = withResult(FRACTURE) as [Resource, Resource];
    expect(types([images, result])).toEqual(['imaging']);
    const within = { ...images, contained: [result], result: [{ reference: '#found' }] };
    expect(types([within])).toEqual(['imaging']);
    expect(types([{ ...images, code: { text: 'Visit' } }, result])).toEqual(['observation']);
    expect(types([result])).toEqual(['observation']);
    const ofItsCode = { ...result, code: concept('icd S32.010A') };
    expect(new Set(types([images, ofItsCode]))).toEqual(new Set(['observation', 'imaging']));
  });
  it('do not count when they are not final, of another patient, or affirm nothing', () => {
    for (const more of [
      { status: 'preliminary' },
      { status: 'entered-in-error' },
      { subject: { reference: 'Patient/p2' } },
    ])
      expect(ask(shows, withResult(FRACTURE, more)).truth).toBe('unknown');
    expect(ask(shows, withResult({ code: concept('icd S32.010A'), valueBoolean: false })).truth).toBe('unknown');
  });
});

describe('an MRI that was not done as it is contraindicated', () => {
  const forgone = (statusReason: unknown, code = 'cpt 72148'): Resource => ({
    resourceType: 'Procedure',
    status: 'not-done',
    statusReason,
    code: concept(code),
    performedDateTime: '2026-02-20',
  });
  const asked = 'evidence: [{ imaging: { modality: [mri], not-done-for: [contraindicated] } }]';
  const openedBy = (...resources: readonly Resource[]): boolean =>
    ask(asked, resources).leads?.some((l) => l.label === 'not done, as it is contraindicated') ?? false;

  it('leaves open whether one is, by a code or in words', () => {
    expect(openedBy(forgone(concept('snomed 183932001')))).toBe(true);
    expect(openedBy(forgone(concept('icd Z53.09')))).toBe(true);
    expect(openedBy(forgone({ text: 'MRI contraindicated' }))).toBe(true);
    expect(openedBy(forgone(concept('snomed 183932001'), 'cpt 70551'))).toBe(true);
    expect(ask(asked, [forgone(concept('snomed 183932001'))]).truth).toBe('unknown');
  });

  it('does not when it was refused, when it was no MRI, or when one was done since', () => {
    expect(openedBy(forgone({ text: 'Patient declined' }))).toBe(false);
    expect(openedBy(forgone(concept('snomed 183932001'), 'cpt 72131'))).toBe(false);
    const done = { ...forgone(undefined), status: 'completed', performedDateTime: '2026-02-25' };
    expect(openedBy(forgone(concept('snomed 183932001')), done)).toBe(false);
    const inWords = { ...done, code: { text: 'MRI lumbar spine' } };
    expect(openedBy(forgone(concept('snomed 183932001')), inWords)).toBe(false);
  });

  it('does not when the contrast material was contraindicated', () => {
    expect(openedBy(forgone({ text: 'Contrast contraindicated, eGFR 18' }, 'cpt 72158'))).toBe(false);
  });
});
