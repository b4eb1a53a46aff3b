import type { Response } from 'express';
import type { RequestProblem } from './request.ts';

export type IssueCode =
  | 'structure'
  | 'required'
  | 'value'
  | 'not-found'
  | 'not-supported'
  | 'incomplete'
  | 'too-long'
  | 'exception'
  | 'security'
  | 'throttled'
  | 'business-rule'
  | 'multiple-matches';

/** Answers with a FHIR OperationOutcome. It names fields, never values. */
export function sendOutcome(res: Response, status: number, code: IssueCode, problems: readonly RequestProblem[]): void {
  res.status(status).type('application/fhir+json');
  res.send(
    JSON.stringify({
      resourceType: 'OperationOutcome',
      issue: problems.map((p) => ({
        severity: 'error',
        code,
        details: { text: `${p.field}: ${p.message}` },
        expression: [p.field],
      })),
    }),
  );
}

/** An OperationOutcome with one issue. */
export const sendProblem = (res: Response, status: number, code: IssueCode, field: string, message: string): void =>
  sendOutcome(res, status, code, [{ field, message }]);
