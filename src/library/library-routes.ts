import { type Request, type Response, Router } from 'express';
import type { Knowledge } from '../criteria-check/knowledge.ts';
import { type Calendar, parseDate } from '../dates/day.ts';
import { sendPage } from '../web/page.ts';
import { addresses, textName } from './addresses.ts';
import { Library } from './library.ts';
import { codeSetPage, factPage, type LibraryView, missingPage, policiesPage, policyPage } from './pages.ts';

export interface LibraryOptions {
  readonly knowledge: Knowledge;
  readonly calendar: Calendar;
  /** path prefix of a proxy that serves us below a path */
  readonly prefix?: string;
}

const MOST = 200;

/** A query parameter that was given once. */
const one = (req: Request, name: string): string | undefined => {
  const value = req.query[name];
  return typeof value === 'string' ? value.slice(0, MOST) : undefined;
};

/** The policy library, to be mounted at `LIBRARY_PATH`: read without JavaScript, open to everybody, no data of patients. */
export function libraryRoutes({ knowledge, calendar, prefix = '' }: LibraryOptions): Router {
  const router = Router();
  const to = addresses(prefix);
  let loaded: Library | undefined;
  const view = (): LibraryView => {
    loaded ??= new Library(knowledge);
    return { library: loaded, to, prefix, today: calendar(Date.now()) };
  };
  const missing = (res: Response): void => sendPage(res, 404, missingPage(view()));

  router.get('/', (req, res) => sendPage(res, 200, policiesPage(view(), (one(req, 'q') ?? '').trim())));
  router.get('/facts/:fact', (req, res) => {
    const fact = knowledge.vocabulary.facts.get(req.params.fact);
    if (fact === undefined) return missing(res);
    sendPage(res, 200, factPage(view(), req.params.fact, fact));
  });
  router.get('/codes/:set', (req, res) => {
    const page = codeSetPage(view(), req.params.set);
    if (page === undefined) return missing(res);
    sendPage(res, 200, page);
  });
  router.get('/:policy', (req, res) => {
    const v = view();
    const text = v.library.current(req.params.policy, v.today);
    if (text === undefined) return missing(res);
    sendPage(res, 200, policyPage(v, text, v.today));
  });
  router.get('/:policy/:text', (req, res) => {
    const v = view();
    const text = v.library.versions(req.params.policy).find((t) => textName(t.policy) === req.params.text);
    if (text === undefined) return missing(res);
    sendPage(res, 200, policyPage(v, text, parseDate(one(req, 'on'))?.lo ?? v.today));
  });
  return router;
}
