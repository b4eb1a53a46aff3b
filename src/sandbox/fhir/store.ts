import { randomUUID } from 'node:crypto';
import { type Json, object, text } from '../../chart/json.ts';
import { parseReference } from '../../chart/references.ts';
import { FhirProblem } from './problem.ts';

/** A resource as the store keeps it. */
export type Resource = Json & { readonly resourceType: string; readonly id: string; readonly meta: Meta };

interface Meta extends Json {
  readonly versionId: string;
  readonly lastUpdated: string;
}

/** The resource before the store gave it an id and a version. */
export type NewResource = Json & { readonly resourceType: string };

export interface StoreOptions {
  /** the present, for meta.lastUpdated */
  readonly now?: () => Date;
  /** most resources kept; more are refused (default 100,000) */
  readonly limit?: number;
}

const NONE: ReadonlyMap<string, Resource> = new Map();

/** The element that says whose resource it is; the store finds a patient's resources by it without a scan. */
export const owner = (resource: Json): Json | undefined =>
  object(resource['subject']) ?? object(resource['patient']) ?? object(resource['beneficiary']);

const ownerKey = (resource: Json): string | undefined => {
  const parsed = parseReference(owner(resource)?.['reference']);
  return parsed?.type === 'Patient' ? `${text(resource['resourceType'])}/${parsed.id}` : undefined;
};

/** What interactions ask of a store. */
export type Store = Pick<FhirStore, 'read' | 'all' | 'ofPatient' | 'put' | 'atomically'>;

/** FHIR resources in memory: the current version of each, found by type and id and by patient. */
export class FhirStore {
  readonly #types = new Map<string, Map<string, Resource>>();
  readonly #ofPatient = new Map<string, Map<string, Resource>>();
  readonly #now: () => Date;
  readonly #limit: number;
  #size = 0;
  #undo: (() => void)[] | undefined;

  constructor(options: StoreOptions = {}) {
    this.#now = options.now ?? ((): Date => new Date());
    this.#limit = options.limit ?? 100_000;
  }

  /** How many resources there are. */
  get size(): number {
    return this.#size;
  }

  read(type: string, id: string): Resource | undefined {
    return this.#types.get(type)?.get(id);
  }

  /** All resources of a type, oldest first. */
  all(type: string): Iterable<Resource> {
    return (this.#types.get(type) ?? NONE).values();
  }

  /** The resources of a type whose subject, patient or beneficiary is a patient, oldest first. */
  ofPatient(type: string, patientId: string): Iterable<Resource> {
    return (this.#ofPatient.get(`${type}/${patientId}`) ?? NONE).values();
  }

  /**
   * Writes a resource as the next version of its id; one without an id gets one.
   * @throws FhirProblem when the store is full
   */
  put(resource: NewResource): Resource {
    const { resourceType, id: given, meta: theirs, ...members } = resource;
    const id = text(given) ?? randomUUID();
    const before = this.read(resourceType, id);
    if (before === undefined && this.#size >= this.#limit)
      throw new FhirProblem(507, 'too-costly', 'the sandbox is full; a restart empties it');
    const meta: Meta = {
      ...object(theirs),
      versionId: String(Number(before?.meta.versionId ?? 0) + 1),
      lastUpdated: this.#now().toISOString(),
    };
    const stored: Resource = { resourceType, id, meta, ...members };
    this.#set(resourceType, id, stored);
    this.#undo?.push(() => this.#set(resourceType, id, before));
    return stored;
  }

  /** Takes away a patient and all that is theirs. */
  forgetPatient(patientId: string): void {
    for (const [key, resources] of this.#ofPatient) {
      const [type = '', id] = key.split('/');
      if (id === patientId) for (const resource of [...resources.values()]) this.#remove(type, resource);
    }
    const patient = this.read('Patient', patientId);
    if (patient !== undefined) this.#remove('Patient', patient);
  }

  #remove(type: string, resource: Resource): void {
    this.#set(type, resource.id, undefined);
    this.#undo?.push(() => this.#set(type, resource.id, resource));
  }

  /** Runs some writes; when they throw, none of them has happened. */
  atomically<T>(work: () => T): T {
    const undo: (() => void)[] = [];
    this.#undo = undo;
    try {
      return work();
    } catch (error) {
      this.#undo = undefined;
      for (const step of undo.reverse()) step();
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }

  #set(type: string, id: string, resource: Resource | undefined): void {
    const before = this.read(type, id);
    const oldKey = before === undefined ? undefined : ownerKey(before);
    const newKey = resource === undefined ? undefined : ownerKey(resource);
    if (oldKey !== undefined && oldKey !== newKey) this.#ofPatient.get(oldKey)?.delete(id);
    if (newKey !== undefined && resource !== undefined) entry(this.#ofPatient, newKey).set(id, resource);
    if (resource === undefined) this.#types.get(type)?.delete(id);
    else entry(this.#types, type).set(id, resource);
    this.#size += (resource === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
  }
}

function entry(maps: Map<string, Map<string, Resource>>, key: string): Map<string, Resource> {
  const known = maps.get(key);
  if (known !== undefined) return known;
  const fresh = new Map<string, Resource>();
  maps.set(key, fresh);
  return fresh;
}
