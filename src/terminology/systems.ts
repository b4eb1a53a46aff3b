/** Code systems that code sets speak of, with the URIs and OIDs under which charts name them. */
export const SYSTEMS = {
  icd10cm: [
    'http://hl7.org/fhir/sid/icd-10-cm',
    'urn:oid:2.16.840.1.113883.6.90',
    'http://hl7.org/fhir/sid/icd-10',
    'http://terminology.hl7.org/CodeSystem/icd10CM',
  ],
  icd10pcs: [
    'http://www.cms.gov/Medicare/Coding/ICD10',
    'https://www.cms.gov/Medicare/Coding/ICD10',
    'http://hl7.org/fhir/sid/icd-10-pcs',
    'http://terminology.hl7.org/CodeSystem/icd10PCS',
    'urn:oid:2.16.840.1.113883.6.4',
  ],
  snomed: ['http://snomed.info/sct', 'urn:oid:2.16.840.1.113883.6.96'],
  cpt: [
    'http://www.ama-assn.org/go/cpt',
    'https://www.ama-assn.org/go/cpt',
    'urn:oid:2.16.840.1.113883.6.12',
    'https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets',
    'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets',
    'https://bluebutton.cms.gov/resources/codesystem/hcpcs',
    'urn:oid:2.16.840.1.113883.6.285',
    'urn:oid:2.16.840.1.113883.6.14',
  ],
  loinc: ['http://loinc.org', 'https://loinc.org', 'urn:oid:2.16.840.1.113883.6.1'],
  icdo3: [
    'http://terminology.hl7.org/CodeSystem/icd-o-3',
    'http://hl7.org/fhir/sid/icd-o-3',
    'urn:oid:2.16.840.1.113883.6.43.1',
  ],
  rxnorm: ['http://www.nlm.nih.gov/research/umls/rxnorm', 'urn:oid:2.16.840.1.113883.6.88'],
  nucc: ['http://nucc.org/provider-taxonomy', 'urn:oid:2.16.840.1.113883.6.101'],
  mrsafety: [
    'urn:oid:2.16.840.1.113883.3.26.1.1',
    'http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl',
    'http://ncit.nci.nih.gov',
    'http://ncithesaurus-stage.nci.nih.gov',
    'http://ncimeta.nci.nih.gov',
  ],
} as const;

export type System = keyof typeof SYSTEMS;
export const SYSTEM_NAMES = Object.keys(SYSTEMS) as System[];

const BY_URI: ReadonlyMap<string, System> = new Map(
  SYSTEM_NAMES.flatMap((name) => SYSTEMS[name].map((uri): [string, System] => [uri, name])),
);

/**
 * Charts write an edition or a version into the system of a code, end it with a slash, or begin it with "https", against what FHIR
 * says.
 */
const EDITION = /^(http:\/\/snomed\.info\/sct)\/\d{1,18}(?:\/version\/\d{1,8})?$/;
function ofPlain(uri: string): System | undefined {
  const [system = ''] = uri.split('|', 1);
  const whole = system.endsWith('/') ? system.slice(0, -1) : system;
  const http = whole.replace(/^https:/, 'http:');
  return BY_URI.get(whole) ?? BY_URI.get(EDITION.exec(http)?.[1] ?? http);
}

/** The code system of a FHIR Coding.system, if it is one that code sets use. */
export const systemOf = (uri: string): System | undefined =>
  BY_URI.get(uri) ?? (uri.length > 200 ? undefined : ofPlain(uri));

/** A code system, or `set`: the name of a code set itself, by which an EHR's local codes may be mapped. */
export type CodeSource = System | 'set';
