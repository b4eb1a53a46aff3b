import { describe, expect, it } from 'vitest';
import { BACK, because, pain, procedure, score, value, visit } from '../support/lumbar-facts.ts';
import { ask, concept, type Resource } from '../support/tiny-facts.ts';

const PAIN = pain('2025-11-01');
const outcome = (date: string, code: string, members: object = because('icd M54.50')): Resource =>
  procedure('cpt 97110', date, { ...members, outcome: concept(code) });
const FAILED = 'snomed 385671000';
const HELPED = 'snomed 385669000';

const IMPROVED = 'evidence: [{ improvement: { scores: [pain-score], claims: some } }]';
const FAILURE = 'evidence: [{ improvement: { scores: [pain-score], claims: none } }]';

/** "improved", "not improved" or "unknown"; both facts must agree. */
function course(...resources: readonly Resource[]): string {
  const chart = [PAIN, ...resources];
  const improved = ask(IMPROVED, chart).truth;
  const failed = ask(FAILURE, chart).truth;
  expect([`${improved}/${failed}`]).toEqual([expect.stringMatching(/^(true\/false|false\/true|unknown\/unknown)$/)]);
  return improved === 'true' ? 'improved' : failed === 'true' ? 'not improved' : 'unknown';
}

describe('the last score against the first', () => {
  it.each([
    [8, 5, 'improved'],
    [10, 7, 'improved'],
    [5, 3, 'improved'],
    [6, 4, 'improved'],
    [10, 8, 'unknown'],
    [7, 5, 'unknown'],
    [3, 1.5, 'unknown'],
    [7, 6, 'unknown'],
    [6, 6, 'not improved'],
    [6, 8, 'not improved'],
    [0, 0, 'unknown'],
    [2, 0, 'improved'],
  ])('from %d to %d: %s', (first, last, verdict) => {
    expect(course(score('2025-11-10', first), score('2026-02-20', last))).toBe(verdict);
  });
  it('needs two days', () => {
    expect(course(score('2025-11-10', 6))).toBe('unknown');
    expect(course(score('2026-02-20T09:00:00Z', 8), score('2026-02-20T10:00:00Z', 3))).toBe('unknown');
    expect(course()).toBe('unknown');
  });
  it('passes over what lies between', () => {
    expect(course(score('2025-11-10', 7), score('2025-12-10', 2), score('2026-02-20', 7))).toBe('not improved');
    expect(course(score('2026-02-20', 3), score('2025-12-10', 9), score('2025-11-10', 8))).toBe('improved');
  });
  it('takes the last of a day by its time; without times differing scores leave it open', () => {
    const first = score('2025-11-10', 8);
    expect(course(first, score('2026-02-20T10:00:00Z', 3), score('2026-02-20T09:00:00Z', 8))).toBe('improved');
    expect(course(first, score('2026-02-20', 3), score('2026-02-20', 8))).toBe('unknown');
    expect(course(first, score('2026-02-20', 8), score('2026-02-20', 9))).toBe('not improved');
  });
  it('a month that may be first or last leaves it open, unless all agree', () => {
    expect(course(score('2026-02', 8), score('2026-02-10', 3))).toBe('unknown');
    expect(course(score('2025-11', 8), score('2026-02-10', 3))).toBe('improved');
  });
  it('counts since the episode began, until the order', () => {
    expect(course(score('2025-08-01', 9), score('2025-11-10', 6), score('2026-02-20', 6))).toBe('not improved');
    expect(course(score('2025-11-10', 8), score('2026-03-03', 2))).toBe('unknown');
    expect(course(score('2025-11-10', 6), score('2026-03-02', 6))).toBe('not improved');
  });
  it('says nothing of a course of treatment that began later', () => {
    const therapy = ['2026-01-05', '2026-01-20', '2026-02-05'].map((d) =>
      procedure('cpt 97110', d, because('icd M54.50')),
    );
    const before = [score('2025-11-10', 6), score('2025-12-20', 6)];
    expect(course(...before)).toBe('not improved');
    expect(course(...before, ...therapy)).toBe('unknown');
    expect(course(...before, ...therapy, score('2026-02-20', 6))).toBe('not improved');
    expect(course(...before, ...therapy.slice(0, 1))).toBe('not improved');
    expect(course(score('2025-11-10', 8), score('2025-12-20', 2), ...therapy)).toBe('unknown');
  });
  it('a score from a visit for another problem may be of that, and leaves it open when it would decide', () => {
    const seen = (date: string, code?: string): Resource => visit(date, code, { id: `v-${date}` });
    const at = (date: string, points: number): Resource =>
      score(date, points, { encounter: { reference: `Encounter/v-${date}` } });
    const own = [seen('2025-11-10', 'icd M54.50'), at('2025-11-10', 8), seen('2026-02-01', 'icd M54.50')];
    const of = (last: number, elsewhere: number, code?: string): string =>
      course(...own, at('2026-02-01', last), seen('2026-02-20', code), at('2026-02-20', elsewhere));
    expect(of(8, 1, 'icd S93.401A')).toBe('unknown');
    expect(of(2, 9, 'icd K08.89')).toBe('unknown');
    expect(of(2, 1, 'icd K08.89')).toBe('improved');
    expect(of(8, 9, 'icd I10')).toBe('not improved');
    for (const code of [undefined, 'icd M54.16', 'icd G89.29', 'icd M79.604'])
      expect(of(8, 1, code), code).toBe('improved');
    // without a reference to the visit: those of the day
    expect(course(...own, at('2026-02-01', 8), seen('2026-02-20', 'icd K08.89'), score('2026-02-20', 1, {}))).toBe(
      'unknown',
    );
    expect(course(...own, at('2026-02-01', 8), seen('2026-02-20', 'icd K08.89'), score('2026-02-20', 1))).toBe(
      'improved',
    );
  });
  it('a coded failure is contested by a later fall that is seen at a visit for another problem', () => {
    const failed = outcome('2026-02-01', FAILED);
    const later = [visit('2026-02-20', 'icd I10'), score('2026-02-20', 1, {})];
    const chart = [PAIN, score('2025-11-10', 8, {}), failed, ...later];
    expect(ask(FAILURE, chart).truth).toBe('unknown');
    expect(ask(FAILURE, chart.slice(0, 3)).truth).toBe('true');
  });
  it('is of the region; a score without a place counts', () => {
    const at = (code: string): object => ({ bodySite: concept(code) });
    for (const elsewhere of ['snomed 61685007', 'snomed 72696002', 'snomed 122494005'])
      expect(course(score('2025-11-10', 8, at(elsewhere)), score('2026-02-20', 2, at(elsewhere)))).toBe('unknown');
    expect(course(score('2025-11-10', 8, {}), score('2026-02-20', 2, {}))).toBe('improved');
  });
  it('is final', () => {
    for (const status of ['preliminary', 'registered', 'cancelled', 'entered-in-error'])
      expect(course(score('2025-11-10', 8), score('2026-02-20', 2, { ...BACK, status })), status).toBe('unknown');
  });
  it('converts the hundred millimeters of an analog scale, and leaves what it cannot compare', () => {
    const mm = (date: string, v: number): Resource =>
      score(date, 0, { ...BACK, code: concept('loinc 38214-3'), valueQuantity: { value: v, code: 'mm' } });
    expect(course(mm('2025-11-10', 80), mm('2026-02-20', 30))).toBe('improved');
    expect(course(mm('2025-11-10', 80), score('2026-02-20', 8))).toBe('not improved');
    const kilos = score('2026-02-20', 0, { ...BACK, valueQuantity: { value: 3, code: 'kg' } });
    expect(course(score('2025-11-10', 8), kilos)).toBe('unknown');
  });
  it('is open when a later one is none of ten: words, a code, another scale', () => {
    const later = (value: object, date = '2026-02-25'): Resource =>
      score(date, 0, { ...BACK, valueQuantity: undefined, ...value });
    const same = [score('2025-11-10', 8), score('2026-02-20', 8)];
    const fallen = [score('2025-11-10', 8), score('2026-02-20', 2)];
    for (const value of [
      { valueString: '2/10 at rest' },
      { valueString: '2-3' },
      { valueString: '2/5' },
      { valueCodeableConcept: { text: 'two' } },
      { valueCodeableConcept: concept('snomed 255604002') },
      { valueQuantity: { value: 30, code: '{score}' } },
      { valueQuantity: { value: -1, code: '{score}' } },
      { valueQuantity: { value: 5, comparator: '>=', code: '{score}' } },
    ]) {
      expect(course(...same, later(value)), JSON.stringify(value)).toBe('unknown');
      expect(course(...fallen, later(value)), JSON.stringify(value)).toBe('unknown');
      expect(course(...same, later(value, '2025-12-20')), JSON.stringify(value)).toBe('not improved');
      expect(course(...same, later(value, '2026-03-05')), JSON.stringify(value)).toBe('not improved');
      expect(course(...same, later({ ...value, bodySite: concept('snomed 72696002') }))).toBe('not improved');
    }
    expect(course(...same, later({ dataAbsentReason: { text: 'declined' } }))).toBe('not improved');
  });
  it('is a number also where it is sent as a text, or as a code of the EHR that is called by it', () => {
    const local = { system: 'http://ehr.example.org/scores', code: '8841', display: '2' };
    for (const value of [
      { valueString: '2' },
      { valueString: '2/10' },
      { valueString: ' 2 / 10 ' },
      { valueCodeableConcept: { text: '2' } },
      { valueCodeableConcept: { coding: [local], text: '2' } },
    ]) {
      const later = score('2026-02-20', 0, { ...BACK, valueQuantity: undefined, ...value });
      expect(course(score('2025-11-10', 8), later), JSON.stringify(value)).toBe('improved');
      expect(course(score('2025-11-10', 2), later), JSON.stringify(value)).toBe('not improved');
    }
    const both = { valueCodeableConcept: { coding: [local], text: '2 of 10, or 3' } };
    const unclear = score('2026-02-20', 0, { ...BACK, valueQuantity: undefined, ...both });
    expect(course(score('2025-11-10', 8), unclear)).toBe('unknown');
  });
  it('is none when there is no pain at all', () => {
    expect(course(score('2025-11-10', 0), score('2025-12-10', 8), score('2026-02-20', 0))).toBe('unknown');
  });
});

