import type { Json } from '../../src/chart/json.ts';
import type { FhirStore } from '../../src/sandbox/fhir/store.ts';

const TYPES = [
  'Coverage',
  'Condition',
  'Encounter',
  'Procedure',
  'Observation',
  'MedicationRequest',
  'ServiceRequest',
  'DiagnosticReport',
  'ImagingStudy',
] as const;

let copies = 0;

/**
 * Copies a patient of the sandbox under an id of its own, so that what one test saves is not there for the next.
 * @param change what is changed of each resource
 * @returns the id of the copy
 */
export function copyPatient(store: FhirStore, id: string, change: (resource: Json) => Json = (r) => r): string {
  const own = `${id}-${++copies}`;
  const put = (resource: Json, as: string): void => {
    const renamed = JSON.stringify(change(resource)).replaceAll(`Patient/${id}"`, `Patient/${own}"`);
    store.put({ ...(JSON.parse(renamed) as Json & { readonly resourceType: string }), id: as });
  };
  const patient = store.read('Patient', id);
  if (patient === undefined) throw new Error(`there is no patient ${id}`);
  put(patient, own);
  for (const type of TYPES)
    for (const resource of [...store.ofPatient(type, id)]) put(resource, `${resource.id}-${copies}`);
  return own;
}
