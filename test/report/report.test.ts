import { describe, expect, it } from 'vitest';
import { reportCsv } from '../../src/report/report-csv.ts';
import { reportPage } from '../../src/report/report-page.ts';
import { type CountedOrder, OrderTally } from '../../src/report/tally-orders.ts';

const order = (more: Partial<CountedOrder>): CountedOrder => ({
  asOf: '2026-03-02',
  policy: 'a-policy',
  outcome: 'undetermined',
  satisfied: [],
  contradicted: [],
  nearest: [],
  needs: [],
  ...more,
});

const tallied = (orders: readonly CountedOrder[]): ReturnType<OrderTally['result']> => {
  const tally = new OrderTally();
  for (const o of orders) tally.add(o);
  return tally.result();
};

const SOME = [
  order({ outcome: 'met', satisfied: ['I'], contradicted: ['II'] }),
  order({ outcome: 'met', satisfied: ['I'], asOf: '2026-04-01' }),
  order({ nearest: ['II'], needs: ['therapy'] }),
  order({ nearest: ['II', 'III'], needs: ['therapy', 'films'] }),
  order({ outcome: 'not-met', contradicted: ['I'], policy: 'b-policy' }),
  order({ outcome: 'nonsense' }),
];

describe('counting', () => {
  it('by policy, month and outcome', () => {
    const { orders, from, to, months } = tallied(SOME);
    expect([orders, from, to]).toEqual([5, '2026-03-02', '2026-04-01']);
    expect(
      months.map((m) => [m.policy, m.month, m.outcomes.met, m.outcomes.undetermined, m.outcomes['not-met']]),
    ).toEqual([
      ['a-policy', '2026-03', 1, 2, 0],
      ['a-policy', '2026-04', 1, 0, 0],
      ['b-policy', '2026-03', 0, 0, 1],
    ]);
  });

  it('what each criterion did', () => {
    const { criteria } = tallied(SOME);
    expect(criteria.map((c) => [c.policy, c.criterion, c.decided, c.contradicted, c.missing])).toEqual([
      ['a-policy', 'II', 0, 1, 2],
      ['a-policy', 'I', 2, 0, 0],
      ['b-policy', 'I', 0, 1, 0],
      ['a-policy', 'III', 0, 0, 1],
    ]);
  });

  it('an exclusion that held is no criterion that was contradicted', () => {
    const excluded = order({ outcome: 'not-met', reason: 'exclusion', contradicted: ['N1'] });
    const { criteria } = tallied([excluded, order({ outcome: 'not-met', contradicted: ['N1'] })]);
    expect(criteria).toEqual([
      { policy: 'a-policy', criterion: 'N1', decided: 0, contradicted: 1, excluded: 1, missing: 0 },
    ]);
  });

  it('orders that turn on a lost line, and the page says so', () => {
    const tally = tallied([order({ mayLack: ['Condition'] }), order({})]);
    expect([tally.orders, tally.unsure]).toEqual([2, 1]);
    const page = (t: typeof tally): string =>
      reportPage(t, { source: 'a test', made: '2026-05-01', labelOf: (fact) => fact });
    expect(page(tally)).toContain('1 of them would come out otherwise');
    expect(page(tallied([order({})]))).not.toContain('come out otherwise');
  });

  it('facts that would settle it alone before those that need others', () => {
    expect(tallied(SOME).facts).toEqual([
      { fact: 'therapy', orders: 2, alone: 1 },
      { fact: 'films', orders: 1, alone: 0 },
    ]);
  });
});

describe('the page', () => {
  const options = { source: 'a test', made: '2026-05-01', labelOf: (fact: string) => `<b>${fact}</b>` };

  it('is one file: charts inside, nothing fetched, labels escaped', () => {
    const page = reportPage(tallied(SOME), options);
    // each for wide windows and for narrow ones
    expect(page.match(/<svg /g)).toHaveLength(6);
    expect(page.replace(/xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/https?:|<script|src=|href="(?!#)/);
    expect(page).not.toContain('<b>therapy');
    expect(page).toContain('&lt;b>therapy');
    // a landmark for those who do not see it
    expect(page).toMatch(/<body>\s*<main>\s*<h1>.*<\/main>\s*<\/body>/s);
  });

  it('says so when there is nothing to report', () => {
    expect(reportPage(tallied([]), options)).toContain('There are no orders to report');
  });
});

describe('the CSV', () => {
  it('has a line for each count', () => {
    const lines = reportCsv(tallied(SOME)).trimEnd().split('\n');
    expect(lines[0]).toBe('kind,policy,month,item,measure,orders');
    expect(lines).toContain('outcome,a-policy,2026-03,undetermined,orders,2');
    expect(lines).toContain('criterion,a-policy,,II,missing,2');
    expect(lines).toContain('fact,,,therapy,alone,1');
    expect(lines).toHaveLength(1 + 3 * 5 + 4 * 4 + 2 * 2);
  });
});
