import { add, type Day, type Duration, formatDay, subtract } from '../dates/day.ts';
import { earliest, latest } from '../dates/later.ts';
import type { Asked, FactContext } from './context.ts';
import { duration } from './duration.ts';
import type { CourseInput } from './schema.ts';
import { Tally } from './tally.ts';
import type { Refused, Treatment } from './treatment.ts';
import { treatments } from './treatments.ts';

/** Treatments further apart than a month are two courses. */
export const LONGEST_PAUSE_DAYS = 31;

/** A course goes on as long as its last visit lies no further back; a drug as long as it may be taken. */
export const STILL_GOING: Duration = { count: 14, unit: 'days' };

/** Visits over less time than this are no course by which a treatment could be judged. */
const SHORTEST_COURSE_DAYS = 14;

/** Treatments in one run, each within a pause of the one before for certain. */
interface Run {
  readonly parts: readonly Treatment[];
  readonly start: Day;
  readonly end: Day;
  readonly possibleEnd: Day;
}

/** A run of treatments, held against the course that is asked for. */
export interface Course extends Run {
  readonly complete: boolean;
  /** the first day on which it has lasted so long, be it complete or not */
  readonly reached: Day;
  /** the day on which time alone completes it, as it goes on and holds all that belongs to it already */
  readonly completedBy: Day | undefined;
  /** what its treatments are on file for, when it is not complete */
  readonly falls: string;
  /** the groups of treatment that alone lack in a course that is long enough */
  readonly lacks: CourseInput['including'];
}

export const NO_COURSE = 'treatment on file, not a course of this length';

/** The day by which a treatment had begun: the last one of a partial date, unless it had ended before. */
const begunBy = ({ when, end }: Treatment): Day => Math.min(when.hi, Math.max(end, when.lo));

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
    start: earliest(parts.map((t) => t.when.hi)),
    end: latest(parts.map((t) => t.end)),
    possibleEnd: latest(parts.map((t) => t.possibleEnd)),
  }));
}

const goesOn = (run: Run, asOf: Day): boolean =>
  run.parts.some((t) => t.possibleEnd >= (t.isVisit ? subtract(asOf, STILL_GOING) : asOf));

/** Is a treatment, or one that was refused, of one of these sets? */
export const isOf = (t: { readonly record: Treatment['record'] }, sets: readonly string[], ctx: FactContext): boolean =>
  sets.some((s) => t.record.hits.some((h) => h.set === ctx.set(s)));

/** The groups of treatment that belong to the course and that none of these is of. */
export const lackingGroups = (
  input: CourseInput,
  given: readonly Treatment[],
  ctx: FactContext,
): CourseInput['including'] => input.including.filter((group) => !given.some((t) => isOf(t, group.of, ctx)));

/** The course begins with an evaluation and has a visit on a later day. */
function evaluated(run: Run, input: CourseInput, ctx: FactContext): boolean {
  if (input.evaluation === undefined) return true;
  const sets = input.evaluation;
  const first = run.parts.find((t) => isOf(t, sets, ctx));
  return first !== undefined && run.parts.some((t) => t.when.lo > first.when.hi);
}

/** The same therapy is documented as not done after the last visit, or on a day that may be later. */
const brokenOff = (run: Run, refused: readonly Refused[], input: CourseInput, ctx: FactContext): boolean =>
  refused.some(
    (x) =>
      (x.when?.hi ?? Number.POSITIVE_INFINITY) > run.end &&
      input.therapies.some((set) => isOf(x, [set], ctx) && run.parts.some((t) => isOf(t, [set], ctx))),
  );

/** Treatments as courses, in the order of time. */
export function courses(
  given: readonly Treatment[],
  refused: readonly Refused[],
  input: CourseInput,
  { window: { asOf, earliest } }: Asked,
  ctx: FactContext,
): readonly Course[] {
  const least = duration(input['at-least']);
  const pause = input.evaluation === undefined ? LONGEST_PAUSE_DAYS : Number.POSITIVE_INFINITY;
  return runs(given, pause).map((run) => {
    const reached = add(run.start, least);
    const lasted = run.end >= reached;
    const lacking = lackingGroups(input, run.parts, ctx);
    const has = lacking.length === 0 && evaluated(run, input, ctx);
    const going = goesOn(run, asOf);
    const inWindow = input.window === 'whole' || earliest === undefined || run.end >= earliest;
    const until = going && has && reached > asOf ? reached : undefined;
    const falls = (): string => {
      if (earliest !== undefined && !input.ongoing && lasted && has)
        return `a course of this length that ended on ${formatDay(run.end)}, ${run.end < earliest ? 'before the time window' : 'only in part within the time window'}`;
      if (lasted && lacking.length > 0)
        return `treatment on file, long enough, but without ${lacking.map((group) => group.label).join(' and ')}`;
      return until === undefined ? NO_COURSE : `a course that goes on and reaches this length on ${formatDay(until)}`;
    };
    return {
      ...run,
      complete: lasted && has && inWindow && (!input.ongoing || (going && !brokenOff(run, refused, input, ctx))),
      reached,
      completedBy: until,
      falls: falls(),
      lacks: lasted ? lacking : [],
    };
  });
}

const coursesOf = (therapies: readonly string[], asked: Asked, ctx: FactContext): readonly Run[] =>
  runs(treatments(therapies, [], asked, ctx, new Tally(asked.query.fact)).given, LONGEST_PAUSE_DAYS);

/**
 * The first day of the course of these therapies that goes on at the as-of day.
 * @returns undefined when none goes on
 */
export function ongoingSince(therapies: readonly string[], asked: Asked, ctx: FactContext): Day | undefined {
  const last = coursesOf(therapies, asked, ctx).at(-1);
  return last !== undefined && goesOn(last, asked.window.asOf) ? last.start : undefined;
}

/**
 * The first day of the latest course of these therapies.
 * @returns undefined when there was none
 */
export const lastCourseBegan = (therapies: readonly string[], asked: Asked, ctx: FactContext): Day | undefined =>
  coursesOf(therapies, asked, ctx).findLast((r) => r.end - r.start >= SHORTEST_COURSE_DAYS)?.start;
