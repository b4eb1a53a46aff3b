import type { Section } from '../../chart/sections.ts';
import { add, type Day, lastDayReaching } from '../../dates/day.ts';
import { earliest, latest } from '../../dates/later.ts';
import { sooner } from '../../policy/measure-time.ts';
import { type Asked, type FactContext, fitsRegion, hasUnseen, placeIn, servicePlace } from '../context.ts';
import { type Course, courses, isOf, LONGEST_PAUSE_DAYS, lackingGroups, NO_COURSE, STILL_GOING } from '../courses.ts';
import { duration } from '../duration.ts';
import { olderProblem } from '../episode/presentations.ts';
import { LISTS_OF_DRUGS, SUPPLIES } from '../fact-plan.ts';
import type { CourseInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import type { Refused, Treatment } from '../treatment.ts';
import { type Treatments, treatments } from '../treatments.ts';

const PART_OF_NONE = 'part of no course of this length';

/** Where visits stand. */
const VISITS: readonly Section[] = ['Procedure', 'Encounter'];

/** What is asked of a course, what was found of it, and where that is told. */
interface Search {
  readonly input: CourseInput;
  readonly asked: Asked;
  readonly ctx: FactContext;
  readonly tally: Tally;
  readonly found: Treatments;
  /** of what was given, what lies inside of the window where the whole course has to */
  readonly usable: readonly Treatment[];
}

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
  const { earliest } = asked.window;
  const every = treatments(input.therapies, input.drugs ?? [], asked, ctx, tally);
  const found = sinceOperation(every, input, asked, ctx, tally);
  const { given, refused } = found;
  const whole = input.window === 'whole' && earliest !== undefined;
  const usable = whole ? given.filter((t) => t.when.lo >= earliest) : given;
  const search: Search = { input, asked, ctx, tally, found, usable };
  const all = courses(usable, refused, input, asked, ctx);

  const completed = all.filter((c) => c.complete);
  if (completed.length > 0) {
    tellCompleted(completed, given, whole, input, asked, tally);
    return {};
  }
  const refusals = standing(search);
  if (refusals.length > 0) {
    tellRefused(refusals, search);
    return {};
  }
  const from = all.find((c) => c.completedBy !== undefined)?.completedBy;
  if (!isTooSoon(search)) {
    const within = whole ? courses(given, refused, input, asked, ctx) : all;
    for (const t of given) tally.lead(toItem(t), within.find((c) => c.parts.includes(t))?.falls ?? NO_COURSE, true);
    tally.action = within.flatMap(({ lacks }) => (lacks.length === 1 ? (lacks[0]?.action ?? []) : [])).at(-1);
    // treatment that is not dated or placed well enough may have been an earlier part of it
    tally.goesOn = from !== undefined && found.possible.length === 0;
    leaveOpen(unseenTreatment(search), tally);
  }
  return from === undefined ? {} : { from };
}

function tellRefused(refusals: readonly Refused[], { found, tally }: Search): void {
  tally.redoable = true;
  for (const r of refusals)
    tally.contraUntilLater({ ref: r.ref, date: r.when, basis: 'chart' }, 'documented as not done');
  for (const t of found.given) tally.ignore(toItem(t), 'before it was refused');
}

/** Tells that there was too little time for such a course, or perhaps too little. @returns whether it did */
function isTooSoon(search: Search): boolean {
  const { input, asked, ctx, found, tally } = search;
  const begun = ctx.episode(asked.query.region).onset?.lo;
  if (begun !== undefined && asked.window.asOf < add(begun, duration(input['at-least']))) {
    tellShort(begun, search);
    return true;
  }
  const first = begunTooLate(search);
  if (first === undefined) return false;
  tally.redoable = true;
  tally.contra(toItem(first), 'the therapy began with this evaluation, too short a time ago for this course');
  for (const t of found.given) if (t !== first) tally.ignore(toItem(t), PART_OF_NONE);
  return true;
}

