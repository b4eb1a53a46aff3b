import { Client } from 'fhir-kit-client';
import { isObject, type Json, objects, text } from '../chart/json.ts';
import { EHR_ID, parseReference, withoutSlashAtEnd } from '../chart/references.ts';
import type { Permissions } from './granted-scopes.ts';
import { LIMITS, NOT_PLAIN, namesPrivateAddress, PRIVATE_NETWORK, PUBLIC_NETWORK, withinBytes } from './network.ts';

/** Why an EHR gave no usable answer. */
export type FhirProblem =
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'refused'
  | 'conflict'
  | 'rate-limited'
  | 'server-error'
  | 'not-fhir'
  | 'deadline'
  | 'network'
  | 'too-large';

export type Fetched<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: FhirProblem };

/** The resources of a search; `complete` is false when a page is missing. */
export interface SearchResult {
  readonly resources: readonly Json[];
  readonly complete: boolean;
  readonly pages: number;
}

/** Where a written resource now is. */
export interface Written {
  readonly id: string;
  /** for If-Match of the next update, when the server tells it */
  readonly etag?: string;
}

/** What happened on one call, for the trace of a request (no PHI). */
export interface FhirCall {
  readonly what: string;
  readonly ms: number;
  readonly result: string;
}

export interface FhirAccessOptions {
  /** a base URL of the registry */
  readonly base: string;
  readonly token?: string;
  readonly privateNetwork: boolean;
  /** ends every call of the request */
  readonly signal: AbortSignal;
  /** when that will be, on the clock of `performance.now()`: a pause that a server asks for must end before */
  readonly until?: number;
  readonly onCall?: (call: FhirCall) => void;
  /** how far the token permits an interaction with a type; unasked, as a server may hide what it does not show */
  readonly permitted?: Permissions;
}

/** So long a pause is waited out where the end of the request is not known. */
const RETRY_AT_MOST_MS = 2_000;
/** What is left after a pause must be enough for an answer. */
const ANSWER_MS = 200;

