import { checkedExtension } from '../cards/assessment-extension.ts';
import type { LocalCodes } from '../chart/code-meanings.ts';
import { isObject } from '../chart/json.ts';
import { ReadContext } from '../chart/read-context.ts';
import { PatientScope } from '../chart/references.ts';
import type { RetrievedSection, Section } from '../chart/sections.ts';
import { policyHash } from '../criteria-check/assessment-id.ts';
import { type CriterionChange, changedStates } from '../criteria-check/changed-criteria.ts';
import { checkOrder } from '../criteria-check/check-order.ts';
import type { CheckedOrder, Checker, PatientData } from '../criteria-check/order-check.ts';
import { type Orderables, readOrder } from '../order/order.ts';
import type { Decision } from './decision.ts';
import type { ReplayInput } from './record-decision.ts';

/** How a decision came out, under which text. */
export interface CameOut {
  readonly outcome: string;
  readonly reason: string | null;
  readonly assessment: string;
  readonly policyVersion: string | null;
  /** SHA-256 of the policy's text */
  readonly policyHash: string | null;
}

/** A decision made again, with the policies of today. */
export interface Replayed {
  readonly decision: string;
  readonly policy: string | null;
  readonly before: CameOut;
  /** absent when no policy governs the order any more */
  readonly after?: CameOut;
  /** the same assessment, to the last piece of evidence */
  readonly same: boolean;
  /** satisfied and contradicted criteria that changed */
  readonly changes: readonly CriterionChange[];
}

/** What local codes and orderables of the EHR meant; they are settings, not part of a record. */
export interface LocalMeaning {
  readonly localCodes?: LocalCodes;
  readonly orderables?: Orderables;
}

/** The recorded input as the check wants it. */
function dataOf(input: ReplayInput, local: LocalMeaning): PatientData {
  const sections = new Map<Section, RetrievedSection>(Object.entries(input.sections) as [Section, RetrievedSection][]);
  return {
    patientId: input.patientId,
    patient: input.patient,
    ...(input.base !== undefined && { base: input.base }),
    sections,
    coverages: [],
    coverageState: 'complete',
    ...(input.payer !== undefined && { settled: input.payer }),
    ...(local.localCodes !== undefined && { localCodes: local.localCodes }),
  };
}

/**
 * Checks a recorded order again.
 * @returns undefined when the order is no longer understood, or no policy governs it any more
 */
export function checkAgain(
  decision: Decision,
  checker: Checker,
  local: LocalMeaning = {},
  withTrace = false,
): CheckedOrder | undefined {
  const input = JSON.parse(decision.input) as ReplayInput;
  if (!isObject(input.order) || input.payer === undefined) return undefined;
  const scope = new PatientScope(input.patientId, input.base);
  const { codes, studies } = checker.knowledge;
  const ctx = new ReadContext(codes, studies, local.localCodes);
  const order = readOrder(input.order, scope, studies, ctx, input.now, local.orderables);
  if (order === undefined) return undefined;
  const texts = decision.mode === 'shadow' ? 'shadow' : 'in-force';
  const check = checkOrder(order, dataOf(input, local), { ...checker, texts }, withTrace);
  return check?.kind === 'checked' ? check : undefined;
}

type Named = readonly { readonly criterion: string }[];

/** An assessment as a card told it. */
interface Told {
  readonly outcome: string;
  readonly satisfied?: Named;
  readonly contradicted?: Named;
  readonly paths?: Named;
}

/** What a card said of criteria. Of the nearest ways it shows what is documented of them: they are not satisfied. */
function saidOf({ outcome, satisfied = [], contradicted = [], paths = [] }: Told): ReadonlyMap<string, string> {
  const nearest = new Set(outcome === 'undetermined' ? paths.map((p) => p.criterion) : []);
  const out = new Map<string, string>();
  for (const { criterion } of contradicted) out.set(criterion, 'contradicted');
  for (const { criterion } of satisfied) if (!nearest.has(criterion)) out.set(criterion, 'satisfied');
  return out;
}

/** The criteria of which two cards tell otherwise. A card that says "met" is silent on what is contradicted. */
function toldChanges(before: Told, after: Told): readonly CriterionChange[] {
  const silent = before.outcome === 'met' || after.outcome === 'met';
  return changedStates(saidOf(before), saidOf(after), 'open').filter(
    (c) => !silent || (c.before !== 'contradicted' && c.after !== 'contradicted'),
  );
}

/** Makes a decision again and tells what is different. The same input and policy text give the same assessment id. */
export function replay(decision: Decision, checker: Checker, local: LocalMeaning = {}): Replayed {
  return compared(decision, checkAgain(decision, checker, local), checker);
}

/** The same, with the criteria as they were evaluated. */
export function replayWithTrace(
  decision: Decision,
  checker: Checker,
  local: LocalMeaning = {},
): Replayed & { readonly trace?: CheckedOrder['trace'] } {
  const check = checkAgain(decision, checker, local, true);
  return { ...compared(decision, check, checker), ...(check?.trace !== undefined && { trace: check.trace }) };
}

function compared(decision: Decision, check: CheckedOrder | undefined, { knowledge }: Checker): Replayed {
  const { outcome, reason, assessment, policyVersion, policyHash: hash } = decision;
  const before: CameOut = { outcome, reason, assessment, policyVersion, policyHash: hash };
  const base = { decision: decision.id, policy: decision.policy, before };
  if (check === undefined) return { ...base, same: decision.policy === null, changes: [] };
  const after: CameOut = {
    outcome: check.assessment.outcome,
    reason: check.assessment.reason ?? null,
    assessment: check.id,
    policyVersion: check.policy.input.version,
    policyHash: policyHash(check.policy),
  };
  return {
    ...base,
    after,
    same: after.assessment === before.assessment,
    changes: toldChanges(JSON.parse(decision.result) as Told, checkedExtension(check, knowledge.studies) as Told),
  };
}
