import type { Checker } from '../criteria-check/check-order.ts';
import { type CriterionChange, criterionChanges } from '../decisions/replay.ts';
import type { CompiledPolicy } from '../policy/compile.ts';
import { PolicySet } from '../policy/policy-set.ts';
import type { Vignette } from './expand.ts';
import { checkVignette } from './run.ts';

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

/** The vignettes whose outcome one text changes against another. */
export function changedVignettes(
  vignettes: readonly Vignette[],
  before: Checker,
  after: Checker,
  canonicalBase: string,
): readonly ChangedCase[] {
  return vignettes.flatMap((vignette): readonly ChangedCase[] => {
    const [was, is] = [before, after].map((c) => checkVignette(vignette, c, canonicalBase)?.assessment);
    if (was?.outcome === is?.outcome) return [];
    return [
      {
        id: vignette.id,
        title: vignette.title,
        before: was?.outcome ?? 'not-governed',
        after: is?.outcome ?? 'not-governed',
        criteria: was === undefined || is === undefined ? [] : criterionChanges(was, is),
      },
    ];
  });
}
