/** The parts of a chart that are retrieved separately, by FHIR resource type. */
export const SECTIONS = [
  'Condition',
  'Procedure',
  'Observation',
  'DiagnosticReport',
  'ImagingStudy',
  'MedicationRequest',
  'MedicationStatement',
  'MedicationDispense',
  'MedicationAdministration',
  'ServiceRequest',
  'Encounter',
  'AllergyIntolerance',
  'Device',
  'FamilyMemberHistory',
  'QuestionnaireResponse',
  'PractitionerRole',
  'Claim',
  'ExplanationOfBenefit',
  'CarePlan',
  'DocumentReference',
] as const;
export type Section = (typeof SECTIONS)[number];

/**
 * How much of a section was seen. `truncated`: some of it is missing; `failed`: the request failed or was never answered;
 * `not-available`: the server does not have it or does not let us read it, or it was not asked for.
 */
export type SectionState = 'complete' | 'truncated' | 'failed' | 'not-available';

export interface RetrievedSection {
  readonly state: SectionState;
  readonly resources: readonly unknown[];
}
