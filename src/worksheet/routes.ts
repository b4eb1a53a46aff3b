import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import type { AnswerStore } from '../answer-store/answer-store.ts';
import { type Json, jsonText, text } from '../chart/json.ts';
import { parseReference } from '../chart/references.ts';
import { type AnswersBeside, withAnswersUnseen } from '../criteria-check/answers-beside.ts';
import { formatDay } from '../dates/day.ts';
import { normalBase } from '../ehr/ehr-registry.ts';
import { csrfMatches } from '../smart/csrf.ts';
import { type Launched, SessionEnded } from '../smart/launched.ts';
import { fragmentHtml, html, sendPage, setPageHeaders } from '../web/page.ts';
import { type Assessed, type Assessing, assess, readChart, unsavedId } from './assess.ts';
import { type Entry, readEntries } from './form.ts';
import { type HeldChart, HeldCharts } from './held-charts.ts';
import { INCOMPLETE, NOTHING_ANSWERED, notSavedMessage, savedMessage } from './messages.ts';
import { launchPage, worksheetBody, worksheetPage } from './page.ts';
import { answerWords } from './questions-view.ts';
import { ResourceIndex } from './resource-index.ts';
import { findResource, noResourcePage, resourcePage } from './resource-page.ts';
import { save } from './save.ts';
import { summaryPage } from './summary-page.ts';
import { launchPath, type Message, type WorksheetView } from './view.ts';

export interface WorksheetOptions extends Assessing {
  /** the launch of a request; undefined when the answer was sent already */
  readonly launchedOf: (req: Request, res: Response) => Promise<Launched | undefined>;
  /** for reading the chart, and for saving */
  readonly deadlineMs: number;
  /** path prefix of a proxy that serves us below a path */
  readonly prefix: string;
  /** where answers are kept that an EHR does not take, if the registry allows it */
  readonly answerStore?: AnswerStore;
  /** the charts of open worksheets, when they are to outlast these routes */
  readonly held?: HeldCharts;
  /** told of each thing done: "opened", "checked", "saved", or the code of what went wrong */
  readonly onDone?: (result: string) => void;
}

/** A script of the page asks for the part that changes; it gets it with this header. */
const FRAGMENT = 'X-Worksheet-Fragment';
const FORM_LIMIT = '256kb';
const MOST_FIELDS = 500;

/** The pages of a launch: worksheet, check, save, summary, resources. To be mounted below `/smart/launches/:launchId`. */
export function worksheetRoutes(options: WorksheetOptions): Router {
  const pages = new WorksheetPages(options);
  const router = Router();
  const form: readonly RequestHandler[] = [
    express.urlencoded({ extended: false, limit: FORM_LIMIT, parameterLimit: MOST_FIELDS }),
  ];
  router.get('/', (req, res) => pages.open(req, res));
  router.get(['/check', '/save', '/answers'], (req, res) => pages.back(req, res));
  router.post('/check', ...form, (req, res) => pages.check(req, res));
  router.post('/save', ...form, (req, res) => pages.save(req, res));
  router.post('/answers', ...form, (req, res) => pages.download(req, res));
  router.get('/summary', (req, res) => pages.summary(req, res));
  router.post('/summary', ...form, (req, res) => pages.summary(req, res));
  router.get('/resource', (req, res) => pages.resource(req, res));
  router.use(badForm);
  return router;
}

/** A form that cannot be read: nothing of it is repeated. */
const badForm: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  const { status } = error as { status?: number };
  if (res.headersSent || status === undefined || status < 400 || status >= 500) return next(error);
  setPageHeaders(res);
  res
    .status(status)
    .type('text/plain; charset=utf-8')
    .send('This form is too large or cannot be read. Go back and shorten it.');
};

/** Responses, and others beside them that have another id. */
function merged(responses: readonly Json[], others: readonly Json[]): readonly Json[] {
  const ids = new Set(responses.map((r) => r['id']));
  return [...responses, ...others.filter((o) => !ids.has(o['id']))];
}

const bodyOf = (req: Request): Readonly<Record<string, unknown>> =>
  typeof req.body === 'object' && req.body !== null ? (req.body as Record<string, unknown>) : {};

/** What a request is about. */
interface Brought {
  readonly launched: Launched;
  readonly chart: HeldChart;
  /** what was answered on the form */
  readonly entries: readonly Entry[];
}

