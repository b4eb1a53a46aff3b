import { type Interval, parseDate } from '../../dates/day.ts';
import { latest, latestOf } from '../../dates/later.ts';
import { firstDate } from '../element-dates.ts';
import { type Json, object, objects, text } from '../json.ts';
import { isOnceInWords } from '../qualified-in-words.ts';

const DAYS: Readonly<Record<string, number>> = {
  d: 1,
  day: 1,
  days: 1,
  wk: 7,
  week: 7,
  weeks: 7,
  mo: 30,
  month: 30,
  months: 30,
};

/** The number of days of a Duration in days, weeks or months. */
export function days(duration: Json | undefined): number | undefined {
  const value = duration?.['value'];
  const unit = (text(duration?.['code']) ?? text(duration?.['unit']) ?? 'd').toLowerCase().replace('(s)', '');
  const factor = Object.hasOwn(DAYS, unit) ? DAYS[unit] : undefined;
  return typeof value === 'number' && Number.isFinite(value) && value > 0 && factor !== undefined
    ? Math.min(Math.floor(value * factor), 3660)
    : undefined;
}

/** Doses a day of v3 GTSAbbreviation codes. */
const A_DAY: Readonly<Record<string, number>> = {
  QD: 1,
  AM: 1,
  PM: 1,
  BID: 2,
  TID: 3,
  QID: 4,
  QOD: 0.5,
  Q4H: 6,
  Q6H: 4,
  Q8H: 3,
};
const PERIODS_A_DAY: Readonly<Record<string, number>> = { h: 24, d: 1, wk: 1 / 7 };

/** How many of some events there are; of times and meals that a Timing names each is one. */
const countOf = (events: unknown): number => (Array.isArray(events) ? events.length : 0);

/** How often a day a drug is taken at a fixed rate; undefined when that is left to need, to a range or to days of the week. */
function timesADay(timing: Json | undefined): number | undefined {
  const repeat = object(timing?.['repeat']);
  const { period, periodUnit, frequencyMax, periodMax, dayOfWeek, when, timeOfDay, frequency = 1 } = repeat ?? {};
  if (frequencyMax !== undefined || periodMax !== undefined || countOf(dayOfWeek) > 0) return undefined;
  if (typeof frequency === 'number' && typeof period === 'number' && frequency > 0 && period > 0) {
    const times = Math.max(frequency, countOf(when), countOf(timeOfDay));
    const unit = text(periodUnit) ?? '';
    return Object.hasOwn(PERIODS_A_DAY, unit) ? (times / period) * (PERIODS_A_DAY[unit] ?? 0) : undefined;
  }
  const codes = objects(object(timing?.['code'])?.['coding']).map((c) => text(c['code'])?.toUpperCase() ?? '');
  const known = codes.find((c) => Object.hasOwn(A_DAY, c));
  return known === undefined ? undefined : A_DAY[known];
}

/** "Tablets", "{tbl}" and "tablet" are one unit. */
const unitOf = (quantity: Json): string =>
  (text(quantity['unit']) ?? text(quantity['code']) ?? '').toLowerCase().replace(/(\(s\)|s)$/, '');

/** The days that one fill lasts, by its quantity and a fixed dose in the same unit. */
export function daysOfQuantity(instructions: unknown, supply: unknown): number | undefined {
  const dosages = objects(instructions);
  const dosage = dosages[0];
  const quantity = object(supply);
  if (dosage === undefined || dosages.length > 1 || quantity === undefined) return undefined;
  if (dosage['asNeededBoolean'] === true || dosage['asNeededCodeableConcept'] !== undefined) return undefined;
  const dose = object(objects(dosage['doseAndRate'])[0]?.['doseQuantity']);
  const times = timesADay(object(dosage['timing']));
  const [supplied, taken] = [quantity['value'], dose?.['value']];
  if (dose === undefined || times === undefined || unitOf(quantity) === '' || unitOf(quantity) !== unitOf(dose))
    return undefined;
  return typeof supplied === 'number' && typeof taken === 'number' && supplied > 0 && taken > 0
    ? Math.min(Math.floor(supplied / (taken * times)), 3660)
    : undefined;
}

