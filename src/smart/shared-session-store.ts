import { createHash } from 'node:crypto';
import { randomText } from './pkce.ts';
import { Sealing } from './sealed-text.ts';
import type { LaunchRow, SessionRows, SessionTimes } from './session-rows.ts';
import {
  FORMER_ID_MS,
  type LaunchRecord,
  type PendingLaunch,
  REMEMBERED_MS,
  SESSION_LIMITS,
  type SessionLimits,
  type SessionStore,
  type Taken,
} from './session-store.ts';

const FORGET_MS = 60_000;
/** A change that meets another one is made again on top of it. */
const TRIES = 5;

/** Ids are secrets; the rows hold digests of them. */
const digest = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

type PendingJson = Omit<PendingLaunch, 'configuration'> & {
  readonly configuration: Omit<PendingLaunch['configuration'], 'capabilities'> & {
    readonly capabilities: readonly string[];
  };
};

const toJson = (p: PendingLaunch): PendingJson => ({
  ...p,
  configuration: { ...p.configuration, capabilities: [...p.configuration.capabilities] },
});
const fromJson = (p: PendingJson): PendingLaunch => ({
  ...p,
  configuration: { ...p.configuration, capabilities: new Set(p.configuration.capabilities) },
});

/**
 * Sessions that several processes share. Tokens and orders are sealed: without our secret the rows tell neither whose they are
 * nor what they open.
 */
export class SharedSessionStore implements SessionStore {
  readonly #rows: SessionRows;
  readonly #sealing: Sealing;
  readonly #limits: SessionLimits;
  readonly #now: () => number;
  #forgotten = 0;

  /** @param secrets newest first @param now epoch milliseconds */
  constructor(
    rows: SessionRows,
    secrets: readonly Uint8Array[],
    limits: Partial<SessionLimits> = {},
    now: () => number = Date.now,
  ) {
    this.#rows = rows;
    this.#sealing = new Sealing('smart sessions', secrets);
    this.#limits = { ...SESSION_LIMITS, ...limits };
    this.#now = now;
  }

  #times(): SessionTimes {
    const now = this.#now();
    return { now, usedSince: now - this.#limits.idleMs, openedSince: now - this.#limits.absoluteMs };
  }

  async begin(pending: PendingLaunch): Promise<void> {
    const times = this.#times();
    if (times.now - this.#forgotten > FORGET_MS) {
      this.#forgotten = times.now;
      await this.#rows.forgetSessions(times, times.now - REMEMBERED_MS);
    }
    const key = digest(pending.state);
    const sealed = await this.#sealing.seal(key, toJson(pending));
    await this.#rows.keepPending({ key, sealed, until: times.now + this.#limits.pendingMs }, this.#limits.pending);
  }

  async take(state: string): Promise<Taken> {
    const key = digest(state);
    const row = await this.#rows.takePending(key);
    const pending = row === undefined ? undefined : await this.#sealing.open(key, row.sealed);
    if (row === undefined || pending === undefined) return { kind: 'unknown' };
    if (row.until <= this.#now()) return { kind: 'expired' };
    return { kind: 'pending', pending: fromJson(pending as unknown as PendingJson) };
  }

  async open(session: string | undefined, launch: LaunchRecord): Promise<string> {
    const next = randomText();
    const times = this.#times();
    const key = digest(launch.id);
    await this.#rows.openSession(
      {
        ...(session !== undefined && { from: digest(session) }),
        to: digest(next),
        formerUntil: times.now + FORMER_ID_MS,
        session: randomText(),
        launch: { key, sealed: await this.#sealing.seal(key, launch) },
        most: this.#limits.launchesOfSession,
      },
      times,
    );
    return next;
  }

  async find(session: string, launch: string): Promise<LaunchRecord | undefined> {
    return this.#record(await this.#rows.findLaunch(digest(session), digest(launch), this.#times()));
  }

  async current(launch: string): Promise<LaunchRecord | undefined> {
    return this.#record(await this.#rows.launchRow(digest(launch), this.#times()));
  }

  async update(launch: string, change: Partial<Pick<LaunchRecord, 'tokens' | 'order'>>): Promise<void> {
    for (let i = 0; i < TRIES; i++) {
      const row = await this.#rows.launchRow(digest(launch), this.#times());
      const record = await this.#record(row);
      if (row === undefined || record === undefined) return;
      const sealed = await this.#sealing.seal(row.key, { ...record, ...change });
      if (await this.#rows.changeLaunch({ ...row, sealed })) return;
    }
    throw new Error('a launch is changed all the time');
  }

  lease(launch: string, ms: number): Promise<boolean> {
    const now = this.#now();
    return this.#rows.leaseLaunch(digest(launch), now, now + ms);
  }

  async release(launch: string): Promise<void> {
    await this.#rows.leaseLaunch(digest(launch), Number.MAX_SAFE_INTEGER, 0);
  }

  drop(launch: string): Promise<void> {
    return this.#rows.dropLaunch(digest(launch));
  }

  async end(session: string): Promise<readonly LaunchRecord[]> {
    const rows = await this.#rows.endSession(digest(session), this.#times());
    const records = await Promise.all(rows.map((r) => this.#record(r)));
    return records.filter((r) => r !== undefined);
  }

  async #record(row: LaunchRow | undefined): Promise<LaunchRecord | undefined> {
    if (row === undefined) return undefined;
    return (await this.#sealing.open(row.key, row.sealed)) as unknown as LaunchRecord | undefined;
  }
}
