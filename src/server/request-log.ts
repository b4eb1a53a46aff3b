import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';

/**
 * One line a request: method, route pattern (never the path, which can hold ids), status, milliseconds and a request id,
 * which the answer carries too. No query, header or body is ever logged.
 */
export const requestLog =
  (logger: Logger): RequestHandler =>
  (req, res, next) => {
    const id = randomUUID();
    const started = performance.now();
    res.set('X-Request-Id', id);
    res.on('finish', () => {
      const pattern: unknown = (req.route as { path?: unknown } | undefined)?.path;
      const route =
        typeof pattern === 'string'
          ? `${req.baseUrl.startsWith('/cds-services') ? '/cds-services' : req.baseUrl.split('/').slice(0, 2).join('/')}${pattern}`
          : 'none';
      logger.info(
        { id, method: req.method, route, status: res.statusCode, ms: Math.round(performance.now() - started) },
        'request',
      );
    });
    next();
  };
