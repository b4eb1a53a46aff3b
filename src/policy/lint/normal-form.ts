import type { Day } from '../../dates/day.ts';
import type { Expr } from '../compiled-policy.ts';

/** The days on which a criterion is in force; open at either end. */
export interface Period {
  readonly from: Day;
  readonly until: Day;
}

/** A leaf as it stands in a criterion: itself or its negation. */
export interface Literal {
  readonly op: 'leaf';
  readonly atom: number;
  readonly positive: boolean;
  readonly expr: Expr;
  readonly period: Period;
}

/** A criterion without negations but at its leaves (De Morgan, which holds for three values too). */
export type Normal =
  | Literal
  | { readonly op: 'open'; readonly expr: Expr }
  | { readonly op: 'all' | 'any'; readonly children: readonly Normal[]; readonly expr: Expr }
  | { readonly op: 'at-least'; readonly n: number; readonly children: readonly Normal[]; readonly expr: Expr };

const ALWAYS: Period = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };

const inForce = ({ from, until }: Expr, around: Period): Period => ({
  from: Math.max(around.from, from ?? around.from),
  until: Math.min(around.until, until ?? around.until),
});

/** The normal form of a criterion. What a reviewer decides stays open. */
export function normalForm(expr: Expr, positive = true, around: Period = ALWAYS): Normal {
  const period = inForce(expr, around);
  switch (expr.op) {
    case 'atom':
      return { op: 'leaf', atom: expr.atom, positive, expr, period };
    case 'not':
      return normalForm(expr.child, !positive, period);
    case 'closable':
      return positive ? normalForm(expr.child, true, period) : { op: 'open', expr };
    case 'all':
    case 'any': {
      const children = expr.children.map((c) => normalForm(c, positive, period));
      const [only] = children;
      if (only !== undefined && children.length === 1) return only;
      return { op: (expr.op === 'all') === positive ? 'all' : 'any', children, expr };
    }
    case 'at-least': {
      const children = expr.children.map((c) => normalForm(c, positive, period));
      return { op: 'at-least', n: positive ? expr.n : children.length - expr.n + 1, children, expr };
    }
    default:
      return { op: 'open', expr };
  }
}

/** The same text for criteria that say the same in the same words. */
export function keyOf(n: Normal): string {
  if (n.op === 'leaf') return `${n.positive ? '' : '-'}${n.atom}`;
  if (n.op === 'open') return `open ${n.expr.index}`;
  const keys = n.children.map(keyOf).sort();
  return `${n.op}${n.op === 'at-least' ? n.n : ''}(${keys.join(',')})`;
}
