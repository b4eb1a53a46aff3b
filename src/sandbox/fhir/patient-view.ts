import { parseReference } from '../../chart/references.ts';
import { FhirProblem } from './problem.ts';
import { type FhirStore, type NewResource, owner, type Resource, type Store } from './store.ts';

const NOTHING: ReadonlySet<string> = new Set();

/** Is a resource the patient's, or nobody's, and of a type that is shown? */
export function isShown(resource: NewResource, patientId: string, hides: ReadonlySet<string>): boolean {
  if (hides.has(resource.resourceType)) return false;
  if (resource.resourceType === 'Patient') return resource['id'] === patientId;
  const of = parseReference(owner(resource)?.['reference']);
  return of === undefined || of.type !== 'Patient' || of.id === patientId;
}

/** A store as a token for one patient shows it: that patient's resources, and those that are no patient's. */
export class PatientView implements Store {
  readonly #store: FhirStore;
  readonly #patientId: string;
  readonly #hides: ReadonlySet<string>;

  /** @param hides types of which nothing is shown */
  constructor(store: FhirStore, patientId: string, hides: ReadonlySet<string> = NOTHING) {
    this.#store = store;
    this.#patientId = patientId;
    this.#hides = hides;
  }

  read(type: string, id: string): Resource | undefined {
    const found = this.#store.read(type, id);
    return found !== undefined && this.#shows(found) ? found : undefined;
  }

  all(type: string): Iterable<Resource> {
    return [...this.#store.all(type)].filter((r) => this.#shows(r));
  }

  ofPatient(type: string, patientId: string): Iterable<Resource> {
    return patientId === this.#patientId && !this.#hides.has(type) ? this.#store.ofPatient(type, patientId) : [];
  }

  put(resource: NewResource): Resource {
    const before =
      typeof resource['id'] === 'string' ? this.#store.read(resource.resourceType, resource['id']) : undefined;
    if (!this.#shows(resource) || (before !== undefined && !this.#shows(before)))
      throw new FhirProblem(403, 'forbidden', 'the token is for another patient');
    return this.#store.put(resource);
  }

  atomically<T>(work: () => T): T {
    return this.#store.atomically(work);
  }

  #shows(resource: NewResource): boolean {
    return isShown(resource, this.#patientId, this.#hides);
  }
}
