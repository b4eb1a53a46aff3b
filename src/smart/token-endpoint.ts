import * as z from 'zod';
import { isObject, type Json, text } from '../chart/json.ts';
import { bareId, EHR_ID } from '../chart/references.ts';
import type { SmartRegistration } from '../ehr/smart-registration.ts';
import { callServer } from './authorization-server.ts';
import type { ClientKeys } from './client-keys.ts';
import type { SmartConfiguration } from './discovery.ts';

/** How the app proves itself, and to whom. */
export interface TokenClient {
  readonly registration: SmartRegistration;
  readonly configuration: SmartConfiguration;
  readonly keys: ClientKeys;
  /** the value of the environment variable that the registration names */
  readonly secretOf: (variable: string) => string | undefined;
  readonly privateNetwork: boolean;
  /** epoch milliseconds */
  readonly now: () => number;
}

/** Tokens, and how long they serve. */
export interface Tokens {
  readonly access: string;
  readonly refresh?: string;
  /** epoch milliseconds */
  readonly expires: number;
  readonly scope: string;
}

/** What the token endpoint grants for a code. */
export interface Grant {
  readonly tokens: Tokens;
  readonly idToken?: string;
  /** bare id */
  readonly patientId?: string;
  readonly encounterId?: string;
  readonly needsBanner: boolean;
  /** as sent: a string, or what an EHR made of the JSON in it */
  readonly appContext?: unknown;
}

export type TokenProblem =
  | { readonly kind: 'unreachable' }
  /** with the OAuth error, when it is a known one */
  | { readonly kind: 'refused'; readonly error: OAuthError }
  /** an answer that is no token response */
  | { readonly kind: 'not-understood' };

export type TokenAnswer =
  | { readonly ok: true; readonly grant: Grant }
  | { readonly ok: false; readonly problem: TokenProblem };

/** Errors of the token endpoint (RFC 6749, section 5.2); everything else is `other`. */
const OAUTH_ERRORS = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
] as const;
export type OAuthError = (typeof OAUTH_ERRORS)[number] | 'other';

const TIMEOUT_MS = 10_000;
const REVOKE_TIMEOUT_MS = 3_000;
/** What "expires_in" is taken for when it is missing: servers should not exceed it. */
const USUAL_SECONDS = 3600;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** A bare id; some servers give the reference to the resource instead. */
const idOf = (type: 'Patient' | 'Encounter') =>
  z
    .string()
    .transform((id) => bareId(type, id))
    .pipe(z.string().regex(EHR_ID));
const TokenResponse = z.object({
  access_token: z.string().min(1),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().positive().optional().catch(undefined),
  scope: z.string().optional(),
  refresh_token: z.string().min(1).optional(),
  id_token: z.string().min(1).optional(),
  patient: idOf('Patient').optional(),
  encounter: idOf('Encounter').optional().catch(undefined),
  need_patient_banner: z.boolean().optional().catch(undefined),
  appContext: z.unknown().optional(),
});

