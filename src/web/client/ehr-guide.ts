import { html } from 'htm/preact';
import type { View } from './ehr-parts.ts';

/** How far the user has come. */
export interface Progress {
  readonly ordered: boolean;
  readonly answered: boolean;
  /** the card asks for something */
  readonly open: boolean;
  readonly saved: boolean;
}

const STEPS = [
  'Choose a patient',
  'Order a study',
  'Read the card, open its worksheet',
  'Answer, check, save',
  'See the card change',
] as const;

/** The step that is next, counted from 0. */
function nextStep({ ordered, answered, open, saved }: Progress): number {
  if (!ordered) return 1;
  if (!answered || (open && !saved)) return 2;
  return saved ? 4 : 2;
}

/** The way through the page, with the step that is next. @param worksheet it is open */
export function Guide({ progress, worksheet }: { readonly progress: Progress; readonly worksheet: boolean }): View {
  const next = worksheet && !progress.saved ? 3 : nextStep(progress);
  return html`<ol class="steps" aria-label="Try it">
    ${STEPS.map(
      (words, i) =>
        html`<li class=${i < next ? 'done' : i === next ? 'next' : ''} aria-current=${i === next ? 'step' : undefined}>
          ${words}${i < next && html`<span class="visually-hidden"> (done)</span>`}
        </li>`,
    )}
  </ol>`;
}
