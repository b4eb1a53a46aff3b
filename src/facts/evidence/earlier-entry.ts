import type { ConditionRecord, EncounterRecord } from '../../chart/records.ts';
import { add, type Interval } from '../../dates/day.ts';
import type { Asked, FactContext } from '../context.ts';
import { duration } from '../duration.ts';
import { fitIn } from '../window.ts';

/** The character of an injury code of ICD-10-CM that tells the encounter says nothing about the injury itself. */
const kindOf = (code: string): string => code.replace(/^(icd10cm\|[A-Z]\d\w\.\w{3})[A-S]$/, '$1');
const systemOf = (code: string): string => code.slice(0, code.indexOf('|'));

/** Do two entries of one code set name the same? They share a code, or no code system in which they could differ. */
function sameKind(a: readonly string[], b: readonly string[]): boolean {
  const kinds = a.map(kindOf);
  if (b.some((code) => kinds.includes(kindOf(code)))) return true;
  return !a.some((x) => b.some((y) => systemOf(x) === systemOf(y)));
}

const statedOn = (r: ConditionRecord): Interval | undefined => r.recorded ?? r.onset;

/** Had it ended before a day? What is resolved without a date ended after it was last stated. */
const endedBefore = (r: ConditionRecord, day: Interval): boolean =>
  !r.current && ((r.abated ?? statedOn(r))?.lo ?? Number.NEGATIVE_INFINITY) < day.lo;

/** Other entries of the chart for the same thing. */
function others(self: string, codes: readonly string[], sets: readonly number[], ctx: FactContext): ConditionRecord[] {
  const found = sets
    .flatMap((set) => ctx.chart.bySet(set))
    .flatMap((r) => (r.type === 'condition' && !r.orderReason && r.verification !== 'refuted' ? [r] : []));
  return [...new Set(found)].filter((r) => r.ref !== self && sameKind(codes, r.codes));
}

/**
 * Was the same on file before the window already, and has it not ended since? Then an entry without an onset may repeat it: the day
 * of an entry proves only a least duration. (Evidence rules: onset.)
 * @param codes the entry's own codes as "system|code"; none of an observation
 * @param date the day of the entry
 */
export function onFileBefore(
  self: string,
  codes: readonly string[],
  date: Interval | undefined,
  sets: readonly number[],
  asked: Asked,
  ctx: FactContext,
): boolean {
  if (date === undefined) return false;
  return others(self, codes, sets, ctx).some((r) => {
    const began = r.onset ?? r.recorded;
    const fit = began === undefined ? 'inside' : fitIn(began, asked.window);
    return (fit === 'outside' || fit === 'unclear') && !endedBefore(r, date);
  });
}

/**
 * The day of an event by one of its entries: its onset; without one that of the entries which it continues, no more than a gap of the
 * episode apart, visits for it included. A reason of the order speaks of the event that the chart tells of.
 */
export function eventDate(record: ConditionRecord, sets: readonly number[], ctx: FactContext): Interval | undefined {
  if (record.onset !== undefined || record.recorded === undefined) return record.onset;
  const entered = record.recorded;
  const entries = others(record.ref, record.codes, sets, ctx).filter((r) => !endedBefore(r, entered));
  if (record.orderReason) {
    const last = entries.reduce<ConditionRecord | undefined>((a, b) => (laterStated(a, b) ? a : b), undefined);
    return last === undefined ? entered : eventDate(last, sets, ctx);
  }
  const visits = ctx.chart.encounters.filter((v) => v.held && sameVisit(record, v));
  const marks = [
    ...entries.map((r) => ({ at: statedOn(r), onset: r.onset })),
    ...visits.map((v) => ({ at: v.when, onset: undefined })),
  ]
    .flatMap(({ at, onset }) => (at === undefined ? [] : [{ at, onset }]))
    .sort((a, b) => b.at.hi - a.at.hi);
  const gap = add(0, duration(ctx.vocabulary.episode['not-a-gap']));
  let start = entered;
  for (const { at, onset } of marks) {
    if (start.lo - at.hi > gap || (onset ?? at).lo > start.lo) continue;
    if (onset !== undefined) return onset;
    start = at;
  }
  return start;
}

const laterStated = (a: ConditionRecord | undefined, b: ConditionRecord): boolean =>
  (a === undefined ? Number.NEGATIVE_INFINITY : (statedOn(a)?.hi ?? Number.NEGATIVE_INFINITY)) >
  (statedOn(b)?.hi ?? Number.NEGATIVE_INFINITY);

const sameVisit = (record: ConditionRecord, visit: EncounterRecord): boolean =>
  visit.reasonCodes.some((code) => record.codes.some((own) => kindOf(own) === kindOf(code)));
