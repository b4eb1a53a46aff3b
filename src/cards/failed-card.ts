import { randomUUID } from 'node:crypto';
import type { Card } from '../cds-hooks/card.ts';
import type { FailedOrder } from '../criteria-check/answer-orders.ts';
import type { ImagingOrder } from '../order/order.ts';
import { ASSESSMENT_EXTENSION } from './assessment-extension.ts';
import { type CardOptions, overrideReasons, source } from './build-card.ts';
import { list, NOT_A_DECISION } from './words.ts';

/** No more studies are named in words, and no more orders for machines. */
const MOST_STUDIES = 8;
const MOST_ORDERS = 100;

const BROKEN = 'The imaging criteria of this order could not be checked: an internal error, nothing about the order.';
const LATE =
  'The imaging criteria of this order were not checked: too many orders in one call; it says nothing about the order.';

const grouped = (count: number): string => count.toLocaleString('en-US');
const studyOf = ({ studies: [first, ...others], open = 'contrast' }: ImagingOrder): string =>
  first !== undefined && others.length === 0
    ? `${first.label} (${first.code})`
    : `a study of which the order leaves the ${open} open`;

/** "3 of MRI lumbar spine without contrast (72148), …" */
function studiesWords(orders: readonly ImagingOrder[]): string {
  const counts = new Map<string, number>();
  for (const study of orders.map(studyOf)) counts.set(study, (counts.get(study) ?? 0) + 1);
  return list(
    [...counts].map(([study, count]) => (counts.size === 1 ? study : `${grouped(count)} of ${study}`)),
    MOST_STUDIES,
    '; ',
  );
}

const card = (summary: string, detail: string, about: object, options: CardOptions): Card => ({
  uuid: randomUUID(),
  summary,
  detail: `${detail}\n\n${NOT_A_DECISION}`,
  indicator: 'info',
  source: source(options),
  overrideReasons: overrideReasons(options.canonicalBase),
  extension: { [ASSESSMENT_EXTENSION]: { ...about, outcome: 'undetermined', reason: 'data-unavailable' } },
});

const oneCard = (order: ImagingOrder, summary: string, why: string, options: CardOptions): Card =>
  card(
    summary,
    `**Criteria not checked** ${why}. This says nothing for or against the order of ${studyOf(order)}.`,
    { order: order.ref },
    options,
  );

/** One card about all orders that were too many for their call: a card each would bury those of the orders that were checked. */
function lateCard(orders: readonly ImagingOrder[], options: CardOptions): Card {
  const [first] = orders;
  if (orders.length === 1 && first !== undefined) {
    const why = 'because the call has more orders than are checked in one. Select the order alone to check it';
    return oneCard(first, LATE, why, options);
  }
  const count = grouped(orders.length);
  const refs = orders.map((o) => o.ref);
  return card(
    `The imaging criteria of ${count} orders were not checked: too many orders in one call; it says nothing about them.`,
    [
      `**Criteria of ${count} orders not checked** because the call has more orders than are checked in one. This says nothing for or against them. Select an order alone to check it.`,
      `Not checked: ${studiesWords(orders)}.`,
    ].join('\n\n'),
    { orders: refs.slice(0, MOST_ORDERS), count: refs.length },
    options,
  );
}

/** The cards about orders that were not checked: unknown, and said so; never silence. */
export function failedCards(failed: readonly FailedOrder[], options: CardOptions): readonly Card[] {
  const late = failed.flatMap((f) => (f.late === true ? [f.order] : []));
  const broken = failed.filter((f) => f.late !== true);
  return [
    ...broken.map(({ order }) => oneCard(order, BROKEN, 'because of an internal error', options)),
    ...(late.length > 0 ? [lateCard(late, options)] : []),
  ];
}
