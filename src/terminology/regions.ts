import { REGIONS, type Region } from '../policy/fact-source.ts';

/**
 * Where evidence belongs on the body: a set of regions as bits. Zero means that nothing names a place. `OTHER` is a place
 * that is no spine region (a knee), so that it never counts for the spine.
 */
export type Place = number;

export const NO_PLACE: Place = 0;
export const OTHER: Place = 16;
/** Of a code that never stands alone (instrumentation, another level): it belongs where its record says, and nowhere without that. */
export const STATED: Place = 32;
const BIT: Readonly<Record<Region, Place>> = { cervical: 1, thoracic: 2, lumbar: 4, pelvis: 8 };

/** The bits of some regions; "other" and "brain" are places outside of the spine. */
export const placeOf = (regions: readonly string[]): Place =>
  regions.reduce((bits, r) => bits | ((REGIONS as readonly string[]).includes(r) ? BIT[r as Region] : OTHER), NO_PLACE);

/** The places that codes name together. */
export const placeOfHits = (hits: readonly { readonly place: Place }[]): Place =>
  hits.reduce((place, hit) => place | hit.place, NO_PLACE);

/**
 * Regions of the fifth (or sixth) character of ICD-10-CM dorsopathy codes. Junctions belong to both neighbours; sacral codes
 * support lumbar and pelvic studies, as the lumbar study reaches the mid-sacrum.
 */
const ICD_REGION: Readonly<Record<string, Place>> = {
  '0': NO_PLACE,
  '1': BIT.cervical,
  '2': BIT.cervical,
  '3': BIT.cervical | BIT.thoracic,
  '4': BIT.thoracic,
  '5': BIT.thoracic | BIT.lumbar,
  '6': BIT.lumbar,
  '7': BIT.lumbar,
  '8': BIT.lumbar | BIT.pelvis,
  '9': NO_PLACE,
};

/** The place that an ICD-10-CM region digit names; undefined when the character is no region digit. */
export const icdPlace = (digit: string): Place | undefined => ICD_REGION[digit];

/** Does evidence at a place support a statement about a region? Evidence without a place supports any, unless `strict`. */
export function supports(place: Place, region: Region | 'any', strict: boolean): boolean {
  if (region === 'any') return true;
  return place === NO_PLACE ? !strict : (place & BIT[region]) !== 0;
}
