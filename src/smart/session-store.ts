import { createHash } from 'node:crypto';
import type { SmartConfiguration } from './discovery.ts';
import type { OrderContext } from './order-context.ts';
import { randomText } from './pkce.ts';
import type { Tokens } from './token-endpoint.ts';

/** An authorization request that we sent a browser away with. */
export interface PendingLaunch {
  /** comes back with the code */
  readonly state: string;
  /** digest of the cookie of the browser that was sent away */
  readonly browser: string;
  /** FHIR base */
  readonly base: string;
  readonly redirectUri: string;
  readonly verifier: string;
  readonly nonce: string;
  /** the scopes that were asked for */
  readonly scope: string;
  /** the server that was asked; the code goes to no other */
  readonly configuration: SmartConfiguration;
}

/** A launch that an EHR has authorized. */
export interface LaunchRecord {
  readonly id: string;
  readonly base: string;
  readonly patientId: string;
  readonly encounterId?: string;
  readonly fhirUser?: string;
  readonly needsBanner: boolean;
  readonly csrf: string;
  readonly tokens: Tokens;
  readonly order?: OrderContext;
  /** the card's link led to no order: its context was changed or has expired */
  readonly staleOrder?: boolean;
}

/** A pending launch, or why there is none: it was never sent, has been used already, or is too old. */
export type Taken =
  | { readonly kind: 'pending'; readonly pending: PendingLaunch }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired' };

/** Where launches are kept between requests. Sessions of browsers hold launches; each page names both. */
export interface SessionStore {
  /** Keeps a pending launch for ten minutes. */
  begin(pending: PendingLaunch): Promise<void>;
  /** Takes a pending launch out: it serves once. */
  take(state: string): Promise<Taken>;
  /**
   * Adds a launch to a browser's session, or to a new one.
   * @param session the browser's present session id
   * @returns the session's id from now on: a new one
   */
  open(session: string | undefined, launch: LaunchRecord): Promise<string>;
  /** The launch of that id in the browser's session, which has been used now. */
  find(session: string, launch: string): Promise<LaunchRecord | undefined>;
  /** The launch as it is now, without counting as use. */
  current(launch: string): Promise<LaunchRecord | undefined>;
  /** Changes a launch; one that has ended stays so. */
  update(launch: string, change: Partial<Pick<LaunchRecord, 'tokens' | 'order'>>): Promise<void>;
  /** Reserves a launch for renewing its tokens, for so long at most. @returns false while somebody else has it, or when it has ended */
  lease(launch: string, ms: number): Promise<boolean>;
  release(launch: string): Promise<void>;
  /** Ends one launch. */
  drop(launch: string): Promise<void>;
  /** Ends a browser's session. @returns its launches */
  end(session: string): Promise<readonly LaunchRecord[]>;
}

/** How long things are kept, and how many of them. */
export interface SessionLimits {
  readonly pendingMs: number;
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly sessions: number;
  readonly pending: number;
  readonly launchesOfSession: number;
}

export const SESSION_LIMITS: SessionLimits = {
  pendingMs: 10 * 60_000,
  idleMs: 15 * 60_000,
  absoluteMs: 8 * 3_600_000,
  sessions: 5_000,
  pending: 10_000,
  launchesOfSession: 20,
};

/** So long requests that were on their way with a session's former id still find it. */
export const FORMER_ID_MS = 30_000;
/** So long an expired pending launch is still told apart from one that never was. */
export const REMEMBERED_MS = 3_600_000;

interface Session {
  /** digest of its present id */
  id: string;
  usedAt: number;
  readonly launches: Map<string, { record: LaunchRecord; readonly openedAt: number }>;
}

/** Ids are secrets; the maps hold digests of them. */
const digest = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** Sessions in the memory of this process, bounded in number; the least recently used give way. */
export class MemorySessionStore implements SessionStore {
  readonly #limits: SessionLimits;
  readonly #now: () => number;
  readonly #pending = new Map<string, { readonly pending: PendingLaunch; readonly until: number }>();
  /** least recently used first */
  readonly #sessions = new Map<string, Session>();
  readonly #former = new Map<string, { readonly session: Session; readonly until: number }>();
  readonly #sessionOf = new Map<string, Session>();
  readonly #leases = new Map<string, number>();

  /** @param now epoch milliseconds */
  constructor(limits: Partial<SessionLimits> = {}, now: () => number = Date.now) {
    this.#limits = { ...SESSION_LIMITS, ...limits };
    this.#now = now;
  }

