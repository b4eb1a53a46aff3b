import type { Ehr } from '../ehr/ehr-registry.ts';
import type { FhirAccess } from '../ehr/fhir-access.ts';
import type { OrderContext } from './order-context.ts';

/** One launch of the app for one patient, kept on the server. The browser holds a random session id and no token. */
export interface Launched {
  /** at least 128 random bits as base64url; stands in the paths of its pages */
  readonly id: string;
  readonly ehr: Ehr;
  /** FHIR base, equal to the iss of the launch */
  readonly base: string;
  readonly patientId: string;
  readonly encounterId?: string;
  /** "Practitioner/x", local to the base; absent when the EHR did not say who launched */
  readonly fhirUser?: string;
  /** the granted scopes, as answered */
  readonly scope: string;
  /** the order that the worksheet is about: from the card's link, verified, or chosen */
  readonly order?: OrderContext;
  /** has to come back with every POST, as hidden field or header */
  readonly csrf: string;
  /** false when the EHR shows the patient's name beside the page */
  readonly needsBanner: boolean;
  /**
   * FHIR access with a valid token, refreshed when it is about to expire.
   * @param signal ends every call made with it
   * @throws SessionEnded when there is no valid token and none can be had
   */
  access(signal: AbortSignal): Promise<FhirAccess>;
}

/** The access to the EHR has ended: the app has to be launched again. */
export class SessionEnded extends Error {
  readonly code = 'SESSION_ENDED';

  constructor() {
    super('the session has ended; launch again from the EHR');
  }
}
