import { join } from 'node:path';
import type { Express } from 'express';
import type { Logger } from 'pino';
import { loadServices } from '../cds-hooks/service-definition.ts';
import { canonicalUrls } from '../chart/readers/answer.ts';
import { type Knowledge, loadKnowledge } from '../criteria-check/knowledge.ts';
import { neededSections } from '../criteria-check/needed-sections.ts';
import { calendarOf } from '../dates/day.ts';
import { type Ehr, type EhrRegistry, loadEhrs } from '../ehr/ehr-registry.ts';
import { isLoopback } from '../ehr/network.ts';
import { OUTCOMES } from '../policy/assessment.ts';
import { createApp } from './app.ts';
import type { Config } from './config.ts';

/** The EHR of the registry that gives its settings to every loopback base in development mode; unknown in production. */
const DEVELOPMENT = 'development';

/** The EHR behind any loopback address in development mode, when the registry has none for it. */
const LOOPBACK_EHR: Ehr = {
  id: 'loopback',
  name: 'Development (any loopback address)',
  fhirBases: [],
  privateNetwork: true,
  allowedOrigins: [],
  prefetch: 'full',
  show: new Set(OUTCOMES),
  orderables: new Map(),
  localCodes: new Map(),
  quirks: new Set(),
};

const parsed = (url: string): URL | undefined => (URL.canParse(url) ? new URL(url) : undefined);

/** Finds the EHR of a FHIR base: registered, or any loopback address in development mode. */
export function ehrFinder(
  registry: EhrRegistry,
  development: boolean,
): (fhirServer: string) => { readonly ehr: Ehr; readonly privateNetwork: boolean } | undefined {
  return (fhirServer) => {
    const ehr = registry.byBase(fhirServer);
    if (ehr !== undefined)
      return { ehr, privateNetwork: ehr.privateNetwork || (development && isLoopbackUrl(fhirServer)) };
    if (!development || !isLoopbackUrl(fhirServer)) return undefined;
    return { ehr: registry.byId(DEVELOPMENT) ?? LOOPBACK_EHR, privateNetwork: true };
  };
}

const isLoopbackUrl = (url: string): boolean => {
  const u = parsed(url);
  return u !== undefined && isLoopback(u);
};

/** The service, loaded and ready to be served. */
export interface Service {
  readonly app: Express;
  readonly knowledge: Knowledge;
  readonly registry: EhrRegistry;
}

/**
 * Loads policies, services and registry and builds the application.
 * @throws InvalidFileError with every problem as file:line:column
 */
export function createService(config: Config, logger: Logger, mount?: (app: Express) => void): Service {
  const knowledge = loadKnowledge(config.POLICIES);
  const canonical = canonicalUrls(config.CANONICAL_BASE);
  const ehrs = loadEhrs(join(config.SMART_CONFIG, 'ehrs'), (id) => knowledge.payers.get(id) !== undefined);
  const registry = config.development ? ehrs : ehrs.without(DEVELOPMENT);
  const services = loadServices(config.CDS_SERVICES, neededSections(knowledge), canonical.factSystem);
  const app = createApp({
    cdsHooks: {
      services,
      bodyLimit: config.BODY_LIMIT,
      checker: { knowledge, canonical },
      cards: { sourceLabel: config.SOURCE_LABEL, canonicalBase: config.CANONICAL_BASE, studies: knowledge.studies },
      calendar: calendarOf(config.TIME_ZONE),
      deadlineMs: config.DEADLINE_MS,
      ehrOf: ehrFinder(registry, config.development),
    },
    allowsOrigin: (origin) => registry.allowsOrigin(origin) || (config.development && isLoopbackUrl(origin)),
    logger,
    ...(mount !== undefined && { mount }),
  });
  return { app, knowledge, registry };
}
