import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** What the stub was asked at its token or revocation endpoint. */
export interface FormRequest {
  readonly path: string;
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

/** What the stub does differently from a good server; a test changes what it is about. */
export interface StubMoods {
  /** members of smart-configuration that are replaced; undefined removes one */
  configuration: Record<string, unknown>;
  configurationStatus: number;
  /** members of the token response that are replaced; undefined removes one */
  token: Record<string, unknown>;
  tokenStatus: number;
  tokenBody: unknown;
  /** claims of the id_token that are replaced; undefined removes one */
  idToken: Record<string, unknown>;
  idTokenAlg: 'RS256' | 'none' | 'HS256' | 'foreign-key';
  refreshStatus: number;
  /** each refresh waits so long */
  refreshMs: number;
}

const GOOD = (): StubMoods => ({
  configuration: {},
  configurationStatus: 200,
  token: {},
  tokenStatus: 200,
  tokenBody: undefined,
  idToken: {},
  idTokenAlg: 'RS256',
  refreshStatus: 200,
  refreshMs: 0,
});

const replaced = (base: Record<string, unknown>, changes: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries({ ...base, ...changes }).filter(([, v]) => v !== undefined));

type Resource = Readonly<Record<string, unknown>> & { readonly resourceType: string; readonly id: string };

/**
 * A small SMART EHR: FHIR API and authorization server on one port. It does what it is told, counts what it is asked, and
 * checks nothing but what a test looks at.
 */
export class SmartStub {
  readonly #server = createServer((req, res) => void this.#answer(req, res));
  moods = GOOD();
  readonly seen: string[] = [];
  readonly forms: FormRequest[] = [];
  readonly fhirAuthorizations: string[] = [];
  resources: Resource[] = [];
  /** what the next token response says */
  context: Record<string, unknown> = { patient: 'p1' };
  clientId = 'app-1';
  #port = 0;
  #keys: { publicJwk: JWK; privateKey: CryptoKey; foreign: CryptoKey } | undefined;
  /** nonces and challenges by code */
  readonly #codes = new Map<string, { nonce: string; challenge: string; redirectUri: string; scope: string }>();
  #tokens = 0;

  async start(): Promise<this> {
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const { privateKey: foreign } = await generateKeyPair('RS256');
    const publicJwk = { ...(await exportJWK(publicKey)), kid: 'ehr-1', alg: 'RS256', use: 'sig' };
    this.#keys = { publicJwk, privateKey, foreign };
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get fhir(): string {
    return `${this.origin}/fhir`;
  }

  get tokenEndpoint(): string {
    return `${this.origin}/token`;
  }

  /** Forgets moods and what was seen. */
  reset(): void {
    this.moods = GOOD();
    this.seen.length = 0;
    this.forms.length = 0;
    this.fhirAuthorizations.length = 0;
    this.context = { patient: 'p1' };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** What the sign-in page of the EHR would do: gives a code for an authorization request. */
  authorize(authorizeUrl: string): { readonly code: string; readonly state: string } {
    const query = new URL(authorizeUrl).searchParams;
    const code = randomUUID();
    this.#codes.set(code, {
      nonce: query.get('nonce') ?? '',
      challenge: query.get('code_challenge') ?? '',
      redirectUri: query.get('redirect_uri') ?? '',
      scope: query.get('scope') ?? '',
    });
    return { code, state: query.get('state') ?? '' };
  }

  get tokenRequests(): readonly FormRequest[] {
    return this.forms.filter((f) => f.path === '/token');
  }