function problemOf(error: unknown): FhirProblem {
  const e = error as {
    name?: string;
    cause?: { code?: string; name?: string; message?: string };
    response?: { status?: number; data?: unknown };
  };
  const status = e.response?.status;
  if (status !== undefined) {
    if (status === 401) return 'unauthorized';
    if (status === 403) return 'forbidden';
    if (status === 404 || status === 410 || status === 405 || status === 501) return 'not-found';
    if (status === 409 || status === 412) return 'conflict';
    if (status === 429) return 'rate-limited';
    if (status >= 500) return 'server-error';
    return status >= 400 ? 'refused' : 'not-fhir';
  }
  if (e.name === 'TimeoutError' || e.name === 'AbortError') return 'deadline';
  if (e.cause?.code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return 'too-large';
  // the server answers, but with something else; the error of fetch for a redirect has no code
  if (e.cause?.code === NOT_PLAIN || e.cause?.message === 'unexpected redirect') return 'not-fhir';
  return 'network';
}

/**
 * The only way to an EHR's FHIR API. The token goes to the registered base alone: ids are checked, next links must lie below
 * the base, redirects are refused, addresses, pages, bytes, sockets and time are bounded. Failures are values.
 */
export class FhirAccess {
  readonly #client: Client;
  readonly #base: URL;
  readonly #options: FhirAccessOptions;
  /** names are looked at when connecting, addresses here */
  readonly #allowed: boolean;
  #bytes = 0;

  constructor(options: FhirAccessOptions) {
    this.#options = options;
    this.#base = new URL(options.base.endsWith('/') ? options.base : `${options.base}/`);
    this.#allowed = options.privateNetwork || !namesPrivateAddress(this.#base);
    const network = options.privateNetwork ? PRIVATE_NETWORK : PUBLIC_NETWORK;
    const dispatcher = withinBytes(network, LIMITS.callBytes, (bytes) => {
      this.#bytes = bytes;
    });
    this.#client = new Client({
      baseUrl: options.base,
      ...(options.token !== undefined && { bearerToken: options.token }),
      customHeaders: { 'accept-encoding': 'identity' },
      requestOptions: { redirect: 'error', dispatcher },
    });
  }

  /** The bytes of all answers so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Reads one resource. */
  async read(type: string, id: string): Promise<Fetched<Json>> {
    if (!EHR_ID.test(id)) return { ok: false, problem: 'refused' };
    if (this.#options.permitted?.(type, 'read') === 'none') return { ok: false, problem: 'forbidden' };
    return this.#call(`${type}/…`, async () => {
      const resource: unknown = await this.#client.read({
        resourceType: type,
        id,
        options: { signal: this.#options.signal },
      });
      if (!isObject(resource) || resource['resourceType'] !== type) return { ok: false, problem: 'not-fhir' };
      return { ok: true, value: resource };
    });
  }

  /**
   * Creates a resource under an id of the server's, unless a search finds one already.
   * @param ifNoneExist parameters of that search, e.g. { identifier: "system|value" }
   */
  async create(resource: Json, ifNoneExist?: Readonly<Record<string, string>>): Promise<Fetched<Written>> {
    const type = text(resource['resourceType']) ?? '';
    const headers =
      ifNoneExist === undefined ? {} : { 'if-none-exist': new URLSearchParams({ ...ifNoneExist }).toString() };
    if (this.#options.permitted?.(type, 'create') === 'none') return { ok: false, problem: 'forbidden' };
    return this.#call(`create ${type}`, async () => {
      const answer = await this.#client.create({
        resourceType: type,
        body: resource as FhirBody,
        options: { signal: this.#options.signal, headers },
      });
      return written(type, answer, undefined);
    });
  }

  /** Writes a new version of a resource. @param etag of the version that was seen; another current one is a conflict */
  async update(resource: Json, etag?: string): Promise<Fetched<Written>> {
    const [type, id] = [text(resource['resourceType']) ?? '', text(resource['id']) ?? ''];
    if (!EHR_ID.test(id)) return { ok: false, problem: 'refused' };
    if (this.#options.permitted?.(type, 'update') === 'none') return { ok: false, problem: 'forbidden' };
    return this.#call(`update ${type}`, async () => {
      const answer = await this.#client.update({
        resourceType: type,
        id,
        body: resource as FhirBody,
        options: { signal: this.#options.signal, headers: etag === undefined ? {} : { 'if-match': etag } },
      });
      return written(type, answer, id);
    });
  }

  /** Searches a type and follows its pages. */
  async search(type: string, params: Readonly<Record<string, string>>): Promise<Fetched<SearchResult>> {
    const permitted = this.#options.permitted?.(type, 'search') ?? 'all';
    if (permitted === 'none') return { ok: false, problem: 'forbidden' };
    const first = await this.#call(`${type}?${Object.keys(params).join('&')}`, async () =>
      bundle(
        await this.#client.search({
          resourceType: type,
          searchParams: { ...params },
          options: { signal: this.#options.signal },
        }),
      ),
    );
    if (!first.ok) return first;
    const found = await this.follow(first.value, type);
    return { ok: true, value: { ...found, complete: found.complete && permitted === 'all' } };
  }

  /** Follows the pages of a Bundle of a type that may have come from elsewhere (a prefetch). */
  async follow(first: Json, type: string): Promise<SearchResult> {
    const resources: Json[] = [];
    const visited = new Set<string>();
    let page = first;
    let whole = true;
    for (let pages = 1; ; pages++) {
      for (const resource of matches(page)) resources.push(resource);
      whole &&= isWhole(page);
      const next = nextLink(page);
      if (next === undefined) return { resources, complete: whole && !fewerThanTotal(first, resources, type), pages };
      const url = this.#below(next);
      if (url === undefined || visited.has(url) || pages >= LIMITS.pages) return { resources, complete: false, pages };
      visited.add(url);
      const answer = await this.#call('next page', async () =>
        bundle(await this.#client.httpClient.get(url, { signal: this.#options.signal })),
      );
      if (!answer.ok) return { resources, complete: false, pages };
      page = answer.value;
    }
  }

  /** A next link, when it lies on the same origin below the base; the token never leaves it. */
  #below(link: string): string | undefined {
    if (link.length > 8192) return undefined;
    let url: URL;
    try {
      url = new URL(link, this.#base);
    } catch {
      return undefined;
    }
    const root = withoutSlashAtEnd(this.#base.pathname);
    const inside = url.origin === this.#base.origin && (url.pathname === root || url.pathname.startsWith(`${root}/`));
    return inside && url.username === '' && url.password === '' ? url.href : undefined;
  }

  /** Does a pause leave time for an answer? */
  #allows(pauseMs: number): boolean {
    const { until } = this.#options;
    return until === undefined ? pauseMs <= RETRY_AT_MOST_MS : performance.now() + pauseMs + ANSWER_MS <= until;
  }

  /** Runs one call; a 429 is tried again once when it asks for a pause that fits into the time of the request. */
  async #call<T>(what: string, run: () => Promise<Fetched<T>>): Promise<Fetched<T>> {
    if (!this.#allowed) return { ok: false, problem: 'refused' };
    const started = performance.now();
    let result = await attempt(run);
    if (
      !result.ok &&
      result.problem === 'rate-limited' &&
      result.retryAfter !== undefined &&
      this.#allows(result.retryAfter)
    ) {
      await pause(result.retryAfter, this.#options.signal);
      result = this.#options.signal.aborted ? { ok: false, problem: 'deadline' } : await attempt(run);
    }
    this.#options.onCall?.({
      what,
      ms: Math.round(performance.now() - started),
      result: result.ok ? 'ok' : result.problem,
    });
    return result.ok ? result : { ok: false, problem: result.problem };
  }
}

