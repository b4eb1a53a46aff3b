import { ASSESSMENT_EXTENSION } from '../../src/cards/assessment-extension.ts';
import { expandVignettes, type Vignette } from '../../src/vignettes/expand.ts';
import { VignettesFile } from '../../src/vignettes/schema.ts';
import { vignetteToFhir } from '../../src/vignettes/to-fhir.ts';
import { parseYaml } from '../../src/yaml/yaml-file.ts';
import { at, listAt } from './json-path.ts';
import { CANONICAL_BASE } from './knowledge.ts';

export const ORDER_SELECT = 'spine-imaging-order-select';
export const ORDER_SIGN = 'spine-imaging-order-sign';

type Json = Record<string, unknown>;

/** A chart that meets the criteria: acute pain with a suspected cauda equina syndrome. */
const STORY = `
policy: kaiser-wa-lumbar-mri
payer: Kaiser Foundation Health Plan of Washington
vignettes:
  - id: story
    title: Acute pain with a suspected cauda equina syndrome
    order: { study: "72148", date: "2025-06-10", reasons: icd M54.50 }
    chart:
      - { condition: icd M54.50, onset: -10d, recorded: -9d }
      - { condition: icd G83.4, onset: -1d, recorded: -1d, certainty: provisional }
      - { visit: office, date: -1d, reasons: icd M54.50 }
    expect: { outcome: met }
    why: a red flag of section I
`;

const story = (): Vignette => {
  const [vignette] = expandVignettes(parseYaml('story.yaml', STORY, VignettesFile));
  if (vignette === undefined) throw new Error('no story');
  return vignette;
};

/** Resources of the story's chart, order and coverage. */
export const storyFhir = (): ReturnType<typeof vignetteToFhir> => vignetteToFhir(story(), CANONICAL_BASE);

/** The type of resource behind each prefetch key of the chart. */
export const PREFETCH_KEYS: Readonly<Record<string, string>> = {
  conditions: 'Condition',
  procedures: 'Procedure',
  observations: 'Observation',
  diagnosticReports: 'DiagnosticReport',
  imagingStudies: 'ImagingStudy',
  medicationRequests: 'MedicationRequest',
  medicationStatements: 'MedicationStatement',
  medicationDispenses: 'MedicationDispense',
  medicationAdministrations: 'MedicationAdministration',
  serviceRequests: 'ServiceRequest',
  encounters: 'Encounter',
  allergies: 'AllergyIntolerance',
  devices: 'Device',
  familyHistory: 'FamilyMemberHistory',
  questionnaireResponses: 'QuestionnaireResponse',
  practitionerRoles: 'PractitionerRole',
};

export const searchset = (resources: readonly unknown[]): Json => ({
  resourceType: 'Bundle',
  type: 'searchset',
  entry: resources.map((resource) => ({ resource })),
});

/** A complete prefetch of the story's chart. */
export function storyPrefetch(): Json {
  const { patient, coverage, chart } = storyFhir();
  return {
    patient,
    practitioner: null,
    coverages: searchset([coverage]),
    answers: searchset([]),
    ...Object.fromEntries(
      Object.entries(PREFETCH_KEYS).map(([key, type]) => [
        key,
        searchset(chart.filter((r) => r.resourceType === type)),
      ]),
    ),
  };
}

/** A valid order-select call with a complete prefetch; a test changes what it is about. */
export function orderSelectCall(changes: Json = {}): Json {
  const { order } = storyFhir();
  return {
    hook: 'order-select',
    hookInstance: '6b7b8a3e-5b0c-4c2e-9a51-0f6f3cf5e1aa',
    context: {
      userId: 'Practitioner/orderer',
      patientId: 'p1',
      selections: [`ServiceRequest/${order.id}`],
      draftOrders: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: order }] },
    },
    prefetch: storyPrefetch(),
    ...changes,
  };
}

/** The same for order-sign. */
export function orderSignCall(changes: Json = {}): Json {
  const { context, ...rest } = orderSelectCall();
  const { selections: _selections, ...signing } = context as Json;
  return { ...rest, hook: 'order-sign', context: signing, ...changes };
}

/** FHIR access as EHRs grant it. */
export const fhirAccess = (base: string, token = 'a-token'): Json => ({
  fhirServer: base,
  fhirAuthorization: {
    access_token: token,
    token_type: 'Bearer',
    expires_in: 300,
    scope: 'patient/*.rs',
    subject: 'cds-service',
  },
});

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: unknown;
  readonly headers: Headers;
}

/** Posts a body (an object as JSON, a text as it is). */
export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
  });
  const text = await response.text();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  return { status: response.status, text, body: parsed, headers: response.headers };
}

/** The assessments of an answer's cards. */
export const assessmentsOf = (answer: Answer): readonly unknown[] =>
  listAt(answer.body, 'cards').map((card) => (at(card, 'extension') as Json | undefined)?.[ASSESSMENT_EXTENSION]);

/** The outcome of the only card. */
export const outcomeOf = (answer: Answer): unknown => at(assessmentsOf(answer)[0], 'outcome');

/** The fields that an OperationOutcome names. */
export const fieldsOf = (answer: Answer): readonly unknown[] =>
  listAt(answer.body, 'issue').map((issue) => at(issue, 'expression.0'));
