import { unseen } from '../cards/detail.ts';
import { asOfText } from '../criteria-check/check-order.ts';
import type { CheckedOrder, UncheckedOrder } from '../criteria-check/order-check.ts';
import { formatDay } from '../dates/day.ts';
import type { Trace } from '../policy/assessment.ts';
import { traceAsText } from './print-trace.ts';

const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);
const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...indent(lines)];
const regionless = (id: string): string => id.replace(/@\w+$/, '');
/** The ids of passages, each once for all regions. */
const ids = (traces: readonly Trace[]): string =>
  [...new Set(traces.flatMap((t) => (t.id === undefined ? [] : [regionless(t.id)])))].join(', ');

/** The outcome with its reason, and the days on which time alone changes it. */
function outcomeLine({ assessment }: CheckedOrder): string {
  const { outcome, reason, asDocumented, earliest, validUntil } = assessment;
  return [
    `${outcome}${reason === undefined ? '' : ` (${reason})`}`,
    ...(outcome === asDocumented ? [] : [`with this chart alone: ${asDocumented}`]),
    ...(assessment.alternatives.length === 0 ? [] : [`instead: ${assessment.alternatives.join(', ')}`]),
    ...(earliest === undefined ? [] : [`from ${formatDay(earliest)} by time alone`]),
    ...(validUntil === undefined ? [] : [`until ${formatDay(validUntil)}`]),
  ].join('; ');
}

/**
 * A check as a tree: outcome, exclusions, indications in play with the evidence of each leaf, and what is missing.
 * @param all also red flags on which the chart is silent, and indications that are not in play
 */
export function checkAsTree(check: CheckedOrder, all: boolean): readonly string[] {
  const { assessment, study, payer, policy, order } = check;
  const paths = check.trace?.paths ?? [];
  const exclusions = check.trace?.exclusions ?? [];
  const silent = (t: Trace): boolean => t.truth === 'unknown' && assessment.silentScreens.includes(t.label);
  const [quiet, rest] = [paths.filter(silent), paths.filter((t) => !silent(t))];
  const [away, about] = [rest.filter((t) => t.inPlay === 'no'), rest.filter((t) => t.inPlay !== 'no')];
  const asks = new Set(policy.exclusions.filter((e) => e.ifUnknown !== 'ignore').map((e) => e.id));
  const matters = (t: Trace): boolean => t.truth === 'true' || (t.truth === 'unknown' && asks.has(t.id ?? ''));
  const [active, idle] = [exclusions.filter(matters), exclusions.filter((t) => !matters(t))];
  const shown = all ? paths : about;
  const notSeen = unseen(check).map(({ section: name, state }) => `${name} ${state}`);
  return [
    outcomeLine(check),
    `${study.label} (${study.code}), ordered ${asOfText(order)}`,
    `${policy.input.title}, version ${policy.input.version}; ${payer.name} (${payer.lineOfBusiness})`,
    ...(check.exemptIf === undefined ? [] : [check.exemptIf]),
    ...section(
      'Documented red flags',
      check.urgent.map((e) => [e.fact, e.reference, e.date].filter((part) => part !== undefined).join(' ')),
    ),
    ...section(
      'Not required',
      check.trace === undefined ? assessment.satisfied.map((s) => `${s.criterion} (${s.cite}) ${s.label}`) : [],
    ),
    ...section('Exclusions', [
      ...(all ? exclusions : active).flatMap((t) => traceAsText(t, all)),
      ...(all || idle.length === 0 ? [] : [`do not hold: ${ids(idle)}`]),
    ]),
    ...section('Indications (+ true, - false, ? unknown)', [
      ...shown.flatMap((t) => traceAsText(t, all)),
      ...(all || quiet.length === 0 ? [] : [`red flags on which the chart is silent: ${ids(quiet)}`]),
      ...(all || away.length === 0 ? [] : [`not about this patient: ${ids(away)}`]),
    ]),
    ...section('Indications of the policy for this study', assessment.indications ?? []),
    ...section(
      'Would be met with',
      assessment.paths.map((p) => `${p.criterion}: ${[...new Set(p.needs.map((n) => n.label))].join('; ')}`),
    ),
    ...section(
      'Missing',
      assessment.missing.flatMap((m) => [
        `${m.fact}: ${m.ask}`,
        ...(m.instead ?? []).map((f) => `  or ${f.fact}: ${f.label}`),
        ...m.leads.map((l) => `  lead: ${l.reference}${l.date === undefined ? '' : ` ${l.date}`}, ${l.label}`),
      ]),
    ),
    ...section('Not seen whole', notSeen),
  ];
}

/** An order whose coverage is not known for sure, with the outcome under each candidate. */
export const uncheckedAsTree = ({ study, reason, options }: UncheckedOrder): readonly string[] => [
  `undetermined (${reason})`,
  `${study.label} (${study.code})`,
  ...section(
    'Under each coverage',
    options.map((o) => `${o.payer.name} (${o.payer.lineOfBusiness}): ${o.assessment.outcome}, ${o.policy.id}`),
  ),
];
