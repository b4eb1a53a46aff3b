import { type Interval, parseDate } from '../../dates/day.ts';
import { NO_PLACE, type Place } from '../../terminology/regions.ts';
import { atAge, atAges, end, start } from '../element-dates.ts';
import { type Json, object, text } from '../json.ts';
import { isUndoneInWords } from '../qualified-in-words.ts';
import type { ReadContext } from '../read-context.ts';
import type { ImagingRecord, Performed, ProcedureRecord } from '../records.ts';
import { isImagingCategory, readImaging, readImagingInWords } from './imaging.ts';

const DONE = new Set(['completed', 'in-progress']);

/** The body site of a procedure, else of the order on which it was done. */
function siteOf(ctx: ReadContext, r: Json): Place {
  if (r['bodySite'] !== undefined || r['basedOn'] === undefined) return ctx.concepts.site(r['bodySite']);
  return ctx.links.orders(r).reduce<Place>((place, order) => place | ctx.concepts.site(order['bodySite']), NO_PLACE);
}

/** When it was done: a date, one that is sent as a text ("2010"), or an age of the patient or a range of such, as histories of operations have it. */
const performedAt = (ctx: ReadContext, r: Json): Interval | undefined =>
  start(r, 'performed') ??
  parseDate(r['performedString']) ??
  atAge(object(r['performedAge']), ctx.birth) ??
  atAges(object(r['performedRange']), ctx.birth);

/** Reads a Procedure; one whose code names an imaging study is an examination, unless it is still being prepared. */
export function readProcedure(ctx: ReadContext, r: Json, ref: string): ProcedureRecord | ImagingRecord | undefined {
  const when = performedAt(ctx, r) ?? (r['encounter'] === undefined ? undefined : ctx.links.visitDate(r));
  const study = ctx.concepts.study(r['code']);
  if (study !== undefined) return r['status'] === 'preparation' ? undefined : readImaging(ctx, r, ref, study, when);
  const hits = ctx.concepts.hits(r['code']);
  if (hits.length === 0) return readImagingInWords(ctx, r, ref, r['code'], isImagingCategory([r['category']]), when);
  const status = text(r['status']);
  const isDone = (status === undefined || DONE.has(status)) && !isUndoneInWords(r['code']);
  const performed: Performed = isDone ? 'done' : status === 'not-done' ? 'not-done' : 'unclear';
  const stated = [ctx.reasons.stated(r), ctx.reasons.ofOrder(r)].find((x) => x.given);
  const reason = stated ?? ctx.reasons.ofVisit(r);
  const last = end(r, 'performed');
  const encounter = ctx.links.key(object(r['encounter']));
  return {
    type: 'procedure',
    codes: ctx.concepts.keys(r['code']),
    ref,
    hits,
    site: siteOf(ctx, r),
    encounter,
    performed,
    perhapsDone: performed === 'unclear' && (status === 'unknown' || status === 'stopped'),
    notBegun: status === 'preparation',
    when,
    end: last,
    goesOn: status === 'in-progress' && last === undefined && object(r['performedPeriod']) !== undefined,
    reason: reason.place,
    spineReason: reason.spine,
    hasReason: reason.given,
    outcomeHits: ctx.concepts.hits(r['outcome']),
  };
}
