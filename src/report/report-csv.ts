import { csvField } from '../batch/batch-row.ts';
import { OUTCOMES } from '../policy/assessment.ts';
import type { Tally } from './tally-orders.ts';

/** The figures of a report as one CSV: a line for each count, told apart by its kind. */
export function reportCsv(tally: Tally): string {
  const rows: (readonly (string | number)[])[] = [['kind', 'policy', 'month', 'item', 'measure', 'orders']];
  for (const { policy, month, outcomes } of tally.months)
    for (const outcome of OUTCOMES) rows.push(['outcome', policy, month, outcome, 'orders', outcomes[outcome]]);
  for (const c of tally.criteria)
    for (const measure of ['decided', 'contradicted', 'excluded', 'missing'] as const)
      rows.push(['criterion', c.policy, '', c.criterion, measure, c[measure]]);
  for (const f of tally.facts)
    for (const measure of ['alone', 'orders'] as const) rows.push(['fact', '', '', f.fact, measure, f[measure]]);
  return rows.map((row) => `${row.map(csvField).join(',')}\n`).join('');
}
