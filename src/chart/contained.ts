import { type Json, objects, text } from './json.ts';

/** So few are searched: looking them up would cost more. */
const FEW = 8;

const looked = new WeakMap<readonly unknown[], ReadonlyMap<string, Json>>();

/** The contained resources by their ids; of several with one id the first. */
function byId(contained: readonly unknown[]): ReadonlyMap<string, Json> {
  const known = looked.get(contained);
  if (known !== undefined) return known;
  const made = new Map<string, Json>();
  for (const c of objects(contained)) {
    const id = text(c['id']);
    if (id !== undefined && !made.has(id)) made.set(id, c);
  }
  looked.set(contained, made);
  return made;
}

/**
 * The resource that "#id" names within another one. A resource may contain as many as a body holds, and refer to each: they are
 * looked up, not searched for each reference.
 * @returns undefined when the reference is none to a contained resource, or leads nowhere
 */
export function containedIn(resource: Json, reference: string | undefined): Json | undefined {
  if (reference?.startsWith('#') !== true) return undefined;
  const id = reference.slice(1);
  const contained = resource['contained'];
  if (Array.isArray(contained) && contained.length > FEW) return byId(contained).get(id);
  return objects(contained).find((c) => c['id'] === id);
}
