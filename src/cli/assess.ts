import { checkBundle, type OrderWish } from '../criteria-check/check-bundle.ts';
import type { Checker, OrderCheck } from '../criteria-check/order-check.ts';
import { type Interval, parseDate } from '../dates/day.ts';
import { candidatesFor } from '../facts/candidates.ts';
import { droppedFor } from '../facts/dropped-evidence.ts';
import type { PlaceInput } from '../policy/schema.ts';
import { KnownCodes } from '../terminology/known-codes.ts';
import { meant } from '../yaml/nearest-names.ts';
import { type Command, loadChecker, UsageError, withChart } from './command.ts';
import { checkAsJson, checkAsText } from './print-check.ts';
import { explanation, findNodes } from './print-trace.ts';
import { checkAsTree, uncheckedAsTree } from './print-tree.ts';
import { ungovernedAsText } from './print-ungoverned.ts';
import { readArgs } from './read-args.ts';
import { namedEhr } from './registry.ts';

/** The options that say what is ordered, shared by the commands that check charts. */
export const ORDER_OPTIONS = {
  study: { type: 'string' },
  payer: { type: 'string' },
  line: { type: 'string' },
  date: { type: 'string' },
  reason: { type: 'string', multiple: true },
  ehr: { type: 'string' },
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
  if (study !== undefined && checker.knowledge.studies.get(study)?.orderable !== true) {
    const codes = checker.knowledge.studies.studies.filter((s) => s.orderable).map((s) => s.code);
    throw new UsageError(`--study: ${study} is no study of policies/studies.yaml; ${meant(study, codes)}`);
  }
  const name = values.payer as string | undefined;
  const { payers } = checker.knowledge;
  const payer = name === undefined ? undefined : (payers.get(name) ?? payers.find({ names: [name], identifiers: [] }));
  if (name !== undefined && payer === undefined)
    throw new UsageError(
      `--payer: "${name}" is not in policies/payers.yaml; expected one of ${payers.payers.map((p) => p.id).join(', ')}, or a name`,
    );
  const line = LINES.find((l) => l === values.line);
  if (values.line !== undefined && line === undefined) throw new UsageError(`--line: expected ${LINES.join(', ')}`);
  const reasons = (values.reason ?? []) as string[];
  const known = reasons.length === 0 ? undefined : new KnownCodes();
  for (const reason of reasons) {
    const problem = known?.problem('icd10cm', reason);
    if (problem !== undefined) throw new UsageError(`--reason: ${problem}`);
  }
  const ehr = namedEhr(values.ehr as string | undefined, checker);
  return {
    ...(study !== undefined && { study }),
    ...(payer !== undefined && { payer: payer.id }),
    ...(line !== undefined && { lineOfBusiness: line }),
    ...(ehr !== undefined && { local: ehr }),
    reasons,
    date: dateOf(values.date),
  };
}

/** The ids of the paths of a section. */
function pathsOf(places: readonly PlaceInput[], section: string, inside = false): readonly string[] {
  return places.flatMap((place) => {
    const within = inside || place.id === section;
    if ('paths' in place) return pathsOf(place.paths, section, within);
    return within ? [place.id] : [];
  });
}

/** A section, a passage or a criterion with every resource that was looked at for it. @throws UsageError when there is none of this id */
function explain(check: OrderCheck, criterion: string, { knowledge }: Checker): readonly string[] {
  if (check.kind === 'unchecked' || check.trace === undefined) return ['not checked: there is no criteria tree'];
  const traces = [...check.trace.exclusions, ...check.trace.paths];
  const own = findNodes(traces, criterion);
  const inSection = new Set(pathsOf(check.policy.input.indications, criterion));
  const found = own.length > 0 ? own : traces.filter((t) => inSection.has(t.id?.split('@')[0] ?? ''));
  if (found.length === 0) {
    const known = traces.flatMap((t) => (t.id === undefined ? [] : [t.id.replace(/@\w+$/, '')]));
    const sections = check.policy.input.indications.map((p) => p.id);
    throw new UsageError(
      `--explain: ${check.policy.id} has no "${criterion}"; ${meant(criterion, [...known, ...sections])}; "policy show ${check.policy.id}" lists all`,
    );
  }
  const { chart } = check;
  return found.flatMap((t) =>
    explanation(t, {
      dropped: (fact) => droppedFor(fact, chart, knowledge.vocabulary),
      candidates: (fact) => candidatesFor(fact, chart, knowledge.vocabulary),
    }),
  );
}

