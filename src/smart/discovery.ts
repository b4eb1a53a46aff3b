import * as z from 'zod';
import { callServer, mayCall } from './authorization-server.ts';

/** What an EHR says about its authorization server (SMART App Launch 2.2, "Conformance"). */
export interface SmartConfiguration {
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint?: string;
  readonly issuer?: string;
  readonly jwksUri?: string;
  readonly capabilities: ReadonlySet<string>;
  /** how clients may authenticate; absent when the server does not say */
  readonly authMethods?: readonly string[];
  /** algorithms of client assertions; absent when the server does not say */
  readonly assertionAlgorithms?: readonly string[];
  /** does it return its issuer with the code (RFC 9207)? */
  readonly returnsIssuer: boolean;
}

export type DiscoveryProblem =
  /** no answer, or none with status 200 */
  | 'unreachable'
  /** not what a SMART server says, or addresses that we may not call */
  | 'invalid'
  /** no PKCE with S256 */
  | 'no-pkce';

export type Discovered =
  | { readonly ok: true; readonly configuration: SmartConfiguration }
  | { readonly ok: false; readonly problem: DiscoveryProblem };

const Names = z.array(z.string());
const Document = z.object({
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  revocation_endpoint: z.string().optional().catch(undefined),
  issuer: z.string().optional().catch(undefined),
  jwks_uri: z.string().optional().catch(undefined),
  capabilities: Names.catch([]),
  code_challenge_methods_supported: Names.catch([]),
  token_endpoint_auth_methods_supported: Names.optional().catch(undefined),
  token_endpoint_auth_signing_alg_values_supported: Names.optional().catch(undefined),
  authorization_response_iss_parameter_supported: z.boolean().catch(false),
});

const TIMEOUT_MS = 5_000;
const KEPT_MS = { least: 60_000, usual: 600_000, most: 3_600_000 } as const;
const MOST_KEPT = 500;

/** How long an answer may be used again. */
function keptFor(cacheControl: string | null): number {
  const seconds = Number(/\bmax-age=(\d{1,9})\b/.exec(cacheControl ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(seconds)) return KEPT_MS.usual;
  return Math.min(Math.max(seconds * 1000, KEPT_MS.least), KEPT_MS.most);
}

/** Reads the document. Relative addresses, as old servers give them, are relative to the document's. */
function read(json: unknown, documentUrl: string, privateNetwork: boolean): Discovered {
  const parsed = Document.safeParse(json);
  if (!parsed.success) return { ok: false, problem: 'invalid' };
  const d = parsed.data;
  // An absolute address is used as it stands: it is also the audience of our assertions.
  const address = (given: string | undefined): string | undefined => {
    if (given === undefined) return undefined;
    const whole = URL.canParse(given) ? given : URL.canParse(given, documentUrl) && new URL(given, documentUrl).href;
    return typeof whole === 'string' && mayCall(whole, privateNetwork) ? whole : undefined;
  };
  const [authorizationEndpoint, tokenEndpoint] = [address(d.authorization_endpoint), address(d.token_endpoint)];
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined) return { ok: false, problem: 'invalid' };
  if (!d.code_challenge_methods_supported.includes('S256')) return { ok: false, problem: 'no-pkce' };
  const [revocationEndpoint, jwksUri] = [address(d.revocation_endpoint), address(d.jwks_uri)];
  const authMethods = d.token_endpoint_auth_methods_supported;
  const assertionAlgorithms = d.token_endpoint_auth_signing_alg_values_supported;
  return {
    ok: true,
    configuration: {
      authorizationEndpoint,
      tokenEndpoint,
      ...(revocationEndpoint !== undefined && { revocationEndpoint }),
      ...(d.issuer !== undefined && { issuer: d.issuer }),
      ...(jwksUri !== undefined && { jwksUri }),
      capabilities: new Set(d.capabilities),
      ...(authMethods !== undefined && { authMethods }),
      ...(assertionAlgorithms !== undefined && { assertionAlgorithms }),
      returnsIssuer: d.authorization_response_iss_parameter_supported,
    },
  };
}

interface Kept {
  readonly until: number;
  readonly found: Discovered;
}

/** Finds the authorization servers of FHIR bases, and keeps what it found for as long as the EHR allows, an hour at most. */
export class SmartDiscovery {
  readonly #kept = new Map<string, Kept>();
  readonly #running = new Map<string, Promise<Discovered>>();
  readonly #now: () => number;

  /** @param now epoch milliseconds */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** @param base a FHIR base of the registry: no other one is ever asked */
  async find(base: string, privateNetwork: boolean): Promise<Discovered> {
    const kept = this.#kept.get(base);
    if (kept !== undefined && kept.until > this.#now()) return kept.found;
    const running = this.#running.get(base);
    if (running !== undefined) return running;
    const asked = this.#ask(base, privateNetwork).finally(() => this.#running.delete(base));
    this.#running.set(base, asked);
    return asked;
  }

  async #ask(base: string, privateNetwork: boolean): Promise<Discovered> {
    const url = `${base}/.well-known/smart-configuration`;
    const answer = await callServer(url, { privateNetwork, timeoutMs: TIMEOUT_MS });
    if (answer === undefined || answer.status !== 200) return { ok: false, problem: 'unreachable' };
    const found = read(answer.json, url, privateNetwork);
    if (found.ok) this.#keep(base, { until: this.#now() + keptFor(answer.headers.get('cache-control')), found });
    return found;
  }

  #keep(base: string, kept: Kept): void {
    this.#kept.delete(base);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(base, kept);
  }
}
