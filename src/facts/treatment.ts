import type { ChartRecord } from '../chart/records.ts';
import type { Day, Interval } from '../dates/day.ts';
import type { Asked, FactContext } from './context.ts';
import type { Item, Tally } from './tally.ts';

/** One treatment of the complaint: a visit, or a drug from its start to its end. */
export interface Treatment {
  readonly ref: string;
  readonly when: Interval;
  readonly record: ChartRecord;
  /** documented or supplied to this day */
  readonly end: Day;
  /** it may have gone on to this day */
  readonly possibleEnd: Day;
  readonly isVisit: boolean;
}

/** A treatment that was refused or not done. */
export interface Refused {
  readonly ref: string;
  readonly when: Interval | undefined;
  readonly record: ChartRecord;
}

/** What is looked for among treatments, and what of it was found so far. */
export interface TreatmentSearch {
  readonly asked: Asked;
  readonly ctx: FactContext;
  readonly tally: Tally;
  /** the first day that is of the episode for certain, if it is known */
  readonly since: Day | undefined;
  /** the first day that may be of it */
  readonly possiblySince: Day | undefined;
  /** is the onset of the episode known? */
  readonly onsetKnown: boolean;
  readonly given: Treatment[];
  readonly refused: Refused[];
  readonly possible: (Interval | undefined)[];
  readonly earlier: Treatment[];
}

export const UNCERTAIN = 'dated too vaguely to be of the current episode for certain';

/** Tells of a treatment that was over before the episode began for certain: it is of an earlier one, or perhaps of this. */
export const tellBefore = (end: Day, { possiblySince, tally }: TreatmentSearch, item: Item): void =>
  possiblySince !== undefined && end >= possiblySince
    ? tally.lead(item, 'whether the episode had begun by then is not certain', true)
    : tally.lead(item, 'before the current episode');

/** May a partial date as well lie before the episode? */
export const mayBeEarlier = (when: Interval, since: Day | undefined): boolean => since !== undefined && when.lo < since;
