import { isObject, type Json } from '../../chart/json.ts';
import { parseReference } from '../../chart/references.ts';
import { type Answer, read, type Server } from './interactions.ts';
import { FhirProblem } from './problem.ts';
import { resourceTypes } from './search-parameters.ts';
import type { Resource } from './store.ts';

/** What a chart refers to and is no patient's own. */
const SHARED = new Set(['Practitioner', 'PractitionerRole', 'Organization', 'Location', 'Medication']);

/** The references within a resource, however deep. */
function* referencesIn(value: unknown): Generator<string> {
  if (Array.isArray(value)) for (const item of value) yield* referencesIn(item);
  else if (isObject(value))
    for (const [name, member] of Object.entries(value)) {
      if (name === 'reference' && typeof member === 'string') yield member;
      else yield* referencesIn(member);
    }
}

/** Does a token permit to see a type? What it does not permit is left out. */
function permits({ permit }: Server, type: string): boolean {
  try {
    permit?.(type, 'search');
    return true;
  } catch (error) {
    if (error instanceof FhirProblem && error.status === 403) return false;
    throw error;
  }
}

/** The chart of a patient in one Bundle (FHIR R4, Patient/$everything), with the people, places and drugs that it refers to. */
export function everything(server: Server, id: string, base: string): Answer {
  const { resource: patient } = read(server, 'Patient', id);
  const { store } = server;
  const types = resourceTypes().filter((type) => permits(server, type));
  const chart = types.flatMap((type) => (type === 'Patient' ? [] : [...store.ofPatient(type, id)]));
  const shared = new Map<string, Resource>();
  const add = (resource: Resource | undefined): void => {
    if (resource !== undefined) shared.set(`${resource.resourceType}/${resource.id}`, resource);
  };
  for (const reference of new Set(referencesIn([patient, ...chart]))) {
    const to = parseReference(reference);
    if (to !== undefined && SHARED.has(to.type) && types.includes(to.type)) add(store.read(to.type, to.id));
  }
  if (types.includes('PractitionerRole'))
    for (const role of store.all('PractitionerRole'))
      if (shared.has(String((role['practitioner'] as Json | undefined)?.['reference']))) add(role);
  const entry =
    (mode: 'match' | 'include') =>
    (resource: Resource): Json => ({
      fullUrl: `${base}/${resource.resourceType}/${resource.id}`,
      resource,
      search: { mode },
    });
  const own = patient === undefined ? [] : [patient, ...chart];
  return {
    status: 200,
    body: {
      resourceType: 'Bundle',
      type: 'searchset',
      total: own.length,
      link: [{ relation: 'self', url: `${base}/Patient/${id}/$everything` }],
      entry: [...own.map(entry('match')), ...[...shared.values()].map(entry('include'))],
    },
  };
}
