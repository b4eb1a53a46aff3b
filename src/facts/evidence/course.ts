import type { Section } from '../../chart/sections.ts';
import { add, type Day, type Duration, formatDay, lastDayReaching, subtract } from '../../dates/day.ts';
import { sooner } from '../../policy/measure-time.ts';
import { type Asked, type FactContext, hasUnseen } from '../context.ts';
import { duration } from '../duration.ts';
import { olderProblem } from '../episode.ts';
import type { CourseInput } from '../schema.ts';
import { type Item, Tally } from '../tally.ts';
import { type Treatment, type Treatments, treatments } from '../treatments.ts';

/** Treatments further apart than a month are two courses. */
const LONGEST_PAUSE_DAYS = 31;

interface Run {
  readonly parts: readonly Treatment[];
  readonly start: Day;
  readonly end: Day;
  readonly possibleEnd: Day;
}

/** The day by which a treatment had begun: the last one of a partial date, unless it had ended before. */
const begunBy = ({ when, end }: Treatment): Day => Math.min(when.hi, Math.max(end, when.lo));

/** Treatments in one run, each within a pause of the one before for certain. */
function runs(given: readonly Treatment[], pause: number): readonly Run[] {
  const out: Treatment[][] = [];
  let reach = Number.NEGATIVE_INFINITY;
  for (const t of [...given].sort((a, b) => begunBy(a) - begunBy(b))) {
    const last = out.at(-1);
    if (last === undefined || begunBy(t) - reach > pause) out.push([t]);
    else last.push(t);
    reach = Math.max(reach, t.end);
  }
  return out.map((parts) => ({
    parts,
    start: Math.min(...parts.map((t) => t.when.hi)),
    end: Math.max(...parts.map((t) => t.end)),
    possibleEnd: Math.max(...parts.map((t) => t.possibleEnd)),
  }));
}

const isOf = (t: { readonly record: Treatment['record'] }, sets: readonly string[], ctx: FactContext): boolean =>
  sets.some((s) => t.record.hits.some((h) => h.set === ctx.set(s)));

const NO_COURSE = 'treatment on file, not a course of this length';

/** The course begins with an evaluation and has a visit on a later day. */
function evaluated(run: Run, input: CourseInput, ctx: FactContext): boolean {
  if (input.evaluation === undefined) return true;
  const sets = input.evaluation;
  const first = run.parts.find((t) => isOf(t, sets, ctx));
  return first !== undefined && run.parts.some((t) => t.when.lo > first.when.hi);
}

/**
 * The evaluation with which the therapy of the episode began, when that is too short a time ago for the course. Therapy that may
 * have been given before it, or before what was seen, leaves the question open.
 */
function begunTooLate(
  { given, possible }: Treatments,
  input: CourseInput,
  least: Duration,
  asOf: Day,
  ctx: FactContext,
): Treatment | undefined {
  if (input.evaluation === undefined || VISITS.some((section) => hasUnseen(ctx, section))) return undefined;
  const sets = input.evaluation;
  const visits = given.filter((t) => t.isVisit);
  const start = Math.min(...visits.map((t) => t.when.lo));
  if (asOf >= add(start, least) || possible.some((when) => when === undefined || when.lo < start)) return undefined;
  return visits.find((t) => t.when.lo === start && t.when.hi === start && isOf(t, sets, ctx));
}

/**
 * A course of treatment of the current episode that lasted at least so long. Time decides against it when the episode itself
 * is shorter, or the therapy began with an evaluation less long ago; a refusal stands until later treatment; everything else
 * that is not proven is unknown.
 */
