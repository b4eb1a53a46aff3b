import { sooner } from '../../policy/measure-time.ts';
import type { Asked, FactContext } from '../context.ts';
import type { ComparisonInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { fitIn, lastDayInside } from '../window.ts';
import { contraAsLast } from './last-seen.ts';
import {
  comparable,
  DIFFER,
  dated,
  ends,
  type Score,
  saidBetween,
  scoresOnFile,
  UNREAD,
  unreadAfter,
} from './scores.ts';

/** Pain here greater than there, by the latest scores of both sites in the window. */
export function comparisonEvidence(input: ComparisonInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const onFile = [input.here, input.over].map((sites) => scoresOnFile(input.scores, asked, ctx, sites));
  const current = (all: readonly Score[]): readonly Score[] =>
    ends(all.filter((s) => fitIn(s.item.date, asked.window) === 'inside')).lasts;
  const [heres = [], theres = []] = onFile.map((all) => current(comparable(all)));
  const [[here], [there]] = [heres, theres];
  if (here === undefined || there === undefined) {
    if (here !== undefined) tally.lead(here.item, 'a score of this site alone');
    return;
  }
  const unread = [here, there].flatMap(({ day }, i) => unreadAfter(day, onFile[i] ?? []));
  for (const { item } of unread) tally.lead(item, UNREAD, true);
  if (unread.length > 0) return;
  const greater = saidBetween(theres, heres, (there, here) => here > there);
  if (greater.size > 1) return tally.lead(here.item, DIFFER, true);
  const later = here.day >= there.day ? here : there;
  const until = sooner(lastDayInside(here.item.date, asked.window), lastDayInside(there.item.date, asked.window));
  for (const s of [here, there]) {
    const item = { ...s.item, ...dated(later), until };
    if (greater.has(true)) tally.pro(item, 'greater here');
    else contraAsLast(item, 'not greater here', 'Observation', ctx, tally);
  }
}