  #json(res: ServerResponse, status: number, body: unknown): void {
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(JSON.stringify(body));
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '', this.origin);
    this.seen.push(`${req.method} ${url.pathname}`);
    const path = url.pathname;
    if (path === '/fhir/.well-known/smart-configuration') return this.#configuration(res);
    if (path === '/keys') return this.#json(res, 200, { keys: [this.#keys?.publicJwk] });
    if (path === '/token' || path === '/revoke') return this.#form(req, res, path);
    if (path.startsWith('/fhir/')) return this.#fhir(req, res, path.split('/').slice(2));
    return this.#json(res, 404, {});
  }

  #configuration(res: ServerResponse): void {
    const good = {
      issuer: this.fhir,
      jwks_uri: `${this.origin}/keys`,
      authorization_endpoint: `${this.origin}/authorize`,
      token_endpoint: this.tokenEndpoint,
      revocation_endpoint: `${this.origin}/revoke`,
      grant_types_supported: ['authorization_code'],
      code_challenge_methods_supported: ['S256'],
      capabilities: ['launch-ehr', 'client-confidential-asymmetric', 'permission-v2', 'sso-openid-connect'],
    };
    this.#json(res, this.moods.configurationStatus, replaced(good, this.moods.configuration));
  }

  async #form(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
    this.forms.push({ path, form, authorization: req.headers.authorization });
    if (path === '/revoke') return this.#json(res, 200, {});
    if (form.get('grant_type') === 'refresh_token') return this.#refresh(res);
    const { tokenStatus, tokenBody } = this.moods;
    if (tokenBody !== undefined || tokenStatus !== 200) return this.#json(res, tokenStatus, tokenBody ?? {});
    const code = form.get('code') ?? '';
    const known = this.#codes.get(code);
    this.#codes.delete(code);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (known === undefined || known.challenge !== challenge || known.redirectUri !== form.get('redirect_uri'))
      return this.#json(res, 400, { error: 'invalid_grant' });
    const good = {
      access_token: this.#newToken('access'),
      token_type: 'bearer',
      expires_in: 300,
      scope: known.scope,
      refresh_token: this.#newToken('refresh'),
      id_token: await this.#idToken(known.nonce),
      ...this.context,
    };
    return this.#json(res, 200, replaced(good, this.moods.token));
  }

  async #refresh(res: ServerResponse): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.moods.refreshMs));
    if (this.moods.refreshStatus !== 200) return this.#json(res, this.moods.refreshStatus, { error: 'invalid_grant' });
    return this.#json(res, 200, {
      access_token: this.#newToken('access'),
      token_type: 'Bearer',
      expires_in: 300,
      refresh_token: this.#newToken('refresh'),
    });
  }

  #newToken(kind: string): string {
    this.#tokens++;
    return `SECRET-${kind}-${this.#tokens}`;
  }

  async #idToken(nonce: string): Promise<string> {
    const keys = this.#keys;
    if (keys === undefined) return '';
    const now = Math.floor(Date.now() / 1000);
    const claims = replaced(
      {
        iss: this.fhir,
        aud: this.clientId,
        sub: 'user-1',
        nonce,
        iat: now,
        exp: now + 300,
        fhirUser: 'Practitioner/doc-1',
      },
      this.moods.idToken,
    );
    const { idTokenAlg } = this.moods;
    if (idTokenAlg === 'none')
      return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`;
    if (idTokenAlg === 'HS256')
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', kid: 'ehr-1' })
        .sign(Buffer.from(String(keys.publicJwk.n)));
    const key = idTokenAlg === 'foreign-key' ? keys.foreign : keys.privateKey;
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'ehr-1' }).sign(key);
  }

  #fhir(req: IncomingMessage, res: ServerResponse, [type = '', id]: readonly string[]): void {
    this.fhirAuthorizations.push(req.headers.authorization ?? '');
    const own = this.resources.filter((r) => r.resourceType === type);
    if (id === undefined)
      return this.#json(res, 200, {
        resourceType: 'Bundle',
        type: 'searchset',
        entry: own.map((resource) => ({ resource })),
      });
    const found = own.find((r) => r.id === id);
    return this.#json(res, found === undefined ? 404 : 200, found ?? { resourceType: 'OperationOutcome', issue: [] });
  }
}

/** The claims of a client assertion, unverified. */
export const assertionClaims = (form: URLSearchParams): Readonly<Record<string, unknown>> =>
  decodeJwt(form.get('client_assertion') ?? '');
