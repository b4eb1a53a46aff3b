import type { ChartRecord, EncounterRecord, MedicationRecord } from '../chart/records.ts';
import type { Section } from '../chart/sections.ts';
import { add, type Day, type Interval, SOME_DAY, subtract } from '../dates/day.ts';
import { type Asked, type FactContext, hasUnseen } from './context.ts';
import { drugEnd } from './drug-end.ts';
import { duration } from './duration.ts';
import { relatedVisits } from './evidence/related-visits.ts';
import { LISTS_OF_DRUGS } from './fact-plan.ts';
import { painElsewhere } from './pain-elsewhere.ts';

/** Why a drug that may be for another problem proves nothing. */
const FOR_ANOTHER = 'no reason is stated, and it may be for another problem on file';

/** The reason for which a drug that may be for another problem proves nothing. */
export const whyForAnother = ({ namedElsewhere }: MedicationRecord): string =>
  namedElsewhere ? 'words say that it is for another problem' : FOR_ANOTHER;

/** A problem that is known and there now. */
const isKnown = (r: ChartRecord): boolean => r.type === 'condition' && r.current && r.verification === 'confirmed';

/** The sets of problems for which drugs of this kind are given too. */
function otherUses(record: MedicationRecord, ctx: FactContext): readonly number[] {
  return Object.entries(ctx.vocabulary.episode['also-for']).flatMap(([drugs, problems]) =>
    record.hits.some((h) => h.set === ctx.set(drugs)) ? problems.map((name) => ctx.set(name)) : [],
  );
}

/** Was it prescribed at this visit, or begun on its day? */
const begunAt = (record: MedicationRecord, { ref, held, when }: EncounterRecord): boolean =>
  held &&
  (record.encounter === undefined
    ? when !== undefined && when.lo === when.hi && record.start?.lo === when.lo && record.start.hi === when.hi
    : record.encounter === ref);

/** Where other problems and operations stand for which a drug may have been given. */
const PROBLEMS: readonly Section[] = ['Condition', 'Procedure'];
/** Where it stands that another problem was seen to, or treated, before. */
const SEEN: readonly Section[] = ['Encounter', ...LISTS_OF_DRUGS];

/** The problems for which drugs are given that were begun before a complaint, and were taken still, not long before it at the latest. */
function usesBefore(onset: Interval, longBefore: Day, ctx: FactContext): ReadonlySet<number> {
  const isOfBefore = (r: ChartRecord): boolean => {
    if (r.type !== 'medication' || r.taken === 'not-taken' || r.spineReason) return false;
    const start = r.start ?? SOME_DAY;
    const { end, possibleEnd } = drugEnd(r, start, ctx.asOf);
    return start.lo < onset.lo && (r.taken === 'past' ? end : possibleEnd) >= longBefore;
  };
  return new Set(
    Object.entries(ctx.vocabulary.episode['also-for']).flatMap(([drugs, problems]) =>
      ctx.chart.bySet(ctx.set(drugs)).some(isOfBefore) ? problems.map((name) => ctx.set(name)) : [],
    ),
  );
}

/**
 * Tells which drugs were begun with the complaint: within days of its onset, while each problem for which they may be too had been there
 * for longer than an episode lasts without visit, nobody was seen for it of late, and no drug that may be for it was taken before.
 */
function begunWithComplaint(
  asked: Asked,
  ctx: FactContext,
): (record: MedicationRecord, uses: readonly number[]) => boolean {
  const { 'begun-with': within, 'not-a-gap': gap } = ctx.vocabulary.episode;
  const { onset, surelySince } = ctx.episode(asked.query.region);
  if (within === undefined || onset === undefined || surelySince !== undefined || SEEN.some((s) => hasUnseen(ctx, s)))
    return () => false;
  const soon = add(onset.lo, duration(within));
  const longBefore = subtract(onset.lo, duration(gap));
  const isOld = (r: ChartRecord): boolean =>
    r.type === 'condition' && (r.onset ?? r.recorded ?? SOME_DAY).hi < longBefore;
  let before: ReadonlySet<number> | undefined;
  const isWith = (start: Interval, uses: readonly number[]): boolean => {
    before ??= usesBefore(onset, longBefore, ctx);
    if (uses.some((set) => before?.has(set))) return false;
    const ofLate = subtract(start.lo, duration(within));
    const seenForAnother = ctx.chart.encounters.some(
      ({ held, when, reasons }) =>
        held &&
        when !== undefined &&
        when.lo <= start.hi &&
        when.hi >= ofLate &&
        reasons.some((h) => uses.includes(h.set)),
    );
    return !seenForAnother && uses.every((set) => ctx.chart.bySet(set).filter(isKnown).every(isOld));
  };
  // a chart may hold thousands of prescriptions of a day
  const known = new Map<string, boolean>();
  return ({ start }, uses) => {
    if (start === undefined || start.lo < onset.hi || start.hi > soon) return false;
    const key = `${start.lo} ${start.hi} ${uses.join()}`;
    const found = known.get(key) ?? isWith(start, uses);
    known.set(key, found);
    return found;
  };
}

/**
 * Tells which drugs have no reason stated, while a problem is on file for which such drugs are given too (duloxetine and a
 * depression), or an operation shortly before: not those begun at a visit for the spine that was not for that problem as well, nor
 * those begun with the complaint.
 * @returns for a drug: `another`; the section in which such a problem may stand that was not seen; nothing when it counts
 */
export function doubtOfPurpose(
  asked: Asked,
  ctx: FactContext,
): (record: MedicationRecord) => 'another' | Section | undefined {
  const ofPainElsewhere = painElsewhere(ctx);
  const forSpine = relatedVisits(asked, ctx);
  const withComplaint = begunWithComplaint(asked, ctx);
  const unseen = PROBLEMS.find((section) => hasUnseen(ctx, section));
  return (record) => {
    if (record.hasReason || record.taken === 'not-taken' || record.taken === 'unclear') return undefined;
    if (record.namedElsewhere) return 'another';
    const uses = otherUses(record, ctx);
    const mayBeForAnother = uses.some((set) => ctx.chart.bySet(set).some(isKnown)) && !withComplaint(record, uses);
    const another = ofPainElsewhere(record.start) || mayBeForAnother;
    const doubt = another ? 'another' : unseen;
    if (doubt === undefined) return undefined;
    const begunForSpine = ctx.chart.encounters.some(
      (visit) => begunAt(record, visit) && forSpine(visit) && !visit.reasons.some((h) => uses.includes(h.set)),
    );
    return begunForSpine ? undefined : doubt;
  };
}
