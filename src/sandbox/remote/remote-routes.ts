import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import { type Json, object, objects, text } from '../../chart/json.ts';
import { permissions } from '../../ehr/granted-scopes.ts';
import type { Bearer } from '../bearer.ts';
import { isShown } from '../fhir/patient-view.ts';
import { FhirProblem, outcome } from '../fhir/problem.ts';
import type { NewResource } from '../fhir/store.ts';
import { movedTo, type RemoteAnswer, type RemoteFhir, type RemoteRequest } from './remote-fhir.ts';

export interface RemoteRoutesOptions {
  readonly remote: RemoteFhir;
  /** the base under which a request reached us. @throws FhirProblem (421) for a host that is not ours */
  readonly baseOf: (req: Request) => string;
  /** what the token of a request opens. @throws FhirProblem (401) when it has ended */
  readonly bearerOf: (req: Request) => Bearer | undefined;
  readonly bodyLimit: string;
  readonly security: (base: string) => Json;
  /** handlers that come before those of resource types */
  readonly before: readonly RequestHandler[];
}

const JSON_TYPES = ['application/fhir+json', 'application/json+fhir', 'application/json'];
const FORM = 'application/x-www-form-urlencoded';

const onError: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) return next(error);
  if (error instanceof FhirProblem) return sendJson(res, error.status, outcome(error.issue, error.message));
  const { status } = error as { status?: number };
  if (status === undefined || status < 400 || status >= 500) return next(error);
  return sendJson(res, status, outcome('invalid', 'the request could not be read'));
};

const sendJson = (res: Response, status: number, body: Json): void => {
  res.status(status).type('application/fhir+json').send(JSON.stringify(body));
};

const isResource = (value: unknown): value is NewResource => text(object(value)?.['resourceType']) !== undefined;

/**
 * Another FHIR server, shown below our own base: apps get there with a token that was issued here, see one patient, and are
 * traced and put to the test as at the sandbox's own server. Nothing is served without a token, and nothing to other origins.
 */
export function remoteRoutes(options: RemoteRoutesOptions): Router {
  const { remote, baseOf } = options;
  const router = Router();
  const json: readonly RequestHandler[] = [express.json({ limit: options.bodyLimit, type: JSON_TYPES })];
  const form: readonly RequestHandler[] = [express.text({ limit: '64kb', type: FORM })];

  router.use((req, _res, next) => {
    baseOf(req);
    next();
  });
  for (const handler of options.before) router.use(handler);

  /** @throws FhirProblem (401) without a token, (403) for what it does not permit */
  const bearer = (req: Request, type: string, interaction: 'read' | 'search' | 'create' | 'update'): Bearer => {
    const found = options.bearerOf(req);
    if (found === undefined) throw new FhirProblem(401, 'login', 'a token of this sandbox is needed');
    if (type !== '' && permissions(found.scope)(type, interaction) === 'none')
      throw new FhirProblem(403, 'forbidden', 'the scopes of the token do not permit it');
    return found;
  };

  const shows = ({ patient, hides }: Bearer, resource: unknown): boolean =>
    isResource(resource) && isShown(resource, patient, hides);

  /** Sends an answer on: addresses lead to us, and others' resources are left out. */
  function send(req: Request, res: Response, of: Bearer, { status, headers, body }: RemoteAnswer): void {
    const base = baseOf(req);
    for (const [name, value] of Object.entries(headers)) res.set(name, movedLocation(value, remote.base, base));
    if (body === undefined) {
      if (status >= 200 && status < 300 && req.method === 'GET')
        throw new FhirProblem(502, 'structure', 'the FHIR server did not answer with JSON');
      res.status(status).end();
      return;
    }
    const moved = movedTo(body, remote.base, base);
    if (moved['resourceType'] === 'Bundle') {
      const entry = objects(moved['entry']).filter((e) => isOutcome(e['resource']) || shows(of, e['resource']));
      return sendJson(res, status, { ...moved, ...('entry' in moved && { entry }) });
    }
    if (!isOutcome(moved) && !shows(of, moved)) throw new FhirProblem(404, 'not-found', 'there is no such resource');
    return sendJson(res, status, moved);
  }

  /** The resource that a request writes, as the server behind us gets it. @throws FhirProblem for another patient's */
  function written(req: Request, of: Bearer): Pick<RemoteRequest, 'body' | 'headers'> {
    const resource: unknown = req.body;
    if (!shows(of, resource)) throw new FhirProblem(403, 'forbidden', 'the token is for another patient');
    const conditions = ['if-match', 'if-none-exist', 'prefer'].flatMap((name) => {
      const value = req.get(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    return {
      body: JSON.stringify(movedTo(resource as Json, baseOf(req), remote.base)),
      headers: { 'content-type': 'application/fhir+json', ...Object.fromEntries(conditions) },
    };
  }

  router.get('/metadata', async (req, res) => {
    const { status, body } = await remote.call('/metadata');
    const base = baseOf(req);
    const rest = objects(body?.['rest']).map((r) => ({ ...r, security: options.security(base) }));
    const implementation = { description: `Shown by the sandbox: ${remote.base}`, url: base };
    sendJson(res, status, {
      ...(body ?? outcome('exception', 'no answer')),
      ...(rest.length > 0 && { rest, implementation }),
    });
  });
  // pages of servers that keep them at the base itself
  router.get('/', async (req, res) => {
    const of = bearer(req, '', 'search');
    send(req, res, of, await remote.call(queryOf(req)));
  });
  router.get('/:type', async (req: Request<{ type: string }>, res) => {
    const of = bearer(req, req.params.type, 'search');
    send(req, res, of, await remote.call(req.url));
  });
  router.post('/:type/_search', ...form, async (req: Request<{ type: string }>, res: Response) => {
    const of = bearer(req, req.params.type, 'search');
    const body = typeof req.body === 'string' ? req.body : '';
    send(req, res, of, await remote.call(req.url, { method: 'POST', body, headers: { 'content-type': FORM } }));
  });
  router.post('/:type', ...json, async (req: Request<{ type: string }>, res: Response) => {
    const of = bearer(req, req.params.type, 'create');
    send(req, res, of, await remote.call(req.url, { method: 'POST', ...written(req, of) }));
  });
  router.get('/:type/:id', async (req: Request<{ type: string; id: string }>, res) => {
    const of = bearer(req, req.params.type, 'read');
    send(req, res, of, await remote.call(req.url));
  });
  router.put('/:type/:id', ...json, async (req: Request<{ type: string; id: string }>, res: Response) => {
    const of = bearer(req, req.params.type, 'update');
    const before = await remote.call(req.url);
    if (before.status === 200 && !shows(of, before.body))
      throw new FhirProblem(403, 'forbidden', 'the token is for another patient');
    send(req, res, of, await remote.call(req.url, { method: 'PUT', ...written(req, of) }));
  });
  router.use(() => {
    throw new FhirProblem(404, 'not-found', 'there is nothing here');
  });
  router.use(onError);
  return router;
}

const isOutcome = (value: unknown): boolean => object(value)?.['resourceType'] === 'OperationOutcome';
const queryOf = ({ url }: Request): string => (url.includes('?') ? url.slice(url.indexOf('?')) : '');
const movedLocation = (value: string, from: string, to: string): string =>
  value.startsWith(`${from}/`) ? `${to}${value.slice(from.length)}` : value;
