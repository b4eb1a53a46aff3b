import { createHash } from 'node:crypto';

/** Remembers token ids until their tokens expire, so that no token is used twice. */
export interface ReplayGuard {
  /**
   * @param issuer and id (jti) of a token that is valid otherwise
   * @param expires epoch seconds
   * @returns false when it was used before
   */
  firstUse(issuer: string, id: string, expires: number): Promise<boolean>;
}

/** Token ids are of any length and content; a digest is neither. */
export const tokenKey = (issuer: string, id: string): string =>
  createHash('sha256').update(`${issuer.length}:${issuer}${id}`).digest('base64url');

const MOST = 1_000_000;

/** A replay guard for one process. When it is full of unexpired tokens it refuses rather than forgets. */
export class MemoryReplayGuard implements ReplayGuard {
  readonly #seen = new Map<string, number>();
  readonly #now: () => number;
  #nextSweep = 0;

  /** @param now epoch milliseconds */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  firstUse(issuer: string, id: string, expires: number): Promise<boolean> {
    const seconds = this.#now() / 1000;
    if (seconds >= this.#nextSweep || this.#seen.size >= MOST) this.#sweep(seconds);
    const key = tokenKey(issuer, id);
    if (this.#seen.has(key) || this.#seen.size >= MOST) return Promise.resolve(false);
    this.#seen.set(key, expires);
    return Promise.resolve(true);
  }

  #sweep(seconds: number): void {
    for (const [key, expires] of this.#seen) if (expires < seconds) this.#seen.delete(key);
    this.#nextSweep = seconds + 60;
  }
}
