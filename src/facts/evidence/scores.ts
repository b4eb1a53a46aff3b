import type { ObservationRecord } from '../../chart/records.ts';
import type { Day, Interval } from '../../dates/day.ts';
import { earliest, latest } from '../../dates/later.ts';
import { firstReached } from '../../dates/reaching.ts';
import { NO_PLACE, type Place } from '../../terminology/regions.ts';
import { type Asked, type FactContext, fitsRegion, placeOfRecord } from '../context.ts';
import { episodeStart } from '../episode/episode.ts';
import type { Item } from '../tally.ts';
import { inUnit } from './measure.ts';
import { hurtElsewhere, mayBeOfAnother } from './related-visits.ts';

/** A score whose value may be none that can be compared: words, a code, a number of another scale. */
export interface ScoreOnFile {
  readonly record: ObservationRecord;
  readonly value: number | undefined;
  readonly day: Day;
  readonly item: Item;
  /** it may be of another problem, for which the visit was */
  readonly doubtful: boolean;
}

/** A score that can be compared with others. */
export interface Score extends ScoreOnFile {
  readonly value: number;
}

/**
 * May a score without a body site be of the pain of this region? Not when problems of the spine are on file, all of them of other
 * regions.
 */
function maybeOfRegion(asked: Asked, ctx: FactContext): boolean {
  const { complaints, otherwise } = ctx.vocabulary.episode;
  const sets = [...Object.values(complaints), ...Object.values(otherwise)].flat().map((name) => ctx.set(name));
  const places: Place[] = [];
  for (const set of sets)
    for (const record of ctx.chart.bySet(set))
      if (record.type === 'condition' && record.verification !== 'refuted')
        for (const h of record.hits) if (h.set === set) places.push(placeOfRecord(h.place, record.site));
  const reasons = [...ctx.chart.encounters.flatMap((v) => v.reasons), ...ctx.chart.orderReasons.flatMap((r) => r.hits)];
  for (const h of reasons) if (sets.includes(h.set)) places.push(h.place);
  return places.length === 0 || places.some((place) => fitsRegion(asked, place));
}

/** The first day of the episode, by what is known of it; before all days where nothing is. */
export const beginning = (asked: Asked, ctx: FactContext): Day =>
  episodeStart(ctx.episode(asked.query.region)) ?? Number.NEGATIVE_INFINITY;

/** The last as-of day on which what was seen on a day is of the episode: one of which nothing is on file begins later each day. */
function lastOfEpisode({ hi }: Interval, asked: Asked, ctx: FactContext): Day | undefined {
  const episode = ctx.episode(asked.query.region);
  const moves = episode.notBefore !== undefined && episode.notBefore === episodeStart(episode);
  return moves ? hi + (asked.window.asOf - episode.notBefore) : undefined;
}

/** Scores of the region (or without a place, when they may be of it) since the episode began, oldest first. */
export const scores = (...wanted: Parameters<typeof scoresOnFile>): readonly Score[] =>
  comparable(scoresOnFile(...wanted));

/** Those of some scores that can be compared. */
export const comparable = (all: readonly ScoreOnFile[]): readonly Score[] =>
  all.filter((s): s is Score => s.value !== undefined);

