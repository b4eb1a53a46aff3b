/** The value at a path such as "entry.0.resource.id" of parsed JSON; undefined when the path leads nowhere. */
export function at(value: unknown, path: string): unknown {
  let here = value;
  for (const step of path.split('.')) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Record<string, unknown>)[step];
  }
  return here;
}

/** The members of a list at a path; none when there is no list. */
export function listAt(value: unknown, path: string): readonly unknown[] {
  const list = at(value, path);
  return Array.isArray(list) ? list : [];
}

/** The ids of a searchset's matches, in order. */
export const matchIds = (bundle: unknown): readonly unknown[] =>
  listAt(bundle, 'entry')
    .filter((e) => at(e, 'search.mode') === 'match')
    .map((e) => at(e, 'resource.id'));
