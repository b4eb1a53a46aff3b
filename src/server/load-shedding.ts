import type { RequestHandler, Response } from 'express';
import { sendProblem } from '../cds-hooks/operation-outcome.ts';

export interface LoadLimits {
  /** requests that are worked on at once */
  readonly requests: number;
  /** announced bytes of their bodies */
  readonly bytes: number;
}

/** What is being worked on. */
export interface Load {
  readonly requests: number;
  readonly bytes: number;
}

/**
 * Refuses work before the process drowns in it: beyond so many requests or body bytes at once the answer is 503 with
 * Retry-After. A body of unknown length counts as the largest one.
 */
export function loadShedding(
  limits: LoadLimits,
  largestBody: number,
  onShed: (res: Response) => void,
): { readonly handler: RequestHandler; readonly load: () => Load } {
  let requests = 0;
  let bytes = 0;
  const handler: RequestHandler = (req, res, next) => {
    const announced = Number(req.headers['content-length'] ?? (req.method === 'POST' ? largestBody : 0));
    const size = Number.isFinite(announced) ? Math.min(Math.max(announced, 0), largestBody) : largestBody;
    if (requests >= limits.requests || bytes + size > limits.bytes) {
      onShed(res);
      res.set('Retry-After', '1');
      res.set('Connection', 'close');
      sendProblem(res, 503, 'throttled', 'service', 'too many requests at once; try again');
      return;
    }
    requests++;
    bytes += size;
    res.once('close', () => {
      requests--;
      bytes -= size;
    });
    next();
  };
  return { handler, load: () => ({ requests, bytes }) };
}
