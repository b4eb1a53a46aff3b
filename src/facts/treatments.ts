import type { ChartRecord, EncounterRecord, MedicationRecord, ProcedureRecord } from '../chart/records.ts';
import { type Day, type Interval, SOME_DAY } from '../dates/day.ts';
import { OTHER, type Place, supports } from '../terminology/regions.ts';
import { type Asked, type FactContext, placeIn, placeOfRecord } from './context.ts';
import { drugEnd } from './drug-end.ts';
import { episodeStart } from './episode.ts';
import { servicePlace } from './evidence/events.ts';
import { FOR_ANOTHER, mayBeForAnother } from './purpose.ts';
import type { Item, Tally } from './tally.ts';

/** One treatment of the complaint: a visit, or a drug from its start to its end. */
export interface Treatment {
  readonly ref: string;
  readonly when: Interval;
  readonly record: ChartRecord;
  /** documented or supplied to this day */
  readonly end: Day;
  /** it may have gone on to this day */
  readonly possibleEnd: Day;
  readonly isVisit: boolean;
}

/** A treatment that was refused or not done. */
export interface Refused {
  readonly ref: string;
  readonly when: Interval | undefined;
  readonly record: ChartRecord;
}

export interface Treatments {
  readonly given: readonly Treatment[];
  readonly refused: readonly Refused[];
  /** when therapy of the episode may have been given too: visits that name no region or no certain day, documents of it */
  readonly possible: readonly (Interval | undefined)[];
  /** visits of a therapy of this region before the current episode */
  readonly earlier: readonly Treatment[];
}

interface Collected {
  readonly given: Treatment[];
  readonly refused: Refused[];
  readonly possible: (Interval | undefined)[];
  readonly earlier: Treatment[];
}

const UNCERTAIN = 'dated too vaguely to be of the current episode for certain';

/** The first day that is of the episode for certain, and the first that may be. */
interface Start {
  readonly since: Day | undefined;
  readonly possible: Day | undefined;
}

/** A treatment that was over before the episode began for certain: of an earlier one, or perhaps of this. */
const before = (end: Day, { possible }: Start, item: Item, tally: Tally): void =>
  possible !== undefined && end >= possible
    ? tally.lead(item, 'whether the episode had begun by then is not certain', true)
    : tally.lead(item, 'before the current episode');

/** May a partial date as well lie before the episode? */
const mayBeEarlier = (when: Interval, since: Day | undefined): boolean => since !== undefined && when.lo < since;

/**
 * The treatments of the current episode in a region. A therapy visit counts when its reason, body site or code is of the
 * region, or its reason is a spine problem without region; one that names nothing is a lead.
 */
export function treatments(
  therapies: readonly string[],
  drugs: readonly string[],
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
): Treatments {
  const out: Collected = { given: [], refused: [], possible: [], earlier: [] };
  const seen = new Set<string>();
  const episode = ctx.episode(asked.query.region);
  const start: Start = { since: episodeStart(episode), possible: episode.onset?.lo };
  for (const name of therapies) {
    const set = ctx.set(name);
    for (const record of ctx.chart.bySet(set)) {
      // that a therapist took part in a visit of another kind makes it no therapy
      if (seen.has(record.ref) || (record.type === 'encounter' && !isOfSet(record, set))) continue;
      seen.add(record.ref);
      therapy(record, placeAndReason(record, placeIn(record.hits, [set]), ctx), start, asked, tally, out);
    }
  }
  const ofDrugs = drugs.flatMap((name) => ctx.chart.bySet(ctx.set(name)));
  // a drug may belong to several of the sets
  const medications = [...new Set(ofDrugs)].filter((r): r is MedicationRecord => r.type === 'medication');
  const notTaken = medications.filter((r) => r.taken === 'not-taken');
  for (const record of medications) {
    if (mayBeForAnother(record, asked, ctx)) tally.lead(drugItem(record), FOR_ANOTHER, true);
    else if (episode.onset !== undefined && goesOnFromBefore(record, medications, start, asked))
      tally.lead(drugItem(record), 'no reason is stated, and it goes on from before the current episode');
    else drug(record, start, episode.onset !== undefined, notTaken, asked, tally, out.given);
  }
  out.given.sort((a, b) => a.when.lo - b.when.lo);
  return out;
}

