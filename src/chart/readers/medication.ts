import { type Interval, parseDate } from '../../dates/day.ts';
import { type Json, object, objects, text } from '../json.ts';
import { end, type ReadContext, start } from '../read-context.ts';
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

/** The number of days of a Duration in days, weeks or months. */
function days(duration: Json | undefined): number | undefined {
  const value = duration?.['value'];
  const unit = text(duration?.['code']) ?? text(duration?.['unit']) ?? 'd';
  const factor = Object.hasOwn(DAYS, unit) ? DAYS[unit] : undefined;
  return typeof value === 'number' && Number.isFinite(value) && value > 0 && factor !== undefined
    ? Math.min(Math.floor(value * factor), 3660)
    : undefined;
}

/** The last day of a prescription: its stated end, its dosing period, or the supply of its first fill. */
function prescribedEnd(r: Json, from: Interval | undefined): Interval | undefined {
  const dispense = object(r['dispenseRequest']);
  const supply = days(object(dispense?.['expectedSupplyDuration']));
  const bounds = objects(r['dosageInstruction']).map((d) => object(object(d['timing'])?.['repeat']))[0];
  const stated = parseDate(object(bounds?.['boundsPeriod'])?.['end']);
  if (stated !== undefined) return stated;
  const lasting = days(object(bounds?.['boundsDuration'])) ?? supply;
  if (lasting !== undefined && from !== undefined) return { lo: from.lo + lasting, hi: from.hi + lasting };
  return parseDate(object(dispense?.['validityPeriod'])?.['end']);
}

/** Reads a MedicationRequest: authored on, to its stated end or for the supply of one fill. */
export function readMedicationRequest(ctx: ReadContext, r: Json, ref: string): MedicationRecord | undefined {
  const hits = ctx.hits(ctx.medicationCode(r));
  if (hits.length === 0) return undefined;
  const status = text(r['status']);
  const from = parseDate(r['authoredOn']);
  const reason = ctx.reason(r);
  const last = prescribedEnd(r, from);
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
    taken:
      r['doNotPerform'] === true
        ? 'not-taken'
        : r['intent'] === 'proposal' || r['intent'] === 'plan'
          ? 'unclear'
          : taken,
    start: from,
    end: last,
    broken: status === 'stopped' || status === 'on-hold',
    stated: false,
    codes: ctx.keys(ctx.medicationCode(r)),
    reason: reason.place,
    spineReason: reason.spine,
    hasReason: reason.given,
  };
}

/** Reads a MedicationStatement: what the patient takes or took. */
export function readMedicationStatement(ctx: ReadContext, r: Json, ref: string): MedicationRecord | undefined {
  const hits = ctx.hits(ctx.medicationCode(r));
  if (hits.length === 0) return undefined;
  const status = text(r['status']);
  const from = start(r, 'effective');
  const last = end(r, 'effective');
  const reason = ctx.reason(r);
  const past = status === 'completed' || status === 'stopped' || status === 'on-hold';
  return {
    type: 'medication',
    ref,
    hits,
    site: 0,
    taken: status === 'active' ? 'active' : past ? 'past' : status === 'not-taken' ? 'not-taken' : 'unclear',
    start: from,
    end: last,
    broken: status === 'stopped' || status === 'on-hold',
    stated: true,
    codes: ctx.keys(ctx.medicationCode(r)),
    reason: reason.place,
    spineReason: reason.spine,
    hasReason: reason.given,
  };
}
