import type { ChartRecord } from '../chart/records.ts';
import type { FactContext } from './context.ts';

/** A record of the chart, with the code set by which it was found. */
export interface Found<T extends ChartRecord['type']> {
  readonly record: Extract<ChartRecord, { readonly type: T }>;
  /** the name of the set, and its number */
  readonly name: string;
  readonly set: number;
}

/** The records of a type that belong to code sets, set by set: one that belongs to two is there twice. */
export function recordsOf<T extends ChartRecord['type']>(
  type: T,
  names: readonly string[],
  ctx: FactContext,
): readonly Found<T>[] {
  const out: Found<T>[] = [];
  for (const name of names) {
    const set = ctx.set(name);
    for (const record of ctx.chart.bySet(set)) if (isOf(record, type)) out.push({ record, name, set });
  }
  return out;
}

const isOf = <T extends ChartRecord['type']>(
  record: ChartRecord,
  type: T,
): record is Extract<ChartRecord, { readonly type: T }> => record.type === type;
