import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';

/** The server could not start listening. */
export class ListenError extends Error {
  readonly code = 'LISTEN_FAILED';
}

export interface Listening {
  readonly server: Server;
  readonly port: number;
  /** Stops accepting, lets running requests end, and closes; resolves when closed. @param graceMs after which connections are cut */
  close(graceMs: number): Promise<void>;
}

/**
 * Starts listening.
 * @param port 0 for any free one
 * @throws ListenError in one line when the port is taken or not allowed
 */
export function listen(app: Express, host: string, port: number): Promise<Listening> {
  const server = createServer(
    {
      requestTimeout: 30_000,
      headersTimeout: 10_000,
      keepAliveTimeout: 10_000,
      // how often slow senders are looked for; the default would let them hold a socket for half a minute more
      connectionsCheckingInterval: 2_000,
      maxHeaderSize: 16_384,
    },
    app,
  );
  server.maxRequestsPerSocket = 0;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'the port is taken'
          : error.code === 'EACCES'
            ? 'this port is not allowed'
            : (error.code ?? 'unknown error');
      reject(new ListenError(`cannot listen on ${host}:${port}: ${why}; set PORT to another one`));
    });
    server.listen(port, host, () => {
      const { port: actual } = server.address() as AddressInfo;
      resolve({ server, port: actual, close: (graceMs) => close(server, graceMs) });
    });
  });
}

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), 100);
    const force = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}
