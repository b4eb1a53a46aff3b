import { type Logger, pino } from 'pino';
import { calendarOf } from '../dates/day.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { Config } from './config.ts';
import { listen } from './listen.ts';
import { problemLines } from './problem-lines.ts';
import { localBase, sayListening } from './said-at-start.ts';
import { createService, type Service } from './service.ts';

/** So long a process waits at its start for a database that it shares with others: what they have seen counts from its first call. */
const STORE_MS = 3_000;
/** So long a process may take to end: an idle connection lasts ten seconds. */
export const GRACE_MS = 15_000;

/** The sandbox EHR, loaded only when it is served. */
async function sandboxOf(config: Config): Promise<Sandbox | undefined> {
  if (!config.SANDBOX) return undefined;
  const { createSandbox } = await import('../sandbox/sandbox.ts');
  return createSandbox({
    today: calendarOf(config.TIME_ZONE)(Date.now()),
    bodyLimit: config.BODY_LIMIT,
    publicUrl: config.PUBLIC_URL,
    ...(config.SANDBOX_FHIR !== undefined && {
      remote: { base: config.SANDBOX_FHIR, token: config.SANDBOX_FHIR_TOKEN },
    }),
  });
}

/** Puts the content that stands in the files now in force; the old one stays when there is something wrong with it. */
function reload(service: Service, logger: Logger): void {
  try {
    service.prepare()();
    logger.info('the content was read again and is in force');
  } catch (error) {
    const problems = problemLines(error);
    if (problems === undefined) logger.error({ error: String(error) }, 'the content could not be read again');
    else for (const problem of problems) logger.error({ problem }, 'the content on disk is not valid');
    logger.error('the content that was in force stays in force');
  }
}

/** Serves in this process alone. @throws InvalidFileError, ConfigError, ListenError */
export async function serveAlone(config: Config): Promise<void> {
  const logger = pino({ level: config.LOG_LEVEL, base: null });
  const sandbox = await sandboxOf(config);
  const service = createService(config, logger, sandbox);
  if (config.DATABASE_URL !== undefined)
    await Promise.race([service.opened, new Promise((resolve) => setTimeout(resolve, STORE_MS).unref())]);
  const listening = await listen(service.app, config.HOST, config.PORT);
  const local = localBase(config.HOST, listening.port);
  const told = sandbox === undefined ? undefined : await import('../sandbox/start-message.ts');
  if (told !== undefined) console.log(told.openMessage(config.PUBLIC_URL ?? local));
  sayListening(config, listening.port);
  if (sandbox !== undefined && told !== undefined) console.log(told.startMessage(sandbox, local));
  const end = (idle: 'wait' | 'cut'): void => {
    service.drain();
    void listening
      .close({ graceMs: GRACE_MS, idle })
      .then(() => service.close())
      .finally(() => process.exit(0));
  };
  process.once('SIGTERM', () => end('wait'));
  // Somebody at a keyboard does not want to wait for a browser.
  process.once('SIGINT', () => end('cut'));
  process.on('SIGHUP', () => reload(service, logger));
  process.on('SIGUSR2', () => logger.error('SIGUSR2 replaces processes one by one: it needs WORKERS of 2 or more'));
}
