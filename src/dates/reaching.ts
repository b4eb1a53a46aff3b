import type { Day } from './day.ts';

/**
 * Things that begin and end, to find the first of them that lasted until a day: by a search, as a chart may hold thousands and ask for
 * each of them.
 */
export class Reaching<T> {
  readonly #items: readonly T[];
  readonly #endOf: (item: T) => Day;
  /** the last day that each item, or one before it, lasts until: it only grows */
  readonly #reach: readonly Day[];

  /** @param items in the order in which they begin */
  constructor(items: readonly T[], endOf: (item: T) => Day) {
    this.#items = items;
    this.#endOf = endOf;
    this.#reach = running(items.map(endOf), Math.max);
  }

  /** The first item to begin that lasted until a day, other than a given one. */
  first(day: Day, except?: T): T | undefined {
    for (let i = firstReached(this.#reach, day); i < this.#items.length; i++) {
      const item = this.#items[i];
      if (item !== undefined && item !== except && this.#endOf(item) >= day) return item;
    }
    return undefined;
  }
}

/** Of each of some days and those before it the last one, or the first. @param pick Math.max, or Math.min */
export function running(days: readonly Day[], pick: (a: Day, b: Day) => Day): readonly Day[] {
  let picked: Day | undefined;
  return days.map((day) => {
    picked = picked === undefined ? day : pick(picked, day);
    return picked;
  });
}

/** The index of the first of some days in ascending order that is no earlier than a day; their number when there is none. */
export function firstReached(days: readonly Day[], day: Day): number {
  let [low, high] = [0, days.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((days[middle] ?? day) < day) low = middle + 1;
    else high = middle;
  }
  return low;
}
