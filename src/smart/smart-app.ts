import { createHash, timingSafeEqual } from 'node:crypto';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Section } from '../chart/sections.ts';
import type { Knowledge } from '../criteria-check/knowledge.ts';
import type { Interval } from '../dates/day.ts';
import type { EhrRegistry } from '../ehr/ehr-registry.ts';
import type { FhirAccess } from '../ehr/fhir-access.ts';
import { sendPage, setPageHeaders } from '../web/page.ts';
import { Authorization, type Back } from './authorization.ts';
import { choosePage, chosenOrder, chosenStudy, findOrders } from './choose-order.ts';
import type { ClientKeys } from './client-keys.ts';
import { launchedFrom, TokenKeeper } from './launch-session.ts';
import { type Launched, SessionEnded } from './launched.ts';
import { type FindLaunchingEhr, type LaunchingEhr, launchingEhrFinder } from './launching-ehr.ts';
import type { OrderContext, SealKeys } from './order-context.ts';
import {
  type PageFrame,
  prefixOf,
  type StartChoice,
  sendLoggedOutPage,
  sendProblemPage,
  sendStartPage,
} from './pages.ts';
import { authorizeProblem, PROBLEMS, type Problem } from './problems.ts';
import { readSent, readSession, setSent, setSession } from './session-cookies.ts';
import type { LaunchRecord, SessionStore } from './session-store.ts';

export interface SmartAppOptions {
  readonly registry: EhrRegistry;
  readonly development: boolean;
  /** the base under which the browser of a request reaches the service */
  readonly baseOf: (req: Request) => string;
  readonly sections: ReadonlySet<Section>;
  readonly knowledge: Knowledge;
  readonly keys: ClientKeys;
  readonly sealKeys: SealKeys;
  readonly store: SessionStore;
  readonly secretOf: (variable: string) => string | undefined;
  /** today, in the configured time zone */
  readonly today: () => Interval;
  /** for one call of the EHR by a page */
  readonly deadlineMs: number;
  /** a FHIR base of this machine to suggest in development, below the base of the request */
  readonly suggestedPath?: string;
  /** told of each launch: "launched", or the code of what stopped it */
  readonly onLaunch: (result: string) => void;
}

/** A room that shows pages of launches, mounted below `/smart/launches/:launchId`. */
export type LaunchedPages = (
  launchedOf: (req: Request, res: Response) => Promise<Launched | undefined>,
) => RequestHandler;

const LAUNCHED = Symbol('launched');
const FORM_LIMIT = '16kb';
const KEYS_FRESH_SECONDS = 3600;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Did a form or a header bring the launch's secret back? */
export const csrfMatches = (launched: Pick<Launched, 'csrf'>, given: unknown): boolean =>
  typeof given === 'string' && timingSafeEqual(digest(given), digest(launched.csrf));

