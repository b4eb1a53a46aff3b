import type { Interval } from '../dates/day.ts';
import type { OpenStudy, Study } from '../policy/studies.ts';
import type { Hit } from '../terminology/code-index.ts';
import type { Place } from '../terminology/regions.ts';
import type { Drug } from '../terminology/substances.ts';

/** What every record of the chart has. A record is one FHIR resource (or one order reason, or one answer), cleaned. */
interface Base {
  /** "Condition/c1" */
  readonly ref: string;
  /** code sets that its codes belong to */
  readonly hits: readonly Hit[];
  /** body site, zero when none is named */
  readonly site: Place;
  readonly encounter?: string | undefined;
}

export type Verification = 'confirmed' | 'suspected' | 'refuted';

/** A Condition, or a reason of the order (as a suspected, current Condition). */
export interface ConditionRecord extends Base {
  readonly type: 'condition';
  readonly basis: 'chart' | 'order';
  readonly verification: Verification;
  /** not inactive, in remission, resolved or abated on the day of the order */
  readonly current: boolean;
  /** it is dated to have ended in a month or year of which the day of the order is a part: whether by then is not certain */
  readonly endUnclear?: boolean;
  /** clinicalStatus says that it is active */
  readonly saysActive: boolean;
  /** the clinicalStatus as stated, e.g. "relapse" */
  readonly clinical?: string | undefined;
  readonly onset?: Interval | undefined;
  /** an onset is stated, but not so that we can read it */
  readonly onsetUnread?: true;
  readonly recorded?: Interval | undefined;
  readonly abated?: Interval | undefined;
  /** its codings as "system|code", for finding a later refutation of the same */
  readonly codes: readonly string[];
  readonly orderReason: boolean;
  /** the diagnosis of one visit, not an item of the problem list */
  readonly ofVisit: boolean;
  /** hits of the body site, for sites that are no spine region (an arm) */
  readonly siteHits: readonly Hit[];
  /** hits of the stated severity; undefined when none is coded */
  readonly severity?: readonly Hit[] | undefined;
}

/** The value of an Observation. */
export type ObservedValue =
  | {
      readonly kind: 'number';
      readonly value: number;
      readonly unit: string;
      readonly comparator?: '<' | '<=' | '>=' | '>';
    }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'coded'; readonly hits: readonly Hit[] }
  | { readonly kind: 'date'; readonly value: Interval }
  | { readonly kind: 'text' };

/** An Observation or one of its components. */
export interface ObservationRecord extends Base {
  readonly type: 'observation';
  readonly final: boolean;
  readonly when?: Interval | undefined;
  readonly value?: ObservedValue | undefined;
  /** v3 ObservationInterpretation codes */
  readonly interpretation: readonly string[];
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  /** hits of coded values and interpretations (normal, abnormal, positive ...) */
  readonly valueHits: readonly Hit[];
  /** hits of the body site, for sites that are no spine region (a leg) */
  readonly siteHits: readonly Hit[];
  /** its value is something that the patient had once, or a reason, a risk or a plan: nothing that was found */
  readonly as?: 'past' | 'unfound' | undefined;
}

export type Performed = 'done' | 'not-done' | 'unclear';

/** A Procedure. */
export interface ProcedureRecord extends Base {
  readonly type: 'procedure';
  /** its codings as "system|code" */
  readonly codes: readonly string[];
  readonly performed: Performed;
  /** its status leaves open whether it was done: unknown, or stopped on the way */
  readonly perhapsDone: boolean;
  /** it is only being prepared */
  readonly notBegun: boolean;
  readonly when?: Interval | undefined;
  readonly end?: Interval | undefined;
  /** it is in progress, over a period that has no end yet */
  readonly goesOn: boolean;
  /** place named by reason codes and referenced conditions; OTHER when they name no spine problem */
  readonly reason: Place;
  /** a reason is given and is a spine problem (its place may be open) */
  readonly spineReason: boolean;
  readonly hasReason: boolean;
  readonly outcomeHits: readonly Hit[];
}

/** A DiagnosticReport, an ImagingStudy, or a Procedure that is imaging: one examination. */
export interface ImagingRecord extends Base {
  readonly type: 'imaging';
  readonly done: Performed;
  readonly when?: Interval | undefined;
  /** undefined when only words name the examination, and they leave it open */
  readonly modality: string | undefined;
  readonly place: Place;
  /** no code that we know names the examination: it proves nothing, and is no silence either */
  readonly inWords: boolean;
  /** spine regions that an examination of the trunk or neck takes in */
  readonly inView: Place;
  readonly study?: string | undefined;
  /** hits of coded conclusions and of the interpretation of linked results */
  readonly findings: readonly Hit[];
  /** a coded conclusion or interpretation is given, of whatever code */
  readonly hasResult: boolean;
  /** what the words of its conclusion mean: no result, but no silence either */
  readonly said: readonly Hit[];
  /** it is a report, not the mere statement that the examination took place */
  readonly reported: boolean;
  /** why it was not done, in codes or words */
  readonly whyNot: readonly Hit[];
}

/** A DiagnosticReport that is no imaging: electrodiagnostic tests, laboratory, pathology. */
export interface ReportRecord extends Base {
  readonly type: 'report';
  readonly final: boolean;
  readonly cancelled: boolean;
  readonly when?: Interval | undefined;
  readonly findings: readonly Hit[];
  readonly conclusionPlace: Place;
}

