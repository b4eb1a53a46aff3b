import { kindWords } from '../chart/resource-words.ts';
import type { Day } from '../dates/day.ts';
import { addresses } from '../library/addresses.ts';
import type { Evidence, Lead } from '../policy/fact-source.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import type { Launched } from '../smart/launched.ts';
import { html, type VNode } from '../web/page.ts';
import type { Assessed } from './assess.ts';
import type { ResourceIndex } from './resource-index.ts';

/** What is said on top of the page about what was just done. */
export interface Message {
  readonly tone: 'good' | 'bad' | 'open';
  readonly title: string;
  readonly text?: string;
  /** the answers can be downloaded from here */
  readonly download?: boolean;
}

/** What every part of the page needs. */
export interface WorksheetView {
  readonly launched: Launched;
  readonly assessed: Assessed;
  readonly index: ResourceIndex;
  readonly studies: StudyCatalog;
  /** path prefix of a proxy that serves us below a path */
  readonly prefix: string;
  readonly message?: Message;
  /** the coverage that was chosen where several apply */
  readonly coverage?: string;
  /** today in the configured time zone */
  readonly today: Day;
  /** when the chart was read, epoch milliseconds */
  readonly readAt?: number;
}

/** The address of a page of the launch. */
export const launchPath = ({ prefix, launched }: Pick<WorksheetView, 'prefix' | 'launched'>, page = ''): string =>
  `${prefix}/smart/launches/${encodeURIComponent(launched.id)}${page === '' ? '' : `/${page}`}`;

export const libraryOf = ({ prefix }: Pick<WorksheetView, 'prefix'>) => addresses(prefix);

/** Where a resource of the patient is shown. */
const resourcePath = (view: WorksheetView, reference: string): string =>
  `${launchPath(view, 'resource')}?ref=${encodeURIComponent(reference)}`;

const isUnsaved = (reference: string): boolean => reference.startsWith('QuestionnaireResponse/unsaved-');

/** The kind of a resource in words, as the beginning of a line. */
export function typeWords(reference: string): string {
  const words = kindWords(reference);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** A resource that says something, with its date; it opens on a page of its own. */
function source(reference: string, date: string | undefined, view: WorksheetView): VNode {
  if (isUnsaved(reference)) return html`Stated on this page, not saved yet${date === undefined ? '' : `, ${date}`}`;
  const words = view.index.words(reference);
  return html`<a href=${resourcePath(view, reference)} data-resource>${typeWords(reference)}${words === undefined ? '' : `: ${words}`}</a>${
    date === undefined ? '' : html`, <span class="date">${date}</span>`
  }`;
}

/** One piece of evidence with its source. */
export function evidence(item: Evidence, view: WorksheetView): VNode {
  if (item.basis === 'absence' || item.reference === undefined) return html`none on file here`;
  const basis =
    item.basis === 'attested' ? ' (stated by a clinician)' : item.basis === 'order' ? ' (reason of this order)' : '';
  return html`${source(item.reference, item.date, view)}${basis}`;
}

/** Evidence as a list, the first pieces of it. */
export function evidenceItems(items: readonly Evidence[], view: WorksheetView, most = 6): VNode | '' {
  if (items.length === 0) return '';
  const shown = items.slice(0, most);
  return html`<ul class="evidence">
    ${shown.map((e) => html`<li>${evidence(e, view)}</li>`)}
    ${items.length > most ? html`<li class="muted">and ${items.length - most} more</li>` : ''}
  </ul>`;
}

/** What is on file and helps to answer, though it proves nothing. */
export function leadItems(leads: readonly Lead[], view: WorksheetView): VNode | '' {
  if (leads.length === 0) return '';
  return html`<div class="leads">
    <span class="muted">On file, which proves nothing but may help:</span>
    <ul class="evidence">
      ${leads.slice(0, 4).map((l) => html`<li>${source(l.reference, l.date, view)} <span class="muted">(${l.label})</span></li>`)}
    </ul>
  </div>`;
}
