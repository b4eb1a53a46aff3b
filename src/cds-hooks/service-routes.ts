import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { CdsClient } from '../trust/client-tokens.ts';
import { clientOf } from './authenticate.ts';
import { arrives } from './budget.ts';
import { type FeedbackEntry, readFeedback } from './feedback.ts';
import { jsonBody } from './json-body.ts';
import { sendOutcome, sendProblem } from './operation-outcome.ts';

/** What calls of a base pass first: authentication, rate limits. */
export interface Guards {
  readonly discovery: readonly RequestHandler[];
  readonly calls: readonly RequestHandler[];
}

/** An answer that may go out as soon as its record is kept. It holds nothing of the chart: in memory that waits, the chart would be moved. */
export interface ReadyAnswer {
  /** JSON */
  readonly text: string;
  /** resolves when the answer may go out; never rejects */
  readonly kept: Promise<void>;
}

/** The parsed body of a call, which the request then no longer holds. */
export function takeBody(req: { body: unknown }): unknown {
  const { body } = req;
  req.body = undefined;
  return body;
}

export interface ServiceRoutesOptions<S extends { readonly id: string }> {
  readonly services: readonly S[];
  /** the discovery document as text, for whoever asks */
  readonly discovery: (req: Request, res: Response) => string;
  readonly bodyLimit: string;
  readonly guards: Guards;
  /**
   * answers a call of a service; the body is parsed, not yet looked at
   * @returns undefined when it has answered with a problem
   */
  readonly onCall: (service: S, req: Request<{ id: string }>, res: Response) => Promise<ReadyAnswer | undefined>;
  /** told of valid feedback before it is acknowledged; it may add headers, and must neither throw nor take long */
  readonly onFeedback: (
    feedback: readonly FeedbackEntry[],
    client: CdsClient | undefined,
    res: Response,
  ) => Promise<void>;
  /** told of the end of each call of a service, whatever its status */
  readonly onEnd: (service: S, status: number, seconds: number) => void;
}

const FEEDBACK_LIMIT = '1mb';

const methodNotAllowed =
  (allowed: string) =>
  (_req: Request, res: Response): void => {
    res.set('Allow', allowed);
    sendProblem(res, 405, 'not-supported', 'method', `expected ${allowed}`);
  };

/** The routes of a CDS Hooks base: discovery, the services, their feedback. */
export function serviceRoutes<S extends { readonly id: string }>(options: ServiceRoutesOptions<S>): Router {
  const router = Router();
  const { guards } = options;
  const byId = new Map(options.services.map((s) => [s.id, s]));
  const unknown = (res: Response): void => sendProblem(res, 404, 'not-found', 'id', 'there is no such CDS service');

  /** Counts a call of a service from its arrival to the end of its answer, refusals included. */
  const timed: RequestHandler<{ id: string }> = (req, res, next) => {
    const service = byId.get(req.params.id);
    const arrived = performance.now();
    if (service !== undefined)
      res.once('finish', () => options.onEnd(service, res.statusCode, (performance.now() - arrived) / 1000));
    res.set('Cache-Control', 'no-store');
    next();
  };

  // Clients put "/id" behind the discovery address as it was given to them, which may end with a slash.
  router.use((req, _res, next) => {
    if (req.url.startsWith('//')) req.url = req.url.replace(/^\/{2,}/, '/');
    next();
  });

  router
    .route('/:id')
    .post(
      timed,
      arrives,
      ...guards.calls,
      ...jsonBody(options.bodyLimit),
      async (req: Request<{ id: string }>, res) => {
        const service = byId.get(req.params.id);
        if (service === undefined) return unknown(res);
        const answer = await options.onCall(service, req, res);
        if (answer === undefined) return;
        await answer.kept;
        res.type('application/json').send(answer.text);
      },
    )
    .all(methodNotAllowed('POST'));

  router
    .route('/')
    .get(...guards.discovery, (req, res) => {
      res.type('application/json').send(options.discovery(req, res));
    })
    .all(methodNotAllowed('GET'));

  router
    .route('/:id/feedback')
    .post(...guards.calls, ...jsonBody(FEEDBACK_LIMIT), async (req: Request<{ id: string }>, res) => {
      if (!byId.has(req.params.id)) return unknown(res);
      const read = readFeedback(req.body);
      if (!read.ok) return sendOutcome(res, 400, 'structure', read.problems);
      await options.onFeedback(read.feedback, clientOf(res), res);
      res.status(200).end();
    })
    .all(methodNotAllowed('POST'));

  return router;
}
