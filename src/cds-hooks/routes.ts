import type { Request, Response, Router } from 'express';
import type { CheckedOrder } from '../criteria-check/order-check.ts';
import type { Caller, FindCaller } from '../trust/caller.ts';
import type { CdsClient } from '../trust/client-tokens.ts';
import { clientOf } from './authenticate.ts';
import { budgetOf } from './budget.ts';
import { sendOutcome } from './operation-outcome.ts';
import { answerOrderHook, type HookAnswer, type OrderServiceOptions } from './order-service.ts';
import { type OrderHookRequest, readRequest } from './request.ts';
import { discovery, type PrefetchStyle, type ServiceDefinition } from './service-definition.ts';
import { type ServiceRoutesOptions, serviceRoutes, takeBody } from './service-routes.ts';

export interface CdsHooksOptions
  extends OrderServiceOptions,
    Pick<ServiceRoutesOptions<ServiceDefinition>, 'services' | 'bodyLimit' | 'guards' | 'onFeedback' | 'onEnd'> {
  readonly callerOf: FindCaller;
  /** how much an EHR is to prefetch. @param origin of its page, where a browser asks */
  readonly prefetchFor: (client: CdsClient | undefined, origin: string | undefined) => PrefetchStyle;
  /** where the client of a call reads the criteria that an order was checked against */
  readonly criteriaUrlOf?: (req: Request, check: CheckedOrder) => string;
  /** for one call, chart retrieval included */
  readonly deadlineMs: number;
  /** told of a call that grants access to a FHIR server which is not registered for its caller: it is not used */
  readonly onForeignServer: (res: Response, caller: Caller) => void;
  /** told of each answer before it is sent; it may add headers, and must neither throw nor take long */
  readonly onAnswer: (answered: AnsweredHook, res: Response) => Promise<void>;
}

/** A hook call that was answered. */
export interface AnsweredHook {
  readonly service: ServiceDefinition;
  readonly answer: Extract<HookAnswer, { readonly status: 200 }>;
  readonly hookInstance: string;
  readonly client: CdsClient | undefined;
  readonly ehr: string | undefined;
  readonly startedAt: number;
}

/** Why nothing can be read for a call, and what would change it. */
function whyUnread({ fhirServer, fhirAuthorization }: OrderHookRequest, { fhir }: Caller): string {
  if (fhirServer === undefined) return 'it cannot be read either: the call has no fhirServer with fhirAuthorization';
  if (fhirAuthorization === undefined) return 'it cannot be read either: the call has no fhirAuthorization';
  return fhir === undefined
    ? 'it is not read either: this fhirServer is not registered for the caller (fhir-bases of its EHR)'
    : 'it cannot be read either';
}

/** The routes of the plain CDS Hooks base. */
export function cdsHooksRoutes(options: CdsHooksOptions): Router {
  const documents = {
    full: JSON.stringify(discovery(options.services, 'full')),
    lean: JSON.stringify(discovery(options.services, 'lean')),
  };
  return serviceRoutes({
    services: options.services,
    discovery: (req, res) => documents[options.prefetchFor(clientOf(res), req.headers.origin)],
    bodyLimit: options.bodyLimit,
    guards: options.guards,
    onFeedback: options.onFeedback,
    onEnd: options.onEnd,
    onCall: async (service, req, res) => {
      const read = readRequest(service.hook, takeBody(req));
      if (!read.ok) {
        sendOutcome(res, 400, 'structure', read.problems);
        return undefined;
      }
      const budget = budgetOf(res, options.deadlineMs);
      const client = clientOf(res);
      const { fhirServer, fhirAuthorization, hookInstance } = read.request;
      const caller = options.callerOf(fhirServer, client);
      if (fhirAuthorization !== undefined && caller.fhir === undefined) options.onForeignServer(res, caller);
      const { worksheet, criteriaUrlOf } = options;
      const answer = await answerOrderHook(service, read.request, caller, options, budget, {
        ...(worksheet !== undefined && { launch: () => worksheet.launchUrlOf(req) }),
        ...(criteriaUrlOf !== undefined && { criteria: (check) => criteriaUrlOf(req, check) }),
      });
      if (answer.status === 412) {
        sendOutcome(
          res,
          412,
          'incomplete',
          answer.what.map((field) => ({
            field,
            message: `${field === 'prefetch' ? 'at least patient and coverages are required, and nothing was prefetched' : 'required, and not prefetched'}; ${whyUnread(read.request, caller)}`,
          })),
        );
        return undefined;
      }
      const kept = options.onAnswer(
        { service, answer, hookInstance, client, ehr: caller.ehr?.id, startedAt: budget.from },
        res,
      );
      return { text: JSON.stringify({ cards: answer.cards }), kept };
    },
  });
}
