import type { Day, Duration, Interval } from '../dates/day.ts';
import type { Truth } from './truth.ts';

/** Body regions that spine imaging policies speak of. */
export const REGIONS = ['cervical', 'thoracic', 'lumbar', 'pelvis'] as const;
export type Region = (typeof REGIONS)[number];

/**
 * How sure the chart must be: `known` needs confirmed, current evidence; `suspected` accepts a provisional diagnosis or the
 * order's reasons too; `history` accepts resolved diagnoses and personal-history codes too.
 */
export const CERTAINTIES = ['known', 'suspected', 'history'] as const;
export type Certainty = (typeof CERTAINTIES)[number];

/** What a policy's leaf asks of the chart. Two leaves with equal queries share one answer. */
export interface FactQuery {
  readonly fact: string;
  readonly certainty: Certainty;
  readonly region: Region | 'any';
  /** evidence must name the region itself; evidence without a region does not count */
  readonly strictRegion: boolean;
  /** dated no longer before the as-of date (or the anchor) than this */
  readonly within?: Duration;
  /** dated at least this long before the as-of date */
  readonly ago?: Duration;
  /** so long ago is the first evidence */
  readonly begun?: { readonly op: '>' | '>=' | '<' | '<='; readonly than: Duration };
  /** dated on or after this event: the onset of the episode, or the latest date of another fact */
  readonly since?: 'episode' | { readonly fact: string; readonly certainty?: 'suspected' | undefined } | undefined;
  /** with `since`: evidence that much before the event counts too */
  readonly grace?: Duration;
  /** look only at the order's own reasons */
  readonly source?: 'order-reason';
}

export type Basis = 'chart' | 'order' | 'attested' | 'absence';

/** One resource that supports or contradicts a fact. */
export interface Evidence {
  /** e.g. "Condition/c1"; absent for an absence */
  readonly reference?: string | undefined;
  /** "YYYY-MM-DD" or a partial FHIR date */
  readonly date?: string | undefined;
  readonly fact: string;
  readonly basis: Basis;
  /** a diagnosis that the chart holds as suspected, not as confirmed */
  readonly suspected?: true;
}

/** Why an unknown is unknown. */
export const GAPS = ['silent', 'incomplete', 'unclear', 'conflict'] as const;
export type Gap = (typeof GAPS)[number];

/** Evidence that proves nothing but helps to answer: a referral without visits, a visit without region. */
export interface Lead {
  readonly reference: string;
  readonly date?: string | undefined;
  readonly label: string;
}

/** One resource that was looked at for a fact, and what became of it. */
export interface Considered {
  readonly reference: string;
  readonly date?: string | undefined;
  readonly verdict: 'for' | 'against' | 'lead' | 'ignored';
  readonly reason: string;
}

/** What says that a fact holds, and what says that it does not, where both are on file. */
export interface Sides {
  readonly yes: readonly Evidence[];
  readonly no: readonly Evidence[];
}

/** The chart's answer to a fact query. */
export interface FactValue {
  readonly truth: Truth;
  /** supports a true, contradicts for a false */
  readonly evidence: readonly Evidence[];
  readonly gap?: Gap | undefined;
  /** chart sections whose retrieval was not complete and on which an unknown depends */
  readonly sections?: readonly string[] | undefined;
  readonly leads?: readonly Lead[] | undefined;
  /** a course of treatment goes on, and nothing but time lacks */
  readonly goesOn?: boolean | undefined;
  /** a finding is on file that proves nothing, but makes it likely (a weakness of no stated grade, cancer in the past) */
  readonly related?: boolean | undefined;
  /** nothing is on file but a reason of the order that is stated in words alone, which may be what is asked for */
  readonly unread?: true | undefined;
  /** it is on file, but only outside of the time window */
  readonly outdated?: boolean | undefined;
  readonly considered?: readonly Considered[] | undefined;
  /** evidence that speaks the other way and was outweighed */
  readonly conflicts?: readonly Evidence[] | undefined;
  /** both sides of a conflict, whichever of them counts */
  readonly sides?: Sides | undefined;
  /** the day of the latest event that made it true */
  readonly when?: Interval | undefined;
  /** a later one may be on file */
  readonly later?: Later | undefined;
  /** the day of the earliest one */
  readonly first?: Interval | undefined;
  /** that day is a stated onset; without that it may have begun any time before */
  readonly firstIsOnset?: true | undefined;
  /** the day on which the latest of its evidence was stated: an entry may tell of an onset long before */
  readonly stated?: Interval | undefined;
  /** the days of the entries that leave an unknown open (a sign found by video), or only suspect it */
  readonly suggested?: readonly Interval[] | undefined;
  /** of an unknown: what documents that it is not so, on a day that is not certain to lie in the time window */
  readonly denied?: readonly Evidence[] | undefined;
  /** of an unknown: what ruled it out before it was suspected again */
  readonly reopened?: readonly Evidence[] | undefined;
  /** the days on which it was only suspected (the order's reasons do), or complained of at a visit */
  readonly suspicions?: readonly Interval[] | undefined;
  /** first as-of day on which it becomes true by the passing of time alone */
  readonly from?: Day | undefined;
  /** last as-of day on which it stays true without new evidence */
  readonly until?: Day | undefined;
  /** a false that new action can turn (a therapy that was refused, a film that was not taken) */
  readonly redoable?: boolean | undefined;
  /** what can be done for what alone is lacking (a drug beside the therapy), where it is not the whole that has to be done */
  readonly action?: string | undefined;
}

