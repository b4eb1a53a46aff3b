import { randomUUID } from 'node:crypto';
import type { Card } from '../cds-hooks/card.ts';
import type { FailedOrder } from '../criteria-check/answer-orders.ts';
import { ASSESSMENT_EXTENSION } from './assessment-extension.ts';
import { type CardOptions, overrideReasons, source } from './build-card.ts';
import { NOT_A_DECISION } from './words.ts';

const BROKEN = {
  summary: 'The imaging criteria of this order could not be checked: an internal error, nothing about the order.',
  why: 'because of an internal error',
};
const LATE = {
  summary:
    'The imaging criteria of this order were not checked: too many orders in one call; it says nothing about the order.',
  why: 'because the call has more orders than are checked in one. Select the order alone to check it',
};

/** The card about an order that was not checked: unknown, and said so; never silence. */
export function failedCard({ ref, late }: FailedOrder, options: CardOptions): Card {
  const { summary, why } = late === true ? LATE : BROKEN;
  return {
    uuid: randomUUID(),
    summary,
    detail: `**Criteria not checked** ${why}. This says nothing for or against the order (${ref}).\n\n${NOT_A_DECISION}`,
    indicator: 'info',
    source: source(options),
    overrideReasons: overrideReasons(options.canonicalBase),
    extension: { [ASSESSMENT_EXTENSION]: { order: ref, outcome: 'undetermined', reason: 'data-unavailable' } },
  };
}
