import { type Day, firstDayReaching, subtract } from '../dates/day.ts';
import type { FactQuery, FactValue } from '../policy/fact-source.ts';
import { compareBegun, lastDays, sooner } from '../policy/measure-time.ts';
import { fromBounds } from '../policy/truth.ts';

/**
 * A fact of which a criterion asks that it was first found so long before the order, or no longer: the earliest event decides.
 * What is only entered on a day, without its onset, may have been there for long.
 */
export function firstFound(value: FactValue, asOf: Day, comparison: NonNullable<FactQuery['begun']>): FactValue {
  if (value.truth !== 'true') return value;
  if (value.first === undefined) return undated(value);
  const timed = compareBegun(value.first, asOf, comparison);
  const youngest = comparison.op === '<' || comparison.op === '<=';
  if (youngest && timed.truth === 'true' && !value.firstIsOnset) return undated(value);
  return timed.truth === 'unknown' ? undated(value) : { ...value, ...timed, until: sooner(value.until, timed.until) };
}

/** A fact of which a criterion asks that it is at least so long before the order: the latest event decides. */
export function lastLongAgo(value: FactValue, asOf: Day, ago: NonNullable<FactQuery['ago']>): FactValue {
  if (value.truth !== 'true') return value;
  if (value.when === undefined) return undated(value);
  const latest = subtract(asOf, ago);
  const { lo, hi } = lastDays(value.when, value.later);
  const truth = fromBounds(lo <= latest, hi <= latest);
  if (truth === 'true') return value;
  if (truth === 'unknown' && value.when.hi <= latest) return laterUnseen(value);
  const from = firstDayReaching(value.when.hi, ago);
  if (truth === 'false') return { ...value, truth, from };
  return { ...undated(value), from };
}

/** A fact of which the latest event that is known was long ago, and a later one may be on file. */
const laterUnseen = (value: FactValue): FactValue => {
  const { sections } = value.later ?? {};
  const open = { ...undated(value), ...(value.leads !== undefined && { leads: value.leads }) };
  return sections === undefined ? open : { ...open, gap: 'incomplete', sections };
};

/** A fact that holds, but whose dates do not tell whether in time. */
const undated = ({ considered }: FactValue): FactValue => ({
  truth: 'unknown',
  evidence: [],
  gap: 'unclear',
  ...(considered !== undefined && { considered }),
});
