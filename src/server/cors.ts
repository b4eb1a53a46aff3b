import cors from 'cors';
import type { RequestHandler } from 'express';

/**
 * CORS for browser clients such as the official CDS Hooks Sandbox: preflights are answered without authentication, origins
 * come from the registry, credentials are never allowed.
 */
export const corsFor = (allows: (origin: string) => boolean): RequestHandler =>
  cors({
    origin: (origin, callback) => callback(null, origin !== undefined && allows(origin) ? origin : false),
    methods: ['GET', 'POST', 'OPTIONS'],
    allowedHeaders: ['authorization', 'content-type'],
    credentials: false,
    maxAge: 600,
  });
