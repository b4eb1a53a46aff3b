import { type Request, type RequestHandler, type Response, Router } from 'express';
import { clientOf } from '../cds-hooks/authenticate.ts';
import { readFeedback } from '../cds-hooks/feedback.ts';
import { jsonBody } from '../cds-hooks/json-body.ts';
import { sendOutcome, sendProblem } from '../cds-hooks/operation-outcome.ts';
import { isObject } from '../chart/json.ts';
import type { FindCaller } from '../trust/caller.ts';
import type { CdsClient } from '../trust/client-tokens.ts';
import { answerCrd, type CrdAnswer, type CrdOptions } from './answer-crd.ts';
import { readCrdRequest } from './crd-request.ts';
import { type CrdService, crdDiscovery } from './crd-service.ts';

export interface CrdRoutesOptions extends CrdOptions {
  readonly services: readonly CrdService[];
  readonly bodyLimit: string;
  readonly guards: { readonly discovery: readonly RequestHandler[]; readonly calls: readonly RequestHandler[] };
  readonly callerOf: FindCaller;
  /** told of each answer before it is sent; it may add headers, and must neither throw nor take long */
  readonly onAnswer: (answered: AnsweredCrd, res: Response) => Promise<void>;
}

/** A call of payer mode that was answered. */
export interface AnsweredCrd {
  readonly service: CrdService;
  readonly answer: Extract<CrdAnswer, { readonly status: 200 }>;
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

/** The routes of payer mode (Da Vinci CRD 2.2): discovery, the services, their feedback, which is checked but not kept. */
export function crdRoutes(options: CrdRoutesOptions): Router {
  const router = Router();
  const byId = new Map(options.services.map((s) => [s.id, s]));
  const discovery = JSON.stringify(crdDiscovery(options.services));
  router
    .route('/')
    .get(...options.guards.discovery, (_req, res) => {
      res.type('application/json').send(discovery);
    })
    .all(methodNotAllowed('GET'));
  router
    .route('/:id')
    .post(...options.guards.calls, ...jsonBody(options.bodyLimit), async (req: Request<{ id: string }>, res) => {
      const service = byId.get(req.params.id);
      if (service === undefined) return sendProblem(res, 404, 'not-found', 'id', 'there is no such CDS service');
      const read = readCrdRequest(service.hook, req.body);
      if (!read.ok) return sendOutcome(res, 400, 'structure', read.problems);
      const startedAt = performance.now();
      const client = clientOf(res);
      const caller = options.callerOf(read.request.fhirServer, client);
      const answer = await answerCrd(read.request, caller, options);
      if (answer.status !== 200) return sendProblem(res, answer.status, answer.code, answer.field, answer.message);
      await options.onAnswer({ service, answer, client, ehr: caller.ehr?.id, startedAt }, res);
      const { cards, systemActions } = answer;
      res.type('application/json').send(JSON.stringify({ cards, ...(systemActions.length > 0 && { systemActions }) }));
    })
    .all(methodNotAllowed('POST'));
  router
    .route('/:id/feedback')
    .post(...options.guards.calls, ...jsonBody(FEEDBACK_LIMIT), (req: Request<{ id: string }>, res) => {
      if (!byId.has(req.params.id)) return sendProblem(res, 404, 'not-found', 'id', 'there is no such CDS service');
      const read = readFeedback(isObject(req.body) ? req.body : undefined);
      if (!read.ok) return sendOutcome(res, 400, 'structure', read.problems);
      res.status(200).end();
    })
    .all(methodNotAllowed('POST'));
  return router;
}
