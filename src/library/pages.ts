import { type Day, formatDay } from '../dates/day.ts';
import type { FactInput } from '../facts/schema.ts';
import { type OutlineNode, outlineNodes } from '../policy/outline.ts';
import { SYSTEM_NAMES, type System } from '../terminology/systems.ts';
import { html, type PageOptions, pageHtml, type VNode } from '../web/page.ts';
import type { Addresses } from './addresses.ts';
import { type Found, type Library, type Passage, type Text, titleOf } from './library.ts';
import { type OutlineView, passage, periodWords } from './outline-view.ts';

/** What every page of the library needs. */
export interface LibraryView {
  readonly library: Library;
  readonly to: Addresses;
  readonly prefix: string;
  /** today in the configured time zone */
  readonly today: Day;
}

const ROOM = 'Policy library';

const page = (view: LibraryView, title: string, body: VNode, more: Partial<PageOptions> = {}): string =>
  pageHtml(
    {
      title: `${title} · ${ROOM}`,
      room: ROOM,
      prefix: view.prefix,
      styles: ['library.css'],
      nav: html`<nav aria-label="Library"><a href=${view.to.all}>All policies</a></nav>`,
      ...more,
    },
    body,
  );

const searchForm = (
  view: LibraryView,
  query = '',
): VNode => html`<form class="search" role="search" method="get" action=${view.to.all}>
  <label for="q">Search all policies</label>
  <div class="row">
    <input type="search" id="q" name="q" value=${query} maxlength="200" placeholder="e.g. radiculopathy, 72158, SP-3.2" />
    <button type="submit">Search</button>
  </div>
</form>`;

const trail = (above: readonly OutlineNode[]): string => above.flatMap((a) => a.id ?? []).join(' › ');

function foundItem({ text, node, above, because }: Found, view: LibraryView): VNode {
  return html`<li>
    <a href=${view.to.text(text.policy, node.id)}>${titleOf(node)}</a>
    <span class="hint"
      >${text.policy.input.title}, from ${text.policy.input.effective}${above.length === 0 ? '' : `; in ${trail(above)}`}</span
    >
    ${because === node.label || because === node.id ? '' : html`<span class="hint">${because}</span>`}
  </li>`;
}

/** What a text is to today's orders. */
function standing({ policy }: Text, library: Library, today: Day): readonly [words: string, tone: string] {
  const { status } = policy.input;
  if (status === 'draft') return ['draft: not used', ''];
  if (status === 'shadow') return ['shadow: recorded, not shown', ''];
  if (library.knowledge.policies.inForce(policy.id, today) === policy) return ['in force', 'good'];
  return policy.effective > today ? ['not in force yet', 'open'] : ['no longer in force', ''];
}

const standingOf = (text: Text, view: LibraryView): VNode => {
  const [words, tone] = standing(text, view.library, view.today);
  return html`<span class=${`state ${tone}`}>${words}</span>`;
};

/** The list of policies, or what a search found. */
export function policiesPage(view: LibraryView, query: string): string {
  const { library, to } = view;
  const { found, more } = library.search(query);
  const results =
    query === ''
      ? ''
      : html`<section class="panel" aria-labelledby="found">
          <h2 id="found">${found.length === 0 ? 'Nothing found' : `${found.length}${more ? ' or more' : ''} passages`} for “${query}”</h2>
          <ul class="found">${found.map((f) => foundItem(f, view))}</ul>
        </section>`;
  const rows = library.texts.map((text) => {
    const { input, until } = text.policy;
    const payers = library.knowledge.payers.payers.filter((p) => p.policies.some((r) => r.policy === text.policy.id));
    return html`<tr role="row">
      <th scope="row" role="rowheader"><a href=${to.text(text.policy)}>${input.title}</a><span class="hint">${input.publisher}</span></th>
      <td role="cell" data-of="Payers">${payers.map((p) => p.name).join(', ')}</td>
      <td role="cell" data-of="Version" class="date">${input.version}</td>
      <td role="cell" data-of="In force from" class="date">${input.effective}${until === undefined ? '' : ` to ${formatDay(until - 1)}`}</td>
      <td role="cell" data-of="Now">${standingOf(text, view)}</td>
      <td role="cell" data-of="Checked against its publisher">${input.checked}${text.policy.reviewBy < view.today ? html`<span class="hint">review was due ${input['review-by']}</span>` : ''}</td>
    </tr>`;
  });
  return page(
    view,
    'Policies',
    html`<h1>Policies</h1>
      <p class="muted">The payers’ published criteria, rewritten in our own words in the order of their texts. The payer’s own text decides.</p>
      ${searchForm(view, query)} ${results}
      <section class="panel" aria-labelledby="list">
        <h2 id="list">All policies</h2>
        <div class="scroll" tabindex="0" role="group" aria-labelledby="list">
          <table class="stacked" role="table">
            <thead>
              <tr>
                <th scope="col">Policy</th>
                <th scope="col">Payers</th>
                <th scope="col">Version</th>
                <th scope="col">In force from</th>
                <th scope="col">Now</th>
                <th scope="col">Checked against its publisher</th>
              </tr>
            </thead>
            <tbody>${rows}</tbody>
          </table>
        </div>
      </section>`,
  );
}

