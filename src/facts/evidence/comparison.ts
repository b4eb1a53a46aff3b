import { sooner } from '../../policy/measure-time.ts';
import type { Asked, FactContext } from '../context.ts';
import type { ComparisonInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { fitIn, lastDayInside } from '../window.ts';
import { contraAsLast } from './last-seen.ts';
import { dated, type Score, scores } from './scores.ts';

/** Pain here greater than there, by the latest scores of both sites in the window. */
export function comparisonEvidence(input: ComparisonInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const current = (all: readonly Score[]): Score | undefined =>
    all.filter((s) => fitIn(s.item.date, asked.window) === 'inside').at(-1);
  const here = current(scores(input.scores, asked, ctx, input.here));
  const there = current(scores(input.scores, asked, ctx, input.over));
  if (here === undefined || there === undefined) {
    if (here !== undefined) tally.lead(here.item, 'a score of this site alone');
    return;
  }
  const later = here.day >= there.day ? here : there;
  const until = sooner(lastDayInside(here.item.date, asked.window), lastDayInside(there.item.date, asked.window));
  for (const s of [here, there]) {
    const item = { ...s.item, ...dated(later), until };
    if (here.value > there.value) tally.pro(item, 'greater here');
    else contraAsLast(item, 'not greater here', 'Observation', ctx, tally);
  }
}
