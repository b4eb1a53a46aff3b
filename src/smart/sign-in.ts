import type { Request, Response } from 'express';
import type { EhrRegistry } from '../ehr/ehr-registry.ts';
import type { Authorization, Back } from './authorization.ts';
import { csrfMatches } from './csrf.ts';
import type { FindLaunchingEhr, LaunchingEhr } from './launching-ehr.ts';
import { type StartChoice, sendLoggedOutPage, sendStartPage } from './pages.ts';
import { authorizeProblem, PROBLEMS } from './problems.ts';
import { readSent, readSession, setSent, setSession } from './session-cookies.ts';
import type { SessionStore } from './session-store.ts';
import { field, redirect, type Surroundings } from './surroundings.ts';

export interface SignInOptions {
  readonly registry: EhrRegistry;
  readonly development: boolean;
  readonly store: SessionStore;
  /** path of a FHIR base of this machine to suggest in development */
  readonly suggestedPath?: string;
  readonly onLaunch: (result: string) => void;
}

/** The query as it was sent, so that repeated parameters can be seen. */
const queryOf = ({ originalUrl }: Request): URLSearchParams =>
  new URLSearchParams(originalUrl.includes('?') ? originalUrl.slice(originalUrl.indexOf('?')) : '');

/** The way of a browser to the EHR's sign-in, back, and out again. */
export class SignIn {
  readonly #options: SignInOptions;
  readonly #around: Surroundings;
  readonly #findEhr: FindLaunchingEhr;
  readonly #authorization: Authorization;

  constructor(options: SignInOptions, around: Surroundings, findEhr: FindLaunchingEhr, authorization: Authorization) {
    this.#options = options;
    this.#around = around;
    this.#findEhr = findEhr;
    this.#authorization = authorization;
  }

  /** An EHR launches the app. */
  async launch(req: Request, res: Response): Promise<void> {
    const query = queryOf(req);
    const [iss, launch] = [query.getAll('iss'), query.getAll('launch')];
    if (iss.length !== 1 || launch.length !== 1 || launch[0] === '' || iss[0] === '')
      return this.#around.stop(res, PROBLEMS.badLaunch);
    const ehr = this.#findEhr(iss[0] ?? '');
    if (ehr === undefined) return this.#around.stop(res, PROBLEMS.unknownEhr);
    return this.#authorize(req, res, ehr, launch[0]);
  }

  /** The page on which the app is started without an EHR. */
  startPage(req: Request, res: Response): void {
    const { registry, development, suggestedPath = '/fhir' } = this.#options;
    const choices: readonly StartChoice[] = registry.ehrs.flatMap(({ name, smart, fhirBases }) =>
      smart?.standalone === true ? fhirBases.map((base) => ({ name, base })) : [],
    );
    const frame = this.#around.frame(req);
    const anyLoopback =
      development && registry.byId('development')?.smart !== undefined ? `${frame.base}${suggestedPath}` : undefined;
    sendStartPage(res, choices, anyLoopback, frame);
  }

  /** The user starts the app at an EHR of that page. */
  async start(req: Request, res: Response): Promise<void> {
    const ehr = this.#findEhr(field(req, 'iss') ?? '');
    if (ehr === undefined) return this.#around.stop(res, PROBLEMS.unknownEhr);
    if (!ehr.ehr.smart.standalone) return this.#around.stop(res, PROBLEMS.notStandalone, ehr);
    return this.#authorize(req, res, ehr, undefined);
  }

  async #authorize(req: Request, res: Response, ehr: LaunchingEhr, launch: string | undefined): Promise<void> {
    const secure = this.#around.secure(req);
    const known = readSent(req, secure)?.browser;
    const going = await this.#authorization.begin(ehr, launch, this.#around.base(req), known);
    if (going.kind === 'problem') return this.#around.stop(res, going.problem, ehr);
    setSent(res, secure, { browser: going.browser, ehr: ehr.ehr.id });
    redirect(res, going.url);
  }

  /** The browser comes back from the EHR. */
  async callback(req: Request, res: Response): Promise<void> {
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
    if (state === undefined && error !== undefined && !repeated) return this.#around.stop(res, authorizeProblem(error));
    if (repeated || state === undefined) return this.#around.stop(res, PROBLEMS.noState);
    const base = this.#around.base(req);
    const secure = this.#around.secure(req);
    const back: Back = {
      state,
      browser: readSent(req, secure)?.browser,
      redirectUri: `${base}${req.path}`,
      ...(code !== undefined && { code }),
      ...(error !== undefined && { error }),
      ...(description !== undefined && { description }),
      ...(issuer !== undefined && { issuer }),
    };
    const finished = await this.#authorization.finish(back);
    if (finished.kind === 'problem') return this.#around.stop(res, finished.problem, finished.ehr, finished.said);
    setSession(res, secure, await this.#options.store.open(readSession(req, secure), finished.launch));
    this.#options.onLaunch('launched');
    redirect(res, `${base}/smart/launches/${finished.launch.id}`);
  }

  /** Ends the browser's session and gives its tokens back. */
  async logOut(req: Request, res: Response): Promise<void> {
    const { store } = this.#options;
    const secure = this.#around.secure(req);
    const session = readSession(req, secure);
    const launch = field(req, 'launch');
    const record = session === undefined || launch === undefined ? undefined : await store.find(session, launch);
    if (session === undefined || record === undefined) return this.#around.stop(res, PROBLEMS.sessionEnded);
    const ehr = this.#findEhr(record.base);
    if (!csrfMatches(record, field(req, 'csrf'))) return this.#around.stop(res, PROBLEMS.csrf, ehr);
    const launches = await store.end(session);
    setSession(res, secure, undefined);
    await Promise.allSettled(launches.map((l) => this.#authorization.revoke(l)));
    sendLoggedOutPage(res, this.#around.frame(req, ehr));
  }
}
