import { checkedSummary } from '../cards/summary.ts';
import { countsWords, factLabels, list, NOT_A_DECISION, restsWithoutEvidence, URGENT } from '../cards/words.ts';
import type { CheckedOrder } from '../criteria-check/order-check.ts';
import { formatDay } from '../dates/day.ts';
import type { GivenAnswer } from '../documentation/answers.ts';
import type { Evidence } from '../policy/fact-source.ts';
import { noneOf } from '../policy/words.ts';
import { html, type VNode } from '../web/page.ts';
import { patientWords } from '../web/patient-banner.ts';
import { outcomeState } from './outcome-view.ts';
import { launchPage, titleOf } from './page.ts';
import { answerWords } from './questions-view.ts';
import { launchPath, typeWords, type WorksheetView } from './view.ts';

interface Statement {
  readonly question: string;
  readonly answer: GivenAnswer;
  readonly saved: boolean;
}

/** What clinicians stated: what is on file, and what stands on the page. */
function statements({ assessed }: WorksheetView): readonly Statement[] {
  return assessed.forms.flatMap(({ form, onFile }) => {
    const given = assessed.entries.flatMap((e) =>
      e.read.kind === 'given' && form.facts.some((f) => f.code === e.fact) ? [e.read.answer] : [],
    );
    const now = new Set(given.map((g) => g.fact));
    const question = (fact: string): string => form.facts.find((f) => f.code === fact)?.question ?? fact;
    return [
      ...onFile
        .filter((a) => !now.has(a.fact))
        .map((answer) => ({ question: question(answer.fact), answer, saved: true })),
      ...given.map((answer) => ({ question: question(answer.fact), answer, saved: false })),
    ].filter((s) => s.answer.value !== 'not-assessed');
  });
}

const MOST = { satisfied: 3, facts: 8, sources: 3, contradicted: 3, missing: 4, statements: 8, documents: 8 } as const;

/** Where a statement stands: below, or with its date in the chart, as it was made for another order. */
function statedWhere(found: readonly Evidence[], view: WorksheetView): readonly string[] {
  const made = found.filter((e) => e.basis === 'attested');
  if (made.length === 0) return [];
  const below = statements(view).some(({ answer }) => made.some((e) => isAbout(answer.fact, e.fact)));
  if (below) return ['stated by a clinician, see below'];
  return made.map(({ reference = '', date }) =>
    ['stated by a clinician', date, `in ${reference} on file`].filter((p) => p !== undefined).join(', '),
  );
}

/** An answer's code may say beside the fact that suspicion or history suffices. */
const isAbout = (code: string, fact: string): boolean => code === fact || code.startsWith(`${fact}.`);

/** The evidence of one fact: the chart's own words and dates, a few of them. */
function factLine(fact: string, found: readonly Evidence[], check: CheckedOrder, view: WorksheetView): VNode {
  const label = factLabels(check)(fact);
  if (found.every((e) => e.basis === 'absence')) return html`<li>${noneOf(label)}: none on file</li>`;
  const charted = found.filter((e) => e.basis === 'chart' || e.basis === 'order');
  const told = charted.map(({ reference = '', date }) =>
    [view.index.words(reference) ?? typeWords(reference), date].filter((p) => p !== undefined).join(', '),
  );
  const sources = [...new Set([...told, ...statedWhere(found, view)])];
  return html`<li>${label}: ${list(sources, MOST.sources)}</li>`;
}

const factLines = (items: readonly Evidence[], check: CheckedOrder, view: WorksheetView): readonly VNode[] =>
  [...Map.groupBy(items, (e) => e.fact)]
    .slice(0, MOST.facts)
    .map(([fact, found]) => factLine(fact, found, check, view));