describe('a score of no stated place', () => {
  const scores = [score('2025-11-10', 8, {}), score('2026-02-20', 8, {})];
  const failed = (...resources: readonly Resource[]): string =>
    value('no-significant-improvement', [PAIN, ...scores, ...resources]).truth;
  const knee = (date: string, members: object = {}): Resource => procedure('cpt 27447', date, members);
  it('in the week after an operation elsewhere may be of the pain after it', () => {
    expect(failed()).toBe('true');
    expect(failed(knee('2026-02-18'))).toBe('unknown');
    expect(failed(knee('2026-02-10'))).toBe('true');
    expect(failed(knee('2026-02-18', { status: 'not-done' }))).toBe('true');
  });
  it('is of the back at a visit for it', () => {
    expect(failed(knee('2026-02-18'), visit('2026-02-20', 'icd M54.50'))).toBe('true');
  });
});

describe('coded outcomes of treatment', () => {
  it('say it too', () => {
    expect(course(outcome('2026-02-20', FAILED))).toBe('not improved');
    expect(course(outcome('2026-02-20', HELPED))).toBe('improved');
  });
  it('of another region, without one, of an earlier episode or after the order say nothing', () => {
    expect(course(outcome('2026-02-20', FAILED, because('icd M25.561')))).toBe('unknown');
    expect(course(outcome('2026-02-20', FAILED, {}))).toBe('unknown');
    expect(course(outcome('2025-08-20', FAILED))).toBe('unknown');
    expect(course(outcome('2026-03-03', FAILED))).toBe('unknown');
  });
  it('and scores: the later wins, the same day is a conflict', () => {
    const fall = [score('2025-11-10', 8), score('2026-01-10', 2)];
    expect(course(...fall, outcome('2026-02-20', FAILED))).toBe('not improved');
    expect(course(...fall, outcome('2025-12-20', FAILED))).toBe('improved');
    expect(course(...fall, outcome('2026-01-10', FAILED))).toBe('unknown');
    expect(ask(IMPROVED, [PAIN, ...fall, outcome('2026-01-10', FAILED)])).toMatchObject({ gap: 'conflict' });
    expect(ask(IMPROVED, [PAIN, ...fall, outcome('2025-12-20', FAILED)]).conflicts).toHaveLength(1);
  });
});

