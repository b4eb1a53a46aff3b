import { relative } from 'node:path';
import type { CheckedOrder, Checker } from '../criteria-check/order-check.ts';
import { readConfig } from '../server/config.ts';
import { KnownCodes } from '../terminology/known-codes.ts';
import { checkerWith } from '../vignettes/compare-texts.ts';
import { CoverageTally, type CriteriaCoverage } from '../vignettes/coverage.ts';
import { differences } from '../vignettes/differences.ts';
import type { Vignette } from '../vignettes/expand.ts';
import { caseOf, checkVignette, loadVignettes, type VignetteFile } from '../vignettes/run.ts';
import { vignetteToFhir } from '../vignettes/to-fhir.ts';
import { unknownCodes } from '../vignettes/unknown-codes.ts';
import { unknownNames } from '../vignettes/unknown-names.ts';
import { meant } from '../yaml/nearest-names.ts';
import { InvalidFileError } from '../yaml/yaml-file.ts';
import { type Command, loadChecker, UsageError, withFile } from './command.ts';
import { namedText } from './named-text.ts';
import { ungovernedAsText } from './print-ungoverned.ts';
import { readArgs } from './read-args.ts';

/** The vignettes of a folder, or of one file of it. @throws UsageError when there are none */
function filesOf(path: string): readonly VignetteFile[] {
  const found = withFile(path, () => loadVignettes(path));
  if (found.length === 0) throw new UsageError(`${path}: expected vignettes (*.yaml)`);
  return found;
}

/** A policy or payer of a file of vignettes that does not exist. */
function strangers({ source }: VignetteFile, { knowledge }: Checker): readonly string[] {
  const { policy, payer } = source.data;
  const ids = knowledge.policies.ids();
  const known = knowledge.payers.payers.map((p) => p.name);
  return [
    ...(ids.includes(policy)
      ? []
      : [`${source.locate(['policy'])} there is no policy "${policy}"; ${meant(policy, ids)}`]),
    ...(knowledge.payers.find({ names: [payer], identifiers: [] }) !== undefined
      ? []
      : [`${source.locate(['payer'])} the payer "${payer}" is not in policies/payers.yaml; ${meant(payer, known)}`]),
  ];
}

/** A place in a file, as its name is seen from here. */
const fromHere = (where: string): string =>
  where.replace(/^(.*?)(:\d+:\d+)$/, (_, file: string, at: string) => relative('', file) + at);

/** On what an assessment rests, for those who expected another. */
function reasons({ assessment }: CheckedOrder): readonly string[] {
  const { outcome, contradicted, missing, silentScreens } = assessment;
  // What an undetermined order lists there are ways of which something is documented.
  const satisfied = outcome === 'undetermined' ? [] : assessment.satisfied;
  const ids = (list: readonly { readonly criterion: string }[]): string =>
    [...new Set(list.map((c) => c.criterion))].join(', ');
  return [
    ...(satisfied.length === 0 ? [] : [`  satisfied: ${ids(satisfied)}`]),
    ...(contradicted.length === 0 ? [] : [`  contradicted: ${ids(contradicted)}`]),
    ...(missing.length === 0
      ? []
      : [`  asks: ${missing.map((m) => `${m.fact} (${m.criteria.join(', ')})`).join('; ')}`]),
    ...(outcome !== 'undetermined' || silentScreens.length === 0
      ? []
      : [`  kept open by red flags on which the chart is silent: ${silentScreens.join('; ')}`]),
  ];
}

/** Why there is no assessment, and what would govern the order. */
function whyNone(vignette: Vignette, checker: Checker, canonicalBase: string): readonly string[] {
  const found = caseOf(vignetteToFhir(vignette, canonicalBase), vignette, checker);
  return found === undefined ? [] : ungovernedAsText(found, checker).map((line) => `  ${line}`);
}

