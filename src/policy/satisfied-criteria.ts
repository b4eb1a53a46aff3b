import type { Satisfied } from './assessment.ts';
import type { CompiledExclusion, Expr } from './compiled-policy.ts';
import type { Decision } from './decide.ts';
import type { Evaluation } from './evaluate.ts';
import type { Evidence } from './fact-source.ts';
import type { Candidate } from './needs.ts';
import { isTrue, type PathState } from './path-state.ts';
import type { PathStates } from './path-states.ts';
import { unique } from './unique-evidence.ts';
import { atomFact } from './words.ts';

const MAX_SATISFIED = 4;

/** The order's own reason need not be cited for what the chart documents too. */
const withoutRestated = (evidence: readonly Evidence[]): readonly Evidence[] => {
  const charted = new Set(evidence.flatMap((e) => (e.basis === 'chart' ? [e.fact] : [])));
  return evidence.filter((e) => e.basis !== 'order' || !charted.has(e.fact));
};

/** Tells what is met, in whole or in part, with its evidence. */
export class SatisfiedCriteria {
  readonly #states: PathStates;
  readonly #ev: Evaluation;

  constructor(states: PathStates) {
    this.#states = states;
    this.#ev = states.evaluation;
  }

  /** The first indication with all its evidence, the others with what is their own; those that the order's reasons are about first. */
  of(decision: Decision, ways: readonly Candidate[]): readonly Satisfied[] {
    const of = ({ path }: PathState, evidence: readonly Evidence[]): Satisfied => ({
      criterion: path.id,
      label: path.label,
      cite: path.cite,
      evidence: withoutRestated(evidence),
    });
    if (decision.outcome === 'not-met') return [];
    if (decision.by.length > 0)
      return this.#reasonsFirst(decision)
        .slice(0, MAX_SATISFIED)
        .map((s, i) => of(s, i === 0 ? this.#evidenceFor(s) : this.#evidenceOfOwn(s)));
    return ways
      .map(({ state, way }, i) => of(state, i === 0 ? this.#evidenceOfLeaves(way.has) : this.#evidenceOfOwn(state)))
      .filter((s) => s.evidence.length > 0);
  }

  /** What meets the criteria: the indications that the order's reasons are about before others. */
  #reasonsFirst({ outcome, by }: Decision): readonly PathState[] {
    if (outcome !== 'met' || by.length < 2) return by;
    const of = new Set(by.filter((s) => this.#states.isReasonOfOrder(s)));
    return [...of, ...by.filter((s) => !of.has(s))];
  }

  /** An exclusion that is not settled, with the entries of the chart that it rests on so far. */
  openExclusion({ id, label, cite, criteria, unless }: CompiledExclusion): Satisfied {
    const found: Evidence[] = [];
    const visit = (expr: Expr): void => {
      if (expr.op !== 'atom') for (const child of this.#ev.children(expr)) visit(child);
      else if (!this.#ev.isSilent(expr.index)) {
        const { truth, evidence, leads = [] } = this.#ev.value(expr.atom);
        const fact = atomFact(this.#ev.atom(expr.atom));
        if (truth !== 'unknown') found.push(...evidence.filter((e) => e.reference !== undefined));
        for (const { reference, date } of leads)
          found.push({ reference, ...(date !== undefined && { date }), fact, basis: 'chart' });
      }
    };
    visit(criteria);
    if (unless !== undefined) visit(unless);
    return { criterion: id, label, cite, evidence: unique(found) };
  }

  #evidenceOfLeaves(atoms: readonly number[]): readonly Evidence[] {
    const found = atoms.flatMap((i) => (this.#ev.value(i).truth === 'true' ? this.#ev.value(i).evidence : []));
    return unique(found);
  }

  /** The evidence of the true leaves of an indication's own criteria; of what it is about where it has none. */
  #evidenceOfOwn({ path, entry }: PathState): readonly Evidence[] {
    const atoms = new Set<number>();
    const visit = (expr: Expr): void => {
      if (expr.op === 'atom') atoms.add(expr.atom);
      else if (expr.op !== 'not') for (const child of this.#ev.children(expr)) visit(child);
    };
    const own = path.own ?? entry;
    if (own !== undefined) visit(own);
    return this.#evidenceOfLeaves([...atoms]);
  }

  #evidenceFor(state: PathState): readonly Evidence[] {
    const conditions = this.#states
      .studiesOf(state)
      .flatMap((r) => (r.when !== undefined && this.#ev.truth(r.when) === 'true' ? this.#ev.evidence(r.when) : []));
    const through = this.#states.through(state).flatMap((s) => (isTrue(s) ? this.#evidenceFor(s) : []));
    return unique([...this.#ev.evidence(state.whole), ...conditions, ...through]);
  }
}
