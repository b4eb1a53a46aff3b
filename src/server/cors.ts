import cors from 'cors';
import type { RequestHandler } from 'express';

/**
 * CORS for browser clients such as the official CDS Hooks Sandbox: preflights are answered without authentication, origins
 * come from the registry, credentials are never allowed.
 */
export function corsFor(allows: (origin: string) => boolean): RequestHandler {
  const handler = cors({
    origin: (origin, callback) => callback(null, origin !== undefined && allows(origin) ? origin : false),
    methods: ['GET', 'POST', 'OPTIONS'],
    allowedHeaders: ['authorization', 'content-type'],
    credentials: false,
    maxAge: 600,
  });
  return (req, res, next) => (req.headers.origin === undefined ? next() : handler(req, res, next));
}
