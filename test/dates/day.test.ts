import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  calendarOf,
  completedYears,
  dayOf,
  firstDayReaching,
  formatDay,
  formatDuration,
  formatInterval,
  lastDayReaching,
  parseDate,
  parseDuration,
  subtract,
} from '../../src/dates/day.ts';
import { day } from '../support/tiny-policy.ts';

const years = fc.integer({ min: 1, max: 9998 });
const days = fc.integer({ min: dayOf(1, 1, 1), max: dayOf(9998, 12, 31) });
const two = (n: number): string => String(n).padStart(2, '0');

describe('partial dates are intervals of days', () => {
  it.each([
    ['2024', '2024-01-01', '2024-12-31'],
    ['2024-02', '2024-02-01', '2024-02-29'],
    ['2023-02', '2023-02-01', '2023-02-28'],
    ['2100-02', '2100-02-01', '2100-02-28'],
    ['2000-02', '2000-02-01', '2000-02-29'],
    ['2024-12', '2024-12-01', '2024-12-31'],
    ['2024-05-28', '2024-05-28', '2024-05-28'],
  ])('%s is %s to %s', (text, lo, hi) => {
    expect(parseDate(text)).toEqual({ lo: day(lo), hi: day(hi) });
    expect(formatInterval(parseDate(text) ?? { lo: 0, hi: 1 })).toBe(text);
  });

  it('counts days from 1970', () => {
    expect(parseDate('1970-01-01')?.lo).toBe(0);
    expect(parseDate('1969-12-31')?.lo).toBe(-1);
    expect(parseDate('2000-03-01')?.lo).toBe(11_017);
  });

  it.each([
    '',
    '24',
    '2024-13',
    '2024-00',
    '2024-02-30',
    '2023-02-29',
    '2024-04-31',
    '2024-1-1',
    '2024-05-28T',
    '2024-05-28T10:00',
    '2024-05-28T10:00:00',
    '2024-05-28 10:00:00Z',
    '0000-01-01',
    ' 2024',
    '2024-05-28Z',
    `2024-05-28T10:00:00.${'0'.repeat(40)}Z`,
    20_240_528,
    null,
    undefined,
    {},
    ['2024'],
  ])('%j is no FHIR date', (value) => {
    expect(parseDate(value)).toBeUndefined();
  });

  it('never throws, whatever it is given', () => {
    fc.assert(fc.property(fc.anything(), (value) => parseDate(value) === undefined || typeof value === 'string'));
  });

  it('an interval that is neither month nor year is written with both ends', () => {
    expect(formatInterval({ lo: day('2024-05-02'), hi: day('2024-05-31') })).toBe('2024-05-02/2024-05-31');
    expect(formatInterval({ lo: day('2024-01-01'), hi: day('2024-06-30') })).toBe('2024-01-01/2024-06-30');
  });
});

describe('the day of a dateTime is its day in its own offset', () => {
  it.each([
    ['2024-05-28T23:30:00-08:00', '2024-05-28', '2024-05-29T07:30:00Z'],
    ['2024-05-28T00:30:00+09:00', '2024-05-28', '2024-05-27T15:30:00Z'],
    ['2024-05-28T23:59:59.999Z', '2024-05-28', '2024-05-28T23:59:59.999Z'],
    ['2024-12-31T20:00:00-05:00', '2024-12-31', '2025-01-01T01:00:00Z'],
  ])('%s', (text, itsDay, instant) => {
    expect(parseDate(text)).toEqual({ lo: day(itsDay), hi: day(itsDay), at: Date.parse(instant) });
  });
});

describe('writing days', () => {
  it('reads back what it writes', () => {
    fc.assert(
      fc.property(days, (d) => {
        expect(parseDate(formatDay(d))).toEqual({ lo: d, hi: d });
      }),
    );
  });

  it('writes what it read: days, months and years', () => {
    const date = fc.tuple(years, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }));
    fc.assert(
      fc.property(date, ([y, m, d]) => {
        const year = String(y).padStart(4, '0');
        for (const text of [year, `${year}-${two(m)}`, `${year}-${two(m)}-${two(d)}`]) {
          const interval = parseDate(text);
          expect(interval && formatInterval(interval)).toBe(text);
        }
      }),
    );
  });

  it('the next day is one more, also over the ends of months, years and centuries', () => {
    for (const [before, after] of [
      ['0099-12-31', '0100-01-01'],
      ['1899-12-31', '1900-01-01'],
      ['1900-02-28', '1900-03-01'],
      ['2000-02-28', '2000-02-29'],
      ['2024-12-31', '2025-01-01'],
    ] as const)
      expect(formatDay(day(before) + 1)).toBe(after);
  });
});

