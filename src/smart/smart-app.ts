import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import { setPageHeaders } from '../web/page.ts';
import { Authorization, type AuthorizationOptions } from './authorization.ts';
import { LaunchPages, type LaunchPagesOptions, launchedIn } from './launch-pages.ts';
import { TokenKeeper } from './launch-session.ts';
import type { Launched } from './launched.ts';
import { launchingEhrFinder } from './launching-ehr.ts';
import { PROBLEMS } from './problems.ts';
import { SignIn, type SignInOptions } from './sign-in.ts';
import { Surroundings, type SurroundingsOptions } from './surroundings.ts';

export type SmartAppOptions = Omit<AuthorizationOptions, 'findEhr'> &
  LaunchPagesOptions &
  SignInOptions &
  SurroundingsOptions & {
    /** told of errors of our own */
    readonly onDefect: (error: unknown) => void;
  };

/** A room that shows pages of launches, mounted below `/smart/launches/:launchId`. */
export type LaunchedPages = (
  launchedOf: (req: Request, res: Response) => Promise<Launched | undefined>,
) => RequestHandler;

const FORM_LIMIT = '16kb';
const KEYS_FRESH_SECONDS = 3600;
const LAUNCH = '/smart/launches/:launchId';

/** The SMART app: launch, sign-in, sessions and log-out, and the pages of a launch. */
export class SmartApp {
  readonly #options: SmartAppOptions;
  readonly #around: Surroundings;
  readonly #signIn: SignIn;
  readonly #pages: LaunchPages;

  constructor(options: SmartAppOptions) {
    this.#options = options;
    const { store, onLaunch } = options;
    const findEhr = launchingEhrFinder(options.registry, options.development);
    const authorization = new Authorization({ ...options, findEhr });
    const keeper = new TokenKeeper({
      store,
      refresh: (launch, token) => authorization.refresh(launch, token),
      onRefused: (reason) => onLaunch(`refresh-${reason}`),
      now: Date.now,
    });
    this.#around = new Surroundings(options);
    this.#signIn = new SignIn(options, this.#around, findEhr, authorization);
    this.#pages = new LaunchPages(options, this.#around, findEhr, keeper);
  }

  /** Its routes, to be mounted at the root. @param worksheet what shows the worksheet of a launch */
  routes(worksheet?: LaunchedPages): Router {
    const router = Router();
    const form = express.urlencoded({ extended: false, limit: FORM_LIMIT });
    const [signIn, pages] = [this.#signIn, this.#pages];
    router.get('/smart/launch', (req, res) => signIn.launch(req, res));
    router
      .route('/smart/start')
      .get((req, res) => signIn.startPage(req, res))
      .post(form, (req, res) => signIn.start(req, res));
    router.get(['/smart/callback', '/smart/callback/:name'], (req, res) => signIn.callback(req, res));
    router.get('/smart/jwks.json', (_req, res) => this.#jwks(res));
    router.post('/smart/logout', form, (req, res) => signIn.logOut(req, res));
    router.use(LAUNCH, (req, res, next) => pages.find(req, res, next));
    router
      .route(`${LAUNCH}/orders`)
      .get((req, res) => pages.orders(req, res))
      .post(form, (req, res) => pages.choose(req, res));
    router.use(LAUNCH, (req, res, next) => pages.needOrder(req, res, next));
    if (worksheet !== undefined)
      router.use(
        LAUNCH,
        worksheet((_req, res) => Promise.resolve(launchedIn(res))),
      );
    router.use('/smart', this.#onError());
    return router;
  }

  /** Our public keys, for EHRs. */
  async #jwks(res: Response): Promise<void> {
    const keys = await this.#options.keys.publicKeys();
    setPageHeaders(res);
    res.set('Cache-Control', `public, max-age=${KEYS_FRESH_SECONDS}`);
    res.set('Cross-Origin-Resource-Policy', 'cross-origin');
    res.type('application/json').send(JSON.stringify(keys));
  }

  /** An error ends in a page too. Of the error only its kind is looked at, as its message could hold what was sent. */
  #onError(): ErrorRequestHandler {
    return (error: unknown, _req, res, next) => {
      if (res.headersSent) return next(error);
      const status = (error as { status?: number }).status;
      const theirs = status !== undefined && status >= 400 && status < 500;
      if (!theirs) this.#options.onDefect(error);
      return this.#around.stop(res, theirs ? PROBLEMS.badForm : PROBLEMS.internal);
    };
  }
}
