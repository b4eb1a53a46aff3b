import { type Ehr, type EhrRegistry, isBase, normalBase } from '../ehr/ehr-registry.ts';
import { isLoopback } from '../ehr/network.ts';
import { OUTCOMES } from '../policy/assessment.ts';
import type { CdsClient } from './client-tokens.ts';

/** Whose call it is, and whether its FHIR server may be called. */
export interface Caller {
  /** the settings that apply: the authenticated client's, else those of the FHIR base */
  readonly ehr?: Ehr;
  /** present when the FHIR base of the call is registered for this caller */
  readonly fhir?: { readonly privateNetwork: boolean };
}

/** Finds the caller of a hook. @param fhirServer as the call states it @param client as its token proves it */
export type FindCaller = (fhirServer: string | undefined, client: CdsClient | undefined) => Caller;

/** The EHR behind any loopback address in development mode. */
const LOOPBACK_EHR: Ehr = {
  id: 'loopback',
  name: 'Development (any loopback address)',
  fhirBases: [],
  issuers: [],
  privateNetwork: true,
  allowedOrigins: [],
  prefetch: 'full',
  show: new Set(OUTCOMES),
  orderables: new Map(),
  localCodes: new Map(),
  quirks: new Set(),
};

/** Is this the URL of a loopback address? */
export const isLoopbackUrl = (url: string): boolean => URL.canParse(url) && isLoopback(new URL(url));

/**
 * The FHIR base of a call must be registered for the client that calls; in development mode every loopback base is
 * registered, with the settings of the registry's `development` entry, and so is a client that names no base.
 */
export function callerFinder(registry: EhrRegistry, development: boolean): FindCaller {
  const local = registry.byId('development') ?? LOOPBACK_EHR;
  return (fhirServer, client) => {
    const loopback = development && fhirServer !== undefined && isBase(fhirServer) && isLoopbackUrl(fhirServer);
    if (client !== undefined) {
      const own = fhirServer !== undefined && client.ehr.fhirBases.includes(normalBase(fhirServer));
      return {
        ehr: client.ehr,
        ...((own || loopback) && { fhir: { privateNetwork: client.ehr.privateNetwork || loopback } }),
      };
    }
    if (fhirServer === undefined) return development ? { ehr: local } : {};
    const ehr = registry.byBase(fhirServer) ?? (loopback ? local : undefined);
    return ehr === undefined ? {} : { ehr, fhir: { privateNetwork: ehr.privateNetwork || loopback } };
  };
}

/**
 * Finds how much of the chart the EHR that asks for discovery wants to prefetch: by its token, or by the page that a browser
 * shows. Where neither tells, little is asked for only when every EHR wants it so.
 */
export function prefetchFinder(
  registry: EhrRegistry,
  development: boolean,
): (client: CdsClient | undefined, origin: string | undefined) => Ehr['prefetch'] {
  const local = development ? registry.byId('development') : undefined;
  const lean = registry.ehrs.length > 0 && registry.ehrs.every((e) => e.prefetch === 'lean');
  return (client, origin) => {
    const ehr = client?.ehr ?? (origin === undefined ? undefined : registry.byOrigin(origin)) ?? local;
    return ehr?.prefetch ?? (lean ? 'lean' : 'full');
  };
}
