import type { CheckedOrder } from '../criteria-check/order-check.ts';
import type { Trace } from '../policy/assessment.ts';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import type { Evidence, Lead, Sides } from '../policy/fact-source.ts';
import { type OutlineNode, outline, outlineNodes } from '../policy/outline.ts';

/** How a criterion stands for this patient. */
export type NodeState =
  | 'met'
  | 'contradicted'
  | 'missing'
  | 'conflicting'
  | 'not-read'
  | 'not-in-play'
  | 'applies'
  | 'does-not-apply'
  | 'nothing-on-file'
  | 'documented'
  | 'ruled-out';

/** A criterion as it stands, with what it rests on. */
export interface TreeNode {
  /** of a passage: its id in the policy, without the region of its copy */
  readonly passage?: string;
  /** where it stands on the page */
  readonly anchor?: string;
  readonly label: string;
  readonly cite?: string;
  readonly note?: string;
  readonly state: NodeState;
  /** shown opened */
  readonly open: boolean;
  readonly evidence: readonly Evidence[];
  readonly sides?: Sides;
  readonly leads: readonly Lead[];
  readonly children: readonly TreeNode[];
}

/** The criteria of a policy for one order. */
export interface CriteriaTree {
  readonly exclusions: readonly TreeNode[];
  /** indications in play, by the section of the policy that they stand in */
  readonly sections: readonly { readonly label: string; readonly nodes: readonly TreeNode[] }[];
  /** indications that are not about this patient */
  readonly notInPlay: readonly { readonly passage: string; readonly label: string; readonly cite: string }[];
}

const passageOf = (id: string): string => id.replace(/@(cervical|thoracic|lumbar|pelvis|any)$/, '');

/** Where a passage stands on the page. */
export const anchorOf = (id: string): string => `criterion-${id}`;

/** What a truth means for a reader: of a criterion that has to hold, of an exclusion, or of a fact below a "not". */
type Reading = 'criterion' | 'exclusion' | 'fact';

const WORDS: Readonly<Record<Reading, Readonly<Record<'true' | 'false', NodeState>>>> = {
  criterion: { true: 'met', false: 'contradicted' },
  exclusion: { true: 'applies', false: 'does-not-apply' },
  fact: { true: 'documented', false: 'ruled-out' },
};

function stateOf(trace: Trace, reading: Reading): NodeState {
  if (trace.truth !== 'unknown') return WORDS[reading][trace.truth];
  if (trace.gap === 'conflict') return 'conflicting';
  if (trace.gap === 'incomplete') return 'not-read';
  return 'missing';
}

/** @param open whether the node above is shown opened, and what it came to */
function nodeOf(trace: Trace, reading: Reading, open: boolean, above: Trace['truth']): TreeNode {
  const state = stateOf(trace, reading);
  const { sides } = trace;
  const matters = open && (trace.truth === above || trace.truth === 'unknown');
  const inner: Reading = reading === 'exclusion' || trace.negates === true ? 'fact' : reading;
  return {
    label: trace.label,
    ...(trace.cite !== undefined && { cite: trace.cite }),
    ...(trace.note !== undefined && { note: trace.note }),
    state,
    open: matters,
    evidence: sides === undefined ? (trace.evidence ?? []) : [],
    ...(sides !== undefined && { sides }),
    leads: trace.leads ?? [],
    children: (trace.children ?? []).map((c) => nodeOf(c, inner, matters, trace.truth)),
  };
}

/** @param silent an exclusion that only a documented reason makes hold */
function passageNode(trace: Trace, reading: 'criterion' | 'exclusion', open: boolean, silent = false): TreeNode {
  const id = trace.id ?? '';
  const unread = trace.inPlay === 'maybe' && trace.truth !== 'true';
  const nothing = silent && trace.truth === 'unknown' && trace.gap === undefined;
  const state = unread ? 'not-read' : nothing ? 'nothing-on-file' : stateOf(trace, reading);
  const inner: Reading = reading === 'exclusion' ? 'fact' : 'criterion';
  return {
    ...nodeOf({ ...trace, children: [] }, reading, open, trace.truth),
    state,
    open,
    passage: passageOf(id),
    anchor: anchorOf(id),
    children: (trace.children ?? []).map((c) => nodeOf(c, inner, open, trace.truth)),
  };
}

