import type { Chart } from '../chart/chart.ts';
import type { ConditionRecord } from '../chart/records.ts';
import { add, type Day, formatInterval, type Interval } from '../dates/day.ts';
import type { Episode, Evidence, Region } from '../policy/fact-source.ts';
import { sooner } from '../policy/measure-time.ts';
import { supports } from '../terminology/regions.ts';
import { placeIn, placeOfRecord } from './context.ts';
import { drugEnd } from './drug-end.ts';
import { duration } from './duration.ts';
import { lookedAt } from './episode-considered.ts';
import {
  type Complaint,
  type Doubt,
  daysOfEntry,
  doubtOf,
  type First,
  latest,
  notAnew,
  overMeanwhile,
  SAME_ONSET_DAYS,
} from './episode-doubt.ts';
import { putLatest, statedOn } from './evidence/earlier-entry.ts';
import { servicePlace } from './evidence/events.ts';
import type { Kinds, Span } from './span.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Nothing on file ends it. */
const UNENDED = Number.POSITIVE_INFINITY;

/** The complaints of a region on file by the as-of day; refuted ones, and what was refuted later under the same code, left out. */
function complaints(
  chart: Chart,
  vocabulary: Vocabulary,
  kinds: Kinds,
  region: Region | 'any',
  asOf: Day,
): readonly Complaint[] {
  const out: Complaint[] = [];
  const refuted = new Map<string, Day>();
  for (const [kind, sets] of Object.entries(kinds)) {
    const seen = new Set<ConditionRecord>();
    for (const name of sets) {
      const set = vocabulary.codes.number(name);
      for (const record of chart.bySet(set)) {
        if (record.type !== 'condition') continue;
        if (!supports(placeOfRecord(placeIn(record.hits, [set]), record.site), region, false)) continue;
        if ((statedOn(record)?.lo ?? asOf) > asOf || seen.has(record)) continue;
        seen.add(record);
        if (record.verification !== 'refuted') out.push({ kind, record });
        else
          for (const code of record.codes) putLatest(refuted, code, statedOn(record)?.hi ?? Number.NEGATIVE_INFINITY);
      }
    }
  }
  if (refuted.size === 0) return out;
  return out.filter(({ record }) => {
    const stated = statedOn(record)?.hi ?? Number.NEGATIVE_INFINITY;
    return !record.codes.some((code) => (refuted.get(code) ?? Number.NEGATIVE_INFINITY) > stated);
  });
}

const isCurrent = ({ record }: Complaint): boolean => record.current;

/** Is it pain or radiculopathy, not another problem? */
const isComplaint = ({ kind }: Complaint, { episode }: Vocabulary): boolean => Object.hasOwn(episode.complaints, kind);

/** Is it an injury that heals? Its entry tells of its own time, however long it stands as active. */
export const heals = ({ hits }: ConditionRecord, { episode, codes }: Vocabulary): boolean =>
  episode.healing?.some((name) => hits.some((h) => h.set === codes.number(name))) ?? false;

interface Presentation {
  readonly kinds: Kinds;
  readonly found: readonly Complaint[];
  /**
   * It dates a complaint that has no days of its own. That the other problem stands as active does not show that the complaint was
   * there: a new pain may come to a slip of years.
   */
  readonly borrowed?: boolean;
}

/**
 * What an episode may be of: the complaints of a region first, then each other kind of problem that goes on. Complaints
 * that are over come last. Each is looked for when it is asked for: the first one is nearly always what the episode is of.
 */
function* presentations(
  chart: Chart,
  vocabulary: Vocabulary,
  region: Region | 'any',
  asOf: Day,
  maxGap: number,
): Generator<Presentation, undefined> {
  const { complaints: kinds, otherwise } = vocabulary.episode;
  const since = asOf - maxGap;
  const over: Presentation[] = [];
  for (const sought of [kinds, ...Object.entries(otherwise).map(([kind, sets]) => ({ [kind]: sets }))]) {
    const found = complaints(chart, vocabulary, sought, region, asOf);
    if (found.length === 0 || (sought !== kinds && !found.some(isCurrent))) continue;
    const presentation = { kinds: { ...kinds, ...sought }, found };
    if (
      found.some(({ record }) => showsSince(record, since, vocabulary)) ||
      visitedBetween(sought, chart, vocabulary, region, since, asOf)
    )
      yield presentation;
    else over.push(presentation);
  }
  yield* over;
}

