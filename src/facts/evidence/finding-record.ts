import type {
  ChartRecord,
  EncounterRecord,
  ImagingRecord,
  ObservationRecord,
  ReportRecord,
} from '../../chart/records.ts';
import { add, type Interval } from '../../dates/day.ts';
import type { Hit } from '../../terminology/code-index.ts';
import { NO_PLACE, type Place } from '../../terminology/regions.ts';
import { belongs, fitsRegion, inSets, placeIn, placeOfRecord, placeOfSign } from '../context.ts';
import { duration } from '../duration.ts';
import type { Item } from '../tally.ts';
import { fitIn, mayLieIn } from '../window.ts';
import { chartedItem } from './charted-item.ts';
import {
  asksOfNow,
  atSite,
  courseOf,
  existedBefore,
  isAfterwards,
  isExcepted,
  isOfNew,
  REPEATED,
  type Search,
  SPINE,
  suspects,
} from './finding-search.ts';
import { inWindow } from './in-window.ts';
import { examinedPlace, normalExaminations } from './normal-examinations.ts';
import { isObserved } from './observed-course.ts';
import { readAnswer } from './read-answer.ts';

/** What records other than diagnoses say of a finding; family history and claims are leads. */
export function readRecord(record: ChartRecord, search: Search): void {
  const { input, asked, tally } = search;
  if (asked.query.source === 'order-reason' || input.clinical !== undefined || input.severity !== undefined) return;
  const item = chartedItem(record.ref, 'when' in record ? record.when : undefined, asked);
  const hits = speaking(record, search);
  const looked = record.type === 'imaging' ? examinedPlace(record) : record.site;
  if (!belongs(input, asked, placeOfHits(record, hits, looked, search))) return tally.ignore(item, 'another region');
  if (isExcepted(search, hits, looked)) return tally.ignore(item, 'something else by another code of it');
  if (input.conclusions === 'only' && record.type !== 'imaging' && record.type !== 'report') return;
  switch (record.type) {
    case 'observation':
      return observation(record, item, search);
    case 'imaging':
    case 'report':
      return conclusion(record, item, search);
    case 'encounter':
      return visitReason(record, item, search);
    case 'family':
      return tally.lead(item, 'not the patient’s own');
    case 'lead':
      return tally.lead(item, `${record.resource} on file`);
    default:
      return;
  }
}

/** Does the value of an observation name the finding, not its code? */
const isValued = ({ valueHits }: ObservationRecord, { sets }: Search): boolean =>
  valueHits.some((h) => sets.includes(h.set));

/** The codes of a record that name the finding. */
function speaking(record: ChartRecord, search: Search): readonly Hit[] {
  switch (record.type) {
    case 'observation':
      return isValued(record, search) ? record.valueHits : record.hits;
    case 'imaging':
    case 'report':
      return record.findings;
    case 'encounter':
      return record.reasons;
    default:
      return record.hits;
  }
}

function placeOfHits(record: ChartRecord, hits: readonly Hit[], looked: Place, { input, sets, ctx }: Search): Place {
  const place = placeIn(hits, sets);
  return input.innervated && record.type === 'observation'
    ? placeOfSign(place, record, ctx)
    : placeOfRecord(place, looked);
}

/** A coded value that names the finding, or an observation whose code does (present or absent). */
function observation(record: ObservationRecord, item: Item, search: Search): void {
  const { input, asked, ctx, tally, absent } = search;
  if (!atSite(search, record.siteHits)) return tally.lead(item, 'not stated at the place asked about', true);
  if (!record.final) return tally.lead(item, 'not final');
  if (record.as === 'past' && asked.query.certainty !== 'history') return tally.lead(item, 'stated as history');
  if (record.as === 'unfound' && !input.complaint) return tally.lead(item, 'a reason, a risk or a plan, not a finding');
  const isThere = isObserved(record, search.sets, ctx);
  if (isThere === undefined) return tally.lead(item, 'the result is not coded', true);
  if (isThere && !isYoungEnough(record.when, search))
    return tally.lead(item, 'the age at its onset is not stated', true);
  if (!inWindow(item, asked, tally)) return;
  if (!isThere && input['ruled-out-by'] === undefined) tally.contra(item, 'observed as absent');
  else if (!isThere) absent.push({ record, item });
  else if (isOld(record, search)) tally.lead(item, REPEATED, true);
  else if (isOfComplaint(speaking(record, search), search)) complained(item, 'coded observation', search);
  else tally.support(item, 'coded observation', input.suggests);
}

