import { describe, expect, it } from 'vitest';
import { condition, value, visit } from '../support/lumbar-facts.ts';
import { concept, type Resource } from '../support/tiny-chart.ts';

const truth = (fact: string, ...chart: readonly Resource[]): string => value(fact, chart).truth;
const weakness = (effectiveDateTime: string, valueBoolean: boolean, members: object = {}): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: concept('snomed 26544005'),
  effectiveDateTime,
  valueBoolean,
  ...members,
});
const film = (effectiveDateTime: string, conclusion = 'icd M48.56XA'): Resource => ({
  resourceType: 'DiagnosticReport',
  status: 'final',
  code: concept('cpt 72100'),
  effectiveDateTime,
  conclusionCode: [concept(conclusion)],
});

describe('an onset that stands in words', () => {
  const footDrop = (members: object): string =>
    truth('new-foot-drop', condition('icd M21.371', { recordedDate: '2026-02-20', ...members }));
  it('leaves open whether it is new', () => {
    expect(footDrop({})).toBe('true');
    expect(footDrop({ onsetString: 'since childhood' })).toBe('unknown');
    expect(footDrop({ onsetAge: { value: 3, unit: 'decades' } })).toBe('unknown');
  });
  it('leaves open when an accident was', () => {
    const fall = (members: object): string =>
      truth('low-velocity-trauma', condition('icd W19.XXXA', { recordedDate: '2026-02-20', ...members }));
    expect(fall({})).toBe('true');
    expect(fall({ onsetString: 'two years ago' })).toBe('unknown');
  });
  it('is read where it is an age, or a range of ages', () => {
    const years = (count: number): object => ({ value: count, unit: 'yr' });
    expect(footDrop({ onsetAge: years(30) })).toBe('unknown');
    expect(footDrop({ onsetRange: { low: years(20), high: years(25) } })).toBe('unknown');
    expect(footDrop({ onsetRange: { low: years(20) } })).toBe('unknown');
  });
});

describe('an entry without an onset', () => {
  const footDrop = condition('icd M21.371', { recordedDate: '2026-02-20' });
  const seen = visit('2024-05-01', 'icd M21.371');
  it('is not known to be new after an old visit for the same', () => {
    expect(truth('new-foot-drop', footDrop)).toBe('true');
    expect(truth('new-foot-drop', footDrop, visit('2024-05-01', 'icd M21.372'))).toBe('true');
    expect(truth('new-foot-drop', footDrop, seen)).toBe('unknown');
  });
  it('is when that was over since', () => {
    const over = { clinicalStatus: { coding: [{ code: 'resolved' }] }, abatementDateTime: '2024-08-01' };
    const past = condition('icd M21.371', { onsetDateTime: '2024-04-20', ...over });
    expect(truth('new-foot-drop', footDrop, seen, past)).toBe('true');
  });
});

describe('a sign that is observed', () => {
  it('is new when it was not on file before the window', () => {
    expect(truth('new-neurological-deficit', weakness('2026-02-27', true))).toBe('true');
    expect(truth('new-neurological-deficit', weakness('2026-02-10', true), weakness('2026-02-27', true))).toBe('true');
  });
  it('is not when it was observed before the window, unless it was absent since', () => {
    const before = weakness('2025-06-01', true);
    expect(truth('new-neurological-deficit', before, weakness('2026-02-27', true))).toBe('unknown');
    expect(truth('new-neurological-deficit', before, weakness('2025-12-01', false), weakness('2026-02-27', true))).toBe(
      'true',
    );
  });
  it('states no onset: where one is asked for, it has to have been absent in the window', () => {
    const known = condition('icd M62.81', { onsetDateTime: '2019-01-01' });
    expect(truth('new-objective-deficit', known, weakness('2026-02-27', true))).toBe('unknown');
    expect(truth('neurological-symptom-begun', weakness('2026-02-27', true))).toBe('unknown');
    expect(truth('neurological-symptom-begun', weakness('2026-01-10', false), weakness('2026-02-27', true))).toBe(
      'true',
    );
  });
  it('is there on a day on which it was also not found: of the other side, or of another muscle', () => {
    const both = (date: string): readonly Resource[] => [weakness(date, true), weakness(date, false)];
    const now = weakness('2026-02-27', true);
    for (const earlier of [both('2025-06-01'), both('2025-06-01').toReversed()])
      expect(truth('new-neurological-deficit', ...earlier, now)).toBe('unknown');
    const [seen, before] = [visit('2026-02-27', 'icd M54.50'), weakness('2025-06-01', false)];
    for (const today of [both('2026-02-27'), both('2026-02-27').toReversed()]) {
      expect(truth('new-deficit-found-in-person', seen, before, ...today)).toBe('true');
      expect(truth('new-deficit-found-in-person', seen, before, weakness('2025-06-01', true), ...today)).toBe(
        'unknown',
      );
    }
  });
  it('was found at the visit that it names, not at another one of that day', () => {
    const [skin, remote] = [visit('2026-02-27', 'icd L20.9'), { class: { code: 'VR' }, id: 'remote' }];
    const found = (members: object): string =>
      truth(
        'new-deficit-found-in-person',
        skin,
        visit('2026-02-27', 'icd M54.50', remote),
        weakness('2025-06-01', false),
        weakness('2026-02-27', true, members),
      );
    expect(found({})).toBe('true');
    expect(found({ encounter: { reference: 'Encounter/remote' } })).toBe('unknown');
  });
  it('at another site is another sign', () => {
    const at = (site: string): object => ({ bodySite: concept(`snomed ${site}`) });
    const arm = weakness('2025-06-01', true, at('53120007'));
    expect(truth('new-neurological-deficit', arm, weakness('2026-02-27', true, at('61685007')))).toBe('true');
  });
});

describe('what a report concludes', () => {
  it('is recent when nothing showed it before', () => {
    expect(truth('recent-vertebral-fracture', film('2026-02-27'))).toBe('true');
  });
  it('is not when a diagnosis or an earlier examination did', () => {
    const diagnosis = condition('icd M48.56XA', { onsetDateTime: '2018-04-01' });
    expect(truth('recent-vertebral-fracture', diagnosis, film('2026-02-27'))).toBe('unknown');
    expect(truth('recent-vertebral-fracture', film('2018-05-01'), film('2026-02-27'))).toBe('unknown');
    expect(truth('spine-injury', film('2018-05-01', 'icd S32.010A'), film('2026-02-27', 'icd S32.010A'))).toBe(
      'unknown',
    );
  });
});

describe('thousands of signs of one day with as many visits', () => {
  it('are each looked for at the likeliest visit in no more time than it takes to read them', () => {
    const signs = Array.from({ length: 3000 }, () => condition('icd M21.371', { recordedDate: '2026-02-20' }));
    const visits = Array.from({ length: 3000 }, () => visit('2026-02-20', 'icd F41.1'));
    const started = performance.now();
    value('neurological-symptom-begun', [...signs, ...visits]);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
