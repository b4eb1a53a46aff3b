import { randomBytes } from 'node:crypto';
import type { Bearer } from '../bearer.ts';
import { FhirProblem } from '../fhir/problem.ts';
import type { Mood, SeenCall } from './wire.ts';

const MOST_SESSIONS = 500;
const MOST_CALLS = 2_000;
const MOST_TOKENS = 20_000;
/** How long the token of a hook call serves. */
export const TOKEN_SECONDS = 300;

/** One page of order entry: how the FHIR server answers its apps, and what they asked. */
export class EhrSession {
  readonly id: string = randomBytes(24).toString('base64url');
  mood: Mood = 'normal';
  #calls: SeenCall[] = [];
  #seen = 0;

  /** Notes a call that was answered. */
  note(call: Omit<SeenCall, 'n'>): void {
    this.#seen += 1;
    this.#calls.push({ n: this.#seen, ...call });
    if (this.#calls.length > MOST_CALLS) this.#calls = this.#calls.slice(-MOST_CALLS / 2);
  }

  /** The calls after a number, oldest first. */
  callsAfter(n: number): readonly SeenCall[] {
    return this.#calls.filter((c) => c.n > n);
  }
}

/** The pages of order entry, and the tokens of the hook calls that were made for them. In memory, bounded. */
export class EhrSessions {
  readonly #sessions = new Map<string, EhrSession>();
  readonly #tokens = new Map<string, { readonly bearer: Bearer; readonly until: number }>();
  readonly #now: () => number;

  /** @param now epoch milliseconds */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  open(): EhrSession {
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= MOST_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
    const session = new EhrSession();
    this.#sessions.set(session.id, session);
    return session;
  }

  find(id: string): EhrSession | undefined {
    const found = this.#sessions.get(id);
    if (found === undefined) return undefined;
    // those that are in use outlive those that are not
    this.#sessions.delete(id);
    this.#sessions.set(id, found);
    return found;
  }

  /** A token for one hook call, as an EHR hands it to the service. */
  tokenFor(bearer: Bearer): string {
    const now = this.#now();
    for (const [token, { until }] of this.#tokens) {
      if (until > now && this.#tokens.size < MOST_TOKENS) break;
      this.#tokens.delete(token);
    }
    const token = randomBytes(24).toString('base64url');
    this.#tokens.set(token, { bearer, until: now + TOKEN_SECONDS * 1000 });
    return token;
  }

  /** What a token of a hook call opens; undefined for any other. @throws FhirProblem (401) when it has ended */
  bearerOf(token: string): Bearer | undefined {
    const found = this.#tokens.get(token);
    if (found !== undefined && found.until <= this.#now()) throw new FhirProblem(401, 'login', 'the token has ended');
    return found?.bearer;
  }
}
