import type { Json } from '../../chart/json.ts';

/** Issue types of OperationOutcome that this server uses. */
export type IssueType =
  | 'structure'
  | 'required'
  | 'value'
  | 'invalid'
  | 'not-found'
  | 'not-supported'
  | 'login'
  | 'forbidden'
  | 'conflict'
  | 'multiple-matches'
  | 'too-long'
  | 'too-costly'
  | 'exception';

/** A request that cannot be served: an HTTP status and what an OperationOutcome says about it. */
export class FhirProblem extends Error {
  readonly code = 'FHIR_PROBLEM';
  readonly status: number;
  readonly issue: IssueType;

  constructor(status: number, issue: IssueType, message: string) {
    super(message);
    this.status = status;
    this.issue = issue;
  }
}

/** An OperationOutcome with one issue. */
export const outcome = (issue: IssueType, diagnostics: string): Json => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: issue, diagnostics }],
});

/** A name of the client's as far as it may be repeated in an answer. */
export const quoted = (name: string): string => `"${name.replace(/[^\w:.-]/g, '?').slice(0, 60)}"`;
