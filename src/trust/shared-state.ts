/** What several processes of one service have in common: used tokens, and calls counted in windows of time. */
export interface SharedState {
  /**
   * Marks a token as used, in one step for all processes.
   * @param key of the token; never the token itself
   * @param expires epoch seconds, after which it may be forgotten
   * @returns false when it was used before
   */
  useToken(key: string, expires: number): Promise<boolean>;
  /**
   * Counts one call of a client.
   * @param window start of the window, epoch milliseconds
   * @returns calls in this window so far
   */
  countCall(client: string, window: number): Promise<number>;
  /** Forgets tokens that expired, and windows that ended, before a time. @param now epoch milliseconds */
  forget(now: number): Promise<void>;
}

/** The other processes cannot be asked at the moment. */
class UnsharedError extends Error {
  readonly code = 'NOT_SHARED';
}

/** Waits for shared state no longer than so long. @throws UnsharedError */
export async function within<T>(ms: number, asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new UnsharedError('the shared store did not answer in time')), ms);
  });
  try {
    return await Promise.race([asked, late]);
  } catch (error) {
    throw error instanceof UnsharedError ? error : new UnsharedError('the shared store failed');
  } finally {
    clearTimeout(timer);
  }
}