/** The coverage that was chosen on the page. */
function coverageOf(req: Request): string | undefined {
  const chosen = parseReference(bodyOf(req)['coverage'] ?? req.query['coverage']);
  return chosen?.type === 'Coverage' && chosen.base === undefined ? `Coverage/${chosen.id}` : undefined;
}

class WorksheetPages {
  readonly #options: WorksheetOptions;
  readonly #held: HeldCharts;

  constructor(options: WorksheetOptions) {
    this.#options = options;
    this.#held = options.held ?? new HeldCharts();
  }

  async open(req: Request, res: Response): Promise<void> {
    const launched = await this.#options.launchedOf(req, res);
    if (launched === undefined) return;
    const chart = await this.#read(launched, res, []);
    if (chart === undefined) return;
    this.#options.onDone?.('opened');
    this.#show(req, res, 200, this.#view(req, launched, chart, []));
  }

  /** The addresses of forms lead back to the worksheet when they are opened by themselves. */
  async back(req: Request, res: Response): Promise<void> {
    const launched = await this.#options.launchedOf(req, res);
    if (launched === undefined) return;
    setPageHeaders(res);
    res.redirect(303, launchPath({ prefix: this.#options.prefix, launched }));
  }

  async check(req: Request, res: Response): Promise<void> {
    const sent = await this.#sent(req, res);
    if (sent === undefined) return;
    this.#options.onDone?.('checked');
    const message = sent.entries.length === 0 ? NOTHING_ANSWERED : undefined;
    this.#show(req, res, 200, this.#view(req, sent.launched, sent.chart, sent.entries, message));
  }

  async save(req: Request, res: Response): Promise<void> {
    const sent = await this.#sent(req, res);
    if (sent === undefined) return;
    const { launched, chart, entries } = sent;
    const view = this.#view(req, launched, chart, entries);
    const { assessed } = view;
    if (assessed.entries.some((e) => e.read.kind === 'problem'))
      return this.#show(req, res, 422, { ...view, message: INCOMPLETE });
    const signal = AbortSignal.timeout(this.#options.deadlineMs);
    const order = assessed.checked?.order.ref ?? '';
    const saved = await save(assessed.forms, launched, order, this.#options.answerStore, chart.saved, signal);
    if (saved.kind === 'saved') {
      this.#options.onDone?.('saved');
      const again = merged(saved.responses, chart.saved);
      const fresh = await this.#reread(launched);
      const now = fresh === undefined ? { ...chart, saved: again } : { ...fresh, saved: merged(again, fresh.saved) };
      this.#held.set(keyOf(launched), now);
      return this.#show(req, res, 200, this.#view(req, launched, now, [], savedMessage(saved.where)));
    }
    this.#options.onDone?.(`not-saved-${saved.problem}`);
    const [status, message] = notSavedMessage(saved.problem);
    if (saved.problem !== 'conflict')
      return this.#show(req, res, status, this.#view(req, launched, chart, entries, message));
    const fresh = await this.#reread(launched);
    const now = fresh === undefined ? chart : { ...fresh, saved: merged(fresh.saved, chart.saved) };
    this.#held.set(keyOf(launched), now);
    return this.#show(req, res, status, this.#view(req, launched, now, entries, message));
  }

  /** The answers as a file: as they stand on the page, and as FHIR as far as they are complete. */
  async download(req: Request, res: Response): Promise<void> {
    const sent = await this.#sent(req, res);
    if (sent === undefined) return;
    const { assessed } = this.#view(req, sent.launched, sent.chart, sent.entries);
    setPageHeaders(res);
    res.set('Content-Disposition', 'attachment; filename="worksheet-answers.json"');
    const file = asFile(assessed);
    // what others have nested too deep in a response cannot be written, but what was answered on the page can
    res.type('application/json').send(jsonText(file, 2) ?? JSON.stringify({ ...file, fhir: [] }, null, 2));
  }

  async summary(req: Request, res: Response): Promise<void> {
    const sent = req.method === 'POST' ? await this.#sent(req, res) : await this.#charted(req, res);
    if (sent === undefined) return;
    const { launched, chart, entries } = sent;
    const view = this.#view(req, launched, chart, entries);
    const { checked } = view.assessed;
    if (checked === undefined) return this.#show(req, res, 200, view);
    const on = formatDay(this.#options.calendar(Date.now()));
    this.#send(res, 200, summaryPage(view, checked, on), launched);
  }

  async resource(req: Request, res: Response): Promise<void> {
    const launched = await this.#options.launchedOf(req, res);
    if (launched === undefined) return;
    const reference = typeof req.query['ref'] === 'string' ? req.query['ref'] : '';
    const frame = { launched, prefix: this.#options.prefix };
    const held = this.#held.get(keyOf(launched));
    const index = new ResourceIndex(held?.data ?? NO_DATA(launched), [...ordersOf(launched), ...(held?.saved ?? [])]);
    try {
      const found = await findResource(reference, launched, index, () =>
        launched.access(AbortSignal.timeout(this.#options.deadlineMs)),
      );
      if (found === undefined) return this.#send(res, 404, noResourcePage(frame), launched);
      return this.#send(res, 200, resourcePage(frame, reference, found), launched);
    } catch (error) {
      if (!(error instanceof SessionEnded)) throw error;
      return this.#ended(res, launched, []);
    }
  }

  // --- What a request brings

  /** A form of the page, with the chart that it is about. Undefined when the answer was sent already. */
  async #sent(req: Request, res: Response): Promise<Brought | undefined> {
    const launched = await this.#options.launchedOf(req, res);
    if (launched === undefined) return undefined;
    const body = bodyOf(req);
    if (!csrfMatches(launched, body['csrf'] ?? req.get('X-CSRF-Token'))) {
      this.#options.onDone?.('form-foreign');
      this.#send(res, 403, this.#foreignForm(launched), launched);
      return undefined;
    }
    const entries = readEntries(body);
    const chart = this.#held.get(keyOf(launched)) ?? (await this.#read(launched, res, entries));
    return chart === undefined ? undefined : { launched, chart, entries };
  }

  async #charted(req: Request, res: Response): Promise<Brought | undefined> {
    const launched = await this.#options.launchedOf(req, res);
    if (launched === undefined) return undefined;
    const chart = this.#held.get(keyOf(launched)) ?? (await this.#read(launched, res, []));
    return chart === undefined ? undefined : { launched, chart, entries: [] };
  }

  /** Reads the chart and holds it for some minutes. When that is impossible, the page that says so is sent. */
  async #read(launched: Launched, res: Response, entries: readonly Entry[]): Promise<HeldChart | undefined> {
    try {
      const chart = await this.#fetch(launched);
      if (chart !== undefined) {
        this.#held.set(keyOf(launched), chart);
        return chart;
      }
      this.#send(res, 502, this.#unreadable(launched), launched);
      return undefined;
    } catch (error) {
      if (!(error instanceof SessionEnded)) throw error;
      this.#ended(res, launched, entries);
      return undefined;
    }
  }

  /** Reads the chart again, when the access still lasts. */
  async #reread(launched: Launched): Promise<HeldChart | undefined> {
    try {
      return await this.#fetch(launched);
    } catch (error) {
      if (!(error instanceof SessionEnded)) throw error;
      return undefined;
    }
  }

  async #fetch(launched: Launched): Promise<HeldChart | undefined> {
    const fhir = await launched.access(AbortSignal.timeout(this.#options.deadlineMs));
    const [chart, kept] = await Promise.all([readChart(launched, fhir, this.#options), this.#kept(launched)]);
    if (chart === undefined) return undefined;
    if (kept === 'unavailable') return { ...chart, data: withAnswersUnseen(chart.data) };
    return { ...chart, saved: kept };
  }

  /** The answers that are kept here for the launch's order. */
  async #kept(launched: Launched): Promise<AnswersBeside> {
    const { answerStore } = this.#options;
    const id = text(launched.order?.order['id']);
    if (answerStore === undefined || launched.ehr.smart?.answerStore !== true || id === undefined) return [];
    const of = { base: normalBase(launched.base), patientId: launched.patientId, order: `ServiceRequest/${id}` };
    return answerStore.answers([of]).catch(() => 'unavailable' as const);
  }

  // --- What is sent

  #view(
    req: Request,
    launched: Launched,
    chart: HeldChart,
    entries: readonly Entry[],
    message?: Message,
  ): WorksheetView {
    const coverage = coverageOf(req);
    const assessed = assess(launched, chart, entries, coverage, this.#options);
    const unsaved = assessed.forms.flatMap((f) => (f.response === undefined ? [] : [f.response]));
    return {
      launched,
      assessed,
      index: new ResourceIndex(chart.data, [...ordersOf(launched), ...chart.saved, ...unsaved]),
      studies: this.#options.checker.knowledge.studies,
      prefix: this.#options.prefix,
      today: this.#options.calendar(Date.now()),
      readAt: chart.readAt,
      ...(message !== undefined && { message }),
      ...(coverage !== undefined && { coverage }),
    };
  }

  #show(req: Request, res: Response, status: number, view: WorksheetView): void {
    if (req.get(FRAGMENT) === undefined) return this.#send(res, status, worksheetPage(view), view.launched);
    res.set(FRAGMENT, '1');
    this.#send(res, status, fragmentHtml(worksheetBody(view)), view.launched);
  }

  #send(res: Response, status: number, page: string, launched: Launched): void {
    sendPage(res, status, page, { frameAncestors: launched.ehr.smart?.frameAncestors ?? [] });
  }

  /** The access has ended before the chart could be read; what was answered is told, so that it is not lost. */
  #ended(res: Response, launched: Launched, entries: readonly Entry[]): void {
    this.#options.onDone?.('session-ended');
    const rows = entries.map((e) => [e.fact, e.answer ?? e.onset ?? '', e.date ?? '', e.finding ?? '']);
    const body = html`<h1>The access to the EHR has ended</h1>
      <p class="notice bad" role="alert">The chart cannot be read any more. Open the worksheet again from the EHR.</p>
      ${
        rows.length === 0
          ? ''
          : html`<p>Your answers were not saved. This is what you answered:</p>
              <ul>${rows.map((r) => html`<li>${r.filter((c) => c !== '').join(' · ')}</li>`)}</ul>`
      }`;
    this.#send(res, 401, this.#plain(launched, 'The access has ended', body), launched);
  }

  #unreadable(launched: Launched): string {
    const body = html`<h1>The chart could not be read</h1>
      <p>The EHR did not give what is needed for a check: the patient, and who pays.</p>
      <p><a href=${launchPath({ prefix: this.#options.prefix, launched })}>Try again</a></p>`;
    return this.#plain(launched, 'The chart could not be read', body);
  }

  #foreignForm(launched: Launched): string {
    const body = html`<h1>This form is not from this session</h1>
      <p>It was sent from another page or another session. Nothing was changed.</p>
      <p><a href=${launchPath({ prefix: this.#options.prefix, launched })}>Open the worksheet</a></p>`;
    return this.#plain(launched, 'This form is not from this session', body);
  }

  #plain(launched: Launched, title: string, body: ReturnType<typeof html>): string {
    return launchPage({ launched, prefix: this.#options.prefix }, title, body, { narrow: true, scripts: [] });
  }
}

/** The chart is held for one order of a launch: another order may be chosen in it. */
const keyOf = ({ id, order }: Launched): string => `${id}|${text(order?.order['id']) ?? ''}`;

const ordersOf = (launched: Launched): readonly Json[] =>
  launched.order === undefined ? [] : [launched.order.order, ...launched.order.drafts];

const NO_DATA = ({ patientId }: Launched): HeldChart['data'] => ({
  patientId,
  patient: undefined,
  sections: new Map(),
  coverages: [],
  coverageState: 'unavailable',
});

/** The answers for a file: in words for people, and as FHIR resources for systems. */
function asFile({ checked, forms, entries }: Assessed): Json {
  const question = (fact: string): string | undefined =>
    forms.flatMap((f) => f.form.facts).find((f) => f.code === fact)?.question;
  return {
    order: checked?.order.ref,
    policy: checked === undefined ? undefined : { id: checked.policy.id, version: checked.policy.input.version },
    answers: entries.map(({ read, ...entry }) => ({
      question: question(entry.fact),
      ...entry,
      ...(read.kind === 'given' && { inWords: answerWords(read.answer) }),
      ...(read.kind === 'problem' && { incomplete: read.problem }),
    })),
    fhir: forms.flatMap(({ form, response }) => {
      if (response === undefined) return [];
      const { id, ...rest } = response;
      return [id === unsavedId(form) ? rest : response];
    }),
  };
}
