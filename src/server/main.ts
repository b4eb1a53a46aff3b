import { pino } from 'pino';
import { calendarOf } from '../dates/day.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { InvalidFileError } from '../yaml/yaml-file.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { ListenError, listen } from './listen.ts';
import { createService } from './service.ts';

const GRACE_MS = 10_000;

/** One clear line on why the service does not start. */
function stop(error: unknown): never {
  if (error instanceof InvalidFileError) for (const problem of error.problems) console.error(problem);
  else if (error instanceof ConfigError) console.error(`bad setting: ${error.message}`);
  else if (error instanceof ListenError) console.error(error.message);
  else console.error(error);
  process.exit(1);
}

/** The sandbox EHR, loaded only when it is served. */
async function sandboxOf(config: Config): Promise<Sandbox | undefined> {
  if (!config.SANDBOX) return undefined;
  const { createSandbox } = await import('../sandbox/sandbox.ts');
  return createSandbox({
    today: calendarOf(config.TIME_ZONE)(Date.now()),
    bodyLimit: config.BODY_LIMIT,
    publicUrl: config.PUBLIC_URL,
  });
}

/** Where this machine reaches the service; an address that means "all of them" is reached by loopback. */
function localBase(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Output that nobody reads any more (a closed pipe) is no reason to die. */
function surviveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
}

async function main(): Promise<void> {
  surviveClosedOutput();
  const config = readConfig(process.env);
  const logger = pino({ level: config.LOG_LEVEL, base: null });
  const sandbox = await sandboxOf(config);
  const service = createService(config, logger, sandbox);
  const listening = await listen(service.app, config.HOST, config.PORT);
  const local = localBase(config.HOST, listening.port);
  const told = sandbox === undefined ? undefined : await import('../sandbox/start-message.ts');
  if (told !== undefined) console.log(told.openMessage(config.PUBLIC_URL ?? local));
  console.log(`CDS Hooks   ${config.PUBLIC_URL ?? local}/cds-services`);
  if (config.development)
    console.log(
      'DEVELOPMENT MODE: every loopback address is a registered EHR, tokens are not demanded. Set NODE_ENV=production to turn it off.',
    );
  if (sandbox !== undefined && told !== undefined) console.log(told.startMessage(sandbox, local));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      service.drain();
      void listening
        .close(GRACE_MS)
        .then(() => service.close())
        .finally(() => process.exit(0));
    });
  }
}

main().catch(stop);
