import type { Json } from './json.ts';
import { text } from './json.ts';

/** FHIR ids by the letter. "." and ".." are ids by the letter too, and would lead out of an address. */
export const FHIR_ID = /^(?!\.{1,2}$)[A-Za-z0-9\-.]{1,64}$/;
/**
 * Ids as EHRs give them: some hold "_", some are longer than FHIR has them. Nothing else ever becomes part of a URL; what begins
 * with "_" has a meaning of its own there (`_search`, `_history`).
 */
export const EHR_ID = /^(?!\.{1,2}$)[A-Za-z0-9\-.][\w\-.]{0,127}$/;
/** An id without the type before it, as clients give both: "x" and "Patient/x". */
export const bareId = (type: string, id: string): string =>
  id.startsWith(`${type}/`) ? id.slice(type.length + 1) : id;

const TYPE = /^[A-Z][A-Za-z]{1,60}$/;

/** A reference within one FHIR server, e.g. { type: "Condition", id: "c1" }. */
export interface LocalReference {
  readonly type: string;
  readonly id: string;
  /** the server named by an absolute reference */
  readonly base?: string;
}

const local = (type: string, id: string): LocalReference | undefined =>
  EHR_ID.test(id) && TYPE.test(type) ? { type, id } : undefined;

/**
 * Reads a literal reference: "Type/id", "Type/id/_history/2" or an absolute URL that ends so.
 * @returns undefined for contained ("#x"), logical, urn: and malformed references
 */
export function parseReference(reference: unknown): LocalReference | undefined {
  const value = text(reference);
  if (value === undefined || value.length > 2048) return undefined;
  const slash = value.indexOf('/');
  if (slash > 0 && !value.includes('/', slash + 1)) return local(value.slice(0, slash), value.slice(slash + 1));
  const parts = value.split('/');
  const history = parts.indexOf('_history');
  if (history > 0) parts.length = history;
  const id = parts.at(-1) ?? '';
  const type = parts.at(-2) ?? '';
  if (parts.length === 2) return local(type, id);
  if (!EHR_ID.test(id) || !TYPE.test(type)) return undefined;
  const base = parts.slice(0, -2).join('/');
  return /^https?:\/\//.test(base) ? { type, id, base } : undefined;
}

/** An address without the slashes at its end, in a time that grows with its length alone (an expression would try at each slash). */
export function withoutSlashAtEnd(address: string): string {
  let end = address.length;
  while (end > 0 && address[end - 1] === '/') end--;
  return address.slice(0, end);
}

/**
 * Type and id of a literal reference in a Reference element.
 * @param base the FHIR base URL that relative references belong to; absolute references to another server are none of ours
 */
export function localReference(element: Json | undefined, base?: string): LocalReference | undefined {
  const parsed = parseReference(element?.['reference']);
  if (parsed === undefined) return undefined;
  const elsewhere = parsed.base !== undefined && base !== undefined && parsed.base !== withoutSlashAtEnd(base);
  return elsewhere ? undefined : parsed;
}

/** "Type/id" of a literal reference in a Reference element. @param base as of `localReference` */
export function localKey(element: Json | undefined, base?: string): string | undefined {
  const parsed = localReference(element, base);
  return parsed === undefined ? undefined : `${parsed.type}/${parsed.id}`;
}

/** Tells references to one patient from all others. */
export class PatientScope {
  readonly #id: string;
  readonly #reference: string;
  readonly #base: string | undefined;

  /**
   * @param id the patient's bare id
   * @param base the FHIR base URL that relative references belong to, if known
   */
  constructor(id: string, base?: string) {
    this.#id = id;
    this.#reference = `Patient/${id}`;
    this.#base = base === undefined ? undefined : withoutSlashAtEnd(base);
  }

  /** the FHIR base URL that relative references belong to, if known */
  get base(): string | undefined {
    return this.#base;
  }

  /** Does the Reference element name this patient? Absolute references must name this server. */
  includes(element: Json | undefined): boolean {
    const reference = element?.['reference'];
    if (reference === this.#reference) return true;
    const parsed = parseReference(reference);
    if (parsed === undefined || parsed.type !== 'Patient' || parsed.id !== this.#id) return false;
    return parsed.base === undefined || this.#base === undefined || parsed.base === this.#base;
  }

  /**
   * Does the Reference element name somebody else for sure? One without a literal reference does not tell whom it names, and a
   * server may call itself by another address: a patient of the same id there may be this one.
   */
  excludes(element: Json | undefined): boolean {
    const parsed = parseReference(element?.['reference']);
    return parsed !== undefined && !(parsed.type === 'Patient' && parsed.id === this.#id);
  }
}

/** "Type/id" of a resource whose id was checked. */
export const refOf = (r: Json): string => `${text(r['resourceType'])}/${text(r['id'])}`;
