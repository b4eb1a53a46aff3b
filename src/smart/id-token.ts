import { type JWTVerifyGetKey, jwtVerify } from 'jose';
import { isObject, text } from '../chart/json.ts';
import { parseReference } from '../chart/references.ts';
import { normalBase } from '../ehr/ehr-registry.ts';
import { keySet } from '../trust/key-sets.ts';
import { callServer, mayCall } from './authorization-server.ts';

/** What an id_token has to agree with. */
export interface ExpectedIdToken {
  /** the issuer by registration or smart-configuration; else the FHIR base */
  readonly issuer: string;
  readonly clientId: string;
  readonly nonce: string;
  /** where the issuer's keys are; asked of the issuer when smart-configuration does not say */
  readonly jwksUri?: string;
  readonly privateNetwork: boolean;
  /** FHIR base, which relative users belong to */
  readonly base: string;
}

export type VerifiedUser =
  | { readonly ok: true; readonly fhirUser?: string }
  /** the token is not what it should be, or its keys cannot be had */
  | { readonly ok: false };

/** RS256 is what every server supports (SMART App Launch 2.2, "Scopes for requesting identity data"). */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'];
const USERS = ['Practitioner', 'PractitionerRole', 'Patient', 'RelatedPerson', 'Person'];
const CLOCK_SKEW_SECONDS = 60;
const TIMEOUT_MS = 5_000;
const MOST_KEY_SETS = 200;

/**
 * The user of a fhirUser claim, "Practitioner/x".
 * @returns undefined when it is none, or lives on another server
 */
export function localUser(claim: unknown, base: string): string | undefined {
  const parsed = parseReference(claim);
  if (parsed === undefined || !USERS.includes(parsed.type)) return undefined;
  if (parsed.base !== undefined && normalBase(parsed.base) !== normalBase(base)) return undefined;
  return `${parsed.type}/${parsed.id}`;
}

/** Verifies id_tokens (OpenID Connect Core 1.0, section 3.1.3.7). */
export class IdTokens {
  readonly #keySets = new Map<string, JWTVerifyGetKey>();

  async verify(token: string, expected: ExpectedIdToken): Promise<VerifiedUser> {
    const { issuer, clientId, nonce, privateNetwork, base } = expected;
    const url = expected.jwksUri ?? (await this.#published(issuer, privateNetwork));
    if (url === undefined) return { ok: false };
    try {
      const { payload } = await jwtVerify(token, this.#keys(url, privateNetwork), {
        issuer,
        audience: clientId,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_SKEW_SECONDS,
        requiredClaims: ['exp', 'iat', 'sub'],
      });
      if (payload['nonce'] !== nonce) return { ok: false };
      const severalAudiences = Array.isArray(payload.aud) && payload.aud.length > 1;
      if ((severalAudiences || payload['azp'] !== undefined) && payload['azp'] !== clientId) return { ok: false };
      // "profile" is how servers named the user before SMART App Launch 2.0.
      const fhirUser = localUser(payload['fhirUser'] ?? payload['profile'], base);
      return { ok: true, ...(fhirUser !== undefined && { fhirUser }) };
    } catch {
      return { ok: false };
    }
  }

  /** The keys' address in the issuer's own configuration. */
  async #published(issuer: string, privateNetwork: boolean): Promise<string | undefined> {
    const url = `${normalBase(issuer)}/.well-known/openid-configuration`;
    const answer = await callServer(url, { privateNetwork, timeoutMs: TIMEOUT_MS });
    if (answer?.status !== 200 || !isObject(answer.json) || answer.json['issuer'] !== issuer) return undefined;
    const jwksUri = text(answer.json['jwks_uri']);
    return jwksUri !== undefined && mayCall(jwksUri, privateNetwork) ? jwksUri : undefined;
  }

  /** One key set an address, so that keys are kept between launches. */
  #keys(url: string, privateNetwork: boolean): JWTVerifyGetKey {
    const name = `${privateNetwork} ${url}`;
    const known = this.#keySets.get(name);
    if (known !== undefined) return known;
    const [oldest] = this.#keySets.keys();
    if (this.#keySets.size >= MOST_KEY_SETS && oldest !== undefined) this.#keySets.delete(oldest);
    const keys = keySet({ url, privateNetwork });
    this.#keySets.set(name, keys);
    return keys;
  }
}