function documented(check: CheckedOrder, view: WorksheetView): VNode | '' {
  const { satisfied, contradicted, outcome } = check.assessment;
  const against = outcome === 'met' ? [] : contradicted.slice(0, MOST.contradicted);
  if (satisfied.length + against.length === 0) return '';
  return html`<h2>Documented</h2>
    ${satisfied.slice(0, MOST.satisfied).map(
      (s) => html`<p>${s.label} (${s.cite})</p>
        <ul>${s.evidence.length === 0 ? html`<li>${restsWithoutEvidence(check, s.criterion)}</li>` : factLines(s.evidence, check, view)}</ul>`,
    )}
    ${against.map((c) => html`<p>Against ${c.label} (${c.cite}): ${c.why}</p>`)}`;
}

function stated(view: WorksheetView): VNode | '' {
  const all = statements(view);
  if (all.length === 0) return '';
  return html`<h2>Stated by a clinician</h2>
    <ul>
      ${all.slice(0, MOST.statements).map(
        ({ question, answer, saved }) => html`<li>
          ${question} <b>${answerWords(answer)}</b>${answer.finding === undefined ? ' (no finding given)' : ''}${saved ? '' : ' (not saved to the chart)'}
        </li>`,
      )}
      ${all.length > MOST.statements ? html`<li>and ${all.length - MOST.statements} more</li>` : ''}
    </ul>`;
}

/** What is not documented, with the passages that want it, as the payer's text names them. */
function missing({ assessment }: CheckedOrder): VNode | '' {
  if (assessment.missing.length === 0) return '';
  const { paths, openExclusions = [], reviews = [] } = assessment;
  const cites = new Map([...reviews, ...openExclusions, ...paths].map((p) => [p.criterion, p.cite]));
  const wantedBy = (criteria: readonly string[]): string => {
    const named = [...new Set(criteria.flatMap((c) => cites.get(c) ?? []))];
    return named.length === 0 ? '' : ` (${list(named, 3, '; ')})`;
  };
  return html`<h2>Not documented</h2>
    <ul>${assessment.missing.slice(0, MOST.missing).map((m) => html`<li>${m.label}${wantedBy(m.criteria)}</li>`)}</ul>`;
}

function documents(check: CheckedOrder): VNode {
  const asked = check.policy.input.documents;
  return html`<h2>Documents that the payer asks for</h2>
    ${
      asked.length === 0
        ? html`<p>The policy names none.</p>`
        : html`<ul class="boxes">${asked.slice(0, MOST.documents).map((d) => html`<li><span aria-hidden="true">☐ </span>${d}</li>`)}</ul>`
    }`;
}

/** What the check came to, on one page: for the chart, or to go with a request for authorization. */
export function summaryPage(view: WorksheetView, check: CheckedOrder, printedOn: string): string {
  const { policy, payer, order } = check;
  const patient = patientWords(view.index.get(`Patient/${view.launched.patientId}`));
  return launchPage(
    view,
    'Summary',
    html`<p class="no-print row">
        <a href=${launchPath(view)}>Back to the worksheet</a> <button type="button" data-print hidden>Print</button>
      </p>
      ${check.urgent.length === 0 ? '' : html`<p class="notice bad"><b>${URGENT}</b></p>`}
      <h1>Criteria check: ${titleOf(check)}</h1>
      <dl class="pairs">
        <dt>Patient</dt>
        <dd>${patient.name}, born ${patient.birthDate}, ${patient.sex}</dd>
        <dt>Order</dt>
        <dd>${order.ref}, of ${formatDay(order.asOf.hi)}</dd>
        <dt>Payer</dt>
        <dd>${payer.name}${payer.assumed ? ' (assumed)' : ''}</dd>
        <dt>Policy</dt>
        <dd>${policy.input.title}, version ${policy.input.version}, in force from ${policy.input.effective}</dd>
        <dt>Outcome</dt>
        <dd>${outcomeState(check.assessment.outcome)}</dd>
      </dl>
      <p>${checkedSummary(check)}</p>
      <p>${countsWords(check)}</p>
      ${documented(check, view)} ${stated(view)} ${missing(check)} ${documents(check)}
      <p class="muted small">${NOT_A_DECISION} Printed on ${printedOn}; assessment ${check.id}.</p>`,
    { narrow: true, scripts: ['print.js'] },
  );
}
