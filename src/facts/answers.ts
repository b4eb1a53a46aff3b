import type { AnswerRecord } from '../chart/records.ts';
import {
  type Day,
  type Duration,
  formatInterval,
  type Interval,
  lastDayReaching,
  parseInterval,
  subtract,
} from '../dates/day.ts';
import { isLater, latest, latestOf } from '../dates/later.ts';
import type { Considered, Evidence, FactQuery, FactValue, Sides } from '../policy/fact-source.ts';
import { sooner } from '../policy/measure-time.ts';
import { factCode } from '../policy/words.ts';
import { supports } from '../terminology/regions.ts';
import type { Asked } from './context.ts';
import type { FactPlan } from './fact-plan.ts';
import { fitIn, type Window } from './window.ts';

/** From when on statements count, where the question itself does not say it. */
export interface Limits {
  /** when the current episode began: for facts about it, no statement from before is about it */
  readonly episodeBegan?: Interval;
  /** a suspicion that was stated longer ago may be one no more */
  readonly suspicionLasts?: Duration;
}

/**
 * A fact with what clinicians documented under its code; that never overrides later evidence of the chart. (Evidence rules: attested facts.)
 * @param value what the chart says of it
 * @param given all answers of the chart
 */
export function withAnswers(
  value: FactValue,
  plan: FactPlan,
  asked: Asked,
  given: readonly AnswerRecord[],
  limits: Limits,
): FactValue {
  const { query } = asked;
  const answers = given.filter((a) => answersQuery(a, query));
  if (answers.length === 0) return value;
  const unfit = new Map(answers.map((a) => [a, whyUnfit(a, plan, asked, limits)]));
  const [answer, ...others] = answers.filter((a) => unfit.get(a) === undefined).sort(latestFirst);
  const opposed = answer === undefined ? undefined : others.find((a) => contradicts(a, answer));
  const pair = answer === undefined || opposed === undefined ? [] : [answer, opposed];
  const said =
    pair.length === 0 ? withAnswer(answer, { plan, asked, limits }, value) : between(pair, query.fact, value);
  const uncertain = answers.filter((a) => unfit.get(a) === UNCERTAIN);
  const answered = orDoubted(said, uncertain, asked);
  const stands = answered.evidence.some((e) => e.reference === answer?.ref);
  const whyIgnored = (a: AnswerRecord): string | undefined => {
    if (pair.includes(a)) return 'answered otherwise on the same day';
    if (a !== answer) return 'a later answer counts';
    if (stands) return undefined;
    return value.truth === 'unknown' ? 'something on file is later and may say otherwise' : 'the chart says otherwise';
  };
  const considered = answers.map((a) => lookedAt(a, unfit.get(a) ?? whyIgnored(a)));
  return { ...answered, considered: [...(value.considered ?? []), ...considered] };
}

/** A fact, unless a statement to the contrary may lie in the window and be the later one: its partial date does not tell. */
function orDoubted(value: FactValue, uncertain: readonly AnswerRecord[], { query, window }: Asked): FactValue {
  if (value.truth === 'unknown') return perhapsSaid(value, uncertain, query.fact);
  const spoken = [value.stated, ...datesOf(value.evidence)];
  const last = latest(spoken.map((d) => d?.lo ?? Number.NEGATIVE_INFINITY));
  const opposite = uncertain.filter(
    (a) =>
      a.value.kind === 'boolean' &&
      a.value.value !== (value.truth === 'true') &&
      a.when !== undefined &&
      Math.min(a.when.hi, window.asOf) > last,
  );
  if (opposite.length === 0) return value;
  return inConflict(value, opposite, query.fact);
}

/** What is open, with what statements of an uncertain day say of it: a yes is no silence, of which an "absent" would make a no. */
function perhapsSaid(value: FactValue, uncertain: readonly AnswerRecord[], fact: string): FactValue {
  const [yes, no] = [uncertain.filter(saysYes), uncertain.filter(saysNo)];
  return {
    ...value,
    ...(no.length > 0 && { denied: [...(value.denied ?? []), ...no.map((a) => statementOf(a, fact))] }),
    ...(yes.length > 0 && { suggested: [...(value.suggested ?? []), ...yes.flatMap(({ when }) => when ?? [])] }),
    ...(yes.length > 0 && value.gap === 'silent' && { gap: 'unclear' as const }),
  };
}

