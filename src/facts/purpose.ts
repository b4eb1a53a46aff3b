import type { ChartRecord, ConditionRecord, EncounterRecord, MedicationRecord } from '../chart/records.ts';
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

/** A problem that is known and there now, and whose stated onset is not later than the day on which a drug was begun. */
const mayBeReason = (r: ChartRecord, begun: Interval | undefined): boolean =>
  r.type === 'condition' &&
  r.current &&
  r.verification === 'confirmed' &&
  (r.onset === undefined || r.onset.lo <= (begun ?? SOME_DAY).hi);

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

/**
 * The problems for which drugs are given that were begun before a day, and were taken still, not long before it at the latest: one that
 * was supplied for some days for no longer than those, though its prescription may still be called active.
 */
function usesBefore(day: Day, longBefore: Day, ctx: FactContext): ReadonlySet<number> {
  const isOfBefore = (r: ChartRecord): boolean => {
    if (r.type !== 'medication' || r.taken === 'not-taken' || r.spineReason) return false;
    const start = r.start ?? SOME_DAY;
    const { end, possibleEnd } = drugEnd(r, start, ctx.asOf);
    return start.lo < day && (r.taken === 'past' || r.end !== undefined ? end : possibleEnd) >= longBefore;
  };
  return new Set(
    Object.entries(ctx.vocabulary.episode['also-for']).flatMap(([drugs, problems]) =>
      ctx.chart.bySet(ctx.set(drugs)).some(isOfBefore) ? problems.map((name) => ctx.set(name)) : [],
    ),
  );
}

/** The first and last day on which a drug is begun with something, and the first day that may belong to that. */
interface Beginning {
  readonly first: Day;
  readonly from: Day;
  readonly to: Day;
}

/**
 * When drugs are begun for the complaint: within days of its onset, or of the first visit of a course of therapy for it, on either side.
 */
function beginnings(asked: Asked, visits: readonly Interval[], ctx: FactContext): readonly Beginning[] {
  const { 'begun-with': within, 'not-a-gap': gap } = ctx.vocabulary.episode;
  if (within === undefined) return [];
  const { onset, surelySince } = ctx.episode(asked.query.region);
  const soon = duration(within);
  const out: Beginning[] = [];
  if (onset !== undefined && surelySince === undefined)
    out.push({ first: onset.lo, from: onset.hi, to: add(onset.lo, soon) });
  let goesOnTo: Day = Number.NEGATIVE_INFINITY;
  for (const { lo, hi } of [...visits].sort((a, b) => a.lo - b.lo)) {
    const first = subtract(lo, soon);
    if (lo === hi && lo > goesOnTo) out.push({ first, from: first, to: add(lo, soon) });
    goesOnTo = Math.max(goesOnTo, add(hi, duration(gap)));
  }
  return out;
}

/**
 * Had a problem been there before a day, and did nothing of it begin since? What is entered again without an onset is the same one,
 * unless that was lately, when the drug was begun: then it was seen for it.
 */
function wasThere(records: readonly ChartRecord[], longBefore: Day, start: Interval, ofLate: Day): boolean {
  const entries = records.filter((r) => r.type === 'condition').filter((r) => mayBeReason(r, start));
  const isOld = ({ onset, recorded }: ConditionRecord): boolean => (onset ?? recorded ?? SOME_DAY).hi < longBefore;
  const isAgain = ({ onset, recorded }: ConditionRecord): boolean =>
    onset === undefined && recorded !== undefined && (recorded.hi < ofLate || recorded.lo > start.hi);
  return entries.every((r) => isOld(r) || isAgain(r)) && (entries.length === 0 || entries.some(isOld));
}

/**
 * Tells which drugs were begun with the complaint or with its therapy, while each problem for which they may be too had been there
 * for longer than an episode lasts without visit, nobody was seen for it of late, and no drug that may be for it was taken before.
 * @param visits the visits of therapies for the complaint
 */
