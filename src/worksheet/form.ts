import { type Day, formatDay, parseDate } from '../dates/day.ts';
import type { GivenAnswer } from '../documentation/answers.ts';
import { ANSWERS, type AnswerCode, type Form, MOST_FINDING } from '../documentation/questionnaire.ts';
import { REGIONS, type Region } from '../policy/fact-source.ts';

/** Where a fact is asked: a region, or none. */
export type AskedRegion = Region | 'none';

/** What stands in the controls of one question, whole or not. */
export interface Entry {
  readonly region: AskedRegion;
  readonly fact: string;
  readonly answer?: AnswerCode;
  /** of a question that is answered with a date */
  readonly onset?: string;
  readonly date?: string;
  readonly finding?: string;
}

/** An entry as far as it counts, or what it lacks. */
export type Read =
  | { readonly kind: 'given'; readonly answer: GivenAnswer }
  | { readonly kind: 'open' }
  | { readonly kind: 'problem'; readonly problem: string };

/** Most questions of one form; more are not looked at. */
const MOST_ENTRIES = 60;
const MOST_DATE = 10;
const FIELD =
  /^(answer|onset|date|finding):(cervical|thoracic|lumbar|pelvis|none):([a-z][a-z0-9-]{0,80}(?:\.(?:suspected|history))?)$/;

/** The name of a control. */
export const fieldName = (part: 'answer' | 'onset' | 'date' | 'finding', region: AskedRegion, fact: string): string =>
  `${part}:${region}:${fact}`;

export const askedRegion = (region: Region | undefined): AskedRegion => region ?? 'none';
export const regionOf = (asked: AskedRegion): Region | undefined => REGIONS.find((r) => r === asked);

export const entryKey = ({ region, fact }: Pick<Entry, 'region' | 'fact'>): string => `${region}:${fact}`;

/** The entries of a form as it was sent, in the order of the page; what is not of a question is passed over. */
export function readEntries(body: unknown): readonly Entry[] {
  const entries = new Map<string, Entry>();
  if (typeof body !== 'object' || body === null) return [];
  for (const [name, value] of Object.entries(body)) {
    const match = FIELD.exec(name);
    if (match === null || typeof value !== 'string' || value.trim() === '') continue;
    const [, part, region, fact] = match as unknown as [string, string, AskedRegion, string];
    const key = `${region}:${fact}`;
    const before = entries.get(key);
    if (before === undefined && entries.size >= MOST_ENTRIES) continue;
    const entry: Entry = before ?? { region, fact };
    if (part === 'answer') {
      const answer = ANSWERS.find((a) => a === value);
      if (answer !== undefined) entries.set(key, { ...entry, answer });
    } else if (part === 'finding') entries.set(key, { ...entry, finding: value.slice(0, MOST_FINDING * 4) });
    else entries.set(key, { ...entry, [part as 'onset' | 'date']: value.slice(0, MOST_DATE) });
  }
  return [...entries.values()];
}

const EARLIEST = parseDate('1900-01-01')?.lo ?? 0;

/** A whole date up to the order's day, or what is wrong with it. */
function dateProblem(text: string | undefined, asOf: Day, what: string): string | undefined {
  if (text === undefined) return `Give ${what}.`;
  const date = parseDate(text);
  if (date === undefined || date.lo !== date.hi || date.lo < EARLIEST)
    return `${text} is no date: expected YYYY-MM-DD.`;
  return date.lo > asOf
    ? `${text} is later than the order (${formatDay(asOf)}), so that it does not count for it.`
    : undefined;
}

/**
 * Reads what stands in the controls of a question.
 * @param asOf the order's day: what is dated later does not count for it
 */
export function readEntry(entry: Entry, form: Form, asOf: Day): Read {
  const fact = form.facts.find((f) => f.code === entry.fact);
  if (fact === undefined) return { kind: 'open' };
  const { answer, onset, date, finding } = entry;
  if ((finding?.length ?? 0) > MOST_FINDING)
    return { kind: 'problem', problem: `The finding is too long: at most ${MOST_FINDING} characters.` };
  const more = { ...(finding !== undefined && { finding: finding.trim() }) };
  if (fact.answer === 'date') {
    if (onset === undefined)
      return date === undefined && finding === undefined
        ? { kind: 'open' }
        : { kind: 'problem', problem: 'Give the date that the question asks for, or empty the other fields.' };
    const problem =
      dateProblem(onset, asOf, 'the date') ?? dateProblem(date, asOf, 'the date on which this was stated');
    if (problem !== undefined || date === undefined) return { kind: 'problem', problem: problem ?? '' };
    return { kind: 'given', answer: { fact: fact.code, value: { date: onset }, date, ...more } };
  }
  if (answer === undefined)
    return date === undefined && finding === undefined
      ? { kind: 'open' }
      : { kind: 'problem', problem: 'Choose yes, no or not assessed.' };
  if (answer === 'not-assessed') return { kind: 'given', answer: { fact: fact.code, value: answer } };
  const problem = dateProblem(date, asOf, 'the date on which it was found, done or began');
  if (problem !== undefined || date === undefined) return { kind: 'problem', problem: problem ?? '' };
  return { kind: 'given', answer: { fact: fact.code, value: answer, date, ...more } };
}