/** What is asked, and what answers to it count. */
interface Question {
  readonly plan: FactPlan;
  readonly asked: Asked;
  readonly limits: Limits;
}

function withAnswer(answer: AnswerRecord | undefined, question: Question, value: FactValue): FactValue {
  const { plan, asked } = question;
  if (answer === undefined || answer.value.kind !== 'boolean') return value;
  const truth = answer.value.value ? 'true' : 'false';
  const evidence = statementOf(answer, asked.query.fact);
  if (truth === 'false' && mayHaveCome(value, knownOn(answer), question))
    return { ...value, denied: [...(value.denied ?? []), evidence] };
  // whoever states it knows it of what was not retrieved, and of what is not settled, too
  const { gap: _gap, sections: _sections, later, ...settled } = value;
  const last = countsUntil(answer, question);
  const until = last === undefined ? {} : { until: last };
  const sides = withStatement(value, truth, evidence);
  const dated = answer.when !== undefined && { when: answer.when, first: answer.when };
  // what was ruled out since, and is suspected again, is not known by a statement from before
  if (truth === 'true' && value.reopened !== undefined && !isLater([answer.when], datesOf(value.reopened)))
    return inConflict({ ...value, evidence: value.reopened }, [answer], asked.query.fact);
  if (value.gap === 'conflict' && !settles(answer, truth, value, asked.window))
    return inConflict(value, [answer], asked.query.fact);
  if (value.truth === 'unknown') return { ...settled, ...sides, truth, evidence: [evidence], ...until, ...dated };
  if (value.truth === truth)
    return {
      ...settled,
      ...sides,
      // whoever tells of one before the last does not say which was the last
      ...(later !== undefined && !mayBeLast(answer.when, value.when) && { later }),
      evidence: [...value.evidence, evidence],
      ...(later !== undefined && { when: latestOf([value.when, answer.when]) }),
    };
  const charted = chartedOn(value);
  if (answer.when !== undefined && isLater([answer.when], charted)) {
    // what has taken place is not undone by who says later that it did not
    if (truth === 'false' && plan.takesPlace === 'wholly')
      return { ...inConflict(value, [answer], asked.query.fact), ...sides };
    // what the chart said of the other truth (when it holds again, that it can be done) is no longer so
    return {
      ...searched(value),
      ...sides,
      truth,
      evidence: [evidence],
      conflicts: value.evidence,
      ...dated,
      ...until,
    };
  }
  // a partial date leaves open which of them came later
  if (answer.when !== undefined && charted.every((d) => d === undefined || d.lo < (answer.when?.hi ?? d.lo)))
    return { ...inConflict(value, [answer], asked.query.fact), ...sides };
  return { ...value, ...sides, conflicts: [...(value.conflicts ?? []), evidence] };
}

/** A suspicion that was stated before this day may be one no more. */
const suspicionsSince = ({ suspicionLasts }: Limits, { asOf }: Window): Day =>
  suspicionLasts === undefined ? Number.NEGATIVE_INFINITY : subtract(asOf, suspicionLasts);

/** Is it a suspicion that is stated, and does it have to be one still? */
const isSuspicion = ({ fact }: AnswerRecord, { certainty }: FactQuery): boolean =>
  fact.endsWith('.suspected') && certainty !== 'history';

/** The last as-of day on which an answer counts; undefined when nothing ends it. */
function countsUntil(
  answer: AnswerRecord,
  { asked: { query, window }, limits: { suspicionLasts } }: Question,
): Day | undefined {
  const { length } = window;
  const inWindow =
    length === undefined || answer.when === undefined ? undefined : lastDayReaching(answer.when.lo, length);
  const suspected =
    suspicionLasts !== undefined && isSuspicion(answer, query)
      ? lastDayReaching(knownOn(answer), suspicionLasts)
      : undefined;
  return sooner(inWindow, suspected);
}

