/** Where the FHIR server of the sandbox stands. */
export const FHIR_PATH = '/sandbox/fhir';
