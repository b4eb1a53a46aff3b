import { html } from 'htm/preact';
import type { ChartView, Json, PayerRow, PersonRow, ReasonRow, StudyRow, TryRow } from '../../sandbox/ehr/wire.ts';
import type { Api } from './ehr-api.ts';
import { Combobox } from './ehr-combobox.ts';
import { text } from './ehr-json.ts';
import {
  type Line,
  type PayerChoice,
  reasonsOf,
  studyOf,
  withDate,
  withoutReason,
  withReason,
  withRequester,
  withStudy,
} from './ehr-order.ts';
import type { View } from './ehr-parts.ts';

/** A payer that no policy here belongs to. */
const ELSEWHERE = 'Some Other Health Plan';

interface FormProps {
  readonly api: Api;
  readonly chart: ChartView;
  readonly order: Json;
  readonly others: readonly Json[];
  readonly payer: PayerChoice;
  readonly user: string;
  readonly people: readonly PersonRow[];
  readonly payers: readonly PayerRow[];
  readonly signed: boolean;
  readonly onOrder: (order: Json) => void;
  readonly onOthers: (others: readonly Json[]) => void;
  readonly onPayer: (payer: PayerChoice) => void;
  readonly onUser: (user: string) => void;
}

const given = (event: Event): string => (event.target as HTMLInputElement | HTMLSelectElement).value;

/** The whole of a story's order at once. */
const tryOrder = (order: Json, { study, reasons }: TryRow): Json =>
  reasons.reduce((o, reason) => withReason(o, reason), withStudy(order, study));

function Study({ api, chart, order, onOrder }: FormProps): View {
  const study = studyOf(order);
  const tries = chart.tries.filter((one) => one.study.code !== study?.code);
  return html`<div class="part">
    ${
      study === undefined
        ? html`<p class="muted">No study is chosen yet.</p>`
        : html`<p class="chosen"><b>${study.code}</b> ${study.label}</p>`
    }
    <${Combobox}
      id="study"
      label=${study === undefined ? 'Study' : 'Another study'}
      hint="Code or words: 72148, lumbar mri, c-spine"
      search=${(q: string) => api.get<readonly StudyRow[]>('studies', { q })}
      onPick=${(found: StudyRow) => onOrder(withStudy(order, found))}
    />
    ${
      tries.length > 0 &&
      html`<div class="row">
        <span class="muted">${study === undefined ? 'For this story:' : 'To try as well:'}</span>
        ${tries.map(
          (one) =>
            html`<button type="button" key=${one.study.code} onClick=${() => onOrder(tryOrder(order, one))}>
              ${one.study.code} ${one.study.label}
            </button>`,
        )}
      </div>`
    }
  </div>`;
}

function Reasons({ api, order, onOrder }: FormProps): View {
  const reasons = reasonsOf(order);
  return html`<div class="part">
    ${
      reasons.length > 0 &&
      html`<ul class="chips" aria-label="Reasons">
        ${reasons.map(
          (reason, i) =>
            html`<li key=${`${reason.system}|${reason.code}`}>
              <b>${reason.code}</b> ${reason.label}
              <button
                type="button"
                class="plain"
                aria-label=${`Take away ${reason.label}`}
                onClick=${() => onOrder(withoutReason(order, i))}
              >
                ×
              </button>
            </li>`,
        )}
      </ul>`
    }
    <${Combobox}
      id="reason"
      label=${reasons.length === 0 ? 'Reason' : 'Another reason'}
      hint="ICD-10-CM or SNOMED CT: M54.16, radicul, 23056005; any code may be given"
      search=${(q: string) => api.get<readonly ReasonRow[]>('reasons', { q })}
      onPick=${(reason: ReasonRow) => onOrder(withReason(order, reason))}
    />
  </div>`;
}

function Payer({ chart, payer, payers, onPayer }: FormProps): View {
  const value = payer.kind === 'payer' ? `payer:${payer.name}` : payer.kind;
  const chosen = payer.kind === 'payer' ? payers.find((p) => p.name === payer.name) : undefined;
  const choose = (next: string): void => {
    if (next === 'filed' || next === 'none') return onPayer({ kind: next });
    const line = payer.kind === 'payer' ? payer.line : 'commercial';
    onPayer({ kind: 'payer', name: next.slice('payer:'.length), line, plan: '' });
  };
  return html`<div class="part">
    <div class="field">
      <label for="payer">Payer</label>
      <select id="payer" value=${value} onChange=${(event: Event) => choose(given(event))}>
        <option value="filed">As on file (${chart.coverage[0] ?? 'no coverage'})</option>
        <option value="none">No coverage on file</option>
        ${payers.map((p) => html`<option value=${`payer:${p.name}`}>${p.name}</option>`)}
        <option value=${`payer:${ELSEWHERE}`}>A payer without a policy here</option>
      </select>
    </div>
    ${
      payer.kind === 'payer' &&
      html`<div class="row">
        <div class="field">
          <label for="line">Line of business</label>
          <select
            id="line"
            value=${payer.line}
            onChange=${(event: Event) => onPayer({ ...payer, line: given(event) as Line })}
          >
            <option value="commercial">commercial</option>
            <option value="medicare">Medicare</option>
            <option value="medicaid">Medicaid</option>
            <option value="">not on file</option>
          </select>
        </div>
        <div class="field">
          <label for="plan">Plan or group</label>
          <input
            type="text"
            id="plan"
            list="plans"
            value=${payer.plan}
            onChange=${(event: Event) => onPayer({ ...payer, plan: given(event) })}
          />
          <datalist id="plans">${(chosen?.plans ?? []).map((p) => html`<option value=${p}></option>`)}</datalist>
        </div>
      </div>`
    }
  </div>`;
}

function Others({ others, onOthers }: FormProps): View | false {
  return (
    others.length > 0 &&
    html`<div class="part">
      <h3>Ordered along with it</h3>
      <ul class="chips">
        ${others.map((other) => {
          const study = studyOf(other);
          return html`<li key=${other['id']}>
            <b>${study?.code}</b> ${study?.label}
            <button
              type="button"
              class="plain"
              aria-label=${`Take away ${study?.label ?? 'order'}`}
              onClick=${() => onOthers(others.filter((o) => o !== other))}
            >
              ×
            </button>
          </li>`;
        })}
      </ul>
    </div>`
  );
}

/** The order, as it is filled in. */
export function OrderForm(props: FormProps): View {
  const { order, user, people, signed, onOrder, onUser } = props;
  return html`<fieldset class="order-form" disabled=${signed} aria-label="Order">
    <${Study} ...${props} />
    <${Reasons} ...${props} />
    <${Payer} ...${props} />
    <div class="row part">
      <div class="field">
        <label for="date">Order date</label>
        <input
          type="date"
          id="date"
          value=${text(order['authoredOn']) ?? ''}
          onChange=${(event: Event) => onOrder(withDate(order, given(event)))}
        />
      </div>
      <div class="field">
        <label for="user">Ordered by</label>
        <select
          id="user"
          value=${user}
          onChange=${(event: Event) => {
            onUser(given(event));
            onOrder(withRequester(order, given(event)));
          }}
        >
          ${people.map(
            (p) =>
              html`<option value=${`Practitioner/${p.id}`}>${p.name}${p.words === undefined ? '' : `, ${p.words}`}</option>`,
          )}
        </select>
      </div>
    </div>
    <${Others} ...${props} />
  </fieldset>`;
}
