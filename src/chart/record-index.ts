import type { Hit } from '../terminology/code-index.ts';
import type { ChartRecord } from './records.ts';

const NO_RECORDS: readonly ChartRecord[] = [];

/** The records of one chart by the numbers of the code sets that they belong to. */
export class RecordIndex {
  readonly #bySet = new Map<number, ChartRecord[]>();

  /** The records of a set, in the order in which they were added. */
  bySet(set: number): readonly ChartRecord[] {
    return this.#bySet.get(set) ?? NO_RECORDS;
  }

  /** The numbers of the sets that have a record. */
  sets(): Iterable<number> {
    return this.#bySet.keys();
  }

  add(record: ChartRecord): void {
    this.#index(record, record.hits);
    switch (record.type) {
      case 'encounter':
        this.#index(record, record.reasons);
        return this.#index(record, record.specialties);
      case 'observation':
        return this.#index(record, record.valueHits);
      case 'imaging':
      case 'report':
        return this.#index(record, record.findings);
      case 'allergy':
        return this.#index(record, record.named);
      case 'device':
        this.#index(record, record.named);
        return this.#index(record, record.safety);
      default:
        return;
    }
  }

  #index(record: ChartRecord, hits: readonly Hit[]): void {
    for (const hit of hits) {
      const list = this.#bySet.get(hit.set);
      if (list === undefined) this.#bySet.set(hit.set, [record]);
      else if (list.at(-1) !== record) list.push(record);
    }
  }
}
