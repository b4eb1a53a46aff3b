/**
 * Calendar days without a time zone. A day is the whole number of days since 1970-01-01; the day of a FHIR dateTime is
 * the day in its own offset. Partial FHIR dates ("2024", "2024-05") are intervals of days.
 */
export type Day = number;

/** An inclusive range of days; a known day has `lo === hi`. Instants are kept (epoch ms) where a time was given. */
export interface Interval {
  readonly lo: Day;
  readonly hi: Day;
  /** epoch milliseconds of the instant, when the FHIR value carried a time and an offset */
  readonly at?: number;
}

export type DurationUnit = 'hours' | 'days' | 'weeks' | 'months' | 'years';

/** A length of time as policies state it; months and years are calendar months and years. */
export interface Duration {
  readonly count: number;
  readonly unit: DurationUnit;
}

const DAY_MS = 86_400_000;
const WITH_TIME = /^T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
const DURATION = /^(\d+) (hour|day|week|month|year)s?$/;

/** The calendar repeats itself. Date.UTC reads the years 0 to 99 as 1900 to 1999, so it is asked of a later period. */
const PERIOD = { years: 400, days: 146_097 } as const;

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

const daysInMonth = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;

/** The day of a calendar date (month 1 to 12). */
export const dayOf = (year: number, month: number, day: number): Day =>
  Date.UTC(year + PERIOD.years, month - 1, day) / DAY_MS - PERIOD.days;

/**
 * Parses a FHIR date, dateTime or instant.
 * @param text e.g. "2024", "2024-05", "2024-05-28", "2024-05-28T09:49:00-08:00"
 * @returns the interval of days it covers, or undefined when it is not a valid FHIR date
 */
export function parseDate(text: unknown): Interval | undefined {
  if (typeof text !== 'string' || text.length > 40) return undefined;
  const year = digits(text, 0, 4);
  if (year < 1) return undefined;
  if (text.length === 4) return { lo: dayOf(year, 1, 1), hi: dayOf(year, 12, 31) };
  const month = text.charCodeAt(4) === DASH ? digits(text, 5, 7) : -1;
  if (month < 1 || month > 12) return undefined;
  if (text.length === 7) return { lo: dayOf(year, month, 1), hi: dayOf(year, month, daysInMonth(year, month)) };
  const date = text.charCodeAt(7) === DASH ? digits(text, 8, 10) : -1;
  if (date < 1 || date > 31 || (date > 28 && date > daysInMonth(year, month))) return undefined;
  const day = dayOf(year, month, date);
  if (text.length === 10) return { lo: day, hi: day };
  if (!WITH_TIME.test(text.slice(10))) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? { lo: day, hi: day } : { lo: day, hi: day, at };
}

const DASH = '-'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);

/** The number that the digits of a part of a text spell; -1 where there are others than digits. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return -1;
    number = number * 10 + digit;
  }
  return number;
}

const TWO_DIGITS = Array.from({ length: 32 }, (_, n) => String(n).padStart(2, '0'));

/** The calendar date of a day (month 1 to 12). */
function dateOf(day: Day): { readonly year: number; readonly month: number; readonly date: number } {
  // Years counted from 1 March in eras of 400 years, so that the leap day is the last of its year.
  const shifted = day + 719_468;
  const era = Math.floor(shifted / PERIOD.days);
  const inEra = shifted - era * PERIOD.days;
  const year = Math.floor(
    (inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) / 365,
  );
  const inYear = inEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const fromMarch = Math.floor((5 * inYear + 2) / 153);
  const date = inYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return { year: year + era * 400 + (month <= 2 ? 1 : 0), month, date };
}

/** Writes a day as "YYYY-MM-DD". */
export function formatDay(day: Day): string {
  const { year, month, date } = dateOf(day);
  return `${year < 1000 ? String(year).padStart(4, '0') : year}-${TWO_DIGITS[month]}-${TWO_DIGITS[date]}`;
}

