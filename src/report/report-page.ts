import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { OUTCOMES } from '../policy/assessment.ts';
import { type Chart, criteriaChart, factsChart, outcomeChart } from './report-charts.ts';
import type { Tally } from './tally-orders.ts';

export interface ReportOptions {
  /** where the orders came from, e.g. "batch output of 3 files" */
  readonly source: string;
  /** YYYY-MM-DD */
  readonly made: string;
  readonly labelOf: (fact: string) => string;
}

const MOST_CRITERIA = 25;
const MOST_FACTS = 15;

const STYLE = `
  body { font: 15px/1.45 system-ui, sans-serif; color: #1c2126; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
  figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; } details { overflow-x: auto; }
  .narrow { display: none; } @media screen and (max-width: 44rem) { .narrow { display: block; } .wide { display: none; } }
  table { border-collapse: collapse; font-size: 0.87rem; } th, td { border-bottom: 1px solid #d5dade; padding: 0.15rem 0.6rem; text-align: left; }
  td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } .note { color: #56606b; }
`;

/** A chart as a figure with a text for those who do not see it; the figures stand in the table below. */
const chart = ({ wide, narrow }: Chart, label: string): VNode =>
  html`<figure role="img" aria-label=${label}>
    <div class="wide" dangerouslySetInnerHTML=${{ __html: wide }}></div>
    <div class="narrow" dangerouslySetInnerHTML=${{ __html: narrow }}></div>
  </figure>` as VNode;

function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): VNode {
  const cell = (value: string | number): VNode =>
    (typeof value === 'number' ? html`<td class="n">${value}</td>` : html`<td>${value}</td>`) as VNode;
  const [first] = rows;
  return html`<details>
    <summary>Figures</summary>
    <table>
      <thead>
        <tr>${headings.map((h, i) => html`<th scope="col" class=${typeof first?.[i] === 'number' ? 'n' : ''}>${h}</th>`)}</tr>
      </thead>
      <tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody>
    </table>
  </details>` as VNode;
}

/** The report as one self-contained HTML page: charts as SVG, each with its figures. */
export function reportPage(tally: Tally, options: ReportOptions): string {
  const { labelOf } = options;
  const parts =
    tally.orders === 0
      ? html`<p>There are no orders to report.</p>`
      : html`
          <h2>Outcomes</h2>
          ${chart(outcomeChart(tally), 'Orders by outcome, policy and month')}
          ${table(
            ['policy', 'month', ...OUTCOMES],
            tally.months.map((m) => [m.policy, m.month, ...OUTCOMES.map((o) => m.outcomes[o])]),
          )}
          <h2>Criteria</h2>
          ${chart(criteriaChart(tally, MOST_CRITERIA), 'How often criteria decided, were contradicted, excluded the order, were not documented')}
          ${table(
            ['policy', 'criterion', 'decided', 'contradicted', 'excluded the order', 'not documented'],
            tally.criteria.map((c) => [c.policy, c.criterion, c.decided, c.contradicted, c.excluded, c.missing]),
          )}
          <h2>Facts to document</h2>
          ${
            tally.facts.length === 0
              ? html`<p>No undetermined order has a way to met that documentation alone would open.</p>`
              : html`${chart(factsChart(tally, MOST_FACTS, labelOf), 'Facts whose documentation would settle undetermined orders')}
                ${table(
                  ['fact', 'code', 'would settle it alone', 'orders that need it'],
                  tally.facts.map((f) => [labelOf(f.fact), f.fact, f.alone, f.orders]),
                )}`
          }
        `;
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>Spine imaging criteria: report</title>
      <style dangerouslySetInnerHTML=${{ __html: STYLE }}></style>
    </head>
    <body><main>
      <h1>Spine imaging criteria: report</h1>
      <p>${tally.orders} orders${tally.orders === 0 ? '' : `, dated ${tally.from} to ${tally.to}`}; ${options.source}; made ${options.made}.</p>
      ${
        tally.unsure === 0
          ? ''
          : html`<p>${tally.unsure} of them would come out otherwise if a broken line of the export, which names nobody, were of their patient.</p>`
      }
      <p class="note">
        Assessments of published criteria on what charts document; not coverage decisions, and no measure of clinicians.
      </p>
      ${parts}
    </main></body>
  </html>`;
  return `<!doctype html>${renderToString(page as VNode)}`;
}
