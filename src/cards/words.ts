import type { CheckedOrder } from '../criteria-check/check-order.ts';
import { formatDay } from '../dates/day.ts';
import type { Assessment, Missing, NearestPath, Outcome } from '../policy/assessment.ts';
import type { Evidence } from '../policy/fact-source.ts';
import { noneOf } from '../policy/words.ts';

export const URGENT = 'Documented red flag: do not delay care for authorization';
/** The same where room is short. */
export const URGENT_SHORT = 'Documented red flag: do not delay care';
export const NOT_A_DECISION =
  'This is a check against published criteria, not a coverage decision or an authorization.';

/** Cuts a sentence at a word so that it stays below a number of characters, counted as UTF-16 and as code points. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max - 1);
  const space = cut.lastIndexOf(' ');
  return `${(space > max / 2 ? cut.slice(0, space) : cut).replace(/[ ,;:(]+$/, '')}…`;
}

/** Lists a few things in words and counts the rest. */
export function list(items: readonly string[], most: number, separator = ', '): string {
  const shown = items.slice(0, most).join(separator);
  return items.length > most ? `${shown} and ${items.length - most} more` : shown;
}

/** A label within a sentence: small at first, save abbreviations. */
export const lowerFirst = (label: string): string => label.replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase());

/** The outcomes in words. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  met: 'Criteria met as documented',
  'not-met': 'Criteria not met as documented',
  undetermined: 'Criteria not settled',
  alternative: 'Criteria met for another study',
  'not-required': 'No review needed',
};

/** What a red flag is about, without the words that all of them begin with. */
export const bareScreen = (label: string): string => label.replace(/^Red flag[^:]*: /, '');

/** The label of a fact in words. */
export type FactLabel = (fact: string) => string;

export const factLabels =
  (check: CheckedOrder): FactLabel =>
  (fact) =>
    check.facts.vocabulary.describe(fact)?.label ?? fact.replaceAll('-', ' ');

/** How many facts of an outcome rest on the chart, and how many on a clinician's statement alone. */
export function factCounts({ assessment }: CheckedOrder): { readonly attested: number; readonly charted: number } {
  const against = assessment.outcome === 'met' ? [] : assessment.contradicted;
  const evidence = [...assessment.satisfied, ...against].flatMap((s) => s.evidence);
  const charted = new Set(evidence.flatMap((e) => (e.basis === 'chart' || e.basis === 'order' ? [e.fact] : [])));
  const attested = new Set(evidence.flatMap((e) => (e.basis === 'attested' && !charted.has(e.fact) ? [e.fact] : [])));
  return { attested: attested.size, charted: charted.size };
}

/** What a reviewer would find who has this chart alone, where that differs from the outcome. */
export const asDocumentedWords = ({ outcome, asDocumented }: Assessment): string | undefined =>
  asDocumented === outcome
    ? undefined
    : `With this chart alone a reviewer would find: ${OUTCOME_WORDS[asDocumented].toLowerCase()}.`;

/** The counts in one sentence. */
export function countsWords(check: CheckedOrder): string {
  if (check.assessment.outcome === 'not-required') return 'Rests on the policy itself.';
  const { attested, charted } = factCounts(check);
  const facts = (n: number): string => `${n} ${n === 1 ? 'fact' : 'facts'}`;
  return `Rests on ${facts(charted)} of the chart and ${facts(attested)} stated by a clinician.`;
}

/** One piece of evidence in words: the fact, the resource and its date, or that nothing is on file. */
function evidenceWords(evidence: Evidence, label: FactLabel): string {
  if (evidence.basis === 'absence') return `${noneOf(label(evidence.fact))}: none on file here`;
  const source = [evidence.reference, evidence.date].filter((part) => part !== undefined).join(', ');
  const attested = evidence.basis === 'attested' ? ', stated by a clinician' : '';
  return `${label(evidence.fact)}${source === '' ? '' : ` (${source}${attested})`}`;
}

/** Where evidence stands, without saying again what it is about: resources and dates. */
export function sources(evidence: readonly Evidence[]): string {
  const refs = [...new Set(evidence.flatMap((e) => e.reference ?? []))];
  if (refs.length === 0) return evidence.some((e) => e.basis === 'absence') ? 'none on file here' : '';
  const dates = evidence.flatMap((e) => e.date ?? []).sort();
  const [first, last] = [dates[0], dates.at(-1)];
  const span = first === undefined ? '' : first === last ? `, ${first}` : `; ${first} to ${last}`;
  return `${list(refs, 3)}${span}${evidence.every((e) => e.basis === 'attested') ? ', stated by a clinician' : ''}`;
}

/** When a way can lead to "met", as time has to pass or something to be done; empty when nothing stands in the way. */
export function timing({ from, byTimeAlone, startedNow }: NearestPath): string {
  const day = from === undefined ? '' : formatDay(from);
  if (byTimeAlone) return ` From ${day} on by time alone.`;
  if (startedNow !== undefined) return ` If started now: ${formatDay(startedNow)} at the earliest.`;
  return from === undefined ? '' : ` Not before ${day}.`;
}

/** Is a question asked for other ways than the nearest alone? What an exclusion asks comes first, whatever the way. */
export function ofOtherWays({ paths }: Pick<Assessment, 'paths'>, { criteria }: Missing): boolean {
  const [nearest, ...others] = paths.map((p) => p.criterion);
  return nearest !== undefined && !criteria.includes(nearest) && criteria.every((c) => others.includes(c));
}

/** Which studies a way is for, when it is not for the ordered one. */
export const forOthers = ({ otherStudies }: NearestPath): string =>
  otherStudies === undefined ? '' : ` For ${otherStudies.slice(0, 3).join(' or ')}, not for the ordered study.`;

/** Evidence in words, several resources of one fact together. */
export function evidenceList(evidence: readonly Evidence[], label: FactLabel): readonly string[] {
  const byFact = new Map<string, Evidence[]>();
  for (const e of evidence) {
    const key = `${e.fact}|${e.basis}`;
    const group = byFact.get(key);
    if (group === undefined) byFact.set(key, [e]);
    else group.push(e);
  }
  return [...byFact.values()].map((group) => {
    const [first, second] = group;
    if (first === undefined) return '';
    if (second === undefined || first.basis === 'absence') return evidenceWords(first, label);
    const dates = group.flatMap((e) => e.date ?? []).sort();
    const span = dates.length > 1 && dates[0] !== dates.at(-1) ? `${dates[0]} to ${dates.at(-1)}` : (dates[0] ?? '');
    return `${label(first.fact)} (${list(
      group.flatMap((e) => e.reference ?? []),
      3,
    )}${span === '' ? '' : `; ${span}`}${first.basis === 'attested' ? '; stated by a clinician' : ''})`;
  });
}
