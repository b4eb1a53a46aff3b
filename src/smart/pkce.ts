import { createHash, randomBytes } from 'node:crypto';

/** So many random bits as base64url: ids, states, nonces and verifiers. */
export const randomText = (bits: 128 | 256 = 256): string => randomBytes(bits / 8).toString('base64url');

/** The PKCE challenge of a verifier (RFC 7636, method S256). */
export const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');
