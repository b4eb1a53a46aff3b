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

/** A FHIR OperationOutcome as text. It names fields, never values. */
export const outcomeText = (code: IssueCode, problems: readonly RequestProblem[]): string =>
  JSON.stringify({
    resourceType: 'OperationOutcome',
    issue: problems.map((p) => ({
      severity: 'error',
      code,
      details: { text: `${p.field}: ${p.message}` },
      expression: [p.field],
    })),
  });

/** Answers with an OperationOutcome that is text already. */
export const sendOutcomeText = (res: Response, status: number, outcome: string): void => {
  res.status(status).type('application/fhir+json').send(outcome);
};

/** Answers with a FHIR OperationOutcome. */
export const sendOutcome = (
  res: Response,
  status: number,
  code: IssueCode,
  problems: readonly RequestProblem[],
): void => sendOutcomeText(res, status, outcomeText(code, problems));

/** An OperationOutcome with one issue. */
export const sendProblem = (res: Response, status: number, code: IssueCode, field: string, message: string): void =>
  sendOutcome(res, status, code, [{ field, message }]);
