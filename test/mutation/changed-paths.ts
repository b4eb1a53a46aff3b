import type { CompiledPath, CompiledPolicy } from '../../src/policy/compiled-policy.ts';
import type { PathState } from '../../src/policy/path-state.ts';
import { PathStates } from '../../src/policy/path-states.ts';
import type { Case } from './case.ts';
import { regionsOf } from './case.ts';
import { Structures } from './structure.ts';

interface Change {
  readonly before: CompiledPath | undefined;
  readonly after: CompiledPath | undefined;
  /** the same criteria, only the studies or the role differ */
  readonly sameCriteria: boolean;
}

/**
 * Tells for which vignettes a mutant can matter at all, so that the others need not be checked: only those for which a changed
 * path stands otherwise than before.
 */
export class ChangedPaths {
  readonly #structures = new Structures();
  readonly #policy: CompiledPolicy;
  readonly #byId: ReadonlyMap<string, CompiledPath>;
  readonly #rest: number;
  readonly #states = new Map<Case, PathStates>();

  constructor(policy: CompiledPolicy) {
    this.#policy = policy;
    this.#byId = new Map(policy.paths.map((p) => [p.id, p]));
    this.#rest = this.#structures.rest(policy);
  }

  /** Can these vignettes notice the mutant? Always yes when more than indications has changed. */
  filter(mutant: CompiledPolicy): (c: Case) => boolean {
    if (this.#structures.rest(mutant) !== this.#rest) return () => true;
    const changes = this.#changes(mutant);
    return (c) => {
      const before = this.#before(c);
      const after = new PathStates(mutant, c.check.facts, regionsOf(c), c.check.study.code);
      return changes.some((change) => matters(change, before, after, c));
    };
  }

  #before(c: Case): PathStates {
    const known = this.#states.get(c) ?? new PathStates(this.#policy, c.check.facts, regionsOf(c), c.check.study.code);
    this.#states.set(c, known);
    return known;
  }

  #changes(mutant: CompiledPolicy): readonly Change[] {
    const s = this.#structures;
    const now = new Map(mutant.paths.map((p) => [p.id, p]));
    const ids = new Set([...this.#byId.keys(), ...now.keys()]);
    return [...ids].flatMap((id): readonly Change[] => {
      const [before, after] = [this.#byId.get(id), now.get(id)];
      if (before === undefined || after === undefined) return [{ before, after, sameCriteria: false }];
      const sameCriteria = s.path(before, this.#policy) === s.path(after, mutant);
      const sameRole = s.role(before, this.#policy) === s.role(after, mutant);
      return sameCriteria && sameRole ? [] : [{ before, after, sameCriteria }];
    });
  }
}

/** Is the path about the patient, so that it can decide or be asked about? */
const active = (state: PathState | undefined): boolean =>
  state !== undefined && (state.truth === 'true' || state.inPlay !== 'no' || state.onFile);

/** Expectations of more than how indications stand: what is asked, what holds so far, until when. They hang on what is within one. */
const DEEPER = ['asks', 'not-asks', 'reason', 'criteria', 'unmet', 'earliest', 'valid-until'] as const;

/** What decides which studies an indication speaks for, and what is asked about it, beside its criteria. */
const ROLE = ['screen', 'redFlag', 'region', 'onlyOrdered', 'ownStudiesOnly'] as const;

function matters({ before, after, sameCriteria }: Change, was: PathStates, is: PathStates, c: Case): boolean {
  const old = before !== undefined && was.includes(before) ? was.state(before) : undefined;
  const now = after !== undefined && is.includes(after) ? is.state(after) : undefined;
  if (!active(old) && !active(now)) return false;
  if (old === undefined || now === undefined || sameCriteria) return true;
  if (old.truth !== now.truth || old.inPlay !== now.inPlay || old.onFile !== now.onFile) return true;
  if (ROLE.some((what) => old.path[what] !== now.path[what])) return true;
  if (JSON.stringify(old.path.studies) !== JSON.stringify(now.path.studies)) return true;
  return DEEPER.some((what) => c.vignette.expect[what] !== undefined);
}
