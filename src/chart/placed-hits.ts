import type { Hit } from '../terminology/code-index.ts';
import { NO_PLACE, type Place, STATED } from '../terminology/regions.ts';

/** Does its code name no place itself? */
const isPlaceless = (h: Hit): boolean => h.place === NO_PLACE || h.place === STATED;

/** Hits at a place that is stated beside them; those whose codes name one keep it. */
export const at = (place: Place, hits: readonly Hit[]): readonly Hit[] =>
  hits.map((h) => (isPlaceless(h) ? { set: h.set, place } : h));

/**
 * The codings of one concept say the same in several systems: where some name the place, it is that of all, and one that needs
 * a place (pain) adds nothing to another of its set that needs none.
 */
export function placed(hits: readonly Hit[]): readonly Hit[] {
  const place = hits.reduce((p, h) => (isPlaceless(h) ? p : p | h.place), NO_PLACE);
  if (place !== NO_PLACE) return at(place, hits);
  const alone = (h: Hit): boolean => !hits.some((o) => o.set === h.set && o.place !== STATED);
  return hits.filter((h) => h.place !== STATED || alone(h));
}
