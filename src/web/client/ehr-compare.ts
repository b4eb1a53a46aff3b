import { html, useState } from 'htm/preact';
import type { HookReply, HookWish, PayerRow } from '../../sandbox/ehr/wire.ts';
import { wordsOf } from './ehr-api.ts';
import type { Calls } from './ehr-calls.ts';
import { cardsOf, diagnosticsOf, OUTCOMES } from './ehr-card.ts';
import { Dialog, type View } from './ehr-parts.ts';

/** The answer to the same order under one payer. */
export interface Compared {
  readonly payer: PayerRow;
  readonly reply?: HookReply;
  readonly problem?: string;
}

const FEW = 4;
const few = (items: readonly string[]): readonly string[] =>
  items.length <= FEW ? items : [...items.slice(0, FEW), `and ${items.length - FEW} more`];

const Items = ({ items }: { readonly items: readonly string[] }): View | string =>
  items.length === 0 ? 'nothing' : html`<ul>${few(items).map((i) => html`<li>${i}</li>`)}</ul>`;

function Row({ payer, reply, problem }: Compared): View {
  const name = html`<th scope="row" role="rowheader">${payer.name}</th>`;
  const all = (words: unknown): View => html`<tr role="row">${name}<td role="cell" colspan="3">${words}</td></tr>`;
  if (problem !== undefined) return all(html`<span class="state bad">failed</span> ${problem}`);
  if (reply === undefined) return all('Asking …');
  const { response, failure } = reply.exchange;
  if (response?.status !== 200 || failure !== undefined)
    return all(
      html`<span class="state bad">failed</span> ${response === undefined ? failure : `${response.status} ${response.statusText}`}
        ${' '}${diagnosticsOf(response?.body).join('; ')}`,
    );
  const [card] = cardsOf(response.body);
  if (card === undefined) return all('No card: no policy of this payer here governs the order.');
  const { assessment } = card;
  if (assessment === undefined) return all(card.summary);
  const outcome = OUTCOMES[assessment.outcome] ?? { words: assessment.outcome, look: '' };
  return html`<tr role="row">
    ${name}
    <td role="cell" data-of="Outcome">
      <span class=${`state ${outcome.look}`}>${outcome.words}</span>
      ${assessment.alternatives.length > 0 && html`<span class="hint">${assessment.alternatives.join(', ')}</span>`}
      <span class="hint">${assessment.policy}</span>
    </td>
    <td role="cell" data-of="Decided by"><${Items} items=${assessment.deciding} /></td>
    <td role="cell" data-of="What is missing"><${Items} items=${assessment.outcome === 'met' || assessment.outcome === 'not-required' ? [] : assessment.questions} /></td>
  </tr>`;
}

interface CompareProps {
  readonly study: string;
  readonly line: string;
  readonly rows: readonly Compared[];
  readonly onClose: () => void;
}

/** The same order under every payer, side by side. */
export const Compare = ({ study, line, rows, onClose }: CompareProps): View =>
  html`<${Dialog} title="The same order under every payer" onClose=${onClose}>
    <p class="muted">${study}, with the same chart, reasons and date; line of business: ${line}.</p>
    <div class="scroll" tabindex="0" role="group" aria-label="Outcomes by payer">
      <table class="compare stacked" role="table">
        <thead>
          <tr>
            <th scope="col">Payer</th>
            <th scope="col">Outcome</th>
            <th scope="col">Decided by</th>
            <th scope="col">What is missing</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map((row) => html`<${Row} key=${row.payer.id} ...${row} />`)}
        </tbody>
      </table>
    </div>
    <p class="visually-hidden" role="status">
      ${rows.every((r) => r.reply !== undefined || r.problem !== undefined) ? 'All payers have been asked.' : 'Asking …'}
    </p>
  <//>`;

/** Asks for an order under every payer. @param wishOf the call for a payer */
export function useComparison(
  calls: Calls,
  payers: readonly PayerRow[],
  wishOf: (payer: PayerRow) => HookWish,
): { readonly rows: readonly Compared[] | undefined; readonly begin: () => void; readonly end: () => void } {
  const [rows, setRows] = useState<readonly Compared[] | undefined>(undefined);
  const set = (payer: PayerRow, result: Partial<Compared>): void =>
    setRows((before) => before?.map((row) => (row.payer.id === payer.id ? { ...row, ...result } : row)));
  const begin = (): void => {
    setRows(payers.map((payer) => ({ payer })));
    for (const payer of payers)
      calls.askAside(wishOf(payer), `as of ${payer.name}`).then(
        (reply) => set(payer, { reply }),
        (error: unknown) => set(payer, { problem: wordsOf(error) }),
      );
  };
  return { rows, begin, end: () => setRows(undefined) };
}
