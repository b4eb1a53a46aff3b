import type { Ehr } from '../ehr/ehr-registry.ts';
import { FhirAccess } from '../ehr/fhir-access.ts';
import { permissions } from '../ehr/granted-scopes.ts';
import { type Launched, SessionEnded } from './launched.ts';
import type { LaunchRecord, SessionStore } from './session-store.ts';
import type { TokenAnswer, Tokens } from './token-endpoint.ts';

/** What keeps tokens fresh. */
export interface TokenKeeping {
  readonly store: SessionStore;
  /** asks the EHR for new tokens */
  readonly refresh: (launch: LaunchRecord, refreshToken: string) => Promise<TokenAnswer>;
  /** told when the EHR gave no new token */
  readonly onRefused: (reason: string) => void;
  /** epoch milliseconds */
  readonly now: () => number;
}

/** A token is replaced when it ends within this time. */
const EARLY_MS = 60_000;
/** So long one process may take to renew tokens; the others wait for it, and look so often. */
const LEASE_MS = 15_000;
const LOOK_MS = 100;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Refreshes the tokens of launches: one request at a time for each, over all processes that share the sessions. */
export class TokenKeeper {
  readonly #keeping: TokenKeeping;
  readonly #running = new Map<string, Promise<Tokens>>();

  constructor(keeping: TokenKeeping) {
    this.#keeping = keeping;
  }

  /** Tokens of a launch that are valid now. @throws SessionEnded */
  async valid(launchId: string): Promise<Tokens> {
    const running = this.#running.get(launchId);
    if (running !== undefined) return running;
    const launch = await this.#keeping.store.current(launchId);
    if (launch === undefined) throw new SessionEnded();
    const { tokens } = launch;
    const left = tokens.expires - this.#keeping.now();
    if (left > EARLY_MS) return tokens;
    if (tokens.refresh !== undefined) return this.#running.get(launchId) ?? this.#start(launch, tokens.refresh);
    if (left > 0) return tokens;
    await this.#keeping.store.drop(launchId);
    throw new SessionEnded();
  }

  #start(launch: LaunchRecord, refreshToken: string): Promise<Tokens> {
    const run = this.#renewed(launch, refreshToken).finally(() => this.#running.delete(launch.id));
    this.#running.set(launch.id, run);
    return run;
  }

  /** Many servers take a refresh token once: only who holds the lease sends it, and only if nobody has sent it meanwhile. */
  async #renewed(before: LaunchRecord, refreshToken: string): Promise<Tokens> {
    const { store, now } = this.#keeping;
    const until = now() + LEASE_MS;
    while (!(await store.lease(before.id, LEASE_MS))) {
      const current = await store.current(before.id);
      if (current === undefined) throw new SessionEnded();
      if (current.tokens.access !== before.tokens.access) return current.tokens;
      if (now() > until) throw new SessionEnded();
      await pause(LOOK_MS);
    }
    try {
      const launch = await store.current(before.id);
      if (launch === undefined) throw new SessionEnded();
      return launch.tokens.access === before.tokens.access ? await this.#ask(launch, refreshToken) : launch.tokens;
    } finally {
      await store.release(before.id);
    }
  }

  async #ask(launch: LaunchRecord, refreshToken: string): Promise<Tokens> {
    const { store, refresh, onRefused, now } = this.#keeping;
    const answer = await refresh(launch, refreshToken);
    if (answer.ok) {
      // A server that sends no new refresh token lets us keep the old one.
      const tokens: Tokens = { refresh: refreshToken, ...answer.grant.tokens };
      await store.update(launch.id, { tokens });
      return tokens;
    }
    onRefused(answer.problem.kind);
    // While the server cannot be reached, a token that is still valid serves on.
    if (answer.problem.kind === 'unreachable' && launch.tokens.expires > now()) return launch.tokens;
    if (answer.problem.kind !== 'unreachable') await store.drop(launch.id);
    throw new SessionEnded();
  }
}

/** The launched context of a record, with access to the EHR. @param privateNetwork may the base have a private address? */
export function launchedFrom(record: LaunchRecord, ehr: Ehr, privateNetwork: boolean, keeper: TokenKeeper): Launched {
  const { id, base, patientId, encounterId, fhirUser, order, csrf, needsBanner } = record;
  return {
    id,
    ehr,
    base,
    patientId,
    ...(encounterId !== undefined && { encounterId }),
    ...(fhirUser !== undefined && { fhirUser }),
    scope: record.tokens.scope,
    ...(order !== undefined && { order }),
    csrf,
    needsBanner,
    access: async (signal) => {
      const tokens = await keeper.valid(id);
      const permitted = permissions(tokens.scope);
      return new FhirAccess({ base, token: tokens.access, privateNetwork, signal, permitted });
    },
  };
}