/** The passages that brought the outcome about, or the one that is the nearest to it. */
function deciding({ assessment }: CheckedOrder): ReadonlySet<string> {
  const { outcome, satisfied, contradicted, paths, blocked, openExclusions = [], missing } = assessment;
  if (blocked !== undefined) return new Set([blocked.exclusion]);
  if (outcome === 'met' || outcome === 'alternative') return new Set(satisfied.slice(0, 1).map((s) => s.criterion));
  if (outcome === 'not-met') return new Set(contradicted.slice(0, 3).map((c) => c.criterion));
  const nearest = [...openExclusions, ...paths.slice(0, 1)].map((s) => s.criterion);
  return new Set(nearest.length > 0 ? nearest : missing.flatMap((m) => m.criteria));
}

const tops = new WeakMap<CompiledPolicy, ReadonlyMap<string, OutlineNode>>();

/** The top section of each passage. */
function sectionsOf({ policy, facts }: CheckedOrder): ReadonlyMap<string, OutlineNode> {
  const known = tops.get(policy);
  if (known !== undefined) return known;
  const { indications } = outline(policy, facts.vocabulary);
  const out = new Map<string, OutlineNode>();
  for (const [node, above] of outlineNodes(indications)) {
    const [top] = above;
    if (node.kind === 'indication' && node.id !== undefined && top?.kind === 'section') out.set(node.id, top);
  }
  tops.set(policy, out);
  return out;
}

const titleOf = ({ id, label }: OutlineNode): string => (id === undefined ? label : `${id} ${label}`);

/** A fact of which the chart and clinicians say both yes and no, and how it is read. */
export interface Conflict {
  readonly label: string;
  readonly read: Trace['truth'];
  readonly sides: Sides;
}

/** The facts that were asked and on which the evidence conflicts, whether or not a passage in play looks at them. */
export function conflictsOf({ facts }: CheckedOrder): readonly Conflict[] {
  const found = new Map<string, Conflict>();
  for (const [query, value] of facts.values()) {
    if (value.sides === undefined || query.certainty === 'history') continue;
    const label = facts.vocabulary.describe(query.fact)?.label ?? query.fact;
    found.set(query.fact, { label, read: value.truth, sides: value.sides });
  }
  return [...found.values()];
}

/** Arranges the evaluated criteria of a check for reading. @returns undefined when there is no trace (no review is needed) */
export function criteriaTree(check: CheckedOrder): CriteriaTree | undefined {
  const { trace } = check;
  if (trace === undefined) return undefined;
  const decides = deciding(check);
  const ignoring = new Set(check.policy.exclusions.filter((e) => e.ifUnknown === 'ignore').map((e) => e.id));
  const opens = (t: Trace): boolean => decides.has(t.id ?? '');
  const inPlay = trace.paths.filter((t) => t.inPlay !== 'no');
  const sections = sectionsOf(check);
  const grouped = Map.groupBy(inPlay, (t) => sections.get(passageOf(t.id ?? '')));
  const others = new Map(
    trace.paths
      .filter((t) => t.inPlay === 'no')
      .map((t) => [passageOf(t.id ?? ''), { passage: passageOf(t.id ?? ''), label: t.label, cite: t.cite ?? '' }]),
  );
  return {
    exclusions: trace.exclusions.map((t) =>
      passageNode(t, 'exclusion', t.truth === 'true' || opens(t), ignoring.has(t.id ?? '')),
    ),
    sections: [...grouped].map(([top, traces]) => ({
      label: top === undefined ? '' : titleOf(top),
      nodes: traces.map((t) => passageNode(t, 'criterion', opens(t))),
    })),
    notInPlay: [...others.values()],
  };
}
