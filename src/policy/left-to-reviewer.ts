import type { LeftToReviewer } from './assessment.ts';
import type { CompiledExclusion, Expr } from './compiled-policy.ts';
import type { Evaluation } from './evaluate.ts';
import type { PathStates } from './path-states.ts';

/** Nodes belong to a policy for good: what was found in one is kept with it. */
const reviewed = new WeakMap<Expr, boolean>();

/** Does a passage leave something to a reviewer? */
function asksReviewer(expr: Expr): boolean {
  const known = reviewed.get(expr);
  if (known !== undefined) return known;
  const asks = expr.op === 'review' || expr.operands.some(asksReviewer);
  reviewed.set(expr, asks);
  return asks;
}

/** What is left to a reviewer by indications in play that have all that they ask of the chart, and by open exclusions. */
export function leftToReviewer(states: PathStates, asked: readonly CompiledExclusion[]): readonly LeftToReviewer[] {
  const { evaluation: ev } = states;
  const ready = states
    .all()
    .filter(
      (s) =>
        s.inPlay === 'yes' && s.truth === 'unknown' && asksReviewer(s.whole) && ev.unknownAtoms(s.whole).size === 0,
    );
  const passages = [
    ...asked.map(({ id, label, cite, criteria }) => ({ id, label, cite, criteria })),
    ...ready.map(({ path: { id, label, cite }, whole }) => ({ id, label, cite, criteria: whole })),
  ];
  return passages.flatMap(({ id, label, cite, criteria }) =>
    [...leftBy(criteria, ev)].map((what) => ({ criterion: id, label, cite, what })),
  );
}

/** What an open expression leaves to a reviewer; one that waits for other indications leaves nothing. */
function leftBy(expr: Expr, ev: Evaluation): ReadonlySet<string> {
  if (!asksReviewer(expr) || ev.truth(expr) !== 'unknown') return new Set();
  if (expr.op === 'review') return new Set([expr.what]);
  return new Set(ev.children(expr).flatMap((child) => [...leftBy(child, ev)]));
}