/** At least and at most so many days. */
interface Lasting {
  readonly least: number;
  readonly most: number;
}

const exactly = (count: number): Lasting => ({ least: count, most: count });

/** The instructions of a prescription that say when or how long a drug is to be taken. */
const timed = (r: Json): readonly Json[] => objects(r['dosageInstruction']).filter((d) => object(d['timing']));

const repeatOf = (dosage: Json): Json | undefined => object(object(dosage['timing'])?.['repeat']);

/** The days over which a stated number of doses is given: an injection that is given once is no course. */
function daysOfDoses(dosage: Json): number | undefined {
  const timing = object(dosage['timing']);
  const count = repeatOf(dosage)?.['count'];
  if (isOnceInWords(timing?.['code'])) return 1;
  if (typeof count !== 'number' || !(count > 0)) return undefined;
  if (count === 1) return 1;
  const times = timesADay(timing);
  return times === undefined ? undefined : Math.min(Math.ceil(count / times), 3660);
}

/** How long one instruction is to be followed. */
function lastingOf(dosage: Json): Lasting | undefined {
  const repeat = repeatOf(dosage);
  const range = object(repeat?.['boundsRange']);
  const most = days(object(range?.['high']));
  if (most !== undefined) return { least: days(object(range?.['low'])) ?? 0, most };
  const stated = days(object(repeat?.['boundsDuration'])) ?? daysOfDoses(dosage);
  return stated === undefined ? undefined : exactly(stated);
}

/**
 * How long all instructions of a prescription are to be followed: those of one place in the sequence at once, others one after the
 * other (a taper). Where no sequence is stated that is not known.
 */
function lastingOfAll(r: Json): Lasting | undefined {
  const dosages = timed(r);
  const each = dosages.flatMap((d) => lastingOf(d) ?? []);
  if (each.length === 0 || each.length < dosages.length) return undefined;
  const places = new Set(dosages.map((d) => d['sequence']));
  const atOnce = { least: latest(each.map((l) => l.least)), most: latest(each.map((l) => l.most)) };
  if (places.size === 1 && (each.length === 1 || !places.has(undefined))) return atOnce;
  const inTurn = { least: sum(each.map((l) => l.least)), most: sum(each.map((l) => l.most)) };
  return places.size === each.length && !places.has(undefined) ? inTurn : { least: atOnce.least, most: inTurn.most };
}

const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);

/** The periods of the instructions of a prescription; none where one of them states none. */
function boundsOf(r: Json): readonly Json[] {
  const dosages = timed(r);
  const bounds = dosages.map((d) => object(repeatOf(d)?.['boundsPeriod'])).filter((b) => b !== undefined);
  return bounds.length < dosages.length ? [] : bounds;
}

/** The last day of the dosing periods that a prescription states. */
export function statedEnd(r: Json): Interval | undefined {
  const bounds = boundsOf(r);
  const ends = bounds.flatMap((b) => parseDate(b['end']) ?? []);
  return ends.length < bounds.length ? undefined : latestOf(ends);
}

/** When a prescription began: when it was written, else the first of the dosing periods that it states. */
export const begun = (r: Json): Interval | undefined =>
  parseDate(r['authoredOn']) ?? firstDate(boundsOf(r).map((b) => b['start']));

/**
 * The last day of a prescription: its stated end, its dosing period, or the supply of its first fill. The period in which it
 * may be dispensed says nothing of how long the drug is taken.
 */
export function prescribedEnd(r: Json, from: Interval | undefined): Interval | undefined {
  const stated = statedEnd(r);
  if (stated !== undefined) return stated;
  const dispense = object(r['dispenseRequest']);
  const supply =
    days(object(dispense?.['expectedSupplyDuration'])) ??
    daysOfQuantity(r['dosageInstruction'], dispense?.['quantity']);
  const lasting = lastingOfAll(r) ?? (supply === undefined ? undefined : exactly(supply));
  return lasting === undefined || from === undefined
    ? undefined
    : { lo: from.lo + lasting.least, hi: from.hi + lasting.most };
}