export function courseEvidence(
  input: CourseInput,
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
): { readonly from?: Day } {
  const { asOf, earliest } = asked.window;
  const found = treatments(input.therapies, input.drugs ?? [], asked, ctx, tally);
  const { given, refused, earlier } = found;
  const whole = input.window === 'whole' && earliest !== undefined;
  const usable = whole ? given.filter((t) => t.when.lo >= earliest) : given;
  const pause = input.evaluation === undefined ? LONGEST_PAUSE_DAYS : Number.POSITIVE_INFINITY;
  const least = duration(input['at-least']);
  const all = runs(usable, pause);
  const lackingIn = (r: Run): CourseInput['including'] =>
    input.including.filter((group) => !r.parts.some((t) => isOf(t, group.of, ctx)));
  const hasGroups = (r: Run): boolean => lackingIn(r).length === 0;
  const lasted = (r: Run): boolean => r.end >= add(r.start, least);
  /** The same therapy is documented as not done after the last visit. */
  const brokenOff = (r: Run): boolean =>
    refused.some(
      (x) =>
        (x.when?.lo ?? Number.NEGATIVE_INFINITY) > r.end &&
        input.therapies.some((set) => isOf(x, [set], ctx) && r.parts.some((t) => isOf(t, [set], ctx))),
    );
  const longEnough = (r: Run): boolean => lasted(r) && evaluated(r, input, ctx) && hasGroups(r);
  const complete = (r: Run): boolean =>
    longEnough(r) &&
    (whole || earliest === undefined || r.end >= earliest) &&
    (!input.ongoing || (goesOn(r, asOf) && !brokenOff(r)));
  /** When time alone completes the course that goes on: it must hold all that belongs to it already. */
  const completedBy = (r: Run): Day | undefined => {
    if (!goesOn(r, asOf) || !evaluated(r, input, ctx) || !hasGroups(r)) return undefined;
    const day = add(r.start, least);
    return day <= asOf ? undefined : day;
  };
  const from = all.map(completedBy).find((day) => day !== undefined);
  const byTime = from === undefined ? {} : { from };
  /** What a treatment that completes no course is on file for. */
  const whatOf = (t: Treatment, courses: readonly Run[]): string => {
    const course = courses.find((r) => r.parts.includes(t));
    if (course === undefined) return NO_COURSE;
    if (earliest !== undefined && !input.ongoing && longEnough(course))
      return `a course of this length that ended on ${formatDay(course.end)}, ${course.end < earliest ? 'before the time window' : 'only in part within the time window'}`;
    const lacking = lasted(course) ? lackingIn(course).map((group) => group.label) : [];
    if (lacking.length > 0) return `treatment on file, long enough, but without ${lacking.join(' and ')}`;
    const day = completedBy(course);
    return day === undefined ? NO_COURSE : `a course that goes on and reaches this length on ${formatDay(day)}`;
  };
  const completed = all.filter(complete);
  for (const run of completed) {
    // the whole course stays in the window as long as its first part, however that is dated
    const decides = whole ? Math.min(...run.parts.map((t) => t.when.lo)) : run.end;
    const inside = asked.window.length === undefined ? undefined : lastDayReaching(decides, asked.window.length);
    const until = input.ongoing ? sooner(inside, add(run.possibleEnd, STILL_GOING)) : inside;
    for (const t of run.parts) tally.pro(toItem(t, until), 'part of the course');
  }
  if (completed.length > 0) {
    const done = Math.max(...completed.map((r) => add(r.start, least)));
    tally.since = { lo: done, hi: done };
    const counted = new Set(completed.flatMap((r) => r.parts));
    for (const t of given) if (!counted.has(t)) tally.ignore(toItem(t), 'part of no course of this length');
    return {};
  }
  // it stands until a later record, also one of which it is not certain that it is such therapy, or when it was
  const others = found.possible.map((when) => when?.hi ?? asOf);
  const later = Math.max(...usable.map((t) => t.when.hi), ...others);
  const stands = refused.filter((r) => (r.when?.lo ?? 0) > later && refusesAll(r, input, ctx));
  const episode = ctx.episode(asked.query.region);
  const first = begunTooLate(found, input, least, asOf, ctx);
  if (stands.length > 0) {
    tally.redoable = true;
    for (const r of stands)
      tally.contraUntilLater({ ref: r.ref, date: r.when, basis: 'chart' }, 'documented as not done');
    for (const t of given) tally.ignore(toItem(t), 'before it was refused');
    return {};
  }
  const begun = episode.onset?.lo;
  if (begun !== undefined && asOf < add(begun, least)) {
    if (treatedBefore(begun, earlier, asked, ctx)) {
      for (const t of [...earlier, ...given])
        tally.lead(toItem(t), 'in part before this complaint, for a problem of the spine that goes on', true);
      for (const section of unseenTreatment(input, usable, ctx)) tally.unseen.add(section);
      return byTime;
    }
    tally.redoable = true;
    for (const e of episode.evidence)
      tally.contra(
        { ref: e.reference, date: episode.onset, basis: e.basis },
        'the episode is shorter than this course',
      );
    for (const t of given) tally.ignore(toItem(t), 'part of no course of this length');
  } else if (first !== undefined) {
    tally.redoable = true;
    tally.contra(toItem(first), 'the therapy began with this evaluation, too short a time ago for this course');
    for (const t of given) if (t !== first) tally.ignore(toItem(t), 'part of no course of this length');
  } else {
    const courses = whole ? runs(given, pause) : all;
    for (const t of given) tally.lead(toItem(t), whatOf(t, courses), true);
    // treatment that is not dated or placed well enough may have been an earlier part of it
    tally.goesOn = from !== undefined && found.possible.length === 0;
    for (const section of unseenTreatment(input, usable, ctx)) tally.unseen.add(section);
  }
  return byTime;
}