/** The value of a form field. */
const field = (req: Request, name: string): string | undefined => {
  const body: unknown = req.body;
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** The query as it was sent, so that repeated parameters can be seen. */
const queryOf = ({ originalUrl }: Request): URLSearchParams =>
  new URLSearchParams(originalUrl.includes('?') ? originalUrl.slice(originalUrl.indexOf('?')) : '');

/** The SMART app: launch, sign-in, sessions and log-out, and the pages of a launch. */
export class SmartApp {
  readonly #options: SmartAppOptions;
  readonly #findEhr: FindLaunchingEhr;
  readonly #authorization: Authorization;
  readonly #keeper: TokenKeeper;

  constructor(options: SmartAppOptions) {
    this.#options = options;
    this.#findEhr = launchingEhrFinder(options.registry, options.development);
    this.#authorization = new Authorization({ ...options, findEhr: this.#findEhr });
    this.#keeper = new TokenKeeper({
      store: options.store,
      refresh: (launch, token) => this.#authorization.refresh(launch, token),
      onRefused: (reason) => options.onLaunch(`refresh-${reason}`),
      now: Date.now,
    });
  }

  /** Its routes, to be mounted at the root. @param pages what shows the worksheet of a launch */
  routes(pages?: LaunchedPages): Router {
    const router = Router();
    const form = express.urlencoded({ extended: false, limit: FORM_LIMIT });
    router.get('/smart/launch', (req, res) => this.#launch(req, res));
    router
      .route('/smart/start')
      .get((req, res) => this.#startPage(req, res))
      .post(form, (req, res) => this.#start(req, res));
    router.get(['/smart/callback', '/smart/callback/:name'], (req, res) => this.#callback(req, res));
    router.get('/smart/jwks.json', (_req, res) => this.#jwks(res));
    router.post('/smart/logout', form, (req, res) => this.#logOut(req, res));
    router.use('/smart/launches/:launchId', (req, res, next) => this.#launched(req, res, next));
    router
      .route('/smart/launches/:launchId/orders')
      .get((req, res) => this.#orders(req, res))
      .post(form, (req, res) => this.#chooseOrder(req, res));
    router.use('/smart/launches/:launchId', (req, res, next) => this.#withOrder(req, res, next));
    if (pages !== undefined)
      router.use(
        '/smart/launches/:launchId',
        pages((_req, res) => Promise.resolve(launchedIn(res))),
      );
    router.use('/smart', this.#onError());
    return router;
  }

  // --- Launch and sign-in

  async #launch(req: Request, res: Response): Promise<void> {
    const query = queryOf(req);
    const [iss, launch] = [query.getAll('iss'), query.getAll('launch')];
    if (iss.length !== 1 || launch.length !== 1 || launch[0] === '' || iss[0] === '')
      return this.#stop(res, PROBLEMS.badLaunch);
    const ehr = this.#findEhr(iss[0] ?? '');
    if (ehr === undefined) return this.#stop(res, PROBLEMS.unknownEhr);
    return this.#authorize(req, res, ehr, launch[0]);
  }

  #startPage(req: Request, res: Response): void {
    const { registry, development, suggestedPath = '/fhir' } = this.#options;
    const choices: readonly StartChoice[] = registry.ehrs.flatMap(({ name, smart, fhirBases }) =>
      smart?.standalone === true ? fhirBases.map((base) => ({ name, base })) : [],
    );
    const frame = this.#frame(req);
    const anyLoopback =
      development && registry.byId('development')?.smart !== undefined ? `${frame.base}${suggestedPath}` : undefined;
    sendStartPage(res, choices, anyLoopback, frame);
  }

  async #start(req: Request, res: Response): Promise<void> {
    const ehr = this.#findEhr(field(req, 'iss') ?? '');
    if (ehr === undefined) return this.#stop(res, PROBLEMS.unknownEhr);
    if (!ehr.ehr.smart.standalone) return this.#stop(res, PROBLEMS.notStandalone, ehr);
    return this.#authorize(req, res, ehr, undefined);
  }

  /** Sends the browser to the EHR's sign-in. */
  async #authorize(req: Request, res: Response, ehr: LaunchingEhr, launch: string | undefined): Promise<void> {
    const secure = this.#secure(req);
    const going = await this.#authorization.begin(
      ehr,
      launch,
      this.#options.baseOf(req),
      readSent(req, secure)?.browser,
    );
    if (going.kind === 'problem') return this.#stop(res, going.problem, ehr);
    setSent(res, secure, { browser: going.browser, ehr: ehr.ehr.id });
    redirect(res, going.url);
  }

  async #callback(req: Request, res: Response): Promise<void> {
    const query = queryOf(req);
    const single = (name: string): string | undefined => query.get(name) ?? undefined;
    const repeated = ['state', 'code', 'error', 'iss'].some((name) => query.getAll(name).length > 1);
    const [state, code, error, description, issuer] = [
      single('state'),
      single('code'),
      single('error'),
      single('error_description'),
      single('iss'),
    ];
    // Some servers forget the state of a refusal. Only names that are known are repeated of it.
    if (state === undefined && error !== undefined && !repeated) return this.#stop(res, authorizeProblem(error));
    if (repeated || state === undefined) return this.#stop(res, PROBLEMS.noState);
    const base = this.#options.baseOf(req);
    const back: Back = {
      state,
      browser: readSent(req, this.#secure(req))?.browser,
      redirectUri: `${base}${req.path}`,
      ...(code !== undefined && { code }),
      ...(error !== undefined && { error }),
      ...(description !== undefined && { description }),
      ...(issuer !== undefined && { issuer }),
    };
    const finished = await this.#authorization.finish(back);
    if (finished.kind === 'problem') return this.#stop(res, finished.problem, finished.ehr, finished.said);
    const secure = this.#secure(req);
    const session = await this.#options.store.open(readSession(req, secure), finished.launch);
    setSession(res, secure, session);
    this.#options.onLaunch('launched');
    redirect(res, `${base}/smart/launches/${finished.launch.id}`);
  }

  async #jwks(res: Response): Promise<void> {
    const keys = await this.#options.keys.publicKeys();
    setPageHeaders(res);
    res.set('Cache-Control', `public, max-age=${KEYS_FRESH_SECONDS}`);
    res.set('Cross-Origin-Resource-Policy', 'cross-origin');
    res.type('application/json').send(JSON.stringify(keys));
  }

  async #logOut(req: Request, res: Response): Promise<void> {
    const secure = this.#secure(req);
    const session = readSession(req, secure);
    const launch = field(req, 'launch');
    const record =
      session === undefined || launch === undefined ? undefined : await this.#options.store.find(session, launch);
    if (session === undefined || record === undefined) return this.#stop(res, PROBLEMS.sessionEnded);
    const ehr = this.#findEhr(record.base);
    if (!csrfMatches(record, field(req, 'csrf'))) return this.#stop(res, PROBLEMS.csrf, ehr);
    const launches = await this.#options.store.end(session);
    setSession(res, secure, undefined);
    await Promise.allSettled(launches.map((l) => this.#authorization.revoke(l)));
    sendLoggedOutPage(res, this.#frame(req, ehr));
  }

  // --- Pages of a launch

  /** Finds the launch of the path in the browser's session; without one nothing of it is shown. */
  async #launched(req: Request<{ launchId: string }>, res: Response, next: () => void): Promise<void> {
    const session = readSession(req, this.#secure(req));
    const record = session === undefined ? undefined : await this.#options.store.find(session, req.params.launchId);
    const found = record === undefined ? undefined : this.#findEhr(record.base);
    if (record === undefined || found === undefined) return this.#stop(res, PROBLEMS.sessionEnded);
    const launched = launchedFrom(record, found.ehr, found.privateNetwork, this.#keeper);
    (res.locals as Stash)[LAUNCHED] = { launched, record };
    next();
  }

  /** The worksheet is about an order: without one it has to be chosen first. */
  #withOrder(req: Request, res: Response, next: () => void): void {
    const launched = launchedIn(res);
    if (launched === undefined || launched.order !== undefined) return next();
    return redirect(res, `${this.#options.baseOf(req)}/smart/launches/${launched.id}/orders`);
  }

  async #orders(req: Request, res: Response): Promise<void> {
    const stashed = (res.locals as Stash)[LAUNCHED];
    if (stashed === undefined) return;
    const { launched, record } = stashed;
    const { knowledge, today } = this.#options;
    const fhir = await this.#fhir(launched, res);
    if (fhir === undefined) return;
    const [found, patient] = await Promise.all([
      findOrders(launched, fhir, knowledge, today()),
      launched.needsBanner ? fhir.read('Patient', launched.patientId) : undefined,
    ]);
    const page = choosePage({
      launched,
      found,
      ...(patient !== undefined && { patient: patient.ok ? patient.value : {} }),
      studies: knowledge.studies.studies,
      stale: record.staleOrder === true,
      prefix: prefixOf(this.#options.baseOf(req)),
    });
    sendPage(res, 200, page, { frameAncestors: launched.ehr.smart?.frameAncestors ?? [] });
  }

  async #chooseOrder(req: Request, res: Response): Promise<void> {
    const launched = launchedIn(res);
    if (launched === undefined) return;
    if (!csrfMatches(launched, field(req, 'csrf'))) return this.#stopLaunched(res, PROBLEMS.csrf, launched);
    const order = await this.#choice(req, res, launched);
    if (res.headersSent) return;
    if (order === undefined) return this.#stopLaunched(res, PROBLEMS.badChoice, launched);
    await this.#options.store.update(launched.id, { order });
    redirect(res, `${this.#options.baseOf(req)}/smart/launches/${launched.id}`);
  }

  async #choice(req: Request, res: Response, launched: Launched): Promise<OrderContext | undefined> {
    const { knowledge, today } = this.#options;
    const [order, study] = [field(req, 'order'), field(req, 'study')];
    if (order === undefined) return study === undefined ? undefined : chosenStudy(launched, study, knowledge, today());
    const fhir = await this.#fhir(launched, res);
    return fhir === undefined ? undefined : chosenOrder(launched, fhir, order, knowledge, today());
  }

  /** Access to the EHR; when it has ended, the page that says so is sent. */
  async #fhir(launched: Launched, res: Response): Promise<FhirAccess | undefined> {
    try {
      return await launched.access(AbortSignal.timeout(this.#options.deadlineMs));
    } catch (error) {
      if (!(error instanceof SessionEnded)) throw error;
      this.#stopLaunched(res, PROBLEMS.sessionEnded, launched);
      return undefined;
    }
  }

  // --- Around

  /** An error ends in a page too. Of the error only its kind is looked at, as its message could hold what was sent. */
  #onError(): ErrorRequestHandler {
    return (error: unknown, _req, res, next) => {
      if (res.headersSent) return next(error);
      const status = (error as { status?: number }).status;
      const theirs = status !== undefined && status >= 400 && status < 500;
      return this.#stop(res, theirs ? PROBLEMS.badForm : PROBLEMS.internal);
    };
  }

  #secure(req: Request): boolean {
    return this.#options.baseOf(req).startsWith('https:');
  }

  /** A page that is about no launch may be framed by the EHR that the browser was sent to last, if any. */
  #frame(req: Request, ehr?: LaunchingEhr): PageFrame {
    const last = readSent(req, this.#secure(req))?.ehr ?? '';
    const smart = ehr?.ehr.smart ?? this.#options.registry.byId(last)?.smart;
    return { base: this.#options.baseOf(req), frameAncestors: smart?.frameAncestors ?? [] };
  }

  #stop(res: Response, problem: Problem, ehr?: LaunchingEhr, said?: string): void {
    this.#options.onLaunch(problem.code);
    sendProblemPage(res, problem, this.#frame(res.req, ehr), said);
  }

  #stopLaunched(res: Response, problem: Problem, launched: Launched): void {
    this.#stop(res, problem, this.#findEhr(launched.base));
  }
}

interface Stash {
  [LAUNCHED]?: { readonly launched: Launched; readonly record: LaunchRecord };
}

const launchedIn = (res: Response): Launched | undefined => (res.locals as Stash)[LAUNCHED]?.launched;

/** Sends the browser on; neither the address nor its code goes along as a referrer. */
function redirect(res: Response, url: string): void {
  setPageHeaders(res);
  res.redirect(303, url);
}
