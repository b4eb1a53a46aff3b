import type { BatchRow } from '../batch/batch-row.ts';
import { OUTCOMES, type Outcome } from '../policy/assessment.ts';

/** An assessed order, as far as a report counts it. */
export type CountedOrder = Pick<
  BatchRow,
  'asOf' | 'policy' | 'outcome' | 'reason' | 'satisfied' | 'contradicted' | 'nearest' | 'needs' | 'mayLack'
>;

/** Orders of a policy in a month by outcome. */
export interface MonthCount {
  readonly policy: string;
  /** YYYY-MM */
  readonly month: string;
  readonly outcomes: Readonly<Record<Outcome, number>>;
}

/** How often a criterion decided, was contradicted, or was the nearest way but not documented; and an exclusion, that it held. */
export interface CriterionCount {
  readonly policy: string;
  readonly criterion: string;
  readonly decided: number;
  readonly contradicted: number;
  readonly excluded: number;
  readonly missing: number;
}

/** A fact that the nearest ways of undetermined orders need. */
export interface FactCount {
  readonly fact: string;
  /** orders whose nearest way needs it */
  readonly orders: number;
  /** orders that need nothing else */
  readonly alone: number;
}

export interface Tally {
  readonly orders: number;
  /** orders that would come out otherwise if a lost line were of their patient */
  readonly unsure: number;
  readonly from: string;
  readonly to: string;
  readonly months: readonly MonthCount[];
  readonly criteria: readonly CriterionCount[];
  readonly facts: readonly FactCount[];
}

const NO_POLICY = '(no policy)';
const isOutcome = (text: string): text is Outcome => (OUTCOMES as readonly string[]).includes(text);

interface Counts {
  decided: number;
  contradicted: number;
  excluded: number;
  missing: number;
}

/** Counts orders one at a time, so that any number of them can be reported. */
export class OrderTally {
  #orders = 0;
  #unsure = 0;
  #from = '9999';
  #to = '0000';
  readonly #months = new Map<string, Map<string, Record<Outcome, number>>>();
  readonly #criteria = new Map<string, Map<string, Counts>>();
  readonly #facts = new Map<string, { orders: number; alone: number }>();

  add(order: CountedOrder): void {
    if (!isOutcome(order.outcome)) return;
    const policy = order.policy ?? NO_POLICY;
    this.#orders++;
    if (order.mayLack !== undefined) this.#unsure++;
    if (order.asOf < this.#from) this.#from = order.asOf;
    if (order.asOf > this.#to) this.#to = order.asOf;
    this.#month(policy, order.asOf.slice(0, 7))[order.outcome]++;
    for (const criterion of order.satisfied) this.#counts(policy, criterion).decided++;
    const against = order.reason === 'exclusion' ? 'excluded' : 'contradicted';
    for (const criterion of order.contradicted) this.#counts(policy, criterion)[against]++;
    if (order.outcome !== 'undetermined') return;
    for (const criterion of order.nearest) this.#counts(policy, criterion).missing++;
    for (const fact of order.needs) {
      const counts = this.#facts.get(fact) ?? { orders: 0, alone: 0 };
      this.#facts.set(fact, counts);
      counts.orders++;
      if (order.needs.length === 1) counts.alone++;
    }
  }

  #month(policy: string, month: string): Record<Outcome, number> {
    const months = this.#months.get(policy) ?? new Map<string, Record<Outcome, number>>();
    this.#months.set(policy, months);
    const none = { met: 0, 'not-met': 0, undetermined: 0, alternative: 0, 'not-required': 0 };
    const counts = months.get(month) ?? none;
    months.set(month, counts);
    return counts;
  }

  #counts(policy: string, criterion: string): Counts {
    const criteria = this.#criteria.get(policy) ?? new Map<string, Counts>();
    this.#criteria.set(policy, criteria);
    const counts = criteria.get(criterion) ?? { decided: 0, contradicted: 0, excluded: 0, missing: 0 };
    criteria.set(criterion, counts);
    return counts;
  }

  /** What was counted: policies and months in order, criteria and facts by how often they occur. */
  result(): Tally {
    const months = [...this.#months].flatMap(([policy, counts]) =>
      [...counts].map(([month, outcomes]) => ({ policy, month, outcomes })),
    );
    const criteria = [...this.#criteria].flatMap(([policy, counts]) =>
      [...counts].map(([criterion, c]) => ({ policy, criterion, ...c })),
    );
    const facts = [...this.#facts].map(([fact, c]) => ({ fact, ...c }));
    const total = (c: CriterionCount): number => c.decided + c.contradicted + c.excluded + c.missing;
    return {
      orders: this.#orders,
      unsure: this.#unsure,
      from: this.#orders === 0 ? '' : this.#from,
      to: this.#orders === 0 ? '' : this.#to,
      months: months.sort((a, b) => a.policy.localeCompare(b.policy) || a.month.localeCompare(b.month)),
      criteria: criteria.sort((a, b) => total(b) - total(a) || a.criterion.localeCompare(b.criterion)),
      facts: facts.sort((a, b) => b.alone - a.alone || b.orders - a.orders || a.fact.localeCompare(b.fact)),
    };
  }
}
