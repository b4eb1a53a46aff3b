/** What the sandbox's server and its page say to each other, as JSON. Types alone, so that both sides may use them. */

/** A FHIR resource, or a part of one. */
export type Json = Readonly<Record<string, unknown>>;

/** How the FHIR server answers apps of one session, to show what happens when it is in trouble. */
export type Mood = 'normal' | 'slow' | 'truncated' | 'forbidden' | 'down';

export interface MoodRow {
  readonly id: Mood;
  readonly label: string;
  readonly words: string;
}

/** Somebody of the clinic. */
export interface PersonRow {
  readonly id: string;
  readonly name: string;
  readonly words?: string;
}

/** A study to order, as the page fills it in. */
export interface StudyRow {
  readonly code: string;
  readonly label: string;
  /** CPT, unless it says otherwise */
  readonly system?: string;
  readonly hint?: string;
}

/** A code to give as a reason. */
export interface ReasonRow {
  readonly system: string;
  readonly code: string;
  readonly label: string;
  /** "ICD-10-CM", and what else is to be said of it */
  readonly hint: string;
}

/** An order that a patient's story suggests. */
export interface TryRow {
  readonly study: StudyRow;
  readonly reasons: readonly ReasonRow[];
}

export interface PatientRow {
  readonly id: string;
  readonly name: string;
  readonly birthDate?: string;
  /** whole years */
  readonly age?: number;
  readonly sex?: string;
  /** the story in one line */
  readonly line?: string;
  readonly story?: string;
}

/** A resource of the chart in one row. */
export interface ChartRow {
  /** "Condition/iris-radiculopathy" */
  readonly ref: string;
  readonly date?: string;
  readonly words: string;
  readonly detail?: string;
  /** a code that an order could give as its reason */
  readonly reason?: ReasonRow;
}

export interface ChartSection {
  readonly title: string;
  /** newest first */
  readonly rows: readonly ChartRow[];
  /** why it is not whole */
  readonly problem?: string;
}

export interface ChartView {
  readonly patient: PatientRow;
  /** the coverages on file, in words */
  readonly coverage: readonly string[];
  readonly tries: readonly TryRow[];
  readonly sections: readonly ChartSection[];
}

/** A payer of `policies/payers.yaml`. */
export interface PayerRow {
  readonly id: string;
  readonly name: string;
  /** plans that choose a policy */
  readonly plans: readonly string[];
}

/** What the page needs once. */
export interface Start {
  /** secret of this page: it stands for the browser's session */
  readonly session: string;
  readonly fhir: {
    /** where apps find it */
    readonly base: string;
    /** the server behind it, when it is not the sandbox's own */
    readonly remote?: string;
  };
  /** YYYY-MM-DD */
  readonly today: string;
  /** the patient to begin with */
  readonly first?: string;
  readonly people: readonly PersonRow[];
  readonly payers: readonly PayerRow[];
  readonly moods: readonly MoodRow[];
}

/** A hook call to make. */
export interface HookWish {
  readonly hook: 'order-select' | 'order-sign';
  readonly patient: string;
  /** "Practitioner/wells" */
  readonly user: string;
  /** the basket */
  readonly orders: readonly Json[];
  /** ids of the orders that are selected */
  readonly selections: readonly string[];
  /** the chart's coverages are held back */
  readonly withoutCoverage: boolean;
}

/** One call of the sandbox to the service, whole. */
export interface Exchange {
  readonly id: string;
  readonly what: string;
  /** epoch milliseconds */
  readonly at: number;
  readonly ms: number;
  readonly request: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly jwt: { readonly header: unknown; readonly payload: unknown };
  readonly response?: {
    readonly status: number;
    readonly statusText: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  /** why there is no usable answer, in words */
  readonly failure?: string;
}

/** A launch of an app that was prepared for a link of a card. */
export interface PreparedLaunch {
  readonly card: number;
  readonly link: number;
  /** the address for a window of its own, and for the side panel */
  readonly tab: string;
  readonly panel: string;
}

export interface HookReply {
  readonly exchange: Exchange;
  readonly launches: readonly PreparedLaunch[];
}

/** A call that the FHIR server answered for an app of this session. */
export interface SeenCall {
  readonly n: number;
  /** epoch milliseconds */
  readonly at: number;
  readonly ms: number;
  readonly method: string;
  /** below the FHIR base, with its query */
  readonly path: string;
  /** 0 = the app gave up before the answer */
  readonly status: number;
  readonly bytes: number;
  /** resources of a searchset */
  readonly entries?: number;
  /** the hook call that it belongs to; without it, it is the worksheet's */
  readonly exchange?: string;
  readonly patient: string;
}

/** What happened since the page asked last. */
export interface Trace {
  readonly mood: Mood;
  readonly calls: readonly SeenCall[];
}
