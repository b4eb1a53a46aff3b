import type { FactQuery } from '../policy/fact-source.ts';
import type { FactInput } from './schema.ts';

const keyOf = (q: FactQuery): string =>
  `${q.begun === undefined ? '' : `${q.begun.op}${q.begun.than.count}${q.begun.than.unit}`}|${q.fact}|${q.certainty}|${q.region}|${q.strictRegion}|${q.within?.count ?? ''}${q.within?.unit ?? ''}|${q.ago?.count ?? ''}${q.ago?.unit ?? ''}|${typeof q.since === 'object' ? q.since.fact : (q.since ?? '')}|${q.grace?.count ?? ''}${q.grace?.unit ?? ''}|${q.source ?? ''}`;

/**
 * Makes equal queries one object, so that answers can be remembered by identity. Queries come from policies and from the
 * vocabulary alone, never from a request: the pool is as large as they are.
 */
export class QueryPool {
  readonly #byKey = new Map<string, FactQuery>();
  readonly #same = new WeakMap<FactQuery, FactQuery>();
  readonly #parts = new WeakMap<FactQuery, readonly FactQuery[]>();

  /** The one object for all queries equal to this. */
  one(query: FactQuery): FactQuery {
    const known = this.#same.get(query);
    if (known !== undefined) return known;
    const key = keyOf(query);
    const first = this.#byKey.get(key) ?? query;
    this.#byKey.set(key, first);
    this.#same.set(query, first);
    return first;
  }

  /** The same question, asked of each fact that a fact is made of. */
  parts(query: FactQuery, fact: FactInput): readonly FactQuery[] {
    const known = this.#parts.get(query);
    if (known !== undefined) return known;
    // how long ago the latest or the first of them was is asked of the whole, not of each part
    const { ago: _ago, begun: _begun, ...dated } = query;
    const parts = [...(fact.any ?? []), ...(fact.all ?? [])].map((part) => this.one({ ...dated, fact: part }));
    this.#parts.set(query, parts);
    return parts;
  }
}