/** The passages of a text that are in force for a part of its time only; one that others use is named once. */
function datedPassages({ told }: Text): readonly OutlineNode[] {
  const all = [...outlineNodes([...told.exclusions, ...told.indications])].map(([node]) => node);
  const dated = all.filter((n) => n.from !== undefined || n.until !== undefined);
  return [...new Map(dated.map((n) => [`${n.id} ${n.from} ${n.until}`, n])).values()];
}

const part = (title: string, id: string, nodes: readonly OutlineNode[], view: OutlineView): VNode | string =>
  nodes.length === 0
    ? ''
    : html`<section class="panel" aria-labelledby=${id}>
        <h2 id=${id}>${title}</h2>
        ${nodes.map((n) => passage(n, view))}
      </section>`;

/** A policy text as a document. @param on the day for which it is told what is in force */
export function policyPage(view: LibraryView, text: Text, on: Day): string {
  const { policy, told } = text;
  const { input } = policy;
  const { library, to } = view;
  const outlineView: OutlineView = { to, studies: library.knowledge.studies, on };
  const dated = datedPassages(text);
  const others = library.versions(policy.id).filter((t) => t !== text);
  const contents = (nodes: readonly OutlineNode[], depth: number): VNode | string =>
    nodes.length === 0
      ? ''
      : html`<ul>
          ${nodes.map(
            (n) => html`<li>
              <a href=${`#${encodeURIComponent(n.id ?? '')}`}>${titleOf(n)}</a>
              ${
                depth < 1
                  ? contents(
                      n.children.filter((c) => c.kind === 'section' || c.kind === 'indication'),
                      depth + 1,
                    )
                  : ''
              }
            </li>`,
          )}
        </ul>`;
  return page(
    view,
    input.title,
    html`<h1>${input.title}</h1>
      ${input.notice === undefined ? '' : html`<p class="notice open">${input.notice}</p>`}
      <div class="columns side">
        <dl class="pairs">
          <dt>Publisher</dt>
          <dd>${input.publisher}${input.url === undefined ? '' : html` · <a href=${input.url} rel="noreferrer">the payer’s text</a>`}</dd>
          <dt>Version</dt>
          <dd>${input.version}</dd>
          <dt>In force</dt>
          <dd>from ${input.effective}${policy.until === undefined ? '' : ` to ${formatDay(policy.until - 1)}`} ${standingOf(text, view)}</dd>
          <dt>Checked</dt>
          <dd>${input.checked}; to be checked again by ${input['review-by']}${policy.reviewBy < view.today ? ' (overdue)' : ''}</dd>
          <dt>Governs</dt>
          <dd>${input.governs.map((c, i) => html`${i > 0 ? '; ' : ''}${library.knowledge.studies.get(c)?.label ?? 'study'} (${c})`)}</dd>
          <dt>Documents</dt>
          <dd>${input.documents.length === 0 ? 'none named' : html`<ul>${input.documents.map((d) => html`<li>${d}</li>`)}</ul>`}</dd>
          ${
            others.length === 0
              ? ''
              : html`<dt>Other texts</dt>
                  <dd>${others.map((t, i) => html`${i > 0 ? ', ' : ''}<a href=${to.text(t.policy)}>from ${t.policy.input.effective}</a>`)}</dd>`
          }
        </dl>
        <form method="get" action=${to.text(policy)}>
          <label for="on">What is in force on</label>
          <div class="row">
            <input type="date" id="on" name="on" value=${formatDay(on)} required />
            <button type="submit">Show</button>
          </div>
          ${
            dated.length === 0
              ? html`<span class="hint">All passages of this text are in force for its whole time.</span>`
              : html`<ul class="small">
                  ${dated.map((n) => html`<li>${n.id === undefined ? n.label : html`<a href=${`#${encodeURIComponent(n.id)}`}>${n.id}</a>`} ${periodWords(n)}</li>`)}
                </ul>`
          }
        </form>
      </div>
      ${searchForm(view)}
      <nav class="panel contents" aria-label="Contents">
        <h2>Contents</h2>
        ${contents([...told.exemptions, ...told.exclusions, ...told.indications], 0)}
      </nav>
      ${part('No review needed', 'exemptions', told.exemptions, outlineView)}
      ${part('Not covered by these criteria (exclusions)', 'exclusions', told.exclusions, outlineView)}
      ${part('Indications', 'indications', told.indications, outlineView)}
      ${
        told.notEncoded.length === 0
          ? ''
          : html`<section class="panel" aria-labelledby="not-encoded">
              <h2 id="not-encoded">Passages without a criterion</h2>
              <ul>${told.notEncoded.map((n) => html`<li><b>${n.cite}</b>: ${n.why}</li>`)}</ul>
            </section>`
      }`,
  );
}