/** The day on which whoever answers certainly knew it: he states it then, or later than what he states. */
const knownOn = ({ when, stated }: AnswerRecord): Day =>
  Math.max(when?.lo ?? Number.NEGATIVE_INFINITY, stated?.lo ?? Number.NEGATIVE_INFINITY);

/**
 * May what a statement denies have come after it? Something on file leaves the question open, and is not certainly from
 * before; or the section in which it would stand was not seen whole.
 */
function mayHaveCome(value: FactValue, known: Day, { plan, asked, limits }: Question): boolean {
  if (value.truth !== 'unknown' || known >= asked.window.asOf) return false;
  if (value.gap === 'incomplete') return plan.takesPlace !== 'no';
  if (value.gap !== 'unclear') return false;
  const open = [...(value.suggested ?? []).map((d) => d.hi), ...(value.later === undefined ? [] : [value.later.until])];
  return Math.max(suspicionsSince(limits, asked.window), ...open) > known;
}

/** Does a statement settle what entries of the chart contradict each other about? When it is later than those that say otherwise, or of today. */
function settles(answer: AnswerRecord, truth: 'true' | 'false', { sides }: FactValue, { asOf }: Window): boolean {
  const opposed = datesOf((truth === 'true' ? sides?.no : sides?.yes) ?? []);
  const last = latest(opposed.map((d) => Math.min(d?.hi ?? asOf, asOf)));
  const known = knownOn(answer);
  return known >= asOf || known > last;
}

/** May an event of some day be the last, when the chart tells of one? */
const mayBeLast = (stated: Interval | undefined, charted: Interval | undefined): boolean =>
  charted === undefined || stated === undefined || stated.hi >= charted.lo;

/** The chart says one thing, and statements that may be later another. */
const inConflict = (value: FactValue, statements: readonly AnswerRecord[], fact: string): FactValue => ({
  ...searched(value),
  truth: 'unknown',
  evidence: [],
  gap: 'conflict',
  conflicts: [...value.evidence, ...(value.conflicts ?? []), ...statements.map((a) => statementOf(a, fact))],
  suggested: affirmedOn(value, statements),
});

/** The days on which the chart, or a statement, says that it is so: what was ruled out before is open again. */
const affirmedOn = (value: FactValue, statements: readonly AnswerRecord[]): readonly Interval[] => [
  ...(value.suggested ?? []),
  ...(value.truth === 'true' ? chartedOn(value) : []).flatMap((d) => d ?? []),
  ...statements.filter(saysYes).flatMap(({ when }) => when ?? []),
];

/** Both sides of a fact with a clinician's statement on one of them, when the other is not empty. */
function withStatement(value: FactValue, truth: 'true' | 'false', evidence: Evidence): { readonly sides?: Sides } {
  const own = (side: 'true' | 'false'): readonly Evidence[] => (value.truth === side ? value.evidence : []);
  const { yes, no } = value.sides ?? { yes: own('true'), no: own('false') };
  const sides = truth === 'true' ? { yes: [...yes, evidence], no } : { yes, no: [...no, evidence] };
  return sides.yes.length === 0 || sides.no.length === 0 ? {} : { sides };
}

/** The days of some evidence. */
const datesOf = (evidence: readonly Evidence[]): readonly (Interval | undefined)[] =>
  evidence.map(({ date }) => parseInterval(date));

/** The days on which the chart said it: an entry may tell of an onset long before. */
const chartedOn = ({ stated, evidence }: FactValue): readonly (Interval | undefined)[] =>
  stated === undefined ? datesOf(evidence) : [stated];

const statementOf = ({ ref, when }: AnswerRecord, fact: string): Evidence => ({
  reference: ref,
  ...(when !== undefined && { date: formatInterval(when) }),
  fact,
  basis: 'attested',
});

/** Answers about a later day first, and of one day those that were given later. */
const latestFirst = (a: AnswerRecord, b: AnswerRecord): number =>
  (b.when?.hi ?? 0) - (a.when?.hi ?? 0) || (b.given ?? 0) - (a.given ?? 0);