/**
 * Where something new is asked for, is it not known to be? It is when it was not on file before the window, or, where an onset has
 * to be stated, when it was absent within it.
 */
function isOld(record: ObservationRecord, search: Search): boolean {
  const { input, asked, entries } = search;
  const isNew = isOfNew(input, asked);
  if (input.event || !(isNew || input['stated-onset'])) return false;
  const course = courseOf(record, search);
  if (input['stated-onset'])
    return course?.absentBefore === undefined || fitIn(course.absentBefore, asked.window) !== 'inside';
  return (
    entries.onFileBefore([], record.when) || (course !== undefined && fitIn(course.first, asked.window) !== 'inside')
  );
}

/** A coded conclusion of an examination or of a report. */
function conclusion(record: ImagingRecord | ReportRecord, item: Item, search: Search): void {
  const { input, asked, tally, endings } = search;
  if (record.type === 'report' ? !record.final : record.done !== 'done') return tally.lead(item, 'not final');
  if (input['stated-onset']) return tally.lead(item, 'a conclusion of a report: its onset is not stated');
  if (input.conclusions === 'suspicion' && asked.query.certainty === 'known')
    return tally.lead(item, 'a conclusion of a report, not a diagnosis');
  // an examination of the region shows where it is
  if (input.site !== undefined && !(record.type === 'imaging' && input.regional))
    return tally.lead(item, 'not stated at the place asked about', true);
  if (!isYoungEnough(record.when, search)) return tally.lead(item, 'the age at its onset is not stated', true);
  if (asked.query.certainty !== 'history') {
    const over = endings.ofReport(record.when);
    if (over !== 'no') return tally.lead(item, 'conclusion of a report; resolved since', over === 'unclear');
  }
  if (!inWindow(item, asked, tally)) return;
  if (record.type === 'imaging' && isOutdone(record, search))
    return tally.lead(item, 'a later examination of this region was normal', true);
  if ((input.event || isOfNew(input, asked)) && wasKnown(record, search)) tally.lead(item, REPEATED, true);
  else if (isOfComplaint(record.findings, search)) complained(item, 'coded conclusion of a report', search);
  else tally.support(item, 'coded conclusion of a report', input.suggests);
}

/** Did it exist before the patient reached the age asked about, if one is, as far as the day on which it was found tells? */
function isYoungEnough(when: Interval | undefined, { input, ctx }: Search): boolean {
  const age = input['before-age'];
  return age === undefined || (when !== undefined && existedBefore(when.hi, age, ctx));
}

/** Is it a complaint (pain, radiculopathy), which comes and goes, not a disease that stays? */
const isOfComplaint = (hits: readonly Hit[], { input, sets, ctx }: Search): boolean =>
  input.complaint &&
  !input.suggests &&
  inSets(
    hits.filter((h) => sets.includes(h.set)),
    Object.values(ctx.vocabulary.episode.complaints).flat(),
    ctx,
  );

/** What an examination found of a complaint holds as what a visit does, and for as long as the complaint of that time goes on. */
function complained(item: Item, what: string, search: Search): void {
  const { asked, ctx } = search;
  const { date } = item;
  if (!asksOfNow(asked)) return search.tally.pro(item, what);
  const episode = ctx.episode(asked.query.region);
  const own = episode.complaint ?? (episode.ofAnother ? undefined : episode);
  const start = own?.surelySince ?? own?.onset?.hi;
  if (date !== undefined && start !== undefined && date.lo >= start)
    search.tally.pro({ ...item, ...(own?.until !== undefined && { until: own.until }) }, what);
  else shownOn(item, what, search);
}

