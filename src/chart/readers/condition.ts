import { type Day, type Interval, parseDate } from '../../dates/day.ts';
import { atAge, atAges, start } from '../element-dates.ts';
import { type Json, object, objects } from '../json.ts';
import { qualifiedInWords } from '../qualified-in-words.ts';
import type { ReadContext } from '../read-context.ts';
import type { ConditionRecord, FamilyRecord, Verification } from '../records.ts';
import { clinicalStatus, isActive, isPast, verification } from '../status.ts';

/** The onset: a date, one that is sent as a text, a period in which it fell, an age or a range of ages. A period that is open at its beginning says only until when. */
function onsetOf(ctx: ReadContext, r: Json): Interval | undefined {
  const dated = parseDate(r['onsetDateTime']) ?? parseDate(r['onsetString']);
  if (dated !== undefined) return dated;
  const period = object(r['onsetPeriod']);
  const from = parseDate(period?.['start']);
  if (from !== undefined) return { lo: from.lo, hi: Math.max(from.hi, parseDate(period?.['end'])?.hi ?? from.hi) };
  return atAges(object(r['onsetRange']), ctx.birth) ?? atAge(object(r['onsetAge']), ctx.birth);
}

/** What was recorded had begun by then: a vague onset ("2025") lies before. */
const knownBy = (recorded: Interval | undefined, onset: Interval | undefined): Interval | undefined =>
  recorded === undefined || onset === undefined || recorded.hi < onset.lo || recorded.hi >= onset.hi
    ? onset
    : { lo: onset.lo, hi: recorded.hi };

/** The ways to say that it is over. */
const ABATED = ['abatementString', 'abatementAge', 'abatementRange', 'abatementPeriod'] as const;
const isAbated = (r: Json): boolean => r['abatementBoolean'] === true || ABATED.some((name) => r[name] !== undefined);

const ASSERTED = 'http://hl7.org/fhir/StructureDefinition/condition-assertedDate';

/** The day on which it was first asserted, where an EHR keeps that apart. */
const assertedOn = (r: Json): Interval | undefined =>
  parseDate(objects(r['extension']).find((e) => e['url'] === ASSERTED)?.['valueDateTime']);

/** Does it tell when it began? The diagnosis of a visit often does not: then it was there on that day. */
const isDated = (r: Json): boolean =>
  ['onsetDateTime', 'onsetPeriod', 'onsetAge', 'onsetRange'].some((m) => r[m] !== undefined);

/** Is an onset stated that we cannot read, in words most often? */
const isOnsetUnread = (r: Json, onset: Interval | undefined): boolean =>
  onset === undefined && (r['onsetString'] !== undefined || isDated(r));

/** Words that doubt what the entry says to be confirmed leave a suspicion. */
const doubtedIf = (doubted: boolean, verified: Verification): Verification =>
  doubted && verified === 'confirmed' ? 'suspected' : verified;

/**
 * Reads a Condition; one whose words say that it is of the family is never the patient's own.
 * @param asOf the day of the order: what ended later was there on it, whatever its status says now
 */
export function readCondition(
  ctx: ReadContext,
  r: Json,
  ref: string,
  asOf: Day = Number.POSITIVE_INFINITY,
): ConditionRecord | FamilyRecord | undefined {
  const hits = ctx.concepts.diagnosis(r);
  if (hits.length === 0) return undefined;
  const words = qualifiedInWords(r['code']);
  if (words === 'of-family') return { type: 'family', ref, hits, site: 0 };
  const abated = start(r, 'abatement');
  const endsLater = abated !== undefined && abated.lo > asOf;
  const clinical = endsLater ? 'active' : clinicalStatus(r['clinicalStatus']);
  const recorded = parseDate(r['recordedDate']) ?? assertedOn(r) ?? (isDated(r) ? undefined : ctx.links.visitDate(r));
  const isHistory = words === 'past' && !(isActive(clinical) && ctx.concepts.isForLife(hits));
  const onset = knownBy(recorded, onsetOf(ctx, r));
  const encounter = ctx.links.key(object(r['encounter']));
  return {
    type: 'condition',
    basis: 'chart',
    ref,
    hits,
    site: ctx.concepts.site(r['bodySite']),
    encounter,
    verification: doubtedIf(words === 'doubted', verification(r['verificationStatus'])),
    current: endsLater || (!isPast(clinical) && abated === undefined && !isAbated(r) && !isHistory),
    ...(!endsLater && abated !== undefined && abated.hi > asOf && { endUnclear: true }),
    clinical,
    saysActive: isActive(clinical) && !isHistory,
    onset,
    ...(isOnsetUnread(r, onset) && { onsetUnread: true }),
    recorded,
    abated,
    codes: ctx.concepts.keys(r['code']),
    orderReason: false,
    ofVisit: objects(r['category']).some((c) => objects(c['coding']).some((k) => k['code'] === 'encounter-diagnosis')),
    siteHits: ctx.concepts.hits(r['bodySite']),
    ...(ctx.concepts.keys(r['severity']).length > 0 && { severity: ctx.concepts.hits(r['severity']) }),
  };
}

/** Reads the diagnoses of a FamilyMemberHistory: leads that never prove anything about the patient. */
export function readFamilyHistory(ctx: ReadContext, r: Json, ref: string): FamilyRecord | undefined {
  const hits = objects(r['condition']).flatMap((c) => ctx.concepts.hits(c['code']));
  return hits.length === 0 ? undefined : { type: 'family', ref, hits, site: 0 };
}