/** Does an answer about the same day, or about one that may be as late, say the opposite, with nothing to tell which was given later? */
const contradicts = (other: AnswerRecord, answer: AnswerRecord): boolean =>
  answer.value.kind === 'boolean' &&
  other.value.kind === 'boolean' &&
  answer.value.value !== other.value.value &&
  !isLater([answer.when], [other.when]) &&
  (answer.given === undefined || other.given === undefined || answer.given === other.given);

/** A fact about which a clinician said yes and no on one day: a conflict, unless the chart speaks later. */
function between(answers: readonly AnswerRecord[], fact: string, value: FactValue): FactValue {
  const said = answers.map((a) => statementOf(a, fact));
  if (value.truth !== 'unknown' && isLater(chartedOn(value), datesOf(said))) return { ...value, conflicts: said };
  const conflicts = [...value.evidence, ...said];
  const suggested = affirmedOn(value, answers);
  return { truth: 'unknown', evidence: [], gap: 'conflict', conflicts, suggested, ...searched(value) };
}

/** What was looked at and may help, whatever it came to. */
const searched = ({ leads, considered }: FactValue): Pick<FactValue, 'leads' | 'considered'> => ({
  ...(leads !== undefined && { leads }),
  ...(considered !== undefined && { considered }),
});

/** Does an answer settle a query? A known answers a suspicion with yes; a denied suspicion denies the diagnosis too. */
function answersQuery(answer: AnswerRecord, query: FactQuery): boolean {
  if (answer.fact === factCode(query)) return true;
  if (!answer.fact.startsWith(query.fact) || answer.value.kind !== 'boolean') return false;
  const suffix = answer.fact.slice(query.fact.length);
  if (suffix === '') return answer.value.value;
  return query.certainty === 'known' && suffix === '.suspected' && !answer.value.value;
}

/** Why an answer to the query does not count here; undefined when it does. */
function whyUnfit(
  answer: AnswerRecord,
  { fact }: FactPlan,
  { query, window }: Asked,
  limits: Limits,
): string | undefined {
  if (answer.value.kind !== 'boolean') return 'neither yes nor no';
  if (answer.by === 'unknown') return 'an answer of nobody in particular';
  if (answer.by === 'patient' && !fact['patient-may-answer']) return 'an answer of the patient';
  if (!fact['of-the-patient'] && !supports(answer.place, query.region, false)) return 'another region';
  if (isSuspicion(answer, query) && knownOn(answer) < suspicionsSince(limits, window)) return UNCERTAIN;
  const { episodeBegan } = limits;
  const fit = fitIn(answer.when, window);
  if (fit === 'inside' || (fit === 'unclear' && deniesToday(answer, window))) {
    if (episodeBegan === undefined) return undefined;
    if (answer.when === undefined) return UNCERTAIN;
    if (answer.when.hi < episodeBegan.lo) return 'dated before the current episode';
    return answer.when.lo < episodeBegan.hi ? UNCERTAIN : undefined;
  }
  if (fit === 'unclear') return UNCERTAIN;
  return fit === 'future' ? 'dated after the order' : 'outside of the time window';
}

const UNCERTAIN = 'not certain to lie in the time window';

const saysYes = ({ value }: AnswerRecord): boolean => value.kind === 'boolean' && value.value;
const saysNo = ({ value }: AnswerRecord): boolean => value.kind === 'boolean' && !value.value;

/** A "no" of the as-of day holds for every time window that ends on it, also for one whose beginning nobody knows. */
const deniesToday = ({ value, when }: AnswerRecord, { asOf }: Window): boolean =>
  value.kind === 'boolean' && !value.value && when !== undefined && when.lo === asOf && when.hi === asOf;

/** An answer as it was looked at. @param ignored why it does not count */
const lookedAt = ({ ref, when, value, by }: AnswerRecord, ignored: string | undefined): Considered => ({
  reference: ref,
  ...(when !== undefined && { date: formatInterval(when) }),
  verdict: ignored !== undefined ? 'ignored' : value.kind === 'boolean' && value.value ? 'for' : 'against',
  reason: ignored ?? (by === 'patient' ? 'answered by the patient' : 'documented by a clinician'),
});
