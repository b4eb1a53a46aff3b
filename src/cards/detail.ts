import { kindsWords } from '../chart/resource-words.ts';
import type { CheckedOrder, UncheckedOrder } from '../criteria-check/check-order.ts';
import { formatDay } from '../dates/day.ts';
import type { Assessment, Contradicted, Missing, NearestPath, PathFact, Satisfied } from '../policy/assessment.ts';
import type { Lead } from '../policy/fact-source.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import { earlierStudies } from './earlier-studies.ts';
import { isOrdered } from './suggestions.ts';
import {
  againstWords,
  asDocumentedWords,
  countsWords,
  dateWords,
  evidenceList,
  factWords,
  forOthers,
  forWords,
  indicationsWords,
  list,
  NOT_A_DECISION,
  OUTCOME_WORDS,
  ofOtherWays,
  reasonsElsewhere,
  reviewsWords,
  screenWords,
  sources,
  span,
  timing,
  URGENT,
} from './words.ts';

const section = (heading: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `**${heading}**`, ...lines.map((l) => `- ${l}`)];

function pathLines(path: NearestPath): readonly string[] {
  const has = path.has.length === 0 ? 'nothing yet' : list(factWords(path.has), 4);
  return [
    `${path.cite}, ${path.label}. Documented: ${has}. Needed: ${factWords(path.needs).join('; ')}.${timing(path)}${forOthers(path)}`,
  ];
}

/** An indication that holds at several regions by the same evidence is told once. */
const onceEach = (satisfied: readonly Satisfied[]): readonly Satisfied[] => {
  const told = new Set<string>();
  return satisfied.filter(({ cite, label, evidence }) => {
    const references = new Set(evidence.map((e) => e.reference ?? e.fact));
    const key = [cite, label, ...[...references].sort()].join('|');
    return told.has(key) ? false : told.add(key) !== undefined;
  });
};

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
  if (!isOrdered(check, missing, studies)) return ` Next step: ${missing.action}.`;
  return missing.leads.some((l) => l.reference.startsWith('ServiceRequest/')) ? '' : ' Ordered; no result on file.';
}

const missingLine =
  (check: CheckedOrder, studies: StudyCatalog) =>
  (missing: Missing, index: number, all: readonly Missing[]): string => {
    const { ask, leads, instead = [] } = missing;
    const before = new Set(all.slice(0, index).flatMap((m) => (m.instead ?? []).map((f) => f.label)));
    return `${ask}${insteadWords(instead, before)}${leadsWords(leads, check.order.ref)}${nextStep(check, missing, studies)}`;
  };

const toDoLine =
  (check: CheckedOrder, studies: StudyCatalog) =>
  (missing: Missing): string => {
    const next = nextStep(check, missing, studies);
    return next === '' ? missing.label : `${missing.label}.${next}`;
  };

/** Sections of the chart that were not seen whole. */
export function unseen(check: CheckedOrder): readonly { readonly section: string; readonly state: string }[] {
  return [...check.chart.seen].flatMap(([name, state]) => (state === 'complete' ? [] : [{ section: name, state }]));
}

const contradictedLine =
  (ordered: string) =>
  ({ cite, label, why, evidence }: Contradicted): string =>
    `${cite}, ${label}: ${why}${evidence.length === 0 ? '' : ` (${sources(evidence, ordered)})`}`;

const exclusionLines = ({ openExclusions = [], reviews = [] }: Assessment, ordered: string): readonly string[] =>
  openExclusions.map(({ criterion, cite, label, evidence }) => {
    const where = sources(evidence, ordered);
    const left = reviews.filter((r) => r.criterion === criterion).map((r) => `; left to a reviewer: ${r.what}`);
    return `${cite}, ${label}${where === '' ? '' : ` (${where})`}${left.join('')}`;
  });

function policyLines(check: CheckedOrder): readonly string[] {
  const { policy, payer } = check;
  const { input } = policy;
  const overdue =
    check.order.asOf.hi > policy.reviewBy
      ? ` The text was last checked on ${input.checked}; it is past its review date.`
      : '';
  const line = payer.lineAssumed ? `${payer.lineOfBusiness} assumed` : payer.lineOfBusiness;
  return [
    `${input.title}, version ${input.version}, in force from ${input.effective}.${overdue}${input.notice === undefined ? '' : ` ${input.notice}`}`,
    `Payer: ${payer.name} (${line})${payer.assumed ? ', assumed: the EHR shows no coverage' : ''}.${check.exemptIf === undefined ? '' : ` ${check.exemptIf}`}`,
  ];
}

