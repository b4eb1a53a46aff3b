import { parseDate } from '../../dates/day.ts';
import type { Hit } from '../../terminology/code-index.ts';
import { checkSize } from '../concept-reader.ts';
import { containedIn } from '../contained.ts';
import { joined } from '../joined.ts';
import { type Json, object, objects, text } from '../json.ts';
import type { ReadContext } from '../read-context.ts';
import type { EncounterRecord } from '../records.ts';

/** v3 ActCode classes of visits at which patient and clinician are in one place. */
const IN_PERSON = new Set(['AMB', 'EMER', 'IMP', 'ACUTE', 'NONAC', 'OBSENC', 'SS', 'HH', 'FLD']);
const TELEHEALTH = 'VR';
/** Those that may last for days; a visit of another class with a long period is a series, of which no day is known. */
const STAYS = new Set(['EMER', 'IMP', 'ACUTE', 'NONAC', 'OBSENC', 'SS']);
/** Finished, or under way on the day; "arrived" and "triaged" say that the patient waits. */
const HELD = new Set(['finished', 'in-progress', 'onleave']);

/** The codings of a class: one as FHIR R4 has it, or the concept, or list of such, of servers that are ahead of it. */
const classOf = (r: Json): readonly Json[] =>
  objects(r['class']).flatMap((c) => (c['coding'] === undefined ? [c] : objects(c['coding'])));
const classCodes = (r: Json): readonly string[] => classOf(r).flatMap((c) => text(c['code']) ?? []);

const classHits = (ctx: ReadContext, r: Json): readonly Hit[] => ctx.concepts.hits({ coding: classOf(r) });

/** What a visit is called: its types and its service. */
const namesOf = (ctx: ReadContext, r: Json): readonly Hit[] =>
  [...objects(r['type']), ...objects([r['serviceType']])].flatMap((concept) => ctx.concepts.inWords(concept));

/** Does the visit state its places, and are they all virtual ("vi" of the location types, on itself or on a contained Location)? */
function isInVirtualPlaces(r: Json): boolean {
  const places = objects(r['location']);
  const isVirtual = (place: Json | undefined): boolean =>
    objects(object(place?.['physicalType'])?.['coding']).some((c) => c['code'] === 'vi');
  const contained = (place: Json): Json | undefined => containedIn(r, text(object(place['location'])?.['reference']));
  return places.length > 0 && places.every((place) => isVirtual(place) || isVirtual(contained(place)));
}

/**
 * Were patient and clinician in one place? Codes that say telephone or video go before the class; where the class is one of the EHR's
 * own, codes may say that they were, as may what the EHR's file of local codes says of the class. A name that says telephone or video
 * ("Video Visit") leaves it open.
 */
function contactAt(
  ctx: ReadContext,
  r: Json,
  typesAndService: readonly Hit[],
  names: readonly Hit[],
): Pick<EncounterRecord, 'inPerson' | 'remote'> {
  const codes = classCodes(r);
  const contact = ctx.concepts.contact(joined(typesAndService, classHits(ctx, r)));
  const remote = contact === 'remote' || codes.includes(TELEHEALTH) || isInVirtualPlaces(r);
  const ofClass = codes.some((code) => IN_PERSON.has(code)) && ctx.concepts.contact(names) !== 'remote';
  return { remote, inPerson: !remote && (contact === 'in-person' || ofClass) };
}

/** The class of a visit, where neither the standard nor the EHR's file of local codes says whether it was in person. */
export function unknownClass(ctx: ReadContext, r: Json): Json | undefined {
  const [given] = r['resourceType'] === 'Encounter' ? classOf(r).filter((c) => text(c['code']) !== undefined) : [];
  if (given === undefined || classCodes(r).some((code) => code === TELEHEALTH || IN_PERSON.has(code))) return undefined;
  return ctx.concepts.contact(classHits(ctx, r)) === undefined ? given : undefined;
}

/**
 * Does a visit say by its type what was done? A billed service does, whatever it is; where a type tells no more than how the
 * contact was, or nothing that we know, the service and those who took part say it.
 */
const tellsWhatWasDone = (ctx: ReadContext, r: Json, types: readonly Hit[]): boolean =>
  types.some((h) => !ctx.concepts.isContact(h)) || billsServices(ctx, r);

/** Is one of its types a service that is billed? */
const billsServices = (ctx: ReadContext, r: Json): boolean =>
  ctx.concepts.keys(r['type']).some((k) => k.startsWith('cpt|'));

