import { NOT_A_DECISION } from '../cards/words.ts';
import type { CheckedOrder } from '../criteria-check/order-check.ts';
import { html, type PageOptions, pageHtml, type VNode } from '../web/page.ts';
import { patientBanner } from '../web/patient-banner.ts';
import { conflictsPart, criteriaPart } from './criteria-view.ts';
import {
  basisPart,
  documentsPart,
  nearestPart,
  orderFacts,
  outcomePart,
  uncheckedPart,
  urgentBanner,
} from './outcome-view.ts';
import { questionsPart } from './questions-view.ts';
import { launchPath, type WorksheetView } from './view.ts';

const ROOM = 'Imaging criteria worksheet';

const logOut = (view: WorksheetView): VNode => html`<form method="post" action=${`${view.prefix}/smart/logout`}>
  <input type="hidden" name="launch" value=${view.launched.id} />
  <input type="hidden" name="csrf" value=${view.launched.csrf} />
  <button type="submit" class="plain">Log out</button>
</form>`;

/** A page of the launch in its frame. */
export const launchPage = (
  view: Pick<WorksheetView, 'launched' | 'prefix'>,
  title: string,
  body: VNode,
  more: Partial<PageOptions> = {},
): string =>
  pageHtml(
    { title, room: ROOM, prefix: view.prefix, styles: ['worksheet.css'], scripts: ['worksheet.js'], ...more },
    body,
  );

/** What was just done, or why it was not. */
function messagePart(view: WorksheetView): VNode {
  const { message } = view;
  if (message === undefined) return html`<div id="message" role="status" hidden></div>`;
  const { tone, title, text, download } = message;
  return html`<div class=${`notice ${tone}`} role=${tone === 'good' ? 'status' : 'alert'} id="message">
    <p><b>${title}</b>${text === undefined ? '' : ` ${text}`}</p>
    ${
      download === true
        ? html`<p><button type="submit" form="answers" formaction=${launchPath(view, 'answers')}>Download the answers</button></p>`
        : ''
    }
  </div>`;
}

/** Whose chart it is, where the EHR does not show it beside the page. */
function banner(view: WorksheetView): VNode | '' {
  if (!view.launched.needsBanner) return '';
  return patientBanner(view.index.get(`Patient/${view.launched.patientId}`));
}

const NOTHING: Readonly<Record<'failed' | 'none', readonly [string, string]>> = {
  failed: [
    'This order could not be checked',
    'Something in it or in the chart was not understood. The criteria are unknown for it; it was neither met nor not met.',
  ],
  none: [
    'No policy is checked for this order',
    'None of the loaded policies governs this study for the patient’s payer on this date, or the order names no imaging of the spine.',
  ],
};

function unchecked(view: WorksheetView): VNode {
  const { check } = view.assessed;
  if (check !== undefined && check !== 'failed' && check.kind === 'unchecked') {
    const { study } = check;
    return html`<h1>${study.label} (${study.code})</h1>
      ${uncheckedPart(check, view)}`;
  }
  const [title, text] = NOTHING[check === 'failed' ? 'failed' : 'none'];
  return html`<h1>${title}</h1>
    <p>${text}</p>
    <p><a href=${launchPath(view, 'orders')}>Choose another order or study</a></p>
    <p class="muted small">${NOT_A_DECISION}</p>`;
}

/** The study, or that the order does not say which one. */
export const titleOf = ({ order, study }: CheckedOrder): string =>
  order.open === undefined
    ? `${study.label} (${study.code})`
    : `An order that leaves the ${order.open} open; looked at as ${study.label} (${study.code})`;

/** Everything below the frame; after a check it is exchanged for what the check came to. */
export function worksheetBody(view: WorksheetView): VNode {
  const { checked } = view.assessed;
  const above = messagePart(view);
  if (checked === undefined)
    return html`<div id="worksheet" data-launch=${view.launched.id}>${above}${banner(view)}${unchecked(view)}</div>`;
  return html`<div id="worksheet" data-launch=${view.launched.id}>
    ${urgentBanner(checked, view)} ${above} ${banner(view)}
    <h1>${titleOf(checked)}</h1>
    ${orderFacts(checked, view)}
    <div class="columns two">
      <div>${outcomePart(checked, view)} ${questionsPart(view)}</div>
      <div>
        ${conflictsPart(checked, view)} ${nearestPart(checked)} ${basisPart(checked, view)} ${criteriaPart(checked, view)} ${documentsPart(checked)}
      </div>
    </div>
    <p class="muted small no-print">
      ${view.readAt === undefined ? '' : `The chart was read at ${new Date(view.readAt).toISOString().slice(0, 16).replace('T', ' ')} UTC. `}
      <a href=${launchPath(view)}>Read it again</a> · <a href=${launchPath(view, 'summary')}>Summary of what is on file</a> ·${' '}
      <a href=${launchPath(view, 'orders')}>Another order</a>
    </p>
  </div>`;
}

/** The worksheet of a launch. */
export const worksheetPage = (view: WorksheetView): string =>
  launchPage(
    view,
    'Worksheet',
    html`<div id="live" class="visually-hidden" aria-live="polite"></div>${worksheetBody(view)}`,
    {
      nav: html`<nav aria-label="Session">${logOut(view)}</nav>`,
    },
  );
