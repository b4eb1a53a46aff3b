import type { MedicationRecord } from '../chart/records.ts';
import type { Day, Interval } from '../dates/day.ts';

/** An active prescription without supply or dates is a course of unknown length beyond this. */
const OPEN_PRESCRIPTION_DAYS = 30;

/** How long a drug was taken for sure, and how long at most. */
export function drugEnd(
  record: MedicationRecord,
  start: Interval,
  asOf: Day,
): { readonly end: Day; readonly possibleEnd: Day } {
  if (record.stated && record.taken === 'active')
    return { end: record.end?.lo ?? asOf, possibleEnd: record.end?.hi ?? asOf };
  if (record.end !== undefined)
    return { end: record.end.lo, possibleEnd: record.taken === 'active' && !record.endStated ? asOf : record.end.hi };
  if (record.taken === 'active') return { end: start.lo + OPEN_PRESCRIPTION_DAYS, possibleEnd: asOf };
  return { end: start.lo, possibleEnd: asOf };
}
