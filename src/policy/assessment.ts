import type { Day } from '../dates/day.ts';
import type { Considered, Evidence, Gap, Lead, Region, Sides } from './fact-source.ts';
import type { NeedKind } from './needs.ts';
import type { Truth } from './truth.ts';

export const OUTCOMES = ['met', 'not-met', 'undetermined', 'alternative', 'not-required'] as const;
/** What the criteria check says; never a determination, which is the payer's act. */
export type Outcome = (typeof OUTCOMES)[number];

export const REASONS = [
  'documentation',
  'no-indication',
  'data-unavailable',
  'conflict',
  'reviewer',
  'coverage-unavailable',
  'coverage-ambiguous',
  'exclusion',
] as const;
export type Reason = (typeof REASONS)[number];

/** A criterion with the evidence that makes it true. */
export interface Satisfied {
  readonly criterion: string;
  readonly label: string;
  readonly cite: string;
  readonly evidence: readonly Evidence[];
}

/** Why a criterion is contradicted, when a documented negative closes it. */
export const RULED_OUT = 'documented as ruled out';

/** A criterion that the chart contradicts. */
export interface Contradicted {
  readonly criterion: string;
  readonly label: string;
  readonly cite: string;
  readonly why: string;
  readonly evidence: readonly Evidence[];
}

/** A leaf of a way to "met": the code of the fact (after "not:" where its absence is meant), and the leaf in words. */
export interface PathFact {
  readonly fact: string;
  readonly label: string;
}

/** One way to "met": what the chart has of it and what it lacks. */
export interface NearestPath {
  readonly criterion: string;
  readonly label: string;
  readonly cite: string;
  readonly has: readonly PathFact[];
  readonly needs: readonly PathFact[];
  readonly kind: NeedKind;
  /** the first day on which it can be true, as time has to pass */
  readonly from?: Day;
  /** it needs nothing but time */
  readonly byTimeAlone?: boolean;
  /** the first day on which it could be true if what it needs were started on the as-of date */
  readonly startedNow?: Day;
  /** the last day on which it is open at all, where time or what is started now would come later */
  readonly openUntil?: Day;
  /** the studies that it names, when the ordered one is not among them: it leads to "alternative" */
  readonly otherStudies?: readonly string[];
}

/** A fact that somebody may know, with the question to ask. */
export interface Missing {
  /** the code of the fact, as documented by an Observation or a QuestionnaireResponse item */
  readonly fact: string;
  readonly label: string;
  readonly ask: string;
  /** the region that it is about, when it is about one */
  readonly region?: Region;
  readonly criteria: readonly string[];
  readonly leads: readonly Lead[];
  readonly action?: string;
  /** other facts that the policy lists beside it: any one of them would do in its place */
  readonly instead?: readonly PathFact[];
  /** it is about a way that is not among those of the assessment */
  readonly further?: boolean;
  /** the chart says that it is not so: it has to be done, there is nothing to ask */
  readonly toDo?: boolean;
  readonly gap: Gap;
}

/** What the policy leaves to a reviewer, or to a document that we do not have. */
export interface LeftToReviewer {
  readonly criterion: string;
  readonly label: string;
  readonly cite: string;
  /** what is left, in our words */
  readonly what: string;
}

/** A node of the criteria tree as it was evaluated, for people. */
export interface Trace {
  readonly id?: string;
  readonly label: string;
  readonly cite?: string;
  readonly note?: string;
  readonly truth: Truth;
  /** it states that what is below it does not hold */
  readonly negates?: boolean;
  /** for a path: is it about this patient? */
  readonly inPlay?: 'yes' | 'no' | 'maybe';
  readonly fact?: string;
  readonly gap?: Gap;
  readonly evidence?: readonly Evidence[];
  readonly conflicts?: readonly Evidence[];
  /** where evidence conflicts: what says that the fact holds, and what says that it does not */
  readonly sides?: Sides;
  readonly leads?: readonly Lead[];
  /** of a leaf: every resource that was looked at for it, and what became of it */
  readonly considered?: readonly Considered[];
  readonly children?: readonly Trace[];
}

/** The result of checking one order against one policy. */
export interface Assessment {
  readonly outcome: Outcome;
  readonly reason?: Reason;
  /** the outcome if every unknown charted fact is read as no: what a reviewer with this chart alone would find */
  readonly asDocumented: Outcome;
  readonly satisfied: readonly Satisfied[];
  readonly contradicted: readonly Contradicted[];
  /** indications that would be met, were it certain that a documented negative came earlier or does not stand */
  readonly doubted?: readonly Contradicted[];
  readonly paths: readonly NearestPath[];
  readonly missing: readonly Missing[];
  /** red flags on which the chart is silent */
  readonly silentScreens: readonly string[];
  /** what the policy approves the ordered study for, where none of it is on file */
  readonly indications?: readonly string[];
  /** codes of the studies that a true indication names instead */
  readonly alternatives: readonly string[];
  /** exclusions that are not settled and keep the order open, with what speaks for or against them */
  readonly openExclusions?: readonly Satisfied[];
  /** what is left to a reviewer by indications that have all else, and by exclusions that are not settled */
  readonly reviews?: readonly LeftToReviewer[];
  /** codes that an exclusion about contrast leaves open */
  readonly blocked?: { readonly exclusion: string; readonly label: string };
  /** sections whose incompleteness decided */
  readonly sections: readonly string[];
  readonly earliest?: Day;
  readonly validUntil?: Day;
}
