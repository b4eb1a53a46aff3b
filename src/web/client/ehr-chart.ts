import { html, useState } from 'htm/preact';
import type { ChartRow, ChartSection, ChartView, ReasonRow } from '../../sandbox/ehr/wire.ts';
import { type Api, wordsOf } from './ehr-api.ts';
import { Dialog, Failure, Json, type View } from './ehr-parts.ts';

const FEW = 12;
/** Sections that stand open: what an order for imaging is about. */
const OPEN = new Set(['Problems', 'Findings', 'Imaging and tests', 'Answers from worksheets']);

interface RowsProps {
  readonly section: ChartSection;
  readonly onRaw: (row: ChartRow) => void;
  readonly onReason: (reason: ReasonRow) => void;
}

function Rows({ section, onRaw, onReason }: RowsProps): View {
  const [all, setAll] = useState(false);
  const rows = all ? section.rows : section.rows.slice(0, FEW);
  return html`<div>
    ${section.problem !== undefined && html`<p class="notice open">${section.problem}</p>`}
    <ul class="chart-rows">
      ${rows.map(
        (row) =>
          html`<li key=${row.ref} class="chart-row">
            <span class="date muted">${row.date ?? 'no date'}</span>
            <span>
              ${row.words} ${row.detail !== undefined && html`<span class="muted small">${row.detail}</span>`}
              <span class="row-actions">
                ${
                  row.reason !== undefined &&
                  html`<button
                    type="button"
                    class="plain small"
                    aria-label=${`as reason: ${row.words}`}
                    onClick=${() => row.reason !== undefined && onReason(row.reason)}
                  >
                    as reason
                  </button>`
                }
                <button
                  type="button"
                  class="plain small"
                  aria-label=${`JSON of ${row.words}, ${row.date ?? 'no date'}`}
                  onClick=${() => onRaw(row)}
                >
                  JSON
                </button>
              </span>
            </span>
          </li>`,
      )}
    </ul>
    ${
      section.rows.length > rows.length &&
      html`<button type="button" class="plain" onClick=${() => setAll(true)}>
        Show all ${section.rows.length}<span class="visually-hidden"> of ${section.title}</span>
      </button>`
    }
  </div>`;
}

interface ChartProps {
  readonly api: Api;
  readonly chart: ChartView;
  readonly onReason: (reason: ReasonRow) => void;
}

type Raw = { readonly title: string; readonly value?: unknown; readonly problem?: string };

/** A patient's chart, section by section, newest first. */
export function Chart({ api, chart, onReason }: ChartProps): View {
  const [raw, setRaw] = useState<Raw | undefined>(undefined);
  const show = (title: string, ref: string): void => {
    api.get<unknown>('resource', { patient: chart.patient.id, ref }).then(
      (value) => setRaw({ title, value }),
      (error: unknown) => setRaw({ title, problem: wordsOf(error) }),
    );
  };
  return html`<section class="panel chart" aria-labelledby="chart-heading">
    <div class="row spread">
      <h2 id="chart-heading">Chart</h2>
      <button type="button" class="plain small" onClick=${() => show('Patient', `Patient/${chart.patient.id}`)}>
        JSON<span class="visually-hidden"> of the patient</span>
      </button>
    </div>
    <dl class="pairs">
      <dt>Coverage</dt>
      <dd>${chart.coverage.length === 0 ? 'none on file' : chart.coverage.map((c) => html`<div>${c}</div>`)}</dd>
    </dl>
    ${chart.sections.length === 0 && html`<p class="muted">Nothing else is on file.</p>`}
    ${chart.sections.map(
      (section) =>
        html`<details key=${section.title} open=${OPEN.has(section.title)}>
          <summary>${section.title} <span class="muted">${section.rows.length}</span></summary>
          <${Rows} section=${section} onReason=${onReason} onRaw=${(row: ChartRow) => show(row.words, row.ref)} />
        </details>`,
    )}
    ${
      raw !== undefined &&
      html`<${Dialog} title=${raw.title} onClose=${() => setRaw(undefined)}>
        ${
          raw.problem === undefined
            ? html`<${Json} value=${raw.value} label="The resource as JSON" />`
            : html`<${Failure} words=${raw.problem} />`
        }
      <//>`
    }
  </section>`;
}
