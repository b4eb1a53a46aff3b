import type { ConditionRecord, EncounterRecord, ObservationRecord } from '../../chart/records.ts';
import type { Hit } from '../../terminology/code-index.ts';
import { NO_PLACE, type Place, supports } from '../../terminology/regions.ts';
import { type Asked, type FactContext, inSets, placeOfRecord } from '../context.ts';
import { painElsewhere } from '../pain-elsewhere.ts';
import type { Item, Tally } from '../tally.ts';
import { possibleVisitsOf, visitsOf, visitsOfRecord } from '../visits.ts';

/**
 * Tells which visits are for the spine problem of this region: by their reasons, their diagnoses, a diagnosis made at them, or the
 * reason of the order. The visit at which the order is placed is for its reasons, unless codes state another one. What the chart
 * says of diagnoses is looked through once for all visits.
 */
export function relatedVisits(
  asked: Asked,
  ctx: FactContext,
): (visit: EncounterRecord, tally?: Tally, found?: Item) => boolean {
  const sets = ctx.vocabulary.episode['visit-reasons'].map((s) => ctx.set(s));
  const fits = (hits: readonly Hit[], site: Place): boolean =>
    hits.some(
      (h) =>
        sets.includes(h.set) && supports(placeOfRecord(h.place, site), asked.query.region, asked.query.strictRegion),
    );
  let madeAt: ReadonlySet<string> | undefined;
  const ordered = ctx.chart.orderReasons.some((r) => r.hits.some((h) => sets.includes(h.set)));
  const orderedHere = ctx.chart.orderReasons.some((r) => fits(r.hits, r.site));
  return (visit, tally, found) => {
    if (fits(visit.reasons, 0) || fits(visit.ruledOut, 0)) return true;
    if (visit.ref === ctx.chart.orderVisit && visit.reasonCodes.length === 0 && orderedHere) return true;
    madeAt ??= visitsWithDiagnosis(sets, (c) => fits(c.hits, c.site), ctx);
    if (madeAt.has(visit.ref) || (!ordered && sharesReason(visit, ctx))) return true;
    if (found !== undefined && tally !== undefined) {
      if (!visit.hasReason) tally.lead(found, 'a visit without a stated reason');
      else if (visit.reasonCodes.length === 0) tally.lead(found, 'a visit whose reason no known code states');
      else tally.ignore(found, 'a visit for another reason');
    }
    return false;
  };
}

/** The visits at which a diagnosis of some sets was made: many EHRs say at the diagnosis where it was made, and not at the visit. */
export const visitsWithDiagnosis = (
  sets: readonly number[],
  fits: (diagnosis: ConditionRecord) => boolean,
  ctx: FactContext,
): ReadonlySet<string> =>
  new Set(
    sets
      .flatMap((set) => ctx.chart.bySet(set))
      .flatMap((c) =>
        c.type === 'condition' && c.encounter !== undefined && c.verification !== 'refuted' && fits(c)
          ? [c.encounter]
          : [],
      ),
  );

/**
 * Is a reason of the visit a reason of the order? An order whose reasons no code set knows as a spine problem is for a problem
 * that only its own codes name.
 */
export const sharesReason = (record: EncounterRecord, ctx: FactContext): boolean =>
  record.reasonCodes.some((code) => ctx.chart.orderReasonCodes.has(code));

/** Why a measure of which nobody says what problem it is of decides nothing. */
export const OF_ANOTHER = 'from a visit for another problem, of which it may be';

/**
 * Tells which measures without a body site may be of another problem: those taken at visits that codes say were for something
 * else, and those from the days after an operation or injury elsewhere. A score of pain at a visit for a tooth is none of the back,
 * unless the visit was for pain that names no place.
 */
export function mayBeOfAnother(asked: Asked, ctx: FactContext): (record: ObservationRecord) => boolean {
  const relates = relatedVisits(asked, ctx);
  const anyPain = ctx.vocabulary.episode['pain-reasons'].map((s) => ctx.set(s));
  const ofPainElsewhere = painElsewhere(ctx);
  const isFor = remembered((visit: EncounterRecord) => relates(visit), refOf);
  const isForAnother = remembered(
    (visit: EncounterRecord) =>
      visit.reasonCodes.length > 0 && !visit.reasons.some((h) => anyPain.includes(h.set)) && !isFor(visit),
    refOf,
  );
  const all = visitsOf(ctx);
  const purposeOf = remembered(
    (record: ObservationRecord) => {
      const visits = visitsOfRecord(record, all);
      const another = visits.length > 0 ? visits.every(isForAnother) : possibleVisitsOf(record, all).some(isForAnother);
      return { another, ours: visits.some(isFor) };
    },
    ({ encounter, when }) => encounter ?? (when && `${when.lo} ${when.hi}`),
  );
  return (record) => {
    if (record.site !== NO_PLACE || record.siteHits.length > 0) return false;
    const { another, ours } = purposeOf(record);
    return another || (ofPainElsewhere(record.when) && !ours);
  };
}

/** Why a score says nothing of the problem. */
export const HURT_ELSEWHERE = 'from a visit at which another place of the body hurt';

/**
 * Tells which measures without a body site name a visit at which something else hurt: another region of the spine, a knee. They are
 * of that. One that names no visit is but perhaps of the visits of its day.
 */
export function hurtElsewhere(asked: Asked, ctx: FactContext): (record: ObservationRecord) => boolean {
  const relates = relatedVisits(asked, ctx);
  const { 'visit-reasons': ofSpine, 'pain-elsewhere': elsewhere, 'pain-reasons': anyPain } = ctx.vocabulary.episode;
  const isFor = (sets: readonly string[]): ((visit: EncounterRecord) => boolean) => {
    let madeAt: ReadonlySet<string> | undefined;
    return ({ ref, reasons }) => {
      if (inSets(reasons, sets, ctx)) return true;
      madeAt ??= visitsWithDiagnosis(
        sets.map((name) => ctx.set(name)),
        () => true,
        ctx,
      );
      return madeAt.has(ref);
    };
  };
  const [isOfPlace, isOfAnyPain] = [isFor([...ofSpine, ...elsewhere]), isFor(anyPain)];
  const isOther = remembered(
    (visit: EncounterRecord) => isOfPlace(visit) && !isOfAnyPain(visit) && !relates(visit),
    refOf,
  );
  return ({ site, siteHits, encounter }) => {
    if (encounter === undefined || site !== NO_PLACE || siteHits.length > 0) return false;
    const visit = visitsOf(ctx).get(encounter);
    return visit !== undefined && isOther(visit);
  };
}

const refOf = ({ ref }: EncounterRecord): string => ref;

/** Works something out once for all records of one key, such as those of one visit. */
function remembered<R, T>(
  workOut: (record: R) => T,
  keyOf: (record: R) => string | number | undefined,
): (record: R) => T {
  const known = new Map<string | number | undefined, T>();
  return (record) => {
    const key = keyOf(record);
    const found = known.get(key) ?? workOut(record);
    known.set(key, found);
    return found;
  };
}