describe('durations', () => {
  it.each([
    ['6 weeks', { count: 6, unit: 'weeks' }],
    ['1 month', { count: 1, unit: 'months' }],
    ['24 hours', { count: 24, unit: 'hours' }],
    ['90 days', { count: 90, unit: 'days' }],
    ['2 years', { count: 2, unit: 'years' }],
  ])('%s', (text, duration) => {
    expect(parseDuration(text)).toEqual(duration);
    expect(formatDuration(parseDuration(text) ?? { count: 0, unit: 'days' })).toBe(text);
  });

  it.each(['6weeks', '-6 weeks', '1.5 months', '6 fortnights', 'six weeks', ' 6 weeks', ''])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('adding durations', () => {
  it.each([
    ['2024-01-31', '1 month', '2024-02-29'],
    ['2023-01-31', '1 month', '2023-02-28'],
    ['2024-03-31', '1 month', '2024-04-30'],
    ['2024-02-29', '1 year', '2025-02-28'],
    ['2024-11-30', '3 months', '2025-02-28'],
    ['2024-12-15', '1 month', '2025-01-15'],
    ['2026-01-19', '6 weeks', '2026-03-02'],
    ['2026-01-19', '42 days', '2026-03-02'],
    ['2026-03-01', '24 hours', '2026-03-02'],
    ['2026-03-01', '25 hours', '2026-03-03'],
  ])('%s and %s is %s', (from, duration, to) => {
    expect(formatDay(add(day(from), parseDuration(duration) ?? { count: 0, unit: 'days' }))).toBe(to);
  });

  it.each([
    ['2024-03-31', '1 month', '2024-02-29'],
    ['2024-03-30', '1 month', '2024-02-29'],
    ['2025-01-15', '1 month', '2024-12-15'],
    ['2024-02-29', '1 year', '2023-02-28'],
    ['2024-02-29', '4 years', '2020-02-29'],
  ])('%s less %s is %s', (from, duration, to) => {
    expect(formatDay(subtract(day(from), parseDuration(duration) ?? { count: 0, unit: 'days' }))).toBe(to);
  });

  it('calendar months keep the day of the month or clip to the last one, and never skip a month', () => {
    const some = fc.integer({ min: dayOf(1900, 1, 1), max: dayOf(2100, 12, 31) });
    fc.assert(
      fc.property(some, fc.integer({ min: -600, max: 600 }), (d, count) => {
        const [y = 0, m = 0, date = 0] = formatDay(d).split('-').map(Number);
        const [y2 = 0, m2 = 0, date2 = 0] = formatDay(add(d, { count, unit: 'months' }))
          .split('-')
          .map(Number);
        expect(y2 * 12 + m2).toBe(y * 12 + m + count);
        const lastOfMonth = dayOf(m2 === 12 ? y2 + 1 : y2, m2 === 12 ? 1 : m2 + 1, 1) - dayOf(y2, m2, 1);
        expect(date2).toBe(Math.min(date, lastOfMonth));
      }),
    );
  });

  it('twelve months are a year', () => {
    fc.assert(
      fc.property(fc.integer({ min: dayOf(1900, 1, 1), max: dayOf(2100, 12, 31) }), (d) => {
        expect(add(d, { count: 12, unit: 'months' })).toBe(add(d, { count: 1, unit: 'years' }));
      }),
    );
  });
});

describe('ages in completed years', () => {
  it.each([
    ['1975-06-15', '2026-06-14', 50],
    ['1975-06-15', '2026-06-15', 51],
    ['2004-02-29', '2025-02-28', 20],
    ['2004-02-29', '2025-03-01', 21],
    ['2026-03-02', '2026-03-02', 0],
  ])('born %s, on %s: %i', (birth, date, age) => {
    expect(completedYears(day(birth), day(date))).toBe(age);
  });
});

describe('today in a time zone', () => {
  it.each([
    ['UTC', '2026-03-02T00:30:00Z', '2026-03-02'],
    ['America/Los_Angeles', '2026-03-02T00:30:00Z', '2026-03-01'],
    ['Pacific/Auckland', '2026-03-02T12:30:00Z', '2026-03-03'],
    ['America/New_York', '2026-07-01T03:59:59Z', '2026-06-30'],
    ['America/New_York', '2026-07-01T04:00:00Z', '2026-07-01'],
  ])('%s at %s is %s', (zone, instant, date) => {
    expect(formatDay(calendarOf(zone)(Date.parse(instant)))).toBe(date);
  });

  it('refuses a zone that does not exist', () => {
    expect(() => calendarOf('Mars/Olympus')).toThrow(RangeError);
  });
});

describe('the days on which a duration, counted back, reaches a day', () => {
  const durations = fc.record({
    count: fc.integer({ min: 0, max: 24 }),
    unit: fc.constantFrom('days', 'weeks', 'months', 'years' as const),
  });

  it('end later than the duration added to it, at the end of a month', () => {
    const months = { count: 3, unit: 'months' } as const;
    expect(formatDay(lastDayReaching(day('2025-02-28'), months))).toBe('2025-05-31');
    expect(formatDay(lastDayReaching(day('2025-02-27'), months))).toBe('2025-05-27');
    expect(formatDay(firstDayReaching(day('2025-11-30'), months))).toBe('2026-03-01');
    expect(formatDay(firstDayReaching(day('2028-02-29'), { count: 1, unit: 'years' }))).toBe('2029-03-01');
  });
  it('are exact for every day and duration', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40_000 }), durations, (on, duration) => {
        const last = lastDayReaching(on, duration);
        expect(subtract(last, duration)).toBeLessThanOrEqual(on);
        expect(subtract(last + 1, duration)).toBeGreaterThan(on);
        const first = firstDayReaching(on, duration);
        expect(subtract(first, duration)).toBeGreaterThanOrEqual(on);
        expect(subtract(first - 1, duration)).toBeLessThan(on);
      }),
    );
  });
});