const EVIDENCE: Readonly<Record<string, string>> = {
  finding: 'A diagnosis, a reason of the order or a coded finding',
  measure: 'A measured value',
  imaging: 'An imaging examination',
  report: 'A report of a test',
  procedure: 'A procedure',
  medication: 'A medication',
  visit: 'A visit',
  order: 'A planned service',
  orderer: 'The specialty of the ordering clinician',
  device: 'A device',
  allergy: 'An allergy or intolerance',
  course: 'A course of treatment',
  improvement: 'The course of scores: improvement',
  worsening: 'The course of scores: worsening',
  persistence: 'The complaint persists',
  sign: 'A sign found at a visit in person',
  trend: 'A trend of values',
  comparison: 'Two scores compared',
  progression: 'Signs that progressed between visits',
  change: 'A change of a drug',
};

type Sets = (name: string) => boolean;

function member(name: string, value: unknown, sets: Sets, to: Addresses): VNode {
  const items = Array.isArray(value) ? value.flat() : [value];
  const shown = items.map(
    (item, i) =>
      html`${i > 0 ? ', ' : ''}${
        typeof item === 'string' && sets(item) ? html`<a href=${to.codes(item)}>${item}</a>` : String(item)
      }`,
  );
  return html`<dt>${name.replaceAll('-', ' ')}</dt><dd>${shown}</dd>`;
}

function evidence(fact: FactInput, sets: Sets, to: Addresses): readonly VNode[] {
  return fact.evidence.flatMap((block) =>
    Object.entries(block).map(([kind, members]) => {
      const told = Object.entries(members as Readonly<Record<string, unknown>>).filter(
        ([, v]) => v !== undefined && v !== false && !(Array.isArray(v) && v.length === 0),
      );
      return html`<li>
        ${EVIDENCE[kind] ?? kind}
        <dl class="pairs small">${told.map(([name, value]) => member(name, value, sets, to))}</dl>
      </li>`;
    }),
  );
}

const usesList = (uses: readonly Passage[], view: LibraryView): VNode =>
  html`<ul class="found">
    ${uses.map(
      ({ text, node }) => html`<li>
        <a href=${view.to.text(text.policy, node.id)}>${titleOf(node)}</a>
        <span class="hint">${text.policy.input.title}, from ${text.policy.input.effective}</span>
      </li>`,
    )}
  </ul>`;

