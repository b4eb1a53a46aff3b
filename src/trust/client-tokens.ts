import { decodeJwt, decodeProtectedHeader, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { type Ehr, type EhrRegistry, foreignClaim, type Issuer, type IssuerPart } from '../ehr/ehr-registry.ts';
import { KeySets } from './key-sets.ts';
import type { ReplayGuard } from './replay-guard.ts';

/** Asymmetric algorithms only; ES384 and RS384 are the recommended ones (CDS Hooks 2.0.1, "Trusting CDS Clients"). */
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const CLOCK_SKEW_SECONDS = 60;
const OLDEST_SECONDS = 600;
const LONGEST_SECONDS = 3600;
const LONGEST_TOKEN = 16_384;

/** A CDS client whose token was verified. */
export interface CdsClient {
  readonly ehr: Ehr;
  readonly issuer: string;
  readonly tenant?: string;
}

/** Why a token was not accepted: for the log, never for the caller. */
export type Rejection =
  | 'malformed'
  | 'algorithm'
  | 'type'
  | 'key-id'
  | 'issuer'
  | 'key-url'
  | 'key-unknown'
  | 'signature'
  | 'audience'
  | 'expired'
  | 'claims'
  | 'tenant'
  | 'subject'
  | 'replayed';

export type Verdict =
  | { readonly kind: 'accepted'; readonly client: CdsClient }
  | { readonly kind: 'rejected'; readonly reason: Rejection }
  /** the keys cannot be had at the moment */
  | { readonly kind: 'unavailable' };

const rejected = (reason: Rejection): Verdict => ({ kind: 'rejected', reason });

/** Which rejection an error of jose stands for; undefined = the keys could not be fetched. */
function rejectionOf(error: unknown): Rejection | undefined {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.claim === 'aud' ? 'audience' : error.claim === 'typ' ? 'type' : 'claims';
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) return 'algorithm';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return 'key-unknown';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JWKSTimeout) return undefined;
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return 'malformed';
  // A key that does not fit the algorithm is a TypeError; everything else is the way to the key server.
  return error instanceof TypeError && !isNetwork(error) ? 'algorithm' : undefined;
}

const isNetwork = (error: TypeError): boolean => error.message === 'fetch failed' || error.cause !== undefined;

/** Verifies the tokens with which CDS clients authenticate (CDS Hooks 2.0.1, section "Trusting CDS Clients"). */
export class ClientTokens {
  readonly #registry: EhrRegistry;
  readonly #replay: ReplayGuard;
  readonly #keys = new Map<Issuer, JWTVerifyGetKey>();

  constructor(registry: EhrRegistry, replay: ReplayGuard, keySets = new KeySets()) {
    this.#registry = registry;
    this.#replay = replay;
    for (const ehr of registry.ehrs) for (const issuer of ehr.issuers) this.#keys.set(issuer, keySets.of(issuer.keys));
  }

  /** Does the token name an issuer that is registered? (Not trusted: nothing is verified.) */
  namesIssuer(token: string): boolean {
    try {
      const { iss } = decodeJwt(token);
      return iss !== undefined && this.#registry.byIssuer(iss) !== undefined;
    } catch {
      return false;
    }
  }

  /**
   * @param token the JWT
   * @param audience the URLs under which the called endpoint is public; one has to be named exactly
   */
  async verify(token: string, audience: readonly string[]): Promise<Verdict> {
    if (token.length > LONGEST_TOKEN) return rejected('malformed');
    let header: ReturnType<typeof decodeProtectedHeader>;
    let claimed: ReturnType<typeof decodeJwt>;
    try {
      header = decodeProtectedHeader(token);
      claimed = decodeJwt(token);
    } catch {
      return rejected('malformed');
    }
    if (header.alg === undefined || !ALGORITHMS.includes(header.alg)) return rejected('algorithm');
    if (typeof header.kid !== 'string' || header.kid === '') return rejected('key-id');
    const found = typeof claimed.iss === 'string' ? this.#registry.byIssuer(claimed.iss, claimed) : undefined;
    const keys = found === undefined ? undefined : this.#keys.get(found.issuer);
    if (found === undefined || keys === undefined) return rejected('issuer');
    const { ehr, issuer } = found;
    // The address of the keys is ours to know: a token may repeat it, never choose it.
    if (header.jku !== undefined && issuer.jku?.has(header.jku) !== true) return rejected('key-url');
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: issuer.iss,
        audience: [...audience],
        algorithms: ALGORITHMS,
        typ: 'JWT',
        clockTolerance: CLOCK_SKEW_SECONDS,
        maxTokenAge: OLDEST_SECONDS,
        requiredClaims: ['iss', 'aud', 'exp', 'iat', 'jti'],
      });
      return await this.#bounded(payload, ehr, issuer);
    } catch (error) {
      const reason = rejectionOf(error);
      return reason === undefined ? { kind: 'unavailable' } : rejected(reason);
    }
  }

  async #bounded(
    payload: IssuerPart & { readonly exp?: number; readonly iat?: number; readonly jti?: unknown },
    ehr: Ehr,
    issuer: Issuer,
  ): Promise<Verdict> {
    const { exp = 0, iat = 0, jti, tenant } = payload;
    if (exp - iat > LONGEST_SECONDS || typeof jti !== 'string' || jti === '') return rejected('claims');
    if (tenant !== undefined && typeof tenant !== 'string') return rejected('tenant');
    const foreign = foreignClaim(issuer, payload);
    if (foreign !== undefined) return rejected(foreign);
    if (!(await this.#replay.firstUse(issuer.iss, jti, exp + CLOCK_SKEW_SECONDS))) return rejected('replayed');
    return { kind: 'accepted', client: { ehr, issuer: issuer.iss, ...(tenant !== undefined && { tenant }) } };
  }
}
