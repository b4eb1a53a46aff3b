import { add, type Day, type Interval } from '../dates/day.ts';
import { latest } from '../dates/later.ts';
import type { Comparison, ScheduleBand } from './compiled-policy.ts';
import type { Episode, FactValue, Later } from './fact-source.ts';
import { fromBounds, type Truth } from './truth.ts';

/** The earlier of two ends, of which either may be open. */
export const sooner = (a: Day | undefined, b: Day | undefined): Day | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);

/** The latest of some ends; undefined when one is open, or there is none. */
export function lastOf(ends: readonly (Day | undefined)[]): Day | undefined {
  if (ends.length === 0) return undefined;
  const last = latest(ends.map((d) => d ?? Number.POSITIVE_INFINITY));
  return last === Number.POSITIVE_INFINITY ? undefined : last;
}

/** The days on which the latest event may have been. @param later what may have come after it */
export const lastDays = ({ lo, hi }: Interval, later: Later | undefined): Interval => ({
  lo,
  hi: Math.max(hi, later?.until ?? hi),
});

type Timed = { readonly truth: Truth; readonly from?: Day; readonly until?: Day };

/** Has the comparison held since `start` on the day `on`? Ages count completed units: "> 50 years" is 51 and older. */
function holds(start: Day, on: Day, { op, than }: Comparison, completed: boolean): boolean {
  const next = completed ? { ...than, count: than.count + 1 } : than;
  switch (op) {
    case '>':
      return completed ? on >= add(start, next) : on > add(start, than);
    case '>=':
      return on >= add(start, than);
    case '<':
      return on < add(start, than);
    case '<=':
      return completed ? on < add(start, next) : on <= add(start, than);
  }
}

/** Compares an age in completed units; an upper limit holds until the day before the birthday. @param birth possibly partial */
export function compareAge(birth: Interval, asOf: Day, comparison: Comparison): Timed {
  const truth = fromBounds(holds(birth.lo, asOf, comparison, true), holds(birth.hi, asOf, comparison, true));
  const { op, than } = comparison;
  if (truth !== 'true' || op === '>' || op === '>=') return { truth };
  const limit = op === '<' ? than : { ...than, count: than.count + 1 };
  return { truth, until: add(birth.lo, limit) - 1 };
}

/** Compares the length of an episode; a first visit proves only a least duration. */
export function compareEpisode(episode: Episode, asOf: Day, comparison: Comparison): Timed {
  const growing = comparison.op === '>' || comparison.op === '>=';
  const { onset, knownSince } = episode;
  if (onset !== undefined) {
    const truth = fromBounds(holds(onset.lo, asOf, comparison, false), holds(onset.hi, asOf, comparison, false));
    const extra = comparison.op === '>' || comparison.op === '<=' ? 0 : -1;
    if (growing && truth !== 'true') return { truth, from: add(onset.hi, comparison.than) + 1 + extra };
    if (!growing && truth === 'true') return { truth, until: add(onset.lo, comparison.than) + extra };
    return { truth };
  }
  if (knownSince === undefined) return { truth: 'unknown' };
  const atLeast = holds(knownSince, asOf, comparison, false);
  if (growing) return { truth: atLeast ? 'true' : 'unknown' };
  return { truth: atLeast ? 'unknown' : 'false' };
}

/** Compares how long ago something was first found. */
export function compareBegun(first: Interval, asOf: Day, comparison: Comparison): Timed {
  return compareEpisode({ onset: first, evidence: [] }, asOf, comparison);
}

/**
 * Is the next study of a schedule due? No earlier study on file = due; later than due is never penalised.
 * @param start possibly partial: what is not due in every band that it allows is unknown
 */
export function compareSchedule(
  start: Interval,
  last: Interval | undefined,
  asOf: Day,
  bands: readonly ScheduleBand[],
): Timed {
  const bandOf = (from: Day): number => {
    const i = bands.findIndex((b) => b.until === undefined || asOf <= add(from, b.until));
    return i < 0 ? bands.length : i;
  };
  const [soonest, latestBand] = [bandOf(start.hi), bandOf(start.lo)];
  const possible = bands.slice(soonest, latestBand + 1);
  const due = (band: ScheduleBand): Truth =>
    last === undefined ? 'true' : fromBounds(asOf >= add(last.lo, band.every), asOf >= add(last.hi, band.every));
  const over: readonly Truth[] = latestBand === bands.length ? ['false'] : [];
  const truths = [...possible.map(due), ...over];
  const truth = truths.every((t) => t === truths[0]) ? (truths[0] ?? 'unknown') : 'unknown';
  const band = bands[latestBand];
  if (band === undefined) return { truth };
  if (truth !== 'true') {
    const from = last === undefined ? undefined : nextDue(start, last, asOf, bands);
    return { truth, ...(from !== undefined && { from }) };
  }
  // due until a later band asks for a longer interval, or there is none
  if (band.until === undefined) return { truth };
  const end = add(start.lo, band.until);
  const later = compareSchedule(start, last, end + 1, bands);
  return later.truth === 'true' ? later : { truth, until: end };
}

/**
 * The first day after this one on which the next study is due for certain: an interval may end in a later band, which asks for a longer
 * one, or after the last, in which none is due.
 */
function nextDue(start: Interval, last: Interval, asOf: Day, bands: readonly ScheduleBand[]): Day | undefined {
  const days = bands.flatMap(({ every, until }) => [
    add(last.hi, every),
    ...(until === undefined ? [] : [add(start.hi, until) + 1]),
  ]);
  return days
    .filter((day) => day > asOf)
    .sort((a, b) => a - b)
    .find((day) => compareSchedule(start, last, day, bands).truth === 'true');
}

/** An incomplete or silent reading of a fact that a comparison depends on. */
export const unsettled = (episode: Episode): Pick<FactValue, 'truth' | 'evidence' | 'gap' | 'sections'> => ({
  truth: 'unknown',
  evidence: [],
  gap: episode.sections === undefined ? 'silent' : 'incomplete',
  ...(episode.sections !== undefined && { sections: episode.sections }),
});
