import { html, useEffect, useState } from 'htm/preact';
import { Advice, type AdviceProps } from './ehr-advice.ts';
import type { Asking } from './ehr-calls.ts';
import { Failure, type View } from './ehr-parts.ts';

/** The seconds that a call takes, for the eyes alone. */
function Waiting({ asking }: { readonly asking: Asking }): View {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, []);
  return html`<span aria-hidden="true"> ${((now - asking.since) / 1000).toFixed(1)} s</span>`;
}

export interface SigningProps {
  readonly stale: boolean;
  readonly onComplete: () => void;
  readonly onBack: () => void;
}

/** The order is about to be signed: advice first, but it never holds the order up for good. */
export const Signing = ({ stale, onComplete, onBack }: SigningProps): View =>
  html`<div class="notice open">
    <p><b>Signing.</b> Read the advice below; it does not hold the order up.</p>
    <p class="row">
      <button type="button" class="primary" disabled=${stale} onClick=${onComplete}>Complete the signature</button>
      <button type="button" onClick=${onBack}>Back to the draft</button>
    </p>
  </div>`;

/** The worksheet beside the order. */
export const SidePanel = ({ address, onClose }: { readonly address: string; readonly onClose: () => void }): View =>
  html`<div class="side-panel">
    <p class="row spread">
      <b>Worksheet</b>
      <button type="button" onClick=${onClose}>Close the worksheet</button>
    </p>
    <iframe src=${address} title="Worksheet"></iframe>
  </div>`;

interface DecisionProps extends AdviceProps {
  readonly asking: Asking | undefined;
  /** nothing was ordered yet */
  readonly blank: boolean;
  /** what happened last */
  readonly note: string | undefined;
  /** why the page could not ask */
  readonly problem: string | undefined;
  readonly signing: SigningProps | undefined;
  /** the worksheet in the side panel */
  readonly panel: string | undefined;
  readonly onClosePanel: () => void;
}

/** What the service says about the order. */
export function Decision(props: DecisionProps): View {
  const { asking, blank, note, problem, signing, panel, stale, onClosePanel } = props;
  return html`<section class="panel decision" aria-labelledby="advice-heading" aria-busy=${stale}>
    <div class="row spread">
      <h2 id="advice-heading">Decision support</h2>
      <p role="status" class="asking small">
        ${asking !== undefined && html`Asking the service (${asking.hook}) …<${Waiting} asking=${asking} />`}
        ${asking === undefined && blank && html`<span class="muted">Cards come when a study is chosen.</span>`}
      </p>
    </div>
    ${note !== undefined && html`<p class="notice good" role="status">${note}</p>`}
    ${signing !== undefined && html`<${Signing} ...${signing} />`}
    ${problem !== undefined && html`<${Failure} words=${problem} />`}
    ${panel !== undefined && html`<${SidePanel} address=${panel} onClose=${onClosePanel} />`}
    <${Advice} ...${props} />
  </section>`;
}
