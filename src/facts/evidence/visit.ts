import type { EncounterRecord } from '../../chart/records.ts';
import type { Interval } from '../../dates/day.ts';
import type { Hit } from '../../terminology/code-index.ts';
import { NO_PLACE } from '../../terminology/regions.ts';
import { type Asked, type FactContext, fitsRegion, inSets } from '../context.ts';
import type { VisitInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { fitIn } from '../window.ts';
import { chartedItem } from './charted-item.ts';
import { inWindow } from './in-window.ts';
import { relatedVisits, sharesReason, visitsWithDiagnosis } from './related-visits.ts';

/** Visits that took place: in person or not, with a specialty, for the spine problem. */
export function visitEvidence(input: VisitInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const relates = relatedVisits(asked, ctx);
  const isForReasons = forReasons(input, ctx);
  const isRelated = (record: EncounterRecord, found: Item): boolean => {
    if (!isOutside(found, asked)) return relates(record, tally, found);
    // a visit of no stated reason helps to answer only where it may lie in the window
    if (relates(record)) return true;
    tally.ignore(found, 'outside of the time window, and not stated to be for this problem');
    return false;
  };
  for (const record of ctx.chart.encounters) {
    if (!isSought(record, input, ctx)) continue;
    const found = chartedItem(record.ref, seenOn(record, asked), asked);
    const isFor = (): boolean =>
      (!isForAnother(record.reasons, input['not-for'] ?? [], asked, ctx) || relates(record)) && isForReasons(record);
    if (isOfAnotherKind(record, input, ctx))
      tally.ignore(found, 'a therapy session or another service, not an evaluation');
    else if (!record.held) tally.ignore(found, 'the visit did not take place');
    else if (!isFor()) tally.ignore(found, 'a visit for another reason');
    else if (input.reasons !== undefined || !input.related || isRelated(record, found))
      contact(record, found, input, asked, tally);
  }
}

/** Is one of the reasons in some sets, unless it is at the place on the body that is asked about (hip pain and the lumbar spine)? */
const isForAnother = (reasons: readonly Hit[], sets: readonly string[], asked: Asked, ctx: FactContext): boolean =>
  reasons.some((h) => inSets([h], sets, ctx) && (h.place === NO_PLACE || !fitsRegion(asked, h.place)));

/** Is it one of the visits that are asked for, by what it was? */
const isSought = (
  { specialties, hits }: EncounterRecord,
  { specialty, codes }: VisitInput,
  ctx: FactContext,
): boolean =>
  (specialty === undefined || inSets(specialties, specialty, ctx)) && (codes === undefined || inSets(hits, codes, ctx));

/** Tells whether a visit was for the reasons that are asked for, by what itself says or a diagnosis that was made at it. */
function forReasons({ reasons }: VisitInput, ctx: FactContext): (visit: EncounterRecord) => boolean {
  if (reasons === undefined) return () => true;
  let madeAt: ReadonlySet<string> | undefined;
  return (visit) => {
    if (!visit.hasReason || inSets(visit.reasons, reasons, ctx) || sharesReason(visit, ctx)) return true;
    madeAt ??= visitsWithDiagnosis(
      reasons.map((name) => ctx.set(name)),
      () => true,
      ctx,
    );
    return madeAt.has(visit.ref);
  };
}

/** How patient and clinician met, where that is asked for. */
function contact(record: EncounterRecord, found: Item, input: VisitInput, asked: Asked, tally: Tally): void {
  if (input.evaluation && record.evaluation === 'other-services-in-words')
    tally.lead(found, 'named as another service than an evaluation');
  else if (input['in-person'] && !record.inPerson)
    tally.lead(found, record.remote ? 'not in person' : 'not stated to be in person');
  else if (inWindow(found, asked, tally)) tally.pro(found, 'visit on file');
}

/** Is it a visit for other services than are asked for? One of several services at which an evaluation was billed is none. */
const isOfAnotherKind = (record: EncounterRecord, input: VisitInput, ctx: FactContext): boolean =>
  record.evaluation !== 'stated' &&
  ((input.evaluation && record.evaluation === 'other-services') ||
    (input.without !== undefined && inSets([...record.specialties, ...record.hits], input.without, ctx)));

/** The day of a visit; of a stay that began before the time window the last one, as patients are seen on every day of it. */
function seenOn({ when, stay }: EncounterRecord, { window }: Asked): Interval | undefined {
  if (stay === undefined || fitIn(when, window) !== 'outside') return when;
  const { last = { lo: window.asOf, hi: window.asOf } } = stay;
  return { lo: Math.min(last.lo, window.asOf), hi: Math.min(last.hi, window.asOf) };
}

const isOutside = ({ date }: Item, { window }: Asked): boolean => fitIn(date, window) === 'outside';
