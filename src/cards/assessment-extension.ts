import { LEAD_SECTIONS } from '../chart/queries.ts';
import type { CheckedOrder, UncheckedOrder } from '../criteria-check/order-check.ts';
import { formatDay } from '../dates/day.ts';
import type { NearestPath } from '../policy/assessment.ts';
import type { Evidence } from '../policy/fact-source.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import { factCounts } from './words.ts';

export const ASSESSMENT_EXTENSION = 'org.payer-policy-cds.assessment';

/** Drops members without a value: undefined, empty strings, arrays and objects. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const key in value) {
    const member = (value as Readonly<Record<string, unknown>>)[key];
    if (member === undefined || member === '' || (Array.isArray(member) && member.length === 0)) continue;
    out[key] = typeof member === 'object' ? withoutEmpty(member) : member;
  }
  return out;
}

/** So many pieces of evidence, or leads, are named at each place; further ones are counted. */
const MOST_EVIDENCE = 50;

/** Evidence of a criterion, bounded: a chart may hold thousands of results that say the same. */
const boundedEvidence = (
  evidence: readonly Evidence[],
): { readonly evidence: readonly Evidence[]; readonly moreEvidence: number | undefined } => ({
  evidence: evidence.slice(0, MOST_EVIDENCE),
  moreEvidence: evidence.length > MOST_EVIDENCE ? evidence.length - MOST_EVIDENCE : undefined,
});

/** The assessment as machines read it (contract: design, section 4). */
export function checkedExtension(check: CheckedOrder, studies: StudyCatalog): unknown {
  const { assessment, policy, payer, order, study } = check;
  return withoutEmpty({
    id: check.id,
    order: order.ref,
    outcome: assessment.outcome,
    reason: assessment.reason,
    asDocumented: assessment.asDocumented,
    policy: {
      id: policy.id,
      version: policy.input.version,
      title: policy.input.title,
      effective: policy.input.effective,
      url: policy.input.url,
    },
    payer: { name: payer.name, lineOfBusiness: payer.lineOfBusiness, assumed: payer.assumed },
    evaluated: {
      asOf: formatDay(order.asOf.hi),
      serviceDate: formatDay(order.serviceDate),
      study: study.code,
      region: check.region,
      contrast: study.contrast === 'none' ? undefined : study.contrast,
    },
    satisfied: assessment.satisfied.map(({ criterion, cite, evidence }) => ({
      criterion,
      cite,
      ...boundedEvidence(evidence),
    })),
    contradicted:
      assessment.outcome === 'met'
        ? []
        : assessment.contradicted.map(({ criterion, cite, why, evidence }) => ({
            criterion,
            cite,
            why,
            ...boundedEvidence(evidence),
          })),
    openExclusions: assessment.openExclusions?.map(({ criterion, cite, evidence }) => ({
      criterion,
      cite,
      ...boundedEvidence(evidence),
    })),
    reviews: assessment.reviews?.map(({ criterion, cite, what }) => ({ criterion, cite, what })),
    paths: assessment.paths.map(({ criterion, cite, has, needs, kind, otherStudies }) => ({
      criterion,
      cite,
      has: factCodes(has),
      needs: factCodes(needs),
      kind,
      studies: otherStudies,
    })),
    missing: assessment.missing.map(({ fact, ask, criteria, leads, instead = [] }) => ({
      fact,
      ask,
      criteria,
      leads: leads.slice(0, MOST_EVIDENCE),
      instead: factCodes(instead),
    })),
    alternatives: assessment.alternatives.map((code) => ({ code, label: studies.get(code)?.label })),
    earliest: assessment.earliest === undefined ? undefined : formatDay(assessment.earliest),
    validUntil: assessment.validUntil === undefined ? undefined : formatDay(assessment.validUntil),
    urgent: check.urgent.slice(0, MOST_EVIDENCE),
    attested: factCounts(check),
    completeness: completeness(check),
  });
}

const factCodes = (facts: NearestPath['has']): readonly string[] => [...new Set(facts.map((f) => f.fact))];

function completeness(check: CheckedOrder): readonly { readonly section: string; readonly state: string }[] {
  return [...check.chart.seen].flatMap(([section, state]) =>
    section !== 'Patient' && LEAD_SECTIONS.includes(section) && state === 'not-available' ? [] : [{ section, state }],
  );
}

/** The assessment of an order whose coverage is not known for sure. */
export function uncheckedExtension(check: UncheckedOrder): unknown {
  return withoutEmpty({
    order: check.order.ref,
    outcome: 'undetermined',
    reason: check.reason,
    evaluated: {
      asOf: formatDay(check.order.asOf.hi),
      serviceDate: formatDay(check.order.serviceDate),
      study: check.study.code,
    },
    candidates: check.options.map((o) => ({
      payer: o.payer.name,
      lineOfBusiness: o.payer.lineOfBusiness,
      policy: o.policy.id,
      outcome: o.assessment.outcome,
    })),
  });
}
