import { type Ehr, type EhrRegistry, isBase, normalBase } from '../ehr/ehr-registry.ts';
import type { SmartRegistration } from '../ehr/smart-registration.ts';
import { isLoopbackUrl } from '../trust/caller.ts';

/** An EHR at which the app is registered, and the FHIR base that a launch names. */
export interface LaunchingEhr {
  readonly ehr: Ehr & { readonly smart: SmartRegistration };
  readonly base: string;
  /** the same as the launch wrote it, e.g. with a slash at its end: servers compare it with what they sent */
  readonly iss: string;
  readonly privateNetwork: boolean;
}

/** Finds the EHR of a launch. @param iss the FHIR base as the launch names it */
export type FindLaunchingEhr = (iss: string) => LaunchingEhr | undefined;

const LONGEST = 2048;

/**
 * Only registered FHIR bases may launch the app; in development mode every loopback base belongs to the registry's
 * `development` entry.
 */
export function launchingEhrFinder(registry: EhrRegistry, development: boolean): FindLaunchingEhr {
  const local = development ? registry.byId('development') : undefined;
  return (iss) => {
    if (iss.length > LONGEST || !isBase(iss)) return undefined;
    const registered = registry.byBase(iss);
    const ehr = registered ?? (isLoopbackUrl(iss) ? local : undefined);
    if (ehr?.smart === undefined) return undefined;
    const privateNetwork = ehr.privateNetwork || registered === undefined;
    return { ehr: { ...ehr, smart: ehr.smart }, base: normalBase(iss), iss, privateNetwork };
  };
}
