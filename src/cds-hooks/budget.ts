import type { RequestHandler, Response } from 'express';

/** The time of one call, on the clock of `performance.now()`. */
export interface Budget {
  /** when the call arrived */
  readonly from: number;
  /** when its answer is due */
  readonly until: number;
}

const ARRIVED = Symbol('arrived');
type Locals = { [ARRIVED]?: number };

/** Remembers when a call arrived: keys, signature and body are part of its time. */
export const arrives: RequestHandler = (_req, res, next) => {
  (res.locals as Locals)[ARRIVED] = performance.now();
  next();
};

/** A call whose body took long to come keeps this part of its time for the chart. */
const KEPT_PART = 0.25;

/** The time of a call whose body is read. @param deadlineMs from its arrival to its answer */
export function budgetOf(res: Response, deadlineMs: number): Budget {
  const now = performance.now();
  const from = (res.locals as Locals)[ARRIVED] ?? now;
  return { from, until: Math.max(from + deadlineMs, now + deadlineMs * KEPT_PART) };
}
