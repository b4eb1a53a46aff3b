import { join, resolve } from 'node:path';
import { canonicalUrls } from '../../src/chart/readers/answer.ts';
import { loadKnowledge } from '../../src/criteria-check/knowledge.ts';
import type { CheckedOrder, Checker } from '../../src/criteria-check/order-check.ts';
import { PolicyFile } from '../../src/policy/schema.ts';
import { checkerWith } from '../../src/vignettes/compare-texts.ts';
import { differences } from '../../src/vignettes/differences.ts';
import type { Vignette } from '../../src/vignettes/expand.ts';
import { checkVignette, loadVignettes } from '../../src/vignettes/run.ts';
import { readYaml } from '../../src/yaml/yaml-file.ts';
import { type Accepted, acceptedSurvivors } from './accepted.ts';
import type { Case } from './case.ts';
import { mutantsOf } from './mutants.ts';
import type { Tried } from './report.ts';
import { surroundingsOf } from './surroundings.ts';
import { Trial } from './trial.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CANONICAL_BASE = 'https://payer-policy-cds.example.org/fhir';

/** Which mutants are tried. */
export interface MutateOptions {
  /** only those whose name contains this */
  readonly only?: string | undefined;
  /** only every n-th of them: a sample */
  readonly every?: number | undefined;
  /** also let a suspicion do where a fact has to be known */
  readonly strict?: boolean | undefined;
  /** only every n-th of them, from this one on: several processes share the work */
  readonly share?: { readonly first: number; readonly of: number } | undefined;
}

/** Loads the policies of the project. */
export const loadChecker = (): Checker => ({
  knowledge: loadKnowledge(join(ROOT, 'policies')),
  canonical: canonicalUrls(CANONICAL_BASE),
});

/** An order that the policy does not govern, checked as if it did: a mutant may govern it. */
function checkedAllTheSame(vignette: Vignette, policyFile: string, checker: Checker): CheckedOrder | undefined {
  const policy = checker.knowledge.policies.policies.find((p) => p.file === policyFile && p.id === vignette.policy);
  if (policy === undefined) return undefined;
  return checkVignette(vignette, checkerWith({ ...policy, governsWhen: [] }, policy.id, checker), CANONICAL_BASE);
}

/** Vignettes that do not come out as they expect: what mutants change cannot be told from what is wrong before. */
export class FailingVignettes extends Error {
  readonly code = 'VIGNETTES_FAIL';
}

/** The vignettes of one policy text. Generated ones do not count. @throws FailingVignettes */
export function casesOf(policyFile: string, checker: Checker): readonly Case[] {
  const files = loadVignettes(join(ROOT, 'test/vignettes')).filter((f) => f.origin === 'source-reader');
  return files
    .flatMap((f) => f.vignettes)
    .flatMap((vignette) => {
      const governed = checkVignette(vignette, checker, CANONICAL_BASE);
      const check = governed ?? checkedAllTheSame(vignette, policyFile, checker);
      if (check === undefined || check.policy.file !== policyFile) return [];
      const found = differences(vignette, governed);
      if (found.length > 0)
        throw new FailingVignettes(
          `${vignette.id} fails without any mutation: ${found.join('; ')}; see npm run cli -- vignettes`,
        );
      return [{ vignette, check }];
    });
}

/** Tries every mutant of one policy text on its vignettes. @param policyFile relative to `policies/` */
export function mutatePolicy(policyFile: string, checker: Checker, options: MutateOptions): Tried {
  const { vocabulary, studies } = checker.knowledge;
  const loaded = readYaml(join(ROOT, 'policies', policyFile), PolicyFile);
  const cases = casesOf(policyFile, checker);
  const trial = new Trial(loaded.data, cases, checker);
  const mutants = mutantsOf(loaded.data, surroundingsOf(vocabulary, studies, options.strict ?? false));
  const named = mutants.map((m) => ({ ...m, name: `${m.place}: ${m.what}` }));
  const { only, every = 1, share } = options;
  const wanted = named
    .filter((m) => only === undefined || m.name.includes(only))
    .filter((_, i) => i % every === 0)
    .filter((_, i) => share === undefined || i % share.of === share.first);
  return {
    policy: loaded.data.policy,
    vignettes: cases.length,
    partial: only !== undefined || every > 1,
    results: wanted.flatMap((mutant) => {
      const by = trial.kill(mutant);
      if (by === 'invalid') return [];
      const where = loaded.locate(mutant.at).slice(ROOT.length + 1);
      return [{ kind: mutant.kind, name: mutant.name, where, killed: by !== 'none' }];
    }),
  };
}

/** The survivors of a policy that are accepted. @throws InvalidFileError */
export const acceptedOf = (policy: string): Accepted =>
  acceptedSurvivors(join(import.meta.dirname, 'accepted', `${policy}.yaml`));
