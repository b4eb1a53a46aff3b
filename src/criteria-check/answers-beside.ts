import { isObject, type Json } from '../chart/json.ts';
import type { RetrievedSection } from '../chart/sections.ts';
import type { PatientData } from './order-check.ts';

/** QuestionnaireResponses that are kept elsewhere than in the chart, or that they could not be read. */
export type AnswersBeside = readonly Json[] | 'unavailable';

/** A chart beside which answers may be kept that could not be read: not all answers were seen, and their silence says nothing. */
export function withAnswersUnseen(data: PatientData): PatientData {
  const charted = data.sections.get('QuestionnaireResponse');
  if (charted === undefined || charted.state !== 'complete') return data;
  return { ...data, sections: new Map(data.sections).set('QuestionnaireResponse', { ...charted, state: 'truncated' }) };
}

/** The answers of the chart, and those that are not in it yet. */
export function withAnswers(section: RetrievedSection | undefined, answers: readonly Json[]): RetrievedSection {
  const ids = new Set(answers.map((a) => a['id']));
  const charted = (section?.resources ?? []).filter((r) => !isObject(r) || !ids.has(r['id']));
  return { state: section?.state ?? 'not-available', resources: [...charted, ...answers] };
}
