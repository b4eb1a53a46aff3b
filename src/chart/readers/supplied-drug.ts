import { type Interval, parseDate } from '../../dates/day.ts';
import { end, start } from '../element-dates.ts';
import { type Json, object, text } from '../json.ts';
import { isUndoneInWords } from '../qualified-in-words.ts';
import type { ReadContext } from '../read-context.ts';
import type { MedicationRecord } from '../records.ts';
import { days, daysOfQuantity, statedEnd } from './dosing.ts';
import { drugOf, isForElsewhere } from './medication.ts';

/** What was dispensed or given, when, and for what. */
type Supply = Pick<MedicationRecord, 'taken' | 'start' | 'end' | 'broken'>;

/** The record of a drug that was supplied; where it says no directions itself, those of its prescription hold. */
function supplied(
  ctx: ReadContext,
  r: Json,
  ref: string,
  dosages: unknown,
  supply: Supply,
): MedicationRecord | undefined {
  const hits = drugOf(ctx, r, dosages);
  if (hits.length === 0) return undefined;
  const code = ctx.links.medicationCode(r);
  const prescription = ctx.links.prescription(r);
  const reason = ctx.reasons.ofSupply(r);
  return {
    type: 'medication',
    ref,
    hits,
    site: 0,
    // a drug is begun at the visit at which it is prescribed
    encounter: ctx.links.key(object(prescription?.['encounter']) ?? object(r['context'])),
    ...supply,
    taken: isUndoneInWords(code) ? 'unclear' : supply.taken,
    stated: false,
    codes: ctx.concepts.keys(code),
    drug: ctx.concepts.drug(code),
    reason: reason.place,
    spineReason: reason.spine,
    hasReason: reason.given,
    namedElsewhere:
      isForElsewhere(ctx, r, dosages) ||
      (prescription !== undefined && isForElsewhere(ctx, prescription, prescription['dosageInstruction'])),
  };
}

const isBroken = (r: Json | undefined): boolean => r?.['status'] === 'stopped' || r?.['status'] === 'on-hold';

/** Until when a supply lasts; where its prescription was stopped before, until then. */
function suppliedTo(from: Interval, lasting: number, prescription: Json | undefined): Interval {
  const all = later(from, lasting);
  const stopped = prescription !== undefined && isBroken(prescription) ? statedEnd(prescription) : undefined;
  return stopped === undefined || stopped.hi >= all.lo ? all : stopped;
}

/**
 * Reads a MedicationDispense: what was handed over, for the supply that it states or that its quantity makes at a fixed dose. What
 * was prepared and not handed over, or declined, proves nothing: the patient may take the drug from elsewhere. That a prescription was
 * stopped, or put on hold, ends what was dispensed on it.
 */
export function readMedicationDispense(ctx: ReadContext, r: Json, ref: string): MedicationRecord | undefined {
  const status = text(r['status']);
  const prescription = ctx.links.prescription(r);
  const from = parseDate(r['whenHandedOver']) ?? (status === 'completed' ? parseDate(r['whenPrepared']) : undefined);
  const dosages = r['dosageInstruction'] ?? prescription?.['dosageInstruction'];
  const broken = isBroken(r);
  const lasting = days(object(r['daysSupply'])) ?? daysOfQuantity(dosages, r['quantity']);
  const handedOver =
    status === 'completed' || (r['whenHandedOver'] !== undefined && (broken || status === 'in-progress'));
  return supplied(ctx, r, ref, dosages, {
    taken: handedOver ? 'past' : 'unclear',
    start: from,
    end: broken || from === undefined || lasting === undefined ? undefined : suppliedTo(from, lasting, prescription),
    broken: broken || isBroken(prescription),
  });
}

const later = ({ lo, hi }: Interval, by: number): Interval => ({ lo: lo + by, hi: hi + by });

/**
 * Reads a MedicationAdministration: a dose, which is taken that day alone, or an infusion over a period. A dose that was not given
 * says nothing of the others.
 */
export function readMedicationAdministration(ctx: ReadContext, r: Json, ref: string): MedicationRecord | undefined {
  const status = text(r['status']);
  const dosages = r['dosage'] ?? ctx.links.prescription(r)?.['dosageInstruction'];
  const from = start(r, 'effective');
  const broken = status === 'stopped' || status === 'on-hold';
  const dose = object(r['effectivePeriod']) === undefined;
  const until = dose ? from && later(from, 1) : end(r, 'effective');
  return supplied(ctx, r, ref, dosages, {
    taken: status === 'in-progress' ? 'active' : status === 'completed' || broken ? 'past' : 'unclear',
    start: from,
    end: until,
    broken,
  });
}
