import type { ConditionRecord } from '../../chart/records.ts';
import { type Day, type Interval, SOME_DAY } from '../../dates/day.ts';
import { earliest, latest } from '../../dates/later.ts';
import type { Span } from './span.ts';

/** A new onset of the same complaint begins a new episode when it lies further apart than a slip of memory. */
export const SAME_ONSET_DAYS = 30;

/** An entry of the chart for what an episode is of. */
export interface Complaint {
  readonly kind: string;
  readonly record: ConditionRecord;
}

/** What the chart leaves open about the beginning of an episode. */
export interface Doubt {
  /** the first day on which it is there for certain */
  readonly surelySince: Day;
  readonly reason: string;
}

/** The complaint was over in the meantime. */
export interface Over extends Doubt {
  readonly end: Day;
}

/** The day by which an entry says that it was there. */
const thereBy = ({ onset, recorded }: ConditionRecord): Interval => onset ?? recorded ?? SOME_DAY;

/**
 * Was the complaint over in the meantime? It is back when something shows it again: whether that is the same episode nobody
 * says. Not where another entry of it went on all the time, nor by a diagnosis of one visit, which is closed with it.
 */
export function overMeanwhile(
  found: readonly Complaint[],
  all: readonly Span[],
  began: Day,
  asOf: Day,
): Over | undefined {
  const ends = found.flatMap(({ record: { current, abated, ofVisit } }) =>
    current || ofVisit || abated === undefined || abated.hi > asOf || abated.hi < began ? [] : [abated.hi],
  );
  const end = latest(ends);
  if (ends.length === 0 || found.some(({ record }) => record.current && thereBy(record).hi <= end)) return undefined;
  const again = all.flatMap((s) => (s.shows && s.from > end ? [s.from] : []));
  return { end, surelySince: Math.min(asOf, ...again), reason: 'its onset; the complaint has ended since' };
}

/** The complaint whose onset is the first, and what else the chart tells. */
export interface First extends Complaint {
  readonly onset: Interval;
}
interface Told {
  readonly found: readonly Complaint[];
  readonly all: readonly Span[];
  /** the first day of the run of spans */
  readonly start: Day;
  readonly over: Over | undefined;
  /** days without visit, entry or treatment that do not end an episode */
  readonly maxGap: number;
}

/** Is it certain that the episode began with the first onset that is stated? @returns what speaks against it */
export function doubtOf(first: First, told: Told): Doubt | undefined {
  const { over, start } = told;
  if (over !== undefined && first.onset.lo <= over.end) return over;
  const since = over === undefined ? start : Math.max(start, over.end + 1);
  return (
    enteredBefore(first) ??
    resolvedBefore(first, told.found) ??
    shownBefore(first, { ...told, start: since }) ??
    begunAfterSilence(first, told)
  );
}

/**
 * Did another complaint of the region begin (sciatica) when nobody had seen or treated the one whose onset is the first (back pain)
 * for longer than an episode lasts without that? That an entry still stands as active does not say that it is one complaint.
 */
function begunAfterSilence({ kind, onset }: First, { found, all, maxGap }: Told): Doubt | undefined {
  const begun = found.flatMap(({ kind: other, record: { current, orderReason, onset: began } }) =>
    other !== kind && current && !orderReason && began !== undefined && began.lo - onset.hi > maxGap ? [began] : [],
  );
  if (begun.length === 0) return undefined;
  const seenBefore = lastSeen(all, new Set(found.map(({ record }) => record.ref)));
  const anew = begun.filter(({ lo }) => lo - seenBefore(lo) > maxGap);
  return anew.length === 0
    ? undefined
    : {
        surelySince: latest(anew.map(({ hi }) => hi)),
        reason: 'its onset; another complaint began after a long silence',
      };
}

/** Was it entered before the onset that it states? Then it was there, or the day of the onset is that of a later edit. */
const enteredBefore = ({ record, onset }: First): Doubt | undefined =>
  record.recorded !== undefined && record.recorded.hi < onset.lo
    ? { surelySince: onset.hi, reason: 'its onset; it was entered before' }
    : undefined;

/**
 * Tells the last day before another one on which a complaint was seen or treated.
 * @param entries those that name the complaint: they speak of the day on which they begin alone
 */
function lastSeen(all: readonly Span[], entries: ReadonlySet<string>): (day: Day) => Day {
  const spans = [...all].sort((a, b) => a.from - b.from);
  let reached = Number.NEGATIVE_INFINITY;
  const reach = spans.map(({ ref, from, to }) => {
    reached = Math.max(reached, entries.has(ref) ? from : to);
    return reached;
  });
  return (day) => {
    const after = firstIndex(spans.length, (i) => (spans[i]?.from ?? day) >= day);
    return Math.min(reach[after - 1] ?? Number.NEGATIVE_INFINITY, day);
  };
}

/** The first of some indices from which on a condition holds, by halving; their number when it never does. */
function firstIndex(count: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Is the complaint whose onset is the first resolved, on no day that is known, and did the one that is there now begin later? It may
 * have turned into it, or have been over before.
 */
function resolvedBefore({ record, onset }: First, found: readonly Complaint[]): Doubt | undefined {
  if (record.current || record.abated !== undefined || record.ofVisit) return undefined;
  const now = found.flatMap((c) => (c.record.current && !c.record.orderReason ? [c.record] : []));
  if (now.some((r) => thereBy(r).lo <= onset.hi + SAME_ONSET_DAYS)) return undefined;
  const later = now.flatMap((r) => r.onset?.hi ?? []);
  return later.length === 0
    ? undefined
    : { surelySince: earliest(later), reason: 'its onset; it is resolved, and what is there now began later' };
}

/**
 * Did visits, treatments or other entries show the complaint shortly before the only onset that is stated? EHRs set it to the day of
 * the entry. An onset beside an earlier one is meant as a new one.
 */
function shownBefore({ kind, onset }: First, { found, all, start }: Told): Doubt | undefined {
  const isNew = found.some(
    (c) => c.kind === kind && c.record.onset !== undefined && onset.lo - c.record.onset.hi > SAME_ONSET_DAYS,
  );
  const before = all.flatMap((s) =>
    s.shows && s.from >= start && s.from < onset.lo ? [Math.min(s.to, onset.lo)] : [],
  );
  return isNew || onset.lo - latest(before) > SAME_ONSET_DAYS
    ? undefined
    : { surelySince: onset.hi, reason: 'its onset; the complaint was there shortly before' };
}

/**
 * Tells whether an onset is no more than the day on which the diagnosis of a visit was entered, where EHRs put that, while the
 * complaint had been seen or treated in the time that an episode lasts without.
 */
export function daysOfEntry(
  found: readonly Complaint[],
  all: readonly Span[],
  maxGap: number,
): (complaint: Complaint) => boolean {
  let seenBefore: ((day: Day) => Day) | undefined;
  return ({ record: { ofVisit, onset, recorded } }) => {
    if (!ofVisit || onset === undefined || onset.lo !== recorded?.lo || onset.hi !== recorded.hi) return false;
    seenBefore ??= lastSeen(all, new Set(found.map(({ record }) => record.ref)));
    return onset.lo - seenBefore(onset.lo) <= maxGap;
  };
}

/** A later onset of the same says not for certain that it began anew: it has ended, or is the day of an entry. */
export const notAnew = (anew: Day): Doubt => ({
  surelySince: anew,
  reason: 'its onset; a later one has ended, or is the day of a visit',
});
