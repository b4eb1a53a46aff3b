import type { CheckedOrder, UncheckedOrder } from '../criteria-check/check-order.ts';
import type { Assessment } from '../policy/assessment.ts';
import { list, lowerFirst, ofOtherWays, shorten, URGENT } from './words.ts';

/** CDS Hooks wants fewer than 140 characters. */
const MAX = 139;

/** @param most how many open points are named; the others are counted */
function story(check: CheckedOrder, most: number): string {
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
        ? `${study.code}: excluded by the ${by} criteria: ${lowerFirst(against.label)}.`
        : `${start}. ${against.label}: ${against.why}.`;
    }
    case 'undetermined':
      return `${study.code}: ${by} criteria open: ${openPoint(check, most)}.`;
  }
}

/** What the nearest way lacks, and what an exclusion asks; questions of other ways do not add to it. */
const openLabels = (assessment: Assessment): readonly string[] => {
  const first = assessment.missing.filter((m) => !ofOtherWays(assessment, m));
  return (first.length > 0 ? first : assessment.missing).map((m) => m.label);
};

function openPoint({ assessment }: CheckedOrder, most: number): string {
  if (assessment.reason === 'data-unavailable') return 'part of the chart could not be read';
  if (assessment.reason === 'reviewer') return 'left to a reviewer';
  const others = assessment.paths[0]?.otherStudies;
  if (others !== undefined) return `what is on file concerns ${others.slice(0, 2).join(' or ')}, not this study`;
  if (assessment.missing.length > 0) return `not documented: ${list(openLabels(assessment), most)}`;
  if (assessment.reason === 'no-indication') return 'no indication of the policy is on file';
  return 'documentation is missing';
}

/** The sentence that tells the story alone. */
export function checkedSummary(check: CheckedOrder): string {
  const start = check.urgent.length === 0 ? '' : `${URGENT}. `;
  const max = MAX - start.length;
  const texts = [2, 1].map((most) => story(check, most));
  return start + (texts.find((text) => text.length <= max) ?? shorten(texts[1] ?? '', max));
}

/** The sentence for an order whose coverage is not known for sure. */
export function uncheckedSummary(check: UncheckedOrder): string {
  const why = check.reason === 'coverage-unavailable' ? 'the coverage could not be read' : 'several coverages apply';
  return shorten(`${check.study.code}: criteria not checked, as ${why}.`, MAX);
}
