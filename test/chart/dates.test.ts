import { describe, expect, it } from 'vitest';
import type { ConditionRecord, MedicationRecord, ProcedureRecord } from '../../src/chart/records.ts';
import { type Interval, parseDate } from '../../src/dates/day.ts';
import { chartOf, concept, found, named, type Resource } from '../support/tiny-chart.ts';

/** From the first day to the last of two dates. */
const span = (from: string, to = from): Pick<Interval, 'lo' | 'hi'> => ({
  lo: parseDate(from)?.lo ?? Number.NaN,
  hi: parseDate(to)?.hi ?? Number.NaN,
});

describe('the onset of a Condition', () => {
  const onset = (members: object, patient?: object): Interval | undefined => {
    const pain = { resourceType: 'Condition', code: concept('icd M54.50'), ...members };
    const chart = chartOf(named([pain]), patient === undefined ? {} : { patient });
    return (found(chart, 'spinal-pain')[0] as ConditionRecord).onset;
  };
  it('is a day, the day in its own offset, a month or a year', () => {
    expect(onset({ onsetDateTime: '2025-11-03' })).toEqual(span('2025-11-03'));
    expect(onset({ onsetDateTime: '2025-11-03T23:30:00-08:00' })).toMatchObject(span('2025-11-03'));
    expect(onset({ onsetDateTime: '2025-11-03T00:30:00+13:00' })).toMatchObject(span('2025-11-03'));
    expect(onset({ onsetDateTime: '2025-02' })).toEqual(span('2025-02-01', '2025-02-28'));
    expect(onset({ onsetDateTime: '2024' })).toEqual(span('2024-01-01', '2024-12-31'));
  });
  it('is a date also where it is sent as a text', () => {
    expect(onset({ onsetString: '2019' })).toEqual(span('2019-01-01', '2019-12-31'));
    expect(onset({ onsetString: '2025-11-03' })).toEqual(span('2025-11-03'));
    expect(onset({ onsetString: 'since 2019' })).toBeUndefined();
  });
  it('lies somewhere in a period', () => {
    expect(onset({ onsetPeriod: { start: '2025-11-01', end: '2025-11-20' } })).toEqual(
      span('2025-11-01', '2025-11-20'),
    );
    expect(onset({ onsetPeriod: { start: '2025-11-01' } })).toEqual(span('2025-11-01'));
    expect(onset({ onsetPeriod: { start: '2025-11-20', end: '2025-11-01' } })).toEqual(span('2025-11-20'));
    expect(onset({ onsetPeriod: { end: '2025-11-20' } })).toBeUndefined();
  });
  it('at an age lies in the year of life, or month', () => {
    const patient = { birthDate: '1980-06-15' };
    expect(onset({ onsetAge: { value: 44, code: 'a' } }, patient)).toEqual(span('2024-06-15', '2025-06-14'));
    expect(onset({ onsetAge: { value: 44, unit: 'years' } }, patient)).toEqual(span('2024-06-15', '2025-06-14'));
    expect(onset({ onsetAge: { value: 3, code: 'mo' } }, patient)).toEqual(span('1980-09-15', '1980-10-14'));
    expect(onset({ onsetAge: { value: 44, code: 'a' } }, { birthDate: '1980' })).toEqual(
      span('2024-01-01', '2025-12-30'),
    );
  });
  it('is unknown when nobody can tell it', () => {
    for (const members of [
      {},
      { onsetString: 'two weeks ago' },
      { onsetDateTime: '2025-13-01' },
      { onsetDateTime: '2025-02-30' },
      { onsetDateTime: 'yesterday' },
      { onsetDateTime: 20251103 },
      { onsetAge: { value: 44 } },
      { onsetAge: { value: -1, code: 'a' } },
      { onsetAge: { value: 1e9, code: 'a' } },
      { onsetAge: { value: '44', code: 'a' } },
      { onsetPeriod: 'x' },
    ])
      expect(onset(members), JSON.stringify(members)).toBeUndefined();
    expect(onset({ onsetAge: { value: 44, code: 'a' } }, {})).toBeUndefined();
  });
  it('is not the day of the entry', () => {
    expect(onset({ recordedDate: '2025-11-03' })).toBeUndefined();
  });
});

