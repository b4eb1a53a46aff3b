import { type Json, object } from '../chart/json.ts';

/** What a line says as JSON; undefined when it is none. */
export function jsonIn(line: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(line) };
  } catch {
    return undefined;
  }
}

/** The object that a line holds as JSON; undefined when it holds none. */
export const objectIn = (line: string): Json | undefined => object(jsonIn(line)?.json);
