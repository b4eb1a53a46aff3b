import { MemoryReplayGuard, type ReplayGuard, tokenKey } from './replay-guard.ts';
import { type SharedState, within } from './shared-state.ts';

/** A quarter of the usual time of a call: a store that is only busy must not let a token pass twice. */
const WAIT_MS = 1_000;
const FORGET_MS = 60_000;

/**
 * A replay guard for several processes. While the shared store cannot be asked, this process's own memory stands in: a token
 * is then used once by each process at most, and the service goes on.
 */
export class SharedReplayGuard implements ReplayGuard {
  readonly #shared: SharedState;
  readonly #own = new MemoryReplayGuard();
  readonly #onUnshared: () => void;
  #forgotten = 0;

  /** @param onUnshared told each time that the shared store could not be asked */
  constructor(shared: SharedState, onUnshared: () => void) {
    this.#shared = shared;
    this.#onUnshared = onUnshared;
  }

  async firstUse(issuer: string, id: string, expires: number): Promise<boolean> {
    if (!(await this.#own.firstUse(issuer, id, expires))) return false;
    const now = Date.now();
    if (now - this.#forgotten > FORGET_MS) {
      this.#forgotten = now;
      this.#shared.forget(now).catch(() => undefined);
    }
    try {
      return await within(WAIT_MS, this.#shared.useToken(tokenKey(issuer, id), Math.ceil(expires)));
    } catch {
      this.#onUnshared();
      return true;
    }
  }
}
