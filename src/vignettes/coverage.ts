import type { Knowledge } from '../criteria-check/knowledge.ts';
import type { CheckedOrder } from '../criteria-check/order-check.ts';
import { REGIONS, type Region } from '../policy/fact-source.ts';
import { type Leaf, leaves, pivots } from '../policy/pivots.ts';

/** How well the vignettes of a policy exercise its criteria. */
export interface CriteriaCoverage {
  readonly policy: string;
  readonly leaves: number;
  readonly covered: number;
  /** leaves that never decided for, and leaves that never decided against */
  readonly neverFor: readonly Leaf[];
  readonly neverAgainst: readonly Leaf[];
}

/** Measures, for each policy in force, whether each leaf decided once for and once against. */
export class CoverageTally {
  readonly #pro = new Map<string, Set<string>>();
  readonly #contra = new Map<string, Set<string>>();

  /** Counts what decided a checked order: one of a vignette that was written from the source, not generated. */
  add({ policy, facts, study }: CheckedOrder): void {
    const regions = study.regions.filter((r): r is Region => (REGIONS as readonly string[]).includes(r));
    const found = pivots(policy, facts, regions, study.code);
    put(this.#pro, policy.id, found.for);
    put(this.#contra, policy.id, found.against);
  }

  /** What was counted so far, for each policy in force. */
  byPolicy({ policies, vocabulary }: Knowledge): readonly CriteriaCoverage[] {
    const inForce = policies.policies.filter((p) => p.input.status === 'in-force');
    return inForce.map((policy) => {
      const all = leaves(policy, vocabulary);
      const neverFor = all.filter((l) => !l.review && this.#pro.get(policy.id)?.has(l.where) !== true);
      const neverAgainst = all.filter((l) => this.#contra.get(policy.id)?.has(l.where) !== true);
      const missing = new Set([...neverFor, ...neverAgainst].map((l) => l.where));
      return { policy: policy.id, leaves: all.length, covered: all.length - missing.size, neverFor, neverAgainst };
    });
  }
}

function put(map: Map<string, Set<string>>, policy: string, where: Iterable<string>): void {
  const set = map.get(policy) ?? new Set<string>();
  for (const w of where) set.add(w);
  map.set(policy, set);
}
