import type { Chart } from '../../chart/chart.ts';
import type { ConditionRecord } from '../../chart/records.ts';
import { add, type Day, type Interval } from '../../dates/day.ts';
import { earliest, latest } from '../../dates/later.ts';
import type { Episode, Region } from '../../policy/fact-source.ts';
import { sooner } from '../../policy/measure-time.ts';
import { duration } from '../duration.ts';
import { statedOn } from '../evidence/earlier-entry.ts';
import type { Vocabulary } from '../vocabulary.ts';
import { beginningOf, begunBy, firstOnset, goesOnUntil, runStart } from './beginning.ts';
import { lookedAt } from './considered.ts';
import { type Complaint, type Doubt, doubtOf, notAnew, overMeanwhile } from './doubt.ts';
import {
  heals,
  isComplaint,
  isCurrent,
  isPresent,
  onlyOrdered,
  type Presentation,
  presentations,
  visitedBetween,
} from './presentations.ts';
import type { Sought } from './sought.ts';
import type { Span } from './span.ts';
import { spansOf } from './spans.ts';
import { evidenceOf, statedOnset } from './stated-onset.ts';

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
  const sought = { chart, vocabulary, region, asOf, maxGap: add(0, duration(vocabulary.episode['not-a-gap'])) };
  const options = ofToday(sought);
  const first = options.next().value ?? { kinds: vocabulary.episode.complaints, found: [] };
  const stated = statedOnset(first, sought);
  if (stated !== undefined) return stated;
  const episode = episodeOf(first, sought);
  const own = isPresent(first, sought) ? episode : complaintOfVisits(first, sought);
  const withOwn = (whole: Episode): Episode => {
    if (own !== undefined) return own === whole ? whole : { ...whole, complaint: own };
    return first.found.some((c) => isComplaint(c, vocabulary)) ? whole : { ...whole, ofAnother: true };
  };
  if (isDated(episode) && !onlyOrdered(first, sought)) return withOwn(episode);
  const borrowed = first.found.some((c) => isComplaint(c, vocabulary));
  for (const other of options) {
    const next = episodeOf({ ...other, borrowed }, sought);
    if (isDated(next) && begunBefore(next, episode)) return withOwn(next);
  }
  return isDated(episode) ? withOwn(episode) : episode;
}

/** What the episode may be of, without complaints of former times: the visits since are for one that has no entry of its own. */
function* ofToday(sought: Sought): Generator<Presentation, undefined> {
  for (const option of presentations(sought)) if (!isLongOver(option, sought)) yield option;
}

/** Had the complaints all ended, for longer than an episode lasts without visit or treatment, when the current visits for such began? */
function isLongOver({ found }: Presentation, sought: Sought): boolean {
  const { vocabulary, asOf, maxGap } = sought;
  const ends = found.flatMap((c) =>
    isComplaint(c, vocabulary) && !isCurrent(c) && c.record.abated !== undefined ? [c.record.abated.hi] : [],
  );
  if (ends.length < found.length) return false;
  const kinds = vocabulary.episode.complaints;
  if (!visitedBetween(kinds, sought, asOf - maxGap, asOf)) return false;
  return runStart(spansOf({ kinds, found: [] }, sought), asOf, maxGap) - latest(ends) > maxGap;
}

/** Does an episode reach back further than another, if that one has days at all? */
const begunBefore = (episode: Episode, other: Episode): boolean =>
  !isDated(other) ||
  (episodeStart(episode) ?? Number.POSITIVE_INFINITY) < (episodeStart(other) ?? Number.POSITIVE_INFINITY);

/** The complaint alone, where only visits tell of it: how long it lasts no other problem says. */
function complaintOfVisits({ found }: Presentation, sought: Sought): Episode | undefined {
  const { vocabulary, asOf, maxGap } = sought;
  const kinds = vocabulary.episode.complaints;
  if (found.some((c) => isComplaint(c, vocabulary))) return undefined;
  if (!visitedBetween(kinds, sought, asOf - maxGap, asOf)) return undefined;
  return episodeOf({ kinds, found: [] }, sought);
}

const isDated = ({ onset, knownSince }: Episode): boolean => onset !== undefined || knownSince !== undefined;

/** Without suspicions of pain of a later onset than what shows the complaint in its run of spans: they are guesses at its cause. */
function datedBy(
  found: readonly Complaint[],
  all: readonly Span[],
  start: Day,
  vocabulary: Vocabulary,
): readonly Complaint[] {
  const since = earliest(all.flatMap((s) => (s.shows && s.from >= start ? [s.from] : [])));
  return found.filter(
    (c) =>
      !isComplaint(c, vocabulary) ||
      c.record.verification !== 'suspected' ||
      !(c.record.onset && c.record.onset.lo > since),
  );
}

function episodeOf(presentation: Presentation, sought: Sought): Episode {
  const { kinds, found: all } = presentation;
  const { chart, vocabulary, asOf, maxGap } = sought;
  const shown = spansOf(presentation, sought);
  const run = runStart(shown, asOf, maxGap);
  // an injury from before the run has healed
  const found = all.filter(({ record }) => !heals(record, vocabulary) || (statedOn(record)?.hi ?? run) >= run);
  const { start, anew } = beginningOf(found, { all: shown, run, asOf, maxGap, lasting: vocabulary.episode.lasting });
  // where the chart was read later: until the day before the end of a complaint that is there now
  const ends = found.flatMap(({ record: { current, abated } }) => (current && abated ? [abated.lo - 1] : []));
  const until = sooner(goesOnUntil(shown, found, maxGap), ends.length === 0 ? undefined : earliest(ends));
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
  const first = firstOnset(datedBy(found, shown, start, vocabulary), start, asOf);
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
