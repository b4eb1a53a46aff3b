import { type Day, formatDay } from '../dates/day.ts';
import { type OutlineNode, ROLE_WORDS } from '../policy/outline.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import { html, type VNode } from '../web/page.ts';
import type { Addresses } from './addresses.ts';
import { isPassage, titleOf } from './library.ts';

/** What showing an outline needs beside it. */
export interface OutlineView {
  readonly to: Addresses;
  readonly studies: StudyCatalog;
  /** the day for which it is told what is in force */
  readonly on: Day;
}

const inForce = ({ from, until }: OutlineNode, on: Day): boolean =>
  (from === undefined || from <= on) && (until === undefined || on < until);

/** From when to when a passage is in force, in words. */
export const periodWords = ({ from, until }: Pick<OutlineNode, 'from' | 'until'>): string =>
  [
    ...(from === undefined ? [] : [`from ${formatDay(from)}`]),
    ...(until === undefined ? [] : [`until ${formatDay(until - 1)}`]),
  ].join(' ');

function period(node: OutlineNode, view: OutlineView): VNode | undefined {
  const words = periodWords(node);
  if (words === '') return undefined;
  return inForce(node, view.on)
    ? html`<span class="state">${words}</span>`
    : html`<span class="state open">${words}: not in force on ${formatDay(view.on)}</span>`;
}

const note = (node: OutlineNode): VNode | undefined =>
  node.note === undefined ? undefined : html`<p class="note muted small">${node.note}</p>`;

/** The studies of a passage, each once, with the condition under which it is named. */
function studies(node: OutlineNode, view: OutlineView): VNode | undefined {
  const named = new Map(
    (node.studies ?? []).map((s) => [`${s.code}|${s.when?.label ?? ''}|${s.when?.heading ?? ''}`, s]),
  );
  if (named.size === 0) return undefined;
  return html`<p class="small">
    <span class="muted">Studies: </span>
    ${[...named.values()].map(
      ({ code, when }, i) =>
        html`${i > 0 ? '; ' : ''}${view.studies.get(code)?.label ?? 'study'} (${code})${
          when === undefined ? '' : ` when ${conditionWords(when)}`
        }`,
    )}
  </p>`;
}

const conditionWords = (node: OutlineNode): string =>
  node.label !== ''
    ? `${node.heading === 'not' ? 'not: ' : ''}${node.label}`
    : `${node.heading ?? ''} ${node.children.map(conditionWords).join(', ')}`;

function words(node: OutlineNode, view: OutlineView): VNode {
  const role = node.role === undefined ? '' : `${ROLE_WORDS[node.role]}: `;
  const label =
    node.fact === undefined ? node.label : html`<a class="fact" href=${view.to.fact(node.fact)}>${node.label}</a>`;
  const heading = node.heading === undefined ? '' : html`<b>${node.heading}</b>`;
  return html`<span class="muted">${role}</span>${node.id === undefined ? '' : html`<span class="label">${node.id}</span> `}${
    node.kind === 'criterion' && node.heading !== undefined ? html`${heading}: ` : ''
  }${label}${node.label !== '' && node.kind === 'group' ? ': ' : ''}${node.kind === 'group' ? heading : ''}${
    node.cite === undefined || isPassage(node) ? '' : html` <span class="muted small">(${node.cite})</span>`
  } ${period(node, view)}`;
}

function criterion(node: OutlineNode, view: OutlineView): VNode {
  return html`<li>
    ${words(node, view)}${node.says === undefined || node.says === node.label ? '' : html`<span class="hint">${node.says}</span>`}${note(node)}
    ${node.question === undefined ? '' : html`<span class="hint">${node.question}</span>`}
    ${node.children.length === 0 ? '' : html`<ul>${node.children.map((c) => criterion(c, view))}</ul>`}
  </li>`;
}

const HEADINGS = ['h3', 'h4', 'h5', 'h6'] as const;

/** A passage with all that is below it. @param depth how deep it stands, for its heading */
export function passage(node: OutlineNode, view: OutlineView, depth = 0): VNode {
  const Heading = HEADINGS[Math.min(depth, HEADINGS.length - 1)];
  const below = node.children.filter(isPassage);
  const criteria = node.children.filter((c) => !isPassage(c));
  const regions = node.regions === undefined ? '' : `Written once for: ${node.regions.join(', ')}.`;
  return html`<section class=${`passage ${node.kind}`} id=${node.id} aria-labelledby=${`h-${node.id}`}>
    <${Heading} id=${`h-${node.id}`}>
      ${titleOf(node) === node.label ? '' : html`<span class="label">${node.id}</span> `}${node.label}
      ${node.cite === undefined ? '' : html` <span class="cite">${node.cite}</span>`}
      ${node.screen === true ? html` <span class="state bad">red flag</span>` : ''} ${period(node, view)}
    </${Heading}>
    ${note(node)}${regions === '' ? '' : html`<p class="muted small">${regions}</p>`}${studies(node, view)}
    ${criteria.length === 0 ? '' : html`<ul class="tree">${criteria.map((c) => criterion(c, view))}</ul>`}
    ${below.map((c) => passage(c, view, depth + 1))}
  </section>`;
}
