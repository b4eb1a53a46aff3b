import { parseDate } from '../../src/dates/day.ts';
import { FactEngine } from '../../src/facts/fact-engine.ts';
import type { FactQuery, FactValue } from '../../src/policy/fact-source.ts';
import { checker } from './knowledge.ts';
import { type ChartOptions, chartOf, concept, named, type Resource } from './tiny-chart.ts';

/** The day of the order in these tests. */
export const AS_OF = parseDate('2026-03-02') ?? { lo: 0, hi: 0 };

/** The facts of `policies/facts`, of a few resources on 2026-03-02. */
export const factsOf = (resources: readonly Resource[], options: ChartOptions = {}): FactEngine =>
  new FactEngine(chartOf(named(resources), options), checker().knowledge.vocabulary, AS_OF, AS_OF.hi);

/** One fact about the lumbar spine. */
export const value = (
  fact: string,
  resources: readonly Resource[],
  query: Partial<FactQuery> = {},
  options: ChartOptions = {},
): FactValue =>
  factsOf(resources, options).fact({ fact, certainty: 'known', region: 'lumbar', strictRegion: false, ...query });

export const condition = (code: string, members: object = {}): Resource => ({
  resourceType: 'Condition',
  clinicalStatus: { coding: [{ code: 'active' }] },
  code: concept(code),
  ...members,
});

/** Low back pain that is active. */
export const pain = (onsetDateTime: string, members: object = {}): Resource =>
  condition('icd M54.50', { onsetDateTime, ...members });

export const visit = (date: string, code?: string, members: object = {}): Resource => ({
  resourceType: 'Encounter',
  status: 'finished',
  class: { code: 'AMB' },
  period: { start: date },
  ...(code !== undefined && { reasonCode: [concept(code)] }),
  ...members,
});

export const procedure = (code: string, date: string | undefined, members: object = {}): Resource => ({
  resourceType: 'Procedure',
  status: 'completed',
  code: concept(code),
  ...(date !== undefined && { performedDateTime: date }),
  ...members,
});

/** The region that a score or a therapy is said to be of. */
export const BACK = { bodySite: concept('snomed 52612000') };

/** A pain score. */
export const score = (date: string, points: number, members: object = BACK): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: concept('loinc 72514-3'),
  effectiveDateTime: date,
  valueQuantity: { value: points, unit: '{score}', code: '{score}' },
  ...members,
});

/** Naproxen. */
export const drug = (authoredOn: string | undefined, members: object = {}): Resource => ({
  resourceType: 'MedicationRequest',
  status: 'active',
  intent: 'order',
  ...(authoredOn !== undefined && { authoredOn }),
  medicationCodeableConcept: concept('rxnorm 7258'),
  ...members,
});

/** A reason of a visit, therapy or prescription. */
export const because = (code: string): object => ({ reasonCode: [concept(code)] });

/** What a dispensing of so many days says. */
export const supply = (days: number): object => ({
  dispenseRequest: { expectedSupplyDuration: { value: days, code: 'd' } },
});