/** What a fact of the vocabulary asks, how a chart shows it, and which passages look at it. */
export function factPage(view: LibraryView, id: string, fact: FactInput): string {
  const { library, to } = view;
  const { codes, vocabulary } = library.knowledge;
  const parts = fact.any ?? fact.all;
  const shown = evidence(fact, (n) => codes.has(n), to);
  return page(
    view,
    fact.label,
    html`<h1>${fact.label}</h1>
      <dl class="pairs">
        <dt>Code</dt>
        <dd><code>${id}</code></dd>
        <dt>Question</dt>
        <dd>${fact.ask}</dd>
        ${fact.lookback === undefined ? '' : html`<dt>Looks back</dt><dd>${fact.lookback}</dd>`}
        ${fact.urgent ? html`<dt>Urgent</dt><dd>a red flag: care must not wait for authorization</dd>` : ''}
        ${fact.action === undefined ? '' : html`<dt>Next step</dt><dd>${fact.action}</dd>`}
        ${fact.note === undefined ? '' : html`<dt>Note</dt><dd>${fact.note}</dd>`}
      </dl>
      <section class="panel" aria-labelledby="shown">
        <h2 id="shown">How a chart shows it</h2>
        ${
          parts === undefined
            ? ''
            : html`<p>
                ${fact.any === undefined ? 'When all of these are true: ' : 'When one of these is true: '}
                ${parts.map((p, i) => html`${i > 0 ? '; ' : ''}<a href=${to.fact(p)}>${vocabulary.describe(p)?.label ?? p}</a>`)}
              </p>`
        }
        ${shown.length === 0 ? '' : html`<ul>${shown}</ul>`}
        <p class="muted">${
          shown.length === 0 && parts === undefined
            ? 'No code shows it: it is unknown until a clinician documents it.'
            : 'A clinician may document it too, under its code.'
        }</p>
      </section>
      <section class="panel" aria-labelledby="uses">
        <h2 id="uses">Passages that look at it</h2>
        ${usesList(library.uses(id), view)}
      </section>`,
  );
}

const SYSTEM_WORDS: Readonly<Record<System, string>> = {
  icd10cm: 'ICD-10-CM',
  icd10pcs: 'ICD-10-PCS',
  snomed: 'SNOMED CT',
  cpt: 'CPT and HCPCS',
  loinc: 'LOINC',
  icdo3: 'ICD-O-3',
  rxnorm: 'RxNorm',
  nucc: 'NUCC taxonomy',
  mrsafety: 'MR safety (NCI)',
};

/** A code set with its codes. */
export function codeSetPage(view: LibraryView, name: string): string | undefined {
  const { codes } = view.library.knowledge;
  const set = codes.sets.get(name);
  if (set === undefined) return undefined;
  const listed = codes.listed.filter((c) => c.set === name);
  const tables = SYSTEM_NAMES.flatMap((system) => {
    const own = listed.filter((c) => c.system === system);
    if (own.length === 0) return [];
    return [
      html`<section class="panel">
        <div class="scroll" tabindex="0" role="group" aria-label=${SYSTEM_WORDS[system]}>
          <table>
            <caption>${SYSTEM_WORDS[system]}</caption>
            <thead><tr><th scope="col">Code or family</th><th scope="col">Our words</th><th scope="col">Region</th></tr></thead>
            <tbody>
              ${own.map((c) => html`<tr><td><code>${c.code}</code></td><td>${c.label}</td><td>${c.region === 'by-region' ? 'by the region digit' : c.region}</td></tr>`)}
            </tbody>
          </table>
        </div>
      </section>`,
    ];
  });
  return page(
    view,
    set.label,
    html`<h1>Code set: ${set.label}</h1>
      <dl class="pairs">
        <dt>Name</dt>
        <dd><code>${name}</code></dd>
        ${set.note === undefined ? '' : html`<dt>Note</dt><dd>${set.note}</dd>`}
        ${
          set.include.length === 0
            ? ''
            : html`<dt>Takes in</dt><dd>${set.include.map((s, i) => html`${i > 0 ? ', ' : ''}<a href=${view.to.codes(s)}>${s}</a>`)}</dd>`
        }
        ${set['icd10cm-except'].length === 0 ? '' : html`<dt>Except</dt><dd>${set['icd10cm-except'].join(', ')}</dd>`}
        ${
          set['icd10cm-except-sets'].length === 0
            ? ''
            : html`<dt>Except those of</dt><dd>${set['icd10cm-except-sets'].map((s, i) => html`${i > 0 ? ', ' : ''}<a href=${view.to.codes(s)}>${s}</a>`)}</dd>`
        }
      </dl>
      ${tables}`,
  );
}

/** There is no such page. */
export const missingPage = (view: LibraryView): string =>
  page(
    view,
    'Not found',
    html`<h1>There is no such page</h1>
      <p>Perhaps the policy has another name now. <a href=${view.to.all}>All policies</a></p>
      ${searchForm(view)}`,
    { narrow: true },
  );
