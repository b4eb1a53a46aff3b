import type { Generated } from 'kysely';
import type { InvocationRow } from '../invocation.ts';

/** One row of `decision`. Long texts are gzipped. */
export interface DecisionRow {
  readonly id: string;
  readonly card: string;
  readonly assessment: string;
  readonly at: string;
  readonly base: string;
  readonly mode: string;
  readonly service: string;
  readonly hook: string;
  readonly ehr: string | null;
  readonly issuer: string | null;
  readonly policy: string | null;
  readonly policy_version: string | null;
  readonly policy_hash: string | null;
  readonly engine: string;
  readonly as_of: string;
  readonly service_date: string;
  readonly study: string;
  readonly patient: string;
  readonly payer: string | null;
  readonly line_of_business: string | null;
  readonly outcome: string;
  readonly reason: string | null;
  readonly latency_ms: number;
  readonly result: string;
  readonly facts: Uint8Array;
  readonly input: Uint8Array;
}

/** One row of `feedback`; the same entry sent twice is one row. */
export interface FeedbackRow {
  readonly card: string;
  readonly at: string;
  readonly outcome: string;
  readonly suggestions: string;
  readonly reason_system: string | null;
  readonly reason_code: string | null;
  readonly comment: string | null;
  readonly ehr: string | null;
  readonly received: Generated<string>;
}

/** One row of `answer`: encrypted answers that an EHR does not take. */
interface AnswerTableRow {
  readonly key: string;
  readonly sealed: string;
  readonly expires: string;
}

/** A token that was used, until it expires. */
export interface UsedTokenRow {
  readonly key: string;
  /** epoch seconds */
  readonly expires: number;
}

/** Calls of a client in a window of time. */
export interface CallCountRow {
  readonly client: string;
  /** start of the window, epoch milliseconds */
  readonly began: number;
  readonly calls: number;
}

/** An authorization request of the SMART app that a browser was sent away with. */
interface PendingTableRow {
  readonly key: string;
  readonly sealed: string;
  /** epoch milliseconds */
  readonly until: number;
}

/** A browser's session of the SMART app. */
interface SessionTableRow {
  readonly id: string;
  /** epoch milliseconds */
  readonly used: number;
}

/** An id that leads, or led, to a session: the digest of a cookie. */
interface SessionIdTableRow {
  readonly key: string;
  readonly session: string;
  /** epoch milliseconds; null = the present id */
  readonly until: number | null;
}

/** A launch of a session, sealed. */
interface LaunchTableRow {
  readonly key: string;
  readonly session: string;
  /** epoch milliseconds */
  readonly opened: number;
  readonly version: number;
  readonly sealed: string;
  /** epoch milliseconds until which one process has it for itself */
  readonly lease: number;
}

/** One row of `invocation`: a call of payer mode, sealed; its keys have a table of their own. */
export type InvocationTableRow = Omit<InvocationRow, 'keys'>;

/** A key under which an invocation is found. */
interface InvocationKeyRow {
  readonly key: string;
  readonly invocation: string;
}

export interface Tables {
  readonly invocation: InvocationTableRow;
  readonly invocation_key: InvocationKeyRow;
  readonly smart_pending: PendingTableRow;
  readonly smart_session: SessionTableRow;
  readonly smart_session_id: SessionIdTableRow;
  readonly smart_launch: LaunchTableRow;
  readonly used_token: UsedTokenRow;
  readonly call_count: CallCountRow;
  readonly decision: DecisionRow;
  readonly feedback: FeedbackRow;
  readonly answer: AnswerTableRow;
}
