import type { Request, RequestHandler, Response } from 'express';
import { withoutSlashAtEnd } from '../chart/references.ts';
import type { CdsClient, ClientTokens, Rejection } from '../trust/client-tokens.ts';
import { sendProblem } from './operation-outcome.ts';

export interface AuthenticationOptions {
  readonly tokens: ClientTokens;
  /** calls without a token are refused; off in development only, where tokens of unknown issuers are passed over too */
  readonly required: boolean;
  /** the base URLs under which clients may name us, e.g. ["https://cds.example.org"]; never taken from the Host header */
  readonly publicBases: (req: Request) => readonly string[];
  /** why a call was refused, for the log */
  readonly onRejected: (reason: Rejection | 'missing' | 'keys-unavailable', res: Response) => void;
}

const CLIENT = Symbol('client');

/** The client that was authenticated for this call, if any. */
export const clientOf = (res: Response): CdsClient | undefined => (res.locals as { [CLIENT]?: CdsClient })[CLIENT];

/** A JWT in its compact form (RFC 7515, section 3.1). */
const bearer = (req: Request): string | undefined =>
  /^Bearer ([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(req.headers.authorization ?? '')?.[1];

/** The path of the called endpoint, and as the client wrote it: with a slash too many, where its discovery address ends with one. */
const calledPaths = (req: Request): readonly string[] => [
  withoutSlashAtEnd(`${req.baseUrl}${req.path}`),
  req.originalUrl.split('?', 1)[0] ?? '',
];

/** One answer for every reason, so that nobody learns why a token failed. */
function refuse(res: Response): void {
  res.set('WWW-Authenticate', 'Bearer');
  sendProblem(res, 401, 'security', 'Authorization', 'authentication is required');
}

/**
 * Authenticates CDS clients by their JWT. The audience is the public URL of the called endpoint.
 * @param required overrides the option, for endpoints that may be called without a token but never with a bad one
 */
export const authenticate =
  (options: AuthenticationOptions, required = options.required): RequestHandler =>
  async (req, res, next) => {
    const token = bearer(req);
    const given = req.headers.authorization !== undefined;
    if (!given && !required) return next();
    if (token === undefined) {
      if (!given || options.required) {
        options.onRejected(given ? 'malformed' : 'missing', res);
        return refuse(res);
      }
      return next();
    }
    if (!options.required && !options.tokens.namesIssuer(token)) return next();
    const paths = calledPaths(req);
    const verdict = await options.tokens.verify(
      token,
      options.publicBases(req).flatMap((base) => paths.map((path) => `${base}${path}`)),
    );
    if (verdict.kind === 'accepted') {
      (res.locals as { [CLIENT]?: CdsClient })[CLIENT] = verdict.client;
      return next();
    }
    options.onRejected(verdict.kind === 'unavailable' ? 'keys-unavailable' : verdict.reason, res);
    if (verdict.kind === 'rejected') return refuse(res);
    res.set('Retry-After', '30');
    return sendProblem(res, 503, 'exception', 'Authorization', 'keys cannot be fetched at the moment');
  };
