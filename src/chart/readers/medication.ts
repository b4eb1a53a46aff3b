import { type Interval, parseDate } from '../../dates/day.ts';
import type { Hit } from '../../terminology/code-index.ts';
import { end, start } from '../element-dates.ts';
import { type Json, object, objects, text } from '../json.ts';
import { isUndoneInWords } from '../qualified-in-words.ts';
import type { ReadContext } from '../read-context.ts';
import type { MedicationRecord } from '../records.ts';

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

/**
 * What a drug says when its name and its dosages are read too: nothing when it is for an eye, the nose or a joint alone, and on the
 * skin only a drug for pain counts.
 */
export function drugOf({ concepts, links }: ReadContext, resource: Json, dosages: unknown): readonly Hit[] {
  const code = links.medicationCode(resource);
  const hits = concepts.hits(code);
  if (hits.length === 0) return hits;
  const named = concepts.inWords(code);
  const stated = objects(dosages).map((d) => [
    ...named,
    ...concepts.hits(d['route']),
    ...concepts.inWords(d['route']),
    ...concepts.inWords({ text: d['text'] }),
  ]);
  const ways = stated.length === 0 ? [named] : stated;
  const isLocal = (way: readonly Hit[]): boolean => concepts.areOf('local-route', way);
  if (ways.every(isLocal)) return [];
  const onSkin = ways.every((way) => concepts.areOf('skin-route', way) || isLocal(way));
  return onSkin && !concepts.areOf('pain-drug-for-the-skin', hits) ? [] : hits;
}

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
/** What the patient says to take, as US Core has it recorded: a plan that is reported. */
const isReported = (r: Json): boolean =>
  r['intent'] === 'plan' && (r['reportedBoolean'] === true || r['reportedReference'] !== undefined);
/** Intents by which nothing was prescribed yet. */
const UNDECIDED = new Set(['proposal', 'plan', 'option']);
const PERIODS_A_DAY: Readonly<Record<string, number>> = { h: 24, d: 1, wk: 1 / 7 };

