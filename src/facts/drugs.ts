import type { AllergyRecord, MedicationRecord } from '../chart/records.ts';
import { type Day, type Interval, SOME_DAY } from '../dates/day.ts';
import { earliest } from '../dates/later.ts';
import type { Reaching } from '../dates/reaching.ts';
import { supports } from '../terminology/regions.ts';
import { drugEnd } from './drug-end.ts';
import { reachingByKey } from './grouped.ts';
import { doubtOfPurpose, whyForAnother } from './purpose.ts';
import { Renewals } from './renewals.ts';
import { namesOfEnded, namesOfTaken } from './same-drug.ts';
import type { Item } from './tally.ts';
import { mayBeEarlier, type TreatmentSearch, tellBefore, UNCERTAIN } from './treatment.ts';

/** The drugs of some code sets that were taken for the complaint. */
export function readDrugs(drugs: readonly string[], search: TreatmentSearch): void {
  const { asked, ctx, tally, since, onsetKnown } = search;
  const ofDrugs = drugs.flatMap((name) => ctx.chart.bySet(ctx.set(name)));
  // a drug may belong to several of the sets
  const all = [...new Set(ofDrugs)].filter((r): r is MedicationRecord => r.type === 'medication');
  const notTaken: readonly Ended[] = [
    ...all.filter((r) => r.taken === 'not-taken').map(notTakenFrom),
    ...ofDrugs.flatMap((r) => (r.type === 'allergy' ? intolerance(r) : [])),
  ];
  const refusals = refusalsByName(notTaken, asked.window.asOf);
  const visits = search.given.flatMap((t) => (t.isVisit ? [t.when] : []));
  const doubtOf = doubtOfPurpose(asked, ctx, visits);
  const renewals = onsetKnown && since !== undefined ? new Renewals(all, since, asked.window.asOf) : undefined;
  for (const record of all) {
    const doubt = doubtOf(record);
    if (doubt === 'another') tally.lead(toItem(record), whyForAnother(record), true);
    else if (doubt !== undefined) tally.undecidedBy(toItem(record), doubt);
    else if (renewals?.goesOnFromBefore(record) === true)
      tally.lead(toItem(record), 'no reason is stated, and it goes on from before the current episode');
    else drug(record, refusals, search);
  }
}

/** From when a drug was not taken, or not any more. */
interface Ended {
  readonly names: readonly string[];
  readonly from: Interval;
}

const notTakenFrom = (record: MedicationRecord): Ended => ({
  names: namesOfEnded(record),
  from: record.start ?? SOME_DAY,
});

/** An intolerance that is found while a drug is taken ends it; one that was known before did not keep it from being prescribed. */
const intolerance = (record: AllergyRecord): readonly Ended[] =>
  record.recorded !== undefined && record.current && record.verification === 'confirmed'
    ? [{ names: namesOfEnded(record), from: record.recorded }]
    : [];

const toItem = (record: MedicationRecord): Item => ({ ref: record.ref, date: record.start, basis: 'chart' });

/**
 * A drug counts from the start of the episode, when it was taken then for sure. One begun before a known onset was not begun for
 * this complaint, unless its reason is a problem of the spine. One that is documented as not taken counts until that is said for,
 * and again when it is prescribed later.
 */
function drug(record: MedicationRecord, refusals: Refusals, search: TreatmentSearch): void {
  const { asked, tally, since, onsetKnown } = search;
  const { asOf } = asked.window;
  const item = toItem(record);
  if (record.taken === 'not-taken') return tally.ignore(item, 'not taken');
  if (record.taken === 'unclear') return tally.lead(item, 'not documented as taken');
  if (record.hasReason && !(record.spineReason && supports(record.reason, asked.query.region, false)))
    return tally.ignore(item, 'for another problem');
  const { start } = record;
  if (start === undefined) return tally.lead(item, 'a drug without a start', true);
  if (start.lo > asOf) return tally.ignore(item, 'begun after the order');
  if (since !== undefined && onsetKnown && start.hi < since && !record.spineReason)
    return tally.lead(item, 'begun before the current episode');
  const begun = onsetKnown && !record.spineReason ? since : undefined;
  if (mayBeEarlier(start, begun)) return tally.lead(item, UNCERTAIN, true);
  const refused = refusedFrom(record, start, refusals);
  if (refused !== undefined && refused <= start.hi) return tally.lead(item, 'documented as not taken');
  const supplied = drugEnd(record, start, asOf);
  const end = Math.min(supplied.end, refused ?? supplied.end);
  const possibleEnd = Math.min(supplied.possibleEnd, refused ?? supplied.possibleEnd);
  if (since !== undefined && possibleEnd < since) return tellBefore(possibleEnd, search, item);
  if (since !== undefined && end < since)
    return tally.lead(item, 'not known to have been taken in the current episode', true);
  const when = since !== undefined && start.lo < since ? { lo: since, hi: Math.max(since, start.hi) } : start;
  search.given.push({
    ref: record.ref,
    when,
    record,
    end: Math.max(Math.min(end, asOf), when.lo),
    possibleEnd: Math.min(possibleEnd, asOf),
    isVisit: false,
  });
}

/** When drugs were not taken, by their names. */
type Refusals = ReadonlyMap<string, Reaching<Ended>>;

const refusalsByName = (notTaken: readonly Ended[], asOf: Day): Refusals =>
  reachingByKey(
    notTaken.filter((r) => r.from.lo <= asOf).sort((a, b) => a.from.lo - b.from.lo),
    ({ names }) => names,
    ({ from }) => from.hi,
  );

/** The first day from which a drug, prescribed by then, is documented as not taken; without a date, all the time. */
function refusedFrom(record: MedicationRecord, start: Interval, refusals: Refusals): Day | undefined {
  const days = namesOfTaken(record).flatMap((name) => refusals.get(name)?.first(start.lo)?.from.lo ?? []);
  return days.length === 0 ? undefined : earliest(days);
}
