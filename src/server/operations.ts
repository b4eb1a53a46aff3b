import { createHash, timingSafeEqual } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import helmet from 'helmet';
import { sendProblem } from '../cds-hooks/operation-outcome.ts';
import type { DecisionStore } from '../decisions/decision.ts';

export interface OperationsOptions {
  /** the measurements as text */
  readonly metricsText: () => Promise<string>;
  readonly contentType: string;
  /** may the process get traffic? */
  readonly ready: () => boolean;
  readonly adminToken: string | undefined;
  readonly decisions: DecisionStore | undefined;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares in constant time, whatever the lengths. */
const isAdmin = (req: Request, token: string): boolean =>
  timingSafeEqual(digest(req.headers.authorization ?? ''), digest(`Bearer ${token}`));

/** Health (`/healthz`, `/readyz`), measurements (`/metrics`) and, for administrators, decisions. */
export function operationsRoutes(options: OperationsOptions): Router {
  const router = Router();
  const headers = helmet({ contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } }, hsts: false });
  router.get('/healthz', headers, (_req, res) => {
    res.json({ status: 'ok' });
  });
  router.get('/readyz', headers, (_req, res) => {
    const ready = options.ready();
    res.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'stopping' });
  });
  router.get('/metrics', headers, async (_req, res) => {
    const text = await options.metricsText().catch(() => undefined);
    if (text === undefined)
      return sendProblem(res, 503, 'exception', 'metrics', 'the measurements cannot be gathered at the moment');
    res.type(options.contentType).send(text);
  });
  router.get('/decisions/:id', headers, async (req: Request<{ id: string }>, res) => {
    const { adminToken, decisions } = options;
    if (adminToken === undefined || decisions === undefined) return notThere(res);
    if (!isAdmin(req, adminToken)) {
      res.set('WWW-Authenticate', 'Bearer');
      return sendProblem(res, 401, 'security', 'Authorization', 'authentication is required');
    }
    if (!UUID.test(req.params.id)) return sendProblem(res, 400, 'value', 'id', 'expected a UUID');
    const found = await decisions.get(req.params.id).catch(() => null);
    if (found === null)
      return sendProblem(res, 503, 'exception', 'decisions', 'the store cannot be read at the moment');
    if (found === undefined) return notThere(res);
    const { result, facts, input, ...rest } = found;
    res.set('Cache-Control', 'no-store');
    res.json({ ...rest, result: JSON.parse(result), facts: JSON.parse(facts), input: JSON.parse(input) });
  });
  return router;
}

const notThere = (res: Response): void => sendProblem(res, 404, 'not-found', 'id', 'there is no such decision');
