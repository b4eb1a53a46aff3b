import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';

/** What may stand in a line of the log beside the request: ids and words from closed lists, never from a request or a chart. */
export type LogNote = Readonly<Record<string, string | number | readonly string[]>>;

const NOTES = Symbol('notes');
type Locals = { [NOTES]?: LogNote };

/** Adds to the line of a request. */
export function note(res: Response, more: LogNote): void {
  const locals = res.locals as Locals;
  locals[NOTES] = { ...locals[NOTES], ...more };
}

/** Asked again and again by machines: told only at the level debug, unless something is wrong. */
const PROBES = new Set(['/healthz', '/readyz', '/metrics']);

/** The id of a request, which its answer carries too. */
export const requestId = (res: Response): string => String(res.getHeader('X-Request-Id') ?? '');

/**
 * One line a request: method, route pattern (never the path, which can hold ids), status, milliseconds, a request id, and
 * what was noted. No query, header or body is ever logged.
 */
export const requestLog =
  (logger: Logger): RequestHandler =>
  (req, res, next) => {
    const id = randomUUID();
    const started = performance.now();
    res.set('X-Request-Id', id);
    const log = (end: 'request' | 'a client left before its answer'): void => {
      const pattern: unknown = (req.route as { path?: unknown } | undefined)?.path;
      const route =
        typeof pattern === 'string'
          ? `${req.baseUrl.startsWith('/cds-services') ? '/cds-services' : req.baseUrl.split('/').slice(0, 2).join('/')}${pattern}`
          : 'none';
      const ms = Math.round(performance.now() - started);
      const level = PROBES.has(route) && res.statusCode < 400 ? 'debug' : 'info';
      logger[level](
        { id, method: req.method, route, status: res.statusCode, ms, ...(res.locals as Locals)[NOTES] },
        end,
      );
    };
    res.once('finish', () => log('request'));
    res.once('close', () => {
      if (!res.writableFinished) log('a client left before its answer');
    });
    next();
  };
