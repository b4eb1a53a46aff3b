import type { Interval } from '../dates/day.ts';
import type { Asked, FactContext } from './context.ts';
import { readDrugs } from './drugs.ts';
import { episodeStart } from './episode/episode.ts';
import type { Tally } from './tally.ts';
import { readTherapies } from './therapies.ts';
import type { Refused, Treatment, TreatmentSearch } from './treatment.ts';

export interface Treatments {
  readonly given: readonly Treatment[];
  readonly refused: readonly Refused[];
  /** when therapy of the episode may have been given too: visits that name no region or no certain day, documents of it */
  readonly possible: readonly (Interval | undefined)[];
  /** visits of a therapy of this region before the current episode */
  readonly earlier: readonly Treatment[];
}

/** The treatments of the current episode in a region, those that were given by their days. */
export function treatments(
  therapies: readonly string[],
  drugs: readonly string[],
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
): Treatments {
  const episode = ctx.episode(asked.query.region);
  const search: TreatmentSearch = {
    asked,
    ctx,
    tally,
    since: episodeStart(episode),
    possiblySince: episode.onset?.lo,
    onsetKnown: episode.onset !== undefined,
    given: [],
    refused: [],
    possible: [],
    earlier: [],
  };
  readTherapies(therapies, search);
  readDrugs(drugs, search);
  search.given.sort((a, b) => a.when.lo - b.when.lo);
  return search;
}