/** Was the region found normal since by an MRI, or by another examination of the same kind? */
function isOutdone(record: ImagingRecord, { input, asked, ctx }: Search): boolean {
  const { when, modality } = record;
  if (when === undefined || input.complaint || asked.query.certainty === 'history') return false;
  const place = examinedPlace(record) || SPINE;
  return normalExaminations(ctx).some(
    (later) =>
      later.possible > when.lo &&
      (place & later.examined) !== NO_PLACE &&
      ((modality !== undefined && later.modality === modality) || (input.regional && later.modality === 'mri')) &&
      (!input.regional || fitsRegion(asked, later.place)),
  );
}

/** Was what a report concludes on file before the window, as a diagnosis or on an earlier examination? */
function wasKnown({ when }: ImagingRecord | ReportRecord, search: Search): boolean {
  const { input, asked, ctx, entries, sets } = search;
  const shows = (r: ImagingRecord): boolean =>
    r.findings.some((h) => sets.includes(h.set)) &&
    belongs(input, asked, placeOfHits(r, r.findings, examinedPlace(r), search));
  return (
    entries.onFileBefore([], when) ||
    ctx.chart.imaging.some((r) => r.done === 'done' && fitIn(r.when, asked.window) === 'outside' && shows(r))
  );
}

/** A visit for a complaint shows it; for anything else it suspects it at the most. */
function visitReason(record: EncounterRecord, item: Item, search: Search): void {
  const { input, asked, tally, entries, endings } = search;
  if (!record.held) return tally.ignore(item, 'the visit did not take place');
  if (!input.complaint || asked.query.certainty !== 'suspected') {
    // a visit does not say on which day an injury happened
    if (!input.event && suspects(input) && mayLieIn(record.when, asked.window)) tally.suspectedOn(record.when);
    return tally.lead(item, 'reason of a visit only');
  }
  if (input.event && isAfterwards(record.reasonCodes)) return tally.lead(item, 'reason of a later visit for it', true);
  const over = endings.ofVisit(record);
  if (over !== 'no') return tally.lead(item, 'reason of a visit; resolved since', over === 'unclear');
  if (!inWindow(item, asked, tally)) return;
  if (input.event && fitIn(entries.eventOfVisit(record), asked.window) !== 'inside')
    return tally.lead(item, REPEATED, true);
  if (isOfNew(input, asked) && entries.onFileBefore(record.reasonCodes, record.when))
    return tally.lead(item, REPEATED, true);
  shownOn(item, 'reason of a visit', search);
}

/** What a day shows of a complaint holds for as long as a gap of the episode, where no window is asked about; then it is history. */
function shownOn(item: Item, what: string, { asked, ctx, tally }: Search): void {
  const { date } = item;
  if (date === undefined || !asksOfNow(asked)) return tally.pro(item, what);
  const gap = duration(ctx.vocabulary.episode['not-a-gap']);
  const until = add(date.lo, gap);
  if (until >= asked.window.asOf) return tally.pro({ ...item, until }, what);
  const mayShow = add(date.hi, gap) >= asked.window.asOf;
  if (mayShow) tally.perhapsLast(item, asked.window.asOf);
  tally.lead(item, `${what}, too long ago to show it now`, mayShow);
}

/** An observation that answers a finding with yes or no, normal or abnormal. @param set the set of its code */
export function readYesOrNo(record: ObservationRecord, set: number, search: Search): void {
  const { input, asked, ctx, tally } = search;
  const item = chartedItem(record.ref, record.when, asked);
  if (asked.query.source === 'order-reason') return;
  const place = placeIn(record.hits, [set]);
  const stated = input.innervated ? placeOfSign(place, record, ctx) : placeOfRecord(record.site, place);
  if (!belongs(input, asked, stated)) return tally.ignore(item, 'another region');
  if (!atSite(search, record.siteHits)) return tally.lead(item, 'not stated at the place asked about', true);
  if (!record.final) return tally.lead(item, 'not final');
  const answer = readAnswer(record, ctx);
  if (answer === undefined) return tally.lead(item, 'the result is not coded', true);
  if (!inWindow(item, asked, tally)) return;
  if (answer) tally.pro(item, 'observed');
  else tally.contra(item, 'observed as absent or normal');
}
