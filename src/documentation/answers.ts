import type {
  Extension,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer,
} from 'fhir/r4.js';
import { isObject, type Json, object, objects, text } from '../chart/json.ts';
import { givenUrl } from '../chart/readers/answer.ts';
import { contentHash } from './asked-facts.ts';
import {
  type AnswerCode,
  answerCoding,
  DATE_QUESTION,
  FINDING_QUESTION,
  type Form,
  STATED_QUESTION,
  versionedUrl,
} from './questionnaire.ts';

/** What a clinician said to one question. */
export interface GivenAnswer {
  readonly fact: string;
  /** yes, no or not assessed; or the date that was asked for, "YYYY-MM-DD" */
  readonly value: AnswerCode | { readonly date: string };
  /** the day on which it was found, done or began, "YYYY-MM-DD" */
  readonly date?: string;
  /** what the note holds */
  readonly finding?: string;
}

/** Whose answers they are, and to what they belong. */
export interface AnswersContext {
  /** FHIR base of the EHR */
  readonly base: string;
  readonly patientId: string;
  readonly encounterId?: string;
  /** "Practitioner/x"; without it nobody vouches for the answers */
  readonly author?: string;
  /** what they were given for: "ServiceRequest/x", or the study when there is no order yet */
  readonly about: string;
  /** the order in words, and whether the EHR has it under this reference */
  readonly order: { readonly display: string; readonly onFile: boolean };
  /** "Coverage/x" */
  readonly coverage?: string;
  /** ISO 8601 instant */
  readonly authored: string;
}

const DTR = 'http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/';

/** The business identifier of the answers of one patient to one form for one order: saving twice finds the first. */
export function answersIdentifier(
  form: Form,
  context: Pick<AnswersContext, 'base' | 'patientId' | 'about'>,
): { readonly system: string; readonly value: string } {
  const { base, patientId, about } = context;
  return {
    system: form.canonical.factSystem.replace(/CodeSystem\/fact$/, 'identifier/answers'),
    value: contentHash([base, patientId, about, versionedUrl(form)], 32),
  };
}

/** Who gave an answer, and that a person gave it (the origin that DTR asks for). */
const origin = (author: string | undefined): readonly Extension[] => [
  {
    url: `${DTR}information-origin`,
    extension: [
      { url: 'source', valueCode: 'manual' },
      ...(author === undefined
        ? []
        : [{ url: 'author', extension: [{ url: 'practitioner', valueReference: { reference: author } }] }]),
    ],
  },
];

function itemOf(
  answer: GivenAnswer,
  form: Form,
  { author, authored }: Pick<AnswersContext, 'author' | 'authored'>,
): QuestionnaireResponseItem | undefined {
  const fact = form.facts.find((f) => f.code === answer.fact);
  if (fact === undefined) return undefined;
  const { value } = answer;
  const below: QuestionnaireResponseItem[] = [];
  if (value !== 'not-assessed') {
    if (answer.date !== undefined)
      below.push({
        linkId: `${fact.code}/date`,
        text: fact.answer === 'date' ? STATED_QUESTION : DATE_QUESTION,
        answer: [{ valueDate: answer.date }],
      });
    if (answer.finding !== undefined && answer.finding !== '')
      below.push({
        linkId: `${fact.code}/finding`,
        text: FINDING_QUESTION,
        answer: [{ valueString: answer.finding }],
      });
  }
  const given: QuestionnaireResponseItemAnswer = {
    extension: [...origin(author), { url: givenUrl(form.canonical), valueDateTime: authored }],
    ...(typeof value === 'string' ? { valueCoding: answerCoding(value, form.canonical) } : { valueDate: value.date }),
    ...(below.length > 0 && { item: below }),
  };
  return { linkId: fact.code, text: fact.question, answer: [given] };
}

/** What the answers belong to, as DTR says it: the order (by name alone while it is a draft) and the coverage. */
function contextExtensions(context: AnswersContext): Extension[] {
  const { about, order, coverage } = context;
  return [
    {
      url: `${DTR}qr-context`,
      valueReference: {
        ...(order.onFile && { reference: about }),
        type: 'ServiceRequest',
        display: order.display,
      },
    },
    ...(coverage === undefined ? [] : [{ url: `${DTR}qr-coverage`, valueReference: { reference: coverage } }]),
  ];
}

/** Is this the response that holds earlier answers to the same form for the same order? */
export function isEarlier(resource: unknown, identifier: ReturnType<typeof answersIdentifier>): resource is Json {
  if (!isObject(resource) || resource['resourceType'] !== 'QuestionnaireResponse') return false;
  return objects(resource['identifier']).some(
    (i) => i['system'] === identifier.system && i['value'] === identifier.value,
  );
}

/**
 * The answers to one form as a FHIR QuestionnaireResponse. Earlier answers to other questions of the form are kept as they are;
 * a question that is answered again has its new answer.
 * @param earlier the response on file, to be replaced
 */
export function responseOf(
  form: Form,
  answers: readonly GivenAnswer[],
  context: AnswersContext,
  earlier?: Json,
): QuestionnaireResponse {
  const withdrawn = earlier?.['status'] === 'entered-in-error';
  const before = objects(withdrawn ? undefined : earlier?.['item']) as unknown as readonly QuestionnaireResponseItem[];
  const given = new Map(
    answers.flatMap((answer) => {
      const item = itemOf(answer, form, context);
      return item === undefined ? [] : [[item.linkId, item] as const];
    }),
  );
  const kept = before.filter((item) => !given.has(item.linkId));
  const order = new Map(form.facts.map((f, i) => [f.code, i]));
  const items = [...kept, ...given.values()].sort((a, b) => (order.get(a.linkId) ?? 0) - (order.get(b.linkId) ?? 0));
  const id = text(earlier?.['id']);
  const meta = object(earlier?.['meta']);
  return {
    resourceType: 'QuestionnaireResponse',
    ...(id !== undefined && { id }),
    ...(meta !== undefined && { meta }),
    extension: contextExtensions(context),
    identifier: answersIdentifier(form, context),
    questionnaire: versionedUrl(form),
    status: 'completed',
    subject: { reference: `Patient/${context.patientId}` },
    ...(context.encounterId !== undefined && { encounter: { reference: `Encounter/${context.encounterId}` } }),
    authored: context.authored,
    ...(context.author !== undefined && { author: { reference: context.author } }),
    ...(items.length > 0 && { item: items }),
  };
}

/** The answers that a response holds, with what was said to each question; "not assessed" among them. */
export function answersIn(response: Json, form: Form): readonly GivenAnswer[] {
  if (response['status'] === 'entered-in-error') return [];
  return objects(response['item']).flatMap((item) => {
    const fact = form.facts.find((f) => f.code === item['linkId']);
    const [answer] = objects(item['answer']);
    if (fact === undefined || answer === undefined) return [];
    const below = (name: string): Json | undefined =>
      objects(objects(answer['item']).find((i) => i['linkId'] === `${fact.code}/${name}`)?.['answer'])[0];
    const code = text(object(answer['valueCoding'])?.['code']);
    const on = text(answer['valueDate']);
    const value = on !== undefined ? { date: on } : code === 'Y' ? 'yes' : code === 'N' ? 'no' : 'not-assessed';
    const date = text(below('date')?.['valueDate']);
    const finding = text(below('finding')?.['valueString']);
    return [
      {
        fact: fact.code,
        value,
        ...(date !== undefined && { date }),
        ...(finding !== undefined && { finding }),
      },
    ];
  });
}
