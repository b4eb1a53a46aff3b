import { type Interval, subtract } from '../dates/day.ts';
import type { Atom } from './compiled-policy.ts';
import type { Evidence, FactSource, FactValue } from './fact-source.ts';
import { lookedAt } from './looked-at.ts';
import { compareSchedule, lastDays } from './measure-time.ts';

type ScheduleAtom = Extract<Atom, { kind: 'schedule' }>;

/** The days on which the last study of a schedule may have been; undefined when none is on file. */
const lastStudied = ({ truth, when, later }: FactValue): Interval | undefined =>
  truth === 'true' && when !== undefined ? lastDays(when, later) : undefined;

/** Is a study on file of which no day is stated? */
export const isUndated = ({ truth, when }: FactValue): boolean => truth === 'true' && when === undefined;

/** What is on file since a day may have begun any time before, where not all was seen or the day is no onset. */
const atOrBefore = ({ lo, hi }: Interval): Interval => ({ lo: subtract(lo, { count: 100 * 12, unit: 'months' }), hi });

/** Is a study due by now? Counted from the start of its schedule, and from the last study. */
export function scheduleValue(atom: ScheduleAtom, source: FactSource): FactValue {
  const start = source.fact(atom.countedFrom);
  const unseen = atom.from === 'earliest' && source.unseen(atom.countedFrom);
  const began =
    atom.from === 'latest' ? start.when : unseen && start.first !== undefined ? atOrBefore(start.first) : start.first;
  if (start.truth !== 'true' || began === undefined)
    return (
      dueInAnyCase(atom, start, source) ?? {
        ...start,
        truth: start.truth === 'false' ? 'false' : 'unknown',
        gap: start.gap ?? 'unclear',
      }
    );
  const last = source.fact(atom.last);
  if (last.truth === 'unknown' && last.gap !== 'silent') return { ...last, ...lookedAt(start, last) };
  if (isUndated(last)) return { truth: 'unknown', evidence: [], gap: 'unclear', ...lookedAt(start, last) };
  const timed = compareSchedule(began, lastStudied(last), source.asOf, atom.bands);
  const evidence = [...start.evidence, ...lastStudy(atom, last)];
  return {
    ...timed,
    ...(timed.truth === 'unknown'
      ? {
          evidence: [],
          gap: unseen || last.later?.sections !== undefined ? ('incomplete' as const) : ('unclear' as const),
          sections: last.later?.sections,
        }
      : { evidence }),
    ...lookedAt(start, last),
  };
}

/**
 * The start of the schedule is not on file, but what came before it is. Intervals grow with time, so a study that would be due
 * counted from the earlier date is due in any case; nothing else follows. What is only entered or stated on a day, without its
 * onset, may have been there for long.
 */
function dueInAnyCase(atom: ScheduleAtom, start: FactValue, source: FactSource): FactValue | undefined {
  if (atom.after === undefined || start.truth !== 'unknown' || start.gap !== 'silent') return undefined;
  const before = source.fact(atom.after);
  const last = source.fact(atom.last);
  if (before.truth !== 'true' || before.first === undefined) return undefined;
  if ((last.truth === 'unknown' && last.gap !== 'silent') || isUndated(last)) return undefined;
  const began = before.firstIsOnset ? before.first : atOrBefore(before.first);
  const seen = lastStudied(last) ?? before.first;
  const timed = compareSchedule(began, seen, source.asOf, atom.bands);
  if (timed.truth !== 'true') return undefined;
  return {
    ...timed,
    evidence: [...before.evidence, ...lastStudy(atom, last)],
    ...lookedAt(start, before, last),
  };
}

const lastStudy = (atom: ScheduleAtom, last: FactValue): readonly Evidence[] =>
  last.truth === 'true' ? last.evidence : [{ fact: atom.last.fact, basis: 'absence' }];