/** What is printed of one check. */
function lines(
  check: OrderCheck,
  checker: Checker,
  values: { readonly explain?: string | undefined; readonly card?: boolean; readonly all?: boolean },
): readonly string[] {
  if (values.explain !== undefined) return explain(check, values.explain, checker);
  if (values.card === true) return checkAsText(check, checker);
  return check.kind === 'checked' ? checkAsTree(check, values.all === true) : uncheckedAsTree(check);
}

export const assess: Command = {
  usage: 'assess BUNDLE.json [--study CODE] [--payer PAYER] [--line LINE] [--date DATE] [--reason ICD10]...',
  help: `Checks an order against the chart of one patient: a FHIR R4 Bundle with the Patient and everything about it. What the
Bundle does not hold does not exist. Prints the outcome and the criteria as a tree, each leaf with its evidence.

  --study CODE        CPT code of the order; default: the draft and active imaging orders in the Bundle
  --payer PAYER       id or name of the payer; default: the Coverages in the Bundle
  --line LINE         line of business with --payer: commercial (default), medicare, medicaid
  --date DATE         date of the order, YYYY-MM-DD; default: today
  --reason ICD10      an ICD-10-CM code of the order; may be given again
  --ehr ID            an EHR of the registry: its local codes and orderables are understood
  --explain CRITERION one section, passage or criterion by its id, with every resource that was looked at for it, and why it
                      counted, spoke against, helps to answer (lead), was ignored, or was dropped from the chart before
  --all               also silent red flags, indications that are not about this patient, and exclusions that do not hold
  --card              the text of the card instead
  --json              the assessment as cards carry it`,
  examples: [
    ['assess chart.json --study 72148 --payer cigna', 'an order of today for the chart'],
    ['assess chart.json --study 72148 --payer cigna --date 2025-06-01 --reason M54.50', 'as of a day, with a reason'],
    ['assess chart.json --study 72148 --payer cigna --explain SP-5.1', 'why each resource did or did not count'],
  ],
  run(args, out) {
    const { values, positionals } = readArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...ORDER_OPTIONS,
        json: { type: 'boolean' },
        explain: { type: 'string' },
        all: { type: 'boolean' },
        card: { type: 'boolean' },
      },
    });
    const [file] = positionals;
    if (file === undefined || positionals.length > 1) throw new UsageError('assess: expected one file');
    const checker = loadChecker();
    if (values.line !== undefined && values.payer === undefined) throw new UsageError('--line: goes with --payer');
    if (values.reason !== undefined && values.study === undefined)
      throw new UsageError('--reason: goes with --study; the orders of the Bundle have their own');
    const wish = orderWish(values, checker);
    const { checks, ungoverned, data } = withChart(file, (bundle) => checkBundle(bundle, wish, checker));
    if (values.json === true) {
      const found = checks.map((c) => checkAsJson(c, checker));
      out(JSON.stringify(found, null, 2));
      return 0;
    }
    if (checks.length + ungoverned.length === 0)
      out(
        'The chart holds no draft or active ServiceRequest for a study of policies/studies.yaml; --study CODE supposes an order.',
      );
    for (const [i, check] of checks.entries()) {
      if (i > 0) out('');
      for (const line of lines(check, checker, values)) out(line);
    }
    for (const [i, order] of ungoverned.entries()) {
      if (i + checks.length > 0) out('');
      for (const line of ungovernedAsText({ order, data }, checker)) out(line);
    }
    return 0;
  },
};
