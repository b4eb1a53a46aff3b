import type { Json } from '../../chart/json.ts';
import { add, type Day, formatDay } from '../../dates/day.ts';
import { codesFor, concept } from './codes.ts';
import type { PatientInput } from './schema.ts';

/** A resource of a chart before the server has stored it. */
export type ChartResource = Json & { readonly resourceType: string; readonly id: string };

const UNITS = { d: 'days', w: 'weeks', m: 'months', y: 'years' } as const;

/** The day that "-98d", "-6w", "-3m", "-2y" or "0d" names. */
function dayOf(when: string, today: Day): Day {
  const match = /^-?(\d+)([dwmy])$/.exec(when);
  const unit = UNITS[(match?.[2] ?? 'd') as keyof typeof UNITS];
  return add(today, { count: Number(match?.[1] ?? 0), unit }, -1);
}

/** A sequence of numbers in [0, 1) that is always the same for a seed (mulberry32). */
function randomOf(seed: string): () => number {
  let state = [...seed].reduce((h, c) => Math.imul(h ^ (c.codePointAt(0) ?? 0), 16_777_619), 2_166_136_261);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What building one patient's resources needs to know. */
export class ChartContext {
  readonly patient: PatientInput;
  readonly today: Day;
  readonly random: () => number;
  readonly subject: Json;
  readonly #counts = new Map<string, number>();
  readonly #visits = new Map<string, { readonly id: string; readonly day: Day }>();

  constructor(patient: PatientInput, today: Day) {
    this.patient = patient;
    this.today = today;
    this.random = randomOf(patient.id);
    this.subject = {
      reference: `Patient/${patient.id}`,
      display: `${patient.name.given} ${patient.name.family}`,
    };
    for (const item of patient.chart)
      if ('visit' in item && item.as !== undefined)
        this.#visits.set(item.as, { id: `${patient.id}-${item.as}`, day: this.day(item.date) });
  }

  /** The id of a resource: the patient's, and a name or a running number of its kind. */
  id(kind: string, name?: string): string {
    if (name !== undefined) return `${this.patient.id}-${name}`;
    const n = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, n);
    return `${this.patient.id}-${kind}-${n}`;
  }

  day(when: string): Day {
    return dayOf(when, this.today);
  }

  /** A FHIR date. */
  at(when: string): string {
    return formatDay(this.day(when));
  }

  /** The CodeableConcept of those codes that this chart uses. */
  concept(codes: readonly string[]): Json {
    return concept(codesFor(this.patient.coding, codes));
  }

  /** The encounter that an item names with `at`. @throws RangeError when there is no such visit */
  visit(name: string): { readonly reference: Json; readonly day: Day } {
    const found = this.#visits.get(name);
    if (found === undefined) throw new RangeError(`${this.patient.id}: there is no visit "${name}"`);
    return { reference: { reference: `Encounter/${found.id}` }, day: found.day };
  }
}

/** A reference to a practitioner of the directory. */
export const practitioner = (id: string): Json => ({ reference: `Practitioner/${id}` });

/** A quantity with a UCUM unit. */
export const quantity = (value: number, unit: string): Json => ({
  value,
  unit,
  system: 'http://unitsofmeasure.org',
  code: unit,
});
