import { SECTIONS, type Section } from './sections.ts';

/** One search of the chart: the key under which it is prefetched, and its parameters. */
export interface ChartQuery {
  /** prefetch key */
  readonly key: string;
  readonly section: Section | 'Coverage' | 'Practitioner';
  readonly params: Readonly<Record<string, string>>;
  /** its failure leaves the section complete all the same */
  readonly extra?: boolean;
}

/** Categories that a server may demand for a search of Observations. */
const OBSERVATION_CATEGORIES = [
  'laboratory',
  'vital-signs',
  'survey',
  'exam',
  'imaging',
  'procedure',
  'therapy',
  'activity',
  'social-history',
  // of US Core
  'functional-status',
  'disability-status',
  'clinical-test',
];
const PAGE = '500';

const KEYS: Readonly<Record<Section, string>> = {
  Condition: 'conditions',
  Procedure: 'procedures',
  Observation: 'observations',
  DiagnosticReport: 'diagnosticReports',
  ImagingStudy: 'imagingStudies',
  MedicationRequest: 'medicationRequests',
  MedicationStatement: 'medicationStatements',
  MedicationDispense: 'medicationDispenses',
  MedicationAdministration: 'medicationAdministrations',
  ServiceRequest: 'serviceRequests',
  Encounter: 'encounters',
  AllergyIntolerance: 'allergies',
  Device: 'devices',
  FamilyMemberHistory: 'familyHistory',
  QuestionnaireResponse: 'questionnaireResponses',
  PractitionerRole: 'practitionerRoles',
  Claim: 'claims',
  ExplanationOfBenefit: 'explanationsOfBenefit',
  CarePlan: 'carePlans',
  DocumentReference: 'documents',
};

/** Sections that only help to answer; they are large, and asked for only where an EHR's service file says so. */
export const LEAD_SECTIONS: readonly Section[] = ['Claim', 'ExplanationOfBenefit', 'CarePlan', 'DocumentReference'];

/** What the searches of a chart are filled with: plain ids, or prefetch tokens. */
export interface ChartIds {
  /** bare patient id */
  readonly patient: string;
  /** bare id of the practitioner who orders; without it roles are not searched */
  readonly practitioner?: string;
}

/**
 * The searches for a chart, each qualified as real servers demand and in the form that CDS Hooks clients can prefetch: one
 * parameter per name, plain values.
 * @param sections the sections that the loaded policies need
 * @param factSystem code system of the facts, for answers documented as Observations
 */
export function chartQueries(ids: ChartIds, sections: ReadonlySet<Section>, factSystem: string): readonly ChartQuery[] {
  const { patient, practitioner } = ids;
  const searches = SECTIONS.flatMap((section): readonly ChartQuery[] => {
    if (!sections.has(section)) return [];
    const key = KEYS[section];
    if (section === 'PractitionerRole')
      return practitioner === undefined ? [] : [{ key, section, params: { practitioner, _count: PAGE } }];
    const category: Readonly<Record<string, string>> =
      section === 'Observation' ? { category: OBSERVATION_CATEGORIES.join(',') } : {};
    return [{ key, section, params: { patient, ...category, _count: PAGE } }];
  });
  return [
    ...searches,
    { key: 'answers', section: 'Observation', params: { patient, code: `${factSystem}|`, _count: PAGE }, extra: true },
  ];
}

/** The search for the patient's coverages. */
export const coverageQuery = (patient: string): ChartQuery => ({
  key: 'coverages',
  section: 'Coverage',
  params: { patient, status: 'active', _count: '50' },
});

/** The section that a prefetch key belongs to. */
export const sectionOfKey = (key: string): Section | undefined => SECTIONS.find((s) => KEYS[s] === key);
