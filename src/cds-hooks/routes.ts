import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { FindCaller } from '../trust/caller.ts';
import type { CdsClient } from '../trust/client-tokens.ts';
import { clientOf } from './authenticate.ts';
import { type FeedbackEntry, readFeedback } from './feedback.ts';
import { jsonBody } from './json-body.ts';
import { sendOutcome, sendProblem } from './operation-outcome.ts';
import { answerOrderHook, type HookAnswer, type OrderServiceOptions } from './order-service.ts';
import { readRequest } from './request.ts';
import { discovery, type ServiceDefinition } from './service-definition.ts';

export interface CdsHooksOptions extends OrderServiceOptions {
  readonly services: readonly ServiceDefinition[];
  readonly bodyLimit: string;
  /** what every call passes first: authentication, rate limits */
  readonly guards: { readonly discovery: readonly RequestHandler[]; readonly calls: readonly RequestHandler[] };
  readonly callerOf: FindCaller;
  /** told of each answer before it is sent; it may add headers, and must neither throw nor take long */
  readonly onAnswer: (answered: AnsweredHook, res: Response) => Promise<void>;
  /** told of valid feedback before it is acknowledged; the same rules */
  readonly onFeedback: (feedback: readonly FeedbackEntry[], client: CdsClient | undefined) => Promise<void>;
}

/** A hook call that was answered. */
export interface AnsweredHook {
  readonly service: ServiceDefinition;
  readonly answer: Extract<HookAnswer, { readonly status: 200 }>;
  readonly client: CdsClient | undefined;
  readonly ehr: string | undefined;
  readonly startedAt: number;
}

const FEEDBACK_LIMIT = '1mb';

const methodNotAllowed =
  (allowed: string) =>
  (_req: Request, res: Response): void => {
    res.set('Allow', allowed);
    sendProblem(res, 405, 'not-supported', 'method', `expected ${allowed}`);
  };

/** The routes of the plain CDS Hooks base: discovery, the services, their feedback. */
export function cdsHooksRoutes(options: CdsHooksOptions): Router {
  const router = Router();
  const byId = new Map(options.services.map((s) => [s.id, s]));
  const discoveryText = JSON.stringify(discovery(options.services));

  router
    .route('/')
    .get(...options.guards.discovery, (_req, res) => {
      res.type('application/json').send(discoveryText);
    })
    .all(methodNotAllowed('GET'));

  router
    .route('/:id')
    .post(...options.guards.calls, ...jsonBody(options.bodyLimit), async (req: Request<{ id: string }>, res) => {
      const service = byId.get(req.params.id);
      if (service === undefined) return sendProblem(res, 404, 'not-found', 'id', 'there is no such CDS service');
      const read = readRequest(service.hook, req.body);
      if (!read.ok) return sendOutcome(res, 400, 'structure', read.problems);
      const startedAt = performance.now();
      const client = clientOf(res);
      const caller = options.callerOf(read.request.fhirServer, client);
      const launchUrl = options.worksheet?.launchUrlOf(req);
      const answer = await answerOrderHook(service, read.request, caller, options, launchUrl);
      if (answer.status === 412) {
        return sendOutcome(
          res,
          412,
          'incomplete',
          answer.what.map((field) => ({ field, message: 'required data is neither prefetched nor can it be read' })),
        );
      }
      await options.onAnswer({ service, answer, client, ehr: caller.ehr?.id, startedAt }, res);
      res.type('application/json').send(JSON.stringify({ cards: answer.cards }));
    })
    .all(methodNotAllowed('POST'));

  router
    .route('/:id/feedback')
    .post(...options.guards.calls, ...jsonBody(FEEDBACK_LIMIT), async (req: Request<{ id: string }>, res) => {
      if (!byId.has(req.params.id)) return sendProblem(res, 404, 'not-found', 'id', 'there is no such CDS service');
      const read = readFeedback(req.body);
      if (!read.ok) return sendOutcome(res, 400, 'structure', read.problems);
      await options.onFeedback(read.feedback, clientOf(res));
      res.status(200).end();
    })
    .all(methodNotAllowed('POST'));

  return router;
}