describe('pain of a leg', () => {
  const LEG = { bodySite: concept('snomed 61685007') };
  const sciatica = pain('2025-11-01', { code: concept('icd M54.16') });
  const unimproved = (...scores: readonly Resource[]): string =>
    value('no-significant-improvement', [sciatica, score('2025-11-10', 8, LEG), ...scores]).truth;
  it('is left open by a later score that cannot be compared', () => {
    const last = score('2026-02-01', 8, LEG);
    const { valueQuantity: _, ...uncoded } = score('2026-02-20', 0, LEG) as Resource & { valueQuantity: unknown };
    expect(unimproved(last)).toBe('true');
    expect(unimproved(last, { ...uncoded, valueString: 'much better' })).toBe('unknown');
  });
});

describe('symptoms that persist', () => {
  const persist = (...resources: readonly Resource[]): string => value('symptoms-persist', [PAIN, ...resources]).truth;
  const [before, none] = [score('2025-11-10', 8), score('2026-02-20', 0)];
  it('are left open by a failure and an improvement of one day', () => {
    expect(persist(before, none)).toBe('false');
    expect(persist(before, none, outcome('2026-02-20', FAILED))).toBe('unknown');
    expect(persist(before, none, outcome('2026-02-25', FAILED))).toBe('true');
  });
  it('are not shown by a score below a value', () => {
    const below = { valueQuantity: { value: 1, comparator: '<', unit: '{score}', code: '{score}' } };
    expect(persist(score('2026-02-20', 5))).toBe('true');
    expect(persist(score('2026-02-20', 0, { ...BACK, ...below }))).toBe('unknown');
  });
});
