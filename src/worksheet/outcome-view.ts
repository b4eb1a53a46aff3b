import { unseen } from '../cards/detail.ts';
import { checkedSummary } from '../cards/summary.ts';
import {
  asDocumentedWords,
  countsWords,
  dateWords,
  factLabels,
  factWords,
  forOthers,
  indicationsWords,
  lineWords,
  list,
  NOT_A_DECISION,
  OUTCOME_WORDS,
  restsWithoutEvidence,
  reviewsWords,
  screenWords,
  timing,
  URGENT,
} from '../cards/words.ts';
import type { CheckedOrder, UncheckedOrder } from '../criteria-check/order-check.ts';
import { formatDay } from '../dates/day.ts';
import { textName } from '../library/addresses.ts';
import type { NearestPath, Outcome } from '../policy/assessment.ts';
import type { Evidence } from '../policy/fact-source.ts';
import { noneOf } from '../policy/words.ts';
import { html, type VNode } from '../web/page.ts';
import { anchorOf } from './criteria-tree.ts';
import { evidence, evidenceItems, launchPath, libraryOf, type WorksheetView } from './view.ts';

const TONE: Readonly<Record<Outcome, readonly [tone: string, sign: string]>> = {
  met: ['good', '✓'],
  'not-required': ['good', '✓'],
  'not-met': ['bad', '✗'],
  alternative: ['open', '→'],
  undetermined: ['open', '?'],
};

/** The outcome as a sign, a word and a colour. */
export const outcomeState = (outcome: Outcome): VNode => {
  const [tone, sign] = TONE[outcome];
  return html`<span class=${`state outcome ${tone}`}><span aria-hidden="true">${sign}</span>${OUTCOME_WORDS[outcome]}</span>`;
};

/** Documented red flags, on top of everything. */
export function urgentBanner(check: CheckedOrder, view: WorksheetView): VNode | '' {
  if (check.urgent.length === 0) return '';
  const label = factLabels(check);
  return html`<section class="notice bad urgent" aria-labelledby="urgent">
    <h2 id="urgent"><span aria-hidden="true">⚠ </span>${URGENT}</h2>
    <ul>
      ${check.urgent.slice(0, 6).map((e) => html`<li>${label(e.fact)}: ${evidence(e, view)}</li>`)}
    </ul>
    ${check.assessment.reason === 'exclusion' ? html`<p>The policy excludes this order. A reviewer must decide.</p>` : ''}
  </section>`;
}

const line = (check: CheckedOrder): string => {
  const { payer } = check;
  return `${payer.name} (${lineWords(payer)})${payer.assumed ? ', assumed: the EHR shows no coverage' : ''}`;
};

/** What is ordered, who pays, and which text it is checked against. */
export function orderFacts(check: CheckedOrder, view: WorksheetView): VNode {
  const { order, policy } = check;
  const { input } = policy;
  const overdue = order.asOf.hi > policy.reviewBy;
  return html`<dl class="pairs">
    <dt>Order</dt>
    <dd>
      of ${formatDay(order.asOf.hi)}${order.serviceDate === order.asOf.lo ? '' : `, planned for ${formatDay(order.serviceDate)}`}
    </dd>
    <dt>Payer</dt>
    <dd>${line(check)}${check.exemptIf === undefined ? '' : html`<span class="hint">${check.exemptIf}</span>`}</dd>
    <dt>Policy</dt>
    <dd>
      <a href=${libraryOf(view).text(policy)} target="_blank">${input.title}</a>, version ${input.version}, in force from ${input.effective}${
        input.url === undefined
          ? ''
          : html` (<a href=${input.url} target="_blank" rel="noreferrer">the payer’s text</a>)`
      }
      ${overdue ? html`<span class="hint">Last compared with its publisher on ${input.checked}; its review was due ${input['review-by']}.</span>` : ''}
      ${input.notice === undefined ? '' : html`<span class="hint">${input.notice}</span>`}
    </dd>
  </dl>`;
}

/** Why an open outcome is open. */
function reasonWords({ assessment }: CheckedOrder): string | undefined {
  switch (assessment.reason) {
    case 'documentation':
      return assessment.missing.length === 0 ? undefined : 'Facts are missing that somebody may know.';
    case 'no-indication':
      return 'No indication of the policy is on file.';
    case 'data-unavailable':
      return `Part of the chart could not be read${assessment.sections.length === 0 ? '' : `: ${assessment.sections.join(', ')}`}.`;
    case 'conflict':
      return 'The chart says both yes and no to a fact that decides.';
    case 'reviewer':
      return 'The policy leaves this to a reviewer.';
    case 'exclusion':
      return assessment.blocked === undefined ? undefined : `The policy excludes this: ${assessment.blocked.label}.`;
    default:
      return undefined;
  }
}

