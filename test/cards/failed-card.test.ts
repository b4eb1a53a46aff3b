import { describe, expect, it } from 'vitest';
import { ASSESSMENT_EXTENSION } from '../../src/cards/assessment-extension.ts';
import { failedCards } from '../../src/cards/failed-card.ts';
import type { Card } from '../../src/cds-hooks/card.ts';
import type { Json } from '../../src/chart/json.ts';
import type { FailedOrder } from '../../src/criteria-check/answer-orders.ts';
import { parseDate } from '../../src/dates/day.ts';
import { CANONICAL_BASE, checker } from '../support/knowledge.ts';

const { studies } = checker().knowledge;

/** An order that was not checked, of one study or of several that are possible. */
function unchecked(id: string, codes: readonly string[], late: boolean): FailedOrder {
  const asOf = parseDate('2026-03-02');
  if (asOf === undefined) throw new Error('no date');
  const named = codes.flatMap((code) => studies.get(code) ?? []).filter((s) => 'code' in s);
  return {
    order: {
      ref: `ServiceRequest/${id}`,
      resource: {},
      studies: named,
      ...(codes.length > 1 && { open: 'contrast' as const }),
      asOf,
      serviceDate: asOf.lo,
    },
    ...(late && { late: true as const }),
    error: 'x',
  };
}
const cards = (...failed: readonly FailedOrder[]): readonly Card[] =>
  failedCards(failed, { sourceLabel: 'Check', canonicalBase: CANONICAL_BASE, studies, quirks: new Set() });
const told = (card: Card | undefined): unknown => card?.extension[ASSESSMENT_EXTENSION];
const UNKNOWN = { outcome: 'undetermined', reason: 'data-unavailable' };

describe('orders that were not checked', () => {
  it('are told on one card when they were too many: how many, of which studies, and which for machines', () => {
    const [card, ...others] = cards(
      unchecked('a', ['72148'], true),
      unchecked('b', ['72148'], true),
      unchecked('c', ['72141'], true),
      unchecked('d', ['72148', '72158'], true),
    );
    expect(others).toEqual([]);
    expect(card?.summary).toMatch(/ 4 orders were not checked/);
    expect(card?.detail).toContain(
      'Not checked: 2 of MRI lumbar spine without contrast (72148); 1 of MRI cervical spine without contrast (72141); 1 of a study of which the order leaves the contrast open.',
    );
    const orders = ['a', 'b', 'c', 'd'].map((id) => `ServiceRequest/${id}`);
    expect(told(card)).toEqual({ orders, count: 4, ...UNKNOWN });
  });

  it('are told like any other when there is one', () => {
    const [card] = cards(unchecked('a', ['72148'], true));
    expect(card?.summary).toMatch(/this order were not checked: too many/);
    expect(card?.detail).toContain('MRI lumbar spine without contrast (72148)');
    expect(told(card)).toEqual({ order: 'ServiceRequest/a', ...UNKNOWN });
  });

  it('are told one by one when their check broke', () => {
    const each = cards(
      unchecked('a', ['72148'], false),
      unchecked('b', ['72141'], false),
      unchecked('c', ['72148'], true),
    );
    expect(each.map((c) => /internal error|too many/.exec(c.summary)?.[0])).toEqual([
      'internal error',
      'internal error',
      'too many',
    ]);
    expect(told(each[1])).toEqual({ order: 'ServiceRequest/b', ...UNKNOWN });
  });

  it('never say more than a summary may hold, nor more orders than a hundred', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => unchecked(`o${i}`, ['72148'], true));
    const [card] = cards(...many);
    expect(card?.summary.length).toBeLessThan(140);
    expect(card?.summary).toContain('20,000');
    expect((told(card) as Json)['orders']).toHaveLength(100);
    expect(JSON.stringify(card).length).toBeLessThan(6_000);
  });
});
