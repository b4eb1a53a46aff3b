import { join } from 'node:path';
import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { DecisionLog } from '../decisions/decision-log.ts';
import { RemoteStore } from '../decisions/store/remote-store.ts';
import { type ClientKey, ClientKeys, generateKeys, readKeyFolder, readKeySetting } from '../smart/client-keys.ts';
import { type SealKeys, sealKeys } from '../smart/order-context.ts';
import { Sealing } from '../smart/sealed-text.ts';
import { MemorySessionStore, type SessionStore } from '../smart/session-store.ts';
import { SharedSessionStore } from '../smart/shared-session-store.ts';
import { KeySets } from '../trust/key-sets.ts';
import { MemoryReplayGuard, type ReplayGuard } from '../trust/replay-guard.ts';
import { SharedReplayGuard } from '../trust/shared-replay-guard.ts';
import { HeldCharts } from '../worksheet/held-charts.ts';
import { appSecrets, type KeptAnswers, keptAnswers } from './answers.ts';
import { bytesOf, type Config, ConfigError, MEGABYTE } from './config.ts';
import { loadShedding } from './load-shedding.ts';
import { Metrics } from './metrics.ts';
import { clientRateLimit } from './rate-limit.ts';
import { type RefusalLimit, refusalLimit } from './refusal-limit.ts';
import { requestId } from './request-log.ts';
import { SharedRateStore } from './shared-rate-store.ts';

/** What a process keeps from its start to its end, whatever content it serves: stores, counts, guards, sessions. */
export interface Lasting {
  readonly metrics: Metrics;
  readonly store: RemoteStore | undefined;
  readonly log: DecisionLog | undefined;
  readonly answers: KeptAnswers | undefined;
  /** seals the calls of payer mode that are kept */
  readonly invocationSealing: Sealing;
  readonly replayGuard: ReplayGuard;
  readonly keySets: KeySets;
  /** rate limits of calls */
  readonly limits: readonly RequestHandler[];
  /** of calls with bad tokens, where the addresses of clients are known */
  readonly refusalLimit: RefusalLimit | undefined;
  readonly shedding: RequestHandler;
  readonly heldCharts: HeldCharts;
  /** parts of the SMART app; made when an EHR has it */
  readonly smart: () => SmartParts;
  /** a call was refused */
  readonly refused: (reason: string, res: Response) => void;
  /** resolves when the store has been opened or could not be */
  readonly opened: Promise<void>;
  close(): Promise<void>;
}

export interface SmartParts {
  readonly configured: readonly ClientKey[];
  readonly keys: ClientKeys;
  readonly sealKeys: SealKeys;
  readonly sessions: SessionStore;
}

const QUEUED_DECISIONS = 2_000;
const QUEUED_SEALED = 64 * MEGABYTE;
const DAY_MS = 86_400_000;
/** A failing store is told of so often, not on each call. */
const TOLD_MS = 10_000;

/** Opens a store now, so that the first answer does not wait for it; one that is down is tried again. */
function opening(store: RemoteStore | undefined, setting: string, logger: Logger): Promise<void> {
  if (store === undefined) return Promise.resolve();
  return store.find({ limit: 1 }).then(
    () => undefined,
    (e: Error) => logger.error({ store: e.message, setting }, 'the store cannot be opened; it is tried again'),
  );
}

/** Removes old decisions once a day, when retention is limited. */
function purgeDaily(log: DecisionLog | undefined, days: number, logger: Logger): NodeJS.Timeout | undefined {
  if (log === undefined || days === 0) return undefined;
  const purge = (): void => {
    log.store.purge({ before: new Date(Date.now() - days * DAY_MS).toISOString() }).then(
      (removed) => logger.info({ removed }, 'old decisions removed'),
      () => logger.error('old decisions could not be removed'),
    );
  };
  purge();
  return setInterval(purge, DAY_MS).unref();
}

/** Counts, and tells now and then, that processes could not ask the store that they share. */
function unsharedTeller(metrics: Metrics, logger: Logger): (what: string) => () => void {
  let told = Number.NEGATIVE_INFINITY;
  return (what) => () => {
    metrics.unshared.inc({ what });
    if (performance.now() - told < TOLD_MS) return;
    told = performance.now();
    logger.error({ what }, 'the shared store does not answer: this process counts by itself at the moment');
  };
}

