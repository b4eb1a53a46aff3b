import type { Hit } from '../../terminology/code-index.ts';
import { end, start } from '../element-dates.ts';
import { type Json, object, objects, text } from '../json.ts';
import { isUndoneInWords } from '../qualified-in-words.ts';
import type { ReadContext } from '../read-context.ts';
import type { MedicationRecord } from '../records.ts';
import { begun, prescribedEnd, statedEnd } from './dosing.ts';

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

/** What the patient says to take, as US Core has it recorded: a plan that is reported. */
const isReported = (r: Json): boolean =>
  r['intent'] === 'plan' && (r['reportedBoolean'] === true || r['reportedReference'] !== undefined);
/** Intents by which nothing was prescribed yet. */
const UNDECIDED = new Set(['proposal', 'plan', 'option']);
/** Is the drug for another part of the body by the words of its reason, or by what is said of when to take it? */
export const isForElsewhere = (ctx: ReadContext, r: Json, dosages: unknown): boolean =>
  ctx.concepts.namesOtherPurpose(ctx.links.reasons(r)) ||
  ctx.concepts.namesProblemElsewhere([
    ...ctx.links.reasons(r),
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
  const from = begun(r);
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
