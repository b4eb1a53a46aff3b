import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the stub behaves for one resource type (or "*" for all). */
export type Mood =
  | 'ok'
  | 'together'
  | 'hang'
  | '400'
  | '401'
  | '403'
  | '404'
  | '429'
  | '429-once'
  | '429-once-date'
  | 'huge'
  | '500'
  | 'html'
  | 'half-json'
  | 'drip'
  | 'close'
  | 'endless-pages'
  | 'page-elsewhere'
  | 'page-to-itself'
  | 'fewer-than-total'
  | 'fewer-than-total-as-text'
  | 'a-part'
  | 'redirect'
  | 'gzip'
  | 'not-fhir'
  | 'error-inside'
  | 'odd-entries'
  | 'foreign-patient';

type Resource = Readonly<Record<string, unknown>> & { readonly resourceType: string; readonly id: string };

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
}

const MEGABYTE = Buffer.alloc(1_000_000, 'x');

/** A small EHR: a FHIR API with moods and a key server, which counts what is asked of it. */
export class EhrStub {
  readonly #server = createServer((req, res) => void this.#answer(req, res));
  readonly seen: SeenRequest[] = [];
  readonly moods = new Map<string, Mood>();
  resources: readonly Resource[] = [];
  keys: unknown = { keys: [] };
  keysDown = false;
  keyFetches = 0;
  /** requests that the caller gave up before they were answered */
  givenUp = 0;
  /** another origin, for links and redirects that lead away */
  elsewhere = 'http://127.0.0.1:9';
  #port = 0;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #limited = new Set<string>();
  /** the mood "together" answers nobody before so many wait at the same time */
  together = 0;
  readonly #waiting: (() => void)[] = [];
  /** what is asked for by 429-once */
  retryAfter = '0';

  /** @param port the one it had, when it comes back after close() */
  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  get fhir(): string {
    return `${this.origin}/fhir`;
  }

  get jwks(): string {
    return `${this.origin}/jwks.json`;
  }

  /** FHIR requests so far, without those for keys. */
  get fhirRequests(): readonly SeenRequest[] {
    return this.seen.filter((s) => s.url.startsWith('/fhir'));
  }

  forget(): void {
    this.seen.length = 0;
    this.givenUp = 0;
    this.moods.clear();
    this.#limited.clear();
    this.refusedParameters.clear();
    this.#waiting.length = 0;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #json(res: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    res.writeHead(status, { 'content-type': 'application/fhir+json', ...headers });
    res.end(JSON.stringify(body));
  }

