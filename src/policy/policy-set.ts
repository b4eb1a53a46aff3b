import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Day } from '../dates/day.ts';
import { InvalidFileError, readYaml } from '../yaml/yaml-file.ts';
import { refuseOtherNames } from '../yaml/yaml-names.ts';
import { compilePolicy } from './compile.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import type { FactCatalog } from './fact-source.ts';
import { PolicyFile } from './schema.ts';
import type { StudyCatalog } from './studies.ts';

/** All loaded policy texts, found by id and date. */
export class PolicySet {
  readonly policies: readonly CompiledPolicy[];

  constructor(policies: readonly CompiledPolicy[]) {
    this.policies = [...policies].sort((a, b) => a.id.localeCompare(b.id) || a.effective - b.effective);
  }

  /** Is any text marked as a shadow, evaluated beside the one in force? */
  get hasShadows(): boolean {
    return this.policies.some((p) => p.input.status === 'shadow');
  }

  /** The ids of the policies. */
  ids(): readonly string[] {
    return [...new Set(this.policies.map((p) => p.id))];
  }

  /**
   * The text of a policy in force on a day.
   * @param status `in-force` texts decide; `shadow` texts are only recorded, from the day on which they are marked so: before
   * they take effect is when one wants to know what they will change
   */
  inForce(id: string, on: Day, status: 'in-force' | 'shadow' = 'in-force'): CompiledPolicy | undefined {
    return this.policies
      .filter(
        (p) =>
          p.id === id &&
          p.input.status === status &&
          (status === 'shadow' || p.effective <= on) &&
          (p.until === undefined || on < p.until),
      )
      .at(-1);
  }
}

const POLICY_FILE = /^[^/]+\/[^/]+\/\d{4}-\d{2}-\d{2}[\w.-]*\.yaml$/;
/** What else a folder of policies holds: single files, the vocabulary and its codes, and what is hidden. */
const OTHER_FILE = /^([^/]+|(facts|codes)\/.*|(.*\/)?\..*)$/;

/**
 * The policy files below a folder: `<payer>/<policy>/<effective-date>.yaml`.
 * @throws InvalidFileError when a YAML file of a payer has another name
 */
export function policyFiles(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((f) => /\.ya?ml$/.test(f) && !OTHER_FILE.test(f))
    .sort();
  refuseOtherNames(
    files.filter((f) => !POLICY_FILE.test(f)).map((f) => join(folder, f)),
    '<payer>/<policy>/<effective-date>.yaml, e.g. acme/lumbar-mri/2026-03-01.yaml',
  );
  return files.map((f) => join(folder, f));
}

/**
 * Loads and compiles every policy below a folder.
 * @throws InvalidFileError naming file, line and column of every problem of every policy
 */
export function loadPolicies(folder: string, catalog: FactCatalog, studies: StudyCatalog): PolicySet {
  const problems: string[] = [];
  const policies = policyFiles(folder).flatMap((file) => {
    try {
      const compiled = compilePolicy(readYaml(file, PolicyFile), catalog, studies);
      return [{ ...compiled, file: relative(folder, file) }];
    } catch (error) {
      if (!(error instanceof InvalidFileError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new InvalidFileError(problems);
  return new PolicySet(policies);
}