/** Was there a visit for a problem between two days? */
function visitedBetween(
  sought: Kinds,
  chart: Chart,
  vocabulary: Vocabulary,
  region: Region | 'any',
  from: Day,
  to: Day,
): boolean {
  const sets = Object.values(sought).flatMap((names) => names.map((name) => vocabulary.codes.number(name)));
  return visitsFor(sets, chart, region).some(({ when }) => when !== undefined && when.lo <= to && when.hi >= from);
}

/** Is the problem current, or was it entered or did it begin since a day and is not said to have ended? */
const showsSince = (record: ConditionRecord, day: Day, vocabulary: Vocabulary): boolean =>
  (record.current && !heals(record, vocabulary)) ||
  (record.abated === undefined && [record.recorded, record.onset].some((when) => when !== undefined && when.hi >= day));

/** The visits that were held for a problem of some code sets in a region. */
const visitsFor = (sets: readonly number[], chart: Chart, region: Region | 'any'): Chart['encounters'] =>
  chart.encounters.filter(
    (visit) => visit.held && visit.reasons.some((h) => sets.includes(h.set) && supports(h.place, region, false)),
  );

/** Spans of visits, treatments and examinations for the complaint, and of the complaint itself where it is said to persist. */
function spans(
  chart: Chart,
  vocabulary: Vocabulary,
  { kinds, found, borrowed }: Presentation,
  region: Region | 'any',
  asOf: Day,
): readonly Span[] {
  const out: Span[] = [];
  const put = (ref: string, what: string, from: Interval | undefined, to?: Day, shows = true): void => {
    if (from !== undefined && from.lo <= asOf)
      out.push({
        from: Math.min(from.hi, asOf),
        to: Math.min(Math.max(to ?? from.hi, from.hi), asOf),
        lasts: Math.max(to ?? from.hi, from.hi),
        shows,
        ref,
        when: from,
        what,
      });
  };
  for (const { kind, record } of found) {
    const goesOn = !borrowed && record.current && record.saysActive && !heals(record, vocabulary);
    const lasts = vocabulary.episode.lasting.includes(kind) && goesOn && !record.orderReason;
    put(record.ref, 'entered', record.recorded, lasts ? UNENDED : undefined);
    if (record.onset !== undefined)
      put(record.ref, 'its onset', record.onset, record.abated?.hi ?? (goesOn ? UNENDED : record.onset.hi));
  }
  const visitSets = Object.values(kinds).flatMap((sets) => sets.map((s) => vocabulary.codes.number(s)));
  for (const visit of visitsFor(visitSets, chart, region)) put(visit.ref, 'a visit for it', visit.when);
  for (const name of vocabulary.episode.therapies) {
    const set = vocabulary.codes.number(name);
    for (const record of chart.bySet(set)) {
      if (record.type !== 'procedure' || record.performed !== 'done') continue;
      const place = servicePlace(record, placeIn(record.hits, [set]));
      if ((record.spineReason || place !== 0) && supports(place, region, false))
        put(record.ref, 'a treatment of it', record.when, record.end?.hi);
    }
  }
  for (const name of vocabulary.episode.drugs) {
    for (const record of chart.bySet(vocabulary.codes.number(name))) {
      if (record.type !== 'medication' || record.taken === 'not-taken' || record.taken === 'unclear') continue;
      if (record.hasReason && !(record.spineReason && supports(record.reason, region, false))) continue;
      if (record.start === undefined) continue;
      // a drug bridges no more time than it was taken for sure: how long after its supply nobody says
      const goesOn = record.spineReason && record.stated && record.taken === 'active' && record.end === undefined;
      const until = goesOn ? UNENDED : drugEnd(record, record.start, asOf).end;
      put(record.ref, 'a drug', record.start, until, record.spineReason);
    }
  }
  for (const record of chart.imaging) {
    if (record.done === 'done' && !record.inWords && record.place !== 0 && supports(record.place, region, true))
      put(record.ref, 'imaging', record.when, undefined, false);
  }
  return out;
}

