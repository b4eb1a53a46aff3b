import type { FactQuery } from '../policy/fact-source.ts';
import type { FactPlan } from './fact-plan.ts';

const keyOf = (q: FactQuery): string =>
  `${q.begun === undefined ? '' : `${q.begun.op}${q.begun.than.count}${q.begun.than.unit}`}|${q.fact}|${q.certainty}|${q.region}|${q.strictRegion}|${q.within?.count ?? ''}${q.within?.unit ?? ''}|${q.ago?.count ?? ''}${q.ago?.unit ?? ''}|${typeof q.since === 'object' ? `${q.since.certainty ?? ''} ${q.since.fact}` : (q.since ?? '')}|${q.grace?.count ?? ''}${q.grace?.unit ?? ''}|${q.source ?? ''}`;

/** A query with how it is answered; equal queries share one. */
export interface Lookup {
  readonly query: FactQuery;
  /** counts up: answers can be kept in a list */
  readonly index: number;
  /** the number of the fact among those of the vocabulary */
  readonly fact: number;
  readonly plan: FactPlan;
}

/**
 * Finds for each query how it is answered. Queries come from policies and from the vocabulary alone, never from a request: the
 * pool is as large as they are.
 */
export class QueryPool {
  readonly #numberOf: (fact: string) => number;
  readonly #planOf: (fact: string) => FactPlan;
  readonly #byKey = new Map<string, Lookup>();
  readonly #byQuery = new WeakMap<FactQuery, Lookup>();
  readonly #parts = new WeakMap<Lookup, readonly FactQuery[]>();

  constructor(numberOf: (fact: string) => number, planOf: (fact: string) => FactPlan) {
    this.#numberOf = numberOf;
    this.#planOf = planOf;
  }

  /** How all queries equal to this one are answered. @throws RangeError when there is no such fact */
  lookup(query: FactQuery): Lookup {
    const known = this.#byQuery.get(query);
    if (known !== undefined) return known;
    const key = keyOf(query);
    const { fact } = query;
    const lookup = this.#byKey.get(key) ?? {
      query,
      index: this.#byKey.size,
      fact: this.#numberOf(fact),
      plan: this.#planOf(fact),
    };
    this.#byKey.set(key, lookup);
    this.#byQuery.set(query, lookup);
    return lookup;
  }

  /** The same question, asked of each fact that a fact is made of. */
  parts(lookup: Lookup): readonly FactQuery[] {
    const known = this.#parts.get(lookup);
    if (known !== undefined) return known;
    // how long ago the latest or the first of them was is asked of the whole, not of each part
    const { ago: _ago, begun: _begun, ...dated } = lookup.query;
    const { fact } = lookup.plan;
    const parts = [...(fact.any ?? []), ...(fact.all ?? [])].map((part) => this.lookup({ ...dated, fact: part }).query);
    this.#parts.set(lookup, parts);
    return parts;
  }
}
