import cors from 'cors';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Json } from '../../chart/json.ts';
import { runBundle } from './batch.ts';
import { capabilityStatement } from './capability-statement.ts';
import { everything } from './everything.ts';
import { type Answer, create, find, read, type Server, update } from './interactions.ts';
import { FhirProblem, outcome } from './problem.ts';

export interface FhirRoutesOptions extends Server {
  /** the base under which a request reached this server */
  readonly baseOf: (req: Request) => string;
  /** largest body, e.g. "10mb" */
  readonly bodyLimit: string;
  /** what the token of a request shows and permits; undefined = everything. @throws FhirProblem (401) for one that has ended */
  readonly grantOf?: (req: Request) => TokenGrant | undefined;
  /** further members of the CapabilityStatement's rest[0].security */
  readonly security?: (base: string) => Json;
  /** handlers that come before those of resource types */
  readonly before?: readonly RequestHandler[];
}

/** What a token that was issued here shows and permits. */
export type TokenGrant = Required<Pick<Server, 'store' | 'permit'>>;

const JSON_TYPES = ['application/fhir+json', 'application/json+fhir', 'application/json'];
const FORM = 'application/x-www-form-urlencoded';
const FORM_LIMIT = '64kb';

/** Any origin may call, with any header; the answer's headers that matter can be read. Browsers ask before calling loopback. */
const anyOrigin: readonly RequestHandler[] = [
  (req, res, next): void => {
    if (req.headers['access-control-request-private-network'] === 'true')
      res.set('Access-Control-Allow-Private-Network', 'true');
    next();
  },
  cors({
    origin: '*',
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS'],
    exposedHeaders: ['Location', 'Content-Location', 'ETag', 'Last-Modified', 'X-Request-Id'],
    maxAge: 600,
  }),
];

const sendJson = (res: Response, status: number, body: Json): void => {
  res.status(status).type('application/fhir+json').send(JSON.stringify(body));
};

/** Turns an answer into HTTP: status, version headers, and no body when the client prefers none. */
function send(req: Request, res: Response, base: string, { status, body, resource }: Answer): void {
  if (resource !== undefined) {
    const { versionId, lastUpdated } = resource.meta;
    res.set('ETag', `W/"${versionId}"`);
    res.set('Last-Modified', new Date(lastUpdated).toUTCString());
    if (req.method !== 'GET')
      res.set('Location', `${base}/${resource.resourceType}/${resource.id}/_history/${versionId}`);
  }
  const minimal = req.method !== 'GET' && /\breturn=minimal\b/.test(req.get('Prefer') ?? '');
  if (minimal && resource !== undefined) res.status(status).end();
  else sendJson(res, status, body);
}

/** Only JSON is written and read. What a client says in Accept is not held against it, as many say it wrongly. */
const onlyJson: RequestHandler = (req, _res, next) => {
  if (/xml|turtle|ttl/i.test(queryOf(req).get('_format') ?? ''))
    throw new FhirProblem(406, 'not-supported', 'this server speaks JSON only');
  next();
};

const body =
  (types: readonly string[]): RequestHandler =>
  (req, _res, next) => {
    if (req.headers['content-type'] !== undefined && req.is([...types]) === false)
      throw new FhirProblem(415, 'not-supported', `expected a body of type ${types[0]}`);
    next();
  };

/** The query string without Express's reading of it: names are kept as they are, in a list. */
const queryOf = ({ originalUrl }: Request): URLSearchParams =>
  new URLSearchParams(originalUrl.includes('?') ? originalUrl.slice(originalUrl.indexOf('?')) : '');

