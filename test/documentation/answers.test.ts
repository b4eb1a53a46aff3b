import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/chart/json.ts';
import { readQuestionnaireResponse } from '../../src/chart/readers/answer.ts';
import { formatInterval } from '../../src/dates/day.ts';
import {
  type AnswersContext,
  answersIdentifier,
  answersIn,
  type GivenAnswer,
  isEarlier,
  responseOf,
} from '../../src/documentation/answers.ts';
import { formOf, versionedUrl } from '../../src/documentation/questionnaire.ts';
import { placeOf } from '../../src/terminology/regions.ts';
import { checker } from '../support/knowledge.ts';
import { fhirErrors } from '../support/valid-fhir.ts';

const { knowledge, canonical } = checker();
const policy = knowledge.policies.policies.find((p) => p.id === 'kaiser-wa-lumbar-mri');
if (policy === undefined) throw new Error('there is no such policy');
const form = formOf(policy, 'lumbar', knowledge.vocabulary, canonical);

const context: AnswersContext = {
  base: 'https://ehr.example.org/fhir',
  patientId: 'iris',
  encounterId: 'e1',
  author: 'Practitioner/wells',
  about: 'ServiceRequest/order-1',
  order: { display: 'MRI lumbar spine without contrast (72148)', onFile: false },
  coverage: 'Coverage/c1',
  authored: '2026-03-02T10:00:00Z',
};
const YES: GivenAnswer = {
  fact: 'straight-leg-raise',
  value: 'yes',
  date: '2026-02-27',
  finding: 'Positive on the left at 40 degrees',
};
const NO: GivenAnswer = { fact: 'leg-pain-greater', value: 'no', date: '2026-03-01' };
const NOT_ASSESSED: GivenAnswer = { fact: 'saddle-anesthesia', value: 'not-assessed' };
const ONSET: GivenAnswer = { fact: 'episode-onset', value: { date: '2025-12-01' }, date: '2026-03-02' };
const ALL = [YES, NO, NOT_ASSESSED, ONSET];

const asJson = (resource: unknown): Json => JSON.parse(JSON.stringify(resource)) as Json;
const read = (resource: unknown) => readQuestionnaireResponse(asJson(resource), 'QuestionnaireResponse/1', canonical);

describe('answers as a QuestionnaireResponse', () => {
  const response = responseOf(form, ALL, context);

  it('are valid FHIR, with author, date, subject, encounter and the form’s version', () => {
    expect(fhirErrors(response)).toEqual([]);
    expect(response).toMatchObject({
      questionnaire: versionedUrl(form),
      status: 'completed',
      subject: { reference: 'Patient/iris' },
      encounter: { reference: 'Encounter/e1' },
      author: { reference: 'Practitioner/wells' },
      authored: '2026-03-02T10:00:00Z',
    });
    expect(response.basedOn).toBeUndefined();
  });

  it('hold the date, the finding and the origin of each answer, in the words of the form', () => {
    const item = response.item?.find((i) => i.linkId === YES.fact);
    expect(item?.text).toBe(form.facts.find((f) => f.code === YES.fact)?.question);
    expect(item?.answer?.[0]?.valueCoding?.code).toBe('Y');
    expect(item?.answer?.[0]?.item?.map((i) => i.answer?.[0]?.valueDate ?? i.answer?.[0]?.valueString)).toEqual([
      YES.date,
      YES.finding,
    ]);
    expect(JSON.stringify(item?.answer?.[0]?.extension)).toContain('"manual"');
    expect(JSON.stringify(item?.answer?.[0]?.extension)).toContain('Practitioner/wells');
  });

  it('are read back as facts by the chart, those that were not assessed aside', () => {
    const facts = read(response);
    expect(
      facts.map((f) => [
        f.fact,
        f.value.kind === 'boolean' ? f.value.value : formatInterval(f.value.value),
        f.when && formatInterval(f.when),
        f.by,
        f.place,
      ]),
    ).toEqual(
      expect.arrayContaining([
        [YES.fact, true, '2026-02-27', 'practitioner', placeOf(['lumbar'])],
        [NO.fact, false, '2026-03-01', 'practitioner', placeOf(['lumbar'])],
        [ONSET.fact, '2025-12-01', '2026-03-02', 'practitioner', placeOf(['lumbar'])],
      ]),
    );
    expect(facts).toHaveLength(3);
  });

  it('do not refer to a draft order, which no server has', () => {
    expect(JSON.stringify(response)).not.toContain('ServiceRequest/order-1');
    const onFile = responseOf(form, ALL, { ...context, order: { ...context.order, onFile: true } });
    expect(JSON.stringify(onFile.extension)).toContain('ServiceRequest/order-1');
  });

  it('of an unknown author count for nobody', () => {
    const { author: _author, ...anonymous } = context;
    expect(read(responseOf(form, ALL, anonymous)).map((f) => f.by)).toEqual(['unknown', 'unknown', 'unknown']);
  });

  it('of the patient that a clinician wrote down are the patient’s', () => {
    const source = { reference: 'Patient/iris' };
    expect(read({ ...response, source }).map((f) => f.by)).toEqual(['patient', 'patient', 'patient']);
    const own = { source: { reference: 'Practitioner/wells' }, author: { reference: 'Device/scribe' } };
    expect(read({ ...response, ...own }).map((f) => f.by)).toEqual(['practitioner', 'practitioner', 'practitioner']);
  });

  it('with a day that cannot be read are of no day, not of the day on which they were written', () => {
    const dated = (day: object): Json => {
      const text = JSON.stringify(response).replace('"valueDate":"2026-02-27"', JSON.stringify(day).slice(1, -1));
      return JSON.parse(text) as Json;
    };
    const when = (day: object) => read(dated(day)).find((f) => f.fact === YES.fact)?.when;
    expect(when({ valueDate: '2026-02-31' })).toBeUndefined();
    expect(formatInterval(when({ valueDateTime: '2026-02-27T08:00:00Z' }) ?? { lo: 0, hi: 0 })).toBe('2026-02-27');
  });

  it('to questions that the form does not have are left out', () => {
    expect(
      responseOf(form, [{ fact: 'no-such-fact', value: 'yes', date: '2026-01-01' }], context).item,
    ).toBeUndefined();
  });

  it('are told again as they were given', () => {
    const byFact = (answers: readonly GivenAnswer[]) => [...answers].sort((a, b) => a.fact.localeCompare(b.fact));
    expect(byFact(answersIn(asJson(response), form))).toEqual(byFact(ALL));
  });
});

