/** Reading members of JSON whose shape nobody has checked. None of these throws. */
export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const NO_ITEMS: readonly never[] = [];

/** The string, or undefined. */
export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The object, or undefined. */
export const object = (value: unknown): Json | undefined => (isObject(value) ? value : undefined);

/** The objects of an array; a lone object counts as an array of one, as some servers send it. */
export function objects(value: unknown): readonly Json[] {
  if (Array.isArray(value)) {
    for (const item of value) if (!isObject(item)) return value.filter(isObject);
    return value;
  }
  return isObject(value) ? [value] : NO_ITEMS;
}

/** Is a value nested deeper than any FHIR resource is? Whatever walks into it may then run out of stack. */
export function isTooDeep(value: unknown, deepest = 100): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (deepest === 0) return true;
  for (const member of Array.isArray(value) ? value : Object.values(value))
    if (isTooDeep(member, deepest - 1)) return true;
  return false;
}

/** A value as JSON; undefined when it is nested too deep to be written. @param indent spaces for each level */
export function jsonText(value: unknown, indent?: number): string | undefined {
  try {
    return JSON.stringify(value, null, indent);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