function begunWithComplaint(
  asked: Asked,
  visits: readonly Interval[],
  ctx: FactContext,
): (record: MedicationRecord, uses: readonly number[]) => boolean {
  const { 'begun-with': within = '0 days', 'not-a-gap': gap } = ctx.vocabulary.episode;
  const begins = beginnings(asked, visits, ctx).map((b) => {
    const longBefore = subtract(b.first, duration(gap));
    let before: ReadonlySet<number> | undefined;
    const usesOfBefore = (): ReadonlySet<number> => {
      before ??= usesBefore(b.first, longBefore, ctx);
      return before;
    };
    return { ...b, longBefore, usesOfBefore };
  });
  const wasSeenFor = (uses: readonly number[], start: Interval, ofLate: Day): boolean =>
    ctx.chart.encounters.some(
      ({ held, when, reasons }) =>
        held &&
        when !== undefined &&
        when.lo <= start.hi &&
        when.hi >= ofLate &&
        reasons.some((h) => uses.includes(h.set)),
    );
  const isWith = (start: Interval, uses: readonly number[]): boolean => {
    const ofLate = subtract(start.lo, duration(within));
    return (
      begins.some(
        ({ from, to, longBefore, usesOfBefore }) =>
          start.lo >= from &&
          start.hi <= to &&
          !uses.some((set) => usesOfBefore().has(set)) &&
          uses.every((set) => wasThere(ctx.chart.bySet(set), longBefore, start, ofLate)),
      ) && !wasSeenFor(uses, start, ofLate)
    );
  };
  // a chart may hold thousands of prescriptions of a day
  const known = new Map<string, boolean>();
  return ({ start }, uses) => {
    if (start === undefined) return false;
    const key = `${start.lo} ${start.hi} ${uses.join()}`;
    const found = known.get(key) ?? isWith(start, uses);
    known.set(key, found);
    return found;
  };
}

/**
 * Tells which drugs have no reason stated, while a problem is on file for which such drugs are given too (duloxetine and a
 * depression), or an operation shortly before: not those begun at a visit for the spine that was not for that problem as well, nor
 * those begun with the complaint or its therapy.
 * @param visits the visits of therapies for the complaint
 * @returns for a drug: `another`; the section that was not seen, in which such a problem may stand, or for what the drug was begun; nothing when it counts
 */
export function doubtOfPurpose(
  asked: Asked,
  ctx: FactContext,
  visits: readonly Interval[] = [],
): (record: MedicationRecord) => 'another' | Section | undefined {
  const ofPainElsewhere = painElsewhere(ctx);
  const forSpine = relatedVisits(asked, ctx);
  const withComplaint = begunWithComplaint(asked, visits, ctx);
  const unseen = PROBLEMS.find((section) => hasUnseen(ctx, section));
  const unseenVisits = hasUnseen(ctx, 'Encounter') ? 'Encounter' : undefined;
  const unseenDrugs = LISTS_OF_DRUGS.find((section) => hasUnseen(ctx, section));
  return (record) => {
    if (record.hasReason || record.taken === 'not-taken' || record.taken === 'unclear') return undefined;
    if (record.namedElsewhere) return 'another';
    const uses = otherUses(record, ctx);
    const mayBeForAnother = uses.some((set) => ctx.chart.bySet(set).some((r) => mayBeReason(r, record.start)));
    const isWith = mayBeForAnother && withComplaint(record, uses);
    // a visit or drug that was not retrieved may tell for what it was begun
    const untold = unseenVisits ?? (isWith ? unseenDrugs : undefined);
    const another = ofPainElsewhere(record.start) || (mayBeForAnother && !(isWith && untold === undefined));
    const doubt = another ? (untold ?? 'another') : unseen;
    if (doubt === undefined) return undefined;
    const begunForSpine = ctx.chart.encounters.some(
      (visit) => begunAt(record, visit) && forSpine(visit) && !visit.reasons.some((h) => uses.includes(h.set)),
    );
    return begunForSpine ? undefined : doubt;
  };
}
