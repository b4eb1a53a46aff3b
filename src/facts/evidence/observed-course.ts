import type { ObservationRecord } from '../../chart/records.ts';
import type { Interval } from '../../dates/day.ts';
import type { FactContext } from '../context.ts';
import { readAnswer } from './read-answer.ts';

/** An observation of a sign that is there, in the light of the earlier ones of the same sign. */
export interface Run {
  /** the day on which it was first there, with no absence since */
  readonly first: Interval;
  /** the last day before that on which it was absent */
  readonly absentBefore?: Interval | undefined;
}

/** Is a sign observed as there? Undefined when the result is not coded. */
export const isObserved = (
  record: ObservationRecord,
  sets: readonly number[],
  ctx: FactContext,
): boolean | undefined => (record.valueHits.some((h) => sets.includes(h.set)) ? true : readAnswer(record, ctx));

/** One sign at one place: observations have no codes of their own to tell signs apart, but the sets that their codes belong to. */
function signOf({ hits, valueHits, siteHits, site }: ObservationRecord, sets: readonly number[]): string {
  const named = (found: ObservationRecord['hits']): readonly number[] =>
    found.flatMap(({ set }) => (sets.includes(set) ? [set] : []));
  const own = named(valueHits);
  return [own.length > 0 ? own : named(hits), siteHits.map((h) => h.set), site].join(' ');
}

const dayOfSign = (record: ObservationRecord, when: Interval, sets: readonly number[]): string =>
  `${signOf(record, sets)} on ${when.lo}`;

/**
 * What the observations of a chart say of signs, one after the other: an observation tells that a sign is there, not that it is new.
 * @param sets the code sets that name the signs
 */
export function observedCourses(sets: readonly number[], ctx: FactContext): ReadonlyMap<ObservationRecord, Run> {
  const observed = [...new Set(sets.flatMap((set) => ctx.chart.bySet(set)))]
    .flatMap((record) =>
      record.type === 'observation' && record.final && record.when !== undefined ? [{ record, when: record.when }] : [],
    )
    .sort((a, b) => a.when.lo - b.when.lo);
  const found = new Set(
    observed.flatMap(({ record, when }) => (isObserved(record, sets, ctx) ? [dayOfSign(record, when, sets)] : [])),
  );
  const runs = new Map<ObservationRecord, Run>();
  const last = new Map<string, Run | { readonly absentBefore: Interval }>();
  for (const { record, when } of observed) {
    const there = isObserved(record, sets, ctx);
    if (there === undefined) continue;
    const sign = signOf(record, sets);
    const before = last.get(sign);
    // what was not found on a day on which it was found is of the other side, or of another muscle
    if (!there && found.has(dayOfSign(record, when, sets))) continue;
    if (!there) last.set(sign, { absentBefore: when });
    else {
      const run: Run = before !== undefined && 'first' in before ? before : { first: when, ...before };
      last.set(sign, run);
      runs.set(record, run);
    }
  }
  return runs;
}
