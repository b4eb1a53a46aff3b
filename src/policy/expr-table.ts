import type { Expr, Node } from './compiled-policy.ts';

/** Every member that a node of any kind may have. */
type MemberOf<U> = U extends unknown ? keyof U : never;

/**
 * A node with all members that any node may have, in one order: a policy is evaluated by looking at thousands of nodes, and
 * looking at objects of one shape takes a fraction of the time.
 */
function uniform(node: Node, index: number): Expr {
  const of: Partial<Record<MemberOf<Node>, unknown>> = node;
  const operands = operandsOf(node);
  const expr: Record<MemberOf<Expr>, unknown> = {
    op: of.op,
    index,
    operands,
    dated: operands.some((c) => c.from !== undefined || c.until !== undefined),
    atom: of.atom,
    n: of.n,
    child: of.child,
    children: of.children,
    closedBy: of.closedBy,
    except: of.except,
    region: of.region,
    what: of.what,
    from: of.from,
    until: of.until,
    id: of.id,
    label: of.label,
    cite: of.cite,
    note: of.note,
    where: of.where,
  };
  return expr as unknown as Expr;
}

function operandsOf(node: Node): readonly Expr[] {
  if (node.op === 'not' || node.op === 'closable') return [node.child];
  return node.op === 'all' || node.op === 'any' || node.op === 'at-least' ? node.children : [];
}
/** The different nodes of a policy. Equal nodes are one object: what is known of one is known of all passages that use it. */
export class ExprTable {
  readonly #nodes = new Map<string, Expr>();

  /** The nodes by number, each after what it is made of. */
  get all(): readonly Expr[] {
    return [...this.#nodes.values()];
  }

  /** The node of this content, made when there is none yet. */
  put(node: Node): Expr {
    const closing = node.op === 'closable' ? node.closedBy.map((c) => c.index) : undefined;
    const key = JSON.stringify({
      ...node,
      child: undefined,
      closing,
      closedBy: undefined,
      children: operandsOf(node).map((c) => c.index),
    });
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const expr = uniform(node, this.#nodes.size);
    this.#nodes.set(key, expr);
    return expr;
  }
}
