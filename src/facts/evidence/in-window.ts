import type { Asked } from '../context.ts';
import type { Item, Tally } from '../tally.ts';
import { fitIn } from '../window.ts';

/** Counts an item only when its date fits; says why it does not. */
export function inWindow(item: Item, asked: Asked, tally: Tally): boolean {
  switch (fitIn(item.date, asked.window)) {
    case 'inside':
      return true;
    case 'future':
      tally.ignore(item, 'dated after the order');
      return false;
    case 'outside':
      tally.outdated = true;
      tally.lead(item, 'outside of the time window');
      return false;
    case 'unclear':
      tally.lead(item, 'its date is not certain to lie in the time window', true);
      return false;
  }
}

/** Does a partial date, or none, leave open whether an item lies in the window? */
export const isDoubtful = ({ date }: Item, { window }: Asked): boolean => fitIn(date, window) === 'unclear';

/**
 * Does a record that something was not done count here? One without a date does, as nothing was performed on any day; one whose
 * day is not certain to lie in the window leaves nothing open, as nothing was performed on that day either.
 */
export function refusedInWindow(item: Item, asked: Asked, tally: Tally): boolean {
  if (item.date === undefined) return true;
  if (fitIn(item.date, asked.window) !== 'unclear') return inWindow(item, asked, tally);
  tally.lead(item, 'not done, on a day that is not certain to lie in the time window');
  return false;
}
