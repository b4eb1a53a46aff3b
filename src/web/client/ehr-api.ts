import type { Start } from '../../sandbox/ehr/wire.ts';

/** A request of the page that failed, in words for its user. */
export class Problem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const SESSION_HEADER = 'X-Sandbox-Session';

async function read<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body as T;
  const said = (body as { problem?: unknown } | undefined)?.problem;
  throw new Problem(
    response.status,
    typeof said === 'string' ? said : `The sandbox answered ${response.status} ${response.statusText}.`,
  );
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error' });
  } catch {
    throw new Problem(0, 'The sandbox cannot be reached. Is the service still running?');
  }
}

/** What the page asks of its server. */
export class Api {
  readonly #base: string;
  readonly #session: string;

  private constructor(base: string, session: string) {
    this.#base = base;
    this.#session = session;
  }

  /** Opens a session. @param prefix path prefix of a proxy. @throws Problem */
  static async open(prefix: string): Promise<{ readonly api: Api; readonly start: Start }> {
    const base = `${prefix}/sandbox/ehr`;
    const headers = { 'Content-Type': 'application/json' };
    const start = await read<Start>(await reach(`${base}/start`, { method: 'POST', headers, body: '{}' }));
    return { api: new Api(base, start.session), start };
  }

  /** @throws Problem */
  async get<T>(path: string, params: Readonly<Record<string, string>> = {}): Promise<T> {
    const query = new URLSearchParams({ ...params });
    return read<T>(await reach(`${this.#base}/${path}?${query}`, { headers: { [SESSION_HEADER]: this.#session } }));
  }

  /** @throws Problem */
  async post<T>(path: string, body: unknown): Promise<T> {
    const headers = { 'Content-Type': 'application/json', [SESSION_HEADER]: this.#session };
    return read<T>(await reach(`${this.#base}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }));
  }
}

/** The words of whatever was thrown. */
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
