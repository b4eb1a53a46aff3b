import type { CompiledPath, Expr } from './compiled-policy.ts';

const atomsOf = (expr: Expr, out: Set<number> = new Set()): Set<number> => {
  if (expr.op === 'atom') out.add(expr.atom);
  else for (const operand of expr.operands) atomsOf(operand, out);
  return out;
};

/**
 * Of each leaf, the share of the passages in which it speaks.
 * Passages that reuse the criteria of another count once; a requirement counts for each passage that it binds.
 */
export function spreadOf(paths: readonly CompiledPath[], atoms: number): readonly number[] {
  const passages = Array.from({ length: atoms }, () => new Set<string>());
  for (const path of paths) {
    for (const i of atomsOf(path.whole)) passages[i]?.add(path.core);
    if (path.about !== undefined) for (const i of atomsOf(path.about)) passages[i]?.add(path.core);
  }
  const all = new Set(paths.map((p) => p.core)).size;
  return passages.map((p) => Math.max(1, p.size) / Math.max(1, all));
}
