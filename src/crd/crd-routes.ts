import type { Response, Router } from 'express';
import { clientOf } from '../cds-hooks/authenticate.ts';
import { budgetOf } from '../cds-hooks/budget.ts';
import { type IssueCode, outcomeText, sendOutcomeText } from '../cds-hooks/operation-outcome.ts';
import type { RequestProblem } from '../cds-hooks/request.ts';
import { type ServiceRoutesOptions, serviceRoutes, takeBody } from '../cds-hooks/service-routes.ts';
import type { Caller, FindCaller } from '../trust/caller.ts';
import type { CdsClient } from '../trust/client-tokens.ts';
import { answerCrd, type CrdAnswer } from './answer-crd.ts';
import type { CrdOptions } from './answer-order.ts';
import { readCrdRequest } from './crd-request.ts';
import { type CrdService, crdDiscovery } from './crd-service.ts';

export interface CrdRoutesOptions
  extends CrdOptions,
    Pick<ServiceRoutesOptions<CrdService>, 'services' | 'bodyLimit' | 'guards' | 'onEnd'> {
  readonly callerOf: FindCaller;
  /** for one call, chart retrieval included */
  readonly deadlineMs: number;
  /** told of a call that grants access to a FHIR server which is not registered for its caller: it is not used */
  readonly onForeignServer: (res: Response, caller: Caller) => void;
  /** told of each answer before it is sent; it may add headers, and must neither throw nor take long */
  readonly onAnswer: (answered: AnsweredCrd, call: CrdCall, res: Response) => Promise<void>;
  /** the same of each refusal */
  readonly onRefusal: (call: CrdCall, res: Response) => Promise<void>;
}

/** A call of payer mode as it came, and what is answered to it. */
export interface CrdCall {
  readonly service: CrdService;
  readonly client: CdsClient | undefined;
  readonly ehr: string | undefined;
  /** the body as it was parsed */
  readonly request: unknown;
  readonly status: number;
  /** JSON */
  readonly response: string;
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
      const body = takeBody(req);
      const client = clientOf(res);
      const about = { service, client, request: body } as const;
      const refuse = async (
        status: number,
        code: IssueCode,
        problems: readonly RequestProblem[],
        ehr: string | undefined,
      ): Promise<undefined> => {
        const response = outcomeText(code, problems);
        await options.onRefusal({ ...about, ehr, status, response }, res);
        sendOutcomeText(res, status, response);
      };
      const read = readCrdRequest(service.hook, body);
      if (!read.ok) return refuse(400, 'structure', read.problems, client?.ehr.id);
      const budget = budgetOf(res, options.deadlineMs);
      const { fhirServer, fhirAuthorization, hookInstance } = read.request;
      const caller = options.callerOf(fhirServer, client);
      if (fhirAuthorization !== undefined && caller.fhir === undefined) options.onForeignServer(res, caller);
      const answer = await answerCrd(read.request, caller, options, budget);
      if (answer.status !== 200)
        return refuse(
          answer.status,
          answer.code,
          [{ field: answer.field, message: answer.message }],
          caller.ehr?.id ?? client?.ehr.id,
        );
      const { cards, systemActions } = answer;
      const text = JSON.stringify({ cards, ...(systemActions.length > 0 && { systemActions }) });
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
        { ...about, ehr: caller.ehr?.id, status: 200, response: text },
        res,
      );
      return { text, kept };
    },
  });
}
