import type { Express, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { authenticate } from '../cds-hooks/authenticate.ts';
import { withoutSlashAtEnd } from '../chart/references.ts';
import { crdRoutes } from '../crd/crd-routes.ts';
import { neededSections } from '../criteria-check/needed-sections.ts';
import { calendarOf } from '../dates/day.ts';
import { openInvocation } from '../decisions/invocation.ts';
import { replayWithTrace } from '../decisions/replay.ts';
import { formOf, versionedUrl } from '../documentation/questionnaire.ts';
import { addresses } from '../library/addresses.ts';
import { libraryRoutes } from '../library/library-routes.ts';
import type { LaunchedPages } from '../smart/smart-app.ts';
import { type Caller, callerFinder, isLoopbackUrl, prefetchFinder } from '../trust/caller.ts';
import { ClientTokens } from '../trust/client-tokens.ts';
import { QUESTIONNAIRES_PATH, questionnaireRoutes } from '../worksheet/questionnaire-routes.ts';
import { worksheetRoutes } from '../worksheet/routes.ts';
import { answersFor } from './answers.ts';
import { createApp } from './app.ts';
import { type Config, ConfigError } from './config.ts';
import type { Content } from './content.ts';
import type { Lasting } from './lasting.ts';
import { AnswerObserver } from './observe-answers.ts';
import { operationsRoutes } from './operations.ts';
import { browserBase, publicBases } from './public-base.ts';
import { requestId } from './request-log.ts';
import { createSmartApp, worksheetLinks } from './smart.ts';

/** What the application needs beside its content. */
export interface Surroundings {
  readonly config: Config;
  readonly logger: Logger;
  readonly lasting: Lasting;
  /** version of this software, as decisions record it */
  readonly engine: string;
  /** may the process get traffic? */
  readonly ready: () => boolean;
  /** the measurements of all processes as text */
  readonly metricsText: () => Promise<string>;
  /** a further room */
  readonly mount?: (app: Express, house: Pick<Content, 'knowledge' | 'registry'>) => void;
}

/** The path below which a proxy serves us, for the links of pages. */
const pathPrefix = (config: Config): string =>
  config.PUBLIC_URL === undefined ? '' : withoutSlashAtEnd(new URL(config.PUBLIC_URL).pathname);

/** Payer mode keeps its calls and answers for disputes (CRD 2.2, found-37), sealed. @throws ConfigError where it could not */
function checkPayerMode(config: Config, log: Lasting['log']): void {
  if (config.development) return;
  if (log === undefined)
    throw new ConfigError(
      'DECISIONS: off, but payer mode (CRD_CONFIG) keeps its calls: name a file, or set DATABASE_URL',
    );
  if (config.APP_SECRET === undefined)
    throw new ConfigError('APP_SECRET: required in payer mode (CRD_CONFIG): it seals the calls that are kept');
}

/**
 * Builds the application that serves some content.
 * @throws ConfigError when the settings do not go with the content
 */
export function composeApp(content: Content, around: Surroundings): Express {
  const { config, logger, lasting } = around;
  const { knowledge, canonical, registry, services } = content;
  const { metrics, log, refused, limits, refusalLimit, shedding } = lasting;
  const checker = { knowledge, canonical };
  const calendar = calendarOf(config.TIME_ZONE);
  const sections = neededSections(knowledge);
  const prefix = pathPrefix(config);
  const answers = answersFor(registry, lasting.answers);
  if (content.crd !== undefined) checkPayerMode(config, log);
  const { invocationSealing: sealing } = lasting;
  const observer = new AnswerObserver({ logger, metrics, log, checker, engine: around.engine, sealing });
  const authentication = {
    tokens: new ClientTokens(registry, lasting.replayGuard, lasting.keySets),
    required: !config.development,
    publicBases: publicBases(config),
    onRejected: (reason: string, res: Response): void => {
      if (reason !== 'keys-unavailable') refusalLimit?.count(res);
      refused(reason, res);
    },
  };
  const first = refusalLimit === undefined ? [] : [refusalLimit.handler];
  const guards: Readonly<Record<'discovery' | 'calls', readonly RequestHandler[]>> = {
    discovery: [...first, authenticate(authentication, false)],
    calls: [...first, authenticate(authentication), ...limits],
  };
  const callerOf = callerFinder(registry, config.development);
  const told = {
    onForeignServer: (res: Response, { ehr }: Caller): void => {
      metrics.fhirCalls.inc({ result: 'not-registered' });
      logger.warn(
        { id: requestId(res), ehr: ehr?.id },
        'the FHIR server of a call is not registered for its caller, and is not used',
      );
    },
    onEnd: (service: { readonly id: string }, status: number, seconds: number): void =>
      metrics.hooks.observe({ service: service.id, status }, seconds),
  };
  const smart = createSmartApp(config, content, lasting.smart, {
    onDefect: (error) =>
      logger.error({ error: error instanceof Error ? error.name : 'unknown' }, 'a page of the app failed'),
    onLaunch: (result) => {
      metrics.launches.inc({ result });
      if (result !== 'launched') logger.warn({ reason: result }, 'a launch was stopped');
    },
  });
  const worksheet: LaunchedPages = (launchedOf) =>
    worksheetRoutes({
      launchedOf,
      checker,
      calendar,
      sections,
      deadlineMs: config.DEADLINE_MS,
      prefix,
      held: lasting.heldCharts,
      ...(answers !== undefined && { answerStore: answers }),
      onDone: (result) => metrics.worksheet.inc({ result }),
    });
  const crd =
    content.crd === undefined
      ? undefined
      : crdRoutes({
          ...content.crd,
          checker,
          ...(answers !== undefined && { answers }),
          calendar,
          bodyLimit: config.BODY_LIMIT,
          deadlineMs: config.DEADLINE_MS,
          sections,
          guards,
          callerOf,
          questionnaireOf: (check) => versionedUrl(formOf(check.policy, check.region, knowledge.vocabulary, canonical)),
          ...told,
          onAnswer: (answered, call, res) => observer.onCrdAnswer(answered, call, res),
          onRefusal: (call, res) => observer.onCrdRefusal(call, res),
        });
  return createApp({
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
      ...(answers !== undefined && { answers }),
      criteriaUrlOf: (req, check) => `${browserBase(config)(req)}${addresses().text(check.policy)}`,
      prefetchFor: prefetchFinder(registry, config.development),
      ...told,
      onAnswer: (answered, res) => observer.onAnswer(answered, res),
      onFeedback: (feedback, client, res) => observer.onFeedback(feedback, client, res),
    },
    shedding,
    trustedProxies: config.TRUST_PROXY,
    operations: operationsRoutes({
      metricsText: around.metricsText,
      contentType: metrics.registry.contentType,
      ready: around.ready,
      adminToken: config.ADMIN_TOKEN,
      decisions: log?.store,
      openInvocation: (row) => openInvocation(row, sealing),
      replay: (decision) => replayWithTrace(decision, checker, registry.byId(decision.ehr ?? '')),
    }),
    library: libraryRoutes({ knowledge, calendar, prefix }),
    allowsOrigin: (origin) => registry.allowsOrigin(origin) || (config.development && isLoopbackUrl(origin)),
    logger,
    mount: (app) => {
      app.use(QUESTIONNAIRES_PATH, shedding, questionnaireRoutes({ checker, calendar }));
      if (smart !== undefined) {
        app.use('/smart', ...limits, shedding);
        app.use(smart.app.routes(worksheet));
      }
      around.mount?.(app, content);
    },
  });
}
