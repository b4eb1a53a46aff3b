import type { CheckedOrder, OrderCheck } from '../criteria-check/order-check.ts';
import { formatDay } from '../dates/day.ts';

/** One order of a batch as it was assessed: ids, codes and dates, nothing else of the chart. */
export interface BatchRow {
  readonly patient: string;
  readonly order: string;
  readonly study: string;
  /** YYYY-MM-DD */
  readonly asOf: string;
  readonly payer?: string;
  readonly lineOfBusiness?: string;
  readonly policy?: string;
  readonly version?: string;
  readonly outcome: string;
  readonly reason?: string;
  /** the outcome with every unknown read as no */
  readonly asDocumented?: string;
  readonly satisfied: readonly string[];
  readonly contradicted: readonly string[];
  /** criteria of the nearest ways to met */
  readonly nearest: readonly string[];
  /** facts that would settle it */
  readonly missing: readonly string[];
  /** facts that the nearest way needs, each once */
  readonly needs: readonly string[];
  readonly alternatives: readonly string[];
  readonly urgent: boolean;
  /** types of resources of which a line was lost that names nobody, where the outcome would be another if it were this patient's; "*": of any type */
  readonly mayLack?: readonly string[];
}

const checkedRow = (patient: string, { assessment, policy, payer, ...check }: CheckedOrder): BatchRow => ({
  patient,
  order: check.order.ref,
  study: check.study.code,
  asOf: formatDay(check.order.asOf.hi),
  payer: payer.id,
  lineOfBusiness: payer.lineOfBusiness,
  policy: policy.id,
  version: policy.input.version,
  outcome: assessment.outcome,
  ...(assessment.reason !== undefined && { reason: assessment.reason }),
  asDocumented: assessment.asDocumented,
  satisfied: assessment.outcome === 'undetermined' ? [] : [...new Set(assessment.satisfied.map((s) => s.criterion))],
  contradicted: [...new Set(assessment.contradicted.map((c) => c.criterion))],
  nearest: assessment.paths.map((p) => p.criterion),
  missing: assessment.missing.map((m) => m.fact),
  needs: [...new Set((assessment.paths[0]?.needs ?? []).map((n) => n.fact))],
  alternatives: assessment.alternatives,
  urgent: check.urgent.length > 0,
});

/** The row of a checked order. */
export const batchRow = (patient: string, check: OrderCheck): BatchRow =>
  check.kind === 'checked'
    ? checkedRow(patient, check)
    : {
        patient,
        order: check.order.ref,
        study: check.study.code,
        asOf: formatDay(check.order.asOf.hi),
        outcome: 'undetermined',
        reason: check.reason,
        satisfied: [],
        contradicted: [],
        nearest: [],
        missing: [],
        needs: [],
        alternatives: [],
        urgent: false,
      };

const COLUMNS = [
  'patient',
  'order',
  'study',
  'asOf',
  'payer',
  'lineOfBusiness',
  'policy',
  'version',
  'outcome',
  'reason',
  'asDocumented',
  'satisfied',
  'contradicted',
  'nearest',
  'missing',
  'needs',
  'alternatives',
  'urgent',
  'mayLack',
] as const satisfies readonly (keyof BatchRow)[];

/**
 * One field of a CSV line (RFC 4180). A text that a spreadsheet would take for a formula is set off by an apostrophe.
 */
export function csvField(value: unknown): string {
  const text = Array.isArray(value) ? value.join(' ') : String(value ?? '');
  const safe = /^[=+@\t\r]|^-(?!\d)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The heading of the CSV form. */
export const CSV_HEADING = COLUMNS.join(',');

/** A row in the CSV form; lists are separated by spaces. */
export const csvRow = (row: BatchRow): string => COLUMNS.map((c) => csvField(row[c])).join(',');
