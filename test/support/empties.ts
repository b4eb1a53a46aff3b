/** Every null, empty text, empty list and empty object below a value, as paths. */
export function empties(value: unknown, path: string): readonly string[] {
  if (value === null || value === '') return [path];
  if (typeof value !== 'object') return [];
  const members = Object.entries(value);
  if (members.length === 0) return [path];
  return members.flatMap(([key, member]) => empties(member, `${path}.${key}`));
}
