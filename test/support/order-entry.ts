import type { ChartView, HookReply, HookWish, Json, Start, Trace } from '../../src/sandbox/ehr/wire.ts';

/** The page of order entry without a browser: the requests that it makes. */
export class OrderEntryClient {
  readonly base: string;
  readonly start: Start;

  private constructor(base: string, start: Start) {
    this.base = base;
    this.start = start;
  }

  static async open(base: string): Promise<OrderEntryClient> {
    const response = await fetch(`${base}/sandbox/ehr/start`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    return new OrderEntryClient(base, (await response.json()) as Start);
  }

  async request(path: string, init: RequestInit = {}): Promise<{ readonly status: number; readonly body: unknown }> {
    const headers = { 'X-Sandbox-Session': this.start.session, 'content-type': 'application/json', ...init.headers };
    const response = await fetch(`${this.base}/sandbox/ehr/${path}`, { ...init, headers });
    return { status: response.status, body: (await response.json()) as unknown };
  }

  async get<T>(path: string): Promise<T> {
    const { status, body } = await this.request(path);
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    return body as T;
  }

  async post<T>(path: string, wish: unknown): Promise<T> {
    const { status, body } = await this.request(path, { method: 'POST', body: JSON.stringify(wish) });
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    return body as T;
  }

  chart(patient: string): Promise<ChartView> {
    return this.get<ChartView>(`chart?patient=${patient}`);
  }

  trace(after = 0): Promise<Trace> {
    return this.get<Trace>(`trace?after=${after}`);
  }

  /** Selects or signs one order. */
  select(order: Json, more: Partial<HookWish> = {}): Promise<HookReply> {
    const patient = String((order['subject'] as Json)['reference']).slice('Patient/'.length);
    return this.post<HookReply>('hook', {
      hook: 'order-select',
      patient,
      user: 'Practitioner/wells',
      orders: [order],
      selections: [order['id']],
      withoutCoverage: false,
      ...more,
    });
  }
}

/** The cards of an answer. */
export function cardsOf(reply: HookReply): readonly unknown[] {
  const { response, failure } = reply.exchange;
  if (response?.status !== 200) throw new Error(`${response?.status}: ${failure ?? JSON.stringify(response?.body)}`);
  return (response.body as { cards: readonly unknown[] }).cards;
}
