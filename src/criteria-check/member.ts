import type { Coverage } from '../coverage/coverage.ts';
import type { LineOfBusiness, PayerInput } from '../coverage/payers.ts';
import type { Day } from '../dates/day.ts';
import type { ImagingOrder } from '../order/order.ts';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import type { Study } from '../policy/studies.ts';
import type { Knowledge } from './knowledge.ts';

/** The payer of an order, as the card names it. */
export interface PayerOfOrder {
  readonly id: string;
  readonly name: string;
  /** for summaries; decisions recorded before it existed have none */
  readonly shortName?: string;
  readonly lineOfBusiness: LineOfBusiness;
  /** the line of business is not on file; commercial was assumed */
  readonly lineAssumed: boolean;
  /** no coverage is on file; the EHR's default payer was assumed */
  readonly assumed: boolean;
  readonly coverage?: string;
  /** plans and groups of the coverage, as far as they choose a policy */
  readonly plans: readonly string[];
}

/** What decides which policy an order falls under. */
export interface Routes {
  readonly knowledge: Knowledge;
  /** which texts decide: those in force (default), or those that run beside them and are only recorded */
  readonly texts?: 'in-force' | 'shadow';
}

/** The payer of an order and the policy in force there for the study and the service date. */
export interface Member {
  readonly payer: PayerOfOrder;
  readonly policy: CompiledPolicy;
}

/**
 * The payer with the policy that it routes the study to.
 * @param lineOfBusiness undefined: not on file, assumed to be commercial
 * @returns undefined when no policy governs
 */
export function memberOf(
  payer: PayerInput | undefined,
  study: Study,
  serviceDate: Day,
  lineOfBusiness: LineOfBusiness | undefined,
  plans: readonly string[],
  checker: Routes,
  extra: Pick<PayerOfOrder, 'assumed' | 'coverage'>,
): Member | undefined {
  if (payer === undefined) return undefined;
  const member = { lineOfBusiness: lineOfBusiness ?? 'commercial', plans } as const;
  const policy = checker.knowledge.payers.policyFor(
    payer,
    { study: study.code, serviceDate },
    member,
    checker.knowledge.policies,
    checker.texts,
  );
  if (policy === undefined) return undefined;
  return {
    payer: {
      id: payer.id,
      name: payer.name,
      shortName: payer.short ?? payer.name,
      lineOfBusiness: member.lineOfBusiness,
      lineAssumed: lineOfBusiness === undefined,
      plans,
      ...extra,
    },
    policy,
  };
}

/** The policy for a payer that was chosen before. */
export function memberBefore(
  payer: PayerOfOrder,
  study: Study,
  order: ImagingOrder,
  checker: Routes,
): Member | undefined {
  const { payers } = checker.knowledge;
  const { lineOfBusiness, plans } = payer;
  const member = memberOf(payers.get(payer.id), study, order.serviceDate, lineOfBusiness, plans, checker, {
    assumed: payer.assumed,
  });
  return member === undefined ? undefined : { ...member, payer };
}

/** The policy for a coverage on file. */
export const memberOfCoverage = (
  coverage: Coverage,
  study: Study,
  order: ImagingOrder,
  checker: Routes,
): Member | undefined =>
  memberOf(
    checker.knowledge.payers.find(coverage.payer),
    study,
    order.serviceDate,
    coverage.lineOfBusiness,
    coverage.plans,
    checker,
    { assumed: false, coverage: coverage.ref },
  );

/** What a coverage leads to: coverages with the same key are answered alike. */
export const keyOfCoverage = (coverage: Coverage, order: ImagingOrder, checker: Routes): string =>
  JSON.stringify(
    order.studies.map((study) => {
      const member = memberOfCoverage(coverage, study, order, checker);
      if (member === undefined) return null;
      const { payer, policy } = member;
      return [payer.id, payer.lineOfBusiness, payer.lineAssumed, policy.id, policy.input.version];
    }),
  );