/** Is a visit of a set by what was done, or by its reason? */
const isOfSet = ({ hits, reasons }: EncounterRecord, set: number): boolean =>
  hits.some((h) => h.set === set) || reasons.some((h) => h.set === set);

function therapy(
  record: ChartRecord,
  { place, spine }: PlaceAndReason,
  start: Start,
  asked: Asked,
  tally: Tally,
  { given, refused, possible, earlier }: Collected,
): void {
  const asOf = asked.window.asOf;
  const { since } = start;
  const first = start.possible ?? since;
  const mayBeOfEpisode = (when: Interval | undefined): void => {
    if (when === undefined || (when.lo <= asOf && (first === undefined || when.hi >= first))) possible.push(when);
  };
  if (record.type === 'order') {
    tally.lead({ ref: record.ref, date: record.when, basis: 'chart' }, 'referral, no visits on file');
    return;
  }
  if (record.type === 'lead') {
    mayBeOfEpisode(record.when);
    tally.lead({ ref: record.ref, date: record.when, basis: 'chart' }, `${record.resource} on file`);
    return;
  }
  if (record.type !== 'procedure' && record.type !== 'encounter') return;
  const item = { ref: record.ref, date: record.when, basis: 'chart' as const };
  const maybe = (reason: string, open = false): void => {
    mayBeOfEpisode(record.when);
    tally.lead(item, reason, open);
  };
  const done = record.type === 'encounter' ? (record.held ? 'done' : 'unclear') : record.performed;
  if (place === 0 && !spine)
    return done === 'not-done'
      ? tally.lead(item, 'not done, without region or reason')
      : maybe('a therapy visit without region or reason');
  if (!supports(place, asked.query.region, false)) return tally.ignore(item, 'another region');
  if (done === 'not-done') {
    if (record.when !== undefined && record.when.lo > asOf) return tally.ignore(item, 'dated after the order');
    if (record.when !== undefined && mayBeEarlier(record.when, since))
      return tally.lead(item, 'not done, but not for the current episode for certain', true);
    refused.push({ ref: record.ref, when: record.when, record });
    return;
  }
  if (done === 'unclear') return maybe('not documented as completed');
  if (record.when === undefined) return maybe('a therapy visit without a date', true);
  if (record.when.lo > asOf) return tally.ignore(item, 'dated after the order');
  const end = Math.min(lastDayOf(record, record.when, asOf), asOf);
  const visit = { ref: record.ref, when: record.when, record, end, possibleEnd: end, isVisit: true };
  if (since !== undefined && record.when.hi < since) {
    if (record.when.hi < (first ?? since)) earlier.push(visit);
    else mayBeOfEpisode(record.when);
    return before(record.when.hi, start, item, tally);
  }
  if (mayBeEarlier(record.when, since)) return maybe(UNCERTAIN, true);
  given.push(visit);
}

/** The last day of a therapy; one that is in progress and has no end yet goes on. */
function lastDayOf(record: ProcedureRecord | EncounterRecord, when: Interval, asOf: Day): Day {
  if (record.type === 'encounter') return when.lo;
  return record.goesOn ? asOf : (record.end?.lo ?? when.lo);
}

interface PlaceAndReason {
  readonly place: Place;
  /** is its reason a problem of the spine? */
  readonly spine: boolean;
}

/** Where a therapy was given, and whether for the spine; a visit for another problem was not, whatever that is. */
function placeAndReason(record: ChartRecord, codePlace: Place, ctx: FactContext): PlaceAndReason {
  if (record.type === 'procedure') return { place: servicePlace(record, codePlace), spine: record.spineReason };
  if (record.type !== 'encounter') return { place: codePlace, spine: false };
  const problem = ctx.set('spine-problem');
  const reasons = record.reasons.filter((h) => h.set === problem);
  const spine = reasons.length > 0;
  const place = spine ? reasons.reduce<Place>((p, h) => p | h.place, 0) : record.reasonCodes.length > 0 ? OTHER : 0;
  return { place: placeOfRecord(codePlace, place), spine };
}

const drugItem = (record: MedicationRecord): Item => ({ ref: record.ref, date: record.start, basis: 'chart' });

