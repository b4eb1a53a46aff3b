import type { CheckedOrder, UncheckedOrder } from '../criteria-check/order-check.ts';
import { formatDay } from '../dates/day.ts';
import { type Assessment, type Contradicted, type Missing, type NearestPath, RULED_OUT } from '../policy/assessment.ts';
import { lowerFirst, upperFirst } from '../policy/words.ts';
import {
  conflictWords,
  list,
  ofOtherWays,
  openLabel,
  reasonsElsewhere,
  screenWords,
  shorten,
  URGENT,
  URGENT_SHORT,
} from './words.ts';

/** CDS Hooks wants fewer than 140 characters. */
const MAX = 139;

/** How much a summary says. */
interface Form {
  /** how many open or contradicted points are named; the others are counted */
  readonly most: number;
  /** without what labels say in brackets: windows, examples, certainty */
  readonly bare: boolean;
  /** without what the detail says anyway: where the criterion stands, what it is called */
  readonly brief: boolean;
}

/** From the fullest to the shortest. */
const FORMS: readonly Form[] = [
  { most: 2, bare: false, brief: false },
  { most: 1, bare: false, brief: false },
  { most: 2, bare: true, brief: false },
  { most: 1, bare: true, brief: false },
];
const BRIEF_FORMS: readonly Form[] = FORMS.map((form) => ({ ...form, brief: true }));

const withoutBrackets = (label: string): string => label.replace(/ \([^()]*\)/g, '');

function story(check: CheckedOrder, form: Form): string {
  const { assessment, study, payer } = check;
  const by = `${payer.shortName ?? payer.name}${payer.assumed ? ' (assumed payer)' : ''}`;
  const where = form.brief ? undefined : assessment.satisfied[0]?.cite;
  const words = (label: string): string => (form.bare ? withoutBrackets(label) : label);
  switch (assessment.outcome) {
    case 'met':
      return `${study.code}: the chart documents the ${by} criteria${where === undefined ? '' : ` (${where})`}.`;
    case 'alternative':
      return `${study.code}: the chart documents the ${by} criteria for ${instead(assessment)} instead${where === undefined ? '' : ` (${where})`}.`;
    case 'not-required':
      return `${study.code}: ${by} needs no review (${assessment.satisfied[0]?.label ?? 'exempt'}).`;
    case 'not-met': {
      const [against] = assessment.contradicted;
      const start = `${study.code}: the chart does not meet the ${by} criteria`;
      if (against === undefined) return `${start}.`;
      if (assessment.reason === 'exclusion')
        return `${study.code}: excluded by the ${by} criteria: ${lowerFirst(words(against.label))}.`;
      if (!form.brief) return `${start}. ${words(against.label)}: ${whyWords(against, form.most, words)}.`;
      const ruledOut = against.why === RULED_OUT;
      return `${study.code}: ${by} criteria not met: ${ruledOut ? `${lowerFirst(words(against.label))} ruled out` : whyWords(against, form.most, words)}.`;
    }
    case 'undetermined':
      if (check.order.open !== undefined) return openOrderStory(check.order.open, assessment, by, form);
      return form.brief
        ? `${study.code}, ${by}: ${pointWords(openPoint(check, form, words))}.`
        : `${study.code}: ${by} criteria open${behindOpen(openPoint(check, form, words))}.`;
  }
}

/** The first studies that are documented in place of the ordered one, or of one that the order leaves open. */
const instead = ({ alternatives }: Assessment, most = 2): string => alternatives.slice(0, most).join(' or ');

/** Of an order that does not say which study it is: what is documented, or that it has to be said. */
function openOrderStory(open: 'contrast' | 'region', assessment: Assessment, by: string, form: Form): string {
  const documented = instead(assessment, form.most);
  if (form.brief)
    return `${upperFirst(open)} left open: ${documented === '' ? 'name the study' : `${by} criteria documented for ${documented}`}.`;
  return `The order leaves the ${open} open: ${
    documented === ''
      ? `name the study, so that the ${by} criteria can be checked`
      : `the chart documents the ${by} criteria for ${documented}`
  }.`;
}

type Words = (label: string) => string;

const whyWords = ({ why }: Contradicted, most: number, words: Words): string =>
  list(why.split('; ').map(words), most, '; ');

/** What is open of an order. */
interface Point {
  /** what is listed: "not documented", ... */
  readonly list?: string;
  readonly text: string;
}

const pointWords = ({ list: heading, text }: Point): string => (heading === undefined ? text : `${heading}: ${text}`);

/** What stands behind "open": a list has a colon of its own, so that a comma comes before it. */
const behindOpen = (point: Point): string => `${point.list === undefined ? ':' : ','} ${pointWords(point)}`;

/** What is not documented; of what has to be documented as absent, "not documented: no ..." would be misread. */
const undocumented = (open: string): Point => ({
  list: open.startsWith('no ') ? 'still to document' : 'not documented',
  text: open,
});