/** Tells that the episode is shorter than the course, unless it may be part of a problem that was treated before. */
function tellShort(begun: Day, search: Search): void {
  const { asked, ctx, tally, found } = search;
  const { given, earlier } = found;
  if (treatedBefore(begun, found, asked, ctx)) {
    for (const t of [...earlier, ...given])
      tally.lead(toItem(t), 'in part before this complaint, for a problem of the spine that goes on', true);
    return leaveOpen(unseenTreatment(search), tally);
  }
  const cut = VISITS.filter((section) => hasUnseen(ctx, section));
  if (cut.length > 0) {
    // what was not seen may show the complaint shortly before the onset that is stated
    for (const t of given) tally.lead(toItem(t), NO_COURSE, true);
    return leaveOpen(cut, tally);
  }
  tally.redoable = true;
  const { evidence, onset } = ctx.episode(asked.query.region);
  for (const e of evidence)
    tally.contra({ ref: e.reference, date: onset, basis: e.basis }, 'the episode is shorter than this course');
  for (const t of given) tally.ignore(toItem(t), PART_OF_NONE);
}

function leaveOpen(sections: readonly Section[], tally: Tally): void {
  for (const section of sections) tally.unseen.add(section);
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
    const decides = whole ? earliest(course.parts.map((t) => t.when.lo)) : course.end;
    const inside = window.length === undefined ? undefined : lastDayReaching(decides, window.length);
    const until = input.ongoing ? sooner(inside, add(course.possibleEnd, STILL_GOING)) : inside;
    for (const t of course.parts) tally.pro(toItem(t, until), 'part of the course');
  }
  const done = latest(completed.map((c) => c.reached));
  tally.since = { lo: done, hi: done };
  const counted = new Set(completed.flatMap((c) => c.parts));
  for (const t of given) if (!counted.has(t)) tally.ignore(toItem(t), PART_OF_NONE);
}

/**
 * The refusals that stand: of a therapy without which there is no such course, until a later record, also one of which it is
 * not certain that it is such therapy, or when it was.
 */
function standing({ found, usable, input, asked, ctx }: Search): readonly Refused[] {
  const { refused, possible } = found;
  const { asOf } = asked.window;
  const later = latest([...usable.map((t) => t.when.hi), ...possible.map((when) => when?.hi ?? asOf)]);
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
function treatedBefore(onset: Day, { earlier, possible }: Treatments, asked: Asked, ctx: FactContext): boolean {
  const { chart, vocabulary } = ctx;
  const { query, window } = asked;
  return (
    (earlier.some((t) => onset - t.end <= LONGEST_PAUSE_DAYS) ||
      possible.some((when) => when === undefined || (when.lo < onset && onset - when.hi <= LONGEST_PAUSE_DAYS))) &&
    olderProblem({ chart, vocabulary, region: query.region, asOf: window.asOf }, onset)
  );
}

/**
 * The evaluation with which the therapy of the episode began, when that is too short a time ago for the course. Therapy that may
 * have been given before it, or before what was seen, leaves the question open.
 */
function begunTooLate({ found, input, asked, ctx }: Search): Treatment | undefined {
  if (input.evaluation === undefined || VISITS.some((section) => hasUnseen(ctx, section))) return undefined;
  const sets = input.evaluation;
  const visits = found.given.filter((t) => t.isVisit);
  const start = earliest(visits.map((t) => t.when.lo));
  if (asked.window.asOf >= add(start, duration(input['at-least']))) return undefined;
  if (found.possible.some((when) => when === undefined || when.lo < start)) return undefined;
  return visits.find((t) => t.when.lo === start && t.when.hi === start && isOf(t, sets, ctx));
}

/** Where the rest of a course may stand that was not seen: visits, or drugs when nothing but drugs is lacking. */
function unseenTreatment({ input, usable, ctx }: Search): readonly Section[] {
  const out: Section[] = hasUnseen(ctx, 'Procedure') ? ['Procedure'] : [];
  const { drugs = [] } = input;
  const byDrugs =
    drugs.length > 0 && lackingGroups(input, usable, ctx).every((group) => group.of.some((set) => drugs.includes(set)));
  if (byDrugs) out.push(...unseenDrugs(ctx));
  return out;
}

/** Where drugs may stand that were not seen; a list of drugs of one kind says nothing of what the other kind holds. */
function unseenDrugs(ctx: FactContext): readonly Section[] {
  const none = LISTS_OF_DRUGS.every((s) => ctx.chart.sections.get(s) !== 'complete');
  const lists = none ? LISTS_OF_DRUGS : LISTS_OF_DRUGS.filter((s) => hasUnseen(ctx, s));
  return [...lists, ...SUPPLIES.filter((s) => hasUnseen(ctx, s))];
}

const toItem = (t: Treatment, until?: Day): Item => ({ ref: t.ref, date: t.when, basis: 'chart', until });
