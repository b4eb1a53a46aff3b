import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Resource } from './bodies.ts';

/** A FHIR server that takes its time for every answer. */
export interface SlowFhir {
  readonly base: string;
  /** requests so far */
  asked(): number;
  close(): Promise<void>;
}

/**
 * Starts a FHIR server of this machine.
 * @param latencyMs how long each answer takes
 * @param pageSize entries of one page; the rest is behind a next link
 */
export async function slowFhir(resources: readonly Resource[], latencyMs: number, pageSize: number): Promise<SlowFhir> {
  const byType = Map.groupBy(resources, (r) => r.resourceType);
  const answers = new Map<string, string>();
  let asked = 0;
  const page = (type: string, from: number, base: string): string => {
    const key = `${type} ${from}`;
    const all = byType.get(type) ?? [];
    const made =
      answers.get(key) ??
      JSON.stringify({
        resourceType: 'Bundle',
        type: 'searchset',
        ...(all.length > from + pageSize && {
          link: [{ relation: 'next', url: `${base}/${type}?from=${from + pageSize}` }],
        }),
        entry: all.slice(from, from + pageSize).map((resource) => ({ resource })),
      });
    answers.set(key, made);
    return made;
  };
  const server = createServer((req, res) => {
    asked++;
    const url = new URL(req.url ?? '', `http://${req.headers.host}`);
    const [, , type = '', id] = url.pathname.split('/');
    const found = byType.get(type)?.find((r) => r.id === id);
    const text =
      id === undefined
        ? page(type, Number(url.searchParams.get('from') ?? 0), `${url.origin}/fhir`)
        : JSON.stringify(found ?? { resourceType: 'OperationOutcome' });
    setTimeout(() => {
      res.writeHead(id === undefined || found !== undefined ? 200 : 404, { 'content-type': 'application/fhir+json' });
      res.end(text);
    }, latencyMs);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`,
    asked: () => asked,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
