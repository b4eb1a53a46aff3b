import type { Checker } from '../criteria-check/check-order.ts';
import type { Knowledge } from '../criteria-check/knowledge.ts';
import { REGIONS, type Region } from '../policy/fact-source.ts';
import { type Leaf, leaves, pivots } from '../policy/pivots.ts';
import { checkVignette, type VignetteFile } from './run.ts';

/** How well the vignettes of a policy exercise its criteria. */
export interface CriteriaCoverage {
  readonly policy: string;
  readonly leaves: number;
  readonly covered: number;
  /** leaves that never decided for, and leaves that never decided against */
  readonly neverFor: readonly Leaf[];
  readonly neverAgainst: readonly Leaf[];
}

/** Measures, for each policy, whether each leaf decided once for and once against. Generated vignettes do not count. */
export function criteriaCoverage(
  files: readonly VignetteFile[],
  checker: Checker,
  canonicalBase: string,
): readonly CriteriaCoverage[] {
  const pro = new Map<string, Set<string>>();
  const contra = new Map<string, Set<string>>();
  const put = (map: Map<string, Set<string>>, policy: string, where: Iterable<string>): void => {
    const set = map.get(policy) ?? new Set<string>();
    for (const w of where) set.add(w);
    map.set(policy, set);
  };
  for (const vignette of files.flatMap((f) => (f.origin === 'generated' ? [] : f.vignettes))) {
    const check = checkVignette(vignette, checker, canonicalBase);
    if (check === undefined) continue;
    const regions = check.study.regions.filter((r): r is Region => (REGIONS as readonly string[]).includes(r));
    const found = pivots(check.policy, check.facts, regions, check.study.code);
    put(pro, check.policy.id, found.for);
    put(contra, check.policy.id, found.against);
  }
  return policyTexts(checker.knowledge).map((policy) => {
    const all = leaves(policy, checker.knowledge.vocabulary);
    const neverFor = all.filter((l) => !l.review && pro.get(policy.id)?.has(l.where) !== true);
    const neverAgainst = all.filter((l) => contra.get(policy.id)?.has(l.where) !== true);
    const missing = new Set([...neverFor, ...neverAgainst].map((l) => l.where));
    return { policy: policy.id, leaves: all.length, covered: all.length - missing.size, neverFor, neverAgainst };
  });
}

const policyTexts = (knowledge: Knowledge): Knowledge['policies']['policies'] =>
  knowledge.policies.policies.filter((p) => p.input.status === 'in-force');
