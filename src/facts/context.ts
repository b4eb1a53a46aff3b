import type { Chart } from '../chart/chart.ts';
import type { Section } from '../chart/sections.ts';
import type { Day } from '../dates/day.ts';
import type { Episode, FactQuery, FactValue, Region } from '../policy/fact-source.ts';
import type { Hit } from '../terminology/code-index.ts';
import { NO_PLACE, OTHER, type Place, placeOf, STATED, supports } from '../terminology/regions.ts';
import type { Vocabulary } from './vocabulary.ts';
import type { Window } from './window.ts';

/** What evaluating one fact needs to know. */
export interface FactContext {
  readonly chart: Chart;
  readonly vocabulary: Vocabulary;
  readonly asOf: Day;
  readonly asOfInstant: number | undefined;
  /** the number of a code set */
  set(name: string): number;
  episode(region: Region | 'any'): Episode;
  fact(query: FactQuery): FactValue;
}

/** One evaluation: the query, its window, and whether the place of evidence matters. */
export interface Asked {
  readonly query: FactQuery;
  readonly window: Window;
}

/** May a section hold entries that were not retrieved? One that the server does not have holds none. */
export function hasUnseen(ctx: FactContext, section: Section): boolean {
  const state = ctx.chart.sections.get(section);
  return state === 'truncated' || state === 'failed';
}

/** Does evidence at a place fit the region asked about? */
export const fitsRegion = (asked: Asked, place: Place): boolean =>
  supports(place, asked.query.region, asked.query.strictRegion);

/**
 * May evidence at a place be what a block looks for? Where any region of the spine will do, a sign of nerves at a part of the body
 * that none of them supplies (the face) is still none of the spine.
 */
export const belongs = (
  input: { readonly regional: boolean; readonly innervated: boolean },
  asked: Asked,
  place: Place,
): boolean => !(input.innervated && place === OTHER) && (!input.regional || fitsRegion(asked, place));

/** The place that a record names: the code's own place, else its body site. */
export const placeOfRecord = (hitPlace: Place, site: Place): Place =>
  hitPlace === NO_PLACE || (hitPlace === STATED && site !== NO_PLACE) ? site : hitPlace;

/** The place that the hits of some sets name together. */
export const placeIn = (hits: readonly Hit[], sets: readonly number[]): Place =>
  hits.reduce((place, h) => (sets.includes(h.set) ? place | h.place : place), NO_PLACE);

const ARM = placeOf(['cervical']);
const LEG = placeOf(['lumbar']);

/**
 * The place of a neurological sign: the code's own place, else the spine region that the nerves of the limb come from, else
 * the body site.
 */
export function placeOfSign(
  hitPlace: Place,
  record: { readonly site: Place; readonly siteHits: readonly Hit[] },
  ctx: FactContext,
): Place {
  if (hitPlace !== 0) return hitPlace;
  const at = (name: string): boolean => record.siteHits.some((h) => h.set === ctx.set(name));
  const limb = (at('site-arm') ? ARM : 0) | (at('site-leg') ? LEG : 0);
  return limb === 0 ? record.site : limb;
}

/** Is one of some sets among the hits? */
export const inSets = (hits: readonly Hit[], sets: readonly string[], ctx: FactContext): boolean =>
  sets.some((s) => hits.some((h) => h.set === ctx.set(s)));

/** Where a treatment or planned service belongs: the code's own place, else the body site, else the reason's place. */
export const servicePlace = (record: { readonly site: Place; readonly reason: Place }, codePlace: Place): Place =>
  placeOfRecord(placeOfRecord(codePlace, record.site), record.reason);
