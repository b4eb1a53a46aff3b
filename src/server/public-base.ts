import type { Request } from 'express';
import { withoutSlashAtEnd } from '../chart/references.ts';
import { isLoopback } from '../ehr/network.ts';
import type { Config } from './config.ts';

type Settings = Pick<Config, 'PUBLIC_URL' | 'HOST'>;

const bare = (url: string): string => withoutSlashAtEnd(url);

/** The base URLs under which clients may name us. Without PUBLIC_URL (development) it is this machine and the port in use. */
export const publicBases =
  ({ PUBLIC_URL, HOST }: Settings) =>
  (req: Request): readonly string[] =>
    PUBLIC_URL === undefined
      ? ['127.0.0.1', 'localhost', HOST].map((host) => `http://${host}:${req.socket.localPort}`)
      : [bare(PUBLIC_URL)];

/**
 * The base URL under which the browser of a request reaches us. Without PUBLIC_URL (development) it is the loopback name that
 * the browser uses, as cookies of 127.0.0.1 are not those of localhost.
 */
export const browserBase =
  ({ PUBLIC_URL }: Settings) =>
  (req: Request): string => {
    if (PUBLIC_URL !== undefined) return bare(PUBLIC_URL);
    const asked = URL.parse(`http://${req.headers.host ?? ''}`);
    return asked !== null && isLoopback(asked) ? asked.origin : `http://127.0.0.1:${req.socket.localPort}`;
  };
