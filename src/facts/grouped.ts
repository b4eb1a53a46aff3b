import type { Day } from '../dates/day.ts';
import { Reaching } from '../dates/reaching.ts';

/** Items under each of their keys, in the order in which they come; under a key that one has twice it stands once. */
export function grouped<T, K>(items: Iterable<T>, keysOf: (item: T) => readonly K[]): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items)
    for (const key of new Set(keysOf(item))) {
      const known = groups.get(key);
      if (known === undefined) groups.set(key, [item]);
      else known.push(item);
    }
  return groups;
}

/** The same, to find the first of a key that lasted until a day. @param items in the order in which they begin */
export const reachingByKey = <T, K>(
  items: Iterable<T>,
  keysOf: (item: T) => readonly K[],
  endOf: (item: T) => Day,
): ReadonlyMap<K, Reaching<T>> =>
  new Map([...grouped(items, keysOf)].map(([key, list]) => [key, new Reaching(list, endOf)]));