/** The keys of the configuration. @throws ConfigError, InvalidFileError */
export function configuredKeys(config: Config): readonly ClientKey[] {
  if (config.SMART_KEYS === undefined) return readKeyFolder(join(config.SMART_CONFIG, 'keys'));
  try {
    return readKeySetting(config.SMART_KEYS);
  } catch (error) {
    throw new ConfigError(`SMART_KEYS: ${error instanceof Error ? error.message : 'cannot be read'}`);
  }
}

function smartParts(config: Config, shared: RemoteStore | undefined): SmartParts {
  const configured = configuredKeys(config);
  const secrets = appSecrets(config);
  return {
    configured,
    keys: new ClientKeys(() => (configured.length > 0 ? Promise.resolve(configured) : generateKeys())),
    sealKeys: sealKeys(secrets),
    // Without a secret other processes could not open what this one seals.
    sessions:
      shared === undefined || secrets.length === 0 ? new MemorySessionStore() : new SharedSessionStore(shared, secrets),
  };
}

/**
 * Opens what lasts.
 * @param sharedFile where the processes of one machine keep what they share, when there are several and no database
 */
export function openLasting(config: Config, logger: Logger, sharedFile?: string): Lasting {
  const metrics = new Metrics();
  const where = config.DATABASE_URL ?? config.DECISIONS;
  const store = where === 'off' ? undefined : new RemoteStore(where);
  const own = config.DATABASE_URL === undefined && sharedFile !== undefined;
  const file = own ? new RemoteStore(sharedFile, true) : undefined;
  const shared = config.DATABASE_URL === undefined ? file : store;
  const opened = Promise.all([
    opening(store, config.DATABASE_URL === undefined ? 'DECISIONS' : 'DATABASE_URL', logger),
    opening(file, 'WORKERS', logger),
  ]);
  const log =
    store === undefined
      ? undefined
      : new DecisionLog(store, {
          waitMs: config.DECISIONS_WAIT_MS,
          most: QUEUED_DECISIONS,
          mostSealed: QUEUED_SEALED,
          onKept: (state, records) => metrics.decisions.inc({ state }, records),
          onFailure: (message) => logger.error({ store: message }, 'decisions cannot be stored at the moment'),
        });
  const answers = store === undefined ? undefined : keptAnswers(config, store, logger);
  const purging = purgeDaily(log, config.DECISIONS_KEEP_DAYS, logger);
  const unshared = unsharedTeller(metrics, logger);
  const refused = (reason: string, res: Response): void => {
    metrics.refused.inc({ reason });
    logger.warn({ id: requestId(res), reason }, 'a call was refused');
  };
  const rates = shared === undefined ? undefined : new SharedRateStore(shared, unshared('rate-limit'));
  const limited = !config.development && config.RATE_LIMIT > 0;
  let smart: SmartParts | undefined;
  return {
    metrics,
    store,
    invocationSealing: new Sealing('calls of payer mode', appSecrets(config)),
    log,
    answers,
    replayGuard: shared === undefined ? new MemoryReplayGuard() : new SharedReplayGuard(shared, unshared('used-token')),
    keySets: new KeySets(),
    limits: limited ? [clientRateLimit(config.RATE_LIMIT, (res) => refused('rate-limit', res), rates)] : [],
    // Without TRUST_PROXY all clients may share the address of a proxy, and a flood of bad tokens would shut out all of them.
    refusalLimit:
      limited && config.TRUST_PROXY !== undefined
        ? refusalLimit(config.RATE_LIMIT, (res) => refused('refusal-limit', res))
        : undefined,
    shedding: loadShedding(
      { requests: config.MAX_REQUESTS, bytes: config.MAX_REQUEST_MB * MEGABYTE },
      bytesOf(config.BODY_LIMIT),
      (res) => refused('overload', res),
    ).handler,
    heldCharts: new HeldCharts(),
    smart: () => {
      smart ??= smartParts(config, shared);
      return smart;
    },
    refused,
    opened: opened.then(() => undefined),
    close: async () => {
      clearInterval(purging);
      answers?.stop();
      const lost = await log?.close();
      if (lost !== undefined && lost > 0)
        logger.error({ lost }, 'records were lost: the store did not take them in time');
      await file?.close().catch(() => undefined);
    },
  };
}
