import { add, type Interval, parseDate } from '../dates/day.ts';
import { type Json, object, text } from './json.ts';

/** The first of some dates; what is none is left out. */
export const firstDate = (values: readonly unknown[]): Interval | undefined =>
  values.flatMap((v) => parseDate(v) ?? []).sort((a, b) => a.lo - b.lo)[0];

/** The first time that a Timing names, else the start of the period in which it repeats. */
function startOfTiming(timing: Json | undefined): Interval | undefined {
  const events = timing?.['event'];
  return (
    firstDate(Array.isArray(events) ? events : []) ??
    parseDate(object(object(timing?.['repeat'])?.['boundsPeriod'])?.['start'])
  );
}

/** The start of an element that may be a dateTime, a date, an instant, a Period or a Timing. */
export function start(resource: Json, name: string): Interval | undefined {
  const dateTime = parseDate(resource[`${name}DateTime`]) ?? parseDate(resource[`${name}Date`]);
  if (dateTime !== undefined) return dateTime;
  const instant = parseDate(resource[`${name}Instant`]);
  if (instant !== undefined) return instant;
  const period = object(resource[`${name}Period`]);
  if (period !== undefined) return parseDate(period['start']) ?? parseDate(period['end']);
  return startOfTiming(object(resource[`${name}Timing`]));
}

/** The days of a Period: all of them, or the one that is stated. */
export function daysOf(period: Json | undefined): Interval | undefined {
  const [from, to] = [parseDate(period?.['start']), parseDate(period?.['end'])];
  return from === undefined || to === undefined ? (from ?? to) : { lo: from.lo, hi: Math.max(from.hi, to.hi) };
}

/** The end of an element that may be a Period; undefined for a dateTime or an open period. */
export function end(resource: Json, name: string): Interval | undefined {
  return parseDate(object(resource[`${name}Period`])?.['end']);
}

const AGE_UNITS: ReadonlyMap<string, 'years' | 'months'> = new Map([
  ['a', 'years'],
  ['y', 'years'],
  ['yr', 'years'],
  ['yrs', 'years'],
  ['year', 'years'],
  ['years', 'years'],
  ['mo', 'months'],
  ['month', 'months'],
  ['months', 'months'],
]);

/** The days at which the patient had an age in completed years or months. @param birth the day of birth, if known */
export function atAge(age: Json | undefined, birth: Interval | undefined): Interval | undefined {
  const value = age?.['value'];
  const unit = AGE_UNITS.get((text(age?.['code']) ?? text(age?.['unit']) ?? '').toLowerCase());
  if (typeof value !== 'number' || !(value >= 0 && value < 150 * 12) || unit === undefined || birth === undefined)
    return undefined;
  const count = Math.floor(value);
  return { lo: add(birth.lo, { count, unit }), hi: add(birth.hi, { count: count + 1, unit }) - 1 };
}

/** The days from the lower age of a Range to the end of the upper one; undefined where one is not stated. */
export function atAges(range: Json | undefined, birth: Interval | undefined): Interval | undefined {
  const [low, high] = [atAge(object(range?.['low']), birth), atAge(object(range?.['high']), birth)];
  return low === undefined || high === undefined ? undefined : { lo: low.lo, hi: high.hi };
}
