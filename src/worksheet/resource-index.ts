import { isObject, type Json, text } from '../chart/json.ts';
import { resourceWords } from '../chart/resource-words.ts';
import type { PatientData } from '../criteria-check/order-check.ts';

/** The resources that a check rests on, found by reference. */
export class ResourceIndex {
  readonly #found = new Map<string, Json>();

  /** @param more resources that the chart does not hold: the order, answers that are not saved */
  constructor(data: PatientData, more: readonly Json[]) {
    const put = (resource: unknown): void => {
      if (!isObject(resource)) return;
      const [type, id] = [text(resource['resourceType']), text(resource['id'])];
      if (type !== undefined && id !== undefined) this.#found.set(`${type}/${id}`, resource);
    };
    put(data.patient);
    for (const section of data.sections.values()) for (const resource of section.resources) put(resource);
    for (const resource of more) put(resource);
  }

  get(reference: string): Json | undefined {
    return this.#found.get(reference);
  }

  words(reference: string): string | undefined {
    const resource = this.get(reference);
    return resource === undefined ? undefined : resourceWords(resource);
  }
}
