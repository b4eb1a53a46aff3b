import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Express, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { authenticate } from '../cds-hooks/authenticate.ts';
import { loadServices } from '../cds-hooks/service-definition.ts';
import { canonicalUrls } from '../chart/readers/answer.ts';
import { loadCrdConfig } from '../crd/crd-config.ts';
import { crdRoutes } from '../crd/crd-routes.ts';
import { loadCrdServices } from '../crd/crd-service.ts';
import { type Knowledge, loadKnowledge } from '../criteria-check/knowledge.ts';
import { namesIn } from '../criteria-check/known-names.ts';
import { neededSections } from '../criteria-check/needed-sections.ts';
import { calendarOf } from '../dates/day.ts';
import { DecisionLog } from '../decisions/decision-log.ts';
import { RemoteStore } from '../decisions/store/remote-store.ts';
import { formOf, versionedUrl } from '../documentation/questionnaire.ts';
import { type EhrRegistry, type Issuer, loadEhrs } from '../ehr/ehr-registry.ts';
import { libraryRoutes } from '../library/library-routes.ts';
import type { LaunchedPages } from '../smart/smart-app.ts';
import { callerFinder, isLoopbackUrl } from '../trust/caller.ts';
import { ClientTokens } from '../trust/client-tokens.ts';
import { MemoryReplayGuard } from '../trust/replay-guard.ts';
import { QUESTIONNAIRES_PATH, questionnaireRoutes } from '../worksheet/questionnaire-routes.ts';
import { worksheetRoutes } from '../worksheet/routes.ts';
import { keptAnswers } from './answers.ts';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { loadShedding } from './load-shedding.ts';
import { Metrics } from './metrics.ts';
import { AnswerObserver } from './observe-answers.ts';
import { operationsRoutes } from './operations.ts';
import { browserBase, publicBases } from './public-base.ts';
import { clientRateLimit } from './rate-limit.ts';
import { createSmartApp, worksheetLinks } from './smart.ts';

/** A further room of the house, which the start brings along: the sandbox. */
export interface Room {
  /** adds its routes */
  readonly mount: (app: Express, house: Pick<Service, 'knowledge' | 'registry'>) => void;
  /** who signs its hook calls; registered with the EHR of development */
  readonly issuer?: Issuer;
}

/** The registry for a mode: the entry that stands for any loopback address is for development alone. */
function registryFor(registry: EhrRegistry, development: boolean, room: Room | undefined): EhrRegistry {
  if (!development) return registry.without('development');
  return room?.issuer === undefined ? registry : registry.withIssuer('development', room.issuer);
}

/** The service, loaded and ready to be served. */
export interface Service {
  readonly app: Express;
  readonly knowledge: Knowledge;
  readonly registry: EhrRegistry;
  /** Says "not ready" from now on, so that no new traffic is sent here. */
  drain(): void;
  /** Writes what waits for the store. */
  close(): Promise<void>;
}

const MEGABYTE = 1_000_000;
const QUEUED_DECISIONS = 2_000;
const DAY_MS = 86_400_000;

const bytesOf = (limit: string): number => Number.parseInt(limit, 10) * (limit.endsWith('mb') ? MEGABYTE : 1_000);