describe('the day on which a Condition was recorded', () => {
  const ASSERTED = 'http://hl7.org/fhir/StructureDefinition/condition-assertedDate';
  const at = { encounter: { reference: 'Encounter/e' } };
  const visit = (id: string, date: string, members: object = {}): Resource => ({
    resourceType: 'Encounter',
    id,
    status: 'finished',
    period: { start: date, end: date },
    ...members,
  });
  const names = { diagnosis: [{ condition: { reference: 'Condition/c' } }] };
  const recorded = (members: object, ...visits: readonly Resource[]): Interval | undefined => {
    const pain = { resourceType: 'Condition', id: 'c', code: concept('icd M54.50'), ...members };
    return (found(chartOf(named([pain, ...visits])), 'spinal-pain')[0] as ConditionRecord).recorded;
  };
  it('is stated, or the day on which it was asserted', () => {
    expect(recorded({ recordedDate: '2025-11-03', ...at }, visit('e', '2025-11-01'))).toEqual(span('2025-11-03'));
    expect(recorded({ extension: [{ url: ASSERTED, valueDateTime: '2025-11-03' }] })).toEqual(span('2025-11-03'));
  });
  it('is otherwise that of its visit, or of the first visit of which it is a diagnosis', () => {
    expect(recorded(at, visit('e', '2025-11-01'))).toEqual(span('2025-11-01'));
    expect(recorded(at, visit('e', '2025-11-01', { period: { start: '2025-11-01' } }))).toEqual(span('2025-11-01'));
    expect(recorded(at, visit('e', '2025-11-01', { period: { start: '2025-11-01', end: '2025-11-05' } }))).toEqual(
      span('2025-11-01', '2025-11-05'),
    );
    expect(recorded({}, visit('late', '2025-12-01', names), visit('early', '2025-11-01', names))).toEqual(
      span('2025-11-01'),
    );
  });
  it('is not that of a visit to come, nor told where the onset is', () => {
    expect(recorded(at, visit('e', '2025-11-01', { status: 'planned' }))).toBeUndefined();
    expect(recorded(at)).toBeUndefined();
    expect(recorded({}, visit('e', '2025-11-01'))).toBeUndefined();
    expect(recorded({ onsetDateTime: '2025-10-01', ...at }, visit('e', '2025-11-01'))).toBeUndefined();
  });
});

describe('the day of a Procedure', () => {
  const day = (members: object, patient: object = { birthDate: '1980-06-15' }): Interval | undefined => {
    const operation = { resourceType: 'Procedure', status: 'completed', code: concept('cpt 63047'), ...members };
    return (found(chartOf(named([operation]), { patient }), 'spine-surgery')[0] as ProcedureRecord).when;
  };
  it('is a date, one that is sent as a text, or lies in a year of life', () => {
    expect(day({ performedDateTime: '2019' })).toEqual(span('2019-01-01', '2019-12-31'));
    expect(day({ performedString: '2019' })).toEqual(span('2019-01-01', '2019-12-31'));
    expect(day({ performedAge: { value: 40, code: 'a' } })).toEqual(span('2020-06-15', '2021-06-14'));
    const range = { low: { value: 38, code: 'a' }, high: { value: 40, code: 'a' } };
    expect(day({ performedRange: range })).toEqual(span('2018-06-15', '2021-06-14'));
  });
  it('is unknown when nobody can tell it', () => {
    const open = { performedRange: { high: { value: 40, code: 'a' } } };
    for (const members of [{}, { performedString: 'childhood' }, { performedAge: { value: 40 } }, open])
      expect(day(members), JSON.stringify(members)).toBeUndefined();
    expect(day({ performedAge: { value: 40, code: 'a' } }, {})).toBeUndefined();
  });
});

