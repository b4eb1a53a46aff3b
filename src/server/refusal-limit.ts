import type { RequestHandler, Response } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import { sendProblem } from '../cds-hooks/operation-outcome.ts';

const WINDOW_MS = 60_000;
const MOST_ADDRESSES = 10_000;

/** Spares the checking of tokens for addresses that send bad ones: a signature costs as much as a small assessment. */
export interface RefusalLimit {
  /** refuses calls of an address that has spent its refusals, before their token is looked at */
  readonly handler: RequestHandler;
  /** counts a call whose token was refused; good calls are never counted */
  readonly count: (res: Response) => void;
}

/**
 * @param perMinute so many refusals of one address, whatever it sends then until the minute ends is answered with 429
 * @param onLimited told of each call that is not looked at
 * @param now epoch milliseconds
 * @param mostAddresses are counted in one minute; calls of others are looked at as if nothing were counted
 */
export function refusalLimit(
  perMinute: number,
  onLimited: (res: Response) => void,
  now: () => number = Date.now,
  mostAddresses = MOST_ADDRESSES,
): RefusalLimit {
  const refusals = new Map<string, number>();
  // A client that has left when its call is refused has no address any more.
  const addresses = new WeakMap<Response, string>();
  let ends = 0;
  return {
    handler: (req, res, next) => {
      const at = now();
      if (at >= ends) {
        refusals.clear();
        ends = at + WINDOW_MS;
      }
      const address = ipKeyGenerator(req.ip ?? '', 56);
      if ((refusals.get(address) ?? 0) < perMinute) {
        addresses.set(res, address);
        return next();
      }
      onLimited(res);
      res.set('Retry-After', String(Math.ceil((ends - at) / 1000)));
      return sendProblem(res, 429, 'throttled', 'Authorization', 'too many refused requests; try again later');
    },
    count: (res) => {
      const address = addresses.get(res);
      if (address === undefined) return;
      const before = refusals.get(address);
      if (before !== undefined || refusals.size < mostAddresses) refusals.set(address, (before ?? 0) + 1);
    },
  };
}
