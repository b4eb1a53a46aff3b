import { describe, expect, it } from 'vitest';
import { formatDay } from '../../src/dates/day.ts';
import { value as factValue, score as painScore } from '../support/lumbar-facts.ts';
import { ask, concept, type Resource } from '../support/tiny-facts.ts';

const condition = (code: string, dates: Readonly<Record<string, string>>): Resource => ({
  resourceType: 'Condition',
  clinicalStatus: { coding: [{ code: 'active' }] },
  code: concept(code),
  ...dates,
});
const mri = (date: string): Resource => ({
  resourceType: 'DiagnosticReport',
  status: 'final',
  code: concept('cpt 72148'),
  effectiveDateTime: date,
});
const score = (date: string, points: number): Resource => painScore(date, points, {});
const SINCE_MRI = { since: { fact: 'event' } } as const;

describe('a stated onset', () => {
  const begun = 'evidence: [{ finding: { codes: [foot-drop], stated-onset: true } }]';
  it('is what counts, not the day of the entry', () => {
    const scan = mri('2026-01-10');
    const at = (dates: Readonly<Record<string, string>>): unknown =>
      ask(begun, [scan, condition('icd M21.371', dates)], SINCE_MRI).truth;
    expect(at({ onsetDateTime: '2026-02-01' })).toBe('true');
    expect(at({ onsetDateTime: '2025-12-01', recordedDate: '2026-02-01' })).toBe('unknown');
    expect(at({ recordedDate: '2026-02-01' })).toBe('unknown');
  });
});

describe('worsening since an event', () => {
  const worse = 'evidence: [{ worsening: { scores: [pain-score] } }]';
  const pain = condition('icd M54.50', { onsetDateTime: '2025-10-01' });
  it('compares with the score before the event', () => {
    const all = [pain, mri('2026-01-10'), score('2025-11-01', 8), score('2026-01-05', 4), score('2026-02-20', 6)];
    expect(ask(worse, all, SINCE_MRI).truth).toBe('true');
    expect(ask(worse, all).truth).toBe('false');
  });
  it('says no when the score did not rise', () => {
    const all = [pain, mri('2026-01-10'), score('2025-11-01', 3), score('2026-01-05', 6), score('2026-02-20', 6)];
    expect(ask(worse, all, SINCE_MRI).truth).toBe('false');
  });
});

describe('worsening within three months', () => {
  const worse = 'lookback: 3 months\nevidence: [{ worsening: { scores: [pain-score] } }]';
  const pain = condition('icd M54.50', { onsetDateTime: '2025-10-01' });
  const until = (...scores: readonly Resource[]): string | undefined => {
    const { truth, until: last } = ask(worse, [pain, ...scores]);
    return truth === 'true' && last !== undefined ? formatDay(last) : truth;
  };
  const [before, last] = [score('2025-11-20', 3), score('2026-02-20', 7)];
  it('lapses when the last score leaves the window', () => {
    expect(until(before, last)).toBe('2026-05-19');
    expect(until(before, score('2025-12-20', 5), last)).toBe('2026-05-19');
  });
  it('lapses when a score that was as high comes to be the one before it', () => {
    expect(until(before, score('2025-12-20', 8), last)).toBe('2026-03-19');
    expect(until(before, score('2025-12-20', 7), last)).toBe('2026-03-19');
  });
});

describe('a fall of the weight', () => {
  const weight = (date: string, amount: number, code: string): Resource => ({
    resourceType: 'Observation',
    status: 'final',
    code: concept('loinc 29463-7'),
    effectiveDateTime: date,
    valueQuantity: { value: amount, code },
  });
  const fell = (...weights: readonly Resource[]): string =>
    factValue('weight-loss-over-5-percent-in-2-months', weights).truth;
  it('is seen across pounds and kilograms', () => {
    expect(fell(weight('2026-01-05', 132, '[lb_av]'), weight('2026-02-27', 55, 'kg'))).toBe('true');
    expect(fell(weight('2026-01-05', 60, 'kg'), weight('2026-02-27', 121, '[lb_av]'))).toBe('true');
    expect(fell(weight('2026-01-05', 132, '[lb_av]'), weight('2026-02-27', 59, 'kg'))).toBe('false');
    expect(fell(weight('2026-01-05', 132, '[lb_av]'), weight('2026-02-27', 121, 'lb'))).toBe('true');
    expect(fell(weight('2026-01-05', 2112, '[oz_av]'), weight('2026-02-27', 55, 'kg'))).toBe('true');
    expect(fell(weight('2026-01-05', 2112, '[oz_av]'), weight('2026-02-27', 59, 'kg'))).toBe('false');
  });
  it('is left open by units that cannot be compared', () => {
    const stones = weight('2026-01-05', 132, 'stone');
    expect(fell(stones, weight('2026-02-27', 55, 'kg'))).toBe('unknown');
    expect(fell(stones, weight('2026-01-20', 56, 'kg'), weight('2026-02-27', 55, 'kg'))).toBe('unknown');
    expect(fell(stones, weight('2026-01-20', 60, 'kg'), weight('2026-02-27', 55, 'kg'))).toBe('true');
  });
  it('is left open where two weights of the last day, in whatever order, say different things', () => {
    const [before, less, same] = [
      weight('2026-01-05', 60, 'kg'),
      weight('2026-02-27', 55, 'kg'),
      weight('2026-02-27', 60, 'kg'),
    ];
    expect(fell(before, less, same)).toBe('unknown');
    expect(fell(before, same, less)).toBe('unknown');
    expect(fell(before, less, weight('2026-02-27', 55.5, 'kg'))).toBe('true');
    expect(fell(before, same, weight('2026-02-27', 59, 'kg'))).toBe('false');
  });
  it('is left open by a weight of a month or year that may be later, or lie too far back', () => {
    const [before, less, same] = [
      weight('2026-01-05', 60, 'kg'),
      weight('2026-02-27', 55, 'kg'),
      weight('2026-02-27', 60, 'kg'),
    ];
    expect(fell(before, same, weight('2026', 50, 'kg'))).toBe('unknown');
    expect(fell(weight('2025-12', 60, 'kg'), less)).toBe('unknown');
    expect(fell(weight('2025-12', 56, 'kg'), before, weight('2026-02-27', 58, 'kg'))).toBe('false');
    expect(fell(weight('2026-01', 60, 'kg'), less)).toBe('true');
  });
});

describe('grace', () => {
  const trauma = 'evidence: [{ finding: { codes: [trauma-event], regional: false } }]';
  const pain = condition('icd M54.50', { onsetDateTime: '2026-01-10' });
  const fall = (date: string): { resourceType: string } => condition('icd W18.30XA', { onsetDateTime: date });
  const since = (date: string, days?: number): string =>
    ask(trauma, [pain, fall(date)], {
      since: 'episode',
      ...(days !== undefined && { grace: { count: days, unit: 'days' } }),
    }).truth;
  it('lets evidence shortly before the event count', () => {
    expect(since('2026-01-10')).toBe('true');
    expect(since('2026-01-07')).toBe('unknown');
    expect(since('2026-01-07', 30)).toBe('true');
    expect(since('2025-11-01', 30)).toBe('unknown');
  });
});
