import { describe, expect, it } from 'vitest';
import { condition, factsOf, value } from '../support/lumbar-facts.ts';
import { concept, type Resource } from '../support/tiny-chart.ts';

const observation = (code: string, members: object): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: concept(code),
  effectiveDateTime: '2026-02-27',
  ...members,
});
const BREAST_CANCER = { valueCodeableConcept: concept('snomed 254837009') };

describe('an observation about', () => {
  it('the family is not about the patient, whichever way it is coded', () => {
    for (const code of ['loinc 10157-6', 'snomed 416471007', 'snomed 57177007', 'snomed 281666001'])
      for (const members of [BREAST_CANCER, { component: [{ code: concept('loinc 8678-5'), ...BREAST_CANCER }] }])
        expect(value('cancer', [observation(code, members)], { certainty: 'history' }).truth, code).toBe('unknown');
  });
  it('what the patient had is history', () => {
    const past = observation('loinc 11348-0', BREAST_CANCER);
    expect(value('cancer', [past]).truth).toBe('unknown');
    expect(value('cancer', [past], { certainty: 'history' }).truth).toBe('true');
  });
  it('a child before its birth, or a relative, says nothing of the patient', () => {
    const fever = { valueQuantity: { value: 39, unit: 'Cel', code: 'Cel' } };
    const ofFever = (focus: string): string =>
      value('fever', [observation('loinc 8310-5', { ...fever, focus: [{ reference: focus }] })]).truth;
    expect(ofFever('RelatedPerson/mother')).toBe('unknown');
    expect(ofFever('Patient/child')).toBe('unknown');
    expect(ofFever('Patient/p1')).toBe('true');
  });
});

describe('a value that is a reason, a risk or a plan', () => {
  const CODES = ['29299-5', '8661-1', '18776-5', '75492-9'];
  it('is no diagnosis', () => {
    for (const code of CODES)
      expect(value('cancer', [observation(`loinc ${code}`, BREAST_CANCER)]).truth, code).toBe('unknown');
  });
  it('is a complaint where it names one', () => {
    const back = observation('loinc 8661-1', { valueCodeableConcept: concept('snomed 279039007') });
    expect(value('spine-pain', [back]).truth).toBe('true');
  });
});

describe('a drug by its route', () => {
  const taken = (drug: string, route?: object): Resource => ({
    resourceType: 'MedicationRequest',
    status: 'active',
    intent: 'order',
    authoredOn: '2025-10-01',
    medicationCodeableConcept: concept(drug),
    ...(route !== undefined && { dosageInstruction: [{ route }] }),
  });
  const steroids = (...resources: readonly Resource[]): string => value('long-term-steroids', resources).truth;
  const PREDNISOLONE = 'rxnorm 8638';

  it('is systemic when taken by mouth, or by a route that is not stated', () => {
    expect(steroids(taken(PREDNISOLONE))).toBe('true');
    expect(steroids(taken(PREDNISOLONE, concept('snomed 26643006')))).toBe('true');
  });
  it('is not when put into the eye, a joint or the epidural space, or on the skin', () => {
    for (const code of ['54485002', '12130007', '404820008', '6064005'])
      expect(steroids(taken(PREDNISOLONE, concept(`snomed ${code}`))), code).toBe('unknown');
    for (const text of ['Ophthalmic', 'Both Eyes', 'Topical', 'Intra-articular'])
      expect(steroids(taken(PREDNISOLONE, { text })), text).toBe('unknown');
  });
  it('is no longer taken after the period for which it was prescribed', () => {
    const until = (end: string): string =>
      steroids({
        ...taken(PREDNISOLONE),
        dosageInstruction: [{ timing: { repeat: { boundsPeriod: { start: '2025-10-01', end } } } }],
      });
    expect(until('2026-12-31')).toBe('true');
    expect(until('2026-01-15')).toBe('unknown');
  });
  it('is systemic when one of its dosages is', () => {
    const both = { dosageInstruction: [{ route: { text: 'Topical' } }, { route: { text: 'Oral' } }] };
    expect(steroids({ ...taken(PREDNISOLONE), ...both })).toBe('true');
  });
  it('counts on the skin where it is one for pain', () => {
    const treated = (drug: string, text: string): string =>
      value('treatment-of-spine-problem', [taken(drug, { text })]).truth;
    expect(treated('rxnorm 3355', 'Topical')).toBe('true');
    expect(treated(PREDNISOLONE, 'Topical')).toBe('unknown');
  });
});

describe('a conclusion that no fact knows', () => {
  const film = (conclusion: string): Resource => ({
    resourceType: 'DiagnosticReport',
    status: 'final',
    code: concept('cpt 72100'),
    effectiveDateTime: '2026-02-27',
    conclusionCode: [concept(conclusion)],
  });
  const truths = (conclusion: string): readonly string[] =>
    ['spine-imaging-abnormal', 'films-negative-for-fracture'].map((fact) => value(fact, [film(conclusion)]).truth);

  it('says in SNOMED CT neither that something was found nor that nothing was', () => {
    expect(truths('snomed 373887005')).toEqual(['unknown', 'unknown']);
  });
  it('says in ICD-10-CM that something was found, unless it is no disease', () => {
    expect(truths('icd N20.0')).toEqual(['true', 'true']);
    expect(truths('icd Z13.89')).toEqual(['unknown', 'unknown']);
  });
});

describe('what is elsewhere', () => {
  const numb = (site: string): Resource =>
    condition('icd R20.0', { onsetDateTime: '2026-02-20', bodySite: [concept(`snomed ${site}`)] });
  it('a numb face is no deficit that concerns the spine; a numb hand is', () => {
    expect(value('new-neurological-deficit', [numb('89545001')]).truth).toBe('unknown');
    expect(value('new-neurological-deficit', [numb('85562004')]).truth).toBe('true');
    expect(value('neurological-symptom', [numb('89545001')], { region: 'any' }).truth).toBe('unknown');
    expect(value('neurological-symptom', [numb('85562004')], { region: 'any' }).truth).toBe('true');
  });
  it('the status after a fusion is that of the region that was fused', () => {
    const status = condition('icd Z98.1');
    const fusion: Resource = { resourceType: 'Procedure', status: 'completed', code: concept('cpt 22551') };
    const fused = (region: 'cervical' | 'lumbar', ...chart: readonly Resource[]): string =>
      factsOf(chart).fact({ fact: 'spinal-fusion-performed', certainty: 'known', region, strictRegion: false }).truth;
    expect(fused('lumbar', status)).toBe('true');
    expect(fused('lumbar', status, fusion)).toBe('unknown');
    expect(fused('cervical', status, fusion)).toBe('true');
  });
  it('a broken tooth is no fracture that tells of the bones', () => {
    const broken = (code: string): string =>
      value('other-acute-fracture', [condition(code, { onsetDateTime: '2026-02-20' })]).truth;
    expect(broken('icd S02.5XXA')).toBe('unknown');
    expect(broken('icd S52.501A')).toBe('true');
  });
});

describe('an operation', () => {
  const planned = (intent: string): string =>
    value('surgery-planned', [
      {
        resourceType: 'ServiceRequest',
        status: 'active',
        intent,
        code: concept('cpt 63030'),
        authoredOn: '2026-02-20',
      },
    ]).truth;
  it('that is proposed, or one of several options, is not planned', () => {
    expect(['order', 'plan', 'proposal', 'option'].map(planned)).toEqual(['true', 'true', 'unknown', 'unknown']);
  });
});
