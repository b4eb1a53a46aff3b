import { randomUUID } from 'node:crypto';
import { checkedExtension, uncheckedExtension } from '../cards/assessment-extension.ts';
import type { Chart } from '../chart/chart.ts';
import { isObject, type Json, object, text } from '../chart/json.ts';
import { SECTIONS, type Section, type SectionState } from '../chart/sections.ts';
import { policyHash } from '../criteria-check/assessment-id.ts';
import type { PayerOfOrder } from '../criteria-check/member.ts';
import type { CheckedOrder, OrderCheck, PatientData } from '../criteria-check/order-check.ts';
import { formatDay, type Interval } from '../dates/day.ts';
import type { ImagingOrder } from '../order/order.ts';
import type { FactQuery, FactValue } from '../policy/fact-source.ts';
import type { Decision } from './decision.ts';
import { type Catalogs, strip } from './strip.ts';

/** The chart and order behind a decision, as far as they were read. */
export interface ReplayInput {
  readonly patientId: string;
  readonly patient: unknown;
  readonly base?: string;
  readonly sections: Readonly<
    Partial<Record<Section, { readonly state: SectionState; readonly resources: readonly unknown[] }>>
  >;
  readonly order: unknown;
  /** the date of an order that carries none */
  readonly now: Interval;
  readonly payer: PayerOfOrder | undefined;
  /** resources that facts could have used and that were left out before, with the reason; those of others without their id */
  readonly dropped?: readonly { readonly reference?: string; readonly reason: string }[];
}

/** A fact as it was when the decision was made. */
export interface RecordedFact {
  readonly query: FactQuery;
  readonly truth: FactValue['truth'];
  readonly gap?: FactValue['gap'];
  readonly evidence?: readonly unknown[];
  /** what was looked at and did not count, with the reason */
  readonly rejected?: readonly unknown[];
}

/** Who called, and how it went. */
export interface DecisionCircumstances {
  readonly base: Decision['base'];
  readonly mode: Decision['mode'];
  readonly service: string;
  readonly hook: string;
  readonly ehr?: string;
  readonly issuer?: string;
  readonly engine: string;
  readonly at: Date;
  readonly now: Interval;
  readonly latencyMs: number;
}

const refOf = (r: unknown): string | undefined => {
  const id = isObject(r) ? text(r['id']) : undefined;
  return isObject(r) && id !== undefined ? `${String(r['resourceType'])}/${id}` : undefined;
};
/** About nobody in particular; read when others refer to them. */
const REFERRED = new Set(['Practitioner', 'PractitionerRole', 'Medication']);

/**
 * The sections with the resources that said something; whatever nobody could use is left out. A section that held something which
 * could not be read was not seen whole, also when it is looked at without that.
 */
function sectionsRead(data: PatientData, chart: Chart | undefined, named: Catalogs): ReplayInput['sections'] {
  const read = chart?.read() ?? new Set<string>();
  const out: Partial<Record<Section, { state: SectionState; resources: readonly unknown[] }>> = {};
  for (const name of SECTIONS) {
    const section = data.sections.get(name);
    if (section === undefined) continue;
    const used = section.resources.filter(
      (r) => isObject(r) && (read.has(refOf(r) ?? '') || REFERRED.has(String(r['resourceType']))),
    );
    out[name] = { state: chart?.sections.get(name) ?? section.state, resources: used.map((r) => strip(r, named)) };
  }
  return out;
}

function versions(data: PatientData, read: ReadonlySet<string>): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  for (const { resources } of data.sections.values()) {
    for (const r of resources) {
      const ref = refOf(r);
      const version = isObject(r) ? text(object(r['meta'])?.['versionId']) : undefined;
      if (ref !== undefined && version !== undefined && read.has(ref)) out.set(ref, version);
    }
  }
  return out;
}

function recordedFacts(check: CheckedOrder, versionOf: ReadonlyMap<string, string>): readonly RecordedFact[] {
  const versioned = <T extends { readonly reference?: string | undefined }>(
    item: T,
  ): T & { readonly version?: string } => {
    const version = item.reference === undefined ? undefined : versionOf.get(item.reference);
    return version === undefined ? item : { ...item, version };
  };
  return check.facts.values().map(([query, value]) => {
    const rejected = (value.considered ?? []).filter((c) => c.verdict === 'ignored' || c.verdict === 'lead');
    return {
      query,
      truth: value.truth,
      ...(value.gap !== undefined && { gap: value.gap }),
      ...(value.evidence.length > 0 && { evidence: value.evidence.map(versioned) }),
      ...(rejected.length > 0 && { rejected: rejected.map(versioned) }),
    };
  });
}

