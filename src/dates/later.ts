import type { Interval } from './day.ts';

type Days = readonly (Interval | undefined)[];

/**
 * Is the latest of these days later than all of those, for certain? A partial date is any day of its interval, and what has no
 * date may be of any day. (Evidence rules: two dates, conflicts.)
 */
export const isLater = (these: Days, those: Days): boolean =>
  Math.max(...these.map((d) => d?.lo ?? Number.NEGATIVE_INFINITY)) >
  Math.max(...those.map((d) => d?.hi ?? Number.POSITIVE_INFINITY));

/** The latest of these days, which may be partial dates; undefined when none has a date. */
export function latestOf(days: Days): Interval | undefined {
  const known = days.flatMap((d) => d ?? []);
  return known.length === 0
    ? undefined
    : { lo: Math.max(...known.map((d) => d.lo)), hi: Math.max(...known.map((d) => d.hi)) };
}
