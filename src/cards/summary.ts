import type { CheckedOrder, UncheckedOrder } from '../criteria-check/check-order.ts';
import { list, shorten, URGENT } from './words.ts';

/** CDS Hooks wants fewer than 140 characters. */
const MAX = 139;

function story(check: CheckedOrder): string {
  const { assessment, study, payer } = check;
  const by = `${payer.shortName ?? payer.name}${payer.assumed ? ' (assumed payer)' : ''}`;
  const where = assessment.satisfied[0]?.cite;
  switch (assessment.outcome) {
    case 'met':
      return `${study.code}: the chart documents the ${by} criteria${where === undefined ? '' : ` (${where})`}.`;
    case 'alternative':
      return `${by} criteria name ${assessment.alternatives.slice(0, 2).join(' or ')} instead of ${study.code}${where === undefined ? '' : ` (${where})`}.`;
    case 'not-required':
      return `${study.code}: ${by} needs no review (${assessment.satisfied[0]?.label ?? 'exempt'}).`;
    case 'not-met': {
      const [against] = assessment.contradicted;
      const start = `${study.code}: the chart does not meet the ${by} criteria`;
      if (against === undefined) return `${start}.`;
      return assessment.reason === 'exclusion'
        ? `${start}: ${against.label} (excluded).`
        : `${start}. ${against.label}: ${against.why}.`;
    }
    case 'undetermined':
      return `${study.code}: ${by} criteria open: ${openPoint(check)}.`;
  }
}

function openPoint({ assessment }: CheckedOrder): string {
  if (assessment.reason === 'data-unavailable') return 'part of the chart could not be read';
  if (assessment.reason === 'reviewer') return 'left to a reviewer';
  if (assessment.missing.length > 0) {
    return `not documented: ${list(
      assessment.missing.map((m) => m.label),
      2,
    )}`;
  }
  if (assessment.reason === 'no-indication') return 'no indication of the policy is on file';
  return 'documentation is missing';
}

/** The sentence that tells the story alone. */
export function checkedSummary(check: CheckedOrder): string {
  const text = story(check);
  if (check.urgent.length === 0) return shorten(text, MAX);
  return `${URGENT}. ${shorten(text, MAX - URGENT.length - 2)}`;
}

/** The sentence for an order whose coverage is not known for sure. */
export function uncheckedSummary(check: UncheckedOrder): string {
  const why = check.reason === 'coverage-unavailable' ? 'the coverage could not be read' : 'several coverages apply';
  return shorten(`${check.study.code}: criteria not checked, as ${why}.`, MAX);
}
