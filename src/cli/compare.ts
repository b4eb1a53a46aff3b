import { compareBundle } from '../criteria-check/compare.ts';
import type { CheckedOrder, Checker } from '../criteria-check/order-check.ts';
import { type Day, formatDay } from '../dates/day.ts';
import { ORDER_OPTIONS, orderWish } from './assess.ts';
import { type Command, loadChecker, UsageError, withChart } from './command.ts';
import { checkAsJson } from './print-check.ts';
import { table } from './print-table.ts';
import { readArgs } from './read-args.ts';
import { NOT_ON_FILE, spanOf } from './text-span.ts';

const FEW = 3;
/** Characters of a line; what is missing goes on in the next. */
const WIDTH = 140;
const few = (items: readonly string[]): string =>
  items.length <= FEW ? items.join('; ') : `${items.slice(0, FEW).join('; ')}; and ${items.length - FEW} more`;

/** The criterion that decided, or the one that is nearest to being met. */
function deciding({ assessment }: CheckedOrder): string {
  const { outcome, satisfied, contradicted, paths, blocked } = assessment;
  if (outcome === 'met' || outcome === 'not-required' || outcome === 'alternative')
    return few(satisfied.map((s) => s.criterion));
  if (blocked !== undefined) return blocked.exclusion;
  if (outcome === 'not-met') return few(contradicted.map((c) => c.criterion));
  const [nearest] = paths;
  if (nearest === undefined) return '';
  return `nearest: ${nearest.criterion}${nearest.otherStudies === undefined ? '' : ` (for ${nearest.otherStudies.slice(0, 2).join(', ')})`}`;
}

/** What would have to be documented, done or waited for. */
function lacking({ assessment }: CheckedOrder): string {
  if (assessment.outcome === 'met' || assessment.outcome === 'not-required') return '';
  const nearest = assessment.paths[0]?.needs.map((n) => n.label) ?? assessment.missing.map((m) => m.label);
  return few([...new Set(nearest)]);
}

const outcome = ({ assessment }: CheckedOrder): string =>
  [
    assessment.outcome,
    ...(assessment.reason === undefined ? [] : [`(${assessment.reason})`]),
    ...(assessment.alternatives.length === 0 ? [] : [assessment.alternatives.join(', ')]),
  ].join(' ');

/** That no text governs a study on a day, and which texts do on other days, or for other charts. */
function nobody(study: string, on: Day, { knowledge: { policies } }: Checker): string {
  const texts = policies.policies.filter((p) => p.governs.has(study));
  const head = `No policy governs ${study} on ${formatDay(on)}`;
  if (texts.length === 0) return `${head} or any other day.`;
  const [silent, others] = [true, false].map((now) => texts.filter((p) => (policies.inForce(p.id, on) === p) === now));
  return [
    `${head}.`,
    ...(others?.length ? [`Texts that do: ${others.map((p) => `${p.id} ${spanOf(p)}`).join('; ')}.`] : []),
    ...(silent ?? []).map((p) => `${p.id} ${NOT_ON_FILE}.`),
  ].join(' ');
}

export const compare: Command = {
  usage: 'compare BUNDLE.json --study CODE [--line LINE] [--date DATE] [--reason ICD10]... [--ehr ID] [--json]',
  help: `Checks one order against every policy that governs the study on its date, whatever the patient's coverage is, and prints a
table: outcome, the criterion that decided (or the nearest one), and what is missing for it.

  --study CODE    CPT code of the order
  --line LINE     line of business: commercial (default), medicare, medicaid
  --date DATE     date of the order, YYYY-MM-DD; default: today
  --reason ICD10  an ICD-10-CM code of the order; may be given again
  --ehr ID        an EHR of the registry: its local codes are understood
  --json          the assessments as cards carry them`,
  examples: [
    ['compare chart.json --study 72148', 'an order of today under every policy'],
    ['compare chart.json --study 72148 --line medicare --date 2025-06-01', 'for a Medicare plan, as of a day'],
  ],
  run(args, out) {
    const { values, positionals } = readArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...ORDER_OPTIONS, json: { type: 'boolean' } },
    });
    const [file] = positionals;
    if (file === undefined || positionals.length > 1) throw new UsageError('compare: expected one file');
    if (values.study === undefined) throw new UsageError('compare: expected --study CODE');
    if (values.payer !== undefined) throw new UsageError('compare: every payer is compared; leave --payer out');
    const checker = loadChecker();
    const wish = orderWish(values, checker);
    const checks = withChart(file, (bundle) => compareBundle(bundle, wish, checker));
    if (values.json === true)
      out(
        JSON.stringify(
          checks.map((c) => checkAsJson(c, checker)),
          null,
          2,
        ),
      );
    else if (checks.length === 0) out(nobody(values.study, wish.date.hi, checker));
    else {
      const rows = checks.map((c) => [c.policy.id, outcome(c), deciding(c), lacking(c)]);
      for (const line of table(['policy', 'outcome', 'criterion', 'missing'], rows, WIDTH)) out(line);
    }
    return 0;
  },
};