/** The patient as far as facts need it: the id and the date of birth. */
const patientRead = (patient: unknown): Json => ({
  resourceType: 'Patient',
  id: object(patient)?.['id'],
  birthDate: object(patient)?.['birthDate'],
});

function inputOf(check: OrderCheck, data: PatientData, now: Interval, named: Catalogs): ReplayInput {
  const { chart } = (check.kind === 'checked' ? check : check.options[0]) ?? {};
  return {
    patientId: data.patientId,
    patient: patientRead(data.patient),
    ...(data.base !== undefined && { base: data.base }),
    sections: sectionsRead(data, chart, named),
    order: strip(check.order.resource, named),
    now,
    payer: check.kind === 'checked' ? check.payer : undefined,
    ...droppedFrom(check),
  };
}

const MOST_DROPPED = 100;

function droppedFrom(check: OrderCheck): Pick<ReplayInput, 'dropped'> {
  const { dropped = [] } = (check.kind === 'checked' ? check : check.options[0])?.chart ?? {};
  const told = dropped
    .filter((d) => d.hits.length > 0)
    .slice(0, MOST_DROPPED)
    .map(({ ref, reason }) => ({ ...(reason !== 'another patient' && { reference: ref }), reason }));
  return told.length === 0 ? {} : { dropped: told };
}

/** What every record says of its order and of the circumstances. */
function aboutOrder(
  order: ImagingOrder,
  patient: string,
  card: string,
  { at, now: _now, ehr, issuer, ...same }: DecisionCircumstances,
) {
  return {
    ...same,
    id: randomUUID(),
    card,
    at: at.toISOString(),
    ehr: ehr ?? null,
    issuer: issuer ?? null,
    asOf: formatDay(order.asOf.hi),
    serviceDate: formatDay(order.serviceDate),
    patient,
  };
}

/**
 * The record of one assessment.
 * @param card uuid of the card that told it; in payer mode the id of the assertion
 * @param guidance what was said in payer mode: the coverage-information extensions
 */
export function recordDecision(
  check: OrderCheck,
  card: string,
  data: PatientData,
  circumstances: DecisionCircumstances,
  named: Catalogs,
  guidance: readonly unknown[] = [],
): Decision {
  const result = check.kind === 'checked' ? checkedExtension(check, named.studies) : uncheckedExtension(check);
  const checked = check.kind === 'checked' ? check : undefined;
  const policy = checked?.policy;
  return {
    ...aboutOrder(check.order, data.patientId, card, circumstances),
    assessment: checked?.id ?? '',
    policy: policy?.id ?? null,
    policyVersion: policy?.input.version ?? null,
    policyHash: policy === undefined ? null : policyHash(policy),
    study: check.study.code,
    payer: checked?.payer.id ?? null,
    lineOfBusiness: checked?.payer.lineOfBusiness ?? null,
    outcome: checked?.assessment.outcome ?? 'undetermined',
    reason:
      checked === undefined ? (check.kind === 'unchecked' ? check.reason : null) : (checked.assessment.reason ?? null),
    result: JSON.stringify(guidance.length === 0 ? result : { ...object(result), guidance }),
    facts: JSON.stringify(checked === undefined ? [] : recordedFacts(checked, versions(data, checked.chart.read()))),
    input: JSON.stringify(inputOf(check, data, circumstances.now, named)),
  };
}

/** What payer mode said of an order that it did not check. */
export interface UncheckedGuidance {
  readonly order: ImagingOrder;
  /** payer id */
  readonly payer: string;
  readonly patientId: string;
  /** id of the assertion */
  readonly card: string;
  /** the coverage-information extensions */
  readonly guidance: readonly unknown[];
  readonly reason: 'not-governed' | 'technical';
}

/** The record of what was said without an assessment: it has no policy, and nothing to make again. */
export function recordGuidance(
  { order, payer, patientId, card, guidance, reason }: UncheckedGuidance,
  circumstances: DecisionCircumstances,
  named: Catalogs,
): Decision {
  const input: ReplayInput = {
    patientId,
    patient: { resourceType: 'Patient', id: patientId },
    sections: {},
    order: strip(order.resource, named),
    now: circumstances.now,
    payer: undefined,
  };
  return {
    ...aboutOrder(order, patientId, card, circumstances),
    assessment: '',
    policy: null,
    policyVersion: null,
    policyHash: null,
    study: order.studies[0]?.code ?? '',
    payer,
    lineOfBusiness: null,
    outcome: 'undetermined',
    reason,
    result: JSON.stringify({ outcome: 'undetermined', reason, guidance }),
    facts: '[]',
    input: JSON.stringify(input),
  };
}