interface Proof {
  readonly form: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** How the form encoding writes a value, as HTTP Basic credentials of OAuth are written too (RFC 6749, section 2.3.1). */
const formEncoded = (value: string): string => new URLSearchParams({ v: value }).toString().slice('v='.length);

/** Authenticates the app as it is registered: by assertion, by secret, or not at all. */
async function proofFor(client: TokenClient, endpoint: string): Promise<Proof> {
  const { registration, configuration, keys, secretOf } = client;
  const { clientId, authentication, secretFrom } = registration;
  if (authentication === 'public') return { form: { client_id: clientId }, headers: {} };
  if (authentication === 'private_key_jwt') {
    const assertion = await keys.assertion(clientId, endpoint, configuration.assertionAlgorithms);
    return { form: { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion }, headers: {} };
  }
  const secret = (secretFrom === undefined ? undefined : secretOf(secretFrom)) ?? '';
  const methods = configuration.authMethods;
  const posted = methods?.includes('client_secret_post') === true && !methods.includes('client_secret_basic');
  if (posted) return { form: { client_id: clientId, client_secret: secret }, headers: {} };
  const credentials = Buffer.from(`${formEncoded(clientId)}:${formEncoded(secret)}`).toString('base64');
  return { form: {}, headers: { authorization: `Basic ${credentials}` } };
}

/** The members that say something: some servers write null, or nothing between quotes, for what they do not give. */
const said = (json: Json): Json => Object.fromEntries(Object.entries(json).filter(([, v]) => v !== null && v !== ''));

/** @param asked the scopes that were asked for: a server that grants just those need not repeat them */
function read(json: unknown, asked: string, now: number): TokenAnswer {
  const parsed = TokenResponse.safeParse(isObject(json) ? said(json) : json);
  if (!parsed.success) return { ok: false, problem: { kind: 'not-understood' } };
  const r = parsed.data;
  return {
    ok: true,
    grant: {
      tokens: {
        access: r.access_token,
        ...(r.refresh_token !== undefined && { refresh: r.refresh_token }),
        expires: now + (r.expires_in ?? USUAL_SECONDS) * 1000,
        scope: r.scope ?? asked,
      },
      ...(r.id_token !== undefined && { idToken: r.id_token }),
      ...(r.patient !== undefined && { patientId: r.patient }),
      ...(r.encounter !== undefined && { encounterId: r.encounter }),
      needsBanner: r.need_patient_banner !== false,
      ...(r.appContext !== undefined && { appContext: r.appContext }),
    },
  };
}

function oauthError(json: unknown): OAuthError {
  const error = isObject(json) ? text(json['error']) : undefined;
  return OAUTH_ERRORS.find((e) => e === error) ?? 'other';
}

async function ask(client: TokenClient, form: Readonly<Record<string, string>>, asked: string): Promise<TokenAnswer> {
  const { configuration, privateNetwork, now } = client;
  const proof = await proofFor(client, configuration.tokenEndpoint);
  const answer = await callServer(configuration.tokenEndpoint, {
    form: { ...form, ...proof.form },
    headers: proof.headers,
    privateNetwork,
    timeoutMs: TIMEOUT_MS,
  });
  if (answer === undefined) return { ok: false, problem: { kind: 'unreachable' } };
  if (answer.status >= 500) return { ok: false, problem: { kind: 'unreachable' } };
  if (answer.status !== 200) return { ok: false, problem: { kind: 'refused', error: oauthError(answer.json) } };
  return read(answer.json, asked, now());
}

/** Exchanges a code for tokens. A code serves once, so there is no second try. */
export const exchangeCode = (
  client: TokenClient,
  code: string,
  redirectUri: string,
  verifier: string,
  asked: string,
): Promise<TokenAnswer> =>
  ask(client, { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }, asked);

/** Asks for new tokens. @param granted the scopes of the tokens so far */
export const refreshTokens = (client: TokenClient, refreshToken: string, granted: string): Promise<TokenAnswer> =>
  ask(client, { grant_type: 'refresh_token', refresh_token: refreshToken }, granted);

/** Gives tokens back, where the EHR takes them back (RFC 7009). It is a courtesy: a failure changes nothing. */
export async function revokeTokens(client: TokenClient, tokens: Tokens): Promise<void> {
  const { configuration, privateNetwork } = client;
  const endpoint = configuration.revocationEndpoint;
  if (endpoint === undefined) return;
  const revoke = async (token: string, hint: 'refresh_token' | 'access_token'): Promise<void> => {
    // The audience of assertions is the token endpoint at every endpoint of the server (RFC 7523, section 3).
    const proof = await proofFor(client, configuration.tokenEndpoint);
    await callServer(endpoint, {
      form: { token, token_type_hint: hint, ...proof.form },
      headers: proof.headers,
      privateNetwork,
      timeoutMs: REVOKE_TIMEOUT_MS,
    });
  };
  if (tokens.refresh !== undefined) await revoke(tokens.refresh, 'refresh_token');
  await revoke(tokens.access, 'access_token');
}
