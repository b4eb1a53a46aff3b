import type { CheckedOrder, UncheckedOrder } from '../criteria-check/order-check.ts';
import { formatDay } from '../dates/day.ts';
import type { Assessment, Contradicted, NearestPath, Satisfied } from '../policy/assessment.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import { upperFirst } from '../policy/words.ts';
import { earlierStudies } from './earlier-studies.ts';
import { missingLine, toDoLine } from './question-words.ts';
import {
  againstWords,
  asDocumentedWords,
  conflictWords,
  countsWords,
  dateWords,
  evidenceList,
  factWords,
  forOthers,
  forWords,
  indicationsWords,
  lineWords,
  list,
  NOT_A_DECISION,
  OUTCOME_WORDS,
  ofOtherWays,
  reasonsElsewhere,
  restsWithoutEvidence,
  reviewsWords,
  screenWords,
  sources,
  timing,
  URGENT,
} from './words.ts';

const section = (heading: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `**${heading}**`, ...lines.map((l) => `- ${l}`)];

/** So many criteria, or ways, are told with their evidence. */
const MOST_CRITERIA = 4;

/** What a way still needs, and when it can lead to "met". @param documented what is told before that */
const neededLine = (path: NearestPath, documented = ''): string =>
  `${path.cite}, ${path.label}.${documented} Needed: ${factWords(path.needs).join('; ')}.${timing(path)}${forOthers(path)}`;

/** The same, with what is documented of it. */
function pathLine(path: NearestPath): string {
  const has = path.has.length === 0 ? 'nothing yet' : list(factWords(path.has), 4);
  return neededLine(path, ` Documented: ${has}.`);
}

/** So many passages that the same closes are named. */
const MOST_CLOSED = 3;

/** An indication that holds at several regions by the same evidence is told once. */
const onceEach = (satisfied: readonly Satisfied[]): readonly Satisfied[] => {
  const told = new Set<string>();
  return satisfied.filter(({ cite, label, evidence }) => {
    const references = new Set(evidence.map((e) => e.reference ?? e.fact));
    const key = [cite, label, ...[...references].sort()].join('|');
    return told.has(key) ? false : told.add(key) !== undefined;
  });
};

/** Of ways that are open: those of which something is documented that the ways before them do not tell. */
const newEach = (satisfied: readonly Satisfied[]): readonly Satisfied[] => {
  const told = new Set<string>();
  return satisfied.filter(({ evidence }) => {
    const keys = evidence.map((e) => [e.fact, e.basis, e.reference].join('|'));
    const isNew = keys.some((key) => !told.has(key));
    for (const key of keys) told.add(key);
    return isNew;
  });
};

/** Sections of the chart that were not seen whole. */
export function unseen(check: CheckedOrder): readonly { readonly section: string; readonly state: string }[] {
  return [...check.chart.seen].flatMap(([name, state]) => (state === 'complete' ? [] : [{ section: name, state }]));
}

/** What the chart contradicts, each reason once with all the passages that it closes. */
function contradictedLines(contradicted: readonly Contradicted[], ordered: string): readonly string[] {
  const why = ({ why: words, evidence }: Contradicted): string =>
    `${words}${evidence.length === 0 ? '' : ` (${sources(evidence, ordered)})`}`;
  return [...Map.groupBy(contradicted, why)].map(
    ([words, closed]) =>
      `${list([...new Set(closed.map((c) => `${c.cite}, ${c.label}`))], MOST_CLOSED, '; ')}: ${words}`,
  );
}

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
  return [
    `${input.title}, version ${input.version}, in force from ${input.effective}.${overdue}${input.notice === undefined ? '' : ` ${input.notice}`}`,
    `Payer: ${payer.name} (${lineWords(payer)})${payer.assumed ? ', assumed: the EHR shows no coverage' : ''}.${check.exemptIf === undefined ? '' : ` ${check.exemptIf}`}`,
  ];
}

/** A paragraph of its own, where there is anything to say. */
const paragraph = (text: string | undefined): readonly string[] => (text === undefined ? [] : ['', text]);

/** What begins every card: red flags, the outcome, what the chart alone would give, and the days that count. */
function headLines(check: CheckedOrder): readonly string[] {
  const { assessment, study, order, urgent } = check;
  const elsewhere = assessment.outcome === 'undetermined' ? reasonsElsewhere(check) : undefined;
  const alone = asDocumentedWords(check);
  const looked = order.open === undefined ? '' : `the order leaves the ${order.open} open; looked at as `;
  const reviewer = assessment.reason === 'exclusion' ? ' A reviewer must decide.' : '';
  return [
    ...(urgent.length === 0
      ? []
      : [`**${URGENT}.** ${upperFirst(evidenceList(urgent, check).join('; '))}.${reviewer}`, '']),
    `**${OUTCOME_WORDS[assessment.outcome]}**: ${looked}${study.label} (${study.code}), as of ${formatDay(order.asOf.hi)}.`,
    ...(elsewhere === undefined
      ? []
      : [`The reason of the order concerns ${elsewhere}, not the region that is ordered.`]),
    ...(alone === undefined ? [] : [alone]),
    ...dateWords(check),
    ...(assessment.satisfied.length + assessment.contradicted.length === 0 ? [] : [countsWords(check)]),
  ];
}

