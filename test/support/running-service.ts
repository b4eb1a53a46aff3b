import { pino } from 'pino';
import { calendarOf } from '../../src/dates/day.ts';
import type { Paging } from '../../src/sandbox/fhir/search-query.ts';
import { FHIR_PATH } from '../../src/sandbox/paths.ts';
import type { RemoteSetting } from '../../src/sandbox/remote/remote-fhir.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { readConfig } from '../../src/server/config.ts';
import { listen } from '../../src/server/listen.ts';
import { createService, type Service } from '../../src/server/service.ts';

/** The service with its sandbox on a free port of this machine. */
export interface Running {
  readonly base: string;
  /** FHIR base of the sandbox */
  readonly fhir: string;
  readonly service: Service;
  readonly sandbox: Sandbox;
  readonly close: () => Promise<void>;
}

/** Starts the service with its sandbox, as development does. @param remote another FHIR server that the sandbox shows */
export async function startService(paging?: Paging, remote?: RemoteSetting): Promise<Running> {
  const config = readConfig({ NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'silent', DECISIONS: 'off' });
  const sandbox = createSandbox({
    today: calendarOf(config.TIME_ZONE)(Date.now()),
    bodyLimit: config.BODY_LIMIT,
    ...(paging !== undefined && { paging }),
    ...(remote !== undefined && { remote }),
  });
  const service = createService(config, pino({ level: 'silent' }), sandbox);
  const listening = await listen(service.app, '127.0.0.1', 0);
  const base = `http://127.0.0.1:${listening.port}`;
  return {
    base,
    fhir: `${base}${FHIR_PATH}`,
    service,
    sandbox,
    close: () => listening.close({ graceMs: 1000, idle: 'cut' }),
  };
}
