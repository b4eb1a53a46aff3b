import { kindsWords } from '../chart/resource-words.ts';
import type { LineOfBusiness } from '../coverage/payers.ts';
import type { PayerOfOrder } from '../criteria-check/member.ts';
import type { CheckedOrder } from '../criteria-check/order-check.ts';
import { otherRegionsOf } from '../criteria-check/regions-of-reasons.ts';
import { formatDay } from '../dates/day.ts';
import type { Assessment, Missing, NearestPath, Outcome, PathFact } from '../policy/assessment.ts';
import type { Evidence } from '../policy/fact-source.ts';
import { lowerFirst, noneOf, REGION_WORDS } from '../policy/words.ts';

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

/** The outcomes in words. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  met: 'Criteria met as documented',
  'not-met': 'Criteria not met as documented',
  undetermined: 'Criteria not settled',
  alternative: 'Criteria met for another study',
  'not-required': 'No review needed',
};

/** What a red flag is about, without the words that all of them begin with. */
const bareScreen = (label: string): string => label.replace(/^Red flag[^:]*: /, '');

/** The red flags on which the chart is silent, each once, within a sentence. */
export const screenWords = ({ silentScreens }: Pick<Assessment, 'silentScreens'>): readonly string[] => [
  ...new Set(silentScreens.map(bareScreen).map(lowerFirst)),
];

const BRACKETS = / \([^()]*\)/g;
/** What a label says of certainty: less than known suffices. */
const LESS_CERTAIN = /^ \((known or suspected|now or in the past)\)$/;

/** Leaves of a way in words: what several say of one fact is one, as certain as the most certain, with all their windows. */
export function factWords(facts: readonly PathFact[]): readonly string[] {
  const byFact = Map.groupBy(
    facts,
    (f) => `${f.fact.replace(/\.(suspected|history)$/, '')}|${f.label.replace(BRACKETS, '')}`,
  );
  return [...byFact.values()].map((same) => {
    const [first] = same;
    if (first === undefined || same.length === 1) return first?.label ?? '';
    const brackets = same.map((f) => f.label.match(BRACKETS) ?? []);
    const known = brackets.some((b) => !b.some((words) => LESS_CERTAIN.test(words)));
    const told = new Set(brackets.flat().filter((words) => !(known && LESS_CERTAIN.test(words))));
    const windows = [...told].map((words) => words.slice(2, -1)).join('; ');
    return `${first.label.replace(BRACKETS, '')}${windows === '' ? '' : ` (${windows})`}`;
  });
}

/** The label of a fact in words. */
export type FactLabel = (fact: string) => string;

export const factLabels =
  (check: CheckedOrder): FactLabel =>
  (fact) =>
    check.facts.vocabulary.describe(fact)?.label ?? fact.replaceAll('-', ' ');

/**
 * What counts although something else on file speaks against it: the later of them counts, and both are shown.
 * @param truth of the facts that a documented outcome rests on, or of those that contradict it
 */
function outweighedWords(check: CheckedOrder, truth: 'true' | 'false', rests: readonly Evidence[]): readonly string[] {
  const label = factLabels(check);
  const used = new Set(rests.map((e) => e.fact));
  const lines = [...check.facts.values()].flatMap(([{ fact, certainty }, { truth: own, conflicts = [] }]) =>
    own === truth && certainty !== 'history' && used.has(fact) && conflicts.length > 0
      ? [`${label(fact)}: ${sources(conflicts, check.order.ref)}`]
      : [],
  );
  return [...new Set(lines)];
}

/** What speaks against a documented outcome, or leaves an indication in doubt, and is not the last word. */
export function againstWords(check: CheckedOrder): readonly string[] {
  const { outcome, satisfied, doubted = [] } = check.assessment;
  if (doubted.length > 0)
    return doubted.map((d) => `${d.cite}, ${d.label}: ${d.why} (${sources(d.evidence, check.order.ref)})`);
  if (outcome !== 'met' && outcome !== 'alternative') return [];
  return outweighedWords(
    check,
    'true',
    satisfied.flatMap((s) => s.evidence),
  );
}

/** What speaks for that which the chart contradicts, and is not the last word. */
export const forWords = (check: CheckedOrder): readonly string[] =>
  outweighedWords(
    check,
    'false',
    check.assessment.contradicted.flatMap((c) => c.evidence),
  );

