import { kindsWords } from '../chart/resource-words.ts';
import type { CheckedOrder } from '../criteria-check/order-check.ts';
import type { Missing, PathFact } from '../policy/assessment.ts';
import type { Lead } from '../policy/fact-source.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import { isOrdered, proposesSteps } from './suggestions.ts';
import { list, span } from './words.ts';

/** How many facts that would do as well are named. */
const MOST_INSTEAD = 10;
/** So much is told of what is on file for a question. */
const MOST_LEADS = 2;

/** The resources that say the same, and their dates. */
function leadWords(leads: readonly Lead[], ordered: string): string {
  const references = new Set(leads.map((l) => l.reference));
  const own = references.delete(ordered);
  const kinds = kindsWords([...references]);
  return [...(kinds === '' ? [] : [kinds]), ...(own ? ['this order'] : []), ...span(leads)].join(', ');
}

/** What is on file and helps to answer; of what a resource says in two ways the first. */
function leadsWords(leads: readonly Lead[], ordered: string): string {
  const told = new Set<string>();
  const onFile = [...Map.groupBy(leads, (l) => l.label)].flatMap(([label, all]) => {
    const of = all.filter((l) => !told.has(l.reference));
    for (const l of of) told.add(l.reference);
    return of.length === 0 ? [] : [`${leadWords(of, ordered)}: ${label}`];
  });
  return onFile.length === 0 ? '' : ` On file: ${onFile.slice(0, MOST_LEADS).join('; ')}.`;
}

/** @param before the labels that a question before it names: of two that the same list would settle, each wants one of its own */
function insteadWords(instead: readonly PathFact[], before: ReadonlySet<string>): string {
  if (instead.length === 0) return '';
  const labels = instead.map((f) => f.label);
  if (labels.every((l) => before.has(l))) return ' Or one of those named above.';
  return ` Or${instead.length === 1 ? '' : ' any one of these'}: ${list(labels, MOST_INSTEAD, '; ')}.`;
}

/** What would be done next, or that it is ordered, where what is on file does not say so already. */
function nextStep(check: CheckedOrder, missing: Missing, studies: StudyCatalog): string {
  if (missing.action === undefined) return '';
  if (!isOrdered(check, missing, studies)) return proposesSteps(check) ? ` Next step: ${missing.action}.` : '';
  return missing.leads.some((l) => l.reference.startsWith('ServiceRequest/')) ? '' : ' Ordered; no result on file.';
}

/** A question with what would do in its place, what is on file for it, and the next step. */
export const missingLine =
  (check: CheckedOrder, studies: StudyCatalog) =>
  (missing: Missing, index: number, all: readonly Missing[]): string => {
    const { ask, leads, instead = [] } = missing;
    const before = new Set(all.slice(0, index).flatMap((m) => (m.instead ?? []).map((f) => f.label)));
    return `${ask}${insteadWords(instead, before)}${leadsWords(leads, check.order.ref)}${nextStep(check, missing, studies)}`;
  };

/** What is still to be done, and how it begins. */
export const toDoLine =
  (check: CheckedOrder, studies: StudyCatalog) =>
  (missing: Missing): string => {
    const next = nextStep(check, missing, studies);
    return next === '' ? missing.label : `${missing.label}.${next}`;
  };
