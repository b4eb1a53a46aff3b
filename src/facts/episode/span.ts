import type { Day, Interval } from '../../dates/day.ts';

/** A span of days in which the complaint was present or treated. */
export interface Span {
  /** it had begun by this day */
  readonly from: Day;
  readonly to: Day;
  /** the day until which it lasts as the chart stands, beyond the as-of day too; infinite while nothing ends it */
  readonly lasts: Day;
  /** it shows the complaint itself; drugs and films only bridge the time between such spans */
  readonly shows: boolean;
  readonly ref: string;
  readonly when: Interval;
  readonly what: string;
}

/** Code sets by the kind of complaint that they stand for. */
export type Kinds = Readonly<Record<string, readonly string[]>>;
