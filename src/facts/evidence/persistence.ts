import type { ObservationRecord } from '../../chart/records.ts';
import { add, type Day, type Interval, SOME_DAY } from '../../dates/day.ts';
import { isLater, latest } from '../../dates/later.ts';
import { ofComplaint } from '../../policy/fact-source.ts';
import { type Asked, type FactContext, fitsRegion, hasUnseen } from '../context.ts';
import { duration } from '../duration.ts';
import type { PersistenceInput } from '../schema.ts';
import { type Item, Tally } from '../tally.ts';
import { lastDayInside } from '../window.ts';
import { chartedItem } from './charted-item.ts';
import { improvementEvidence } from './improvement.ts';
import { inWindow } from './in-window.ts';
import { inUnit } from './measure.ts';
import { mayBeOfAnother } from './related-visits.ts';
import { isOpen } from './scores.ts';

interface Score {
  readonly record: ObservationRecord;
  /** none when it cannot be compared: words, a code, another scale */
  readonly value: number | undefined;
}

/**
 * The complaint goes on: it did not improve, or it is seen again (a visit for it, a score of pain) when it has lasted long
 * enough. A significant improvement speaks against, unless what is left of the pain is more than slight.
 */
export function persistenceEvidence(input: PersistenceInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const course = new Tally(asked.query.fact);
  improvementEvidence({ scores: input.scores, claims: 'none' }, asked, ctx, course);
  const { onset, knownSince } = ofComplaint(ctx.episode(asked.query.region));
  const began = onset?.hi ?? knownSince;
  const scores = scoresOf(input, asked, ctx);
  const from = began === undefined ? undefined : add(began, duration(input['at-least']));
  const { truth } = course.decide();
  if (truth === 'false') {
    const improved = latest(course.against.map((i) => i.date?.lo ?? Number.NEGATIVE_INFINITY));
    const left = from === undefined ? [] : painAbove(input.slight, Math.max(from, improved), scores, asked);
    for (const item of left)
      if (inWindow(item, asked, tally)) tally.pro(item, 'less than before, but the pain goes on');
    if (left.length === 0) for (const item of course.against) tally.contra(item, 'improved');
    return;
  }
  for (const section of course.unseen) tally.unseen.add(section);
  if (course.for.length > 0 && truth !== 'true') tally.conflict = true;
  for (const item of course.for)
    if (truth !== 'true') tally.lead(item, 'it did not improve, and what else is on file speaks against that');
    else if (inWindow(item, asked, tally))
      tally.pro({ ...item, until: lastDayInside(item.decides ?? item.date, asked.window) }, 'not improved');
  if (from === undefined) return;
  const pains = painAbove(0, from, scores, asked);
  // a slight pain may be what an improvement has left that was not seen
  const lasting = hasUnseen(ctx, 'Observation') ? painAbove(input.slight, from, scores, asked) : pains;
  const sure = new Set(lasting.map((l) => l.ref));
  const slight = pains.filter((p) => !sure.has(p.ref));
  for (const item of slight) tally.undecidedBy(item, 'Observation');
  const undated = perhapsSlight(input.slight, from, scores, asked);
  const seenAgain = [...visitsForIt(from, asked, ctx), ...lasting];
  for (const item of seenAgain) {
    if (undated.length > 0 && !isLater([item.date], undated))
      tally.lead(item, 'a pain that may be slight, or on a day that is not certain, may have come later', true);
    else if (slight.length > 0 && !isLater([item.date], daysOf(slight))) tally.undecidedBy(item, 'Observation');
    else if (inWindow(item, asked, tally)) tally.pro(item, 'the complaint is seen again');
  }
}

/** Visits for the complaint of the region on or after a day. */
function visitsForIt(from: Day, asked: Asked, ctx: FactContext): readonly Item[] {
  const complaints = Object.values(ctx.vocabulary.episode.complaints)
    .flat()
    .map((s) => ctx.set(s));
  return ctx.chart.encounters
    .filter((v) => v.held && v.reasons.some((h) => complaints.includes(h.set) && fitsRegion(asked, h.place)))
    .flatMap((v) => since(v, from, asked));
}

/** Scores of the pain of the region above a value, on or after a day. */
const painAbove = (value: number, from: Day, scores: readonly Score[], asked: Asked): readonly Item[] =>
  scores.flatMap((s) => (s.value !== undefined && s.value > value ? since(s.record, from, asked) : []));

/** The final scores of the pain of the region; not those of visits for another problem. */
function scoresOf(input: PersistenceInput, asked: Asked, ctx: FactContext): readonly Score[] {
  const ofAnother = mayBeOfAnother(asked, ctx);
  return input.scores
    .flatMap((name) => ctx.chart.bySet(ctx.set(name)))
    .flatMap((record) => {
      if (record.type !== 'observation' || !record.final || !fitsRegion(asked, record.site)) return [];
      if (record.value === undefined || ofAnother(record)) return [];
      return [{ record, value: isOpen(record.value) ? undefined : inUnit(record, '{score}') }];
    });
}

/**
 * The days of scores of the region that may be slight, or of slight ones that may lie after a day; any day when a score has none.
 */
const perhapsSlight = (slight: number, from: Day, scores: readonly Score[], asked: Asked): readonly Interval[] =>
  scores.flatMap(({ record: { when = SOME_DAY }, value }) => {
    const mayBe = value === undefined ? when.lo <= asked.window.asOf : value <= slight && when.lo < from;
    return mayBe && when.hi >= from ? [when] : [];
  });

const daysOf = (items: readonly Item[]): readonly (Interval | undefined)[] => items.map((i) => i.date);

const since = (
  record: { readonly ref: string; readonly when?: Interval | undefined },
  from: Day,
  asked: Asked,
): readonly Item[] =>
  record.when !== undefined && record.when.lo >= from ? [chartedItem(record.ref, record.when, asked)] : [];