describe('how long a drug was prescribed', () => {
  const course = (members: object): Pick<MedicationRecord, 'start' | 'end'> => {
    const drug = {
      resourceType: 'MedicationRequest',
      status: 'completed',
      authoredOn: '2025-11-01',
      medicationCodeableConcept: concept('rxnorm 7258'),
    };
    const { start, end } = found(chartOf(named([{ ...drug, ...members }])), 'analgesic')[0] as MedicationRecord;
    return { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
  };
  const supply = (value: unknown, code?: string): object => ({
    dispenseRequest: { expectedSupplyDuration: { value, ...(code !== undefined && { code }) } },
  });
  it('is the supply, in days, weeks or months', () => {
    expect(course(supply(30)).end).toEqual(span('2025-12-01'));
    expect(course(supply(30, 'd')).end).toEqual(span('2025-12-01'));
    expect(course(supply(2, 'wk')).end).toEqual(span('2025-11-15'));
    expect(course(supply(1, 'mo')).end).toEqual(span('2025-12-01'));
  });
  it('is the dosing period or duration before the supply', () => {
    const repeat = (bounds: object): object => ({ dosageInstruction: [{ timing: { repeat: bounds } }] });
    expect(course({ ...supply(90), ...repeat({ boundsPeriod: { end: '2025-11-10' } }) }).end).toEqual(
      span('2025-11-10'),
    );
    expect(course({ ...supply(90), ...repeat({ boundsDuration: { value: 10, code: 'd' } }) }).end).toEqual(
      span('2025-11-11'),
    );
  });
  describe('by several instructions', () => {
    const dosages = (...repeats: readonly (object | undefined)[]): object => ({
      dosageInstruction: repeats.map((repeat, i) => ({ sequence: i + 1, ...(repeat && { timing: { repeat } }) })),
    });
    const week = { boundsDuration: { value: 1, code: 'wk' } };
    const fortnight = { boundsDuration: { value: 2, code: 'wk' } };
    const until = (end: string): object => ({ boundsPeriod: { end } });
    it('is the time of all that follow each other, and of the longest of those at once', () => {
      expect(course(dosages(week, fortnight)).end).toEqual(span('2025-11-22'));
      const atOnce = [week, fortnight].map((repeat) => ({ sequence: 1, timing: { repeat } }));
      expect(course({ dosageInstruction: atOnce }).end).toEqual(span('2025-11-15'));
      const inNoOrder = [week, fortnight].map((repeat) => ({ timing: { repeat } }));
      expect(course({ dosageInstruction: inNoOrder }).end).toEqual(span('2025-11-15', '2025-11-22'));
      expect(course(dosages(until('2025-11-08'), until('2025-12-20'))).end).toEqual(span('2025-12-20'));
    });
    it('is not that of the first where another does not say how long', () => {
      expect(course(dosages(week, {})).end).toBeUndefined();
      expect(course(dosages(until('2025-11-08'), {})).end).toBeUndefined();
      expect(course({ ...supply(30), ...dosages(week, {}) }).end).toEqual(span('2025-12-01'));
      expect(course(dosages(week, undefined)).end).toEqual(span('2025-11-08'));
    });
  });
  it('is a range of days', () => {
    const range = (bounds: object): object => ({
      dosageInstruction: [{ timing: { repeat: { boundsRange: bounds } } }],
    });
    const [low, high] = [
      { value: 5, code: 'd' },
      { value: 1, code: 'wk' },
    ];
    expect(course(range({ low, high })).end).toEqual(span('2025-11-06', '2025-11-08'));
    expect(course(range({ high })).end).toEqual(span('2025-11-01', '2025-11-08'));
    expect(course(range({ low })).end).toBeUndefined();
  });
  it('is the supply by the doses of a day, each meal and hour counted', () => {
    const days = (repeat: object): Interval | undefined =>
      course({
        dosageInstruction: [{ timing: { repeat }, doseAndRate: [{ doseQuantity: { value: 1, unit: 'tablet' } }] }],
        dispenseRequest: { quantity: { value: 60, unit: 'tablet' } },
      }).end;
    const daily = { period: 1, periodUnit: 'd' };
    expect(days({ ...daily, frequency: 2 })).toEqual(span('2025-12-01'));
    expect(days({ ...daily, when: ['MORN', 'EVE'] })).toEqual(span('2025-12-01'));
    expect(days({ ...daily, frequency: 1, timeOfDay: ['08:00:00', '20:00:00'] })).toEqual(span('2025-12-01'));
    expect(days({ ...daily, frequency: 2, when: ['MORN', 'EVE'] })).toEqual(span('2025-12-01'));
    expect(days({ ...daily, dayOfWeek: ['mon', 'thu'] })).toBeUndefined();
  });
  it('begins with the dosing period where nobody says when it was written', () => {
    const boundsPeriod = { start: '2025-11-03', end: '2025-12-20' };
    const bounds = { dosageInstruction: [{ timing: { repeat: { boundsPeriod } } }] };
    expect(course({ authoredOn: undefined, ...bounds })).toEqual({
      start: span('2025-11-03'),
      end: span('2025-12-20'),
    });
    expect(course(bounds).start).toEqual(span('2025-11-01'));
  });
  it('is unknown without them', () => {
    for (const members of [{}, supply(-3), supply('30'), supply(30, 'h'), supply(Number.NaN), { dispenseRequest: [] }])
      expect(course(members)).toEqual({ start: span('2025-11-01') });
  });
  it('keeps the uncertainty of a partial date', () => {
    expect(course({ authoredOn: '2025-11', ...supply(10) })).toEqual({
      start: span('2025-11-01', '2025-11-30'),
      end: span('2025-11-11', '2025-12-10'),
    });
  });
});

describe('what was on file when the order was placed in the afternoon', () => {
  const placed = '2026-03-02T16:45:00-08:00';
  const dayOf = (members: object, orderDate = placed): Interval | undefined => {
    const visit = { resourceType: 'Encounter', status: 'finished', class: { code: 'AMB' }, ...members };
    return chartOf(named([visit]), { order: {}, orderDate }).encounters[0]?.when;
  };
  const at = (start: string): object => ({ period: { start } });
  it('is of that day, though in UTC it is the next', () => {
    expect(dayOf(at('2026-03-03T00:30:00Z'))).toMatchObject(span('2026-03-02'));
    expect(dayOf(at('2026-03-03T00:45:00Z'))).toMatchObject(span('2026-03-02'));
  });
  it('is not what came later, what has no time, nor anything where the order has none', () => {
    expect(dayOf(at('2026-03-03T01:30:00Z'))).toMatchObject(span('2026-03-03'));
    expect(dayOf(at('2026-03-03'))).toMatchObject(span('2026-03-03'));
    expect(dayOf(at('2026-03-03T00:30:00Z'), '2026-03-02')).toMatchObject(span('2026-03-03'));
    expect(dayOf(at('2026-03-02T00:30:00Z'))).toMatchObject(span('2026-03-02'));
  });
  it('is all that a resource dates', () => {
    const drug = {
      resourceType: 'MedicationRequest',
      status: 'active',
      intent: 'order',
      authoredOn: '2026-03-03T00:30:00Z',
      medicationCodeableConcept: concept('rxnorm 7258'),
    };
    const film = {
      resourceType: 'DiagnosticReport',
      status: 'final',
      code: concept('cpt 72100'),
      issued: '2026-03-03T00:30:00Z',
    };
    const pain = { resourceType: 'Condition', code: concept('icd M54.50'), recordedDate: '2026-03-03T00:30:00Z' };
    const chart = chartOf(named([drug, film, pain]), { order: {}, orderDate: placed });
    expect(found(chart, 'analgesic')).toMatchObject([{ start: span('2026-03-02') }]);
    expect(chart.imaging).toMatchObject([{ when: span('2026-03-02') }]);
    expect(found(chart, 'spinal-pain')).toMatchObject([{ recorded: span('2026-03-02') }]);
  });
});