/** What the chart says both ways of an order that is open for that reason, where no question and no doubt of the assessment tells it. */
export function conflictWords(check: CheckedOrder): readonly { readonly label: string; readonly sources: string }[] {
  const { reason, missing, doubted = [] } = check.assessment;
  if (reason !== 'conflict' || doubted.length > 0 || missing.some((m) => m.gap === 'conflict')) return [];
  const label = factLabels(check);
  const told = [...check.facts.values()].flatMap(([{ fact, certainty }, { truth, gap, conflicts = [] }]) => {
    if (truth !== 'unknown' || gap !== 'conflict' || certainty === 'history' || conflicts.length === 0) return [];
    const where = sources(conflicts, check.order.ref);
    return [[where, { label: label(fact), sources: where }] as const];
  });
  // a fact of many parts contradicts itself as one of them does
  return [...new Map(told.toReversed()).values()].toReversed();
}

/** How many facts of an outcome rest on the chart, and how many on a clinician's statement alone. */
export function factCounts({ assessment }: CheckedOrder): { readonly attested: number; readonly charted: number } {
  const against = assessment.outcome === 'met' ? [] : assessment.contradicted;
  const evidence = [...assessment.satisfied, ...against].flatMap((s) => s.evidence);
  const charted = new Set(evidence.flatMap((e) => (e.basis === 'chart' || e.basis === 'order' ? [e.fact] : [])));
  const attested = new Set(evidence.flatMap((e) => (e.basis === 'attested' && !charted.has(e.fact) ? [e.fact] : [])));
  return { attested: attested.size, charted: charted.size };
}

/**
 * What a reviewer would find who has this chart alone, where that differs from the outcome. Of a chart that was not seen whole, and of
 * an order that does not say which study it is, nobody knows.
 */
export const asDocumentedWords = ({
  assessment: { outcome, asDocumented, reason },
  order,
}: Pick<CheckedOrder, 'assessment' | 'order'>): string | undefined =>
  asDocumented === outcome || reason === 'data-unavailable' || order.open !== undefined
    ? undefined
    : `With this chart alone a reviewer would find: ${OUTCOME_WORDS[asDocumented].toLowerCase()}.`;

/** The counts in one sentence. */
export function countsWords(check: CheckedOrder): string {
  if (check.assessment.outcome === 'not-required') return 'Rests on the policy itself.';
  const { attested, charted } = factCounts(check);
  const facts = (n: number): string => `${n} ${n === 1 ? 'fact' : 'facts'}`;
  const told = [
    ...(charted === 0 ? [] : [`${facts(charted)} of the chart`]),
    ...(attested === 0 ? [] : [`${facts(attested)} stated by a clinician`]),
  ];
  return told.length === 0 ? 'Rests on what is not on file.' : `Rests on ${told.join(' and ')}.`;
}

const LINE_WORDS: Readonly<Record<LineOfBusiness, string>> = {
  commercial: 'commercial',
  medicare: 'Medicare',
  medicaid: 'Medicaid',
};

/** The line of business of a payer's plan, and whether it is assumed. */
export const lineWords = ({ lineOfBusiness, lineAssumed }: PayerOfOrder): string =>
  `${LINE_WORDS[lineOfBusiness]}${lineAssumed ? ' assumed' : ''}`;

/** What a passage without evidence in the chart rests on: the plan that the policy exempts, or the policy alone. */
export function restsWithoutEvidence({ policy, payer, assessment }: CheckedOrder, criterion: string): string {
  const exempts = policy.input['not-required'].find((r) => r.id === criterion);
  if (assessment.outcome !== 'not-required' || exempts?.['line-of-business'] === undefined)
    return 'by the policy itself';
  return `by the line of business (${lineWords(payer)})${payer.assumed ? ' of the assumed payer' : ' of the coverage'}`;
}

