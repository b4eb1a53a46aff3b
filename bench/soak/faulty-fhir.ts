import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Resource } from '../bodies.ts';
import type { Case } from './cases.ts';

/** What is wrong with the FHIR server, for a type of resources or for all of them. */
export const FAULTS = ['slow', 'down', 'error', 'html', 'cut', 'half-json', 'late'] as const;
export type Fault = (typeof FAULTS)[number];

const SLOW_MS = 200;
const JSON_TYPE = { 'content-type': 'application/fhir+json' };

/** A FHIR server whose tokens say whose chart it shows, and what goes wrong. */
export interface FaultyFhir {
  readonly base: string;
  /** @param type the type of resources that the fault is about; none = all @returns the token */
  token(chart: number, fault?: Fault, type?: string): string;
  close(): Promise<void>;
}

const bundle = (resources: readonly Resource[]): string =>
  JSON.stringify({ resourceType: 'Bundle', type: 'searchset', entry: resources.map((resource) => ({ resource })) });

function misbehave(fault: Fault, res: ServerResponse, text: string, lateMs: number): void {
  const answer = (): void => void res.writeHead(200, JSON_TYPE).end(text);
  if (fault === 'slow') setTimeout(answer, SLOW_MS);
  else if (fault === 'late') setTimeout(answer, lateMs);
  else if (fault === 'down') res.destroy();
  else if (fault === 'error') res.writeHead(500, JSON_TYPE).end('{"resourceType":"OperationOutcome"}');
  else if (fault === 'html') res.writeHead(200, { 'content-type': 'text/html' }).end('<html>sign in</html>');
  else if (fault === 'half-json') res.writeHead(200, JSON_TYPE).end(text.slice(0, text.length / 2));
  else {
    res.writeHead(200, { ...JSON_TYPE, 'content-length': text.length + 100 });
    res.write(text.slice(0, text.length / 2), () => res.destroy());
  }
}

/** Starts the server. @param lateMs how long the fault "late" takes: beyond the deadline of a call */
export async function faultyFhir(cases: readonly Case[], lateMs: number): Promise<FaultyFhir> {
  const server = createServer((req, res) => {
    const [, , type = '', id] = new URL(req.url ?? '', 'http://x').pathname.split('/');
    const [number, fault, about] = (req.headers.authorization ?? '').slice('Bearer '.length).split('.');
    const own = (cases[Number(number)]?.resources ?? []).filter((r) => r.resourceType === type);
    const found = own.find((r) => r.id === id);
    const text = id === undefined ? bundle(own) : JSON.stringify(found);
    if (id !== undefined && found === undefined)
      res.writeHead(404, JSON_TYPE).end('{"resourceType":"OperationOutcome"}');
    else if (fault === '' || (about !== '' && about !== type)) res.writeHead(200, JSON_TYPE).end(text);
    else misbehave(fault as Fault, res, text, lateMs);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`,
    token: (chart, fault, type) => `${chart}.${fault ?? ''}.${type ?? ''}`,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
