import { type ClientRateLimitInfo, MemoryStore, type Options, type Store } from 'express-rate-limit';
import { type SharedState, within } from '../trust/shared-state.ts';

const WAIT_MS = 250;

/** Counts calls for all processes together; while the shared store cannot be asked, for this process alone. */
export class SharedRateStore implements Store {
  readonly #shared: SharedState;
  readonly #own = new MemoryStore();
  readonly #onUnshared: () => void;
  #windowMs = 60_000;

  /** @param onUnshared told each time that the shared store could not be asked */
  constructor(shared: SharedState, onUnshared: () => void) {
    this.#shared = shared;
    this.#onUnshared = onUnshared;
  }

  init(options: Options): void {
    this.#windowMs = options.windowMs;
    this.#own.init(options);
  }

  async increment(key: string): Promise<ClientRateLimitInfo> {
    const window = Math.floor(Date.now() / this.#windowMs) * this.#windowMs;
    try {
      const totalHits = await within(WAIT_MS, this.#shared.countCall(key, window));
      return { totalHits, resetTime: new Date(window + this.#windowMs) };
    } catch {
      this.#onUnshared();
      return this.#own.increment(key);
    }
  }

  decrement(key: string): Promise<void> {
    return this.#own.decrement(key);
  }

  resetKey(key: string): Promise<void> {
    return this.#own.resetKey(key);
  }

  shutdown(): void {
    this.#own.shutdown();
  }
}
