import { createHash, timingSafeEqual } from 'node:crypto';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { sendProblem } from '../cds-hooks/operation-outcome.ts';
import type { Json } from '../chart/json.ts';
import type { CheckedOrder } from '../criteria-check/order-check.ts';
import type { Decision, DecisionStore } from '../decisions/decision.ts';
import type { InvocationRow } from '../decisions/invocation.ts';
import type { Replayed } from '../decisions/replay.ts';
import { dataHeaders } from '../web/data-headers.ts';
import { note } from './request-log.ts';

export interface OperationsOptions {
  /** the measurements as text */
  readonly metricsText: () => Promise<string>;
  readonly contentType: string;
  /** may the process get traffic? */
  readonly ready: () => boolean;
  readonly adminToken: string | undefined;
  readonly decisions: DecisionStore | undefined;
  /** makes a decision again from its record, with the policies of today */
  readonly replay: (decision: Decision) => Replayed & { readonly trace?: CheckedOrder['trace'] };
  /** what a kept call of payer mode says; undefined when it was sealed with a secret that is gone */
  readonly openInvocation: (row: InvocationRow) => Promise<Json | undefined>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares in constant time, whatever the lengths. */
const isAdmin = (req: Request, token: string): boolean =>
  timingSafeEqual(digest(req.headers.authorization ?? ''), digest(`Bearer ${token}`));

/** Health (`/healthz`, `/readyz`), measurements (`/metrics`) and, for administrators, decisions. */
export function operationsRoutes(options: OperationsOptions): Router {
  const router = Router();
  const headers = dataHeaders();
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
  router.use('/decisions', headers, decisionRoutes(options));
  router.use('/invocations', headers, invocationRoutes(options));
  return router;
}

/** The criteria as they were evaluated, when the texts of today give the recorded assessment to the last piece of evidence. */
function traceOf(decision: Decision, replay: OperationsOptions['replay']): CheckedOrder['trace'] {
  const again = replay(decision);
  return again.same ? again.trace : undefined;
}

const administratorsAlone =
  (token: string): RequestHandler =>
  (req, res, next) => {
    res.set('Cache-Control', 'no-store');
    if (isAdmin(req, token)) return next();
    res.set('WWW-Authenticate', 'Bearer');
    return sendProblem(res, 401, 'security', 'Authorization', 'authentication is required');
  };

/** Calls of payer mode with their answers, newest first, for administrators. Who reads them leaves a line in the log. */
function invocationRoutes({ adminToken, decisions, openInvocation }: OperationsOptions): Router {
  const router = Router();
  if (adminToken === undefined || decisions === undefined) return router;
  router.use(administratorsAlone(adminToken));
  router.get('/:key', async (req, res) => {
    const rows = await decisions.invocations(req.params.key).catch(() => undefined);
    if (rows === undefined)
      return sendProblem(res, 503, 'exception', 'invocations', 'the store cannot be read at the moment');
    if (rows.length === 0) return sendProblem(res, 404, 'not-found', 'key', 'no call is kept under it');
    note(res, { invocationsRead: rows.map((r) => r.id) });
    const opened = await Promise.all(
      rows.map(async (row) => {
        const { sealed: _sealed, keys: _keys, ...about } = row;
        return { ...about, ...((await openInvocation(row)) ?? { unreadable: 'sealed with a secret that is gone' }) };
      }),
    );
    return res.json(opened);
  });
  return router;
}

/** Records of decisions, for administrators. */
function decisionRoutes({ adminToken, decisions, replay }: OperationsOptions): Router {
  const router = Router();
  if (adminToken === undefined || decisions === undefined) return router;
  router.use(administratorsAlone(adminToken));
  /** Finds the record that a request names, and answers it when there is none. */
  const found = async (id: string, res: Response): Promise<Decision | undefined> => {
    if (!UUID.test(id)) {
      sendProblem(res, 400, 'value', 'id', 'expected a UUID');
      return undefined;
    }
    try {
      const decision = await decisions.get(id);
      if (decision === undefined) sendProblem(res, 404, 'not-found', 'id', 'there is no such decision');
      return decision;
    } catch {
      sendProblem(res, 503, 'exception', 'decisions', 'the store cannot be read at the moment');
      return undefined;
    }
  };
  router.get('/:id', async (req, res) => {
    const decision = await found(req.params.id, res);
    if (decision === undefined) return;
    const { result, facts, input, ...rest } = decision;
    const trace = traceOf(decision, replay);
    res.json({
      ...rest,
      result: JSON.parse(result),
      facts: JSON.parse(facts),
      input: JSON.parse(input),
      ...(trace !== undefined && { trace }),
    });
  });
  router.post('/:id/replay', async (req, res) => {
    const decision = await found(req.params.id, res);
    if (decision !== undefined) res.json(replay(decision));
  });
  return router;
}