export const vignettes: Command = {
  usage: 'vignettes [PATH] [--policy ID | --text TEXT]',
  help: `Tries vignettes on the policies of the settings (POLICIES): each that does not come out as it expects is told with what differs.
Names and codes that do not exist are refused.
Then the criteria that no vignette decided for, or against, by file, line and column. The exit code is 1 when a vignette fails.

  PATH          a file or folder; default: test/vignettes
  --policy ID   vignettes of this policy alone
  --text TEXT   vignettes of one policy, tried on this text of it and no other, be it a draft: a file, or ID@EFFECTIVE-DATE`,
  examples: [
    ['vignettes test/vignettes/harbor-lumbar-mri.yaml', 'the cases of one file'],
    ['vignettes --policy kaiser-wa-lumbar-mri', 'all cases of one policy'],
    ['vignettes new-cases.yaml --text harbor-lumbar-mri@2026-06-01', 'new cases on a draft'],
  ],
  run(args, out) {
    const { values, positionals } = readArgs({
      args: [...args],
      allowPositionals: true,
      options: { policy: { type: 'string' }, text: { type: 'string' } },
    });
    if (positionals.length > 1) throw new UsageError('vignettes: expected one file or folder');
    if (values.policy !== undefined && values.text !== undefined)
      throw new UsageError('vignettes: --text names the policy too');
    const { CANONICAL_BASE } = readConfig(process.env);
    const path = positionals[0] ?? 'test/vignettes';
    const loaded = loadChecker();
    const text = values.text === undefined ? undefined : namedText(values.text, loaded, '--text');
    const checker = text === undefined ? loaded : checkerWith(text, text.id, loaded);
    const policy = text?.id ?? values.policy;
    const files = filesOf(path).filter((f) => policy === undefined || f.source.data.policy === policy);
    if (files.length === 0) throw new UsageError(`${path} holds no vignette of "${policy}"`);
    refuseUnknown(files, checker);
    const coverage = new CoverageTally();
    let [tried, failed] = [0, 0];
    for (const file of files)
      for (const [i, vignette] of file.vignettes.entries()) {
        tried++;
        const check = checkVignette(vignette, checker, CANONICAL_BASE);
        if (check !== undefined && file.origin !== 'generated') coverage.add(check);
        const found = differences(vignette, check);
        if (found.length === 0) continue;
        failed++;
        out(`${fromHere(file.source.locate(['vignettes', i]))} ${vignette.id}: ${vignette.title}`);
        const why = check === undefined ? whyNone(vignette, checker, CANONICAL_BASE) : reasons(check);
        for (const line of [...found.map((d) => `  ${d}`), ...why]) out(line);
        out(`  why it should be so: ${vignette.why}`);
      }
    const policies = new Set(files.map((f) => f.source.data.policy));
    for (const c of coverage.byPolicy(checker.knowledge)) if (policies.has(c.policy)) tellCoverage(c, out);
    out(`${tried} vignettes tried, ${failed} come out otherwise`);
    return failed > 0 ? 1 : 0;
  },
};

/** @throws InvalidFileError for names of policies, facts and criteria, and for codes, that do not exist */
function refuseUnknown(files: readonly VignetteFile[], checker: Checker): void {
  const known = new KnownCodes();
  const misnamed = files.flatMap((f) => [
    ...strangers(f, checker),
    ...unknownNames(f.source, checker.knowledge),
    ...unknownCodes(f.source, known),
  ]);
  if (misnamed.length > 0) throw new InvalidFileError(misnamed);
}

/** The criteria that no vignette decided for, or against. */
function tellCoverage(
  { policy, covered, leaves, neverFor, neverAgainst }: CriteriaCoverage,
  out: (line: string) => void,
): void {
  for (const leaf of neverFor) out(`${fromHere(leaf.where)} no vignette is decided by: ${leaf.label}`);
  for (const leaf of neverAgainst) out(`${fromHere(leaf.where)} no vignette fails for want of: ${leaf.label}`);
  out(`${policy}: ${covered} of ${leaves} criteria decided once for and once against`);
}
