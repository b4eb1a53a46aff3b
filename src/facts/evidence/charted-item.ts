import type { Interval } from '../../dates/day.ts';
import type { Asked } from '../context.ts';
import type { Item } from '../tally.ts';
import { lastDayInside } from '../window.ts';

/** A record of the chart as evidence, with the last as-of day on which it still lies in the window that is asked about. */
export const chartedItem = (ref: string, date: Interval | undefined, asked: Asked): Item => ({
  ref,
  date,
  basis: 'chart',
  until: lastDayInside(date, asked.window),
});
