import type { Section } from '../../chart/sections.ts';
import { add, type Day, lastDayReaching } from '../../dates/day.ts';
import { sooner } from '../../policy/measure-time.ts';
import { type Asked, type FactContext, fitsRegion, hasUnseen, placeIn, servicePlace } from '../context.ts';
import { type Course, courses, isOf, LONGEST_PAUSE_DAYS, lackingGroups, NO_COURSE, STILL_GOING } from '../courses.ts';
import { duration } from '../duration.ts';
import { latest } from '../episode/doubt.ts';
import { olderProblem } from '../episode/presentations.ts';
import type { CourseInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import type { Refused, Treatment } from '../treatment.ts';
import { type Treatments, treatments } from '../treatments.ts';

const PART_OF_NONE = 'part of no course of this length';

/** Where visits stand. */
const VISITS: readonly Section[] = ['Procedure', 'Encounter'];
const DRUGS: readonly Section[] = ['MedicationRequest', 'MedicationStatement'];

/**
 * A course of treatment of the current episode that lasted at least so long. Time decides against it when the episode itself
 * is shorter, or the therapy began with an evaluation less long ago; a refusal stands until later treatment; everything else
 * that is not proven is unknown.
 * @returns from: the day on which time alone completes a course that goes on
 */
export function courseEvidence(
  input: CourseInput,
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
): { readonly from?: Day } {
  const { asOf, earliest } = asked.window;
  const found = sinceOperation(
    treatments(input.therapies, input.drugs ?? [], asked, ctx, tally),
    input,
    asked,
    ctx,
    tally,
  );
  const { given, refused, earlier } = found;
  const whole = input.window === 'whole' && earliest !== undefined;
  const usable = whole ? given.filter((t) => t.when.lo >= earliest) : given;
  const all = courses(usable, refused, input, asked, ctx);

  const completed = all.filter((c) => c.complete);
  if (completed.length > 0) {
    tellCompleted(completed, given, whole, input, asked, tally);
    return {};
  }
  const refusals = standing(found, usable, input, asOf, ctx);
  if (refusals.length > 0) {
    tally.redoable = true;
    for (const r of refusals)
      tally.contraUntilLater({ ref: r.ref, date: r.when, basis: 'chart' }, 'documented as not done');
    for (const t of given) tally.ignore(toItem(t), 'before it was refused');
    return {};
  }
  const from = all.find((c) => c.completedBy !== undefined)?.completedBy;
  const byTime = from === undefined ? {} : { from };
  const episode = ctx.episode(asked.query.region);
  const begun = episode.onset?.lo;
  if (begun !== undefined && asOf < add(begun, duration(input['at-least']))) {
    if (treatedBefore(begun, earlier, asked, ctx)) {
      for (const t of [...earlier, ...given])
        tally.lead(toItem(t), 'in part before this complaint, for a problem of the spine that goes on', true);
      for (const section of unseenTreatment(input, usable, ctx)) tally.unseen.add(section);
      return byTime;
    }
    const cut = VISITS.filter((section) => hasUnseen(ctx, section));
    if (cut.length > 0) {
      // what was not seen may show the complaint shortly before the onset that is stated
      for (const t of given) tally.lead(toItem(t), NO_COURSE, true);
      for (const section of cut) tally.unseen.add(section);
      return byTime;
    }
    tally.redoable = true;
    for (const e of episode.evidence)
      tally.contra(
        { ref: e.reference, date: episode.onset, basis: e.basis },
        'the episode is shorter than this course',
      );
    for (const t of given) tally.ignore(toItem(t), PART_OF_NONE);
    return byTime;
  }
  const first = begunTooLate(found, input, asOf, ctx);
  if (first !== undefined) {
    tally.redoable = true;
    tally.contra(toItem(first), 'the therapy began with this evaluation, too short a time ago for this course');
    for (const t of given) if (t !== first) tally.ignore(toItem(t), PART_OF_NONE);
    return byTime;
  }
  const within = whole ? courses(given, refused, input, asked, ctx) : all;
  for (const t of given) tally.lead(toItem(t), within.find((c) => c.parts.includes(t))?.falls ?? NO_COURSE, true);
  tally.action = within.flatMap(({ lacks }) => (lacks.length === 1 ? (lacks[0]?.action ?? []) : [])).at(-1);
  // treatment that is not dated or placed well enough may have been an earlier part of it
  tally.goesOn = from !== undefined && found.possible.length === 0;
  for (const section of unseenTreatment(input, usable, ctx)) tally.unseen.add(section);
  return byTime;
}

/** The treatments that did not end before the last operation of the region: what failed before it was what led to it. */
function sinceOperation(
  found: Treatments,
  { 'not-before': operations = [] }: CourseInput,
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
): Treatments {
  const days = operations.flatMap((name) =>
    ctx.chart
      .bySet(ctx.set(name))
      .flatMap((r) =>
        r.type === 'procedure' &&
        r.performed === 'done' &&
        r.when !== undefined &&
        r.when.hi <= asked.window.asOf &&
        fitsRegion(asked, servicePlace(r, placeIn(r.hits, [ctx.set(name)])))
          ? [r.when.lo]
          : [],
      ),
  );
  const last = latest(days);
  const { before = [], since = [] } = Object.groupBy(found.given, (t) => (t.end < last ? 'before' : 'since'));
  for (const t of before) tally.lead(toItem(t), 'before the last operation', true);
  return before.length === 0 ? found : { ...found, given: since };
}

/** Tells what completes the course, and until when it does. */
function tellCompleted(
  completed: readonly Course[],
  given: readonly Treatment[],
  whole: boolean,
  input: CourseInput,
  { window }: Asked,
  tally: Tally,
): void {
  for (const course of completed) {
    // the whole course stays in the window as long as its first part, however that is dated
    const decides = whole ? Math.min(...course.parts.map((t) => t.when.lo)) : course.end;
    const inside = window.length === undefined ? undefined : lastDayReaching(decides, window.length);
    const until = input.ongoing ? sooner(inside, add(course.possibleEnd, STILL_GOING)) : inside;
    for (const t of course.parts) tally.pro(toItem(t, until), 'part of the course');
  }
  const done = Math.max(...completed.map((c) => c.reached));
  tally.since = { lo: done, hi: done };
  const counted = new Set(completed.flatMap((c) => c.parts));
  for (const t of given) if (!counted.has(t)) tally.ignore(toItem(t), PART_OF_NONE);
}

/**
 * The refusals that stand: of a therapy without which there is no such course, until a later record, also one of which it is
 * not certain that it is such therapy, or when it was.
 */
function standing(
  { refused, possible }: Treatments,
  usable: readonly Treatment[],
  input: CourseInput,
  asOf: Day,
  ctx: FactContext,
): readonly Refused[] {
  const later = Math.max(...usable.map((t) => t.when.hi), ...possible.map((when) => when?.hi ?? asOf));
  return refused.filter((r) => (r.when?.lo ?? 0) > later && refusesAll(r, input, ctx));
}

/** A refusal decides when it is of a therapy without which there is no such course. */
const refusesAll = (r: Refused, input: CourseInput, ctx: FactContext): boolean =>
  input.refusal !== undefined
    ? isOf(r, input.refusal, ctx)
    : input.including.length === 0
      ? input.drugs === undefined
      : input.including.some((group) => isOf(r, group.of, ctx));

/**
 * Was a problem of the region that is older than the complaint, and goes on, treated up to it? Then the complaint may be that
 * problem's, and how short it lasts decides nothing.
 */
function treatedBefore(onset: Day, earlier: readonly Treatment[], asked: Asked, ctx: FactContext): boolean {
  const { chart, vocabulary } = ctx;
  const { query, window } = asked;
  return (
    earlier.some((t) => onset - t.end <= LONGEST_PAUSE_DAYS) &&
    olderProblem({ chart, vocabulary, region: query.region, asOf: window.asOf }, onset)
  );
}

/**
 * The evaluation with which the therapy of the episode began, when that is too short a time ago for the course. Therapy that may
 * have been given before it, or before what was seen, leaves the question open.
 */
function begunTooLate(
  { given, possible }: Treatments,
  input: CourseInput,
  asOf: Day,
  ctx: FactContext,
): Treatment | undefined {
  if (input.evaluation === undefined || VISITS.some((section) => hasUnseen(ctx, section))) return undefined;
  const sets = input.evaluation;
  const visits = given.filter((t) => t.isVisit);
  const start = Math.min(...visits.map((t) => t.when.lo));
  if (asOf >= add(start, duration(input['at-least']))) return undefined;
  if (possible.some((when) => when === undefined || when.lo < start)) return undefined;
  return visits.find((t) => t.when.lo === start && t.when.hi === start && isOf(t, sets, ctx));
}

/** Where the rest of a course may stand that was not seen: visits, or drugs when nothing but drugs is lacking. */
function unseenTreatment(input: CourseInput, given: readonly Treatment[], ctx: FactContext): readonly Section[] {
  const out: Section[] = hasUnseen(ctx, 'Procedure') ? ['Procedure'] : [];
  const { drugs = [] } = input;
  const byDrugs =
    drugs.length > 0 && lackingGroups(input, given, ctx).every((group) => group.of.some((set) => drugs.includes(set)));
  if (byDrugs) out.push(...unseenDrugs(ctx));
  return out;
}

/** Where drugs may stand that were not seen; a list of drugs of one kind says nothing of what the other kind holds. */
function unseenDrugs(ctx: FactContext): readonly Section[] {
  if (DRUGS.every((s) => ctx.chart.sections.get(s) !== 'complete')) return DRUGS;
  return DRUGS.filter((s) => hasUnseen(ctx, s));
}

const toItem = (t: Treatment, until?: Day): Item => ({ ref: t.ref, date: t.when, basis: 'chart', until });
