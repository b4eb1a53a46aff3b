import type { ConditionRecord } from '../../chart/records.ts';
import { add, type Day, type Interval } from '../../dates/day.ts';
import { latest } from '../../dates/later.ts';
import { sooner } from '../../policy/measure-time.ts';
import { NO_PLACE, type Place } from '../../terminology/regions.ts';
import { type Asked, belongs, type FactContext, fitsRegion, placeIn, placeOfRecord, placeOfSign } from '../context.ts';
import { duration } from '../duration.ts';
import { heals } from '../episode/presentations.ts';
import type { FindingInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { fitIn, mayLieIn } from '../window.ts';
import { chartedItem } from './charted-item.ts';
import { statedOn } from './earlier-entry.ts';
import {
  asksOfNow,
  atSite,
  existedBefore,
  isAfterwards,
  isOfNew,
  type Question,
  REPEATED,
  type Search,
  SPINE,
} from './finding-search.ts';
import { inWindow, isDoubtful } from './in-window.ts';
import { normalExaminations } from './normal-examinations.ts';
import { lastSeenFor } from './visits-by-reason.ts';

/** What a diagnosis, a problem or a reason of the order says of a finding. */
export function readEntry(record: ConditionRecord, search: Search): void {
  const { input, asked, tally } = search;
  const item = toItem(record, countsFrom(record, search), asked);
  const apart = isApart(record, search);
  if (apart !== undefined) return tally.ignore(item, apart);
  if (input.conclusions === 'only') return;
  if (record.verification === 'refuted') return refutation(record, search);
  const past = isPast(record, search);
  if (past !== undefined) return tally.lead(item, past.reason, past.open);
  if (record.verification === 'suspected' && asked.query.certainty !== 'suspected') {
    const may = mayLieIn(item.date, asked.window);
    if (may) search.suspicions.push({ record, item });
    return may && input['open-if-suspected'] ? undefined : tellSuspected(record, item, tally);
  }
  statement(record, item, search);
}

/** Tells that it is only suspected. @param open true when that leaves the question open rather than silent */
export function tellSuspected(record: ConditionRecord, item: Item, tally: Tally, open = false): void {
  const why = record.orderReason
    ? 'a reason of this order, not a confirmed diagnosis'
    : 'only suspected, not confirmed';
  tally.lead(item, why, open);
}

/** Codes that say that the finding was there once. */
export function readHistory({ input, asked, ctx, tally, positive }: Search): void {
  for (const name of input.history ?? []) {
    for (const record of ctx.chart.bySet(ctx.set(name))) {
      if (record.type !== 'condition' || record.verification === 'refuted') continue;
      const item = toItem(record, dateOf(record), asked);
      if (inWindow(item, asked, tally)) positive.push({ record, item });
    }
  }
}

const dateOf = (r: ConditionRecord): Interval | undefined => r.onset ?? r.recorded;

function toItem(record: ConditionRecord, date: Interval | undefined, asked: Asked): Item {
  const stated = statedOn(record);
  const charted = chartedItem(record.ref, date, asked);
  const ends = asked.query.certainty !== 'history' && record.current ? record.abated : undefined;
  return {
    ...charted,
    basis: record.basis,
    ...(record.verification === 'suspected' && !record.orderReason && { suspected: true as const }),
    ...(date !== undefined && date === record.onset && { isOnset: true as const }),
    ...(ends !== undefined && { until: sooner(charted.until, ends.lo - 1) }),
    ...(stated !== undefined && { decides: stated }),
  };
}

/**
 * The day by which a diagnosis counts: its onset. What goes on is current on the day on which it was entered, too, where no more is
 * asked than whether it is there now: not whether it is new.
 */
function countsFrom(record: ConditionRecord, { input, asked, entries }: Search): Interval | undefined {
  const { query, window } = asked;
  if (input['dated-by-onset']) return record.onset;
  // what is left of an event was entered after it: entered before the window, the event is older still
  if (input.event && isAfterwards(record.codes))
    return record.onset ?? (fitIn(record.recorded, window) === 'outside' ? record.recorded : undefined);
  if (input.event) return entries.eventDate(record);
  const date = dateOf(record);
  const asksNow = query.within === undefined && query.since === undefined && !input.new && !input['stated-onset'];
  if (!asksNow || !record.current) return date;
  const fit = fitIn(date, window);
  return fit === 'outside' || fit === 'unclear' ? statedOn(record) : date;
}

/** Why an entry is not about what is asked, if it is not. */
function isApart(record: ConditionRecord, search: Search): string | undefined {
  const { input, asked } = search;
  if (asked.query.source === 'order-reason' && !record.orderReason) return 'not a reason of this order';
  if (!belongs(input, asked, placeOfEntry(record, search))) return 'another region';
  if (record.recorded !== undefined && record.recorded.lo > asked.window.asOf) return 'recorded after the order';
  if (input.conclusions !== 'only' && !hasStatus(input, record)) return 'another clinical status';
  return undefined;
}

const hasStatus = (input: FindingInput, record: ConditionRecord): boolean =>
  input.clinical === undefined || (input.clinical as readonly string[]).includes(record.clinical ?? '');

function placeOfEntry(record: ConditionRecord, search: Search): Place {
  const { input, sets, ctx } = search;
  const codePlace = placeIn(record.hits, sets);
  const stated = input.innervated ? placeOfSign(codePlace, record, ctx) : placeOfRecord(codePlace, record.site);
  return stated === NO_PLACE ? placeOfProcedures(search) : stated;
}

/** Where procedures of the given sets were done; nowhere when none is on file or one of them names no place. */
function placeOfProcedures({ input, asked, ctx }: Question): Place {
  let place = NO_PLACE;
  for (const set of (input['placed-by'] ?? []).map((name) => ctx.set(name))) {
    for (const record of ctx.chart.bySet(set)) {
      if (record.type !== 'procedure' || record.performed !== 'done') continue;
      if (record.when !== undefined && record.when.lo > asked.window.asOf) continue;
      const here = placeOfRecord(placeIn(record.hits, [set]), record.site);
      if (here === NO_PLACE) return NO_PLACE;
      place |= here;
    }
  }
  return place;
}

/**
 * The last day on which what a finding comes of (an injury) may have happened in the region asked about: by its stated onset, and
 * not after it was entered.
 */
function lastEvent({ input, asked, ctx }: Question): Day {
  const { asOf } = asked.window;
  const days = (input['outdated-by'] ?? []).flatMap((name) => {
    const set = ctx.set(name);
    return ctx.chart.bySet(set).flatMap((event) => {
      if (event.type !== 'condition' || event.verification === 'refuted') return [];
      if (event.onset === undefined || event.onset.lo > asOf) return [];
      const isHere = belongs(input, asked, placeOfRecord(placeIn(event.hits, [set]), event.site));
      return isHere ? [Math.min(event.onset.hi, event.recorded?.hi ?? asOf, asOf)] : [];
    });
  });
  return latest(days);
}

function refutation(record: ConditionRecord, search: Search): void {
  const { asked, tally, negative } = search;
  if (!atSite(search, record.siteHits)) return;
  const date = statedOn(record);
  const item: Item = { ref: record.ref, ...(date !== undefined && { date }), basis: record.basis };
  search.lastEvent ??= lastEvent(search);
  if (date !== undefined && search.lastEvent > date.hi) return tally.lead(item, 'ruled out before a later injury');
  if (fitIn(date, asked.window) === 'unclear') negative.push({ record, item, perhaps: true });
  else if (inWindow(item, asked, tally)) negative.push({ record, item });
}

/** Why an entry is history, where what is there now is asked; undefined when it is not. */
function isPast(
  record: ConditionRecord,
  { asked, entries }: Search,
): { readonly reason: string; readonly open: boolean } | undefined {
  if (asked.query.certainty === 'history') return undefined;
  if (!record.current)
    return record.endUnclear
      ? { reason: 'whether it had ended by the day of the order is not certain', open: true }
      : { reason: 'resolved or inactive: history, not a current finding', open: false };
  const ended = record.orderReason ? 'no' : entries.endedSince(record);
  return ended === 'no' ? undefined : { reason: 'a later entry says that it is over', open: ended === 'unclear' };
}

/** An entry that states the finding, as certainly as is asked. */
function statement(record: ConditionRecord, item: Item, search: Search): void {
  const { input, asked, tally, positive, doubtful } = search;
  if (input['dated-by-onset'] && item.date === undefined && isDoubtful(item, asked))
    return tally.lead(item, 'its onset is not stated');
  if (!inWindow(item, asked, tally)) {
    if (isDoubtful(item, asked)) doubtful.push({ record, item });
    return;
  }
  const lacking = whatLacks(record, search);
  if (lacking === 'another severity') return tally.contra(item, 'of another severity');
  if (lacking !== undefined) return tally.lead(item, lacking.reason, lacking.open);
  const ends = endsOf(record, search);
  const over = whyOver(record, ends, search);
  if (over !== undefined) return tally.lead(item, over, true);
  const asksNew = (isOfNew(input, asked) || input['stated-onset']) && !record.orderReason;
  const isNew = (input.event && record.onset === undefined) || (asksNew && !statesOnset(record));
  if (isNew && record.onsetUnread) return tally.lead(item, 'its onset stands in words', true);
  if (isNew && search.entries.onFileBefore(record.codes, item.date)) return tally.lead(item, REPEATED, true);
  if (input['before-age'] !== undefined) return youngEnough(record, item, input['before-age'], search);
  const until = isNew ? search.entries.newUntil(record, item.date) : undefined;
  positive.push({ record, item: { ...item, until: [item.until, ends.healed, ends.stands].reduce(sooner, until) } });
}

/** What an entry does not state of what is asked, or states otherwise; undefined when it says all of it. */
function whatLacks(
  record: ConditionRecord,
  search: Search,
): { readonly reason: string; readonly open: boolean } | 'another severity' | undefined {
  const { input, ctx } = search;
  if (!atSite(search, record.siteHits)) return { reason: 'not stated at the place asked about', open: true };
  if (input.severity !== undefined) {
    const grades = input.severity.map((s) => ctx.set(s));
    if (record.severity === undefined) return { reason: 'its severity is not stated', open: false };
    if (!record.severity.some((h) => grades.includes(h.set))) return 'another severity';
  }
  return input['stated-onset'] && record.onset === undefined
    ? { reason: 'its onset is not stated', open: !record.orderReason }
    : undefined;
}

/** Until when an entry tells of the present, where that ends by itself. */
interface Ends {
  readonly healed: Day | undefined;
  /** when a suspicion that may be one no more was one last */
  readonly suspected: Day | undefined;
  readonly stands: Day | undefined;
}

function endsOf(record: ConditionRecord, search: Search): Ends {
  const suspected = oldSuspicion(record, search);
  const stands = suspected === undefined ? undefined : suspicionEnds(suspected, search);
  return { healed: healedOn(record, search), suspected, stands };
}

/** Why an entry tells of the present no more, perhaps. */
function whyOver(record: ConditionRecord, { healed, suspected, stands }: Ends, search: Search): string | undefined {
  const { asOf } = search.asked.window;
  if (healed !== undefined && healed < asOf) return 'an injury of an earlier episode, which heals';
  if (stands !== undefined && stands < asOf) return 'suspected long ago, and not taken up since';
  return suspected !== undefined && isAnswered(record, suspected, search)
    ? 'suspected before an MRI of this region that was normal'
    : undefined;
}

/** Does an entry say when the finding began? The onset of a visit's diagnosis that is the day of its entry is put there by the EHR. */
const statesOnset = ({ ofVisit, onset, recorded }: ConditionRecord): boolean =>
  onset !== undefined && !(ofVisit && onset.lo === recorded?.lo && onset.hi === recorded.hi);

/** The last day on which a complaint of an injury that heals tells of the present; undefined where none is meant. */
function healedOn(record: ConditionRecord, { input, asked, ctx }: Search): Day | undefined {
  if (!input.complaint || record.orderReason || !asksOfNow(asked) || !heals(record, ctx.vocabulary)) return undefined;
  const stated = statedOn(record);
  return stated === undefined ? undefined : add(stated.lo, duration(ctx.vocabulary.episode['not-a-gap']));
}

/** A suspicion on file, which the clinician of today may no longer have; that of whoever places the order is one, and a complaint is none. */
const isOldSuspicion = (
  { verification, orderReason, codes }: ConditionRecord,
  { input, asked, ctx }: Search,
): boolean =>
  verification === 'suspected' &&
  !orderReason &&
  !input.complaint &&
  asked.query.certainty !== 'history' &&
  !ctx.chart.orderReasons.some((reason) => reason.codes.some((code) => codes.includes(code)));

/**
 * The last day on which a suspicion on file was one for certain: when it was stated, or when the patient was seen for it, in whatever code; each
 * visit takes it up again. Undefined when it is none that the clinician of today may no longer have, or has no day.
 */
function oldSuspicion(record: ConditionRecord, search: Search): Day | undefined {
  const stated = statedOn(record);
  if (stated === undefined || !isOldSuspicion(record, search)) return undefined;
  return Math.max(stated.lo, lastSeenFor(record.codes, search.sets, placeOfEntry(record, search), search.ctx));
}

/** The last day on which a suspicion is one still: it often stays on file when nobody suspects it any more. */
function suspicionEnds(since: Day, { ctx }: Search): Day | undefined {
  const lasts = ctx.vocabulary.episode['suspicion-lasts'];
  return lasts === undefined ? undefined : add(since, duration(lasts));
}

/** Was an MRI of the region normal since something of the spine was suspected last? It was done to answer that. */
function isAnswered(record: ConditionRecord, since: Day, search: Search): boolean {
  const { input, asked, ctx } = search;
  const place = placeOfEntry(record, search);
  // where no region is asked about, the MRI has to be one of the place that the code itself names; where any is, one of the spine
  const shown = (place & SPINE) === NO_PLACE && input.regional ? SPINE : place & SPINE;
  if (shown === NO_PLACE) return false;
  const isOfRegion = input.regional && asked.query.region !== 'any';
  return normalExaminations(ctx).some(
    (mri) =>
      mri.modality === 'mri' &&
      mri.possible >= since &&
      (isOfRegion ? fitsRegion(asked, mri.place) : (mri.place & shown) !== NO_PLACE),
  );
}

/** That one entry of a finding began late says less than any that it existed before, whenever that was entered. */
const LONG_AGO: Interval = { lo: Number.NEGATIVE_INFINITY, hi: Number.NEGATIVE_INFINITY };

function youngEnough(record: ConditionRecord, item: Item, age: string, { ctx, tally, positive }: Search): void {
  const before = beganBefore(record, age, ctx);
  if (before === undefined) tally.lead(item, 'the age at its onset is not stated', true);
  else if (before) positive.push({ record, item });
  else tally.contra({ ...item, decides: LONG_AGO }, 'began at a later age');
}

/** Did it begin before the patient reached an age? The day of the entry proves only that it existed by then. */
function beganBefore(record: ConditionRecord, age: string, ctx: FactContext): boolean | undefined {
  const { birth } = ctx.chart;
  const known = Math.min(record.onset?.hi ?? Number.POSITIVE_INFINITY, record.recorded?.hi ?? Number.POSITIVE_INFINITY);
  if (birth === undefined) return undefined;
  if (existedBefore(known, age, ctx)) return true;
  return record.onset !== undefined && record.onset.lo >= add(birth.hi, duration(age)) ? false : undefined;
}