/** Writes an interval as the FHIR date that it came from: a day, a month or a year, else "from/to". */
export function formatInterval(interval: Interval): string {
  if (interval.lo === interval.hi) return formatDay(interval.lo);
  const lo = formatDay(interval.lo);
  const hi = formatDay(interval.hi);
  if (lo.endsWith('-01-01') && hi === `${lo.slice(0, 4)}-12-31`) return lo.slice(0, 4);
  if (lo.endsWith('-01') && hi.slice(0, 7) === lo.slice(0, 7)) return lo.slice(0, 7);
  return `${lo}/${hi}`;
}

/** Reads what `formatInterval` wrote. */
export function parseInterval(text: string | undefined): Interval | undefined {
  const [from, to] = (text ?? '').split('/').map(parseDate);
  return from === undefined ? undefined : { lo: from.lo, hi: (to ?? from).hi };
}

/** Tells the day at an instant (epoch milliseconds). */
export type Calendar = (now: number) => Day;

/**
 * The calendar of an IANA time zone.
 * @throws RangeError when there is no such zone
 */
export function calendarOf(timeZone: string): Calendar {
  if (timeZone === 'UTC') return (now) => Math.floor(now / DAY_MS);
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (now) => parseDate(format.format(now))?.lo ?? Math.floor(now / DAY_MS);
}

function addMonths(day: Day, months: number): Day {
  const { year: from, month: fromMonth, date } = dateOf(day);
  const index = from * 12 + fromMonth - 1 + months;
  const year = Math.floor(index / 12);
  const month = index - year * 12 + 1;
  return dayOf(year, month, Math.min(date, daysInMonth(year, month)));
}

/** Adds a duration to a day. Calendar months clip to the month's last day. Hours round up to whole days. */
export function add(day: Day, duration: Duration, sign: 1 | -1 = 1): Day {
  switch (duration.unit) {
    case 'hours':
      return day + sign * Math.ceil(duration.count / 24);
    case 'days':
      return day + sign * duration.count;
    case 'weeks':
      return day + sign * duration.count * 7;
    case 'months':
      return addMonths(day, sign * duration.count);
    case 'years':
      return addMonths(day, sign * duration.count * 12);
  }
}

/** The day that lies a duration before the given day. */
export const subtract = (day: Day, duration: Duration): Day => add(day, duration, -1);

/** When something took place of which nobody knows the day. */
export const SOME_DAY: Interval = { lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };

/** The last day on which a duration, counted back, still reaches a day: at the end of a month later than the duration added to it. */
export function lastDayReaching(day: Day, duration: Duration): Day {
  let last = add(day, duration);
  while (subtract(last + 1, duration) <= day) last++;
  return last;
}

/** The first day on which a duration, counted back, no longer goes behind a day. */
export function firstDayReaching(day: Day, duration: Duration): Day {
  let first = add(day, duration);
  while (subtract(first, duration) < day) first++;
  return first;
}

/**
 * Reads a duration as policies write it: a whole number and a unit, e.g. "6 weeks", "3 months", "24 hours".
 * @returns undefined when the text is not a duration
 */
export function parseDuration(text: string): Duration | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  return { count: Number(match[1]), unit: `${match[2]}s` as DurationUnit };
}

/** Writes a duration for people, e.g. "6 weeks", "1 month". */
export const formatDuration = (d: Duration): string => `${d.count} ${d.count === 1 ? d.unit.slice(0, -1) : d.unit}`;

/** The age in completed years on a day. */
export function completedYears(birth: Day, on: Day): number {
  const b = new Date(birth * DAY_MS);
  const o = new Date(on * DAY_MS);
  const years = o.getUTCFullYear() - b.getUTCFullYear();
  const before =
    o.getUTCMonth() < b.getUTCMonth() || (o.getUTCMonth() === b.getUTCMonth() && o.getUTCDate() < b.getUTCDate());
  return before ? years - 1 : years;
}