/** What the nearest way lacks, and what an exclusion asks; questions of other ways do not add to it. */
function openPoints(assessment: Assessment): readonly Missing[] {
  const { missing, paths } = assessment;
  const first = missing.filter((m) => !ofOtherWays(assessment, m));
  return first.length > 0 || paths[0]?.byTimeAlone === true ? first : missing;
}

const labels = (missing: readonly Missing[], words: Words): readonly string[] =>
  missing.map((m) => openLabel(m, words(m.label)));

/** What the chart contradicts itself about: a question, else a doubt of the assessment, else what the facts tell. */
function contradictions(check: CheckedOrder, words: Words): readonly string[] {
  const { reason, missing, doubted = [] } = check.assessment;
  if (reason !== 'conflict') return [];
  const asked = missing.filter((m) => m.gap === 'conflict');
  if (asked.length > 0) return labels(asked, words);
  if (doubted.length > 0) return doubted.map((d) => lowerFirst(words(d.label)));
  return conflictWords(check).map((c) => words(c.label));
}

function openPoint(check: CheckedOrder, form: Form, words: Words): Point {
  const { assessment } = check;
  const { reason, paths, openExclusions, reviews } = assessment;
  if (reason === 'data-unavailable') return { text: 'part of the chart could not be read' };
  if (reason === 'reviewer') {
    const left = openExclusions?.[0]?.label ?? reviews?.[0]?.what;
    return {
      text: left === undefined || form.brief ? 'left to a reviewer' : `left to a reviewer: ${lowerFirst(words(left))}`,
    };
  }
  const others = paths[0]?.otherStudies;
  if (others !== undefined)
    return { text: `what is on file concerns ${others.slice(0, 2).join(' or ')}, not this study` };
  const bothWays = contradictions(check, words);
  if (bothWays.length > 0) return { list: 'the chart contradicts itself', text: list(bothWays, form.most) };
  const ofExclusions = new Set(openExclusions?.map((e) => e.criterion));
  const points = openPoints(assessment).filter((m) => !m.criteria.some((c) => ofExclusions.has(c)));
  const open = list(labels(points, words), form.most);
  const [exclusion] = openExclusions ?? [];
  if (exclusion !== undefined) {
    const unsettled = lowerFirst(words(exclusion.label));
    const more = open === '' || form.brief ? '' : `; ${pointWords(undocumented(open))}`;
    return { list: 'exclusion not settled', text: `${unsettled}${more}` };
  }
  if (reason === 'no-indication') return { text: noIndication(check, open) };
  if (open === '') return { text: nothingToAsk(assessment, form) };
  const before = form.brief ? '' : early(paths[0]);
  return before === '' ? undocumented(open) : { text: `${before}${pointWords(undocumented(open))}` };
}

/** That no way of the policy is in play, with what the nearest lacks, or with what the order is about. */
function noIndication(check: CheckedOrder, open: string): string {
  if (open !== '') return `no indication is on file; the nearest lacks: ${open}`;
  const elsewhere = reasonsElsewhere(check);
  if (elsewhere !== undefined) return `no indication is on file, as the reason of the order concerns ${elsewhere}`;
  return check.chart.orderReasonUnread
    ? 'no indication is on file in codes; a reason of the order has no code that is known'
    : 'no indication of the policy is on file';
}

/** What is to be documented suffices from a day on only, as time has to pass. */
const early = (nearest: NearestPath | undefined): string =>
  nearest?.kind === 'wait' && nearest.from !== undefined ? `not before ${formatDay(nearest.from)}; ` : '';

/** What keeps criteria open when there is nothing to ask: time, or red flags of which the chart does not speak. */
function nothingToAsk(assessment: Assessment, { most, brief }: Form): string {
  const { earliest, paths } = assessment;
  const [nearest] = paths;
  const from = earliest ?? (nearest?.byTimeAlone === true ? nearest.from : undefined);
  if (from !== undefined) return `met from ${formatDay(from)} by time alone, if nothing else changes`;
  const screens = screenWords(assessment);
  if (screens.length === 0) return 'nothing that is on file meets them';
  if (brief) return `contradicted, unless one of ${screens.length} red flags is documented`;
  return `contradicted, unless a red flag is documented: ${list(screens, most)}`;
}

/** The sentence that tells the story alone: the fullest that fits. */
export function checkedSummary(check: CheckedOrder): string {
  const starts = check.urgent.length === 0 ? [''] : [`${URGENT}. `, `${URGENT_SHORT}. `];
  const texts = [FORMS, BRIEF_FORMS].flatMap((forms) =>
    starts.flatMap((start) => forms.map((form) => start + story(check, form))),
  );
  // the last to go is how many more there are
  const shortest = (texts.at(-1) ?? '').replace(/ and \d+ more\.$/, '.');
  return texts.find((text) => text.length <= MAX) ?? shorten(shortest, MAX);
}

/** The sentence for an order whose coverage is not known for sure. */
export function uncheckedSummary(check: UncheckedOrder): string {
  const why = check.reason === 'coverage-unavailable' ? 'the coverage could not be read' : 'several coverages apply';
  return shorten(`${check.study.code}: criteria not checked, as ${why}.`, MAX);
}