/** The first and the last date of what is dated. */
export function span(evidence: readonly Pick<Evidence, 'date'>[]): readonly string[] {
  const dates = evidence.flatMap((e) => e.date ?? []).sort();
  const [first, last] = [dates[0], dates.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [first === last ? first : `${first} to ${last}`];
}

/**
 * Where evidence stands, without saying again what it is about: how many resources of which kind, and when. The references
 * stand in the card's extension, for those who can open them.
 * @param ordered the reference of the order that is checked: what it says stands in no other order
 */
export function sources(evidence: readonly Evidence[], ordered: string): string {
  const {
    absence = [],
    attested = [],
    order = [],
    chart = [],
  } = Object.groupBy(evidence, (e) => (e.reference === ordered ? 'order' : e.basis));
  const kinds = kindsWords([...new Set(chart.flatMap((e) => e.reference ?? []))]);
  const where = [
    ...(kinds === '' ? [] : [kinds]),
    ...(order.length === 0 ? [] : ['this order']),
    ...(attested.length === 0 ? [] : ['stated by a clinician']),
  ];
  const dated = [...chart, ...attested];
  if (where.length === 0) return absence.length === 0 ? '' : 'none on file here';
  return [...where, ...span(dated)].join(', ');
}

/** When a way can lead to "met", as time has to pass or something to be done; empty when nothing stands in the way. */
export function timing({ from, byTimeAlone, startedNow, openUntil }: NearestPath): string {
  if (openUntil !== undefined) return ` Open until ${formatDay(openUntil)}: what is started now comes too late for it.`;
  const day = from === undefined ? '' : formatDay(from);
  if (byTimeAlone) return ` From ${day} on by time alone.`;
  if (startedNow !== undefined) return ` If started now: ${formatDay(startedNow)} at the earliest.`;
  return from === undefined ? '' : ` Not before ${day}.`;
}

/** Is a question asked for other ways than the nearest alone? What an exclusion asks comes first, whatever the way. */
export function ofOtherWays({ paths }: Pick<Assessment, 'paths'>, { criteria, further }: Missing): boolean {
  if (further === true) return true;
  const [nearest, ...others] = paths.map((p) => p.criterion);
  // a question of no way, such as which study is ordered, is one of all ways
  if (nearest === undefined || criteria.length === 0) return false;
  return !criteria.includes(nearest) && criteria.every((c) => others.includes(c));
}

/** What is open, and that other facts would do in its place. */
export function openLabel({ instead = [] }: Missing, label: string): string {
  if (instead.length === 0) return label;
  return `${label} or ${instead.length === 1 ? 'one other' : `one of ${instead.length} others`}`;
}

const YEAR_DAYS = 366;

/**
 * From when on time alone meets the criteria, and until when they are met. A day more than a year ahead is not told: criteria of
 * a child that last until it is grown up say nothing of an order.
 */
export function dateWords({ assessment: { earliest, validUntil }, order }: CheckedOrder): readonly string[] {
  return [
    ...(earliest === undefined
      ? []
      : [`By time alone the criteria are met from ${formatDay(earliest)}, if the symptoms persist.`]),
    ...(validUntil === undefined || validUntil > order.asOf.hi + YEAR_DAYS
      ? []
      : [`Met until ${formatDay(validUntil)} without new evidence.`]),
  ];
}

/**
 * Of which part of the body the reasons of the order speak, where none of them may be about the ordered one.
 * @returns undefined when one may, when they name no part of the spine, or when the order leaves its own part open
 */
export function reasonsElsewhere({ chart, study, order }: ReasonsOf): string | undefined {
  const regions = order?.open === 'region' ? [] : otherRegionsOf(chart, study);
  return regions.length === 0 ? undefined : regions.map((region) => REGION_WORDS[region]).join(' and ');
}

type ReasonsOf = Pick<CheckedOrder, 'chart' | 'study'> & Partial<Pick<CheckedOrder, 'order'>>;

/** Which studies a way is for, when it is not for the ordered one. */
export const forOthers = ({ otherStudies }: NearestPath): string =>
  otherStudies === undefined ? '' : ` For ${otherStudies.slice(0, 3).join(' or ')}, not for the ordered study.`;

/** Evidence in words, fact by fact: what it shows, where it stands, or that nothing is on file. */
export function evidenceList(evidence: readonly Evidence[], check: CheckedOrder): readonly string[] {
  const label = factLabels(check);
  const byFact = Map.groupBy(evidence, (e) => `${e.fact}|${e.basis}`);
  return [...byFact.values()].flatMap(([first, ...more]) => {
    if (first === undefined) return [];
    const where = sources([first, ...more], check.order.ref);
    if (first.basis === 'absence') {
      const suspected = evidence.some((e) => e.fact === first.fact && e.basis !== 'absence');
      return [`${noneOf(`${suspected ? 'confirmed ' : ''}${label(first.fact)}`)}: ${where}`];
    }
    const suspected = [first, ...more].every((e) => e.suspected === true) ? 'suspected ' : '';
    return [`${suspected}${label(first.fact)}${where === '' ? '' : ` (${where})`}`];
  });
}

/** What the policy approves the ordered study for, where none of it is on file. */
export const indicationsWords = ({ indications = [] }: Assessment): string | undefined =>
  indications.length === 0 ? undefined : `The policy’s indications for this study: ${indications.join('; ')}.`;

/** What the policy leaves to a reviewer, one indication a line; open exclusions are told apart. */
export const reviewsWords = ({ reviews = [], openExclusions = [] }: Assessment): readonly string[] => {
  const exclusions = new Set(openExclusions.map((e) => e.criterion));
  const lines = reviews.flatMap(({ criterion, cite, label, what }) =>
    exclusions.has(criterion) ? [] : [`${cite}, ${label}: ${what}`],
  );
  return [...new Set(lines)];
};