type FhirBody = Parameters<Client['create']>[0]['body'];

/** Where the server put a resource: from its Location, or from the body that it sent back. */
function written(
  type: string,
  answer: Parameters<typeof Client.httpFor>[0],
  known: string | undefined,
): Fetched<Written> {
  const { headers } = Client.httpFor(answer).response ?? {};
  const location = parseReference(headers?.get('location')) ?? parseReference(headers?.get('content-location'));
  const body: unknown = answer;
  const sent = isObject(body) && body['resourceType'] === type ? text(body['id']) : undefined;
  const id = known ?? sent ?? (location?.type === type ? location.id : undefined);
  if (id === undefined || !EHR_ID.test(id)) return { ok: false, problem: 'not-fhir' };
  const etag = headers?.get('etag') ?? undefined;
  return { ok: true, value: { id, ...(etag !== undefined && { etag }) } };
}

type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: FhirProblem; readonly retryAfter?: number };

async function attempt<T>(run: () => Promise<Fetched<T>>): Promise<Attempt<T>> {
  try {
    return await run();
  } catch (error) {
    const problem = problemOf(error);
    const headers = (error as { config?: { headers?: Headers } }).config?.headers;
    const retryAfter = retryAfterMs(headers?.get?.('retry-after') ?? undefined);
    return { ok: false, problem, ...(retryAfter !== undefined && { retryAfter }) };
  }
}

/** Retry-After in milliseconds: seconds, or a date (RFC 9110, section 10.2.3). */
function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });

function bundle(value: unknown): Fetched<Json> {
  return isObject(value) && value['resourceType'] === 'Bundle'
    ? { ok: true, value }
    : { ok: false, problem: 'not-fhir' };
}

/** The resources of a page; OperationOutcomes inside it are no evidence. */
export function matches(page: Json): readonly Json[] {
  const out: Json[] = [];
  for (const entry of objects(page['entry'])) {
    const resource = entry['resource'];
    if (isObject(resource) && resource['resourceType'] !== 'OperationOutcome') out.push(resource);
  }
  return out;
}

/** What an OperationOutcome among results says when some of them are missing. */
const SHORT = new Set(['incomplete', 'timeout', 'too-costly', 'throttled']);
const isShort = (issue: Json): boolean =>
  issue['severity'] === 'error' || issue['severity'] === 'fatal' || SHORT.has(text(issue['code']) ?? '');

/** Is a page what it should be? Entries that are no resources, or an error among the results, leave open what else there is. */
export function isWhole(page: Json): boolean {
  const entries = page['entry'];
  if (entries === undefined) return true;
  return (
    Array.isArray(entries) &&
    entries.every((entry: unknown) => {
      const resource = isObject(entry) ? entry['resource'] : undefined;
      if (!isObject(resource) || typeof resource['resourceType'] !== 'string') return false;
      return resource['resourceType'] !== 'OperationOutcome' || !objects(resource['issue']).some(isShort);
    })
  );
}

/** Are there fewer resources of the type than the server counted on the first page? */
export function fewerThanTotal(first: Json, resources: readonly Json[], type: string): boolean {
  // some servers write the number as text; what is no number counts nothing
  const total = Number(first['total'] ?? Number.NaN);
  if (Number.isNaN(total)) return false;
  let found = 0;
  for (const r of resources) if (r['resourceType'] === type) found++;
  return total > found;
}

/** The URL of the next page. */
export const nextLink = (page: Json): string | undefined =>
  text(objects(page['link']).find((l) => l['relation'] === 'next')?.['url']);
