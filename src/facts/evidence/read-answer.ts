import type { ObservationRecord } from '../../chart/records.ts';
import type { FactContext } from '../context.ts';

/** Yes or no, present or absent, abnormal or normal; undefined when none of these is said. */
export function readAnswer(record: ObservationRecord, ctx: FactContext): boolean | undefined {
  if (record.value?.kind === 'boolean') return record.value.value;
  const has = (name: string): boolean => record.valueHits.some((h) => h.set === ctx.set(name));
  if (has('result-positive') || has('result-abnormal')) return true;
  if (has('result-negative') || has('result-normal')) return false;
  return undefined;
}
