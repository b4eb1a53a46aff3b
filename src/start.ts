#!/usr/bin/env node
import { pino } from 'pino';
import { ConfigError, readConfig } from './server/config.ts';
import { ListenError, listen } from './server/listen.ts';
import { createService } from './server/service.ts';
import { InvalidFileError } from './yaml/yaml-file.ts';

const GRACE_MS = 10_000;

/** One clear line on why the service does not start. */
function stop(error: unknown): never {
  if (error instanceof InvalidFileError) for (const problem of error.problems) console.error(problem);
  else if (error instanceof ConfigError) console.error(`bad setting: ${error.message}`);
  else if (error instanceof ListenError) console.error(error.message);
  else console.error(error);
  process.exit(1);
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const logger = pino({ level: config.LOG_LEVEL, base: null });
  const service = createService(config, logger);
  const listening = await listen(service.app, config.HOST, config.PORT);
  const base = config.PUBLIC_URL ?? `http://${config.HOST}:${listening.port}`;
  console.log(`CDS Hooks   ${base}/cds-services`);
  if (config.development)
    console.log(
      'DEVELOPMENT MODE: every loopback address is a registered EHR, tokens are not demanded. Set NODE_ENV=production to turn it off.',
    );
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      void listening.close(GRACE_MS).then(() => process.exit(0));
    });
  }
}

main().catch(stop);
