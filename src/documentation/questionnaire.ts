import type { Questionnaire, QuestionnaireItem, QuestionnaireItemAnswerOption } from 'fhir/r4.js';
import type { Canonical } from '../chart/readers/answer.ts';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import type { FactCatalog, Region } from '../policy/fact-source.ts';
import { type AskedFact, askedFacts, contentHash } from './asked-facts.ts';

/** What a question can be answered with. "Not assessed" is no fact: it says that the question was seen. */
export const ANSWERS = ['yes', 'no', 'not-assessed'] as const;
export type AnswerCode = (typeof ANSWERS)[number];

/** Most characters of a finding. */
export const MOST_FINDING = 1000;

const YES_NO = 'http://terminology.hl7.org/CodeSystem/v2-0136';
const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire';
const ITEM_CONTROL = 'http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl';

export const DATE_QUESTION = 'Date on which it was found, done or began';
export const STATED_QUESTION = 'Date on which this was stated';
export const FINDING_QUESTION = 'Finding as the note holds it (result, side, source)';

/** The form of one policy text for one region. */
export interface Form {
  /** e.g. "kaiser-wa-lumbar-mri.lumbar" */
  readonly id: string;
  readonly url: string;
  /** the policy's version and a hash of the questions: it changes whenever they do */
  readonly version: string;
  readonly policy: CompiledPolicy;
  readonly region: Region | undefined;
  readonly facts: readonly AskedFact[];
  readonly canonical: Canonical;
}

/** The canonical of a form with its version, as answers to it name it. */
export const versionedUrl = (form: Form): string => `${form.url}|${form.version}`;

/** The coding of an answer. */
export function answerCoding(
  code: AnswerCode,
  canonical: Canonical,
): { readonly system: string; readonly code: string; readonly display: string } {
  if (code === 'yes') return { system: YES_NO, code: 'Y', display: 'Yes' };
  if (code === 'no') return { system: YES_NO, code: 'N', display: 'No' };
  const system = canonical.factSystem.replace(/\/fact$/, '/answer');
  return { system, code, display: 'Not assessed' };
}

/** The form of a policy text for a region: all facts that a clinician can state, whichever of them a chart lacks. */
export function formOf(
  policy: CompiledPolicy,
  region: Region | undefined,
  catalog: FactCatalog,
  canonical: Canonical,
): Form {
  const facts = askedFacts(policy, region, catalog);
  const id = region === undefined ? policy.id : `${policy.id}.${region}`;
  return {
    id,
    url: `${canonical.questionnaires}${id}`,
    version: `${policy.input.version}-${contentHash([facts, DATE_QUESTION, STATED_QUESTION, FINDING_QUESTION], 8)}`,
    policy,
    region,
    facts,
    canonical,
  };
}

function question(fact: AskedFact, canonical: Canonical): QuestionnaireItem {
  const answered = ['yes', 'no'] as const;
  const enabled =
    fact.answer === 'date'
      ? { enableWhen: [{ question: fact.code, operator: 'exists' as const, answerBoolean: true }] }
      : {
          enableWhen: answered.map((a) => ({
            question: fact.code,
            operator: '=' as const,
            answerCoding: answerCoding(a, canonical),
          })),
          enableBehavior: 'any' as const,
        };
  const options: QuestionnaireItemAnswerOption[] = ANSWERS.map((a) => ({ valueCoding: answerCoding(a, canonical) }));
  return {
    linkId: fact.code,
    code: [{ system: canonical.factSystem, code: fact.code, display: fact.label }],
    text: fact.question,
    required: false,
    ...(fact.answer === 'date'
      ? { type: 'date' as const }
      : {
          type: 'choice' as const,
          extension: [
            {
              url: ITEM_CONTROL,
              valueCodeableConcept: {
                coding: [{ system: 'http://hl7.org/fhir/questionnaire-item-control', code: 'radio-button' }],
              },
            },
          ],
          answerOption: options,
        }),
    item: [
      {
        linkId: `${fact.code}/date`,
        text: fact.answer === 'date' ? STATED_QUESTION : DATE_QUESTION,
        type: 'date',
        required: true,
        ...enabled,
      },
      {
        linkId: `${fact.code}/finding`,
        text: FINDING_QUESTION,
        type: 'text',
        maxLength: MOST_FINDING,
        ...enabled,
      },
    ],
  };
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A form as a FHIR Questionnaire (R4, SDC). LinkIds are the codes of the facts. */
export function questionnaireOf(form: Form): Questionnaire {
  const { policy, region, facts, canonical } = form;
  const title = `${policy.input.title}${region === undefined ? '' : `: facts about the ${region === 'pelvis' ? region : `${region} spine`}`}`;
  return {
    resourceType: 'Questionnaire',
    id: form.id,
    meta: { profile: [SDC] },
    text: {
      status: 'generated',
      div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${escaped(title)}</p><ul>${facts
        .map((f) => `<li>${escaped(f.question)}</li>`)
        .join('')}</ul></div>`,
    },
    url: form.url,
    version: form.version,
    name: form.id.replace(/(^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, _gap: string, letter: string) => letter.toUpperCase()),
    title,
    status: policy.input.status === 'in-force' ? 'active' : 'draft',
    subjectType: ['Patient'],
    date: policy.input.checked,
    publisher: 'payer-policy-cds',
    description:
      'Facts that the criteria of this policy look at and that a clinician can state. A form of a criteria check, not of the payer.',
    purpose: `To document what the chart lacks for the criteria of ${policy.input.title}, version ${policy.input.version}.`,
    effectivePeriod: {
      start: policy.input.effective,
      ...(policy.input.until !== undefined && { end: policy.input.until }),
    },
    item: facts.map((f) => question(f, canonical)),
  };
}
