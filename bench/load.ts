import autocannon from 'autocannon';
import { Pool } from 'undici';
import type { ServerProcess } from './measured-process.ts';

export const SERVICE = 'spine-imaging-order-select';
const CONNECTIONS = 8;
const SOCKETS = 64;
export const PATH = `/cds-services/${SERVICE}`;
const JSON_TYPE = { 'content-type': 'application/json' };

/** The middle value (the upper one of two). */
export const median = (values: readonly number[]): number => percentile(values, 50);

/** The value that p percent of the values do not exceed. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))] ?? Number.NaN;
}

/** Requests one after the other on each of eight connections, as fast as they are answered. */
export async function asFastAsPossible(
  server: ServerProcess,
  body: string,
  seconds: number,
): Promise<{ readonly perSecond: number; readonly cpuMs: number }> {
  const before = await server.usage();
  const { non2xx, errors, requests } = await autocannon({
    url: server.url + PATH,
    method: 'POST',
    headers: JSON_TYPE,
    body,
    connections: CONNECTIONS,
    duration: seconds,
  });
  const after = await server.usage();
  if (non2xx > 0 || errors > 0) throw new Error(`${non2xx} answers were no success, ${errors} failed`);
  return { perSecond: requests.average, cpuMs: (after.cpuMs - before.cpuMs) / requests.total };
}

/** One request. @returns its answer @throws when it is no success */
export async function ask(
  server: ServerProcess,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const response = await fetch(server.url + PATH, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text.slice(0, 300)}`);
  return text;
}

/** CPU milliseconds of one request: one after the other, for so long and at least so many. */
export async function cpuOfOne(server: ServerProcess, body: string, seconds: number, least = 5): Promise<number> {
  for (let i = 0; i < 3; i++) await ask(server, body);
  const before = await server.usage();
  const until = performance.now() + seconds * 1000;
  let count = 0;
  for (; performance.now() < until || count < least; count++) await ask(server, body);
  return ((await server.usage()).cpuMs - before.cpuMs) / count;
}

export interface Steady {
  /** milliseconds of CPU for a request */
  readonly cpuMs: number;
  /** milliseconds from the moment at which each request was due, so that a server that stalls is not spared the waiting */
  readonly latencies: readonly number[];
}

/** Requests at a fixed rate, whether the ones before are answered or not. @param headers one set for each request */
export async function atFixedRate(
  server: ServerProcess,
  body: string,
  perSecond: number,
  headers: readonly Readonly<Record<string, string>>[],
): Promise<Steady> {
  const pool = new Pool(server.url, { connections: SOCKETS });
  const before = await server.usage();
  const started = performance.now();
  const latencies = await Promise.all(
    headers.map(async (own, i) => {
      const due = started + (i * 1000) / perSecond;
      await new Promise((r) => setTimeout(r, Math.max(0, due - performance.now())));
      const answer = await pool.request({ path: PATH, method: 'POST', headers: { ...JSON_TYPE, ...own }, body });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${text.slice(0, 300)}`);
      return performance.now() - due;
    }),
  );
  const after = await server.usage();
  await pool.close();
  return { cpuMs: (after.cpuMs - before.cpuMs) / headers.length, latencies };
}
