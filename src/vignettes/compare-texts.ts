import { type CriterionChange, changedCriteria } from '../criteria-check/changed-criteria.ts';
import type { CheckedOrder, Checker } from '../criteria-check/order-check.ts';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import { PolicySet } from '../policy/policy-set.ts';
import type { Vignette } from './expand.ts';
import { checkVignette } from './run.ts';

const NOT_GOVERNED = 'not-governed';

/** A case that comes out otherwise under another text. */
export interface ChangedCase {
  readonly id: string;
  readonly title?: string;
  readonly before: string;
  readonly after: string;
  readonly criteria: readonly CriterionChange[];
}

/** A checker for whom one text is the policy's only one and always in force, so that two texts can be tried on the same cases. */
export function checkerWith(text: CompiledPolicy, id: string, checker: Checker): Checker {
  const { until: _until, ...open } = text;
  const always: CompiledPolicy = {
    ...open,
    id,
    effective: Number.NEGATIVE_INFINITY,
    input: { ...text.input, status: 'in-force' },
  };
  const others = checker.knowledge.policies.policies.filter((p) => p.id !== id);
  return { ...checker, knowledge: { ...checker.knowledge, policies: new PolicySet([...others, always]) } };
}

/** A case of which two texts make something else; none when the outcome is the same. A text may not govern the order. */
export function changedCase(
  named: Pick<ChangedCase, 'id' | 'title'>,
  was: CheckedOrder | undefined,
  is: CheckedOrder | undefined,
): readonly ChangedCase[] {
  const [before, after] = [was?.assessment.outcome ?? NOT_GOVERNED, is?.assessment.outcome ?? NOT_GOVERNED];
  if (before === after) return [];
  return [{ ...named, before, after, criteria: was === undefined || is === undefined ? [] : changedCriteria(was, is) }];
}

/** The vignettes whose outcome one text changes against another. */
export const changedVignettes = (
  vignettes: readonly Vignette[],
  before: Checker,
  after: Checker,
  canonicalBase: string,
): readonly ChangedCase[] =>
  vignettes.flatMap((vignette) => {
    const [was, is] = [before, after].map((c) => checkVignette(vignette, c, canonicalBase, true));
    return changedCase({ id: vignette.id, title: vignette.title }, was, is);
  });
