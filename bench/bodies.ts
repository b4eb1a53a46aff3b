import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expandVignettes, type Vignette } from '../src/vignettes/expand.ts';
import { VignettesFile } from '../src/vignettes/schema.ts';
import { vignetteToFhir } from '../src/vignettes/to-fhir.ts';
import { parseYaml } from '../src/yaml/yaml-file.ts';
import { SERVICE } from './load.ts';

const CANONICAL_BASE = 'https://payer-policy-cds.example.org/fhir';
export type Resource = Record<string, unknown> & { resourceType: string; id: string };

/** The chart that is measured: subacute radicular pain after a full course of physical therapy. */
function story(): Vignette {
  const file = resolve(import.meta.dirname, 'story.yaml');
  const [first] = expandVignettes(parseYaml(file, readFileSync(file, 'utf8'), VignettesFile));
  if (first === undefined) throw new Error('bench/story.yaml holds no vignette');
  return first;
}

const LABS = ['2345-7', '2160-0', '718-7', '4548-4', '2823-3', '3016-3', '2093-3', '8867-4', '29463-7', '8310-5'];
const SUBJECT = { reference: 'Patient/p1' };

/** Everyday resources of a chart: laboratory values, problems, visits, drugs. About 0.7 KB each. */
export function everyday(n: number): Resource {
  const date = `20${18 + (n % 6)}-0${1 + (n % 9)}-1${n % 9}`;
  const text = { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">Entry ${n} of the record</div>` };
  const meta = {
    versionId: '1',
    lastUpdated: `${date}T08:00:00Z`,
    profile: ['http://hl7.org/fhir/us/core/StructureDefinition/us-core-entry'],
  };
  switch (n % 5) {
    case 0:
      return {
        resourceType: 'Condition',
        id: `c${n}`,
        meta,
        text,
        clinicalStatus: {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }],
        },
        verificationStatus: {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'confirmed' }],
        },
        code: {
          coding: [
            { system: 'http://hl7.org/fhir/sid/icd-10-cm', code: 'I10', display: 'Essential (primary) hypertension' },
          ],
        },
        subject: SUBJECT,
        onsetDateTime: date,
        recordedDate: date,
      };
    case 1:
      return {
        resourceType: 'Encounter',
        id: `e${n}`,
        meta,
        text,
        status: 'finished',
        class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
        type: [{ coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '99213' }] }],
        period: { start: date, end: date },
        reasonCode: [{ coding: [{ system: 'http://hl7.org/fhir/sid/icd-10-cm', code: 'E78.5' }] }],
        subject: SUBJECT,
      };
    case 2:
      return {
        resourceType: 'MedicationRequest',
        id: `m${n}`,
        meta,
        text,
        status: 'active',
        intent: 'order',
        medicationCodeableConcept: {
          coding: [{ system: 'http://www.nlm.nih.gov/research/umls/rxnorm', code: '29046', display: 'lisinopril' }],
        },
        authoredOn: date,
        subject: SUBJECT,
      };
    default:
      return {
        resourceType: 'Observation',
        id: `o${n}`,
        meta,
        text,
        status: 'final',
        category: [
          { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] },
        ],
        code: { coding: [{ system: 'http://loinc.org', code: LABS[n % LABS.length] }] },
        effectiveDateTime: date,
        valueQuantity: { value: n % 200, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' },
        interpretation: [
          { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: 'N' }] },
        ],
        subject: SUBJECT,
      };
  }
}

/** Resources of which each speaks of the spine: pain, visits for it, therapy, drugs, scores. */
function aboutTheSpine(n: number): Resource {
  const date = `2025-0${1 + (n % 6)}-${10 + (n % 19)}`;
  const pain = { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10-cm', code: n % 2 === 0 ? 'M54.50' : 'M54.16' }] };
  const own = { id: `s${n}`, subject: SUBJECT };
  switch (n % 5) {
    case 0:
      return { ...own, resourceType: 'Condition', code: pain, onsetDateTime: date, recordedDate: date };
    case 1:
      return {
        ...own,
        resourceType: 'Encounter',
        status: 'finished',
        class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
        period: { start: date, end: date },
        reasonCode: [pain],
      };
    case 2:
      return {
        ...own,
        resourceType: 'Procedure',
        status: 'completed',
        code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '97110' }] },
        performedDateTime: date,
        reasonCode: [pain],
      };
    case 3:
      return {
        ...own,
        resourceType: 'MedicationRequest',
        status: 'active',
        intent: 'order',
        medicationCodeableConcept: {
          coding: [{ system: 'http://www.nlm.nih.gov/research/umls/rxnorm', code: '5640', display: 'ibuprofen' }],
        },
        authoredOn: date,
        reasonCode: [pain],
      };
    default:
      return {
        ...own,
        resourceType: 'Observation',
        status: 'final',
        category: [
          { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'survey' }] },
        ],
        code: { coding: [{ system: 'http://loinc.org', code: '72514-3' }] },
        effectiveDateTime: date,
        valueQuantity: { value: n % 11, unit: '{score}', system: 'http://unitsofmeasure.org', code: '{score}' },
      };
  }
}

const concept = (system: string, code: string) => ({ coding: [{ system, code }] });
const ICD10CM = 'http://hl7.org/fhir/sid/icd-10-cm';
const RXNORM = 'http://www.nlm.nih.gov/research/umls/rxnorm';
const CPT = 'http://www.ama-assn.org/go/cpt';
const SNOMED = 'http://snomed.info/sct';
const of = <T>(list: readonly [T, ...T[]], n: number): T => list[n % list.length] ?? list[0];

