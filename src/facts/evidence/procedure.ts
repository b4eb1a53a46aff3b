import { type Interval, SOME_DAY } from '../../dates/day.ts';
import { STATED } from '../../terminology/regions.ts';
import { type Asked, type FactContext, fitsRegion, placeIn, servicePlace } from '../context.ts';
import type { ProcedureInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { chartedItem } from './charted-item.ts';
import { inWindow, refusedInWindow } from './in-window.ts';

/** Procedures that were done; one documented as not done speaks against when nothing was done, and so does one that undoes it. */
export function procedureEvidence(input: ProcedureInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  let last: Interval = { lo: Number.NEGATIVE_INFINITY, hi: Number.NEGATIVE_INFINITY };
  for (const name of input.codes) {
    const set = ctx.set(name);
    for (const record of ctx.chart.bySet(set)) {
      if (record.type === 'order') {
        tally.lead(chartedItem(record.ref, record.when, asked), 'ordered, not documented as done');
        continue;
      }
      if (record.type === 'lead') tally.lead(chartedItem(record.ref, record.when, asked), `${record.resource} on file`);
      if (record.type !== 'procedure') continue;
      const found = chartedItem(record.ref, record.when, asked);
      const place = servicePlace(record, placeIn(record.hits, [set]));
      if (input.regional && !fitsRegion(asked, place))
        tally.ignore(found, place === STATED ? 'part of a procedure whose region is not stated' : 'another region');
      else if (input.placed && place === 0 && !record.spineReason)
        tally.perhaps(found, 'a treatment without region or reason');
      else if (record.performed === 'not-done') {
        if (!refusedInWindow(found, asked, tally)) continue;
        tally.redoable = true;
        tally.notDone(found, 'documented as not done');
      } else if (record.performed === 'unclear') tally.lead(found, 'not documented as completed');
      else if (inWindow(found, asked, tally)) {
        const { lo, hi } = record.when ?? SOME_DAY;
        last = { lo: Math.max(last.lo, lo), hi: Math.max(last.hi, hi) };
        tally.done(found, 'procedure on file', input.suggests);
      }
    }
  }
  undone(input, last, asked, ctx, tally);
}

/**
 * What was taken out after the last insertion is gone. A removal whose day is not known for sure leaves it open whether it came
 * before or after, and so does one beside a device that the chart lists as present.
 */
function undone(input: ProcedureInput, last: Interval, asked: Asked, ctx: FactContext, tally: Tally): void {
  const listed = input.codes.some((name) =>
    ctx.chart.bySet(ctx.set(name)).some((r) => r.type === 'device' && r.present !== false),
  );
  for (const record of (input['undone-by'] ?? []).flatMap((name) => ctx.chart.bySet(ctx.set(name)))) {
    if (record.type !== 'procedure' || record.performed !== 'done') continue;
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
