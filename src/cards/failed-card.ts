import { randomUUID } from 'node:crypto';
import type { Card } from '../cds-hooks/card.ts';
import { ASSESSMENT_EXTENSION } from './assessment-extension.ts';
import { type CardOptions, overrideReasons, source } from './build-card.ts';
import { NOT_A_DECISION } from './words.ts';

/** The card about an order whose check broke: unknown, and said so; never silence. @param order "ServiceRequest/order-1" */
export const failedCard = (order: string, options: CardOptions): Card => ({
  uuid: randomUUID(),
  summary: 'The imaging criteria of this order could not be checked: an internal error, nothing about the order.',
  detail: `**Criteria not checked** because of an internal error. This says nothing for or against the order (${order}).\n\n${NOT_A_DECISION}`,
  indicator: 'info',
  source: source(options),
  overrideReasons: overrideReasons(options.canonicalBase),
  extension: { [ASSESSMENT_EXTENSION]: { order, outcome: 'undetermined', reason: 'data-unavailable' } },
});