/** A prescription, a statement that a drug is taken, or a drug that was dispensed or given. */
export interface MedicationRecord extends Base {
  readonly type: 'medication';
  readonly taken: 'active' | 'past' | 'not-taken' | 'unclear';
  readonly start?: Interval | undefined;
  /** documented or supplied to this day */
  readonly end?: Interval | undefined;
  /** stopped or put on hold before the supply ran out */
  readonly broken: boolean;
  /** the patient states that it is being taken (MedicationStatement) */
  readonly stated: boolean;
  /** the end is that of the period for which it was prescribed, not of a supply that may be refilled */
  readonly endStated?: true;
  /** the drug as "system|code" */
  readonly codes: readonly string[];
  readonly drug: Drug;
  readonly reason: Place;
  readonly spineReason: boolean;
  readonly hasReason: boolean;
  /** its directions, or its reason in words, name a problem of another part of the body */
  readonly namedElsewhere: boolean;
}

/** A service that is ordered and not done yet, whether or not a fact looks at it. */
export interface OpenOrder {
  /** its codings as "system|code" */
  readonly codes: readonly string[];
  /** the imaging study that it names, if it names one */
  readonly study?: Study | OpenStudy;
}

/** A ServiceRequest other than the one being ordered. */
export interface OrderRecord extends Base {
  readonly type: 'order';
  /** its codings as "system|code" */
  readonly codes: readonly string[];
  readonly active: boolean;
  readonly completed: boolean;
  readonly prohibits: boolean;
  readonly urgent: boolean;
  readonly when?: Interval | undefined;
  readonly planned?: Interval | undefined;
  readonly specialties: readonly Hit[];
  /** says who orders or is to perform it */
  readonly signed: boolean;
  /** the visit at which it was placed, as the order says */
  readonly visit?: string | undefined;
  readonly reason: Place;
  readonly spineReason: boolean;
  readonly hasReason: boolean;
}

/** An Encounter. */
export interface EncounterRecord extends Base {
  readonly type: 'encounter';
  readonly inPerson: boolean;
  /** said to have been by telephone, video or message; neither where nothing known says how the contact was */
  readonly remote: boolean;
  readonly held: boolean;
  readonly cancelled: boolean;
  readonly when?: Interval | undefined;
  /** a stay in hospital; its last day is left out while the patient is there */
  readonly stay?: { readonly last?: Interval | undefined } | undefined;
  readonly specialties: readonly Hit[];
  /** hits of reason codes and of diagnoses */
  readonly reasons: readonly Hit[];
  /** hits of diagnoses that were ruled out */
  readonly ruledOut: readonly Hit[];
  /** reason codes and diagnoses as "system|code" */
  readonly reasonCodes: readonly string[];
  readonly hasReason: boolean;
  /** what the words of its types and its service mean: they prove nothing, and are no silence either */
  readonly named: readonly Hit[];
  /** what its types say of an evaluation: that there was one, or that other services were rendered */
  readonly evaluation?: 'stated' | 'other-services' | 'other-services-in-words' | undefined;
}

/** An AllergyIntolerance. */
export interface AllergyRecord extends Base {
  readonly type: 'allergy';
  /** the standard codings of the substances as "system|code" */
  readonly codes: readonly string[];
  readonly drug: Drug;
  /** what its words mean, where no code that we know says what the substance is */
  readonly named: readonly Hit[];
  readonly verification: Verification;
  readonly current: boolean;
  readonly recorded?: Interval | undefined;
  readonly reactions: readonly Hit[];
  /** what the words of reactions mean of which we know no code */
  readonly reactionsNamed: readonly Hit[];
}

/** A Device of the patient. */
export interface DeviceRecord extends Base {
  readonly type: 'device';
  /** what its words mean, where no code that we know says what it is */
  readonly named: readonly Hit[];
  /** undefined when its status is stated as unknown */
  readonly present: boolean | undefined;
  readonly safety: readonly Hit[];
  /** is something said of its safety in MR, in a code that we know or not? */
  readonly safetyStated: boolean;
}

/** A diagnosis in the family: never the patient's own. */
export interface FamilyRecord extends Base {
  readonly type: 'family';
}

/** A resource that proves nothing but helps to answer: Claim, ExplanationOfBenefit, CarePlan, DocumentReference. */
export interface LeadRecord extends Base {
  readonly type: 'lead';
  readonly resource: string;
  readonly when?: Interval | undefined;
}

/** A clinician's answer: an Observation with a fact code, or an item of a QuestionnaireResponse. */
export interface AnswerRecord {
  readonly type: 'answer';
  readonly ref: string;
  readonly fact: string;
  readonly value:
    | { readonly kind: 'boolean'; readonly value: boolean }
    | { readonly kind: 'date'; readonly value: Interval };
  /** the day that the answer is about */
  readonly when?: Interval;
  /** the day on which it was stated, when that is on file beside the day that it is about */
  readonly stated?: Interval;
  /** the instant (epoch ms) at which it was given, when that is stated: of two answers about one day the later one counts */
  readonly given?: number;
  readonly place: Place;
  readonly by: 'practitioner' | 'patient' | 'unknown';
}

export type ChartRecord =
  | ConditionRecord
  | ObservationRecord
  | ProcedureRecord
  | ImagingRecord
  | ReportRecord
  | MedicationRecord
  | OrderRecord
  | EncounterRecord
  | AllergyRecord
  | DeviceRecord
  | FamilyRecord
  | LeadRecord;
