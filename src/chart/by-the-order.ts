import type { Interval } from '../dates/day.ts';
import { isObject } from './json.ts';

const isInstant = (value: unknown): value is Interval & { readonly at: number } =>
  isObject(value) && typeof value['at'] === 'number' && typeof value['lo'] === 'number';

/**
 * A record with its instants held against that of the order: what was there when it was placed is of no later day, though the offset in
 * which it is written makes it one. Servers write UTC, where an afternoon of the west is the next day.
 */
export function byTheOrder<T extends object>(record: T, order: Interval | undefined): T {
  if (order?.at === undefined) return record;
  const { at, hi } = order;
  const later = Object.entries(record).filter(([, value]) => isInstant(value) && value.lo > hi && value.at <= at);
  if (later.length === 0) return record;
  return { ...record, ...Object.fromEntries(later.map(([name, value]) => [name, { ...value, lo: hi, hi }])) };
}
