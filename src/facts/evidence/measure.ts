import type { ObservationRecord, ObservedValue } from '../../chart/records.ts';
import { isLater, latestOf } from '../../dates/later.ts';
import { type Asked, type FactContext, fitsRegion, hasUnseen, placeOfRecord, placeOfSign } from '../context.ts';
import type { MeasureInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { fitIn } from '../window.ts';
import { chartedItem } from './charted-item.ts';
import { inWindow } from './in-window.ts';
import { HURT_ELSEWHERE, hurtElsewhere, mayBeOfAnother, OF_ANOTHER } from './related-visits.ts';

/** Factors and offsets of the few units that charts mix. */
const CONVERT: Readonly<Record<string, (v: number) => number>> = {
  '[degF]>Cel': (v) => ((v - 32) * 5) / 9,
  'degF>Cel': (v) => ((v - 32) * 5) / 9,
  'F>Cel': (v) => ((v - 32) * 5) / 9,
  '°F>Cel': (v) => ((v - 32) * 5) / 9,
  'deg F>Cel': (v) => ((v - 32) * 5) / 9,
  'C>Cel': (v) => v,
  '°C>Cel': (v) => v,
  'deg C>Cel': (v) => v,
  'degC>Cel': (v) => v,
  'mg/dL>mg/L': (v) => v * 10,
  'mg/dl>mg/L': (v) => v * 10,
  'mg/l>mg/L': (v) => v,
  'ug/L>ng/mL': (v) => v,
  'g/L>g/dL': (v) => v / 10,
  '10*9/L>10*3/uL': (v) => v,
  '10^9/L>10*3/uL': (v) => v,
  'x10(9)/L>10*3/uL': (v) => v,
  '10^3/uL>10*3/uL': (v) => v,
  'x10E3/uL>10*3/uL': (v) => v,
  'K/uL>10*3/uL': (v) => v,
  'K/mm3>10*3/uL': (v) => v,
  'Thousand/uL>10*3/uL': (v) => v,
  '10*3/mm3>10*3/uL': (v) => v,
  '/uL>10*3/uL': (v) => v / 1000,
  '{cells}/uL>10*3/uL': (v) => v / 1000,
  '/mm3>10*3/uL': (v) => v / 1000,
  '[lb_av]>kg': (v) => v * 0.45359237,
  'lb>kg': (v) => v * 0.45359237,
  'lbs>kg': (v) => v * 0.45359237,
  '[oz_av]>kg': (v) => (v * 0.45359237) / 16,
  'oz>kg': (v) => (v * 0.45359237) / 16,
  'g>kg': (v) => v / 1000,
  'mm/hr>mm/h': (v) => v,
  'mm>{score}': (v) => v / 10,
  '1>{score}': (v) => v,
  '/10>{score}': (v) => v,
  '>{score}': (v) => v,
};

/** Scores of pain lie between none and ten; another number is of another scale. */
const isScore = (value: number): boolean => value >= 0 && value <= 10;

/** Does the range of a score reach beyond ten, as that of a line of 100 mm? Then nine is hardly any pain. */
const isOfLongerScale = ({ value, high }: ObservationRecord): boolean =>
  high !== undefined && high > 10 && value?.kind === 'number' && value.unit !== 'mm';

/** A measured value in a wanted unit; undefined when the units, or the scales of scores, cannot be compared. */
export function inUnit(record: ObservationRecord, unit: string): number | undefined {
  if (unit === '{score}' && isOfLongerScale(record)) return undefined;
  const value = converted(record, unit);
  return value !== undefined && unit === '{score}' && !isScore(value) ? undefined : value;
}

function converted({ value }: ObservationRecord, unit: string): number | undefined {
  if (value?.kind !== 'number') return undefined;
  if (unit === '*' || value.unit === unit || (unit === '{score}' && /score/i.test(value.unit))) return value.value;
  const key = `${value.unit}>${unit}`;
  return Object.hasOwn(CONVERT, key) ? CONVERT[key]?.(value.value) : undefined;
}

const TARGETS = [...new Set(Object.keys(CONVERT).map((key) => key.slice(key.indexOf('>') + 1)))];

/** Two measured values in one unit, that of one of them or another; undefined when there is none that both can be given in. */
export function inOneUnit(a: ObservationRecord, b: ObservationRecord): readonly [number, number] | undefined {
  const own = [a, b].flatMap(({ value }) => (value?.kind === 'number' ? [value.unit] : []));
  for (const unit of [...own, ...TARGETS]) {
    const [first, second] = [inUnit(a, unit), inUnit(b, unit)];
    if (first !== undefined && second !== undefined) return [first, second];
  }
  return undefined;
}

const HIGH = new Set(['H', 'HH', 'HU']);
const LOW = new Set(['L', 'LL', 'LU']);
/** They name no direction: the limits of the reference range go before them. */
const ABNORMAL = new Set(['A', 'AA', 'POS']);
const NORMAL = new Set(['N', 'NEG']);

function byReference(record: ObservationRecord, above: boolean): boolean | undefined {
  const flagged = (flags: ReadonlySet<string>): boolean => record.interpretation.some((i) => flags.has(i));
  if (flagged(above ? HIGH : LOW)) return true;
  if (flagged(NORMAL) || flagged(above ? LOW : HIGH)) return false;
  const limit = above ? record.high : record.low;
  if (record.value?.kind === 'number' && limit !== undefined)
    return compare(record.value, record.value.value, above ? '>' : '<', limit);
  return above && flagged(ABNORMAL) ? true : undefined;
}

/** Applies "any", "above-reference", "below-reference" or a comparison such as ">= 38 Cel"; undefined when it cannot be told. */
function passes(record: ObservationRecord, test: string): boolean | undefined {
  if (test === 'any') return true;
  if (test === 'above-reference') return byReference(record, true);
  if (test === 'below-reference') return byReference(record, false);
  const [op, limit, unit] = test.split(' ') as [string, string, string];
  const value = inUnit(record, unit);
  if (value === undefined) return undefined;
  return compare(record.value, value, op, Number(limit));
}

/** Does a value speak for the fact, by the test or, where that cannot tell, by the other one? */
const passed = (record: ObservationRecord, { test, otherwise }: MeasureInput): boolean | undefined =>
  passes(record, test) ?? (otherwise === undefined ? undefined : passes(record, otherwise));

/** Compares a number, in the unit of the limit, as far as a "<" or ">" of its own lets it. */
function compare(observed: ObservedValue | undefined, value: number, op: string, than: number): boolean | undefined {
  const comparator = observed?.kind === 'number' ? observed.comparator : undefined;
  if (comparator !== undefined) return compareOpen(comparator, value, op, than);
  return op === '>' ? value > than : op === '>=' ? value >= than : op === '<' ? value < than : value <= than;
}

/** A value given as "< 5" or "> 200" settles a comparison only from one side. */
function compareOpen(comparator: string, value: number, op: string, than: number): boolean | undefined {
  const below = comparator.startsWith('<');
  if (below && value <= than) return op.startsWith('<');
  if (!below && value >= than) return op.startsWith('>');
  return undefined;
}

/**
 * Laboratory values, vital signs and scores. Of each code set the latest value in the window speaks, if it is certain which one that
 * is; any positive one suffices, also when another measure of the fact is normal.
 */
export function measureEvidence(input: MeasureInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  for (const name of input.codes) {
    const set = ctx.set(name);
    const records = ctx.chart
      .bySet(set)
      .filter((r): r is ObservationRecord => r.type === 'observation' && r.hits.some((h) => h.set === set))
      .filter((r) => suits(r, input, asked, ctx, tally));
    const own = withoutDoubtful(records, input, asked, ctx, tally);
    const isPast = pastOf(own);
    const mayBeLast = own.filter((r) => !isPast(r));
    const disagree = !ofOneDay(mayBeLast) && new Set(mayBeLast.map((r) => passed(r, input))).size > 1;
    for (const record of own) {
      const item = chartedItem(record.ref, record.when, asked);
      if (isPast(record)) {
        tally.ignore(item, 'a later value is on file');
        continue;
      }
      const speaks = passed(record, input);
      if (disagree) tally.lead(item, 'which value is the latest is not certain', true);
      else if (speaks === undefined) tally.lead(item, 'the value cannot be compared', true);
      else if (speaks) tally.measure(item);
      else if (!input.refutes) tally.ignore(item, 'normal, which does not rule it out');
      else if (hasUnseen(ctx, 'Observation')) tally.undecidedBy(item, 'Observation');
      else tally.normal(item);
    }
  }
}

/** Are all values of one day, and of a certain one? */
const ofOneDay = (records: readonly ObservationRecord[]): boolean =>
  new Set(records.flatMap(({ when }) => (when === undefined ? [undefined] : [when.lo, when.hi]))).size === 1;

/** Tells which values are older than one of these for certain. */
export function pastOf(records: readonly ObservationRecord[]): (record: ObservationRecord) => boolean {
  const latest = [latestOf(records.map((r) => r.when))];
  return (record) => isLater(latest, [record.when]);
}

/**
 * The values of the region, those left out that may be of another problem. When one of those, that is not older, says something
 * else than the last, none speaks.
 */
function withoutDoubtful(
  onFile: readonly ObservationRecord[],
  input: MeasureInput,
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
): readonly ObservationRecord[] {
  if (!input.regional) return onFile;
  const isElsewhere = hurtElsewhere(asked, ctx);
  const { records = [], others = [] } = Object.groupBy(onFile, (r) => (isElsewhere(r) ? 'others' : 'records'));
  for (const r of others) tally.ignore(chartedItem(r.ref, r.when, asked), HURT_ELSEWHERE);
  const isOfAnother = mayBeOfAnother(asked, ctx);
  const { own = [], doubtful = [] } = Object.groupBy(records, (r) => (isOfAnother(r) ? 'doubtful' : 'own'));
  if (doubtful.length === 0) return records;
  const isPast = pastOf(own);
  const said = new Set(own.filter((r) => !isPast(r)).map((r) => passed(r, input)));
  const isOpen = (r: ObservationRecord): boolean => !isPast(r) && !(said.size === 1 && said.has(passed(r, input)));
  for (const r of doubtful) {
    const leavesOpen = isOpen(r) && (own.length > 0 || passed(r, input) === true);
    tally.lead(chartedItem(r.ref, r.when, asked), OF_ANOTHER, leavesOpen);
  }
  return doubtful.some(isOpen) ? [] : own;
}

/** A flag alone ("high") answers what is asked of the reference range. */
const isFlagged = (record: ObservationRecord, input: MeasureInput): boolean =>
  record.interpretation.length > 0 && input.test.endsWith('-reference');

function suits(record: ObservationRecord, input: MeasureInput, asked: Asked, ctx: FactContext, tally: Tally): boolean {
  const item = chartedItem(record.ref, record.when, asked);
  if (!record.final || (record.value === undefined && !isFlagged(record, input))) {
    tally.lead(item, record.final ? 'no value' : 'not final');
    return false;
  }
  const place = record.hits.reduce((p, h) => p | h.place, 0);
  const ofLimb = (input.site ?? []).some((name) => record.siteHits.some((h) => h.set === ctx.set(name)));
  const where = ofLimb ? placeOfSign(place, record, ctx) : placeOfRecord(record.site, place);
  if (input.regional && !fitsRegion(asked, where)) {
    tally.ignore(item, 'another region');
    return false;
  }
  if (fitIn(item.date, asked.window) === 'outside' && passed(record, input) === false) {
    tally.ignore(item, 'normal, and outside of the time window');
    return false;
  }
  return inWindow(item, asked, tally);
}