/** The first day of the current run of spans, going back from the as-of day until a gap is too long. */
function runStart(all: readonly Span[], asOf: Day, maxGap: number): Day {
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
function goesOnUntil(all: readonly Span[], found: readonly Complaint[], maxGap: number): Day | undefined {
  const reasons = new Set(found.flatMap(({ record }) => (record.orderReason ? [record.ref] : [])));
  const last = latest(all.flatMap((s) => (reasons.has(s.ref) ? [] : [s.lasts])));
  return Number.isFinite(last) ? last + maxGap : undefined;
}

/** The latest day on which a complaint that had begun before, in the run of spans since a day, began anew. */
function newOnset(found: readonly Complaint[], since: Day, asOf: Day): Day | undefined {
  const byKind = new Map<string, Interval[]>();
  for (const { kind, record } of found) {
    if (record.onset === undefined || record.onset.lo > asOf || record.onset.hi < since) continue;
    const onsets = byKind.get(kind);
    if (onsets === undefined) byKind.set(kind, [record.onset]);
    else onsets.push(record.onset);
  }
  const starts = [...byKind.values()].flatMap((onsets) => {
    const sorted = [...onsets].sort((a, b) => a.lo - b.lo);
    return sorted.filter((o, i) => i > 0 && o.lo - (sorted[i - 1]?.hi ?? o.lo) > SAME_ONSET_DAYS).map((o) => o.lo);
  });
  return starts.length === 0 ? undefined : latest(starts);
}

/**
 * Where in a run of spans the episode begins, and the latest onset in it. A new onset that has ended, or that is no more than the day
 * on which a visit's diagnosis was entered, does not end an older entry that goes on: of which of them today's complaint is nobody says.
 */
function beginningOf(
  found: readonly Complaint[],
  {
    all,
    run,
    asOf,
    maxGap,
  }: { readonly all: readonly Span[]; readonly run: Day; readonly asOf: Day; readonly maxGap: Day },
): { readonly start: Day; readonly anew: Day } {
  const anew = Math.max(run, newOnset(found, run, asOf) ?? run);
  const isDayOfEntry = daysOfEntry(found, all, maxGap);
  const dated = found.filter((c) => isCurrent(c) && !isDayOfEntry(c));
  const older = Math.max(run, newOnset(dated, run, asOf) ?? run);
  const goesOn = found.some(
    ({ record: { current, onset } }) => current && onset !== undefined && onset.hi >= older && onset.hi < anew,
  );
  return { start: goesOn ? older : anew, anew };
}

/** The complaint whose onset is the first of those between two days. */
function firstOnset(found: readonly Complaint[], start: Day, asOf: Day): First | undefined {
  return found.reduce<First | undefined>((first, { kind, record }) => {
    const { onset } = record;
    if (onset === undefined || onset.hi < start || onset.lo > asOf) return first;
    return first === undefined || onset.lo < first.onset.lo ? { kind, record, onset } : first;
  }, undefined);
}

/** A vague onset ("2025") lies before the first visit for the complaint, or the first treatment of it. */
const begunBy = (start: Day, onset: Interval): Interval =>
  start < onset.lo || start >= onset.hi ? onset : { lo: onset.lo, hi: start };

const evidenceOf = (ref: string, date: Interval, basis: Evidence['basis']): Evidence => ({
  reference: ref,
  date: formatInterval(date),
  fact: 'episode-onset',
  basis,
});

/** A clinician's own statement of the onset, when no entry of the chart has stated another since. */
function statedOnset(
  chart: Chart,
  found: readonly Complaint[],
  asOf: Day,
  region: Region | 'any',
): Episode | undefined {
  const stating = found.filter(({ record }) => record.onset !== undefined);
  const recorded = latest(stating.map(({ record }) => record.recorded?.hi ?? Number.NEGATIVE_INFINITY));
  const answers = chart.answers.filter(
    (a) =>
      a.fact === 'episode-onset' &&
      a.value.kind === 'date' &&
      a.by === 'practitioner' &&
      supports(a.place, region, false) &&
      (a.when?.lo ?? asOf) <= asOf &&
      a.value.value.lo <= asOf,
  );
  const last = answers.sort((a, b) => (b.when?.hi ?? 0) - (a.when?.hi ?? 0))[0];
  if (last === undefined || last.value.kind !== 'date' || (last.when?.hi ?? 0) < recorded) return undefined;
  const onset = last.value.value;
  return {
    onset,
    knownSince: onset.hi,
    evidence: [evidenceOf(last.ref, onset, 'attested')],
    considered: () => [
      {
        reference: last.ref,
        ...(last.when !== undefined && { date: formatInterval(last.when) }),
        verdict: 'for',
        reason: `the onset as a clinician stated it: ${formatInterval(onset)}`,
      },
    ],
  };
}

/**
 * Does another problem of a region, which is there now, reach back beyond a day (a disc disease, and a pain that is new)? Only
 * what is known: neither a suspicion nor the reason of the order.
 */
export function olderProblem(
  chart: Chart,
  vocabulary: Vocabulary,
  region: Region | 'any',
  asOf: Day,
  day: Day,
): boolean {
  return complaints(chart, vocabulary, vocabulary.episode.otherwise, region, asOf).some(
    ({ record }) =>
      record.current &&
      record.verification === 'confirmed' &&
      !record.orderReason &&
      (record.onset ?? record.recorded ?? { lo: day }).lo < day,
  );
}

/** The first day of the current episode, as far as the chart tells. */
export const episodeStart = ({ onset, surelySince, knownSince, notBefore }: Episode): Day | undefined =>
  surelySince ?? onset?.lo ?? knownSince ?? notBefore;

/**
 * The current episode of the complaint in a region: it goes back until a gap of more than 90 days without visit, code or
 * treatment, or until a new onset of the same complaint. The onset is that of the complaint's own entries; first visits
 * prove only a least duration. A complaint that is over gives way to another problem that goes on; how long one
 * lasts that is there now no other problem says, nor, where none is on file, that it would be shorter or longer. (Evidence
 * rules: onset, episode.)
 */
export function currentEpisode(chart: Chart, vocabulary: Vocabulary, region: Region | 'any', asOf: Day): Episode {
  const maxGap = add(0, duration(vocabulary.episode['not-a-gap']));
  const options = presentations(chart, vocabulary, region, asOf, maxGap);
  const first = options.next().value ?? { kinds: vocabulary.episode.complaints, found: [] };
  const stated = statedOnset(chart, first.found, asOf, region);
  if (stated !== undefined) return stated;
  const episode = episodeOf(first, chart, vocabulary, region, asOf, maxGap);
  const own = isPresent(first, vocabulary, asOf - maxGap)
    ? episode
    : complaintOfVisits(first, chart, vocabulary, region, asOf, maxGap);
  const withOwn = (whole: Episode): Episode => {
    if (own !== undefined) return own === whole ? whole : { ...whole, complaint: own };
    return first.found.some((c) => isComplaint(c, vocabulary)) ? whole : { ...whole, ofAnother: true };
  };
  if (isDated(episode) && !onlyOrdered(first, chart, vocabulary, region)) return withOwn(episode);
  const borrowed = first.found.some((c) => isComplaint(c, vocabulary));
  for (const other of options) {
    const next = episodeOf({ ...other, borrowed }, chart, vocabulary, region, asOf, maxGap);
    if (isDated(next) && begunBefore(next, episode)) return withOwn(next);
  }
  return isDated(episode) ? withOwn(episode) : episode;
}

/** Is the complaint a reason of the order alone, of which no entry and no visit of the chart speaks? */
const onlyOrdered = ({ found }: Presentation, chart: Chart, vocabulary: Vocabulary, region: Region | 'any'): boolean =>
  found.length > 0 &&
  found.every((c) => isComplaint(c, vocabulary) && c.record.orderReason) &&
  !visitedBetween(
    vocabulary.episode.complaints,
    chart,
    vocabulary,
    region,
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  );

/** Does an episode reach back further than another, if that one has days at all? */
const begunBefore = (episode: Episode, other: Episode): boolean =>
  !isDated(other) ||
  (episodeStart(episode) ?? Number.POSITIVE_INFINITY) < (episodeStart(other) ?? Number.POSITIVE_INFINITY);

/** Is a complaint there now, by an entry that is not older than a gap? */
const isPresent = ({ found }: Presentation, vocabulary: Vocabulary, since: Day): boolean =>
  found.some((c) => isComplaint(c, vocabulary) && isCurrent(c) && (c.record.recorded?.hi ?? since) >= since);

/** The complaint alone, where only visits tell of it: how long it lasts no other problem says. */
function complaintOfVisits(
  { found }: Presentation,
  chart: Chart,
  vocabulary: Vocabulary,
  region: Region | 'any',
  asOf: Day,
  maxGap: number,
): Episode | undefined {
  if (found.some((c) => isComplaint(c, vocabulary))) return undefined;
  const kinds = vocabulary.episode.complaints;
  if (!visitedBetween(kinds, chart, vocabulary, region, asOf - maxGap, asOf)) return undefined;
  return episodeOf({ kinds, found: [] }, chart, vocabulary, region, asOf, maxGap);
}

const isDated = ({ onset, knownSince }: Episode): boolean => onset !== undefined || knownSince !== undefined;

function episodeOf(
  presentation: Presentation,
  chart: Chart,
  vocabulary: Vocabulary,
  region: Region | 'any',
  asOf: Day,
  maxGap: number,
): Episode {
  const { kinds, found: all } = presentation;
  const shown = spans(chart, vocabulary, presentation, region, asOf);
  const run = runStart(shown, asOf, maxGap);
  // an injury from before the run has healed
  const found = all.filter(({ record }) => !heals(record, vocabulary) || (statedOn(record)?.hi ?? run) >= run);
  const { start, anew } = beginningOf(found, { all: shown, run, asOf, maxGap });
  // where the chart was read later: until the day before the end of a complaint that is there now
  const ends = found.flatMap(({ record: { current, abated } }) => (current && abated ? [abated.lo - 1] : []));
  const until = sooner(goesOnUntil(shown, found, maxGap), ends.length === 0 ? undefined : Math.min(...ends));
  const considered = (onset?: ConditionRecord, doubt?: Doubt) => () =>
    lookedAt({
      chart,
      vocabulary,
      kinds,
      asOf,
      spans: shown,
      start,
      ...(onset !== undefined && { onset }),
      ...(doubt !== undefined && { doubt: doubt.reason }),
    });
  const first = firstOnset(found, start, asOf);
  const over = overMeanwhile(found, shown, start, asOf);
  if (first !== undefined) {
    const doubt = start < anew ? notAnew(anew) : doubtOf(first, { found, all: shown, start, over, maxGap });
    const onset =
      doubt === undefined
        ? begunBy(start, first.onset)
        : { lo: Math.min(start, first.onset.lo), hi: doubt.surelySince };
    return {
      onset,
      ...(doubt !== undefined && { surelySince: doubt.surelySince }),
      knownSince: Math.min(onset.hi, start),
      ...(until !== undefined && { until }),
      evidence: [evidenceOf(first.record.ref, first.onset, first.record.basis)],
      considered: considered(first.record, doubt),
    };
  }
  const least = over?.surelySince ?? start;
  const incomplete = chart.sections.get('Condition') !== 'complete' ? (['Condition'] as const) : undefined;
  const known = found.filter(({ record }) => record.recorded !== undefined && !record.orderReason);
  const evidence = known.map(({ record }) => evidenceOf(record.ref, record.recorded as Interval, record.basis));
  return {
    ...(over !== undefined && { surelySince: over.surelySince }),
    ...(shown.some((s) => s.shows) && least < asOf
      ? { knownSince: least, ...(until !== undefined && { until }) }
      : { notBefore: asOf - maxGap }),
    evidence,
    considered: considered(),
    ...(incomplete !== undefined && { sections: incomplete }),
  };
}
