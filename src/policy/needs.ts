import type { Day } from '../dates/day.ts';
import type { Expr } from './compile.ts';
import type { Evaluation, Reading } from './evaluate.ts';
import type { PathState, PathStates } from './path-state.ts';

/** How a missing leaf can become true: by documenting it, by doing something new, or by the passing of time. */
export type NeedKind = 'document' | 'do' | 'wait';

export interface Need {
  readonly atom: number;
  readonly want: 'true' | 'false';
  readonly kind: NeedKind;
  /** for `wait`: the day from which it holds */
  readonly from?: Day;
}

/** One way to make an indication true: the leaves that are true already and those still needed. */
export interface Way {
  readonly has: readonly number[];
  readonly needs: readonly Need[];
}

const WIDTH = 6;
const COST: Readonly<Record<NeedKind, number>> = { document: 1, do: 3, wait: 3 };
const EMPTY: Way = { has: [], needs: [] };

const cost = (way: Way): number => way.needs.reduce((sum, n) => sum + COST[n.kind], 0);
const best = (ways: readonly Way[]): readonly Way[] =>
  [...ways].sort((a, b) => cost(a) - cost(b) || b.has.length - a.has.length).slice(0, WIDTH);

/** Both ways together, or undefined when they want opposite answers to one question. */
function join(a: Way, b: Way): Way | undefined {
  const needs = [...a.needs];
  for (const need of b.needs) {
    const same = needs.find((n) => n.atom === need.atom);
    if (same === undefined) needs.push(need);
    else if (same.want !== need.want) return undefined;
  }
  return { has: [...new Set([...a.has, ...b.has])], needs };
}

const product = (left: readonly Way[], right: readonly Way[]): readonly Way[] =>
  best(left.flatMap((a) => right.flatMap((b) => join(a, b) ?? [])));

/** Bounded search for the cheapest ways to make an expression true (or false, under a `not`). */
function ways(ev: Evaluation, expr: Expr, want: 'true' | 'false'): readonly Way[] {
  if (expr.op === 'atom') return leaf(ev, expr.atom, want);
  if (expr.op === 'review' || expr.op === 'any-indication') return ev.truth(expr) === want ? [EMPTY] : [];
  if (expr.op === 'not') return ways(ev, expr.child, want === 'true' ? 'false' : 'true');
  if (expr.op === 'closable')
    return ev.truth(expr) === ev.truth(expr.child)
      ? ways(ev, expr.child, want)
      : ev.truth(expr) === want
        ? [EMPTY]
        : [];
  const children = ev.children(expr);
  const n = expr.op === 'at-least' ? expr.n : expr.op === 'all' ? children.length : 1;
  const needed = want === 'true' ? n : children.length - n + 1;
  return choose(
    children.map((c) => ways(ev, c, want)),
    needed,
  );
}

/** The cheapest ways to satisfy at least n of the children. */
function choose(children: readonly (readonly Way[])[], n: number): readonly Way[] {
  if (n <= 0) return [EMPTY];
  if (n > children.length) return [];
  let rows: (readonly Way[])[] = [[EMPTY]];
  for (const child of children) {
    const next: (readonly Way[])[] = [];
    for (let k = 0; k <= Math.min(n, rows.length); k++) {
      const without = rows[k] ?? [];
      const withChild = k > 0 ? product(rows[k - 1] ?? [], child) : [];
      next.push(best([...without, ...withChild]));
    }
    rows = next;
  }
  return rows[n] ?? [];
}

function leaf(ev: Evaluation, atom: number, want: 'true' | 'false'): readonly Way[] {
  const value = ev.value(atom);
  if (value.truth === want) return [{ has: [atom], needs: [] }];
  if (value.truth === 'unknown') {
    if (ev.atom(atom).kind === 'age') return [];
    return [{ has: [], needs: [{ atom, want, kind: 'document' }] }];
  }
  if (want === 'true' && value.from !== undefined)
    return [{ has: [], needs: [{ atom, want, kind: 'wait', from: value.from }] }];
  if (want === 'true' && value.redoable === true) return [{ has: [], needs: [{ atom, want, kind: 'do' }] }];
  return [];
}

/** The reading in which the needs are fulfilled and everything else is as the chart has it. */
const fulfilled = (states: PathStates, needs: readonly Need[]): Reading => ({
  atom: (i) => needs.find((n) => n.atom === i)?.want ?? states.evaluation.value(i).truth,
  review: 'unknown',
  anyIndication: (except, region) => states.anyIndication(except, region),
});

/**
 * The cheapest sufficient way to make an indication true, without a superfluous need.
 * @returns undefined when nothing that can be documented, done or waited for makes it true
 */
export function cheapestWay(states: PathStates, state: PathState): Way | undefined {
  if (state.closedBy.length > 0 || state.truth === 'true') return undefined;
  const { path, entry } = state;
  const whole: Expr = {
    op: 'all',
    children: entry === undefined ? [path.criteria] : [entry, path.criteria],
    where: '',
  };
  for (const way of ways(states.evaluation, whole, 'true')) {
    const pruned = withoutSuperfluous(states, state, way);
    if (pruned !== undefined && pruned.needs.length > 0) return pruned;
  }
  return undefined;
}

/** Drops needs without which the indication is true all the same; undefined when the way does not lead to true. */
function withoutSuperfluous(states: PathStates, { path, entry }: PathState, way: Way): Way | undefined {
  const leads = (needs: readonly Need[]): boolean => states.truth(path, entry, fulfilled(states, needs)) === 'true';
  if (!leads(way.needs)) return undefined;
  let needs = way.needs;
  for (const need of way.needs) {
    const fewer = needs.filter((n) => n !== need);
    if (leads(fewer)) needs = fewer;
  }
  return { has: way.has, needs };
}
