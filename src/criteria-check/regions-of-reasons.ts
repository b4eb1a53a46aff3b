import type { Chart } from '../chart/chart.ts';
import { placeOfRecord } from '../facts/context.ts';
import { REGIONS, type Region } from '../policy/fact-source.ts';
import type { Study } from '../policy/studies.ts';
import { placeOfHits, supports } from '../terminology/regions.ts';

/**
 * The parts of the spine that the reasons of an order name, where none of them may be about the parts that a study shows.
 * @returns none when one may, or when the reasons name no part of the spine
 */
export function otherRegionsOf({ orderReasons }: Chart, study: Study): readonly Region[] {
  const places = orderReasons.map(({ hits, site }) => placeOfRecord(placeOfHits(hits), site));
  const shown = REGIONS.filter((region) => study.regions.includes(region));
  if (places.some((place) => shown.some((region) => supports(place, region, false)))) return [];
  return REGIONS.filter((region) => places.some((place) => supports(place, region, true)));
}
