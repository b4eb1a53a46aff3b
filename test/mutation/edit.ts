/** Where a value stands in a parsed policy file. */
export type YamlPath = readonly (string | number)[];

/** Stands for a member or item that is taken out. */
export const GONE: unique symbol = Symbol('gone');

/** A copy of a value with the part at a path replaced or taken out. What the path does not touch is shared. */
export function edited(value: unknown, at: YamlPath, by: unknown): unknown {
  const [key, ...rest] = at;
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    const copy: unknown[] = [...value];
    const item = edited(copy[key as number], rest, by);
    copy.splice(key as number, 1, ...(item === GONE ? [] : [item]));
    return copy;
  }
  const record = value as Readonly<Record<string, unknown>>;
  const { [key]: before, ...others } = record;
  const after = edited(before, rest, by);
  return after === GONE ? others : { ...record, [key]: after };
}
