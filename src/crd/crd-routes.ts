import type { Response, Router } from 'express';
import { clientOf } from '../cds-hooks/authenticate.ts';
import { budgetOf } from '../cds-hooks/budget.ts';
import { sendOutcome, sendProblem } from '../cds-hooks/operation-outcome.ts';
import { type ServiceRoutesOptions, serviceRoutes, takeBody } from '../cds-hooks/service-routes.ts';
import type { FindCaller } from '../trust/caller.ts';
import type { CdsClient } from '../trust/client-tokens.ts';
import { answerCrd, type CrdAnswer, type CrdOptions } from './answer-crd.ts';
import { readCrdRequest } from './crd-request.ts';
import { type CrdService, crdDiscovery } from './crd-service.ts';

export interface CrdRoutesOptions
  extends CrdOptions,
    Pick<ServiceRoutesOptions<CrdService>, 'services' | 'bodyLimit' | 'guards' | 'onEnd'> {
  readonly callerOf: FindCaller;
  /** for one call, chart retrieval included */
  readonly deadlineMs: number;
  /** told of a call that grants access to a FHIR server which is not registered for its caller: it is not used */
  readonly onForeignServer: (res: Response) => void;
  /** told of each answer before it is sent; it may add headers, and must neither throw nor take long */
  readonly onAnswer: (answered: AnsweredCrd, res: Response) => Promise<void>;
}

/** A call of payer mode that was answered. */
export interface AnsweredCrd {
  readonly service: CrdService;
  readonly answer: Extract<CrdAnswer, { readonly status: 200 }>;
  readonly hookInstance: string;
  readonly patientId: string;
  readonly client: CdsClient | undefined;
  readonly ehr: string | undefined;
  readonly startedAt: number;
}

/** The routes of payer mode (Da Vinci CRD 2.2). Feedback is checked but not kept: records of payer mode are for audit alone. */
export function crdRoutes(options: CrdRoutesOptions): Router {
  const document = JSON.stringify(crdDiscovery(options.services));
  return serviceRoutes({
    services: options.services,
    discovery: () => document,
    bodyLimit: options.bodyLimit,
    guards: options.guards,
    onFeedback: async () => {},
    onEnd: options.onEnd,
    onCall: async (service, req, res) => {
      const read = readCrdRequest(service.hook, takeBody(req));
      if (!read.ok) {
        sendOutcome(res, 400, 'structure', read.problems);
        return undefined;
      }
      const budget = budgetOf(res, options.deadlineMs);
      const client = clientOf(res);
      const { fhirServer, fhirAuthorization, hookInstance } = read.request;
      const caller = options.callerOf(fhirServer, client);
      if (fhirAuthorization !== undefined && caller.fhir === undefined) options.onForeignServer(res);
      const answer = await answerCrd(read.request, caller, options, budget);
      if (answer.status !== 200) {
        sendProblem(res, answer.status, answer.code, answer.field, answer.message);
        return undefined;
      }
      const kept = options.onAnswer(
        {
          service,
          answer,
          hookInstance,
          patientId: read.request.context.patientId,
          client,
          ehr: caller.ehr?.id,
          startedAt: budget.from,
        },
        res,
      );
      const { cards, systemActions } = answer;
      return { text: JSON.stringify({ cards, ...(systemActions.length > 0 && { systemActions }) }), kept };
    },
  });
}