/** The card's detail: Markdown without HTML that reads well as plain text too. It holds no text of the chart, only dates and kinds of resources. */
export function checkedDetail(check: CheckedOrder, studies: StudyCatalog): string {
  const { assessment, study, order } = check;
  const alone = asDocumentedWords(assessment);
  const approved = indicationsWords(assessment);
  const open = assessment.outcome === 'undetermined';
  const reasonsOf = open ? reasonsElsewhere(check) : undefined;
  const elsewhere = assessment.paths[0]?.otherStudies !== undefined;
  const settles = !elsewhere && (assessment.paths.length === 0 || assessment.paths.some((p) => p.kind === 'document'));
  const [toDo, toAsk] = [assessment.missing.filter((m) => m.toDo), assessment.missing.filter((m) => !m.toDo)];
  const first = toAsk.filter((m) => !ofOtherWays(assessment, m));
  const others = toAsk.filter((m) => ofOtherWays(assessment, m));
  const documented = section(
    open ? 'Documented so far' : 'Documented',
    onceEach(assessment.satisfied)
      .filter((s) => !open || s.evidence.length > 0)
      .slice(0, 4)
      .map(
        (s) =>
          `${open ? `For ${s.cite}` : `${s.cite}, ${s.label}`}: ${list([...evidenceList(s.evidence, check)], 6) || 'by the policy itself'}`,
      ),
  );
  const against = section('Speaks against it, but is not the last word on file', againstWords(check).slice(0, 4));
  const named = section(
    'The policy names',
    assessment.alternatives.map((code) => `${code} (${studies.get(code)?.label ?? 'study'})`),
  );
  const ways = [
    ...section(
      `Nearest way to meet the criteria${elsewhere ? ', for another study' : assessment.outcome === 'alternative' ? ' for the ordered study' : ''}`,
      assessment.paths.slice(0, 1).flatMap(pathLines),
    ),
    ...section(
      settles ? 'Questions that would settle it' : 'Questions on the way',
      first.map(missingLine(check, studies)),
    ),
    ...section('Questions of other ways', others.map(missingLine(check, studies))),
    ...section('Still to be done', toDo.map(toDoLine(check, studies))),
  ];
  const notMet = assessment.outcome === 'not-met';
  const otherwise =
    assessment.outcome === 'met'
      ? []
      : [
          ...section(
            'The chart says otherwise',
            [...new Set(assessment.contradicted.map(contradictedLine(order.ref)))].slice(0, 4),
          ),
          ...section('Speaks for it, but is not the last word on file', forWords(check).slice(0, 4)),
        ];
  const earlier = earlierStudies(check);
  const notSeen = unseen(check).filter((s) => s.state !== 'not-available' || assessment.sections.includes(s.section));
  return [
    ...(check.urgent.length === 0
      ? []
      : [
          `**${URGENT}.** ${evidenceList(check.urgent, check).join('; ')}.${assessment.reason === 'exclusion' ? ' A reviewer must decide.' : ''}`,
          '',
        ]),
    `**${OUTCOME_WORDS[assessment.outcome]}**: ${study.label} (${study.code}), as of ${formatDay(order.asOf.hi)}.`,
    ...(reasonsOf === undefined
      ? []
      : [`The reason of the order concerns ${reasonsOf}, not the region that is ordered.`]),
    ...(alone === undefined ? [] : [alone]),
    ...dateWords(check),
    ...(assessment.satisfied.length + assessment.contradicted.length === 0 ? [] : [countsWords(check)]),
    ...(notMet ? otherwise : []),
    ...(open ? [...ways, ...documented, ...against] : [...named, ...documented, ...against, ...ways]),
    ...section('Other ways', assessment.paths.slice(1).flatMap(pathLines)),
    ...(approved === undefined ? [] : ['', approved]),
    ...(notMet ? [] : otherwise),
    ...section('Left to a reviewer', reviewsWords(assessment)),
    ...section('An exclusion is not settled', exclusionLines(assessment, order.ref)),
    ...(open ? named : []),
    ...(earlier === undefined ? [] : ['', earlier]),
    ...(assessment.silentScreens.length === 0
      ? []
      : ['', `Not documented either way: ${list(screenWords(assessment), 8, '; ')}.`]),
    ...(notSeen.length === 0
      ? []
      : ['', `Not seen whole: ${notSeen.map((s) => `${s.section} (${s.state})`).join(', ')}.`]),
    '',
    ...policyLines(check),
    '',
    NOT_A_DECISION,
  ].join('\n');
}

/** The detail of a card about an order whose coverage is not known for sure: the outcome under each candidate. */
export function uncheckedDetail(check: UncheckedOrder): string {
  const [why, next] =
    check.reason === 'coverage-unavailable'
      ? [
          'The patient’s coverage could not be read whole, so that no policy could be chosen.',
          'Next step: select the order again. If this stays, the EHR does not show the coverage or its payer to this service.',
        ]
      : [
          'Several coverages apply to this order; it does not say which.',
          'Next step: name the coverage on the order; the criteria are then checked under it.',
        ];
  return [
    `**Criteria not checked**: ${check.study.label} (${check.study.code}). ${why}`,
    next,
    ...section(
      'Under each coverage',
      check.options.map(
        (o) =>
          `${o.payer.name} (${o.payer.lineOfBusiness}): ${OUTCOME_WORDS[o.assessment.outcome].toLowerCase()} (${o.policy.input.title}, version ${o.policy.input.version})`,
      ),
    ),
    '',
    NOT_A_DECISION,
  ].join('\n');
}
