import type { Checker } from '../criteria-check/order-check.ts';
import { parseDate } from '../dates/day.ts';
import { checkAgain } from '../decisions/replay.ts';
import { comparePolicies, type PassageChange, type PolicyDiff } from '../policy/diff/compare-policies.ts';
import { readConfig } from '../server/config.ts';
import { type ChangedCase, changedCase, changedVignettes, checkerWith } from '../vignettes/compare-texts.ts';
import { loadVignettes } from '../vignettes/run.ts';
import { type Command, loadChecker, UsageError, withFile } from './command.ts';
import { allDecisions, instantOf, settingsStore } from './decisions.ts';
import { namedText } from './named-text.ts';
import { readArgs } from './read-args.ts';
import { loadRegistry } from './registry.ts';

const SIGNS: Readonly<Record<PassageChange['kind'], string>> = {
  added: '+',
  removed: '-',
  tightened: '<',
  loosened: '>',
  changed: '~',
  reworded: '=',
};

function changeLines({ kind, part, id, label, cite, leaves, studies }: PassageChange): readonly string[] {
  const what = part === 'indication' ? '' : `${part} `;
  return [
    `${SIGNS[kind]} ${kind.padEnd(10)} ${what}${id} (${cite}): ${label}`,
    ...leaves.added.map((l) => `      + ${l}`),
    ...leaves.removed.map((l) => `      - ${l}`),
    ...(studies.added.length > 0 ? [`      + studies ${studies.added.join(', ')}`] : []),
    ...(studies.removed.length > 0 ? [`      - studies ${studies.removed.join(', ')}`] : []),
  ];
}

function diffLines({ from, to, governs, changes }: PolicyDiff): readonly string[] {
  const title = (p: PolicyDiff['from']): string => `${p.id} ${p.version} (${p.effective})`;
  return [
    `${title(from)} → ${title(to)}`,
    ...(governs.added.length > 0 ? [`+ governs ${governs.added.join(', ')}`] : []),
    ...(governs.removed.length > 0 ? [`- governs no longer ${governs.removed.join(', ')}`] : []),
    ...(changes.length === 0 ? ['no criterion differs'] : changes.flatMap((c) => changeLines(c))),
  ];
}

const caseLines = (cases: readonly ChangedCase[]): readonly string[] =>
  cases.flatMap((c) => [
    `  ${c.id}: ${c.before} → ${c.after}${c.title === undefined ? '' : `  (${c.title})`}`,
    ...c.criteria.map((x) => `      ${x.criterion}: ${x.before} → ${x.after}`),
  ]);

/** The vignettes of a file or folder for a policy. @throws UsageError when there is none */
function vignettesOf(path: string, policy: string): Parameters<typeof changedVignettes>[0] {
  const found = withFile(path, () => loadVignettes(path))
    .flatMap((f) => f.vignettes)
    .filter((v) => v.policy === policy);
  if (found.length === 0) throw new UsageError(`--vignettes: ${path} holds no vignette (*.yaml) of ${policy}`);
  return found;
}

/** The recorded decisions whose outcome differs under the two texts. */
async function changedDecisions(
  policy: string,
  since: string | undefined,
  before: Checker,
  after: Checker,
): Promise<{ readonly compared: number; readonly cases: readonly ChangedCase[] }> {
  const registry = loadRegistry(after);
  const store = await settingsStore();
  const cases: ChangedCase[] = [];
  let compared = 0;
  const query = {
    policy,
    base: 'cds' as const,
    mode: 'live' as const,
    ...(since !== undefined && { since: instantOf('since', since) }),
  };
  for await (const decision of allDecisions(store, query)) {
    const local = registry.byId(decision.ehr ?? '') ?? {};
    const [was, is] = [before, after].map((c) => checkAgain(decision, c, local, true));
    if (was === undefined && is === undefined) continue;
    compared++;
    cases.push(...changedCase({ id: decision.id }, was, is));
  }
  await store.close();
  return { compared, cases };
}

export const policyDiff: Command = {
  usage: 'policy diff A B [--date DATE] [--vignettes PATH] [--decisions [--since DATE]] [--json]',
  help: `Compares two texts of a policy: a file, or "id" or "id@effective-date" of the policies folder. Passages and exclusions are
added (+), removed (-), tightened (<: fewer patients fulfil it), loosened (>), changed in both directions or otherwise (~) or only
reworded (=), with the leaves and studies that differ. Tighter or looser is found by evaluating both texts over the same made-up
patients.

  --date DATE        texts with dates of their own are compared as in force on this day; default: the effective date of B
  --vignettes PATH   a file or folder of vignettes: the cases whose outcome changes, and by which criterion
  --decisions        the recorded decisions whose outcome changes (those of the settings; plain base)
  --since DATE       with --decisions: recorded since this date (UTC)
  --json             as JSON`,
  examples: [
    [
      'policy diff harbor-lumbar-mri@2026-03-01 harbor-lumbar-mri --vignettes test/vignettes',
      'two texts, and the cases that come out otherwise',
    ],
    ['policy diff policies/harbor/lumbar-mri/2026-03-01.yaml draft.yaml --json', 'two files, for a program'],
  ],
  async run(args, out) {
    const { values, positionals } = readArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        date: { type: 'string' },
        vignettes: { type: 'string' },
        decisions: { type: 'boolean', default: false },
        since: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const [a, b] = positionals;
    if (a === undefined || b === undefined || positionals.length > 2)
      throw new UsageError('policy diff: expected two texts');
    if (values.since !== undefined && !values.decisions) throw new UsageError('--since: goes with --decisions');
    const checker = loadChecker();
    const [from, to] = [namedText(a, checker, 'policy diff'), namedText(b, checker, 'policy diff')];
    const on = parseDate(values.date ?? to.input.effective);
    if (on === undefined || on.lo !== on.hi)
      throw new UsageError(`--date: expected YYYY-MM-DD, found "${values.date ?? to.input.effective}"`);
    const diff = comparePolicies(from, to, on.lo, checker.knowledge.vocabulary);
    const [before, after] = [checkerWith(from, from.id, checker), checkerWith(to, from.id, checker)];
    const vignettes = values.vignettes === undefined ? undefined : vignettesOf(values.vignettes, from.id);
    const changed =
      vignettes === undefined
        ? undefined
        : changedVignettes(vignettes, before, after, readConfig(process.env).CANONICAL_BASE);
    const decisions = values.decisions ? await changedDecisions(from.id, values.since, before, after) : undefined;
    if (values.json) {
      out(
        JSON.stringify({ ...diff, ...(changed && { vignettes: changed }), ...(decisions && { decisions }) }, null, 2),
      );
      return 0;
    }
    for (const line of diffLines(diff)) out(line);
    if (changed !== undefined) {
      out(`${vignettes?.length ?? 0} vignettes tried, ${changed.length} with another outcome`);
      for (const line of caseLines(changed)) out(line);
    }
    if (decisions !== undefined) {
      out(`${decisions.compared} recorded decisions tried, ${decisions.cases.length} with another outcome`);
      for (const line of caseLines(decisions.cases)) out(line);
    }
    return 0;
  },
};
