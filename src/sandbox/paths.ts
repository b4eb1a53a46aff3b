/** Where the page of the sandbox EHR stands. */
export const SANDBOX_PATH = '/sandbox';

/** Where the FHIR server of the sandbox stands. */
export const FHIR_PATH = '/sandbox/fhir';

/** Where the sandbox publishes the key of its hook calls. */
export const JWKS_PATH = '/sandbox/.well-known/jwks.json';
