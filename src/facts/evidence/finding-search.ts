import type { ConditionRecord, ObservationRecord } from '../../chart/records.ts';
import { add, type Day } from '../../dates/day.ts';
import { REGIONS } from '../../policy/fact-source.ts';
import type { Hit } from '../../terminology/code-index.ts';
import { NO_PLACE, type Place, placeOf, STATED } from '../../terminology/regions.ts';
import type { Asked, FactContext } from '../context.ts';
import { duration } from '../duration.ts';
import type { FindingInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import type { Entries } from './earlier-entry.ts';
import type { Endings } from './endings.ts';
import { observedCourses, type Run } from './observed-course.ts';

/** An entry of the finding. */
export interface Found {
  readonly record: ConditionRecord;
  readonly item: Item;
  /** ruled out on a day that is not certain to lie in the time window */
  readonly perhaps?: true;
}

/** That a sign was looked for and is not there. */
export interface Absent {
  readonly record: ConditionRecord | ObservationRecord;
  readonly item: Item;
}

/** What is looked for, in what, and what of it was found so far. */
export interface Search {
  readonly input: FindingInput;
  /** the code sets that name the finding */
  readonly sets: readonly number[];
  readonly asked: Asked;
  readonly ctx: FactContext;
  readonly tally: Tally;
  readonly entries: Entries;
  readonly endings: Endings;
  /** of observations, worked out when the first one is asked about */
  courses?: ReadonlyMap<ObservationRecord, Run>;
  /** the last day of what outdates a refutation, worked out for the first one */
  lastEvent?: Day;
  readonly positive: Found[];
  readonly negative: Found[];
  readonly absent: Absent[];
  readonly suspicions: Found[];
  /** stated on a day that is not certain to lie in the time window */
  readonly doubtful: Found[];
}

/** The part of a search that says what is asked, before anything is found. */
export type Question = Pick<Search, 'input' | 'asked' | 'ctx'>;

export const REPEATED = 'on file before: not known to be new';

export const SPINE = placeOf(REGIONS);

/** Does a suspicion speak of what is asked? It does not of the age at which something began. */
export const suspects = (input: FindingInput): boolean => input['before-age'] === undefined;

/** Does it belong to an excepted set too? A code of such a set that says no place itself does so at a site of the spine only. */
export const isExcepted = ({ input, ctx }: Question, hits: readonly Hit[], site: Place): boolean =>
  input.except?.some((s) =>
    hits.some((h) => h.set === ctx.set(s) && (h.place !== STATED || (site & SPINE) !== NO_PLACE)),
  ) ?? false;

/** Is it at one of the body sites that the block asks for? */
export const atSite = ({ input, ctx }: Question, siteHits: readonly Hit[]): boolean =>
  input.site === undefined || input.site.some((s) => siteHits.some((h) => h.set === ctx.set(s)));

/** Did something that was there by a day exist before the patient reached an age, for certain? */
export const existedBefore = (day: Day, age: string, { chart: { birth } }: FactContext): boolean =>
  birth !== undefined && day < add(birth.lo, duration(age));

/** Is no window asked about, but what is there now? */
export const asksOfNow = ({ query, window }: Asked): boolean =>
  query.certainty !== 'history' && window.earliest === undefined && window.uncertainBefore === undefined;

/** What the earlier observations of the same sign say of an observation. */
export function courseOf(record: ObservationRecord, search: Search): Run | undefined {
  search.courses ??= observedCourses(search.sets, search.ctx);
  return search.courses.get(record);
}

/** Is what began in the window asked for, not what is still there? */
export const isOfNew = (input: FindingInput, { query }: Asked): boolean =>
  input.new || (input['new-after-event'] && query.since !== undefined && query.since !== 'episode');

/** ICD-10-CM codes of injuries end with the encounter: A, B and C are those of active treatment. */
const AFTERWARDS = /^icd10cm\|[A-Z]\d\w\.\w{3}[D-S]$/;

/** Is an injury coded for a later encounter or as a sequela? */
export const isAfterwards = (codes: readonly string[]): boolean => codes.some((c) => AFTERWARDS.test(c));