/**
 * What the types of a visit say of an evaluation. Services were billed, or an image was made, and none of them is one: then it was a
 * visit for those. What only words say counts where no code says anything.
 */
function evaluationAt(
  ctx: ReadContext,
  r: Json,
  types: readonly Hit[],
  names: readonly Hit[],
): EncounterRecord['evaluation'] {
  if (types.some((h) => ctx.concepts.isEvaluation(h))) return 'stated';
  if (
    billsServices(ctx, r) ||
    ctx.concepts.study(r['type']) !== undefined ||
    types.some((h) => ctx.concepts.isOtherService(h))
  )
    return 'other-services';
  return names.some((h) => ctx.concepts.isOtherService(h)) ? 'other-services-in-words' : undefined;
}

const hasReasons = (r: Json): boolean =>
  r['reasonCode'] !== undefined || r['reasonReference'] !== undefined || r['diagnosis'] !== undefined;

/** Where the reasons of a visit stand: in itself, else in the first order on which it took place that has one. */
const reasonedIn = (ctx: ReadContext, r: Json): Json =>
  hasReasons(r) ? r : (ctx.links.orders(r).find(hasReasons) ?? r);

/** A stay in hospital: one that is over and has no stated end is of its first day alone. */
function stayOf(r: Json): EncounterRecord['stay'] {
  const last = parseDate(object(r['period'])?.['end']);
  if (!classCodes(r).some((code) => STAYS.has(code))) return undefined;
  return last !== undefined || r['status'] === 'in-progress' ? { last } : undefined;
}

/** Does what a visit is called, a reason of it or how it ended say that the patient did not come, or left before anybody saw them? */
function leftUnseen({ concepts }: ReadContext, visit: Json, reasons: readonly Hit[]): boolean {
  const ended = object(visit['hospitalization'])?.['dischargeDisposition'];
  return concepts.areOf('left-unseen', joined(reasons, concepts.inWords(ended)));
}

/** v3 ParticipationType codes of those who sent the patient to a visit, or to whom the patient is sent from it. */
const ELSEWHERE = new Set(['REF', 'REFB', 'REFT']);

/** Does a participant of a visit stand there for the referral alone? */
function isElsewhere(participant: Json): boolean {
  const types = objects(participant['type']).flatMap((t) => objects(t['coding']).map((c) => text(c['code']) ?? ''));
  return types.length > 0 && types.every((code) => ELSEWHERE.has(code));
}

/** Reads an Encounter. */
export function readEncounter(ctx: ReadContext, r: Json, ref: string): EncounterRecord | undefined {
  const status = text(r['status']);
  const period = object(r['period']);
  const reasoned = reasonedIn(ctx, r);
  const diagnoses = ctx.reasons.diagnosesOf(reasoned);
  const types = ctx.concepts.hits(r['type']);
  const service = ctx.concepts.hits(r['serviceType']);
  const names = namesOf(ctx, r);
  const people = objects(r['participant']).flatMap((p) => (isElsewhere(p) ? [] : [object(p['individual'])]));
  const specialties = joined(service, ctx.links.specialties(r, people));
  const reasons = joined(ctx.concepts.hits(reasoned['reasonCode']), diagnoses.hits);
  const reasonCodes = ctx.concepts.keys(reasoned['reasonCode']);
  // many visits may have taken place on one order
  if (reasoned !== r) checkSize(reasonCodes);
  const madeAt = ctx.links.diagnosesMadeAt(r).flatMap((d) => ctx.concepts.hits(d['code']));
  const seenFor = joined(names, joined(reasons, madeAt));
  return {
    type: 'encounter',
    ref,
    hits: tellsWhatWasDone(ctx, r, types) ? types : joined(types, specialties),
    site: 0,
    ...contactAt(ctx, r, joined(types, service), names),
    held: (status === undefined || HELD.has(status)) && !leftUnseen(ctx, r, seenFor),
    cancelled: status === 'cancelled',
    when: parseDate(period?.['start']) ?? parseDate(period?.['end']),
    stay: stayOf(r),
    specialties,
    reasons,
    ruledOut: diagnoses.ruledOut,
    reasonCodes: joined(reasonCodes, diagnoses.codes),
    hasReason: reasoned['reasonCode'] !== undefined || diagnoses.given,
    named: names,
    evaluation: evaluationAt(ctx, r, types, names),
  };
}
