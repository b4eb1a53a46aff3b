import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import { type IssueCode, sendProblem } from '../cds-hooks/operation-outcome.ts';
import { type CdsHooksOptions, cdsHooksRoutes } from '../cds-hooks/routes.ts';
import { LIBRARY_PATH } from '../library/addresses.ts';
import { ASSETS_PATH, assetRoutes } from '../web/assets.ts';
import { dataHeaders } from '../web/data-headers.ts';
import { corsFor } from './cors.ts';
import { fixedHeaders } from './fixed-headers.ts';
import { requestLog } from './request-log.ts';

export interface AppOptions {
  readonly cdsHooks: CdsHooksOptions;
  /** the routes of payer mode, when it is configured */
  readonly crd?: RequestHandler;
  /** refuses work before the process drowns in it */
  readonly shedding: RequestHandler;
  /** proxies whose X-Forwarded-For is believed: how many, or their addresses */
  readonly trustedProxies: string | undefined;
  /** health, metrics and administration */
  readonly operations: RequestHandler;
  /** the policies as documents */
  readonly library: RequestHandler;
  readonly allowsOrigin: (origin: string) => boolean;
  readonly logger: Logger;
  /** further rooms, mounted by the start */
  readonly mount?: (app: Express) => void;
}

const STATUS: Readonly<Record<string, readonly [number, IssueCode, string]>> = {
  'entity.parse.failed': [400, 'structure', 'the body is not valid JSON'],
  'entity.too.large': [413, 'too-long', 'the body is too large'],
  'request.aborted': [400, 'structure', 'the body ended early'],
  'request.size.invalid': [400, 'structure', 'the body does not have the announced length'],
  'encoding.unsupported': [415, 'not-supported', 'this content encoding is not supported'],
  'charset.unsupported': [415, 'not-supported', 'this charset is not supported'],
};

/** Errors of body parsing carry the body in them: only their kind is looked at, nothing of them is sent or logged. */
const onError =
  (logger: Logger): ErrorRequestHandler =>
  (error: unknown, _req, res, next) => {
    if (res.headersSent) return next(error);
    const { type, status, limit } = error as { type?: string; status?: number; limit?: number };
    const known = type === undefined ? undefined : STATUS[type];
    const most = limit === undefined ? '' : `: at most ${limit} bytes, unpacked (BODY_LIMIT)`;
    if (known !== undefined) return sendProblem(res, known[0], known[1], 'body', `${known[2]}${most}`);
    if (status !== undefined && status >= 400 && status < 500)
      return sendProblem(res, status, 'structure', 'request', 'the request could not be read');
    logger.error({ error: error instanceof Error ? error.name : 'unknown' }, 'a request failed');
    return sendProblem(res, 500, 'exception', 'server', 'an internal error');
  };

/** The HTTP application. */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  const proxies = options.trustedProxies;
  if (proxies !== undefined) app.set('trust proxy', /^\d+$/.test(proxies) ? Number(proxies) : proxies);
  app.use(requestLog(options.logger));
  const headers = fixedHeaders(dataHeaders());
  const before: readonly RequestHandler[] = [headers, corsFor(options.allowsOrigin), options.shedding];
  app.use('/cds-services', ...before, cdsHooksRoutes(options.cdsHooks));
  if (options.crd !== undefined) app.use('/crd/cds-services', ...before, options.crd);
  app.use(options.operations);
  app.use(ASSETS_PATH, assetRoutes());
  app.use(LIBRARY_PATH, options.shedding, options.library);
  options.mount?.(app);
  app.use(headers, (_req, res) => sendProblem(res, 404, 'not-found', 'path', 'there is nothing here'));
  app.use(onError(options.logger));
  return app;
}