/** Resources that speak of the same few things and say different things of them: what is compared with each other most. */
function contradicting(n: number): Resource {
  const date = `2025-0${1 + (n % 6)}-${10 + (n % 19)}`;
  const own = { id: `k${n}`, subject: SUBJECT };
  const drug = concept(RXNORM, of(['5640', '7258', '8640', '3264'], n));
  const service = concept(CPT, of(['63047', '22612', '62323', '97110'], n));
  const finding = concept(ICD10CM, of(['M54.50', 'M54.16', 'C79.51', 'M21.371', 'G83.4'], n));
  const diagnosis = { ...own, resourceType: 'Condition', code: finding, recordedDate: date };
  switch (n % 10) {
    case 0:
      return {
        ...own,
        resourceType: 'MedicationStatement',
        status: 'not-taken',
        medicationCodeableConcept: drug,
        effectiveDateTime: date,
      };
    case 1:
      return {
        ...own,
        resourceType: 'MedicationRequest',
        status: 'active',
        intent: 'order',
        medicationCodeableConcept: drug,
        authoredOn: date,
      };
    case 2:
      return {
        resourceType: 'AllergyIntolerance',
        id: `k${n}`,
        patient: SUBJECT,
        verificationStatus: { coding: [{ code: 'confirmed' }] },
        code: drug,
        recordedDate: date,
      };
    case 3:
      return { ...diagnosis, verificationStatus: { coding: [{ code: 'refuted' }] } };
    case 4:
      return { ...diagnosis, verificationStatus: { coding: [{ code: 'provisional' }] } };
    case 5:
      return { ...diagnosis, clinicalStatus: { coding: [{ code: 'resolved' }] }, abatementDateTime: date };
    case 6:
      return {
        ...own,
        resourceType: 'ServiceRequest',
        status: 'active',
        intent: 'order',
        doNotPerform: n % 20 === 6,
        code: service,
        authoredOn: date,
      };
    case 7:
      return {
        ...own,
        resourceType: 'Procedure',
        status: n % 20 === 7 ? 'not-done' : 'completed',
        code: service,
        performedDateTime: date,
      };
    case 8:
      return {
        ...own,
        resourceType: 'Encounter',
        status: 'finished',
        class: { code: 'AMB' },
        type: [concept(CPT, '99213')],
        period: { start: date, end: date },
        reasonCode: [finding],
      };
    default:
      return {
        ...own,
        resourceType: 'Observation',
        status: 'final',
        code: concept(SNOMED, of(['6077001', '299707006', '26544005'], n)),
        valueCodeableConcept: concept(SNOMED, n % 20 === 9 ? '52101004' : '2667000'),
        effectiveDateTime: date,
        encounter: { reference: `Encounter/k${n - 1}` },
      };
  }
}

const MAKERS = { everyday, spine: aboutTheSpine, contradicting } as const;

/** What a chart holds beside the story. */
export type Kind = keyof typeof MAKERS;

/** Everything about the patient of the story, and its order. @param extra number of resources beside the story */
export function storyChart(
  extra: number,
  kind: Kind = 'everyday',
): Omit<ReturnType<typeof vignetteToFhir>, 'chart'> & { readonly chart: readonly Resource[] } {
  const own = vignetteToFhir(story(), CANONICAL_BASE);
  const make = MAKERS[kind];
  return { ...own, chart: [...own.chart, ...Array.from({ length: extra }, (_, i) => make(i))] };
}

/** Prefetch keys by resource type, as discovery advertises them. */
export type PrefetchKeys = Readonly<Record<string, string>>;

/** Asks a service for its prefetch keys: resource type to key. */
export async function prefetchKeysOf(base: string): Promise<PrefetchKeys> {
  const { services } = (await (await fetch(`${base}/cds-services`)).json()) as {
    readonly services: readonly { readonly id: string; readonly prefetch: Readonly<Record<string, string>> }[];
  };
  const prefetch = services.find((s) => s.id === SERVICE)?.prefetch ?? {};
  return Object.fromEntries(
    Object.entries(prefetch).flatMap(([key, template]) =>
      template.includes('?') && key !== 'answers' ? [[template.slice(0, template.indexOf('?')), key]] : [],
    ),
  );
}

export const searchset = (resources: readonly Resource[]): unknown => ({
  resourceType: 'Bundle',
  type: 'searchset',
  total: resources.length,
  entry: resources.map((resource) => ({
    fullUrl: `https://ehr.example.org/r4/${resource.resourceType}/${resource.id}`,
    resource,
    search: { mode: 'match' },
  })),
});

const call = (order: unknown, more: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    hook: 'order-select',
    hookInstance: '6b7b8a3e-5b0c-4c2e-9a51-0f6f3cf5e1aa',
    context: {
      userId: 'Practitioner/orderer',
      patientId: 'p1',
      selections: ['ServiceRequest/order-1'],
      draftOrders: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: order }] },
    },
    ...more,
  });

/** An order-select request with a full prefetch. @param extra number of resources beside the story */
export function orderSelect(keys: PrefetchKeys, extra: number, kind: Kind = 'everyday'): string {
  const { patient, order, coverage, chart } = storyChart(extra, kind);
  const searches = Object.entries(keys).map(([type, key]): [string, unknown] => [
    key,
    searchset(type === 'Coverage' ? [coverage] : chart.filter((r) => r.resourceType === type)),
  ]);
  const prefetch = { patient, practitioner: null, answers: searchset([]), ...Object.fromEntries(searches) };
  return call(order, { prefetch });
}

/** An order-select request without prefetch, that lets the service read the chart. */
export const orderSelectByToken = (fhirServer: string): string =>
  call(storyChart(0).order, {
    fhirServer,
    fhirAuthorization: {
      access_token: 'a-token',
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'patient/*.rs user/*.rs',
      subject: 'cds-service',
    },
  });