/** Where visits stand. */
const VISITS: readonly Section[] = ['Procedure', 'Encounter'];
const DRUGS: readonly Section[] = ['MedicationRequest', 'MedicationStatement'];

/**
 * Was a problem of the region that is older than the complaint, and goes on, treated up to it? Then the complaint may be that
 * problem's, and how short it lasts decides nothing.
 */
function treatedBefore(onset: Day, earlier: readonly Treatment[], asked: Asked, ctx: FactContext): boolean {
  return (
    earlier.some((t) => onset - t.end <= LONGEST_PAUSE_DAYS) &&
    olderProblem(ctx.chart, ctx.vocabulary, asked.query.region, asked.window.asOf, onset)
  );
}

/** Where the rest of a course may stand that was not seen: visits, or drugs when nothing but drugs is lacking. */
function unseenTreatment(input: CourseInput, given: readonly Treatment[], ctx: FactContext): readonly Section[] {
  const out: Section[] = hasUnseen(ctx, 'Procedure') ? ['Procedure'] : [];
  const { drugs = [] } = input;
  const lacking = input.including.filter((group) => !given.some((t) => isOf(t, group.of, ctx)));
  const byDrugs = drugs.length > 0 && lacking.every((group) => group.of.some((set) => drugs.includes(set)));
  if (byDrugs) out.push(...unseenDrugs(ctx));
  return out;
}

/** Where drugs may stand that were not seen; a list of drugs of one kind says nothing of what the other kind holds. */
function unseenDrugs(ctx: FactContext): readonly Section[] {
  if (DRUGS.every((s) => ctx.chart.sections.get(s) !== 'complete')) return DRUGS;
  return DRUGS.filter((s) => hasUnseen(ctx, s));
}

/**
 * The first day of the course of these therapies that goes on at the as-of day.
 * @returns undefined when none goes on
 */
export function ongoingSince(therapies: readonly string[], asked: Asked, ctx: FactContext): Day | undefined {
  const { given } = treatments(therapies, [], asked, ctx, new Tally(asked.query.fact));
  const last = runs(given, LONGEST_PAUSE_DAYS).at(-1);
  return last !== undefined && goesOn(last, asked.window.asOf) ? last.start : undefined;
}

/** Visits over less time than this are no course by which a treatment could be judged. */
const SHORTEST_COURSE_DAYS = 14;

/**
 * The first day of the latest course of these therapies.
 * @returns undefined when there was none
 */
export function lastCourseBegan(therapies: readonly string[], asked: Asked, ctx: FactContext): Day | undefined {
  const { given } = treatments(therapies, [], asked, ctx, new Tally(asked.query.fact));
  return runs(given, LONGEST_PAUSE_DAYS).findLast((r) => r.end - r.start >= SHORTEST_COURSE_DAYS)?.start;
}

/** A refusal decides when it is of a therapy without which there is no such course. */
const refusesAll = (r: { readonly record: Treatment['record'] }, input: CourseInput, ctx: FactContext): boolean =>
  input.refusal !== undefined
    ? isOf(r, input.refusal, ctx)
    : input.including.length === 0
      ? input.drugs === undefined
      : input.including.some((group) => isOf(r, group.of, ctx));

/** A course goes on as long as its last visit lies no further back; a drug as long as it may be taken. */
const STILL_GOING: Duration = { count: 14, unit: 'days' };

const goesOn = (run: Run, asOf: Day): boolean =>
  run.parts.some((t) => t.possibleEnd >= (t.isVisit ? subtract(asOf, STILL_GOING) : asOf));

const toItem = (t: Treatment, until?: Day): Item => ({
  ref: t.ref,
  date: t.when,
  basis: 'chart',
  until,
});
