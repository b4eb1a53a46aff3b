import { buildChart, type Chart, type ChartInput } from '../chart/chart.ts';
import { PatientScope } from '../chart/references.ts';
import { type Coverage, chooseCoverage, payerUnread } from '../coverage/coverage.ts';
import type { LineOfBusiness } from '../coverage/payers.ts';
import { formatDay } from '../dates/day.ts';
import { FactEngine } from '../facts/fact-engine.ts';
import type { ImagingOrder } from '../order/order.ts';
import { assess, assessWithTrace, governs, type OrderedStudy } from '../policy/assess.ts';
import type { Assessment } from '../policy/assessment.ts';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import { type Evidence, REGIONS, type Region } from '../policy/fact-source.ts';
import { type Study, spineRegion } from '../policy/studies.ts';
import { assessmentId } from './assessment-id.ts';
import { keyOfCoverage, type Member, memberBefore, memberOf, memberOfCoverage, type PayerOfOrder } from './member.ts';
import { openOrder } from './open-order.ts';
import type { CheckedOrder, Checker, OrderCheck, PatientData } from './order-check.ts';

const regionsOf = (study: Study): readonly Region[] =>
  study.regions.filter((r): r is Region => (REGIONS as readonly string[]).includes(r));

const ordered = (study: Study): OrderedStudy => ({
  code: study.code,
  regions: regionsOf(study),
  withContrast: study.contrast.includes('with') && study.contrast !== 'without',
});

/** Derives the chart for one order: the order's reasons are evidence, and the order itself is not an earlier one. */
function chartFor(order: ImagingOrder, data: PatientData, checker: Checker): Chart {
  const input: ChartInput = {
    patient: data.patient,
    patientId: data.patientId,
    ...(data.base !== undefined && { base: data.base }),
    sections: data.sections,
    order: { ref: order.ref, resource: order.resource, date: order.asOf },
    ...(data.localCodes !== undefined && { localCodes: data.localCodes }),
  };
  return buildChart(input, checker.knowledge.codes, checker.knowledge.studies, checker.canonical);
}

/**
 * Checks one imaging order: coverage, policy in force, chart, facts, assessment.
 * @returns undefined when no policy governs the order: no assessment and no card
 */
export function checkOrder(
  order: ImagingOrder,
  data: PatientData,
  checker: Checker,
  withTrace = false,
): OrderCheck | undefined {
  const [first] = order.studies;
  if (first === undefined) return undefined;
  const { settled: payerBefore } = data;
  if (payerBefore !== undefined)
    return checkMember(order, (study) => memberBefore(payerBefore, study, order, checker), data, checker, withTrace);
  const scope = new PatientScope(data.patientId, data.base);
  const choice = chooseCoverage(data.coverages, order.resource, order.serviceDate, scope);
  const settled = choice.kind === 'one' && (choice.named || data.coverageState === 'complete');
  if (settled && payerUnread(choice.coverage))
    return { kind: 'unchecked', order, study: first, reason: 'coverage-unavailable', options: [] };
  if (settled)
    return checkMember(
      order,
      (study) => memberOfCoverage(choice.coverage, study, order, checker),
      data,
      checker,
      withTrace,
    );
  if (data.coverageState === 'unavailable')
    return { kind: 'unchecked', order, study: first, reason: 'coverage-unavailable', options: [] };
  if (choice.kind === 'several') return severalCoverages(order, choice.coverages, data, checker, withTrace);
  const fallback = data.defaultPayer;
  if (fallback === undefined) return undefined;
  const payer = checker.knowledge.payers.get(fallback.payer);
  return checkMember(
    order,
    (study) =>
      memberOf(payer, study, order.serviceDate, fallback.lineOfBusiness, [], checker, {
        assumed: fallback.chosen !== true,
      }),
    data,
    checker,
    withTrace,
  );
}

/**
 * Several coverages: one answer when they lead to the same policy and line of business, else the outcome under each. Coverages
 * of the same payer, line and texts are checked once.
 */
