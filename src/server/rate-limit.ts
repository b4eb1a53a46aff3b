import type { RequestHandler, Response } from 'express';
import { ipKeyGenerator, rateLimit, type Store } from 'express-rate-limit';
import { clientOf } from '../cds-hooks/authenticate.ts';
import { sendProblem } from '../cds-hooks/operation-outcome.ts';

/**
 * So many calls a minute for each client: the issuer of its token, else its address.
 * @param store shared by several processes; default: this process alone
 */
export const clientRateLimit = (perMinute: number, onLimited: (res: Response) => void, store?: Store): RequestHandler =>
  rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    ...(store !== undefined && { store }),
    keyGenerator: (req, res) => {
      const client = clientOf(res);
      return client === undefined
        ? `ip ${ipKeyGenerator(req.ip ?? '', 56)}`
        : `client ${client.issuer} ${client.tenant ?? ''}`;
    },
    handler: (_req, res) => {
      onLimited(res);
      if (res.getHeader('Retry-After') === undefined) res.set('Retry-After', '60');
      sendProblem(res, 429, 'throttled', 'client', 'too many requests; try again later');
    },
    // Behind a proxy that is not trusted (TRUST_PROXY) the address is the proxy's; clients are told apart by their tokens.
    validate: { xForwardedForHeader: false },
  });
