import { type CompiledPath, type CompiledPolicy, type Expr, queriesOf } from './compiled-policy.ts';
import { type FactSource, ORDER_REASONS, REGIONS, SILENT } from './fact-source.ts';
import { PathStates } from './path-states.ts';
import type { Silence, SilentPath } from './silence.ts';
import type { Truth } from './truth.ts';
import { Truths } from './truths.ts';

const SILENT_CHART: FactSource = {
  asOf: 0,
  serviceDate: 0,
  fact: () => SILENT,
  silent: () => true,
  unseen: () => false,
  birth: () => undefined,
  episode: () => ({ evidence: [] }),
};

/** What a node is made of. */
const operandsOf = (expr: Expr): readonly Expr[] => {
  return expr.op === 'closable' ? [expr.child, ...expr.closedBy] : expr.operands;
};

type FactsByNode = readonly (ReadonlySet<string> | undefined)[];

/** The facts that each node rests on; undefined when it rests on more: on days, or on other indications. */
function factsByNode(policy: CompiledPolicy): FactsByNode {
  const out: (ReadonlySet<string> | undefined)[] = [];
  for (const expr of policy.nodes) {
    if (expr.op === 'atom') {
      const atom = policy.atoms[expr.atom];
      const queries = atom === undefined ? [] : queriesOf(atom);
      const ofReasons = queries.some(({ source }) => source === 'order-reason') ? [ORDER_REASONS] : [];
      out.push(queries.length === 0 ? undefined : new Set([...queries.map((q) => q.fact), ...ofReasons]));
      continue;
    }
    const below = operandsOf(expr).map((o) => out[o.index]);
    const rests = !expr.dated && expr.op !== 'any-indication' && below.every((facts) => facts !== undefined);
    out.push(rests ? new Set(below.flatMap((facts) => [...(facts ?? [])])) : undefined);
  }
  return out;
}

/** The indications that rest on facts alone. */
function silentPaths(policy: CompiledPolicy, facts: FactsByNode): Silence['paths'] {
  const [ordered, elsewhere] = [REGIONS, []].map((regions) => new PathStates(policy, SILENT_CHART, regions, ''));
  const out = new Map<CompiledPath, SilentPath>();
  for (const path of policy.paths) {
    const { whole, strictWhole, own, about, entry, strictEntry, closedBy } = path;
    const parts = [whole, strictWhole, own, about, entry, strictEntry, ...closedBy].filter((e) => e !== undefined);
    const nodes = [...new Set(parts.map((e) => e.index))];
    if (ordered === undefined || elsewhere === undefined || nodes.some((n) => facts[n] === undefined)) continue;
    out.set(path, { ordered: ordered.state(path), elsewhere: elsewhere.state(path), nodes });
  }
  return out;
}

const known = new WeakMap<CompiledPolicy, Silence>();

/** What a policy comes to for a silent chart, worked out once. */
export function silenceOf(policy: CompiledPolicy): Silence {
  const before = known.get(policy);
  if (before !== undefined) return before;
  const facts = factsByNode(policy);
  const restingOn = new Map<string, number[]>();
  for (const [node, names] of facts.entries())
    for (const name of names ?? []) {
      const nodes = restingOn.get(name);
      if (nodes === undefined) restingOn.set(name, [node]);
      else nodes.push(node);
    }
  const { evaluation } = new PathStates(policy, SILENT_CHART, REGIONS, '');
  const documented = evaluation.asDocumented(() => 'false');
  const settled = (truthOf: (expr: Expr) => Truth): Truths => {
    const truths = new Truths(policy.nodes.length);
    for (const expr of policy.nodes) if (facts[expr.index] !== undefined) truths.set(expr.index, truthOf(expr));
    return truths;
  };
  const silence: Silence = {
    truths: settled((expr) => evaluation.truth(expr)),
    documented: settled((expr) => evaluation.truth(expr, documented)),
    restingOn,
    paths: silentPaths(policy, facts),
  };
  known.set(policy, silence);
  return silence;
}
