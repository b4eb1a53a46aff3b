import { fetch } from 'undici';
import { namesPrivateAddress, PRIVATE_NETWORK, PUBLIC_NETWORK } from '../ehr/network.ts';

/** What an authorization server answered. */
export interface ServerAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** the body, when it is JSON */
  readonly json: unknown;
}

export interface ServerRequest {
  /** a form to post; without it the request is a GET */
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly privateNetwork: boolean;
  readonly timeoutMs: number;
}

const MOST_BYTES = 256_000;

/**
 * May we talk to this address? https, or plain http in a private network that is registered as such; no credentials in it.
 * Names are resolved, and looked at, when connecting.
 */
export function mayCall(address: string, privateNetwork: boolean): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.username !== '' || url.password !== '' || url.hash !== '') return false;
  if (url.protocol === 'https:') return privateNetwork || !namesPrivateAddress(url);
  return url.protocol === 'http:' && privateNetwork;
}

/** Reads a body as text, and stops when it gets too large. */
async function bounded(body: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const parsed = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * Calls an EHR's authorization server: no redirects, no cookies, bounded in time and size.
 * @returns undefined when it cannot be reached, or may not be called
 */
export async function callServer(address: string, request: ServerRequest): Promise<ServerAnswer | undefined> {
  const { form, headers, privateNetwork, timeoutMs } = request;
  if (!mayCall(address, privateNetwork)) return undefined;
  try {
    const response = await fetch(address, {
      redirect: 'error',
      dispatcher: privateNetwork ? PRIVATE_NETWORK : PUBLIC_NETWORK,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { accept: 'application/json', 'accept-encoding': 'identity', ...headers },
      ...(form !== undefined && { method: 'POST', body: new URLSearchParams(form) }),
    });
    const text = response.body === null ? '' : await bounded(response.body);
    return { status: response.status, headers: response.headers, json: parsed(text) };
  } catch {
    return undefined;
  }
}