/** What is met, or what speaks for the ways that are open, with its evidence. */
function documentedLines(check: CheckedOrder): readonly string[] {
  const open = check.assessment.outcome === 'undetermined';
  const told = open ? newEach(check.assessment.satisfied) : onceEach(check.assessment.satisfied);
  const lines = told.slice(0, MOST_CRITERIA).map(({ criterion, cite, label, evidence }) => {
    const rests = list([...evidenceList(evidence, check)], 6) || restsWithoutEvidence(check, criterion);
    return `${open ? `For ${cite}` : `${cite}, ${label}`}: ${rests}`;
  });
  return [
    ...section(open ? 'Documented so far' : 'Documented', lines),
    ...section('Speaks against it, but is not the last word on file', againstWords(check).slice(0, MOST_CRITERIA)),
  ];
}

/** The nearest way to met, and what is asked or to be done for it; of a study that the policy names another for, the way alone. */
function wayLines(check: CheckedOrder, studies: StudyCatalog): readonly string[] {
  const { assessment } = check;
  if (assessment.outcome === 'alternative')
    return section(
      'For the ordered study itself',
      assessment.paths.slice(0, 1).map((p) => neededLine(p)),
    );
  const { paths, missing } = assessment;
  const elsewhere = paths[0]?.otherStudies !== undefined;
  const settles = !elsewhere && (paths.length === 0 || paths.some((p) => p.kind === 'document'));
  const toAsk = missing.filter((m) => !m.toDo);
  const others = toAsk.filter((m) => ofOtherWays(assessment, m));
  const asked = missingLine(check, studies);
  return [
    ...section(
      `Nearest way to meet the criteria${elsewhere ? ', for another study' : ''}`,
      paths.slice(0, 1).map(pathLine),
    ),
    ...section(
      settles ? 'Questions that would settle it' : 'Questions on the way',
      toAsk.filter((m) => !others.includes(m)).map(asked),
    ),
    ...section('Questions of other ways', others.map(asked)),
    ...section(
      'Still to be done',
      missing.filter((m) => m.toDo && check.urgent.length === 0).map(toDoLine(check, studies)),
    ),
  ];
}

/** The ways behind the nearest; beside a red flag that must not wait none that begins with weeks of treatment. */
const otherWays = ({ assessment: { outcome, paths }, urgent }: CheckedOrder): readonly NearestPath[] =>
  outcome === 'alternative' ? [] : paths.slice(1).filter((p) => urgent.length === 0 || p.startedNow === undefined);

/** What the chart contradicts, of what is not met. */
function otherwiseLines(check: CheckedOrder): readonly string[] {
  const { assessment, order } = check;
  if (assessment.outcome === 'met') return [];
  const contradicted = contradictedLines(assessment.contradicted, order.ref);
  return [
    ...section('The chart says otherwise', contradicted.slice(0, MOST_CRITERIA)),
    ...section(
      'The chart contradicts itself',
      conflictWords(check)
        .slice(0, MOST_CRITERIA)
        .map((c) => `${c.label}: ${c.sources}`),
    ),
    ...section('Speaks for it, but is not the last word on file', forWords(check).slice(0, MOST_CRITERIA)),
  ];
}

/** What the chart says nothing of, and what was not seen of it. */
function unknownLines(check: CheckedOrder): readonly string[] {
  const { silentScreens, sections } = check.assessment;
  const notSeen = unseen(check).filter((s) => s.state !== 'not-available' || sections.includes(s.section));
  return [
    ...(silentScreens.length === 0
      ? []
      : ['', `Not documented either way: ${list(screenWords(check.assessment), 8, '; ')}.`]),
    ...(notSeen.length === 0
      ? []
      : ['', `Not seen whole: ${notSeen.map((s) => `${s.section} (${s.state})`).join(', ')}.`]),
  ];
}

/** The card's detail: Markdown without HTML that reads well as plain text too. It holds no text of the chart, only dates and kinds of resources. */
export function checkedDetail(check: CheckedOrder, studies: StudyCatalog): string {
  const { assessment, order } = check;
  const { outcome, alternatives } = assessment;
  const named = section(
    order.open === undefined ? 'The policy names' : 'The criteria are documented for',
    alternatives.map((code) => `${code} (${studies.get(code)?.label ?? 'study'})`),
  );
  const [open, notMet] = [outcome === 'undetermined', outcome === 'not-met'];
  const [documented, ways, otherwise] = [documentedLines(check), wayLines(check, studies), otherwiseLines(check)];
  return [
    ...headLines(check),
    ...(notMet ? otherwise : []),
    ...(open ? [...ways, ...documented] : [...named, ...documented, ...ways]),
    ...section(
      'Other ways',
      otherWays(check).map((p) => neededLine(p)),
    ),
    ...paragraph(indicationsWords(assessment)),
    ...(notMet ? [] : otherwise),
    ...section('Left to a reviewer', reviewsWords(assessment)),
    ...section('An exclusion is not settled', exclusionLines(assessment, order.ref)),
    ...(open ? named : []),
    ...paragraph(earlierStudies(check)),
    ...unknownLines(check),
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
          `${o.payer.name} (${lineWords(o.payer)}): ${OUTCOME_WORDS[o.assessment.outcome].toLowerCase()} (${o.policy.input.title}, version ${o.policy.input.version})`,
      ),
    ),
    '',
    NOT_A_DECISION,
  ].join('\n');
}
