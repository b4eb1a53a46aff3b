import { list } from '../cards/words.ts';
import { formatDay } from '../dates/day.ts';
import type { GivenAnswer } from '../documentation/answers.ts';
import {
  ANSWERS,
  type AnswerCode,
  DATE_QUESTION,
  FINDING_QUESTION,
  MOST_FINDING,
  STATED_QUESTION,
} from '../documentation/questionnaire.ts';
import { html, type VNode } from '../web/page.ts';
import { isClinician } from './assess.ts';
import { entryKey, fieldName } from './form.ts';
import { outcomeState } from './outcome-view.ts';
import { type Elsewhere, type Question, type Questions, questionsOf } from './questions.ts';
import { launchPath, leadItems, type WorksheetView } from './view.ts';

const WORDS: Readonly<Record<AnswerCode, string>> = { yes: 'Yes', no: 'No', 'not-assessed': 'Not assessed' };

const valueWords = ({ value }: GivenAnswer): string => (typeof value === 'string' ? WORDS[value] : value.date);

/** An answer in words, with its date and finding. */
export const answerWords = (answer: GivenAnswer): string =>
  [valueWords(answer), answer.date, answer.finding].filter((p) => p !== undefined && p !== '').join(' · ');

const idOf = (q: Question, part: string): string => `${part}-${q.region}-${q.asked.code.replace('.', '_')}`;

/** The controls of an answer; nothing is chosen beforehand. */
function choices(q: Question): VNode {
  const name = fieldName('answer', q.region, q.asked.code);
  return html`<div class="choices">
    ${ANSWERS.map(
      (a) => html`<label
        ><input type="radio" name=${name} value=${a} id=${idOf(q, a)} checked=${q.entry?.answer === a} /> ${WORDS[a]}</label
      >`,
    )}
  </div>`;
}

