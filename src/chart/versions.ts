import { type Json, object, text } from './json.ts';

/** Is one of two versions of a resource later than the other, by what their meta says? Exports may hold several. */
export function isNewer(one: Json | undefined, other: Json): boolean {
  if (one === undefined) return false;
  const [a, b] = [object(one['meta']), object(other['meta'])];
  const [day, than] = [a, b].map((m) => Date.parse(text(m?.['lastUpdated']) ?? ''));
  if (day !== undefined && than !== undefined && !Number.isNaN(day - than) && day !== than) return day > than;
  return Number(text(a?.['versionId'])) > Number(text(b?.['versionId']));
}
