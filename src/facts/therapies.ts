import type { ChartRecord, EncounterRecord, ProcedureRecord } from '../chart/records.ts';
import type { Day, Interval } from '../dates/day.ts';
import { NO_PLACE, OTHER, type Place, supports } from '../terminology/regions.ts';
import { type FactContext, placeIn, placeOfRecord, servicePlace } from './context.ts';
import type { Item } from './tally.ts';
import { mayBeEarlier, type TreatmentSearch, tellBefore, UNCERTAIN } from './treatment.ts';

/**
 * The visits of some therapies. One counts when its reason, body site or code is of the region, or its reason is a spine problem
 * without region; one that names nothing is a lead.
 */
export function readTherapies(therapies: readonly string[], search: TreatmentSearch): void {
  const { ctx } = search;
  const seen = new Set<string>();
  const sets = new Set(therapies.map((name) => ctx.set(name)));
  for (const set of sets) {
    for (const record of ctx.chart.bySet(set)) {
      // that a therapist took part in a visit of another kind makes it no therapy
      if (seen.has(record.ref) || (record.type === 'encounter' && !isOfSet(record, set))) continue;
      seen.add(record.ref);
      if (record.type === 'procedure' || record.type === 'encounter') therapy(record, set, search);
      else trace(record, search);
    }
  }
  readCalled(sets, seen, search);
}

/** Is a visit of a set by what was done, or by its reason? */
const isOfSet = ({ hits, reasons }: EncounterRecord, set: number): boolean =>
  hits.some((h) => h.set === set) || reasons.some((h) => h.set === set);

/** What suggests therapy without being a visit: a referral, a claim, a document. */
function trace(record: ChartRecord, search: TreatmentSearch): void {
  if (record.type !== 'order' && record.type !== 'lead') return;
  if (record.type === 'lead') mayBeOfEpisode(record.when, search);
  search.tally.lead(
    { ref: record.ref, date: record.when, basis: 'chart' },
    record.type === 'order' ? 'referral, no visits on file' : `${record.resource} on file`,
  );
}

/** Visits that an EHR calls such therapy in words of its own: they prove none, and are no silence either. */
function readCalled(sets: ReadonlySet<number>, seen: ReadonlySet<string>, search: TreatmentSearch): void {
  const { asked, ctx, tally, since, possiblySince = since } = search;
  for (const visit of ctx.chart.encounters) {
    if (!visit.held || seen.has(visit.ref) || !visit.named.some((h) => sets.has(h.set))) continue;
    const item: Item = { ref: visit.ref, date: visit.when, basis: 'chart' };
    const { place } = placeAndReason(visit, NO_PLACE, ctx);
    if (visit.when !== undefined && visit.when.lo > asked.window.asOf) tally.ignore(item, 'dated after the order');
    else if (place !== NO_PLACE && !supports(place, asked.query.region, false)) tally.ignore(item, 'another region');
    else if (visit.when !== undefined && possiblySince !== undefined && visit.when.hi < possiblySince)
      tellBefore(visit.when.hi, search, item);
    else {
      mayBeOfEpisode(visit.when, search);
      tally.lead(item, 'called a visit for therapy, in no code that we know', true);
    }
  }
}

/** Therapy of the episode may have been given on a day. */
function mayBeOfEpisode(when: Interval | undefined, { asked, since, possiblySince, possible }: TreatmentSearch): void {
  const first = possiblySince ?? since;
  if (when === undefined || (when.lo <= asked.window.asOf && (first === undefined || when.hi >= first)))
    possible.push(when);
}

function therapy(record: ProcedureRecord | EncounterRecord, set: number, search: TreatmentSearch): void {
  const { asked, ctx, tally } = search;
  const { place, spine } = placeAndReason(record, placeIn(record.hits, [set]), ctx);
  const item: Item = { ref: record.ref, date: record.when, basis: 'chart' };
  const done = record.type === 'encounter' ? (record.held ? 'done' : 'unclear') : record.performed;
  if (record.type === 'procedure' && record.notBegun) return tally.lead(item, 'not begun yet');
  if (place === 0 && !spine) {
    if (done === 'not-done') return tally.lead(item, 'not done, without region or reason');
    mayBeOfEpisode(record.when, search);
    return tally.lead(item, 'a therapy visit without region or reason');
  }
  if (!supports(place, asked.query.region, false)) return tally.ignore(item, 'another region');
  if (placedByCodeAlone(record)) {
    mayBeOfEpisode(record.when, search);
    return tally.lead(item, 'its reason is no problem of the spine', true);
  }
  if (done === 'not-done') notDone(record, item, search);
  else given(record, item, done === 'done', search);
}

/** Is a treatment of the spine by its code alone, and for something else by its reason (a catheter for childbirth)? */
const placedByCodeAlone = (record: ProcedureRecord | EncounterRecord): boolean =>
  record.type === 'procedure' && record.hasReason && !record.spineReason && record.site === NO_PLACE;

function notDone(record: ChartRecord, item: Item, { asked, tally, since, refused }: TreatmentSearch): void {
  const { date } = item;
  if (date === undefined) return tally.lead(item, 'not done, on no stated day', true);
  if (date.lo > asked.window.asOf) return tally.ignore(item, 'dated after the order');
  if (mayBeEarlier(date, since)) return tally.lead(item, 'not done, but not for the current episode for certain', true);
  refused.push({ ref: record.ref, when: date, record });
}

/** A visit of the region. @param completed is it documented as completed? */
function given(
  record: ProcedureRecord | EncounterRecord,
  item: Item,
  completed: boolean,
  search: TreatmentSearch,
): void {
  const { asked, tally, since, possiblySince } = search;
  const { asOf } = asked.window;
  const { when } = record;
  const maybe = (reason: string, open: boolean): void => {
    mayBeOfEpisode(when, search);
    tally.lead(item, reason, open);
  };
  if (!completed) return maybe('not documented as completed', false);
  if (when === undefined) return maybe('a therapy visit without a date', true);
  if (when.lo > asOf) return tally.ignore(item, 'dated after the order');
  const end = Math.min(lastDayOf(record, when, asOf), asOf);
  const visit = { ref: record.ref, when, record, end, possibleEnd: end, isVisit: true };
  if (since !== undefined && when.hi < since) {
    if (when.hi < (possiblySince ?? since)) search.earlier.push(visit);
    else mayBeOfEpisode(when, search);
    return tellBefore(when.hi, search, item);
  }
  if (mayBeEarlier(when, since)) return maybe(UNCERTAIN, true);
  search.given.push(visit);
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
function placeAndReason(record: ProcedureRecord | EncounterRecord, codePlace: Place, ctx: FactContext): PlaceAndReason {
  if (record.type === 'procedure') return { place: servicePlace(record, codePlace), spine: record.spineReason };
  const problem = ctx.set('spine-problem');
  const reasons = record.reasons.filter((h) => h.set === problem);
  const spine = reasons.length > 0;
  const place = spine ? reasons.reduce<Place>((p, h) => p | h.place, 0) : record.reasonCodes.length > 0 ? OTHER : 0;
  return { place: placeOfRecord(codePlace, place), spine };
}
