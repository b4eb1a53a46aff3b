import type { MedicationRecord } from '../../chart/records.ts';
import { add, type Day, type Duration } from '../../dates/day.ts';
import { sooner } from '../../policy/measure-time.ts';
import { type Asked, type FactContext, fitsRegion } from '../context.ts';
import { drugEnd } from '../drug-end.ts';
import { duration } from '../duration.ts';
import { doubtOfPurpose, whyForAnother } from '../purpose.ts';
import { recordsOf } from '../records-of.ts';
import { namesOfEnded, namesOfTaken } from '../same-drug.ts';
import type { MedicationInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { chartedItem } from './charted-item.ts';
import { inWindow } from './in-window.ts';

/** Is the drug being taken on the as-of day? A stated end before it, or a past status, says no. */
const current = (record: MedicationRecord, asOf: Day): boolean =>
  record.taken === 'active'
    ? !((record.stated || record.endStated) && record.end !== undefined && record.end.hi < asOf)
    : record.taken === 'past' && !record.broken && record.end !== undefined && record.end.lo > asOf;

/** The last day on which a drug that is taken counts as current; undefined where no end is known. */
function lastDay({ taken, stated, endStated, end }: MedicationRecord): Day | undefined {
  if (end === undefined) return undefined;
  if (taken === 'past') return end.lo - 1;
  return stated || endStated ? end.hi : undefined;
}

/** Drugs that are or were taken; that one is not taken speaks against this drug, or against all when none is taken. */
export function medicationEvidence(input: MedicationInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const taken: MedicationRecord[] = [];
  const refused: Refused[] = [];
  const { asOf } = asked.window;
  const longEnough = takenFor(input, asOf, ctx);
  const doubtOf = input['for-spine'] ? doubtOfPurpose(asked, ctx) : () => undefined;
  const isOfNow = input.use === 'current' && asked.query.within === undefined;
  for (const { record } of recordsOf('medication', input.codes, ctx)) {
    const found = chartedItem(record.ref, record.start, asked);
    const doubt = doubtOf(record);
    if (record.start !== undefined && record.start.lo > asOf) tally.ignore(found, 'begun after the order');
    else if (input['for-spine'] && record.hasReason && !(record.spineReason && fitsRegion(asked, record.reason)))
      tally.ignore(found, 'for another problem');
    else if (record.taken === 'not-taken') refused.push({ record, found });
    else if (doubt === 'another') tally.lead(found, whyForAnother(record), true);
    else if (doubt !== undefined) tally.undecidedBy(found, doubt);
    else if (record.taken === 'unclear') tally.lead(found, 'not documented as taken');
    else if (input.use === 'current' && !current(record, asOf)) tally.lead(found, 'no longer taken');
    else if (!longEnough(record)) tally.lead(found, 'not documented as taken long enough', record.taken === 'active');
    else if (isOfNow || inWindow(found, asked, tally)) {
      const until = input.use === 'current' ? sooner(found.until, lastDay(record)) : found.until;
      tally.done({ ...found, until }, 'on the medication list');
      taken.push(record);
    }
  }
  tellRefused(refused, taken, tally);
}

interface Refused {
  readonly record: MedicationRecord;
  readonly found: Item;
}

/** What is not taken, beside what is. */
function tellRefused(refused: readonly Refused[], taken: readonly MedicationRecord[], tally: Tally): void {
  const names = taken.map((t) => new Set(namesOfTaken(t)));
  for (const { record, found } of refused) {
    const ended = namesOfEnded(record);
    if (names.some((own) => !ended.some((name) => own.has(name))))
      tally.ignore(found, 'not taken, but another drug of this kind is');
    else if (taken.length === 0) tally.notDone(found, 'documented as not taken');
    else tally.contra(found, 'documented as not taken');
  }
}

/** A refill that is no later than this goes on with the course. */
const LATE_REFILL: Duration = { count: 7, unit: 'days' };

/**
 * Tells whether a drug was taken as long as is asked, for certain: for the supply of a prescription and of those that go on with it.
 * That a prescription of a few days is still called active does not make it a long one.
 */
function takenFor(input: MedicationInput, asOf: Day, ctx: FactContext): (record: MedicationRecord) => boolean {
  if (input.lasting === undefined) return () => true;
  const least = duration(input.lasting);
  const taken = new Map<MedicationRecord, { readonly from: Day; readonly to: Day }>();
  for (const { record } of recordsOf('medication', input.codes, ctx)) {
    if (record.start === undefined || record.start.lo > asOf) continue;
    if (record.taken === 'active' || record.taken === 'past')
      taken.set(record, { from: record.start.hi, to: Math.min(drugEnd(record, record.start, asOf).end, asOf) });
  }
  const long = new Set<MedicationRecord>();
  let run: MedicationRecord[] = [];
  let [began, ended] = [0, Number.NEGATIVE_INFINITY];
  for (const [record, { from, to }] of [...taken].sort(([, a], [, b]) => a.from - b.from)) {
    if (from > add(ended, LATE_REFILL)) [run, began, ended] = [[], from, to];
    run.push(record);
    ended = Math.max(ended, to);
    if (ended >= add(began, least)) for (const r of run) long.add(r);
  }
  return (record) => long.has(record);
}
