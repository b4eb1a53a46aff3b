import type { Request } from 'express';
import type { WorksheetLinks } from '../cds-hooks/worksheet-link.ts';
import { neededSections } from '../criteria-check/needed-sections.ts';
import { calendarOf } from '../dates/day.ts';
import type { EhrRegistry } from '../ehr/ehr-registry.ts';
import { FHIR_PATH } from '../sandbox/paths.ts';
import { appContextText } from '../smart/app-context.ts';
import type { ClientKey } from '../smart/client-keys.ts';
import { type SealKeys, sealOrder } from '../smart/order-context.ts';
import { SmartApp, type SmartAppOptions } from '../smart/smart-app.ts';
import { type Config, ConfigError } from './config.ts';
import type { Content } from './content.ts';
import type { SmartParts } from './lasting.ts';
import { browserBase } from './public-base.ts';

/** The SMART app, and what seals the orders that cards hand to it. */
export interface Smart {
  readonly app: SmartApp;
  readonly sealKeys: SealKeys;
}

/** What an app that real EHRs launch must have. @throws ConfigError */
function checkProduction(config: Config, registry: EhrRegistry, keys: readonly ClientKey[]): void {
  const registrations = registry.ehrs.flatMap((e) => e.smart ?? []);
  if (registrations.length === 0) return;
  if (config.APP_SECRET === undefined) throw new ConfigError('APP_SECRET: required where an EHR has the SMART app');
  const signs = keys.some((k) => k.from <= Date.now());
  if (registrations.some((r) => r.authentication === 'private_key_jwt') && !signs)
    throw new ConfigError('SMART_KEYS: an EHR wants private_key_jwt, and no key signs by now; see "keys new --help"');
}

/** Secrets are named by the registry and come from the environment. @throws ConfigError */
function checkSecrets(registry: EhrRegistry): void {
  for (const { id, smart } of registry.ehrs) {
    const variable = smart?.secretFrom;
    if (variable !== undefined && (process.env[variable] ?? '') === '')
      throw new ConfigError(`${variable}: holds the client secret for the EHR "${id}", and is not set`);
  }
}

/**
 * Checks that there is what the SMART app of the registered EHRs needs: secrets and, where EHRs call in earnest, a key that signs.
 * @param keys the configured ones
 * @throws ConfigError
 */
export function checkApp(config: Config, registry: EhrRegistry, keys: readonly ClientKey[]): void {
  if (!config.development) checkProduction(config, registry, keys);
  checkSecrets(registry);
}

/**
 * Builds the SMART app, when an EHR of the registry has it.
 * @throws ConfigError, InvalidFileError
 */
export function createSmartApp(
  config: Config,
  { registry, knowledge }: Content,
  partsOf: () => SmartParts,
  watch: Pick<SmartAppOptions, 'onLaunch' | 'onDefect'>,
): Smart | undefined {
  if (registry.ehrs.every((e) => e.smart === undefined)) return undefined;
  const { configured, keys, sealKeys, sessions } = partsOf();
  checkApp(config, registry, configured);
  const calendar = calendarOf(config.TIME_ZONE);
  const app = new SmartApp({
    registry,
    development: config.development,
    baseOf: browserBase(config),
    sections: neededSections(knowledge),
    knowledge,
    keys,
    sealKeys,
    store: sessions,
    secretOf: (variable) => process.env[variable],
    today: () => {
      const at = Date.now();
      const day = calendar(at);
      return { lo: day, hi: day, at };
    },
    deadlineMs: config.DEADLINE_MS,
    ...(config.SANDBOX && { suggestedPath: FHIR_PATH }),
    ...watch,
  });
  return { app, sealKeys };
}

/** Makes what the links of cards to the worksheet need. @param baseOf the base under which the client of a call reaches us */
export const worksheetLinks = (keys: SealKeys, baseOf: (req: Request) => string): WorksheetLinks => ({
  launchUrlOf: (req) => `${baseOf(req)}/smart/launch`,
  contextOf: async (order) => appContextText(await sealOrder(order, keys)),
});
