import type { InvocationRow } from './invocation.ts';

/** Everything that is kept of one assessment. It holds ids, codes and dates of the chart, no names, narratives or identifiers. */
export interface Decision {
  /** UUID of the record */
  readonly id: string;
  /** uuid of the card that told it, to which feedback refers; in payer mode the coverage-assertion-id */
  readonly card: string;
  /** id of the assessment: the same for equal input */
  readonly assessment: string;
  /** ISO 8601 instant in UTC */
  readonly at: string;
  /** which interface was called */
  readonly base: 'cds' | 'crd';
  /** shadow = a version that is not in force, evaluated beside the one that is */
  readonly mode: 'live' | 'shadow';
  readonly service: string;
  readonly hook: string;
  readonly ehr: string | null;
  readonly issuer: string | null;
  readonly policy: string | null;
  readonly policyVersion: string | null;
  /** SHA-256 of the policy's text */
  readonly policyHash: string | null;
  readonly engine: string;
  /** YYYY-MM-DD */
  readonly asOf: string;
  readonly serviceDate: string;
  /** the EHR's id of the patient */
  readonly patient: string;
  /** CPT code */
  readonly study: string;
  readonly payer: string | null;
  readonly lineOfBusiness: string | null;
  readonly outcome: string;
  readonly reason: string | null;
  readonly latencyMs: number;
  /** the assessment as the card carried it */
  readonly result: string;
  /** the facts that were asked: truth, evidence with versions, rejected evidence with the reason */
  readonly facts: string;
  /** what replay needs: the resources that were read, without texts and identifiers */
  readonly input: string;
}

/** One feedback entry as a client sent it. */
export interface FeedbackRecord {
  /** uuid of the card */
  readonly card: string;
  readonly outcome: 'accepted' | 'overridden';
  /** uuids of the accepted suggestions */
  readonly suggestions: readonly string[];
  readonly reasonSystem: string | null;
  readonly reasonCode: string | null;
  /** free text: protected like a request body */
  readonly comment: string | null;
  /** when the user acted, ISO 8601 in UTC */
  readonly at: string;
  readonly ehr: string | null;
}

/** A page of decisions, oldest first. */
export interface DecisionQuery {
  /** ISO 8601 instant or date */
  readonly since?: string;
  readonly policy?: string;
  readonly base?: 'cds' | 'crd';
  readonly mode?: 'live' | 'shadow';
  /** the last record of the page before */
  readonly after?: { readonly at: string; readonly id: string };
  readonly limit: number;
}

/** All decisions from before an instant, or all of one patient (of one EHR). */
export type Purged = { readonly before: string } | { readonly patient: string; readonly ehr?: string };

/** Where decisions are kept. Every method rejects when the store fails; none takes part of what it is given. */
export interface DecisionStore {
  add(
    decisions: readonly Decision[],
    feedback: readonly FeedbackRecord[],
    invocations?: readonly InvocationRow[],
  ): Promise<void>;
  /** Calls of payer mode, newest first. @param key id, hookInstance or coverage-assertion-id */
  invocations(key: string): Promise<readonly InvocationRow[]>;
  /** @param id of the record, or of the card or coverage assertion that told it (then the latest record, of the text in force) */
  get(id: string): Promise<Decision | undefined>;
  find(query: DecisionQuery): Promise<readonly Decision[]>;
  feedbackSince(since: string): Promise<readonly (FeedbackRecord & { readonly decision: string | null })[]>;
  /** Removes decisions and their feedback, and calls of payer mode. @returns how many decisions */
  purge(what: Purged): Promise<number>;
  close(): Promise<void>;
}