  /** parameters that no search may have: 400 */
  readonly refusedParameters = new Set<string>();

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = req.url ?? '';
    this.seen.push({ method: req.method ?? '', url, authorization: req.headers.authorization });
    res.on('close', () => {
      if (!res.writableEnded) this.givenUp++;
    });
    if (url === '/jwks.json') {
      this.keyFetches++;
      if (this.keysDown) res.writeHead(500).end();
      else this.#json(res, 200, this.keys, { 'content-type': 'application/json' });
      return;
    }
    const path = new URL(url, this.origin).pathname.split('/').slice(2);
    const [type = '', id] = path;
    const asked = new URL(url, this.origin).searchParams;
    if ([...this.refusedParameters].some((p) => asked.has(p))) return this.#misbehave('400', res, type, id, url);
    const mood = this.moods.get(type) ?? this.moods.get('*') ?? 'ok';
    if (mood === 'ok') return this.#ok(res, type, id);
    return this.#misbehave(mood, res, type, id, url);
  }

  #bundle(resources: readonly Resource[], next?: string): unknown {
    return {
      resourceType: 'Bundle',
      type: 'searchset',
      ...(next !== undefined && { link: [{ relation: 'next', url: next }] }),
      entry: resources.map((resource) => ({ resource })),
    };
  }

  #ok(res: ServerResponse, type: string, id: string | undefined): void {
    const own = this.resources.filter((r) => r.resourceType === type);
    if (id === undefined) return this.#json(res, 200, this.#bundle(own));
    const found = own.find((r) => r.id === id);
    if (found === undefined) return this.#json(res, 404, { resourceType: 'OperationOutcome', issue: [] });
    return this.#json(res, 200, found);
  }

  #misbehave(mood: Mood, res: ServerResponse, type: string, id: string | undefined, url: string): void {
    const own = this.resources.filter((r) => r.resourceType === type);
    const html = { 'content-type': 'text/html' };
    switch (mood) {
      case 'together':
        this.#waiting.push(() => this.#ok(res, type, id));
        if (this.#waiting.length >= this.together) for (const answer of this.#waiting.splice(0)) answer();
        return;
      case 'hang':
        return;
      case '429':
        return this.#json(res, 429, { resourceType: 'OperationOutcome', issue: [] }, { 'retry-after': '120' });
      case '429-once':
      case '429-once-date': {
        if (this.#limited.has(url)) return this.#ok(res, type, id);
        this.#limited.add(url);
        const after = mood === '429-once' ? this.retryAfter : new Date().toUTCString();
        return this.#json(res, 429, { resourceType: 'OperationOutcome', issue: [] }, { 'retry-after': after });
      }
      case 'huge':
        res.writeHead(200, { 'content-type': 'application/fhir+json' });
        res.write('{"resourceType":"Bundle","padding":"');
        for (let i = 0; i < 21; i++) res.write(MEGABYTE);
        res.end('"}');
        return;
      case '400':
      case '401':
      case '403':
      case '404':
      case '500':
        return this.#json(res, Number(mood), { resourceType: 'OperationOutcome', issue: [] });
      case 'html':
        res.writeHead(200, html).end('<!doctype html><title>Please sign in</title>');
        return;
      case 'half-json':
        res.writeHead(200, { 'content-type': 'application/fhir+json' });
        res.end(JSON.stringify(this.#bundle(own)).slice(0, 30));
        return;
      case 'drip': {
        res.writeHead(200, { 'content-type': 'application/fhir+json' });
        const timer = setInterval(() => res.write(' '), 50);
        this.#timers.add(timer);
        res.on('close', () => clearInterval(timer));
        return;
      }
      case 'close':
        res.destroy();
        return;
      case 'endless-pages':
        return this.#json(res, 200, this.#bundle(own, `${this.fhir}/${type}?page=${Math.random()}`));
      case 'page-to-itself':
        return this.#json(res, 200, this.#bundle(own, `${this.origin}${url}`));
      case 'page-elsewhere':
        return this.#json(res, 200, this.#bundle(own, `${this.elsewhere}/fhir/${type}?page=2`));
      case 'fewer-than-total':
        return this.#json(res, 200, { resourceType: 'Bundle', type: 'searchset', total: 3 });
      case 'fewer-than-total-as-text':
        return this.#json(res, 200, { resourceType: 'Bundle', type: 'searchset', total: '3' });
      case 'a-part':
        return this.#json(res, 206, this.#bundle([]));
      case 'redirect':
        res.writeHead(302, { location: `${this.elsewhere}/fhir/${type}` }).end();
        return;
      case 'gzip':
        res.writeHead(200, { 'content-type': 'application/fhir+json', 'content-encoding': 'gzip' });
        res.end(Buffer.from('1f8b0800000000000000', 'hex'));
        return;
      case 'not-fhir':
        return this.#json(res, 200, { hello: 'world' });
      case 'error-inside': {
        const issue = [{ severity: 'error', code: 'timeout' }];
        const entry = [{ search: { mode: 'outcome' }, resource: { resourceType: 'OperationOutcome', issue } }];
        return this.#json(res, 200, { resourceType: 'Bundle', type: 'searchset', entry });
      }
      case 'odd-entries':
        return this.#json(res, 200, { resourceType: 'Bundle', type: 'searchset', entry: [[], { fullUrl: 'urn:x' }] });
      case 'foreign-patient':
        return this.#json(
          res,
          200,
          this.#bundle(own.map((r) => ({ ...r, subject: { reference: 'Patient/somebody-else' } }))),
        );
      default:
        return this.#ok(res, type, id);
    }
  }
}
