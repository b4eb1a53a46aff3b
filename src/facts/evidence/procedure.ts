import { type Interval, SOME_DAY } from '../../dates/day.ts';
import { NO_PLACE, STATED } from '../../terminology/regions.ts';
import { type Asked, type FactContext, fitsRegion, hasUnseen, placeIn, servicePlace } from '../context.ts';
import { recordsOf } from '../records-of.ts';
import type { ProcedureInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { mayLieIn } from '../window.ts';
import { chartedItem } from './charted-item.ts';
import { inWindow, refusedInWindow } from './in-window.ts';
import { type Meanwhile, meanwhileOf } from './meanwhile.ts';

/** Procedures that were done; one documented as not done speaks against when nothing was done, and so does one that undoes it. */
export function procedureEvidence(input: ProcedureInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  for (const { record } of recordsOf('order', input.codes, ctx))
    tally.lead(chartedItem(record.ref, record.when, asked), 'ordered, not documented as done');
  for (const { record } of recordsOf('lead', input.codes, ctx))
    tally.lead(chartedItem(record.ref, record.when, asked), `${record.resource} on file`);
  const meanwhile = input.during === undefined ? undefined : meanwhileOf(input.during, asked, ctx);
  let last: Interval = { lo: Number.NEGATIVE_INFINITY, hi: Number.NEGATIVE_INFINITY };
  for (const { record, set } of recordsOf('procedure', input.codes, ctx)) {
    const found = chartedItem(record.ref, record.when, asked);
    const place = servicePlace(record, placeIn(record.hits, [set]));
    if (input.regional && !fitsRegion(asked, place))
      tally.ignore(found, place === STATED ? 'part of a procedure whose region is not stated' : 'another region');
    else if (input.placed && place === NO_PLACE && !record.spineReason)
      tally.perhaps(found, 'a treatment without region or reason');
    else if (input.dated && record.when === undefined) tally.lead(found, 'done on no stated day');
    else if (record.performed === 'not-done') notDone(found, asked, tally);
    else if (record.performed === 'unclear')
      tally.lead(found, 'not documented as completed', record.perhapsDone && mayLieIn(found.date, asked.window));
    else if (meanwhile !== undefined && meanwhile(record.when ?? SOME_DAY) !== 'there')
      notMeanwhile(found, meanwhile(record.when ?? SOME_DAY), ctx, tally);
    else if (inWindow(found, asked, tally)) {
      const { lo, hi } = record.when ?? SOME_DAY;
      last = { lo: Math.max(last.lo, lo), hi: Math.max(last.hi, hi) };
      tally.done(found, 'procedure on file', input.suggests);
    }
  }
  undone(input, last, asked, ctx, tally);
}

/** What was done while the finding was not there was not for it. */
function notMeanwhile(found: Item, was: Meanwhile, ctx: FactContext, tally: Tally): void {
  if (was === 'perhaps') tally.perhaps(found, 'it may have been before or after what it would be for');
  else if (hasUnseen(ctx, 'Condition')) tally.undecidedBy(found, 'Condition');
  else tally.ignore(found, 'before or after what it would be for');
}

function notDone(found: Item, asked: Asked, tally: Tally): void {
  if (!refusedInWindow(found, asked, tally)) return;
  tally.redoable = true;
  tally.notDone(found, 'documented as not done');
}

/**
 * What was taken out after the last insertion is gone. A removal whose day is not known for sure leaves it open whether it came
 * before or after, and so does one beside a device that the chart lists as present.
 */
function undone(input: ProcedureInput, last: Interval, asked: Asked, ctx: FactContext, tally: Tally): void {
  const listed = recordsOf('device', input.codes, ctx).some(({ record }) => record.present !== false);
  for (const { record } of recordsOf('procedure', input['undone-by'] ?? [], ctx)) {
    if (record.performed !== 'done') continue;
    const found = chartedItem(record.ref, record.when, asked);
    const { lo, hi } = record.when ?? SOME_DAY;
    if (hi <= last.lo || !inWindow(found, asked, tally)) continue;
    if (lo > last.hi && !listed) tally.contra(found, 'taken out or reversed');
    else
      tally.contest(
        found,
        listed ? 'taken out or reversed, but listed as present' : 'taken out or reversed, on a day that is not stated',
      );
  }
}