/** Errors of body parsing carry the body in them: only their kind is looked at. */
const onError: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) return next(error);
  if (error instanceof FhirProblem && error.status === 401) res.set('WWW-Authenticate', 'Bearer error="invalid_token"');
  if (error instanceof FhirProblem) return sendJson(res, error.status, outcome(error.issue, error.message));
  const { type, status } = error as { type?: string; status?: number };
  if (type === 'entity.parse.failed') return sendJson(res, 400, outcome('structure', 'the body is not valid JSON'));
  if (type === 'entity.too.large') return sendJson(res, 413, outcome('too-long', 'the body is too large'));
  if (status !== undefined && status >= 400 && status < 500)
    return sendJson(res, status, outcome('invalid', 'the request could not be read'));
  return next(error);
};

type TypeRequest = Request<{ type: string }>;
type IdRequest = Request<{ type: string; id: string }>;

/** The routes of a FHIR R4 REST API over a store. */
export function fhirRoutes(server: FhirRoutesOptions): Router {
  const router = Router();
  const json: readonly RequestHandler[] = [
    body(JSON_TYPES),
    express.json({ limit: server.bodyLimit, type: JSON_TYPES }),
  ];
  const form: readonly RequestHandler[] = [body([FORM]), express.text({ limit: FORM_LIMIT, type: FORM })];
  const started = server.now().toISOString();
  const metadata = (base: string): Json =>
    capabilityStatement({
      base,
      date: started,
      ...(server.security !== undefined && { security: server.security(base) }),
    });
  const of = (req: Request): Server => ({ ...server, ...server.grantOf?.(req) });
  router.use(...anyOrigin, onlyJson);
  for (const handler of server.before ?? []) router.use(handler);

  router
    .route('/')
    .post(...json, (req, res) => {
      const base = server.baseOf(req);
      sendJson(res, 200, runBundle(of(req), req.body, base));
    })
    .all(notAllowed('POST'));
  router
    .route('/metadata')
    .get((req, res) => sendJson(res, 200, metadata(server.baseOf(req))))
    .all(notAllowed('GET'));
  router
    .route('/:type')
    .get((req: TypeRequest, res) => {
      const base = server.baseOf(req);
      send(req, res, base, find(of(req), req.params.type, queryOf(req), base));
    })
    .post(...json, (req: TypeRequest, res: Response) => {
      const base = server.baseOf(req);
      const ifNoneExist = req.get('If-None-Exist');
      const options = ifNoneExist === undefined ? {} : { ifNoneExist };
      send(req, res, base, create(of(req), req.params.type, req.body, base, options));
    })
    .all(notAllowed('GET, POST'));
  router
    .route('/:type/_search')
    .post(...form, (req: TypeRequest, res: Response) => {
      const base = server.baseOf(req);
      const sent = typeof req.body === 'string' ? [...new URLSearchParams(req.body)] : [];
      sendJson(res, 200, find(of(req), req.params.type, new URLSearchParams([...queryOf(req), ...sent]), base).body);
    })
    .all(notAllowed('POST'));
  router
    .route('/:type/:id')
    .get((req: IdRequest, res) => {
      send(req, res, server.baseOf(req), read(of(req), req.params.type, req.params.id));
    })
    .put(...json, (req: IdRequest, res: Response) => {
      const answer = update(of(req), req.params.type, req.params.id, req.body, req.get('If-Match'));
      send(req, res, server.baseOf(req), answer);
    })
    .all(notAllowed('GET, PUT'));
  router
    .route('/Patient/:id/:operation')
    .get((req: Request<{ id: string; operation: string }>, res, next) => {
      if (req.params.operation !== '$everything') return next();
      const base = server.baseOf(req);
      send(req, res, base, everything(of(req), req.params.id, base));
    })
    .all((req, _res, next) =>
      req.params['operation'] === '$everything' ? notAllowed('GET')(req, _res, next) : next(),
    );
  router.use(() => {
    throw new FhirProblem(404, 'not-found', 'there is nothing here');
  });
  router.use(onError);
  return router;
}

const notAllowed =
  (allowed: string): RequestHandler =>
  (_req, res) => {
    res.set('Allow', allowed);
    sendJson(res, 405, outcome('not-supported', `expected ${allowed}`));
  };
