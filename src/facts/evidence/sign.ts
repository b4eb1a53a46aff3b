import type { ConditionRecord, EncounterRecord, ObservationRecord } from '../../chart/records.ts';
import type { Day, Interval } from '../../dates/day.ts';
import { Reaching } from '../../dates/reaching.ts';
import { sooner } from '../../policy/measure-time.ts';
import { type Asked, type FactContext, fitsRegion, hasUnseen, placeIn, placeOfSign } from '../context.ts';
import type { SignInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { visitsOf, visitsOfRecord } from '../visits.ts';
import { fitIn, lastDayInside } from '../window.ts';
import { chartedItem } from './charted-item.ts';
import { statedOn } from './earlier-entry.ts';
import { contraAsLast } from './last-seen.ts';
import { isObserved } from './observed-course.ts';
import { readAnswer } from './read-answer.ts';
import { relatedVisits } from './related-visits.ts';

/**
 * New signs that were demonstrated on examination: a confirmed sign whose documented onset lies in the window and that was
 * found, or seen again, at a visit in person; a sign observed at a visit in the window, if it was absent before or the whole
 * complaint is that young; or an examination that is abnormal in the window and was normal before, or that followed a reported
 * symptom whose onset lies in the window.
 */
export function signEvidence(input: SignInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const seen = new Set<string>();
  const search: Search = { asked, ctx, tally, examined: examinedInPerson(asked, ctx) };
  for (const set of input.codes.map((name) => ctx.set(name))) {
    observed(set, asked, ctx, tally);
    for (const record of ctx.chart.bySet(set)) {
      if (record.type !== 'condition' || record.orderReason || seen.has(record.ref)) continue;
      seen.add(record.ref);
      const place = placeIn(record.hits, [set]);
      if (fitsRegion(asked, placeOfSign(place, record, ctx))) condition(record, set, search);
    }
  }
  examinations(input, asked, ctx, tally);
}

/** What the search for signs goes along with. */
interface Search {
  readonly asked: Asked;
  readonly ctx: FactContext;
  readonly tally: Tally;
  /** visits in person for the spine problem, by their day */
  readonly examined: Reaching<EncounterRecord>;
}

const dayOf = (visit: EncounterRecord): Day => visit.when?.lo ?? Number.POSITIVE_INFINITY;

/** Did a visit in person take place by the as-of day? */
const isExamination = (v: EncounterRecord, { window }: Asked): boolean =>
  v.held && v.inPerson && dayOf(v) <= window.asOf;

function examinedInPerson(asked: Asked, ctx: FactContext): Reaching<EncounterRecord> {
  const relates = relatedVisits(asked, ctx);
  const visits = ctx.chart.encounters.filter((v) => isExamination(v, asked) && relates(v));
  return new Reaching(
    visits.sort((a, b) => dayOf(a) - dayOf(b)),
    dayOf,
  );
}

/** One sign that is ruled out speaks against what the chart says of this sign, not against all signs together. */
function ruledOut(item: Item, set: number, why: string, ctx: FactContext, tally: Tally): void {
  const stated = ctx.chart
    .bySet(set)
    .some((r) => r.type === 'condition' && r.current && r.verification === 'confirmed');
  if (stated) tally.contra(item, why);
  else tally.lead(item, `${why}, other signs are not`);
}

function condition(record: ConditionRecord, set: number, search: Search): void {
  const { asked, ctx, tally } = search;
  const stated = statedOn(record);
  const item = chartedItem(record.ref, record.onset ?? record.recorded, asked);
  if (stated !== undefined && stated.lo > asked.window.asOf) return tally.ignore(item, 'recorded after the order');
  if (record.verification === 'refuted') {
    const refuted: Item = { ref: record.ref, date: stated, basis: 'chart' };
    return ruledOut(refuted, set, 'ruled out', ctx, tally);
  }
  if (!record.current) return tally.lead(item, 'resolved or inactive', record.endUnclear);
  if (record.verification === 'suspected') return tally.lead(item, 'only suspected', true);
  if (record.onset === undefined) return tally.lead(item, 'when it began is not stated', true);
  const fit = fitIn(record.onset, asked.window);
  if (fit !== 'inside') return tally.lead(item, 'began outside of the time window', fit === 'unclear');
  const visit = visitOf(record, search);
  if (visit === undefined) return tally.lead(item, 'not found at a visit in person', true);
  tally.pro(item, 'new, and found at a visit in person');
  tally.pro({ ...visit, until: item.until }, 'the examination in person');
}

/** The visit in person at which a sign was found, or a later one for the spine problem. */
function visitOf(record: ConditionRecord, { asked, ctx, examined }: Search): Item | undefined {
  const stated = statedOn(record);
  const own = visitsOfRecord({ encounter: record.encounter, when: stated }, visitsOf(ctx));
  const later = stated === undefined ? undefined : examined.first(stated.hi);
  const visit = own.find((v) => isExamination(v, asked)) ?? later;
  return visit === undefined ? undefined : chartedItem(visit.ref, visit.when, asked);
}

/** Is a sign on file as a diagnosis from before the window, which goes on? */
const wasDiagnosed = (set: number, asked: Asked, ctx: FactContext): boolean =>
  ctx.chart
    .bySet(set)
    .some(
      (r) =>
        r.type === 'condition' &&
        r.current &&
        r.verification !== 'refuted' &&
        fitIn(r.onset ?? r.recorded, asked.window) === 'outside' &&
        fitsRegion(asked, placeOfSign(placeIn(r.hits, [set]), r, ctx)),
    );

/** A sign as an Observation: the latest one of the set speaks. */
function observed(set: number, asked: Asked, ctx: FactContext, tally: Tally): void {
  const all = ctx.chart
    .bySet(set)
    .flatMap((r) => (r.type === 'observation' && r.final && r.when !== undefined ? [{ record: r, when: r.when }] : []))
    .filter(({ record, when }) => {
      const place = placeIn([...record.valueHits, ...record.hits], [set]);
      return when.lo <= asked.window.asOf && fitsRegion(asked, placeOfSign(place, record, ctx));
    })
    .sort((a, b) => a.when.lo - b.when.lo);
  const present = (r: ObservationRecord): boolean | undefined => isObserved(r, [set], ctx);
  const last = lastOf(all, ({ record }) => present(record));
  if (last === undefined || fitIn(last.when, asked.window) !== 'inside') return;
  const item = chartedItem(last.record.ref, last.when, asked);
  const answer = present(last.record);
  if (answer === false && hasUnseen(ctx, 'Observation')) return tally.undecidedBy(item, 'Observation');
  if (answer === false) return ruledOut(item, set, 'observed as absent', ctx, tally);
  if (answer === undefined) return tally.lead(item, 'the result is not coded', true);
  const visit = visitsOfRecord(last.record, visitsOf(ctx)).find((v) => v.held && v.inPerson);
  if (visit === undefined) return tally.lead(item, 'not found at a visit in person', true);
  const { absent, isOld } = lookBack(
    all.flatMap(({ record, when }) => (when.hi < last.when.lo ? [record] : [])),
    present,
    asked,
  );
  const { onset } = ctx.episode(asked.query.region);
  const young = onset !== undefined && fitIn(onset, asked.window) === 'inside' && !wasDiagnosed(set, asked, ctx);
  if (isOld || (absent === undefined && !young)) return tally.lead(item, 'not known to be new', true);
  const until = absent === undefined ? sooner(item.until, lastDayInside(onset, asked.window)) : item.until;
  tally.pro({ ...item, until }, 'found on examination');
  tally.pro({ ...chartedItem(visit.ref, visit.when, asked), until }, 'the examination in person');
  if (absent !== undefined)
    tally.pro({ ...chartedItem(absent.ref, absent.when, asked), until }, 'absent at an earlier examination');
}

/** What was found on a day weighs more than what was not: that is of the other side, or of another muscle. */
const weight = (answer: boolean | undefined): number => (answer === true ? 2 : answer === undefined ? 1 : 0);

/** Of those of the last day the one that weighs most. @param all oldest first */
function lastOf<T extends { readonly when?: Interval | undefined }>(
  all: readonly T[],
  present: (one: T) => boolean | undefined,
): T | undefined {
  const day = all.at(-1)?.when?.lo;
  return all.filter(({ when }) => when?.lo === day).sort((a, b) => weight(present(b)) - weight(present(a)))[0];
}

/**
 * The last of the earlier examinations that found nothing, on a day on which none found anything, and whether something was found since that, before the time window.
 * @param earlier oldest first
 */
function lookBack(
  earlier: readonly ObservationRecord[],
  present: (record: ObservationRecord) => boolean | undefined,
  asked: Asked,
): { readonly absent: ObservationRecord | undefined; readonly isOld: boolean } {
  const found = new Set(earlier.flatMap((r) => (present(r) === true ? [r.when?.lo] : [])));
  const last = earlier.findLastIndex((r) => present(r) === false && !found.has(r.when?.lo));
  const isOld = earlier.slice(last + 1).some((r) => present(r) === true && fitIn(r.when, asked.window) !== 'inside');
  return { absent: earlier[last], isOld };
}

/** An examination as a whole that is abnormal, after one that was normal or after a symptom that is new. */
function examinations(input: SignInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const results = (input.examination ?? [])
    .flatMap((name) => ctx.chart.bySet(ctx.set(name)))
    .flatMap((r) => (r.type === 'observation' && r.final && r.when !== undefined ? [r] : []))
    .filter((r) => fitIn(r.when, { asOf: asked.window.asOf }) === 'inside');
  const day = (r: ObservationRecord): number => r.when?.lo ?? 0;
  const sorted = [...results].sort((a, b) => day(a) - day(b));
  const last = lastOf(sorted, (r) => readAnswer(r, ctx));
  if (last === undefined || fitIn(last.when, asked.window) !== 'inside') return;
  const item = chartedItem(last.ref, last.when, asked);
  const answer = readAnswer(last, ctx);
  if (answer === false) return contraAsLast(item, 'the examination is normal', 'Observation', ctx, tally);
  const { absent: before, isOld } = lookBack(
    sorted.filter((r) => day(r) < day(last)),
    (r) => readAnswer(r, ctx),
    asked,
  );
  const symptom = before === undefined ? newSymptom(input, last, asked, ctx) : undefined;
  if (isOld) return tally.lead(item, 'not known to be new', true);
  if (answer === undefined || (before === undefined && symptom === undefined))
    return tally.lead(item, 'not known to be new', answer === true);
  const until = sooner(item.until, symptom?.until);
  tally.pro({ ...item, until }, 'abnormal on examination');
  if (symptom !== undefined) tally.pro({ ...symptom, until }, 'a new symptom, demonstrated on examination');
  if (before !== undefined)
    tally.pro({ ...chartedItem(before.ref, before.when, asked), until }, 'normal at an earlier examination');
}

/** The latest symptom on file that began in the window, by the day of an examination. */
function newSymptom(input: SignInput, exam: ObservationRecord, asked: Asked, ctx: FactContext): Item | undefined {
  const found: Item[] = [];
  for (const set of (input.symptoms ?? []).map((name) => ctx.set(name))) {
    for (const record of ctx.chart.bySet(set)) {
      if (record.type !== 'condition' || record.onset === undefined) continue;
      if (!record.current || record.verification !== 'confirmed') continue;
      const place = placeIn(record.hits, [set]);
      const stated = statedOn(record);
      const known = stated === undefined || stated.lo <= asked.window.asOf;
      if (!known || record.onset.hi > (exam.when?.lo ?? 0) || !fitsRegion(asked, placeOfSign(place, record, ctx)))
        continue;
      if (fitIn(record.onset, asked.window) === 'inside') found.push(chartedItem(record.ref, record.onset, asked));
    }
  }
  return found.sort((a, b) => (b.date?.lo ?? 0) - (a.date?.lo ?? 0))[0];
}
