import { generateKeyPair, type KeyPairKeyObjectResult, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import type { ClientMetadata, Configuration, JWK, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { LaunchContext, Launches } from './launches.ts';
import { sandboxScopes } from './scopes.ts';
import type { TokenStorage } from './token-storage.ts';

export interface AuthorizationServerOptions {
  readonly launches: Launches;
  readonly storage: TokenStorage;
  /** how long access tokens serve */
  readonly tokenSeconds: number;
  /** our app's client id, and the path that codes are sent to */
  readonly app: { readonly clientId: string; readonly redirectPath: string; readonly jwksPath: string };
}

/** Where one origin's authorization server and FHIR base stand. */
export interface Place {
  /** "http://127.0.0.1:3000" */
  readonly origin: string;
  readonly issuer: string;
  readonly fhirBase: string;
}

const MOST_GRANTS = 10_000;
const CODE_SECONDS = 60;
const SESSION_SECONDS = 300;
const REFRESH_SECONDS = 8 * 3600;
const COOKIE = 'sandbox-oauth';

/**
 * The official CDS Hooks Sandbox, launched as a SMART app itself: a public client in a browser, which sends no PKCE. A copy of
 * it stands at any port of this machine.
 */
const CDS_HOOKS_SANDBOX = {
  client_id: '48163c5e-88b5-4cb3-92d3-23b800caa927',
  client_name: 'CDS Hooks Sandbox',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  redirect_uris: ['http://127.0.0.1/', 'http://localhost/', 'https://sandbox.cds-hooks.org/'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
} satisfies ClientMetadata;

/** The account of requests whose launch is not known; it is refused before anything is granted. */
const NOBODY = 'nobody';

const rsaKey = async (): Promise<JWK> => {
  const generate = promisify(generateKeyPair) as (
    type: 'rsa',
    options: { modulusLength: number },
  ) => Promise<KeyPairKeyObjectResult>;
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  return {
    ...(privateKey.export({ format: 'jwk' }) as JWK),
    kid: randomBytes(8).toString('hex'),
    alg: 'RS256',
    use: 'sig',
  };
};

/**
 * A SMART authorization server made of oidc-provider: codes with PKCE, client authentication, rotation of refresh tokens and
 * id_tokens are its work. What SMART adds are the launch context in the token response and scopes for resources. Registered
 * apps are not asked for consent, and users do not sign in: the launch says who they are.
 */
export class AuthorizationServer {
  readonly #options: AuthorizationServerOptions;
  readonly #contexts = new Map<string, LaunchContext>();
  readonly #providers = new Map<string, Promise<Provider>>();
  #key: Promise<JWK> | undefined;

  constructor(options: AuthorizationServerOptions) {
    this.#options = options;
  }

  /** The launch context of a grant. */
  contextOf(grantId: string): LaunchContext | undefined {
    return this.#contexts.get(grantId);
  }

  /** Serves one request. */
  async serve(req: IncomingMessage, res: ServerResponse, place: Place): Promise<void> {
    const provider = await this.#provider(place);
    await provider.callback()(req, res);
  }

  /** Serves an authorization request: the user of its launch is signed in for just this request. */
  async authorize(req: IncomingMessage, res: ServerResponse, place: Place, launch: string): Promise<void> {
    const provider = await this.#provider(place);
    const user = this.#options.launches.find(launch)?.user ?? NOBODY;
    req.headers.cookie = `${COOKIE}=${await session(provider, user)}`;
    await provider.callback()(req, res);
  }

  /** One server for each name of this machine, as the issuer holds the name. */
  #provider(place: Place): Promise<Provider> {
    const known = this.#providers.get(place.origin);
    if (known !== undefined) return known;
    const made = this.#make(place);
    this.#providers.set(place.origin, made);
    return made;
  }

  async #make(place: Place): Promise<Provider> {
    const { Provider, errors } = await import('oidc-provider');
    this.#key ??= rsaKey();
    const provider: Provider = new Provider(place.issuer, {
      ...this.#configuration(place),
      jwks: { keys: [await this.#key] },
      loadExistingGrant: (ctx) => this.#grant(ctx, provider, place, errors),
    });
    provider.use(async (ctx, next) => {
      await next();
      const { oidc } = ctx as KoaContextWithOIDC;
      const grantId = oidc?.route === 'token' && ctx.status === 200 ? oidc.entities.Grant?.jti : undefined;
      const context = grantId === undefined ? undefined : this.#contexts.get(grantId);
      if (context !== undefined) ctx.body = { ...(ctx.body as object), ...parameters(context) };
    });
    return provider;
  }

  /** Grants what a launch is for. @throws errors of oidc-provider, which go back to the app */
  async #grant(
    ctx: KoaContextWithOIDC,
    provider: Provider,
    place: Place,
    errors: typeof import('oidc-provider')['errors'],
  ): Promise<InstanceType<Provider['Grant']>> {
    const { params, client, session: own } = ctx.oidc;
    const launch = this.#options.launches.find(String(params?.['launch'] ?? ''));
    if (launch === undefined) throw new errors.InvalidRequest('the launch is not known, or has expired');
    if (String(params?.['aud'] ?? '').replace(/\/+$/, '') !== place.fhirBase)
      throw new errors.InvalidRequest('aud is not the FHIR base of this server');
    if (launch.denied === true) throw new errors.AccessDenied('the user did not allow it');
    const grant = new provider.Grant({ accountId: own?.accountId ?? NOBODY, clientId: client?.clientId ?? '' });
    const asked = String(params?.['scope'] ?? '').split(' ');
    grant.addOIDCScope(asked.filter((s) => launch.granted?.includes(s) ?? true).join(' '));
    this.#keep(await grant.save(), launch);
    return grant;
  }

  #keep(grantId: string, context: LaunchContext): void {
    const [oldest] = this.#contexts.keys();
    if (this.#contexts.size >= MOST_GRANTS && oldest !== undefined) this.#contexts.delete(oldest);
    this.#contexts.set(grantId, context);
  }

  #configuration(place: Place): Configuration {
    const { storage, tokenSeconds, app } = this.#options;
    // Names of loopback are one machine: the app comes back to the one that it was opened by.
    const port = new URL(place.origin).port;
    const bases = new Set([place.origin, `http://127.0.0.1:${port}`, `http://localhost:${port}`]);
    return {
      adapter: (name: string) => storage.adapterFor(name),
      clients: [
        {
          client_id: app.clientId,
          client_name: 'Imaging criteria worksheet',
          token_endpoint_auth_method: 'private_key_jwt',
          jwks_uri: `${place.origin}${app.jwksPath}`,
          redirect_uris: [...bases].map((b) => `${b}${app.redirectPath}`),
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
        },
        CDS_HOOKS_SANDBOX,
      ],
      clientAuthMethods: ['private_key_jwt', 'client_secret_basic', 'client_secret_post', 'none'],
      enabledJWA: { clientAuthSigningAlgValues: ['ES384', 'RS384'] },
      pkce: { required: (_ctx, client) => client.clientId !== CDS_HOOKS_SANDBOX.client_id },
      clientBasedCORS: (_ctx, _origin, client) => client.clientId === CDS_HOOKS_SANDBOX.client_id,
      scopes: [...sandboxScopes()],
      claims: { openid: ['sub'], fhirUser: ['fhirUser'] },
      conformIdTokenClaims: false,
      extraParams: ['launch', 'aud'],
      responseTypes: ['code'],
      findAccount: (_ctx, user) => ({ accountId: user, claims: () => ({ sub: user, fhirUser: user }) }),
      features: {
        devInteractions: { enabled: false },
        revocation: {
          enabled: true,
          allowedPolicy: (_ctx, client, token) => 'clientId' in token && token.clientId === client.clientId,
        },
        rpInitiatedLogout: { enabled: false },
      },
      interactions: { policy: [] },
      issueRefreshToken: (_ctx, client, source) =>
        client.grantTypeAllowed('refresh_token') &&
        (source.scopes.has('online_access') || source.scopes.has('offline_access')),
      rotateRefreshToken: () => true,
      expiresWithSession: () => Promise.resolve(false),
      cookies: { names: { session: COOKIE }, keys: [] },
      ttl: {
        AccessToken: tokenSeconds,
        AuthorizationCode: CODE_SECONDS,
        IdToken: 300,
        RefreshToken: REFRESH_SECONDS,
        Grant: REFRESH_SECONDS,
        Session: SESSION_SECONDS,
        Interaction: CODE_SECONDS,
      },
      // Our app's keys are on this machine, which oidc-provider does not call by default.
      fetch: (url, init) => {
        const { dispatcher: _guarded, ...rest } = { ...init } as RequestInit & { dispatcher?: unknown };
        return fetch(url, rest);
      },
      renderError: (ctx, out) => {
        ctx.type = 'json';
        ctx.body = JSON.stringify(out);
      },
    };
  }
}

/** The session as it is made here; the published types lack its arguments. */
type MakeSession = new (made: {
  readonly accountId: string;
  readonly loginTs: number;
}) => { readonly jti: string; save(seconds: number): Promise<string> };

/** Signs a user in for one authorization request. @returns the session's cookie */
async function session(provider: Provider, user: string): Promise<string> {
  const Session = provider.Session as unknown as MakeSession;
  const own = new Session({ accountId: user, loginTs: Math.floor(Date.now() / 1000) });
  await own.save(SESSION_SECONDS);
  return own.jti;
}

/** What SMART adds to a token response. */
const parameters = (context: LaunchContext): Readonly<Record<string, unknown>> => ({
  patient: context.patient,
  ...(context.encounter !== undefined && { encounter: context.encounter }),
  ...(context.appContext !== undefined && { appContext: context.appContext }),
  need_patient_banner: context.needsBanner,
});