/** The outcome in words, with what it rests on. */
export function outcomePart(check: CheckedOrder, view: WorksheetView): VNode {
  const { assessment } = check;
  const lines = [
    reasonWords(check),
    ...reviewsWords(assessment).map((left) => `Left to a reviewer: ${left}.`),
    indicationsWords(assessment),
    asDocumentedWords(check),
    ...dateWords(check),
  ].filter((l) => l !== undefined);
  const named = assessment.alternatives.map((c) => `${view.studies.get(c)?.label ?? 'study'} (${c})`);
  const unread = unseen(check).filter((s) => s.state !== 'not-available' || assessment.sections.includes(s.section));
  return html`<section class="panel" aria-labelledby="outcome" id="outcome-part">
    <h2 id="outcome" tabindex="-1">${outcomeState(assessment.outcome)}</h2>
    <p>${checkedSummary(check)}</p>
    ${
      view.assessed.forms.some((f) => f.response !== undefined)
        ? html`<p class="unsaved">With the answers on this page, which are not saved yet.</p>`
        : ''
    }
    ${lines.map((l) => html`<p>${l}</p>`)}
    ${named.length === 0 ? '' : html`<p>The policy names: ${named.join('; ')}.</p>`}
    <p class="counts" id="counts">${countsWords(check)}</p>
    ${
      assessment.silentScreens.length === 0
        ? ''
        : html`<p class="muted small">Not documented either way: ${list(screenWords(assessment), 12, '; ')}.</p>`
    }
    ${
      unread.length === 0
        ? ''
        : html`<p class="muted small">Not seen whole: ${unread.map((s) => `${s.section} (${s.state})`).join(', ')}.</p>`
    }
    <p class="muted small">${NOT_A_DECISION}</p>
  </section>`;
}

function nearestPath(path: NearestPath): VNode {
  const words = (facts: NearestPath['has']): VNode =>
    html`<ul>${factWords(facts).map((l) => html`<li>${l}</li>`)}</ul>`;
  return html`<li>
    <a href=${`#${encodeURIComponent(anchorOf(path.criterion))}`}>${path.label}</a>${' '}
    <span class="muted small">(${path.cite})</span>
    <div class="small">
      <span class="muted">Needed:</span>${words(path.needs)}
      ${path.has.length === 0 ? html`<span class="muted">Nothing of it is documented yet.</span>` : html`<span class="muted">Documented:</span>${words(path.has)}`}
      ${[timing(path), forOthers(path)].map((line) => (line === '' ? '' : html`<p>${line.trim()}</p>`))}
    </div>
  </li>`;
}

/** The nearest ways to "met", best first. */
export function nearestPart(check: CheckedOrder): VNode | '' {
  const { paths } = check.assessment;
  if (paths.length === 0) return '';
  return html`<section class="panel" aria-labelledby="nearest">
    <h2 id="nearest">Nearest ways to meet the criteria${check.assessment.outcome === 'alternative' ? ' for the ordered study' : ''}</h2>
    <ol class="nearest">${paths.map(nearestPath)}</ol>
  </section>`;
}

/** Evidence by the fact that it is about. */
function byFact(items: readonly Evidence[], check: CheckedOrder, view: WorksheetView): VNode {
  const label = factLabels(check);
  const facts = [...Map.groupBy(items, (e) => e.fact)];
  return html`<ul>
    ${facts.map(
      ([fact, found]) =>
        html`<li>${found.every((e) => e.basis === 'absence') ? noneOf(label(fact)) : label(fact)}${evidenceItems(found, view, 3)}</li>`,
    )}
  </ul>`;
}

/** What the outcome rests on, passage by passage: the evidence for it, and what the chart says against. */
export function basisPart(check: CheckedOrder, view: WorksheetView): VNode | '' {
  const { satisfied, contradicted, outcome } = check.assessment;
  const against = outcome === 'met' ? [] : contradicted.slice(0, 4);
  if (satisfied.length + against.length === 0) return '';
  return html`<section class="panel" aria-labelledby="basis">
    <h2 id="basis">Documented</h2>
    ${satisfied.map(
      (s) => html`<div>
        <p>${s.label} <span class="muted small">(${s.cite})</span></p>
        ${s.evidence.length === 0 ? html`<p class="muted">${restsWithoutEvidence(check, s.criterion)}</p>` : byFact(s.evidence, check, view)}
      </div>`,
    )}
    ${against.length === 0 ? '' : html`<h3>The chart says otherwise</h3>`}
    ${against.map(
      (c) => html`<div>
        <p>${c.label} <span class="muted small">(${c.cite})</span>: ${c.why}</p>
        ${byFact(c.evidence, check, view)}
      </div>`,
    )}
  </section>`;
}

/** What the payer asks to be sent. */
export function documentsPart(check: CheckedOrder): VNode | '' {
  const { documents } = check.policy.input;
  if (documents.length === 0) return '';
  return html`<section class="panel" aria-labelledby="documents">
    <h2 id="documents">Documents that the payer asks for</h2>
    <ul>${documents.map((d) => html`<li>${d}</li>`)}</ul>
  </section>`;
}

/** Why an order was not checked, with the outcome under each coverage that may apply. */
export function uncheckedPart(check: UncheckedOrder, view: WorksheetView): VNode {
  const unavailable = check.reason === 'coverage-unavailable';
  return html`<section class="panel" aria-labelledby="outcome">
    <h2 id="outcome" tabindex="-1"><span class="state open"><span aria-hidden="true">?</span>Criteria not checked</span></h2>
    <p>
      ${
        unavailable
          ? 'The patient’s coverage could not be read whole, so that no policy could be chosen.'
          : 'Several coverages apply to this order, and it does not say which. Choose one here to see its criteria; the cards stay undecided until the order names its insurance.'
      }
    </p>
    <ul class="options">
      ${check.options.map(
        (o) => html`<li class="row">
          <span>${o.payer.name} · ${o.policy.input.title} ${textName(o.policy)}</span>
          ${outcomeState(o.assessment.outcome)}
          ${
            o.payer.coverage === undefined
              ? ''
              : html`<a href=${`${launchPath(view)}?coverage=${encodeURIComponent(o.payer.coverage)}`}
                  >Open its criteria<span class="visually-hidden"> (${o.payer.name})</span></a
                >`
          }
        </li>`,
      )}
    </ul>
    <p class="muted small">${NOT_A_DECISION}</p>
  </section>`;
}
