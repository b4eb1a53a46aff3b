import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { fetch as undiciFetch } from 'undici';
import { PRIVATE_NETWORK, PUBLIC_NETWORK } from '../ehr/network.ts';

/** Where the public keys of an issuer come from. */
export type KeySource = { readonly url: string; readonly privateNetwork: boolean } | { readonly keys: JSONWebKeySet };

const TIMEOUT_MS = 2_000;
/** An unknown key id makes us look again, at most so often. */
const COOLDOWN_MS = 60_000;
const FRESH_MS = 600_000;
/** Keys that were good serve on through an outage of the key server for so long. */
const STALE_MS = 24 * 3_600_000;
const MOST_BYTES = 256_000;

interface Kept {
  readonly body: string;
  readonly at: number;
}

/** Fetches a key set without redirects and within bounds; while the server fails, the last good answer stands in. */
function keepingFetch(privateNetwork: boolean, now: () => number): typeof fetch {
  let kept: Kept | undefined;
  const fresh = async (url: string, signal: AbortSignal | null | undefined): Promise<string> => {
    const response = await undiciFetch(url, {
      redirect: 'error',
      dispatcher: privateNetwork ? PRIVATE_NETWORK : PUBLIC_NETWORK,
      headers: { accept: 'application/jwk-set+json, application/json', 'accept-encoding': 'identity' },
      ...(signal != null && { signal }),
    });
    if (response.status !== 200) throw new Error(`the key server answered ${response.status}`);
    const body = await response.text();
    if (body.length > MOST_BYTES) throw new Error('the key set is too large');
    JSON.parse(body);
    return body;
  };
  return async (input, init) => {
    try {
      kept = { body: await fresh(String(input), init?.signal), at: now() };
    } catch (error) {
      if (kept === undefined || now() - kept.at > STALE_MS) throw error;
    }
    return new Response(kept.body, { status: 200, headers: { 'content-type': 'application/json' } });
  };
}

/** Finds the keys of an issuer: fetched ones are kept for ten minutes, rotated, and kept through an outage of their server. */
export const keySet = (source: KeySource, now: () => number = Date.now): JWTVerifyGetKey =>
  'keys' in source
    ? createLocalJWKSet(source.keys)
    : createRemoteJWKSet(new URL(source.url), {
        timeoutDuration: TIMEOUT_MS,
        cooldownDuration: COOLDOWN_MS,
        cacheMaxAge: FRESH_MS,
        [customFetch]: keepingFetch(source.privateNetwork, now),
      });

/** The key sets of all issuers. It outlasts a reload of the registry, so that keys that were fetched are not fetched again. */
export class KeySets {
  readonly #known = new Map<string, JWTVerifyGetKey>();

  of(source: KeySource): JWTVerifyGetKey {
    const name = JSON.stringify(source);
    const known = this.#known.get(name) ?? keySet(source);
    this.#known.set(name, known);
    return known;
  }
}
