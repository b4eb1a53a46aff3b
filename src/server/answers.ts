import type { Logger } from 'pino';
import { type AnswerRows, type AnswerStore, SealedAnswers } from '../answer-store/answer-store.ts';
import type { EhrRegistry } from '../ehr/ehr-registry.ts';
import { type Config, ConfigError } from './config.ts';

const DAY_MS = 86_400_000;

/** The secrets of the configuration, newest first; none in development. */
export const appSecrets = (config: Config): readonly Uint8Array[] =>
  (config.APP_SECRET?.split(' ') ?? []).map((s) => Buffer.from(s, 'base64url'));

/** Answers kept for EHRs that take none, and the end of removing old ones. */
export interface KeptAnswers {
  readonly store: AnswerStore;
  readonly stop: () => void;
}

/** Where answers can be kept that an EHR does not take. @param rows the store of this deployment */
export function keptAnswers(config: Config, rows: AnswerRows, logger: Logger): KeptAnswers {
  const purge = (): void => {
    rows.purgeAnswers(new Date().toISOString()).then(
      (removed) => removed > 0 && logger.info({ removed }, 'expired answers removed'),
      () => logger.error('expired answers could not be removed'),
    );
  };
  purge();
  const timer = setInterval(purge, DAY_MS).unref();
  return {
    store: new SealedAnswers(rows, appSecrets(config), config.ANSWERS_KEEP_DAYS),
    stop: () => clearInterval(timer),
  };
}

/**
 * The place for answers, when an EHR of the registry wants that.
 * @throws ConfigError when answers shall be kept and there is no store
 */
export function answersFor(registry: EhrRegistry, kept: KeptAnswers | undefined): AnswerStore | undefined {
  const keeping = registry.ehrs.find((e) => e.smart?.answerStore === true);
  if (keeping === undefined) return undefined;
  if (kept === undefined)
    throw new ConfigError(
      `DECISIONS: off, but the EHR "${keeping.id}" keeps answers (answer-store): name a file, or set DATABASE_URL`,
    );
  return kept.store;
}
