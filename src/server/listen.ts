import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';

/** The server could not start listening. */
export class ListenError extends Error {
  readonly code = 'LISTEN_FAILED';
}

/** What becomes of connections on which nothing happens when the server closes. */
export interface Closing {
  /** after which all connections are cut */
  readonly graceMs: number;
  /**
   * wait: a client may be sending its next request at this moment, so they end as they always do, some seconds after their
   * last request; cut: at once
   */
  readonly idle: 'wait' | 'cut';
}

export interface Listening {
  readonly server: Server;
  readonly port: number;
  /** Stops accepting, lets running requests end, and closes; resolves when closed. */
  close(closing: Closing): Promise<void>;
}

/**
 * Starts listening.
 * @param port 0 for any free one
 * @throws ListenError in one line when the port is taken or not allowed, or the address is not of this machine
 */
export function listen(app: RequestListener, host: string, port: number): Promise<Listening> {
  const server = createServer({
    requestTimeout: 30_000,
    headersTimeout: 10_000,
    keepAliveTimeout: 10_000,
    // how often slow senders are looked for; the default would let them hold a socket for half a minute more
    connectionsCheckingInterval: 2_000,
    maxHeaderSize: 16_384,
  });
  server.maxRequestsPerSocket = 0;
  let closing = false;
  const unanswered = new Set<ServerResponse>();
  server.on('request', (req, res) => {
    if (closing) res.setHeader('Connection', 'close');
    unanswered.add(res);
    res.once('close', () => unanswered.delete(res));
    app(req, res);
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const [why, setting] =
        error.code === 'EADDRINUSE'
          ? ['the port is taken', 'PORT']
          : error.code === 'EACCES'
            ? ['this port is not allowed', 'PORT']
            : [error.code ?? 'unknown error', 'HOST'];
      reject(new ListenError(`cannot listen on ${host}:${port}: ${why}; set ${setting} to another one`));
    });
    server.listen(port, host, () => {
      const { port: actual } = server.address() as AddressInfo;
      const close = (how: Closing): Promise<void> => {
        closing = true;
        for (const res of unanswered) if (!res.headersSent) res.setHeader('Connection', 'close');
        return closeServer(server, how);
      };
      resolve({ server, port: actual, close });
    });
  });
}

function closeServer(server: Server, { graceMs, idle }: Closing): Promise<void> {
  return new Promise((resolve) => {
    const cutting = idle === 'cut' ? setInterval(() => server.closeIdleConnections(), 100) : undefined;
    const force = setTimeout(() => server.closeAllConnections(), graceMs);
    // The HTTP server's own close() cuts idle connections at once.
    NetServer.prototype.close.call(server, () => {
      clearInterval(cutting);
      clearTimeout(force);
      resolve();
    });
    if (idle === 'cut') server.closeIdleConnections();
  });
}
