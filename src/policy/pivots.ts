import type { CompiledPolicy, Expr } from './compiled-policy.ts';
import type { Evaluation } from './evaluate.ts';
import type { FactCatalog, FactSource, Region } from './fact-source.ts';
import { PathStates } from './path-states.ts';
import { all, any, atLeast, not, type Truth } from './truth.ts';
import { atomLabel } from './words.ts';

/** A leaf of a policy document, by its position in the file. */
export interface Leaf {
  /** file:line:column */
  readonly where: string;
  readonly label: string;
  /** it can never be true by itself (left to a reviewer) */
  readonly review: boolean;
}

const isLeaf = (expr: Expr): boolean => expr.op === 'atom' || expr.op === 'review' || expr.op === 'any-indication';

function leavesOf(expr: Expr): readonly Expr[] {
  if (isLeaf(expr)) return [expr];
  return expr.operands.flatMap(leavesOf);
}

const positions = new WeakMap<Expr, ReadonlySet<string>>();

/** Where the leaves of an expression stand. Kept with it, as every leaf of every check asks on its way down. */
function positionsIn(expr: Expr): ReadonlySet<string> {
  const known = positions.get(expr) ?? new Set(leavesOf(expr).map((leaf) => leaf.where));
  positions.set(expr, known);
  return known;
}

/** The expressions of a policy that can decide: entries and criteria of indications, exclusions and their exceptions. */
function expressions(policy: CompiledPolicy): readonly Expr[] {
  const paths = policy.paths.flatMap((p) => (p.entry === undefined ? [p.criteria] : [p.entry, p.criteria]));
  const exclusions = policy.exclusions.flatMap((e) => (e.unless === undefined ? [e.criteria] : [e.criteria, e.unless]));
  return [...paths, ...exclusions];
}

/** Every leaf of a policy, once for each position in the file. */
export function leaves(policy: CompiledPolicy, catalog: FactCatalog): readonly Leaf[] {
  const out = new Map<string, Leaf>();
  for (const expr of expressions(policy).flatMap(leavesOf)) {
    const atom = expr.op === 'atom' ? policy.atoms[expr.atom] : undefined;
    const label = expr.label ?? (atom === undefined ? expr.op : atomLabel(atom, catalog));
    out.set(expr.where, { where: expr.where, label, review: expr.op === 'review' });
  }
  return [...out.values()];
}

/** The truth of an expression if one of its leaves (every leaf at that position) had another value. */
function truthWith(ev: Evaluation, expr: Expr, where: string, value: Truth): Truth {
  if (!positionsIn(expr).has(where)) return ev.truth(expr);
  if (isLeaf(expr)) return value;
  const inner = (e: Expr): Truth => truthWith(ev, e, where, value);
  switch (expr.op) {
    case 'not':
      return not(inner(expr.child));
    case 'closable':
      return ev.truth(expr) === ev.truth(expr.child) ? inner(expr.child) : ev.truth(expr);
    case 'all':
      return all(ev.children(expr).map(inner));
    case 'any':
      return any(ev.children(expr).map(inner));
    case 'at-least':
      return atLeast(expr.n, ev.children(expr).map(inner));
    default:
      return ev.truth(expr);
  }
}

/** Positions of the leaves that decided: for a true expression, or against one that is not true. */
export interface Pivots {
  readonly for: ReadonlySet<string>;
  readonly against: ReadonlySet<string>;
}

const OTHERS: Readonly<Record<Truth, readonly Truth[]>> = {
  true: ['false', 'unknown'],
  false: ['true', 'unknown'],
  unknown: ['true', 'false'],
};

/** When an expression takes effect: an indication when it is true, an exclusion that asks already when it is unknown. */
type Holds = (truth: Truth) => boolean;
const isTrue: Holds = (truth) => truth === 'true';
const isOpen: Holds = (truth) => truth !== 'false';

/**
 * Which leaves decided for this chart: leaves whose other value would have changed whether an indication or exclusion holds,
 * or whether an indication is in play at all.
 */
export function pivots(policy: CompiledPolicy, source: FactSource, regions: readonly Region[], study: string): Pivots {
  const states = new PathStates(policy, source, regions, study);
  const ev = states.evaluation;
  const pro = new Set<string>();
  const contra = new Set<string>();
  const visit = (expr: Expr, holds: Holds = isTrue): void => {
    const held = holds(ev.truth(expr));
    for (const leaf of leavesOf(expr)) {
      const decides = OTHERS[ev.truth(leaf)].some((v) => holds(truthWith(ev, expr, leaf.where, v)) !== held);
      if (decides) (held ? pro : contra).add(leaf.where);
    }
  };
  for (const state of states.all()) {
    visit(state.whole);
    if (state.entry !== undefined) visit(state.entry);
  }
  for (const exclusion of policy.exclusions) {
    if (!ev.inForce(exclusion)) continue;
    visit(exclusion.criteria);
    if (exclusion.ifUnknown !== 'ignore') visit(exclusion.criteria, isOpen);
    if (exclusion.unless !== undefined) visit(exclusion.unless);
  }
  return { for: pro, against: contra };
}
