import type { CheckedOrder } from '../criteria-check/order-check.ts';
import { html, type VNode } from '../web/page.ts';
import { type CriteriaTree, conflictsOf, criteriaTree, type NodeState, type TreeNode } from './criteria-tree.ts';
import { evidenceItems, leadItems, libraryOf, type WorksheetView } from './view.ts';

const STATES: Readonly<Record<NodeState, readonly [tone: string, sign: string, words: string]>> = {
  met: ['good', '✓', 'met'],
  contradicted: ['bad', '✗', 'contradicted'],
  missing: ['open', '?', 'missing'],
  conflicting: ['open', '≠', 'conflicting'],
  'not-read': ['open', '…', 'chart not read whole'],
  'not-in-play': ['', '–', 'not in play'],
  applies: ['bad', '✗', 'applies'],
  'does-not-apply': ['good', '✓', 'does not apply'],
  'nothing-on-file': ['', '–', 'nothing on file'],
  documented: ['', '●', 'documented'],
  'ruled-out': ['', '○', 'ruled out'],
};

const state = (of: NodeState): VNode => {
  const [tone, sign, words] = STATES[of];
  return html`<span class=${`state ${tone}`}><span aria-hidden="true">${sign}</span>${words}</span>`;
};

/** Where evidence conflicts, both sides stand beside each other. */
function sidesPart(sides: NonNullable<TreeNode['sides']>, view: WorksheetView): VNode {
  return html`<div class="sides">
    <div><span class="muted">Says yes</span>${evidenceItems(sides.yes, view)}</div>
    <div><span class="muted">Says no</span>${evidenceItems(sides.no, view)}</div>
  </div>`;
}

const words = (node: TreeNode): VNode => html`<span class="label-words">${node.label}</span> ${state(node.state)}`;

function detail(node: TreeNode, view: WorksheetView): VNode {
  return html`${node.cite === undefined || node.passage !== undefined ? '' : html`<span class="hint">${node.cite}</span>`}
    ${node.note === undefined ? '' : html`<p class="note muted small">${node.note}</p>`}
    ${node.sides === undefined ? evidenceItems(node.evidence, view) : sidesPart(node.sides, view)} ${leadItems(node.leads, view)}
    ${node.children.length === 0 ? '' : html`<ul class="tree">${node.children.map((c) => criterion(c, view))}</ul>`}`;
}

function criterion(node: TreeNode, view: WorksheetView): VNode {
  if (node.children.length === 0) return html`<li>${words(node)}${detail(node, view)}</li>`;
  return html`<li>
    <details open=${node.open}>
      <summary>${words(node)}</summary>
      ${detail(node, view)}
    </details>
  </li>`;
}

const READ = { true: 'read as yes', false: 'read as no', unknown: 'left open' } as const;

/** Facts on which the chart, or the chart and a clinician, say both yes and no. */
export function conflictsPart(check: CheckedOrder, view: WorksheetView): VNode | '' {
  const conflicts = conflictsOf(check);
  if (conflicts.length === 0) return '';
  return html`<section class="panel" aria-labelledby="conflicts">
    <h2 id="conflicts">Conflicting evidence</h2>
    <p class="hint">The later statement counts; on the same day the question stays open, and the chart goes before a statement.</p>
    ${conflicts.map((c) => html`<p>${c.label}: ${READ[c.read]}</p>${sidesPart(c.sides, view)}`)}
  </section>`;
}

/** A passage with its citation, which leads to it in the library. */
function passage(node: TreeNode, view: WorksheetView, check: CheckedOrder): VNode {
  return html`<details class="passage" open=${node.open} id=${node.anchor}>
    <summary>${words(node)}</summary>
    <p class="small">
      <a href=${libraryOf(view).text(check.policy, node.passage)} target="_blank">${node.cite ?? node.passage}</a>
      <span class="visually-hidden"> in the policy library</span>
    </p>
    ${detail(node, view)}
  </details>`;
}

function indications(tree: CriteriaTree, view: WorksheetView, check: CheckedOrder): VNode {
  const { sections, notInPlay } = tree;
  return html`<div>
    ${sections.map(
      ({ label, nodes }) =>
        html`${label === '' ? '' : html`<h3>${label}</h3>`}${nodes.map((n) => passage(n, view, check))}`,
    )}
    ${
      notInPlay.length === 0
        ? ''
        : html`<details class="passage">
            <summary>${notInPlay.length} more ${notInPlay.length === 1 ? 'passage' : 'passages'} ${state('not-in-play')}</summary>
            <ul>
              ${notInPlay.map((n) => html`<li>${n.label} <a class="small" href=${libraryOf(view).text(check.policy, n.passage)} target="_blank">${n.cite}</a></li>`)}
            </ul>
          </details>`
    }
  </div>`;
}

/** The criteria as they were evaluated, passage by passage, opened where it matters. */
export function criteriaPart(check: CheckedOrder, view: WorksheetView): VNode | '' {
  const tree = criteriaTree(check);
  if (tree === undefined) return '';
  return html`<section class="panel criteria" aria-labelledby="criteria">
    <h2 id="criteria">Criteria</h2>
    ${
      tree.exclusions.length === 0
        ? ''
        : html`<h3>Exclusions</h3>
            ${tree.exclusions.map((n) => passage(n, view, check))}`
    }
    ${tree.exclusions.length > 0 && tree.sections.every((s) => s.label === '') ? html`<h3>Indications</h3>` : ''}
    ${indications(tree, view, check)}
  </section>`;
}
