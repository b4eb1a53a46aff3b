import { fetch as undiciFetch } from 'undici';
import { isObject, type Json, objects, text } from '../../chart/json.ts';
import { type EhrRegistry, normalBase } from '../../ehr/ehr-registry.ts';
import { isLoopback, namesPrivateAddress, PRIVATE_NETWORK, PUBLIC_NETWORK } from '../../ehr/network.ts';
import { ConfigError } from '../../server/config.ts';
import { FhirProblem } from '../fhir/problem.ts';

/** A FHIR server that is not ours, as the setting names it. */
export interface RemoteSetting {
  readonly base: string;
  /** bearer token, if it wants one */
  readonly token?: string | undefined;
}

/** What it answered. */
export interface RemoteAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** undefined when it is no JSON object */
  readonly body: Json | undefined;
}

export interface RemoteRequest {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const PATIENCE_MS = 20_000;
/** Headers of answers that are handed on. */
const HANDED_ON = ['etag', 'last-modified', 'location', 'retry-after'];

/**
 * The only way to the FHIR server behind the sandbox: below its base, without redirects, bounded in bytes, sockets and time,
 * and at private addresses only when the registry has them. Its token goes nowhere else.
 */
export class RemoteFhir {
  readonly base: string;
  readonly #token: string | undefined;
  #privateNetwork = false;

  constructor({ base, token }: RemoteSetting) {
    this.base = normalBase(base);
    this.#token = token;
  }

  /** Looks whether the base may be called. @throws ConfigError for a private address that is not registered as one */
  admit(registry: EhrRegistry): void {
    const url = new URL(this.base);
    const ehr = registry.byBase(this.base);
    this.#privateNetwork = ehr?.privateNetwork ?? isLoopback(url);
    if (!this.#privateNetwork && namesPrivateAddress(url))
      throw new ConfigError(
        `SANDBOX_FHIR: ${url.host} is a private address; register the base with private-network: true (docs/add-an-ehr.md)`,
      );
  }

  /**
   * Calls the server.
   * @param path below the base with its query, e.g. "/Condition?patient=1"; "?…" for pages at the base itself
   * @throws FhirProblem (400) for a path that leads elsewhere, (502, 504) when there is no usable answer
   */
  async call(path: string, request: RemoteRequest = {}): Promise<RemoteAnswer> {
    const url = this.#below(path);
    try {
      const response = await undiciFetch(url, {
        method: request.method ?? 'GET',
        redirect: 'error',
        dispatcher: this.#privateNetwork ? PRIVATE_NETWORK : PUBLIC_NETWORK,
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: {
          accept: 'application/fhir+json',
          'accept-encoding': 'identity',
          ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
          ...request.headers,
        },
        ...(request.body !== undefined && { body: request.body }),
      });
      const words = await response.text();
      const headers = HANDED_ON.flatMap((name) => {
        const value = response.headers.get(name);
        return value === null ? [] : [[name, value] as const];
      });
      return { status: response.status, headers: Object.fromEntries(headers), body: asJson(words) };
    } catch (error) {
      throw unreachable(error);
    }
  }

  /** @throws FhirProblem when a path would leave the base */
  #below(path: string): string {
    const { href } = new URL(`${this.base}${path}`);
    const inside = [`${this.base}/`, `${this.base}?`].some((start) => href.startsWith(new URL(start).href));
    if (!inside) throw new FhirProblem(400, 'value', 'this leads out of the FHIR base');
    return href;
  }
}

function asJson(words: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(words);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Why there is no answer, without anything of it. */
function unreachable(error: unknown): FhirProblem {
  const { name, cause } = error as { name?: string; cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return new FhirProblem(504, 'exception', 'the FHIR server did not answer in time');
  if (cause?.code === 'EPRIVATE')
    return new FhirProblem(502, 'exception', 'the FHIR server has a private address that is not registered');
  const why = cause?.code ?? (cause?.message === 'unexpected redirect' ? 'it redirects' : 'no connection');
  return new FhirProblem(502, 'exception', `the FHIR server cannot be reached (${why})`);
}

/** Replaces the beginning of the addresses in a resource: of references, of links and of full URLs. */
export function movedTo(resource: Json, from: string, to: string): Json {
  const moved = (value: string): string => {
    if (value === from) return to;
    return value.startsWith(`${from}/`) || value.startsWith(`${from}?`) ? `${to}${value.slice(from.length)}` : value;
  };
  const walk = (value: unknown, name: string): unknown => {
    if (typeof value === 'string') return ADDRESSES.has(name) ? moved(value) : value;
    if (Array.isArray(value)) return value.map((v) => walk(v, name));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, walk(member, key)]));
  };
  const whole = walk(resource, '') as Json;
  if (whole['resourceType'] !== 'Bundle') return whole;
  const link = objects(whole['link']).map((l) => ({ ...l, url: moved(text(l['url']) ?? '') }));
  return { ...whole, ...(link.length > 0 && { link }) };
}

/** Members that hold addresses of resources; "url" is one in Bundle.link alone. */
const ADDRESSES: ReadonlySet<string> = new Set(['reference', 'fullUrl']);
