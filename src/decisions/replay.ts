import { isObject } from '../chart/json.ts';
import type { LocalCodes } from '../chart/read-context.ts';
import { ReadContext } from '../chart/read-context.ts';
import { PatientScope } from '../chart/references.ts';
import type { RetrievedSection, Section } from '../chart/sections.ts';
import { type CheckedOrder, type Checker, checkOrder, type PatientData } from '../criteria-check/check-order.ts';
import { type Orderables, readOrder } from '../order/order.ts';
import type { Decision } from './decision.ts';
import type { ReplayInput } from './record-decision.ts';

/** One criterion that was decided otherwise. */
export interface CriterionChange {
  readonly criterion: string;
  readonly before: string;
  readonly after: string;
}

/** A decision made again, with the policies of today. */
export interface Replayed {
  readonly decision: string;
  readonly policy: string | null;
  readonly before: { readonly outcome: string; readonly reason: string | null; readonly assessment: string };
  readonly after?: { readonly outcome: string; readonly reason: string | null; readonly assessment: string };
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
export function checkAgain(decision: Decision, checker: Checker, local: LocalMeaning = {}): CheckedOrder | undefined {
  const input = JSON.parse(decision.input) as ReplayInput;
  if (!isObject(input.order) || input.payer === undefined) return undefined;
  const scope = new PatientScope(input.patientId, input.base);
  const { codes, studies } = checker.knowledge;
  const ctx = new ReadContext(codes, studies, local.localCodes);
  const order = readOrder(input.order, scope, studies, ctx, input.now, local.orderables);
  if (order === undefined) return undefined;
  const check = checkOrder(order, dataOf(input, local), checker);
  return check?.kind === 'checked' ? check : undefined;
}

interface Result {
  readonly satisfied?: readonly { readonly criterion: string }[];
  readonly contradicted?: readonly { readonly criterion: string }[];
}

/** What an assessment said of its criteria: satisfied or contradicted. */
function saidOf(result: Result): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  for (const { criterion } of result.contradicted ?? []) out.set(criterion, 'contradicted');
  for (const { criterion } of result.satisfied ?? []) out.set(criterion, 'satisfied');
  return out;
}

/** The criteria that two assessments tell otherwise. */
export function criterionChanges(before: Result, after: Result): readonly CriterionChange[] {
  const [was, is] = [saidOf(before), saidOf(after)];
  return [...new Set([...was.keys(), ...is.keys()])].sort().flatMap((criterion) => {
    const [b, a] = [was.get(criterion) ?? 'open', is.get(criterion) ?? 'open'];
    return b === a ? [] : [{ criterion, before: b, after: a }];
  });
}

/** Makes a decision again and tells what is different. The same input and policy text give the same assessment id. */
export function replay(decision: Decision, checker: Checker, local: LocalMeaning = {}): Replayed {
  const before = { outcome: decision.outcome, reason: decision.reason, assessment: decision.assessment };
  const base = { decision: decision.id, policy: decision.policy, before };
  const check = checkAgain(decision, checker, local);
  if (check === undefined) return { ...base, same: decision.policy === null, changes: [] };
  const { assessment } = check;
  const after = { outcome: assessment.outcome, reason: assessment.reason ?? null, assessment: check.id };
  return {
    ...base,
    after,
    same: after.assessment === before.assessment,
    changes: criterionChanges(JSON.parse(decision.result) as Result, assessment),
  };
}