/** A prescription that is renewed this many days after the supply of the one before goes on. */
const RENEWED_WITHIN = 30;

/**
 * Does a prescription without a stated reason only renew one that began before the episode did? Then it was not begun for this
 * complaint either.
 */
function goesOnFromBefore(
  record: MedicationRecord,
  all: readonly MedicationRecord[],
  { since }: Start,
  { window }: Asked,
): boolean {
  if (since === undefined || record.hasReason) return false;
  let { start } = record;
  while (start !== undefined && start.hi >= since) start = startOfRenewed(record, start, all, window.asOf);
  return start !== undefined;
}

/** When the earliest prescription of the same drug began that was renewed on a day. */
const startOfRenewed = (
  { codes }: MedicationRecord,
  day: Interval,
  all: readonly MedicationRecord[],
  asOf: Day,
): Interval | undefined =>
  all
    .filter(
      (r) => !r.hasReason && (r.taken === 'active' || r.taken === 'past') && r.codes.some((c) => codes.includes(c)),
    )
    .flatMap(({ start, ...r }) =>
      start !== undefined && start.hi < day.lo && drugEnd({ ...r, start }, start, asOf).end >= day.hi - RENEWED_WITHIN
        ? [start]
        : [],
    )
    .sort((a, b) => a.hi - b.hi)[0];

/**
 * A drug counts from the start of the episode, when it was taken then for sure. One begun before a known onset was not begun for
 * this complaint, unless its reason is a problem of the spine. One that is documented as not taken counts until that is said for,
 * and again when it is prescribed later.
 */
function drug(
  record: MedicationRecord,
  episode: Start,
  onsetKnown: boolean,
  notTaken: readonly MedicationRecord[],
  asked: Asked,
  tally: Tally,
  given: Treatment[],
): void {
  const asOf = asked.window.asOf;
  const { since } = episode;
  const item = drugItem(record);
  if (record.taken === 'not-taken') return tally.ignore(item, 'not taken');
  if (record.taken === 'unclear') return tally.lead(item, 'not documented as taken');
  if (record.hasReason && !(record.spineReason && supports(record.reason, asked.query.region, false)))
    return tally.ignore(item, 'for another problem');
  if (record.start === undefined) return tally.lead(item, 'a drug without a start', true);
  if (record.start.lo > asOf) return tally.ignore(item, 'begun after the order');
  if (since !== undefined && onsetKnown && record.start.hi < since && !record.spineReason)
    return tally.lead(item, 'begun before the current episode');
  const begun = onsetKnown && !record.spineReason ? since : undefined;
  if (mayBeEarlier(record.start, begun)) return tally.lead(item, UNCERTAIN, true);
  const refused = refusedFrom(record, record.start, notTaken, asOf);
  if (refused !== undefined && refused <= record.start.hi) return tally.lead(item, 'documented as not taken');
  const supplied = drugEnd(record, record.start, asOf);
  const end = Math.min(supplied.end, refused ?? supplied.end);
  const possibleEnd = Math.min(supplied.possibleEnd, refused ?? supplied.possibleEnd);
  if (since !== undefined && possibleEnd < since) return before(possibleEnd, episode, item, tally);
  if (since !== undefined && end < since)
    return tally.lead(item, 'not known to have been taken in the current episode', true);
  const start =
    since !== undefined && record.start.lo < since ? { lo: since, hi: Math.max(since, record.start.hi) } : record.start;
  given.push({
    ref: record.ref,
    when: start,
    record,
    end: Math.max(Math.min(end, asOf), start.lo),
    possibleEnd: Math.min(possibleEnd, asOf),
    isVisit: false,
  });
}

/** The first day from which a drug, prescribed by then, is documented as not taken; without a date, all the time. */
function refusedFrom(
  record: MedicationRecord,
  start: Interval,
  notTaken: readonly MedicationRecord[],
  asOf: Day,
): Day | undefined {
  const days = notTaken
    .filter((r) => r.codes.some((c) => record.codes.includes(c)))
    .map((r) => r.start ?? SOME_DAY)
    .filter(({ lo, hi }) => hi >= start.lo && lo <= asOf);
  return days.length === 0 ? undefined : Math.min(...days.map(({ lo }) => lo));
}
