import type { Day } from '../../dates/day.ts';
import { earliest } from '../../dates/later.ts';
import { sooner } from '../../policy/measure-time.ts';
import { type Asked, type FactContext, fitsRegion, placeIn, placeOfSign } from '../context.ts';
import { ongoingSince } from '../courses.ts';
import type { WorseningInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { lastDayInside } from '../window.ts';
import { isDoubtful } from './in-window.ts';
import { contraAsLast } from './last-seen.ts';
import { OF_ANOTHER } from './related-visits.ts';
import {
  comparable,
  DIFFER,
  dated,
  ends,
  type Score,
  saidBetween,
  sayTheSame,
  scoresOnFile,
  UNREAD,
  unreadAfter,
  withoutDoubt,
} from './scores.ts';

/**
 * Pain that grew: the last score of the episode is higher than the first. In a window the score before it (else the first
 * inside) is compared with the last one inside. During a course of therapy the window begins with the course, and findings
 * that began since then show it too. A score that did not rise does not deny what an earlier block of the fact found.
 */
export function worseningEvidence(input: WorseningInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const began = input.during === undefined ? undefined : ongoingSince(input.during, asked, ctx);
  if (input.during !== undefined && began === undefined) return;
  const since = began ?? asked.window.earliest;
  const progressed = since !== undefined && newFindings(input.new ?? [], since, asked, ctx, tally);
  const otherwise = progressed || tally.for.length > 0;
  const onFile = scoresOnFile(input.scores, asked, ctx);
  const doubted = comparable(onFile);
  const all = withoutDoubt(doubted);
  const { firsts, lasts } = compared(all, since);
  const [[first], [last]] = [firsts, lasts];
  if (first === undefined || last === undefined || firsts.includes(last) || last.day <= first.day) return;
  const rose = roseIn(all, since);
  const roseWith = doubted.length > all.length ? roseIn(doubted, since) : rose;
  if (!sayTheSame(rose, roseWith)) {
    for (const s of doubted) if (s.doubtful) tally.lead(s.item, OF_ANOTHER, true);
    return;
  }
  const unread = unreadAfter(last.day, onFile);
  for (const { item } of unread) tally.lead(item, UNREAD, true);
  if (unread.length > 0) return;
  if (rose.size > 1) return tally.lead(last.item, DIFFER, true);
  // an event that is not on file is asked for itself
  const { asOf, uncertainBefore = asOf } = asked.window;
  if (uncertainBefore <= asOf && isDoubtful(last.item, asked))
    return tally.lead(last.item, 'its date is not certain to lie in the time window', true);
  // on the day on which the window begins with the last score, that one is the score before it
  const inside = lastDayInside(last.item.date, asked.window);
  const overtaken = began === undefined ? overtakenOn(all, lasts, asked) : undefined;
  const until = [inside === undefined ? undefined : inside - 1, overtaken, first.item.until].reduce(sooner);
  for (const s of [first, last]) {
    const item = { ...s.item, ...dated(last), until };
    if (rose.has(true)) tally.pro(item, 'the score rose');
    else if (otherwise) tally.ignore(item, 'the score did not rise, but a new finding began');
    else if (!input.refutes) tally.lead(item, 'the score did not rise: it says nothing of other symptoms');
    else contraAsLast(item, 'the score did not rise', 'Observation', ctx, tally);
  }
}

/** Of some scores those that are compared: the last ones before the window, else the first ones inside, and the last of all. */
function compared(all: readonly Score[], since: Day | undefined): ReturnType<typeof ends> {
  const before = since === undefined ? [] : all.filter((s) => s.day <= since);
  const { firsts, lasts } = ends(all);
  return { firsts: before.length > 0 ? ends(before).lasts : firsts, lasts };
}

/** What scores say of whether the pain grew. */
function roseIn(all: readonly Score[], since: Day | undefined): ReadonlySet<boolean> {
  const { firsts, lasts } = compared(all, since);
  return saidBetween(firsts, lasts, (from, to) => to > from);
}

/** The last as-of day before a score of the window that was no lower than the last one comes to be the score before the window. */
function overtakenOn(all: readonly Score[], lasts: readonly Score[], asked: Asked): Day | undefined {
  const { earliest: since = Number.POSITIVE_INFINITY } = asked.window;
  const least = earliest(lasts.map((s) => s.value));
  const days = all
    .filter((s) => s.day > since && s.value >= least && !lasts.includes(s))
    .flatMap((s) => lastDayInside(s.item.date, asked.window) ?? []);
  return days.length === 0 ? undefined : earliest(days) - 1;
}

/** Confirmed findings of the region whose documented onset lies after a day. @returns whether there is one */
function newFindings(sets: readonly string[], after: Day, asked: Asked, ctx: FactContext, tally: Tally): boolean {
  let found = false;
  for (const set of sets.map((name) => ctx.set(name))) {
    for (const record of ctx.chart.bySet(set)) {
      if (record.type !== 'condition' || record.verification !== 'confirmed' || !record.current) continue;
      const place = placeIn(record.hits, [set]);
      if (!fitsRegion(asked, placeOfSign(place, record, ctx)) || record.onset === undefined) continue;
      if (record.onset.lo <= after || record.onset.hi > asked.window.asOf) continue;
      found = true;
      tally.pro({ ref: record.ref, date: record.onset, basis: record.basis }, 'began during the treatment');
    }
  }
  return found;
}
