import type { Adapter, AdapterPayload } from 'oidc-provider';

/** An access token as it was issued; it is remembered for a while after its end, so that its end can be told. */
export interface IssuedToken {
  readonly grantId: string;
  readonly scope: string;
  readonly valid: boolean;
}

interface Entry {
  payload: AdapterPayload;
  /** epoch milliseconds */
  readonly until: number;
}

const REMEMBERED_MS = 24 * 3_600_000;
const MOST = 20_000;
const ACCESS = 'AccessToken';

/** Everything that authorization servers of one sandbox keep: in memory, bounded, forgotten with the process. */
export class TokenStorage {
  readonly #entries = new Map<string, Entry>();
  readonly #ended = new Map<string, IssuedToken>();

  /** The adapter of one model, as oidc-provider asks for it. */
  adapterFor(model: string): Adapter {
    const key = (id: string): string => `${model}:${id}`;
    return {
      upsert: (id, payload, expiresIn) => Promise.resolve(this.#put(key(id), payload, expiresIn)),
      find: (id) => Promise.resolve(this.#get(key(id))),
      findByUid: (uid) => Promise.resolve(this.#search(model, (p) => p.uid === uid)),
      findByUserCode: () => Promise.resolve(undefined),
      consume: (id) => {
        const entry = this.#entries.get(key(id));
        if (entry !== undefined) entry.payload = { ...entry.payload, consumed: Math.floor(Date.now() / 1000) };
        return Promise.resolve();
      },
      destroy: (id) => Promise.resolve(this.#remove(key(id))),
      revokeByGrantId: (grantId) => {
        for (const [name, { payload }] of this.#entries) if (payload.grantId === grantId) this.#remove(name);
        return Promise.resolve();
      },
    };
  }

  /** An access token that was issued here, valid or not. */
  accessToken(token: string): IssuedToken | undefined {
    const name = `${ACCESS}:${token}`;
    const payload = this.#get(name);
    if (payload === undefined) return this.#ended.get(name);
    return { ...issued(payload), valid: (payload.exp ?? 0) * 1000 > Date.now() };
  }

  #put(name: string, payload: AdapterPayload, expiresIn: number | undefined): void {
    for (const [oldest, { until }] of this.#entries) {
      if (until > Date.now() && this.#entries.size < MOST) break;
      this.#remove(oldest);
    }
    this.#entries.delete(name);
    this.#entries.set(name, { payload, until: Date.now() + (expiresIn ?? 3600) * 1000 + REMEMBERED_MS });
  }

  #get(name: string): AdapterPayload | undefined {
    return this.#entries.get(name)?.payload;
  }

  #search(model: string, fits: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const [name, { payload }] of this.#entries) if (name.startsWith(`${model}:`) && fits(payload)) return payload;
    return undefined;
  }

  #remove(name: string): void {
    const payload = this.#get(name);
    this.#entries.delete(name);
    if (payload === undefined || !name.startsWith(`${ACCESS}:`)) return;
    const [oldest] = this.#ended.keys();
    if (this.#ended.size >= MOST && oldest !== undefined) this.#ended.delete(oldest);
    this.#ended.set(name, { ...issued(payload), valid: false });
  }
}

const issued = (payload: AdapterPayload): Omit<IssuedToken, 'valid'> => ({
  grantId: payload.grantId ?? '',
  scope: typeof payload['scope'] === 'string' ? payload['scope'] : '',
});