/** A date, and a button that fills in the order's day where scripts run. */
function dateField(q: Question, part: 'onset' | 'date', label: string, view: WorksheetView): VNode {
  const id = idOf(q, part);
  const asOf = view.assessed.checked?.order.asOf.hi ?? view.today;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input
      type="date"
      id=${id}
      name=${fieldName(part, q.region, q.asked.code)}
      value=${(part === 'onset' ? q.entry?.onset : q.entry?.date) ?? ''}
      aria-describedby=${q.problem === undefined ? undefined : idOf(q, 'problem')}
      aria-invalid=${q.problem === undefined ? undefined : 'true'}
    />${' '}
    ${
      part === 'onset'
        ? ''
        : html`<button type="button" class="plain" data-fill=${id} data-with=${formatDay(asOf)} hidden>
            ${asOf === view.today ? 'Today' : 'Day of the order'}<span class="visually-hidden">: ${q.asked.question}</span>
          </button>`
    }
  </div>`;
}

function findingField(q: Question): VNode {
  const id = idOf(q, 'finding');
  return html`<div class="field">
    <label for=${id}>${FINDING_QUESTION}</label>
    <input
      type="text"
      id=${id}
      name=${fieldName('finding', q.region, q.asked.code)}
      value=${q.entry?.finding ?? ''}
      maxlength=${MOST_FINDING}
      autocomplete="off"
    />
  </div>`;
}

const REQUIRED_BY = 4;

function about(q: Question, view: WorksheetView): VNode {
  return html`${q.needed === undefined ? '' : html`<p class="hint">The criteria look at: ${q.needed}${q.cites.length === 0 ? '' : ` (${list(q.cites, REQUIRED_BY, '; ')})`}</p>`}
    ${q.onFile === undefined ? '' : html`<p class="hint">Stated before: ${answerWords(q.onFile)}</p>`}
    ${leadItems(q.leads, view)} ${q.action === undefined ? '' : html`<p class="hint">If it was not done: ${q.action}</p>`}`;
}

function fields(q: Question, view: WorksheetView): VNode {
  return html`${q.asked.answer === 'date' ? dateField(q, 'onset', 'Date', view) : choices(q)}
    <div class="answer-detail">
      ${dateField(q, 'date', q.asked.answer === 'date' ? STATED_QUESTION : DATE_QUESTION, view)} ${findingField(q)}
    </div>
    ${q.problem === undefined ? '' : html`<p class="problem" id=${idOf(q, 'problem')}><span aria-hidden="true">! </span>${q.problem}</p>`}
    ${q.open === undefined ? '' : html`<p class="problem open">${q.open}</p>`}`;
}

function question(q: Question, view: WorksheetView): VNode {
  return html`<fieldset data-question=${entryKey({ region: q.region, fact: q.asked.code })}>
    <legend>${q.asked.question}</legend>
    ${about(q, view)} ${fields(q, view)}
  </fieldset>`;
}

/** A fact that was stated before: told, and stated anew when opened. */
function stated(q: Question, view: WorksheetView): VNode {
  return html`<li>
    <details open=${q.entry !== undefined}>
      <summary>${q.asked.question} <b>${q.onFile === undefined ? '' : answerWords(q.onFile)}</b></summary>
      <fieldset data-question=${entryKey({ region: q.region, fact: q.asked.code })}>
        <legend>State it anew</legend>
        ${about({ ...q, cites: [], leads: [] }, view)} ${fields(q, view)}
      </fieldset>
    </details>
  </li>`;
}

function elsewhere(items: readonly Elsewhere[], view: WorksheetView): VNode | '' {
  if (items.length === 0) return '';
  return html`<div class="notice open">
    <p>To be settled elsewhere:</p>
    <ul>
      ${items.map(
        (e) => html`<li>
          ${e.ask}
          <span class="hint">
            ${e.kind === 'order' ? html`Change the order, or <a href=${launchPath(view, 'orders')}>look at another study</a>.` : 'Complete the chart.'}
          </span>
          ${leadItems(e.leads, view)}
        </li>`,
      )}
    </ul>
  </div>`;
}

const hidden = (view: WorksheetView): VNode =>
  html`<input type="hidden" name="csrf" value=${view.launched.csrf} />${
    view.coverage === undefined ? '' : html`<input type="hidden" name="coverage" value=${view.coverage} />`
  }`;

const hasQuestions = ({ questions, onFile }: Questions): boolean => questions.length + onFile.length > 0;

/** The questions for the facts that are missing, as one form: checked, saved, downloaded or printed from here. */
export function questionsPart(view: WorksheetView): VNode | '' {
  const questions = questionsOf(view.assessed);
  if (!hasQuestions(questions) && questions.elsewhere.length === 0) return '';
  const vouched = isClinician(view.launched);
  return html`<section class="panel questions" aria-labelledby="questions">
    <h2 id="questions">${heading(view)}</h2>
    ${elsewhere(questions.elsewhere, view)}
    ${
      vouched || !hasQuestions(questions)
        ? ''
        : html`<p class="notice open">
            The EHR did not say that you are a clinician, so that nobody vouches for answers: they cannot be given here. An
            administrator can grant the app the scopes openid and fhirUser.
          </p>`
    }
    ${!hasQuestions(questions) ? '' : vouched ? form(questions, view) : told(questions)}
  </section>`;
}

const heading = ({ assessed }: WorksheetView): string =>
  (assessed.checked?.assessment.missing.length ?? 0) > 0 ? 'Questions that would settle it' : 'Statements';

/** What saving means at this EHR. */
function saveWords({ launched }: WorksheetView): string {
  const { smart } = launched.ehr;
  return smart?.writesAnswers === false && smart.answerStore ? 'Keep the answers' : 'Save to the chart';
}

/** What a check came to, beside the button that asked for it: the outcome itself may be out of sight by then. */
function standing({ assessed }: WorksheetView): VNode | '' {
  if (assessed.checked === undefined || assessed.forms.every((f) => f.response === undefined)) return '';
  return html`<span class="standing">
    ${outcomeState(assessed.checked.assessment.outcome)} <span class="unsaved small">not saved yet</span>
  </span>`;
}

const told = ({ questions }: Questions): VNode =>
  html`<ul>${questions.map((q) => html`<li>${q.asked.question}</li>`)}</ul>`;

function form({ questions, onFile }: Questions, view: WorksheetView): VNode {
  return html`<form method="post" action=${launchPath(view, 'check')} id="answers" autocomplete="off">
    ${hidden(view)}
    ${
      questions.length === 0
        ? ''
        : html`<p class="hint">Answer what you know. Nothing counts until you check, and nothing is kept until you save.</p>`
    }
    ${questions.map((q) => question(q, view))}
    ${
      onFile.length === 0
        ? ''
        : html`<h3>Stated before and on file</h3>
            <ul class="stated">${onFile.map((q) => stated(q, view))}</ul>`
    }
    <div class="row actions">
      <button type="submit" class="primary" id="check">Check</button>
      <button type="submit" id="save" formaction=${launchPath(view, 'save')}>${saveWords(view)}</button>
      ${standing(view)}
    </div>
    <div class="row">
      <button type="submit" id="download" formaction=${launchPath(view, 'answers')}>Download answers</button>
      <button type="submit" id="summary" formaction=${launchPath(view, 'summary')} formtarget="_blank">Summary to print</button>
    </div>
  </form>`;
}