/** How often a day a drug is taken at a fixed rate; undefined when that is left to need or to a range. */
function timesADay(timing: Json | undefined): number | undefined {
  const repeat = object(timing?.['repeat']);
  const frequency = repeat?.['frequency'] ?? 1;
  const period = repeat?.['period'];
  const unit = text(repeat?.['periodUnit']) ?? '';
  if (repeat?.['frequencyMax'] !== undefined || repeat?.['periodMax'] !== undefined) return undefined;
  if (typeof frequency === 'number' && typeof period === 'number' && frequency > 0 && period > 0)
    return Object.hasOwn(PERIODS_A_DAY, unit) ? (frequency / period) * (PERIODS_A_DAY[unit] ?? 0) : undefined;
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

/** When and how long a drug is to be taken, by the first dosage of a prescription. */
const dosing = (r: Json): Json | undefined =>
  object(object(objects(r['dosageInstruction'])[0]?.['timing'])?.['repeat']);

/** The days over which a stated number of doses is given: an injection that is given once is no course. */
function daysOfDoses(r: Json): number | undefined {
  const timing = object(objects(r['dosageInstruction'])[0]?.['timing']);
  const count = object(timing?.['repeat'])?.['count'];
  if (text(object(timing?.['code'])?.['text'])?.toLowerCase() === 'once') return 1;
  if (typeof count !== 'number' || !(count > 0)) return undefined;
  if (count === 1) return 1;
  const times = timesADay(timing);
  return times === undefined ? undefined : Math.min(Math.ceil(count / times), 3660);
}

/** The last day of the dosing period that a prescription states. */
const statedEnd = (r: Json): Interval | undefined => parseDate(object(dosing(r)?.['boundsPeriod'])?.['end']);

/**
 * The last day of a prescription: its stated end, its dosing period, or the supply of its first fill. The period in which it
 * may be dispensed says nothing of how long the drug is taken.
 */
function prescribedEnd(r: Json, from: Interval | undefined): Interval | undefined {
  const stated = statedEnd(r);
  if (stated !== undefined) return stated;
  const dispense = object(r['dispenseRequest']);
  const supply = days(object(dispense?.['expectedSupplyDuration']));
  const lasting =
    days(object(dosing(r)?.['boundsDuration'])) ??
    daysOfDoses(r) ??
    supply ??
    daysOfQuantity(r['dosageInstruction'], dispense?.['quantity']);
  return lasting === undefined || from === undefined ? undefined : { lo: from.lo + lasting, hi: from.hi + lasting };
}

/** Is the drug for another part of the body by the words of its reason, or by what is said of when to take it? */
export const isForElsewhere = (ctx: ReadContext, r: Json, dosages: unknown): boolean =>
  ctx.concepts.namesOtherPurpose(objects(r['reasonCode'])) ||
  ctx.concepts.namesProblemElsewhere([
    ...objects(r['reasonCode']),
    ...objects(dosages).flatMap((d) => [d['asNeededCodeableConcept'], { text: d['text'] }]),
  ]);

/**
 * Reads a MedicationRequest: authored on, to its stated end or for the supply of one fill. One that was stopped or put on hold
 * before that lasted until its stated end; without such an end nobody knows how long.
 */
export function readMedicationRequest(ctx: ReadContext, r: Json, ref: string): MedicationRecord | undefined {
  const hits = drugOf(ctx, r, r['dosageInstruction']);
  if (hits.length === 0) return undefined;
  const status = text(r['status']);
  const from = parseDate(r['authoredOn']);
  const reason = ctx.reasons.ofPrescription(r);
  const broken = status === 'stopped' || status === 'on-hold';
  const last = broken ? statedEnd(r) : prescribedEnd(r, from);
  const taken =
    status === 'active'
      ? 'active'
      : status === 'completed' || status === 'stopped' || status === 'on-hold'
        ? 'past'
        : 'unclear';
  return {
    type: 'medication',
    ref,
    hits,
    site: 0,
    encounter: ctx.links.key(object(r['encounter'])),
    taken:
      r['doNotPerform'] === true
        ? 'not-taken'
        : (UNDECIDED.has(text(r['intent']) ?? '') && !isReported(r)) || isUndoneInWords(ctx.links.medicationCode(r))
          ? 'unclear'
          : taken,
    start: from,
    end: last,
    broken,
    stated: false,
    ...(statedEnd(r) !== undefined && { endStated: true }),
    codes: ctx.concepts.keys(ctx.links.medicationCode(r)),
    drug: ctx.concepts.drug(ctx.links.medicationCode(r)),
    reason: reason.place,
    spineReason: reason.spine,
    hasReason: reason.given,
    namedElsewhere: isForElsewhere(ctx, r, r['dosageInstruction']),
  };
}

/** Does a statement say itself until when? One that names a single day tells of no period. */
const tellsPeriod = (r: Json): boolean => object(r['effectivePeriod']) !== undefined;

/**
 * Reads a MedicationStatement: what the patient takes or took. One that names a single day tells of no period: how long the drug is
 * taken says the prescription that it was made of, else it is as open as it is of a prescription without supply.
 */
export function readMedicationStatement(ctx: ReadContext, r: Json, ref: string): MedicationRecord | undefined {
  const hits = drugOf(ctx, r, r['dosage']);
  if (hits.length === 0) return undefined;
  const status = text(r['status']);
  const from = start(r, 'effective');
  const prescription = tellsPeriod(r) ? undefined : ctx.links.prescription(r);
  const last = prescription === undefined ? end(r, 'effective') : prescribedEnd(prescription, from);
  const reason = ctx.reasons.stated(r);
  const past = status === 'completed' || status === 'stopped' || status === 'on-hold';
  const going = status === 'active' ? 'active' : past ? 'past' : 'unclear';
  return {
    type: 'medication',
    ref,
    hits,
    site: 0,
    encounter: ctx.links.key(object(r['context'])),
    taken: status === 'not-taken' ? 'not-taken' : isUndoneInWords(ctx.links.medicationCode(r)) ? 'unclear' : going,
    start: from,
    end: last,
    broken: status === 'stopped' || status === 'on-hold',
    stated: tellsPeriod(r),
    codes: ctx.concepts.keys(ctx.links.medicationCode(r)),
    drug: ctx.concepts.drug(ctx.links.medicationCode(r)),
    reason: reason.place,
    spineReason: reason.spine,
    hasReason: reason.given,
    namedElsewhere: isForElsewhere(ctx, r, r['dosage']),
  };
}