/** What may have come after the latest event that is known: evidence that does not settle it, or what was not retrieved. */
export interface Later {
  readonly until: Day;
  /** chart sections in which it may stand */
  readonly sections?: readonly string[] | undefined;
}

/** Stands for the reasons of the order among the facts of which a chart may be silent. */
export const ORDER_REASONS = 'reasons of the order';

/** The answer to every query about a fact of which a chart that was seen whole says nothing. */
export const SILENT: FactValue = { truth: 'unknown', evidence: [], gap: 'silent' };

/** The current episode of the complaint in a region. */
export interface Episode {
  /** the complaint alone, where another problem dates the episode: it is only known to last as long as its own entries tell */
  readonly complaint?: Episode;
  /** no complaint is on file, another problem dates the episode: how long one lasts that may be there it does not say */
  readonly ofAnother?: true;
  /** documented onset, exact or as an interval; absent when only a lower bound of the duration is known */
  readonly onset?: Interval;
  /**
   * The first day that is of it for certain, where the chart leaves open when it began: the complaint was there before the onset
   * that is stated, or was over in between. `onset` then spans the days on which it may have begun.
   */
  readonly surelySince?: Day;
  /** the complaint existed on this day at the latest */
  readonly knownSince?: Day;
  /** nothing shows the complaint lately: what ended before this day belongs to an earlier episode */
  readonly notBefore?: Day;
  /** last as-of day on which it goes on without new entries; absent when nothing on file ends it */
  readonly until?: Day;
  readonly evidence: readonly Evidence[];
  readonly sections?: readonly string[];
  /** every resource that was looked at for it; `for` = the onset or the least duration rests on it */
  readonly considered?: () => readonly Considered[];
}

/** The episode by which it is told how long the complaint lasts. */
export const ofComplaint = (episode: Episode): Episode => episode.complaint ?? episode;

/** Where the policy engine gets its facts. Implementations are pure: the same query always gives the same value. */
export interface FactSource {
  /** every window counts back from this day */
  readonly asOf: Day;
  /** selects the text in force */
  readonly serviceDate: Day;
  fact(query: FactQuery): FactValue;
  /** Is it certain, without looking at any query, that each query about a fact is answered with {@link SILENT}? */
  silent(fact: string): boolean;
  /** Could evidence for the fact, or an answer, lie in a part of the chart whose retrieval failed or was cut short? */
  unseen(query: FactQuery): boolean;
  birth(): Birth | Unseen | undefined;
  episode(region: Region | 'any'): Episode;
}

/** The birth date and the resource that states it. */
export interface Birth {
  readonly on: Interval;
  readonly reference: string;
}

/** What was not seen, as the part of the chart that would state it was not. */
export interface Unseen {
  readonly sections: readonly string[];
}

/** What the vocabulary says about a fact: words for people. */
export interface FactDescription {
  readonly id: string;
  readonly label: string;
  /** a neutral question for a clinician */
  readonly ask: string;
  /** what can be done when the chart lacks it, e.g. "Refer to physical therapy" */
  readonly action?: string;
  /** how long the action takes before the fact can be true */
  readonly takes?: Duration;
  /** what it tells of has lasted at least so long: it is not likely of a complaint that began later */
  readonly lasts?: Duration;
  /** it tells of care that was given (films, treatment, visits), not of what the patient has */
  readonly care: boolean;
  /** it tells of treatment of the complaint, of visits for it and of how it went: that speaks of no disease behind it */
  readonly followUp: boolean;
  /** it is what patients come with (pain of the back), and speaks of no red flag in particular */
  readonly complaint: boolean;
  /** only the results of examinations show it: one that cannot be read speaks of no red flag in particular */
  readonly byResult: boolean;
  /** facts each of which makes it true */
  readonly impliedBy?: readonly string[];
}

/** The vocabulary as the policy engine sees it. */
export interface FactCatalog {
  describe(fact: string): FactDescription | undefined;
  /** the names of all facts */
  names(): Iterable<string>;
}
