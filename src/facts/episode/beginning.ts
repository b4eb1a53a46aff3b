import type { Day, Interval } from '../../dates/day.ts';
import { earliest, latest } from '../../dates/later.ts';
import { type Complaint, daysOfEntry, type First, SAME_ONSET_DAYS } from './doubt.ts';
import { isCurrent } from './presentations.ts';
import type { Span } from './span.ts';

/** The first day of the current run of spans, going back from the as-of day until a gap is too long. */
export function runStart(all: readonly Span[], asOf: Day, maxGap: number): Day {
  let reached = asOf;
  let start = asOf;
  for (const span of [...all].sort((a, b) => b.to - a.to)) {
    if (reached - span.to > maxGap) break;
    reached = Math.min(reached, span.from);
    if (span.shows) start = Math.min(start, span.from);
  }
  return start;
}

/**
 * The last as-of day on which the episode goes on without new entries.
 * @param found the complaints; the reason of an order is none that lasts, it has the order's own date
 */
export function goesOnUntil(all: readonly Span[], found: readonly Complaint[], maxGap: number): Day | undefined {
  const reasons = new Set(found.flatMap(({ record }) => (record.orderReason ? [record.ref] : [])));
  const last = latest(all.flatMap((s) => (reasons.has(s.ref) ? [] : [s.lasts])));
  return Number.isFinite(last) ? last + maxGap : undefined;
}

/**
 * The latest day on which a complaint that had begun before, in the run of spans since a day, began anew. A suspicion that is later
 * than what is known of the complaint is a guess at its cause, not the complaint again.
 */
function newOnset(found: readonly Complaint[], since: Day, asOf: Day): Day | undefined {
  const dated = found.flatMap(({ kind, record: { onset, verification } }) =>
    onset === undefined || onset.lo > asOf || onset.hi < since
      ? []
      : [{ kind, onset, known: verification === 'confirmed' }],
  );
  const starts = [...Map.groupBy(dated, ({ kind }) => kind).values()].flatMap((ofKind) => {
    const firstKnown = earliest(ofKind.flatMap(({ known, onset }) => (known ? [onset.lo] : [])));
    const onsets = ofKind.filter(({ known, onset }) => known || onset.lo < firstKnown).map(({ onset }) => onset);
    const sorted = onsets.sort((a, b) => a.lo - b.lo);
    return sorted.filter((o, i) => i > 0 && o.lo - (sorted[i - 1]?.hi ?? o.lo) > SAME_ONSET_DAYS).map((o) => o.lo);
  });
  return starts.length === 0 ? undefined : latest(starts);
}

/** Do the diagnoses of more than one visit have the day of entry for their onset? Nobody falls ill anew at each visit. */
const isHabit = (entered: readonly Complaint[]): boolean =>
  new Set(entered.map(({ record: { onset } }) => onset?.lo)).size > 1;

/**
 * Where in a run of spans the episode begins, and the latest onset in it. A new onset that has ended, or that is no more than the day
 * on which a visit's diagnosis was entered, does not end an older entry that goes on: of which of them today's complaint is nobody says.
 * Where the EHR puts the day of entry as a habit, that day is no onset, nor is it one of what does not go away (a scoliosis).
 */
export function beginningOf(
  found: readonly Complaint[],
  {
    all,
    run,
    asOf,
    maxGap,
    lasting,
  }: {
    readonly all: readonly Span[];
    readonly run: Day;
    readonly asOf: Day;
    readonly maxGap: Day;
    readonly lasting: readonly string[];
  },
): { readonly start: Day; readonly anew: Day } {
  const isDayOfEntry = daysOfEntry(found, all, maxGap);
  const habit = isHabit(found.filter(isDayOfEntry));
  const told = found.filter((c) => !(isDayOfEntry(c) && (habit || lasting.includes(c.kind))));
  const anew = Math.max(run, newOnset(told, run, asOf) ?? run);
  const dated = found.filter((c) => isCurrent(c) && !isDayOfEntry(c));
  const older = Math.max(run, newOnset(dated, run, asOf) ?? run);
  const goesOn = found.some(
    ({ record: { current, onset } }) => current && onset !== undefined && onset.hi >= older && onset.hi < anew,
  );
  return { start: goesOn ? older : anew, anew };
}

/** The complaint whose onset is the first of those between two days. */
export function firstOnset(found: readonly Complaint[], start: Day, asOf: Day): First | undefined {
  return found.reduce<First | undefined>((first, { kind, record }) => {
    const { onset } = record;
    if (onset === undefined || onset.hi < start || onset.lo > asOf) return first;
    return first === undefined || onset.lo < first.onset.lo ? { kind, record, onset } : first;
  }, undefined);
}

/** A vague onset ("2025") lies before the first visit for the complaint, or the first treatment of it. */
export const begunBy = (start: Day, onset: Interval): Interval =>
  start < onset.lo || start >= onset.hi ? onset : { lo: onset.lo, hi: start };
