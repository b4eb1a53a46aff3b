import { isObject, type Json, objects, text } from './json.ts';
import { EHR_ID } from './references.ts';

/** A name of an entry that is no address: a reference may use it in place of "Type/id" (FHIR R4, 2.36.4.1). */
const isUrn = (value: unknown): value is string => typeof value === 'string' && value.startsWith('urn:');

/** Where the entries of some bundles are that are named by a URN, as "Type/id". A name of several resources leads nowhere. */
function placesOf(bundles: readonly Json[]): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  const several = new Set<string>();
  for (const bundle of bundles)
    for (const { fullUrl, resource } of objects(bundle['entry'])) {
      if (!isUrn(fullUrl) || !isObject(resource)) continue;
      const [type, id] = [text(resource['resourceType']), text(resource['id'])];
      if (type === undefined || id === undefined || !EHR_ID.test(id)) continue;
      const place = `${type}/${id}`;
      if ((places.get(fullUrl) ?? place) !== place) several.add(fullUrl);
      places.set(fullUrl, place);
    }
  for (const name of several) places.delete(name);
  return places;
}

/** No reference of a resource stands deeper; content that is nested without end is not walked through. */
const DEEPEST = 40;

/** The same content with the references written as "Type/id"; what holds none of them is not copied. */
function rewritten(value: unknown, places: ReadonlyMap<string, string>, depth = 0): unknown {
  if (depth > DEEPEST) return value;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const out = items.map((item) => rewritten(item, places, depth + 1));
    return out.some((item, i) => item !== items[i]) ? out : value;
  }
  if (!isObject(value)) return value;
  const changed: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    const own =
      name === 'reference' && isUrn(member) ? (places.get(member) ?? member) : rewritten(member, places, depth + 1);
    if (own !== member) changed.push([name, own]);
  }
  return changed.length === 0 ? value : { ...value, ...Object.fromEntries(changed) };
}

const isBundle = (value: unknown): value is Json => isObject(value) && value['resourceType'] === 'Bundle';

/**
 * Bundles among the members of an object, with references to entries that are named by a URN (`urn:uuid:…`) written as "Type/id":
 * collections, and what was made of transactions, refer so. The entries of servers have addresses; those are not looked into.
 */
export function withEntryReferences<T extends Json>(named: T): T {
  const bundles = Object.values(named).filter(isBundle);
  const places = placesOf(bundles);
  if (places.size === 0) return named;
  return rewritten(named, places) as T;
}
