import type { Json } from './json.ts';

/** The resources of one chart by type and id, to find those that others refer to. Of several with one id the first counts. */
export class KnownResources {
  readonly #byType = new Map<string, Map<string, Json>>();
  /** resources of one type come one after the other */
  #lastType: string | undefined;
  #last = new Map<string, Json>();

  /** The resources of a type by id; what is added to it is found from then on. */
  ofType(type: string): Map<string, Json> {
    if (type === this.#lastType) return this.#last;
    let known = this.#byType.get(type);
    if (known === undefined) {
      known = new Map();
      this.#byType.set(type, known);
    }
    this.#lastType = type;
    this.#last = known;
    return known;
  }

  /** @param ref "Type/id" */
  add(ref: string, resource: Json): void {
    const [type = '', id = ''] = ref.split('/');
    this.ofType(type).set(id, resource);
  }

  get(type: string, id: string): Json | undefined {
    return this.#byType.get(type)?.get(id);
  }
}
