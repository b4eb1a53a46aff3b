import type { Chart } from '../../chart/chart.ts';
import type { ConditionRecord } from '../../chart/records.ts';
import type { Day } from '../../dates/day.ts';
import { supports } from '../../terminology/regions.ts';
import { placeIn, placeOfRecord } from '../context.ts';
import { putLatest, statedOn } from '../evidence/earlier-entry.ts';
import type { Vocabulary } from '../vocabulary.ts';
import type { Complaint } from './doubt.ts';
import type { ChartRegion, Sought } from './sought.ts';
import type { Kinds } from './span.ts';

/** What an episode may be of: the entries of the chart for it. */
export interface Presentation {
  readonly kinds: Kinds;
  readonly found: readonly Complaint[];
  /**
   * It dates a complaint that has no days of its own. That the other problem stands as active does not show that the complaint was
   * there: a new pain may come to a slip of years.
   */
  readonly borrowed?: boolean;
}

export const isCurrent = ({ record }: Complaint): boolean => record.current;

/** Is it pain or radiculopathy, not another problem? */
export const isComplaint = ({ kind }: Complaint, { episode }: Vocabulary): boolean =>
  Object.hasOwn(episode.complaints, kind);

/** Is it an injury that heals? Its entry tells of its own time, however long it stands as active. */
export const heals = ({ hits }: ConditionRecord, { episode, codes }: Vocabulary): boolean =>
  episode.healing?.some((name) => hits.some((h) => h.set === codes.number(name))) ?? false;

/**
 * What an episode may be of: the complaints of a region first, then each other kind of problem that goes on. Complaints
 * that are over come last. Each is looked for when it is asked for: the first one is nearly always what the episode is of.
 */
export function* presentations(sought: Sought): Generator<Presentation, undefined> {
  const { complaints: kinds, otherwise } = sought.vocabulary.episode;
  const since = sought.asOf - sought.maxGap;
  const over: Presentation[] = [];
  for (const own of [kinds, ...Object.entries(otherwise).map(([kind, sets]) => ({ [kind]: sets }))]) {
    const found = complaints(sought, own);
    if (found.length === 0 || (own !== kinds && !found.some(isCurrent))) continue;
    const presentation = { kinds: { ...kinds, ...own }, found };
    if (
      found.some(({ record }) => showsSince(record, since, sought.vocabulary)) ||
      visitedBetween(own, sought, since, sought.asOf)
    )
      yield presentation;
    else over.push(presentation);
  }
  yield* over;
}

/** The complaints of a region on file by the as-of day; refuted ones, and what was refuted later under the same code, left out. */
function complaints(place: ChartRegion, kinds: Kinds): readonly Complaint[] {
  const entries = Object.entries(kinds).flatMap(([kind, sets]) =>
    [...new Set(sets.flatMap((name) => entriesOf(name, place)))].map((record): Complaint => ({ kind, record })),
  );
  const refuted = new Map<string, Day>();
  for (const { record } of entries)
    if (record.verification === 'refuted')
      for (const code of record.codes) putLatest(refuted, code, statedOn(record)?.hi ?? Number.NEGATIVE_INFINITY);
  return entries.filter(({ record }) => {
    if (record.verification === 'refuted') return false;
    const stated = statedOn(record)?.hi ?? Number.NEGATIVE_INFINITY;
    return !record.codes.some((code) => (refuted.get(code) ?? Number.NEGATIVE_INFINITY) > stated);
  });
}

/** The entries of a code set that may be of a region, on file by the as-of day. */
function entriesOf(name: string, { chart, vocabulary, region, asOf }: ChartRegion): readonly ConditionRecord[] {
  const set = vocabulary.codes.number(name);
  return chart.bySet(set).flatMap((record) => {
    if (record.type !== 'condition' || (statedOn(record)?.lo ?? asOf) > asOf) return [];
    const place = placeOfRecord(placeIn(record.hits, [set]), record.site);
    return supports(place, region, false) ? [record] : [];
  });
}

/** Is the problem current, or was it entered or did it begin since a day and is not said to have ended? */
const showsSince = (record: ConditionRecord, day: Day, vocabulary: Vocabulary): boolean =>
  (record.current && !heals(record, vocabulary)) ||
  (record.abated === undefined && [record.recorded, record.onset].some((when) => when !== undefined && when.hi >= day));

/** The visits that were held for a problem of the region sought. */
export function visitsFor(kinds: Kinds, { chart, vocabulary, region }: Sought): Chart['encounters'] {
  const sets = Object.values(kinds).flatMap((names) => names.map((name) => vocabulary.codes.number(name)));
  return chart.encounters.filter(
    (visit) => visit.held && visit.reasons.some((h) => sets.includes(h.set) && supports(h.place, region, false)),
  );
}

/** Was there a visit for a problem between two days? */
export const visitedBetween = (kinds: Kinds, sought: Sought, from: Day, to: Day): boolean =>
  visitsFor(kinds, sought).some(({ when }) => when !== undefined && when.lo <= to && when.hi >= from);

/** Is the complaint a reason of the order alone, of which no entry and no visit of the chart speaks? */
export function onlyOrdered({ found }: Presentation, sought: Sought): boolean {
  const { vocabulary } = sought;
  return (
    found.length > 0 &&
    found.every((c) => isComplaint(c, vocabulary) && c.record.orderReason) &&
    !visitedBetween(vocabulary.episode.complaints, sought, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
  );
}

/** Is a complaint there now, by an entry that is not older than a gap? */
export const isPresent = ({ found }: Presentation, { vocabulary, asOf, maxGap }: Sought): boolean =>
  found.some(
    (c) => isComplaint(c, vocabulary) && isCurrent(c) && (c.record.recorded?.hi ?? asOf - maxGap) >= asOf - maxGap,
  );

/**
 * Does another problem of a region, which is there now, reach back beyond a day (a disc disease, and a pain that is new)? Only
 * what is known: neither a suspicion nor the reason of the order.
 */
export const olderProblem = (place: ChartRegion, day: Day): boolean =>
  complaints(place, place.vocabulary.episode.otherwise).some(
    ({ record }) =>
      record.current &&
      record.verification === 'confirmed' &&
      !record.orderReason &&
      (record.onset ?? record.recorded ?? { lo: day }).lo < day,
  );