/** The same, with those that cannot be compared. */
export function scoresOnFile(
  sets: readonly string[],
  asked: Asked,
  ctx: FactContext,
  sites?: readonly string[],
  since: Day = beginning(asked, ctx),
): readonly ScoreOnFile[] {
  const out: ScoreOnFile[] = [];
  const doubtful = mayBeOfAnother(asked, ctx);
  const ofAnother = hurtElsewhere(asked, ctx);
  for (const name of sets) {
    const set = ctx.set(name);
    for (const record of ctx.chart.bySet(set)) {
      if (
        record.type !== 'observation' ||
        !record.final ||
        record.when === undefined ||
        record.value === undefined ||
        !record.hits.some((h) => h.set === set)
      )
        continue;
      if (record.when.lo > asked.window.asOf || record.when.hi < since) continue;
      const here =
        sites === undefined
          ? fitsRegion(asked, record.site)
          : sites.some((s) => record.siteHits.some((h) => h.set === ctx.set(s)));
      if (!here || ofAnother(record)) continue;
      const until = lastOfEpisode(record.when, asked, ctx);
      out.push({
        record,
        value: isOpen(record.value) ? undefined : inUnit(record, '{score}'),
        day: record.when.lo,
        doubtful: doubtful(record),
        item: { ref: record.ref, date: record.when, basis: 'chart', until },
      });
    }
  }
  const placed = out.filter((s) => s.record.site !== NO_PLACE);
  const here = sites !== undefined || placed.length === out.length || maybeOfRegion(asked, ctx) ? out : placed;
  return here.sort((a, b) => a.day - b.day);
}

/** Is it given as "at least 5" or the like? */
export const isOpen = (value: ObservationRecord['value']): boolean =>
  value?.kind === 'number' && value.comparator !== undefined;

/** The scores after a day that cannot be compared: they leave open what the others before them say. */
export const unreadAfter = (day: Day, all: readonly ScoreOnFile[]): readonly ScoreOnFile[] =>
  all.filter((s) => s.value === undefined && (s.record.when?.hi ?? s.day) > day);

/** Do two sets of scores say the same? */
export const sayTheSame = <T>(some: ReadonlySet<T>, others: ReadonlySet<T>): boolean =>
  some.size === others.size && [...some].every((said) => others.has(said));

/** The scores that may be the first and those that may be the last: several, when their days overlap and no times are given. */
export function ends(all: readonly Score[]): { readonly firsts: readonly Score[]; readonly lasts: readonly Score[] } {
  const dates = all.flatMap((s) => s.item.date ?? []);
  const first = earliest(dates.map((d) => d.hi));
  const last = latest(dates.map((d) => d.lo));
  const firsts = all.filter((s) => (s.item.date?.lo ?? first) <= first);
  const lasts = all.filter((s) => (s.item.date?.hi ?? last) >= last);
  return { firsts: atTime(firsts, Math.min), lasts: atTime(lasts, Math.max) };
}

/**
 * What each of some scores says beside each of others. Of the others three tell it: the least, the greatest below the score, and the
 * greatest; a chart may hold thousands of both.
 * @param say of two values, the later last: what lies between two values that say the same says no other
 */
export function saidBetween<T>(
  firsts: readonly Score[],
  lasts: readonly Score[],
  say: (from: number, to: number) => T,
): ReadonlySet<T> {
  const values = lasts.map((s) => s.value).sort((a, b) => a - b);
  return new Set(
    firsts.flatMap(({ value: from }) =>
      [values[0], values[firstReached(values, from) - 1], values.at(-1)].flatMap((to) =>
        to === undefined ? [] : [say(from, to)],
      ),
    ),
  );
}

/** Of the scores that may be meant the one with the first, or the last, time; all of them when one has no time. */
function atTime(scores: readonly Score[], pick: (...times: number[]) => number): readonly Score[] {
  const times = scores.flatMap((s) => s.item.date?.at ?? []);
  if (times.length < scores.length) return scores;
  const wanted = times.reduce((a, b) => pick(a, b), times[0] ?? 0);
  return scores.filter((s) => s.item.date?.at === wanted);
}

/** Without those that may be of another problem. */
export const withoutDoubt = (all: readonly Score[]): readonly Score[] => all.filter((s) => !s.doubtful);

/** Both scores speak on the day of the later one. */
export const dated = (s: Score): Pick<Item, 'decides'> => (s.item.date === undefined ? {} : { decides: s.item.date });

/** Why scores before it do not decide. */
export const UNREAD = 'a later score that cannot be compared';

/** Why scores of which nobody knows which came last do not decide. */
export const DIFFER = 'several scores that may be meant differ';
