import { type Interval, parseDate } from '../../dates/day.ts';
import { placeOf } from '../../terminology/regions.ts';
import { start } from '../element-dates.ts';
import { type Json, object, objects, text } from '../json.ts';
import type { ReadContext } from '../read-context.ts';
import type { AnswerRecord } from '../records.ts';
import { parseReference } from '../references.ts';

/** Where our own codes and forms live. */
export interface Canonical {
  /** the code system of the facts, e.g. "https://payer-policy-cds.example.org/fhir/CodeSystem/fact" */
  readonly factSystem: string;
  /** e.g. "https://payer-policy-cds.example.org/fhir/Questionnaire/" */
  readonly questionnaires: string;
}

/** The canonical URLs below a base. @param base e.g. "https://payer-policy-cds.example.org/fhir" */
export const canonicalUrls = (base: string): Canonical => ({
  factSystem: `${base}/CodeSystem/fact`,
  questionnaires: `${base}/Questionnaire/`,
});

/** The extension of an answer that says when it was given: a response may hold answers of several days. */
export const givenUrl = ({ factSystem }: Canonical): string =>
  factSystem.replace(/CodeSystem\/fact$/, 'StructureDefinition/given');

const FACT = /^[a-z][a-z0-9-]{0,80}(\.(suspected|history))?$/;
const YES = new Set(['Y', 'yes', '373066001', 'LA33-6', '10828004', '52101004']);
const NO = new Set(['N', 'no', '373067005', 'LA32-8', '260385009', '2667000']);

type Value = AnswerRecord['value'];

function answered(element: Json): Value | undefined {
  if (typeof element['valueBoolean'] === 'boolean') return { kind: 'boolean', value: element['valueBoolean'] };
  const date = parseDate(element['valueDate']) ?? parseDate(element['valueDateTime']);
  if (date !== undefined) return { kind: 'date', value: date };
  const codes = [
    object(element['valueCoding']),
    ...objects(object(element['valueCodeableConcept'])?.['coding']),
  ].flatMap((c) => text(c?.['code']) ?? []);
  if (codes.some((c) => YES.has(c))) return { kind: 'boolean', value: true };
  return codes.some((c) => NO.has(c)) ? { kind: 'boolean', value: false } : undefined;
}

function author(references: readonly (Json | undefined)[]): AnswerRecord['by'] {
  const types = references.flatMap((r) => parseReference(r?.['reference'])?.type ?? []);
  if (types.some((t) => t === 'Practitioner' || t === 'PractitionerRole')) return 'practitioner';
  return types.some((t) => t === 'Patient' || t === 'RelatedPerson') ? 'patient' : 'unknown';
}

const SETTLED = new Set(['final', 'amended', 'corrected', 'completed']);

const factOf = (r: Json, canonical: Canonical): unknown =>
  objects(object(r['code'])?.['coding']).find((c) => c['system'] === canonical.factSystem)?.['code'];

/** Is the code of an Observation one of our fact codes? */
export const isFactObservation = (r: Json, canonical: Canonical): boolean => factOf(r, canonical) !== undefined;

/** The answer in an Observation whose code is one of our fact codes. */
export function readFactObservation(
  ctx: ReadContext,
  r: Json,
  ref: string,
  canonical: Canonical,
): AnswerRecord | undefined {
  const fact = factOf(r, canonical);
  if (typeof fact !== 'string' || !FACT.test(fact) || !SETTLED.has(text(r['status']) ?? '')) return undefined;
  const value = answered(r);
  if (value === undefined) return undefined;
  const issued = parseDate(r['issued']);
  const when = start(r, 'effective') ?? issued;
  const given = when?.at ?? issued?.at;
  return {
    type: 'answer',
    ref,
    fact,
    value,
    ...(when !== undefined && { when }),
    ...(issued !== undefined && { stated: issued }),
    ...(given !== undefined && { given }),
    place: ctx.concepts.site(r['bodySite']),
    by: author(objects(r['performer'])),
  };
}

/** The region that one of our questionnaires is about, from its canonical ("…/Questionnaire/policy.lumbar|1"). */
function questionnaireRegion(canonical: string): string | undefined {
  return /\.(cervical|thoracic|lumbar|pelvis)(\||$)/.exec(canonical)?.[1];
}

/** The day that an answer is about: the one that is stated with it, and where none is that of the response. One that cannot be read is none. */
const dayOf = (stated: Json | undefined, authored: Interval | undefined): Interval | undefined =>
  stated === undefined ? authored : parseDate(stated['valueDate'] ?? stated['valueDateTime'] ?? stated['valueString']);

/** The answers in a QuestionnaireResponse to one of our questionnaires; linkIds are fact codes, "date" items give the day. */
export function readQuestionnaireResponse(r: Json, ref: string, canonical: Canonical): readonly AnswerRecord[] {
  const questionnaire = text(r['questionnaire']) ?? '';
  if (!questionnaire.startsWith(canonical.questionnaires) || !SETTLED.has(text(r['status']) ?? '')) return [];
  const authored = parseDate(r['authored']);
  const region = questionnaireRegion(questionnaire);
  // whoever writes down what the patient answers does not vouch for it
  const by = author([object(r['source']) ?? object(r['author'])]);
  const out: AnswerRecord[] = [];
  const visit = (items: readonly Json[], depth: number): void => {
    for (const item of items) {
      const fact = text(item['linkId']) ?? '';
      const answer = objects(item['answer'])[0];
      const value = answer === undefined ? undefined : answered(answer);
      if (value !== undefined && FACT.test(fact)) {
        const below = [...objects(item['item']), ...objects(answer?.['item'])];
        const dated = below.find((i) => text(i['linkId'])?.endsWith('/date'));
        const own = objects(answer?.['extension']).find((e) => e['url'] === givenUrl(canonical));
        const stated = parseDate(own?.['valueDateTime']) ?? authored;
        const when = dayOf(objects(dated?.['answer'])[0], authored);
        out.push({
          type: 'answer',
          ref,
          fact,
          value,
          ...(when !== undefined && { when }),
          ...(stated !== undefined && { stated }),
          ...(stated?.at !== undefined && { given: stated.at }),
          place: region === undefined ? 0 : placeOf([region]),
          by,
        });
      }
      if (depth < 8) visit(objects(item['item']), depth + 1);
    }
  };
  visit(objects(r['item']), 0);
  return out;
}
