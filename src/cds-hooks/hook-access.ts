import type { Calendar, Interval } from '../dates/day.ts';
import { FhirAccess, type FhirCall } from '../ehr/fhir-access.ts';
import { permissions } from '../ehr/granted-scopes.ts';
import type { Caller } from '../trust/caller.ts';
import type { Budget } from './budget.ts';

/** What a hook call grants of the EHR's FHIR server. */
interface Granted {
  readonly fhirServer?: string | undefined;
  readonly fhirAuthorization?: { readonly access_token: string; readonly scope: string } | undefined;
}

/** Access to the EHR for the length of one hook call. */
export interface HookAccess {
  /** absent when the call grants none, or its server is not registered for the caller */
  readonly fhir: FhirAccess | undefined;
  /** what was asked of the EHR so far */
  readonly calls: readonly FhirCall[];
  /** gives up what is still asked: nothing is asked after an answer */
  readonly end: () => void;
}

/** Opens access to the EHR of a call. At the end of its time everything that is still asked is given up. */
export function hookAccess({ fhirServer, fhirAuthorization }: Granted, caller: Caller, { until }: Budget): HookAccess {
  const calls: FhirCall[] = [];
  if (fhirServer === undefined || caller.fhir === undefined || fhirAuthorization === undefined)
    return { fhir: undefined, calls, end: () => {} };
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(), Math.max(1, Math.ceil(until - performance.now()))).unref();
  const fhir = new FhirAccess({
    base: fhirServer,
    token: fhirAuthorization.access_token,
    permitted: permissions(fhirAuthorization.scope),
    privateNetwork: caller.fhir.privateNetwork,
    signal: ended.signal,
    until,
    onCall: (call) => calls.push(call),
  });
  const end = (): void => {
    clearTimeout(timer);
    ended.abort();
  };
  return { fhir, calls, end };
}

/** Now, with its day in the configured time zone. */
export function nowIn(calendar: Calendar): Interval {
  const at = Date.now();
  const day = calendar(at);
  return { lo: day, hi: day, at };
}
