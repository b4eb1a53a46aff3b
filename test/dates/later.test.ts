import { describe, expect, it } from 'vitest';
import { parseDate } from '../../src/dates/day.ts';
import { isLater, latestOf } from '../../src/dates/later.ts';

const days = (...texts: readonly (string | undefined)[]) =>
  texts.map((t) => (t === undefined ? undefined : parseDate(t)));

describe('which of two lists of days is later', () => {
  it('is that of the latest day', () => {
    expect(isLater(days('2025-01-02', '2025-06-01'), days('2025-05-31'))).toBe(true);
    expect(isLater(days('2025-01-02'), days('2025-01-01', '2025-05-31'))).toBe(false);
    expect(isLater(days('2025-01-02'), days('2025-01-02'))).toBe(false);
  });
  it('is not certain where a partial date may be of either side', () => {
    expect(isLater(days('2025-06'), days('2025-06-15'))).toBe(false);
    expect(isLater(days('2025-06-15'), days('2025-06'))).toBe(false);
    expect(isLater(days('2025-07'), days('2025-06-30'))).toBe(true);
  });
  it('is not certain where one has no date', () => {
    expect(isLater(days(undefined), days('2025-06-15'))).toBe(false);
    expect(isLater(days('2025-06-15'), days(undefined))).toBe(false);
    expect(isLater(days('2025-06-15'), days('2025-01-01', undefined))).toBe(false);
    expect(isLater(days('2025-06-15', undefined), days('2025-01-01'))).toBe(true);
  });
  it('is certain against nothing', () => {
    expect(isLater(days('2025-06-15'), [])).toBe(true);
  });
});

describe('the latest of some days', () => {
  it('is an interval between the latest first and the latest last day', () => {
    expect(latestOf(days('2025-06', '2025-06-15', undefined))).toEqual({
      lo: parseDate('2025-06-15')?.lo,
      hi: parseDate('2025-06-30')?.hi,
    });
    expect(latestOf(days(undefined))).toBeUndefined();
  });
});
