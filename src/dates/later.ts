import type { Day, Interval } from './day.ts';

type Days = readonly (Interval | undefined)[];

/** The last of some days; before all days when there is none. As many as there are: no call takes a whole chart as its arguments. */
export const latest = (days: readonly Day[]): Day => days.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

/** The first of some days; after all days when there is none. */
export const earliest = (days: readonly Day[]): Day => days.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);

/**
 * Is the latest of these days later than all of those, for certain? A partial date is any day of its interval, and what has no
 * date may be of any day. (Evidence rules: two dates, conflicts.)
 */
export const isLater = (these: Days, those: Days): boolean =>
  latest(these.map((d) => d?.lo ?? Number.NEGATIVE_INFINITY)) >
  latest(those.map((d) => d?.hi ?? Number.POSITIVE_INFINITY));

/** The latest of these days, which may be partial dates; undefined when none has a date. */
export function latestOf(days: Days): Interval | undefined {
  const known = days.flatMap((d) => d ?? []);
  return known.length === 0 ? undefined : { lo: latest(known.map((d) => d.lo)), hi: latest(known.map((d) => d.hi)) };
}
