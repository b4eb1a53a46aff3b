import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expandVignettes, type Vignette } from '../src/vignettes/expand.ts';
import { VignettesFile } from '../src/vignettes/schema.ts';
import { vignetteToFhir } from '../src/vignettes/to-fhir.ts';
import { parseYaml } from '../src/yaml/yaml-file.ts';

const CANONICAL_BASE = 'https://payer-policy-cds.example.org/fhir';
type Resource = Record<string, unknown> & { resourceType: string; id: string };

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
function clutter(n: number): Resource {
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

/** Prefetch keys by resource type, as discovery advertises them. */
export type PrefetchKeys = Readonly<Record<string, string>>;

/** Reads the prefetch keys of a service: resource type to key. */
export function prefetchKeys(prefetch: Readonly<Record<string, string>>): PrefetchKeys {
  return Object.fromEntries(
    Object.entries(prefetch).flatMap(([key, template]) =>
      template.includes('?') && key !== 'answers' ? [[template.slice(0, template.indexOf('?')), key]] : [],
    ),
  );
}

const bundle = (resources: readonly Resource[]): unknown => ({
  resourceType: 'Bundle',
  type: 'searchset',
  total: resources.length,
  entry: resources.map((resource) => ({
    fullUrl: `https://ehr.example.org/r4/${resource.resourceType}/${resource.id}`,
    resource,
    search: { mode: 'match' },
  })),
});

/**
 * An order-select request with a full prefetch.
 * @param extra number of everyday resources beside the story
 */
export function orderSelect(keys: PrefetchKeys, extra: number): string {
  const { patient, order, coverage, chart } = vignetteToFhir(story(), CANONICAL_BASE);
  const resources: Resource[] = [...chart, ...Array.from({ length: extra }, (_, i) => clutter(i))];
  const searches = Object.entries(keys).map(([type, key]): [string, unknown] => [
    key,
    bundle(type === 'Coverage' ? [coverage] : resources.filter((r) => r.resourceType === type)),
  ]);
  return JSON.stringify({
    hook: 'order-select',
    hookInstance: '6b7b8a3e-5b0c-4c2e-9a51-0f6f3cf5e1aa',
    context: {
      userId: 'Practitioner/orderer',
      patientId: 'p1',
      selections: ['ServiceRequest/order-1'],
      draftOrders: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: order }] },
    },
    prefetch: { patient, practitioner: null, answers: bundle([]), ...Object.fromEntries(searches) },
  });
}
