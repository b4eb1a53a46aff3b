import { checkAgainst } from '../../src/criteria-check/check-order.ts';
import type { Checker } from '../../src/criteria-check/order-check.ts';
import { compilePolicy } from '../../src/policy/compile.ts';
import type { CompiledPolicy } from '../../src/policy/compiled-policy.ts';
import { pivots } from '../../src/policy/pivots.ts';
import type { PolicyInput } from '../../src/policy/schema.ts';
import { differences } from '../../src/vignettes/differences.ts';
import type { Vignette } from '../../src/vignettes/expand.ts';
import { InvalidFileError } from '../../src/yaml/yaml-file.ts';
import { type Case, regionsOf } from './case.ts';
import { ChangedPaths } from './changed-paths.ts';
import type { YamlPath } from './edit.ts';

const pathText = (at: YamlPath): string => at.join('.');

/** Tries mutants of one policy text on its vignettes. The charts are read once for all of them. */
export class Trial {
  readonly #checker: Checker;
  readonly #cases: readonly Case[];
  /** the vignettes in which something below a path decided */
  readonly #decided = new Map<string, Set<Case>>();
  readonly #changed: ChangedPaths;

  constructor(input: PolicyInput, cases: readonly Case[], checker: Checker) {
    this.#checker = checker;
    this.#cases = cases;
    const policy = this.#compile(input);
    if (policy === undefined) throw new RangeError('the policy itself does not compile');
    this.#changed = new ChangedPaths(policy);
    for (const c of cases) this.#index(policy, c);
  }

  /** Compiles so that every node says its path as its place: finding lines and columns takes too long here. */
  #compile(input: PolicyInput): CompiledPolicy | undefined {
    try {
      const file = { file: 'mutant', text: '', data: input, locate: (at: readonly PropertyKey[]) => at.join('.') };
      return compilePolicy(file, this.#checker.knowledge.vocabulary, this.#checker.knowledge.studies);
    } catch (error) {
      if (error instanceof InvalidFileError) return undefined;
      throw error;
    }
  }

  #index(policy: CompiledPolicy, c: Case): void {
    const { facts, study } = c.check;
    const found = pivots(policy, facts, regionsOf(c), study.code);
    for (const where of [...found.for, ...found.against]) {
      const steps = where.split('.');
      for (let n = steps.length; n > 0; n--) {
        const prefix = steps.slice(0, n).join('.');
        const cases = this.#decided.get(prefix);
        if (cases?.has(c) === true) break;
        if (cases === undefined) this.#decided.set(prefix, new Set([c]));
        else cases.add(c);
      }
    }
  }

  /** The vignettes in the order in which they are likely to notice a change at a path. */
  *#likely(at: YamlPath): Generator<Case> {
    const seen = new Set<Case>();
    for (let n = at.length; n > 0; n--)
      for (const c of this.#decided.get(pathText(at.slice(0, n))) ?? [])
        if (!seen.has(c)) {
          seen.add(c);
          yield c;
        }
    for (const c of this.#cases) if (!seen.has(c)) yield c;
  }

  /**
   * Does a vignette notice the mutant?
   * @returns the vignette that does; "none" when it survives; "invalid" when it is no policy
   */
  kill(mutant: { readonly input: PolicyInput; readonly at: YamlPath }): Vignette | 'none' | 'invalid' {
    const policy = this.#compile(mutant.input);
    if (policy === undefined) return 'invalid';
    const mayMatter = this.#changed.filter(policy);
    for (const c of this.#likely(mutant.at)) {
      if (!mayMatter(c)) continue;
      if (differences(c.vignette, checkAgainst(policy, c.check, this.#checker)).length > 0) return c.vignette;
    }
    return 'none';
  }
}