  begin(pending: PendingLaunch): Promise<void> {
    const now = this.#now();
    for (const [state, { until }] of this.#pending) {
      if (until + REMEMBERED_MS > now && this.#pending.size < this.#limits.pending) break;
      this.#pending.delete(state);
    }
    this.#pending.set(digest(pending.state), { pending, until: now + this.#limits.pendingMs });
    return Promise.resolve();
  }

  take(state: string): Promise<Taken> {
    const key = digest(state);
    const found = this.#pending.get(key);
    this.#pending.delete(key);
    if (found === undefined) return Promise.resolve({ kind: 'unknown' });
    const expired = found.until <= this.#now();
    return Promise.resolve(expired ? { kind: 'expired' } : { kind: 'pending', pending: found.pending });
  }

  open(id: string | undefined, launch: LaunchRecord): Promise<string> {
    const now = this.#now();
    const next = randomText();
    const session = (id === undefined ? undefined : this.#use(digest(id))) ?? {
      id: '',
      usedAt: now,
      launches: new Map(),
    };
    if (session.id !== '') {
      this.#sessions.delete(session.id);
      this.#former.set(session.id, { session, until: now + FORMER_ID_MS });
    }
    session.id = digest(next);
    this.#sessions.set(session.id, session);
    session.launches.set(launch.id, { record: launch, openedAt: now });
    this.#sessionOf.set(launch.id, session);
    this.#bound(session);
    return Promise.resolve(next);
  }

  find(id: string, launch: string): Promise<LaunchRecord | undefined> {
    const session = this.#use(digest(id));
    const found = session?.launches.get(launch);
    if (found === undefined || session === undefined) return Promise.resolve(undefined);
    if (found.openedAt + this.#limits.absoluteMs > this.#now()) return Promise.resolve(found.record);
    this.#dropFrom(session, launch);
    return Promise.resolve(undefined);
  }

  current(launch: string): Promise<LaunchRecord | undefined> {
    return Promise.resolve(this.#sessionOf.get(launch)?.launches.get(launch)?.record);
  }

  update(launch: string, change: Partial<Pick<LaunchRecord, 'tokens' | 'order'>>): Promise<void> {
    const held = this.#sessionOf.get(launch)?.launches.get(launch);
    if (held !== undefined) held.record = { ...held.record, ...change };
    return Promise.resolve();
  }

  lease(launch: string, ms: number): Promise<boolean> {
    const now = this.#now();
    const free = this.#sessionOf.has(launch) && (this.#leases.get(launch) ?? 0) <= now;
    if (free) this.#leases.set(launch, now + ms);
    return Promise.resolve(free);
  }

  release(launch: string): Promise<void> {
    this.#leases.delete(launch);
    return Promise.resolve();
  }

  drop(launch: string): Promise<void> {
    const session = this.#sessionOf.get(launch);
    if (session !== undefined) this.#dropFrom(session, launch);
    return Promise.resolve();
  }

  end(id: string): Promise<readonly LaunchRecord[]> {
    const session = this.#use(digest(id));
    if (session === undefined) return Promise.resolve([]);
    const launches = [...session.launches.values()].map((l) => l.record);
    this.#remove(session);
    return Promise.resolve(launches);
  }

  /** The session of an id, unless it has been idle too long; it moves to the end of the queue. */
  #use(key: string): Session | undefined {
    const now = this.#now();
    const former = this.#former.get(key);
    const session =
      this.#sessions.get(key) ?? (former !== undefined && former.until > now ? former.session : undefined);
    if (session === undefined || !this.#sessions.has(session.id)) return undefined;
    if (session.usedAt + this.#limits.idleMs <= now) {
      this.#remove(session);
      return undefined;
    }
    session.usedAt = now;
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
    return session;
  }

  #dropFrom(session: Session, launch: string): void {
    session.launches.delete(launch);
    this.#sessionOf.delete(launch);
    this.#leases.delete(launch);
    if (session.launches.size === 0) this.#remove(session);
  }

  #remove(session: Session): void {
    this.#sessions.delete(session.id);
    for (const launch of session.launches.keys()) {
      this.#sessionOf.delete(launch);
      this.#leases.delete(launch);
    }
    session.launches.clear();
  }

  /** Makes room: launches beyond the most of a session, sessions that are idle or too many, former ids that have ended. */
  #bound(session: Session): void {
    const now = this.#now();
    const [oldestLaunch] = session.launches.keys();
    if (session.launches.size > this.#limits.launchesOfSession && oldestLaunch !== undefined)
      this.#dropFrom(session, oldestLaunch);
    for (const other of this.#sessions.values()) {
      const idle = other.usedAt + this.#limits.idleMs <= now;
      if (!idle && this.#sessions.size <= this.#limits.sessions) break;
      this.#remove(other);
    }
    for (const [id, { until }] of this.#former) {
      if (until > now && this.#former.size <= this.#limits.sessions) break;
      this.#former.delete(id);
    }
  }
}
