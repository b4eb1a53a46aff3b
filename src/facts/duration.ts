import { type Duration, parseDuration } from '../dates/day.ts';

/** A duration that the schema has checked. @throws RangeError when it is none after all */
export function duration(text: string): Duration {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw new RangeError(`not a duration: ${text}`);
  return parsed;
}