describe('answers that are given again', () => {
  const first = { ...asJson(responseOf(form, [YES, NO], context)), id: 'qr-7', meta: { versionId: '1' } };

  it('leave the others with the day on which these were given', () => {
    const again = responseOf(form, [NO], { ...context, authored: '2026-09-02T10:00:00Z' }, first);
    const given = (fact: string) => read(again).find((f) => f.fact === fact);
    expect(formatInterval(given(YES.fact)?.stated ?? { lo: 0, hi: 0 })).toBe('2026-03-02');
    expect(formatInterval(given(NO.fact)?.stated ?? { lo: 0, hi: 0 })).toBe('2026-09-02');
  });

  it('replace those on file; the others stay with their author', () => {
    const changed: GivenAnswer = { ...YES, value: 'no', date: '2026-03-02' };
    const again = responseOf(form, [changed], { ...context, author: 'Practitioner/hill' }, first);
    expect(again.id).toBe('qr-7');
    expect(again.item).toHaveLength(2);
    expect(answersIn(asJson(again), form)).toEqual(
      expect.arrayContaining([expect.objectContaining({ fact: YES.fact, value: 'no' }), expect.objectContaining(NO)]),
    );
    const author = (fact: string): string => JSON.stringify(again.item?.find((i) => i.linkId === fact)?.answer);
    expect(author(YES.fact)).toContain('Practitioner/hill');
    expect(author(NO.fact)).toContain('Practitioner/wells');
  });

  it('leave what others wrote as it is, also when it repeats or has no name', () => {
    const foreign = [
      { linkId: 'group' },
      { linkId: 'group', text: 'again' },
      { text: 'without a linkId' },
      { text: 'another' },
    ];
    const earlier = { ...first, item: [...((first as Json)['item'] as readonly Json[]), ...foreign] };
    const again = responseOf(form, [{ ...YES, value: 'no' }], context, earlier);
    expect(again.item).toHaveLength(6);
    expect(again.item).toEqual(expect.arrayContaining(foreign));
  });

  it('whose code has the name of a prototype’s member say nothing', () => {
    const odd = JSON.parse(JSON.stringify(first).replaceAll('"Y"', '"constructor"')) as Json;
    expect(answersIn(odd, form).map((a) => a.value)).toEqual(expect.arrayContaining(['not-assessed', 'no']));
  });

  it('can be taken back: not assessed is no fact', () => {
    const again = responseOf(form, [{ fact: YES.fact, value: 'not-assessed' }], context, first);
    expect(read(again).map((f) => f.fact)).toEqual([NO.fact]);
  });

  it('are known by patient, order and form', () => {
    const own = answersIdentifier(form, context);
    expect(isEarlier(first, own)).toBe(true);
    for (const other of [{ patientId: 'ada' }, { about: 'ServiceRequest/2' }, { base: 'https://other.example.org' }])
      expect(isEarlier(first, answersIdentifier(form, { ...context, ...other }))).toBe(false);
    expect(JSON.stringify(own)).not.toContain('iris');
  });
});