/** Version of this software, as decisions record it. */
function engineVersion(): string {
  const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** The path below which a proxy serves us, for the links of pages. */
const pathPrefix = (config: Config): string =>
  config.PUBLIC_URL === undefined ? '' : new URL(config.PUBLIC_URL).pathname.replace(/\/+$/, '');

/** The store of this deployment, if it has one. */
function openedStore(config: Config, logger: Logger): RemoteStore | undefined {
  const where = config.DATABASE_URL ?? config.DECISIONS;
  if (where === 'off') return undefined;
  const store = new RemoteStore(where);
  // Opened now, so that the first answer does not wait for it; a store that is down is tried again.
  store.find({ limit: 1 }).catch((e: Error) => logger.error({ store: e.message }, 'the store cannot be opened'));
  return store;
}

function decisionLog(
  config: Config,
  store: RemoteStore | undefined,
  metrics: Metrics,
  logger: Logger,
): DecisionLog | undefined {
  if (store === undefined) return undefined;
  return new DecisionLog(store, {
    waitMs: config.DECISIONS_WAIT_MS,
    most: QUEUED_DECISIONS,
    onKept: (state, records) => metrics.decisions.inc({ state }, records),
    onFailure: (message) => logger.error({ store: message }, 'decisions cannot be stored at the moment'),
  });
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

/**
 * Loads policies, services and registry and builds the application.
 * @param room a further room, e.g. the sandbox
 * @throws InvalidFileError with every problem as file:line:column
 */
export function createService(config: Config, logger: Logger, room?: Room): Service {
  const knowledge = loadKnowledge(config.POLICIES);
  const canonical = canonicalUrls(config.CANONICAL_BASE);
  const all = loadEhrs(join(config.SMART_CONFIG, 'ehrs'), namesIn(knowledge));
  const registry = registryFor(all, config.development, room);
  const services = loadServices(config.CDS_SERVICES, neededSections(knowledge), canonical.factSystem);
  const checker = { knowledge, canonical };
  const calendar = calendarOf(config.TIME_ZONE);
  const metrics = new Metrics();
  const store = openedStore(config, logger);
  const log = decisionLog(config, store, metrics, logger);
  const answers = keptAnswers(config, registry, store, logger);
  const purging = purgeDaily(log, config.DECISIONS_KEEP_DAYS, logger);
  const observer = new AnswerObserver({ logger, metrics, log, checker, engine: engineVersion() });
  const refused = (reason: string): void => {
    metrics.refused.inc({ reason });
    logger.warn({ reason }, 'a call was refused');
  };
  const authentication = {
    tokens: new ClientTokens(registry, new MemoryReplayGuard()),
    required: !config.development,
    publicBases: publicBases(config),
    onRejected: refused,
  };
  const limits: readonly RequestHandler[] =
    config.development || config.RATE_LIMIT === 0
      ? []
      : [clientRateLimit(config.RATE_LIMIT, () => refused('rate-limit'))];
  const shedding = loadShedding(
    { requests: config.MAX_REQUESTS, bytes: config.MAX_REQUEST_MB * MEGABYTE },
    bytesOf(config.BODY_LIMIT),
    () => refused('overload'),
  );
  const onDefect = (error: unknown): void =>
    logger.error({ error: error instanceof Error ? error.name : 'unknown' }, 'a page of the app failed');
  const onLaunch = (result: string): void => {
    metrics.launches.inc({ result });
    if (result !== 'launched') logger.warn({ reason: result }, 'a launch was stopped');
  };
  const smart = createSmartApp(config, registry, knowledge, { onLaunch, onDefect });
  const worksheet: LaunchedPages = (launchedOf) =>
    worksheetRoutes({
      launchedOf,
      checker,
      calendar,
      sections: neededSections(knowledge),
      deadlineMs: config.DEADLINE_MS,
      prefix: pathPrefix(config),
      ...(answers !== undefined && { answerStore: answers.store }),
      onDone: (result) => metrics.worksheet.inc({ result }),
    });
  let stopping = false;
  const guards = {
    discovery: [authenticate(authentication, false)],
    calls: [authenticate(authentication), ...limits],
  };
  const callerOf = callerFinder(registry, config.development);
  const crd =
    config.CRD_CONFIG === undefined
      ? undefined
      : crdRoutes({
          services: loadCrdServices(join(config.CDS_SERVICES, 'crd')),
          config: loadCrdConfig(config.CRD_CONFIG, knowledge.payers),
          checker,
          calendar,
          bodyLimit: config.BODY_LIMIT,
          deadlineMs: config.DEADLINE_MS,
          sections: neededSections(knowledge),
          guards,
          callerOf,
          questionnaireOf: (check) => versionedUrl(formOf(check.policy, check.region, knowledge.vocabulary, canonical)),
          onAnswer: (answered, res) => observer.onCrdAnswer(answered, res),
        });
  const app = createApp({
    ...(crd !== undefined && { crd }),
    cdsHooks: {
      services,
      bodyLimit: config.BODY_LIMIT,
      checker,
      cards: { sourceLabel: config.SOURCE_LABEL, canonicalBase: config.CANONICAL_BASE, studies: knowledge.studies },
      calendar,
      deadlineMs: config.DEADLINE_MS,
      guards,
      callerOf,
      ...(smart !== undefined && { worksheet: worksheetLinks(smart.sealKeys, browserBase(config)) }),
      ...(answers !== undefined && { answers: answers.store }),
      onAnswer: (answered, res) => observer.onAnswer(answered, res),
      onFeedback: (feedback, client) => observer.onFeedback(feedback, client),
    },
    shedding: shedding.handler,
    operations: operationsRoutes({
      metrics,
      sample: () => metrics.decisionQueue.set(log?.waiting ?? 0),
      ready: () => !stopping,
      adminToken: config.ADMIN_TOKEN,
      decisions: log?.store,
    }),
    library: libraryRoutes({ knowledge, calendar, prefix: pathPrefix(config) }),
    allowsOrigin: (origin) => registry.allowsOrigin(origin) || (config.development && isLoopbackUrl(origin)),
    logger,
    mount: (express) => {
      express.use(QUESTIONNAIRES_PATH, shedding.handler, questionnaireRoutes({ checker, calendar }));
      if (smart !== undefined) {
        express.use('/smart', ...limits, shedding.handler);
        express.use(smart.app.routes(worksheet));
      }
      room?.mount(express, { knowledge, registry });
    },
  });
  return {
    app,
    knowledge,
    registry,
    drain: () => {
      stopping = true;
    },
    close: async () => {
      clearInterval(purging);
      answers?.stop();
      await log?.close();
    },
  };
}
