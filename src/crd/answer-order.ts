import type { AnswerStore } from '../answer-store/answer-store.ts';
import type { Action } from '../cds-hooks/card.ts';
import type { Json } from '../chart/json.ts';
import type { Section } from '../chart/sections.ts';
import type { Coverage } from '../coverage/coverage.ts';
import { uuidV5 } from '../criteria-check/assessment-id.ts';
import type { CheckedOrder, Checker, OrderCheck } from '../criteria-check/order-check.ts';
import { type Calendar, type Day, formatDay } from '../dates/day.ts';
import type { ImagingOrder } from '../order/order.ts';
import type { Study } from '../policy/studies.ts';
import { alternateCard, type CrdCard } from './alternate-card.ts';
import { coverageInformation, withCoverageInformation } from './coverage-information.ts';
import type { CrdConfig, CrdPayer } from './crd-config.ts';
import { type CrdRequest, crdOptions } from './crd-request.ts';
import { type GuidanceInput, guidance, isNoBenefit } from './guidance.ts';

/** What answering needs beside the call: loaded once. */
export interface CrdOptions {
  readonly checker: Checker;
  readonly config: CrdConfig;
  readonly calendar: Calendar;
  /** sections that the loaded policies read */
  readonly sections: ReadonlySet<Section>;
  /** answers from the worksheet that an EHR does not take */
  readonly answers?: AnswerStore;
  /** canonical, with its version, of the form about what an order's policy asks */
  readonly questionnaireOf: (check: CheckedOrder) => string;
}

/** One order with what was said about it. */
export interface ToldOrder {
  readonly order: ImagingOrder;
  /** absent when no policy governs the order, or it could not be checked */
  readonly check?: OrderCheck;
  /** why it was not checked */
  readonly unchecked?: 'not-governed' | 'technical';
  /** payer id */
  readonly payer: string;
  /** coverage-assertion-id */
  readonly assertion: string;
  /** the coverage-information extensions */
  readonly said: readonly Json[];
}

/** A call whose coverage was found, as far as the answer to each of its orders depends on it. */
export interface AnsweredCall {
  readonly request: CrdRequest;
  readonly coverage: Coverage;
  readonly payer: CrdPayer;
  readonly options: CrdOptions;
  readonly today: Day;
}

/** An order of a call, and what became of its check. */
export interface OrderOfCall {
  readonly order: ImagingOrder;
  /** the study as it is ordered */
  readonly study: Study;
  /** the day for which the order is being booked: then it is the date of service, for benefits and lists. The criteria stay those of the order */
  readonly bookedFor: Day | undefined;
  readonly check: OrderCheck | undefined;
  /** why it could not be checked */
  readonly technical: string | undefined;
}

export interface OrderAnswer {
  readonly action?: Action;
  readonly card?: CrdCard;
  readonly told: ToldOrder;
}

/** What payer mode says of one order: statements on the order itself, and a card where another study meets the criteria. */
export function answerOrder(asked: OrderOfCall, call: AnsweredCall): OrderAnswer {
  const { order, study, check, technical } = asked;
  const { request, coverage, payer, today } = call;
  const input = guidanceInput(asked, call);
  const statements = guidance(input);
  // The same is said under the same number, anything else under another one: what was said before stays on record.
  const assertion = uuidV5(
    JSON.stringify(['assertion', request.fhirServer ?? '', coverage.ref, order.ref, input.check?.id ?? '', statements]),
  );
  const said = statements.map((g) =>
    coverageInformation(g, { coverage: coverage.ref, date: formatDay(today), id: assertion }),
  );
  const wanted = crdOptions(request.extension);
  const updated = wanted.coverageInfo
    ? withCoverageInformation(order.resource, coverage.ref, said, request.fhirServer)
    : undefined;
  const card = wanted.alternatives ? alternateOf(input, updated ?? order.resource, call) : undefined;
  return {
    ...(updated !== undefined && { action: recording(updated, study) }),
    ...(card !== undefined && { card }),
    told: {
      order,
      payer: payer.payer,
      assertion,
      said: wanted.coverageInfo ? said : [],
      ...(check === undefined
        ? { unchecked: technical === undefined ? ('not-governed' as const) : ('technical' as const) }
        : { check }),
    },
  };
}

function guidanceInput(
  { order, study, bookedFor, check, technical }: OrderOfCall,
  { request, coverage, payer, options, today }: AnsweredCall,
): GuidanceInput {
  const checked = check?.kind === 'checked' ? check : undefined;
  const serviceDate = bookedFor ?? order.serviceDate;
  return {
    hook: request.hook,
    studies: order.open === undefined ? [checked?.study ?? study] : order.studies,
    open: order.open,
    member: { plans: coverage.plans, lineOfBusiness: coverage.lineOfBusiness, serviceDate },
    today,
    inForce: coverage.covers(serviceDate),
    payer,
    config: options.config,
    check: checked,
    ...(technical !== undefined && { technical }),
    questionnaireOf: options.questionnaireOf,
  };
}

const recording = (resource: Json, study: Study): Action => ({
  type: 'update',
  description: `Record coverage and prior-authorization requirements on the order of ${study.label}`,
  resource,
});

/** The card that proposes a study which meets the criteria. @param resource the order, with what is said on it */
function alternateOf(input: GuidanceInput, resource: Json, { payer, options }: AnsweredCall): CrdCard | undefined {
  const { check, inForce } = input;
  if (!inForce || check?.assessment.outcome !== 'alternative') return undefined;
  return alternateCard(benefitsOnly(check, input), payer.label, resource, options.checker.knowledge.studies);
}

/** The check without the alternatives that are no benefit of the plan: those are not proposed. */
function benefitsOnly(check: CheckedOrder, input: GuidanceInput): CheckedOrder {
  const alternatives = check.assessment.alternatives.filter((code) => !isNoBenefit(input, code));
  return { ...check, assessment: { ...check.assessment, alternatives } };
}
