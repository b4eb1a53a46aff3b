import type { ConditionRecord, ImagingRecord } from '../../chart/records.ts';
import { type Day, type Interval, SOME_DAY } from '../../dates/day.ts';
import { Reaching } from '../../dates/reaching.ts';
import { sooner } from '../../policy/measure-time.ts';
import { type Asked, type FactContext, fitsRegion, placeIn, placeOfRecord } from '../context.ts';
import { recordsOf } from '../records-of.ts';
import { fitIn, lastDayInside } from '../window.ts';
import { endOf } from './earlier-entry.ts';
import { shows } from './results.ts';

/** Is what an examination shows new: not on file before the window? And until which as-of day is it, when that is not open. */
export interface Novelty {
  readonly isNew: boolean;
  readonly until?: Day | undefined;
}

/**
 * What is new of that which examinations of the chart show.
 * @param names the code sets of what they show
 * @returns tells of an examination: it shows nothing new when it was on file before, shown by an examination, or as a diagnosis
 * that had not ended by this one
 */
export function noveltyOf(
  names: readonly string[],
  asked: Asked,
  ctx: FactContext,
): (record: ImagingRecord) => Novelty {
  const { window } = asked;
  const shown = ctx.chart.imaging.filter((r) => r.done === 'done' && shows(r, names, [], asked, ctx) === 'yes');
  if (shown.some((r) => fitIn(r.when, window) === 'outside')) return () => ({ isNew: false });
  const until = shown.map((r) => lastDayInside(r.when, window)).reduce(sooner, undefined);
  const diagnoses = new Reaching(diagnosed(names, asked, ctx), (d) => d.end);
  return ({ when = SOME_DAY }) => {
    // the others that it may have been known by began later
    const first = diagnoses.first(when.lo)?.began;
    if (first === undefined) return { isNew: true, until };
    if (fitIn(first, window) !== 'inside') return { isNew: false };
    return { isNew: true, until: sooner(until, lastDayInside(first, window)) };
  };
}

interface Diagnosed {
  readonly began: Interval;
  readonly end: Day;
}

/** The diagnoses of some sets that were on file by the order, in the order in which they began. */
function diagnosed(names: readonly string[], asked: Asked, ctx: FactContext): readonly Diagnosed[] {
  const out: Diagnosed[] = [];
  for (const { record, set } of recordsOf('condition', names, ctx)) {
    const began = beganOn(record, asked);
    if (began === undefined || record.orderReason || record.verification === 'refuted') continue;
    if (!fitsRegion(asked, placeOfRecord(placeIn(record.hits, [set]), record.site))) continue;
    out.push({ began, end: endOf(record) });
  }
  return out.sort((a, b) => a.began.lo - b.began.lo);
}

/** When a diagnosis began; undefined when nobody says, and of what began or was entered after the order, as it does not exist yet. */
function beganOn({ onset, recorded }: ConditionRecord, { window }: Asked): Interval | undefined {
  const began = onset ?? recorded;
  return [began, recorded].some((day) => day !== undefined && day.lo > window.asOf) ? undefined : began;
}
