import { isLoopback } from '../ehr/network.ts';
import type { Config } from './config.ts';

/** Where this machine reaches the service; an address that means "all of them" is reached by loopback. */
export function localBase(host: string, port: number): string {
  return baseOf(host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host, port);
}

const baseOf = (host: string, port: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** What the start prints. */
export function sayListening(config: Config, port: number): void {
  const base = config.PUBLIC_URL ?? localBase(config.HOST, port);
  console.log(`CDS Hooks   ${base}/cds-services`);
  if (config.CRD_CONFIG !== undefined) console.log(`Payer mode  ${base}/crd/cds-services`);
  if (config.development)
    console.log(
      'DEVELOPMENT MODE: every loopback address is a registered EHR, tokens are not demanded. Set NODE_ENV=production to turn it off.',
    );
  if (config.development && !isLoopback(new URL(baseOf(config.HOST, port))))
    console.log(
      `OPEN TO THE NETWORK: with HOST=${config.HOST} every machine that reaches this port may call without a token. Leave HOST out, or set NODE_ENV=production.`,
    );
}
