import { type Day, type Duration, type Interval, lastDayReaching } from '../dates/day.ts';

/** The span of days in which evidence counts. */
export interface Window {
  readonly asOf: Day;
  /** instant of the as-of date, for windows in hours */
  readonly asOfInstant?: number;
  /** first day that counts; undefined = no lower bound */
  readonly earliest?: Day;
  /** the lower bound itself is not known for sure: evidence before this day is unclear, not out */
  readonly uncertainBefore?: Day;
  /** the duration behind `earliest`, or behind `uncertainBefore` where that is the only bound, to tell until when evidence stays inside */
  readonly length?: Duration;
}

export type Fit = 'inside' | 'outside' | 'future' | 'unclear';

/** Does a date lie in the window? Partial dates that straddle an end are unclear, and so are undated items of a bounded window. */
export function fitIn(date: Interval | undefined, window: Window): Fit {
  if (date === undefined)
    return window.earliest === undefined && window.uncertainBefore === undefined ? 'inside' : 'unclear';
  if (date.lo > window.asOf) return 'future';
  if (window.length?.unit === 'hours' && date.at !== undefined && window.asOfInstant !== undefined) {
    const age = window.asOfInstant - date.at;
    return age < 0 ? 'future' : age <= window.length.count * 3_600_000 ? 'inside' : 'outside';
  }
  if (window.earliest !== undefined) {
    if (date.hi < window.earliest) return 'outside';
    if (date.lo < window.earliest) return 'unclear';
  }
  if (window.uncertainBefore !== undefined && date.lo < window.uncertainBefore) return 'unclear';
  return 'inside';
}

/** Does a date lie in the window, or may it? */
export function mayLieIn(date: Interval | undefined, window: Window): boolean {
  const fit = fitIn(date, window);
  return fit === 'inside' || fit === 'unclear';
}

/** The last as-of day on which a date still lies in a window that counts back from the as-of day. */
export function lastDayInside(date: Interval | undefined, window: Window): Day | undefined {
  if (date === undefined || window.length === undefined) return undefined;
  if (window.earliest === undefined && window.uncertainBefore === undefined) return undefined;
  return lastDayReaching(date.lo, window.length);
}