function severalCoverages(
  order: ImagingOrder,
  coverages: readonly Coverage[],
  data: PatientData,
  checker: Checker,
  withTrace: boolean,
): OrderCheck | undefined {
  const [first] = order.studies;
  const distinct = new Map<string, Coverage>();
  for (const coverage of coverages) {
    const key = keyOfCoverage(coverage, order, checker);
    if (!distinct.has(key)) distinct.set(key, coverage);
  }
  const options = [...distinct.values()].flatMap(
    (c) => checkMember(order, (study) => memberOfCoverage(c, study, order, checker), data, checker, withTrace) ?? [],
  );
  const [only] = options;
  if (first === undefined || only === undefined) return undefined;
  const same = options.every((o) => o.policy === only.policy && o.payer.lineOfBusiness === only.payer.lineOfBusiness);
  if (same && options.length === distinct.size) return only;
  return { kind: 'unchecked', order, study: first, reason: 'coverage-ambiguous', options };
}

/** Checks every study that the order may mean, under one coverage. */
function checkMember(
  order: ImagingOrder,
  memberFor: (study: Study) => Member | undefined,
  data: PatientData,
  checker: Checker,
  withTrace: boolean,
): CheckedOrder | undefined {
  const members = order.studies.flatMap((study) => {
    const member = memberFor(study);
    return member === undefined ? [] : [{ study, ...member }];
  });
  if (members.length === 0) return undefined;
  const chart = chartFor(order, data, checker);
  const facts = new FactEngine(chart, checker.knowledge.vocabulary, order.asOf, order.serviceDate);
  const checks = members
    .filter(({ study, policy }) => governs(policy, ordered(study), facts))
    .map(({ study, payer, policy }) => checkStudy({ order, study, payer, policy, chart, facts }, checker, withTrace));
  return order.open === undefined ? checks[0] : openOrder(order, checks);
}

function checkStudy(
  of: {
    order: ImagingOrder;
    study: Study;
    payer: PayerOfOrder;
    policy: CompiledPolicy;
    chart: Chart;
    facts: FactEngine;
  },
  checker: Checker,
  withTrace: boolean,
): CheckedOrder {
  const { order, study, payer, policy, chart, facts } = of;
  const exempt = exemption(policy, study, payer.lineOfBusiness);
  const traced =
    withTrace && exempt === undefined
      ? assessWithTrace(policy, ordered(study), facts, checker.knowledge.vocabulary)
      : undefined;
  const assessment =
    exempt ?? traced?.assessment ?? assess(policy, ordered(study), facts, checker.knowledge.vocabulary);
  const medicare = payer.lineAssumed && exemption(policy, study, 'medicare') !== undefined;
  const region = spineRegion(study);
  const checked = {
    order,
    study,
    region,
    payer,
    policy,
    assessment,
    urgent: urgentFacts(facts, checker),
    ...(medicare && { exemptIf: 'No review is needed if this is a Medicare plan.' }),
    chart,
    facts,
    ...(traced !== undefined && { trace: { exclusions: traced.exclusions, paths: traced.paths } }),
  };
  return { kind: 'checked', id: assessmentId(checked), ...checked };
}

/**
 * Checks an order again, from the same chart and facts, against another policy text.
 * @returns undefined when that text does not govern the order
 */
export const checkAgainst = (
  policy: CompiledPolicy,
  checked: CheckedOrder,
  checker: Checker,
): CheckedOrder | undefined =>
  policy.governs.has(checked.study.code) && governs(policy, ordered(checked.study), checked.facts)
    ? checkStudy({ ...checked, policy }, checker, false)
    : undefined;

/** The policy says that no review is needed for this line of business or study. */
function exemption(policy: CompiledPolicy, study: Study, lineOfBusiness: LineOfBusiness): Assessment | undefined {
  const rule = policy.input['not-required'].find(
    (r) => (r['line-of-business']?.includes(lineOfBusiness) ?? true) && (r.studies?.includes(study.code) ?? true),
  );
  if (rule === undefined) return undefined;
  return {
    outcome: 'not-required',
    asDocumented: 'not-required',
    satisfied: [{ criterion: rule.id, label: rule.label, cite: rule.cite, evidence: [] }],
    contradicted: [],
    paths: [],
    missing: [],
    silentScreens: [],
    alternatives: [],
    sections: [],
  };
}

/** Red flags that are documented or suspected, wherever they are. */
function urgentFacts(facts: FactEngine, checker: Checker): readonly Evidence[] {
  return checker.knowledge.vocabulary.urgent.flatMap((query) => {
    const value = facts.fact(query);
    return value.truth === 'true' ? value.evidence.map((e) => ({ ...e, fact: query.fact })) : [];
  });
}

/** The as-of date as text. */
export const asOfText = (order: ImagingOrder): string => formatDay(order.asOf.hi);
