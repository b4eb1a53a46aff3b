import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import { SignJWT } from 'jose';
import type { Issuer } from '../../ehr/ehr-registry.ts';

/** The issuer of the sandbox's tokens, as the registry knows it. */
const ISSUER = 'https://payer-policy-cds.example.org/sandbox';
const ALGORITHM = 'ES384';
const LIFETIME_SECONDS = 300;

/** A signed token, and what stands in it. */
export interface SignedToken {
  readonly token: string;
  readonly header: Readonly<Record<string, string>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Signs the sandbox's hook calls (CDS Hooks 2.0.1, "Trusting CDS Clients"). The key is made at the start and never leaves. */
export class HookSigner {
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  readonly #kid = randomBytes(8).toString('hex');
  /** the public key, as it is published */
  readonly keySet: JSONWebKeySet = {
    keys: [{ ...this.#keys.publicKey.export({ format: 'jwk' }), kid: this.#kid, alg: ALGORITHM, use: 'sig' }],
  };
  /** to be registered with the EHR of development */
  readonly issuer: Issuer = { iss: ISSUER, keys: { keys: this.keySet } };

  /** A token for one call. @param audience the URL that is called */
  async sign(audience: string): Promise<SignedToken> {
    const now = Math.floor(Date.now() / 1000);
    const header = { alg: ALGORITHM, typ: 'JWT', kid: this.#kid };
    const payload = { iss: ISSUER, aud: audience, iat: now, exp: now + LIFETIME_SECONDS, jti: randomUUID() };
    const token = await new SignJWT(payload).setProtectedHeader(header).sign(this.#keys.privateKey);
    return { token, header, payload };
  }
}
