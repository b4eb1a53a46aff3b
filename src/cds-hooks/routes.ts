import { type Request, type Response, Router } from 'express';
import { readFeedback } from './feedback.ts';
import { jsonBody } from './json-body.ts';
import { sendOutcome, sendProblem } from './operation-outcome.ts';
import { answerOrderHook, type OrderServiceOptions } from './order-service.ts';
import { readRequest } from './request.ts';
import { discovery, type ServiceDefinition } from './service-definition.ts';

export interface CdsHooksOptions extends OrderServiceOptions {
  readonly services: readonly ServiceDefinition[];
  readonly bodyLimit: string;
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
    .get((_req, res) => {
      res.type('application/json').send(discoveryText);
    })
    .all(methodNotAllowed('GET'));

  router
    .route('/:id')
    .post(...jsonBody(options.bodyLimit), async (req: Request<{ id: string }>, res) => {
      const service = byId.get(req.params.id);
      if (service === undefined) return sendProblem(res, 404, 'not-found', 'id', 'there is no such CDS service');
      const read = readRequest(service.hook, req.body);
      if (!read.ok) return sendOutcome(res, 400, 'structure', read.problems);
      const answer = await answerOrderHook(service, read.request, options);
      if (answer.status === 412) {
        return sendOutcome(
          res,
          412,
          'incomplete',
          answer.what.map((field) => ({ field, message: 'required data is neither prefetched nor can it be read' })),
        );
      }
      res.type('application/json').send(JSON.stringify({ cards: answer.cards }));
    })
    .all(methodNotAllowed('POST'));

  router
    .route('/:id/feedback')
    .post(...jsonBody(FEEDBACK_LIMIT), (req: Request<{ id: string }>, res) => {
      if (!byId.has(req.params.id)) return sendProblem(res, 404, 'not-found', 'id', 'there is no such CDS service');
      const read = readFeedback(req.body);
      if (!read.ok) return sendOutcome(res, 400, 'structure', read.problems);
      res.status(200).end();
    })
    .all(methodNotAllowed('POST'));

  return router;
}
