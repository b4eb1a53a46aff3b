import { parseArgs } from 'node:util';
import { checkBundle, type OrderWish } from '../criteria-check/check-bundle.ts';
import type { Checker, OrderCheck } from '../criteria-check/check-order.ts';
import { type Interval, parseDate } from '../dates/day.ts';
import { type Command, loadChecker, readJson, UsageError } from './command.ts';
import { checkAsJson, checkAsText } from './print-check.ts';
import { traceAsText } from './print-trace.ts';

/** The options that say what is ordered, shared by the commands that check charts. */
export const ORDER_OPTIONS = {
  study: { type: 'string' },
  payer: { type: 'string' },
  line: { type: 'string' },
  date: { type: 'string' },
  reason: { type: 'string', multiple: true },
} as const;

type OrderValues = { readonly [K in keyof typeof ORDER_OPTIONS]?: string | string[] | undefined };
const LINES = ['commercial', 'medicare', 'medicaid'] as const;

function dateOf(value: unknown): Interval {
  if (value === undefined) {
    const today = Math.floor(Date.now() / 86_400_000);
    return { lo: today, hi: today, at: Date.now() };
  }
  const date = parseDate(value);
  if (date === undefined || date.lo !== date.hi) throw new UsageError(`--date: expected YYYY-MM-DD, found "${value}"`);
  return date;
}

/** Reads what is ordered. @throws UsageError naming the option */
export function orderWish(values: OrderValues, checker: Checker): OrderWish {
  const study = values.study as string | undefined;
  if (study !== undefined && checker.knowledge.studies.get(study)?.orderable !== true)
    throw new UsageError(`--study: ${study} is no study of policies/studies.yaml`);
  const name = values.payer as string | undefined;
  const { payers } = checker.knowledge;
  const payer = name === undefined ? undefined : (payers.get(name) ?? payers.find({ names: [name], identifiers: [] }));
  if (name !== undefined && payer === undefined)
    throw new UsageError(`--payer: expected one of ${payers.payers.map((p) => p.id).join(', ')}`);
  const line = LINES.find((l) => l === values.line);
  if (values.line !== undefined && line === undefined) throw new UsageError(`--line: expected ${LINES.join(', ')}`);
  return {
    ...(study !== undefined && { study }),
    ...(payer !== undefined && { payer: payer.id }),
    ...(line !== undefined && { lineOfBusiness: line }),
    reasons: (values.reason ?? []) as string[],
    date: dateOf(values.date),
  };
}

function explain(check: OrderCheck, criterion: string): readonly string[] {
  if (check.kind === 'unchecked' || check.trace === undefined) return ['not checked: there is no criteria tree'];
  const found = [...check.trace.exclusions, ...check.trace.paths].filter(
    (t) => t.id === criterion || t.id?.startsWith(`${criterion}@`) === true,
  );
  if (found.length === 0) {
    const known = [...check.trace.exclusions, ...check.trace.paths].flatMap((t) => t.id ?? []);
    throw new UsageError(`--explain: there is no "${criterion}"; this policy has ${known.join(', ')}`);
  }
  return found.flatMap((t) => traceAsText(t));
}

export const assess: Command = {
  usage: 'assess BUNDLE.json [--study CODE] [--payer PAYER] [--line LINE] [--date DATE] [--reason ICD10]...',
  summary: 'check an order against the chart in a FHIR Bundle',
  help: `Checks an order against the chart of one patient: a FHIR R4 Bundle with the Patient and everything about it. What the
Bundle does not hold does not exist.

  --study CODE        CPT code of the order; default: the draft and active imaging orders in the Bundle
  --payer PAYER       id or name of the payer; default: the Coverages in the Bundle
  --line LINE         line of business with --payer: commercial (default), medicare, medicaid
  --date DATE         date of the order, YYYY-MM-DD; default: today
  --reason ICD10      an ICD-10-CM code of the order; may be given again
  --explain CRITERION the criteria tree of one passage as it was evaluated, with the evidence of each leaf
  --json              the assessment as cards carry it`,
  run(args, out) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...ORDER_OPTIONS, json: { type: 'boolean' }, explain: { type: 'string' } },
    });
    const [file] = positionals;
    if (file === undefined || positionals.length > 1) throw new UsageError('assess: expected one file');
    const checker = loadChecker();
    const checks = checkBundle(readJson(file), orderWish(values, checker), checker);
    if (values.json === true)
      out(
        JSON.stringify(
          checks.map((c) => checkAsJson(c, checker)),
          null,
          2,
        ),
      );
    else if (checks.length === 0) out('No policy governs an imaging order of this chart.');
    for (const check of values.json === true ? [] : checks)
      for (const line of values.explain === undefined ? checkAsText(check, checker) : explain(check, values.explain))
        out(line);
    return 0;
  },
};
