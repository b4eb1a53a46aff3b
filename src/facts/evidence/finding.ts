import type { ChartRecord, ConditionRecord, ImagingRecord, ObservationRecord } from '../../chart/records.ts';
import { add, type Interval } from '../../dates/day.ts';
import { isLater } from '../../dates/later.ts';
import { REGIONS } from '../../policy/fact-source.ts';
import { sooner } from '../../policy/measure-time.ts';
import type { Hit } from '../../terminology/code-sets.ts';
import { NO_PLACE, type Place, placeOf, STATED } from '../../terminology/regions.ts';
import { type Asked, type FactContext, fitsRegion, placeIn, placeOfRecord, placeOfSign } from '../context.ts';
import { duration } from '../duration.ts';
import { heals } from '../episode.ts';
import type { FindingInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { fitIn, mayLieIn } from '../window.ts';
import { chartedItem } from './charted-item.ts';
import { Entries, statedOn, systemOf } from './earlier-entry.ts';
import { Endings } from './endings.ts';

const dateOf = (r: ConditionRecord): Interval | undefined => r.onset ?? r.recorded;

/** Where procedures of the given sets were done; nowhere when none is on file or one of them names no place. */
function placeOfProcedures(input: FindingInput, asked: Asked, ctx: FactContext): Place {
  let place = NO_PLACE;
  for (const set of (input['placed-by'] ?? []).map((name) => ctx.set(name))) {
    for (const record of ctx.chart.bySet(set)) {
      if (record.type !== 'procedure' || record.performed !== 'done') continue;
      if (record.when !== undefined && record.when.lo > asked.window.asOf) continue;
      const here = placeOfRecord(placeIn(record.hits, [set]), record.site);
      if (here === NO_PLACE) return NO_PLACE;
      place |= here;
    }
  }
  return place;
}

interface Found {
  readonly record: ConditionRecord;
  readonly item: Item;
  /** ruled out on a day that is not certain to lie in the time window */
  readonly perhaps?: true;
}

/** That a sign was looked for and is not there. */
interface Absent {
  readonly record: ConditionRecord | ObservationRecord;
  readonly item: Item;
}

/** What the entries of a chart say of a finding. */
interface Gathered {
  readonly positive: Found[];
  readonly negative: Found[];
  readonly absent: Absent[];
  readonly suspicions: Found[];
  /** stated on a day that is not certain to lie in the time window */
  readonly doubtful: Found[];
}

/**
 * Conditions, order reasons, coded observations, coded conclusions and visit reasons that state a finding, or that it is
 * ruled out. A refutation defeats earlier entries of the same code only, and leaves open those that a code of another system includes.
 */
export function findingEvidence(input: FindingInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const gathered: Gathered = { positive: [], negative: [], absent: [], suspicions: [], doubtful: [] };
  const { positive, negative, absent, suspicions, doubtful } = gathered;
  const seen = new Set<string>();
  const sets = (input.codes ?? []).map((name) => ctx.set(name));
  const entries = new Entries(sets, asked, ctx);
  const endings = new Endings(input, sets, asked, ctx);
  for (const set of sets) {
    for (const record of ctx.chart.bySet(set)) {
      const key = `${record.type}|${record.ref}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (record.type === 'condition' && isExcepted(input, record.hits, record.site, ctx)) continue;
      if (record.type === 'condition') condition(input, record, sets, entries, asked, ctx, tally, gathered);
      else other(input, record, sets, entries, endings, asked, ctx, tally, absent);
    }
  }
  if (asked.query.certainty === 'history') historyCodes(input, asked, ctx, tally, positive);
  const standing = suspicions.filter((s) => stands(s, negative));
  if (suspects(input)) for (const { record } of standing) tally.suspectedOn(statedOn(record));
  const suspected = standing.length > 0;
  const parts = partsRuledOut(input, [...(suspected ? [] : negative.filter((n) => !n.perhaps)), ...absent], ctx);
  // what may be so in the window stands beside what is ruled out under another code
  const mayStand = doubtful.some((d) => stands(d, negative));
  settle(positive, negative, suspected, mayStand, tally, input.suggests, parts);
  for (const name of input.observed ?? []) {
    const set = ctx.set(name);
    for (const record of ctx.chart.bySet(set)) {
      if (record.type === 'observation' && record.hits.some((h) => h.set === set))
        yesOrNo(input, record, placeIn(record.hits, [set]), asked, ctx, tally);
    }
  }
}

/** Does a suspicion speak of what is asked? It does not of the age at which something began. */
const suspects = (input: FindingInput): boolean => input['before-age'] === undefined;

const SPINE = placeOf(REGIONS);

/** Does it belong to an excepted set too? A code of such a set that says no place itself does so at a site of the spine only. */
const isExcepted = (input: FindingInput, hits: readonly Hit[], site: Place, ctx: FactContext): boolean =>
  input.except?.some((s) =>
    hits.some((h) => h.set === ctx.set(s) && (h.place !== STATED || (site & SPINE) !== NO_PLACE)),
  ) ?? false;

function historyCodes(input: FindingInput, asked: Asked, ctx: FactContext, tally: Tally, positive: Found[]): void {
  for (const name of input.history ?? []) {
    for (const record of ctx.chart.bySet(ctx.set(name))) {
      if (record.type !== 'condition' || record.verification === 'refuted') continue;
      const item = toItem(record, dateOf(record), asked);
      if (inWindow(item, asked, tally)) positive.push({ record, item });
    }
  }
}

function toItem(record: ConditionRecord, date: Interval | undefined, asked: Asked): Item {
  const stated = statedOn(record);
  const charted = chartedItem(record.ref, date, asked);
  const ends = asked.query.certainty !== 'history' && record.current ? record.abated : undefined;
  return {
    ...charted,
    basis: record.basis,
    ...(record.verification === 'suspected' && !record.orderReason && { suspected: true as const }),
    ...(date !== undefined && date === record.onset && { isOnset: true as const }),
    ...(ends !== undefined && { until: sooner(charted.until, ends.lo - 1) }),
    ...(stated !== undefined && { decides: stated }),
  };
}

/**
 * The day by which a diagnosis counts: its onset. What goes on is current on the day on which it was entered, too, where no more is
 * asked than whether it is there now: not whether it is new.
 */
function countsFrom(
  input: FindingInput,
  record: ConditionRecord,
  entries: Entries,
  { query, window }: Asked,
): Interval | undefined {
  if (input['dated-by-onset']) return record.onset;
  // what is left of an event was entered after it: entered before the window, the event is older still
  if (input.event && isAfterwards(record.codes))
    return record.onset ?? (fitIn(record.recorded, window) === 'outside' ? record.recorded : undefined);
  if (input.event) return entries.eventDate(record);
  const date = dateOf(record);
  const asksNow = query.within === undefined && query.since === undefined && !input.new && !input['stated-onset'];
  if (!asksNow || !record.current) return date;
  const fit = fitIn(date, window);
  return fit === 'outside' || fit === 'unclear' ? statedOn(record) : date;
}

/** Counts an item only when its date fits; says why it does not. */
export function inWindow(item: Item, asked: Asked, tally: Tally): boolean {
  switch (fitIn(item.date, asked.window)) {
    case 'inside':
      return true;
    case 'future':
      tally.ignore(item, 'dated after the order');
      return false;
    case 'outside':
      tally.outdated = true;
      tally.lead(item, 'outside of the time window');
      return false;
    case 'unclear':
      tally.lead(item, 'its date is not certain to lie in the time window', true);
      return false;
  }
}

/** Does a partial date, or none, leave open whether an item lies in the window? */
export const isDoubtful = ({ date }: Item, { window }: Asked): boolean => fitIn(date, window) === 'unclear';

/**
 * Does a record that something was not done count here? One without a date does, as nothing was performed on any day; one whose
 * day is not certain to lie in the window leaves nothing open, as nothing was performed on that day either.
 */
export function refusedInWindow(item: Item, asked: Asked, tally: Tally): boolean {
  if (item.date === undefined) return true;
  if (fitIn(item.date, asked.window) !== 'unclear') return inWindow(item, asked, tally);
  tally.lead(item, 'not done, on a day that is not certain to lie in the time window');
  return false;
}

function condition(
  input: FindingInput,
  record: ConditionRecord,
  sets: readonly number[],
  entries: Entries,
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
  { positive, negative, suspicions, doubtful }: Gathered,
): void {
  const codePlace = placeIn(record.hits, sets);
  const item = toItem(record, countsFrom(input, record, entries, asked), asked);
  if (asked.query.source === 'order-reason' && !record.orderReason)
    return tally.ignore(item, 'not a reason of this order');
  const stated = input.innervated ? placeOfSign(codePlace, record, ctx) : placeOfRecord(codePlace, record.site);
  const place = stated === NO_PLACE ? placeOfProcedures(input, asked, ctx) : stated;
  if (input.regional && !fitsRegion(asked, place)) return tally.ignore(item, 'another region');
  if (record.recorded !== undefined && record.recorded.lo > asked.window.asOf)
    return tally.ignore(item, 'recorded after the order');
  if (input.conclusions === 'only') return;
  if (!hasStatus(input, record)) return tally.ignore(item, 'another clinical status');
  if (record.verification === 'refuted') {
    const date = statedOn(record);
    const refuted: Item = { ref: record.ref, ...(date !== undefined && { date }), basis: record.basis };
    if (!atSite(input, record.siteHits, ctx)) return;
    if (fitIn(date, asked.window) === 'unclear') negative.push({ record, item: refuted, perhaps: true });
    else if (inWindow(refuted, asked, tally)) negative.push({ record, item: refuted });
    return;
  }
  if (!record.current && asked.query.certainty !== 'history')
    return record.endUnclear
      ? tally.lead(item, 'whether it had ended by the day of the order is not certain', true)
      : tally.lead(item, 'resolved or inactive: history, not a current finding');
  const ended = asked.query.certainty !== 'history' && !record.orderReason ? entries.endedSince(record) : 'no';
  if (ended !== 'no') return tally.lead(item, 'a later entry says that it is over', ended === 'unclear');
  if (record.verification === 'suspected' && asked.query.certainty !== 'suspected') {
    if (mayLieIn(item.date, asked.window)) suspicions.push({ record, item });
    return tally.lead(
      item,
      record.orderReason ? 'a reason of this order, not a confirmed diagnosis' : 'only suspected, not confirmed',
    );
  }
  if (input['dated-by-onset'] && item.date === undefined && fitIn(undefined, asked.window) === 'unclear')
    return tally.lead(item, 'its onset is not stated');
  if (!inWindow(item, asked, tally)) {
    if (isDoubtful(item, asked)) doubtful.push({ record, item });
    return;
  }
  if (!atSite(input, record.siteHits, ctx)) return tally.lead(item, 'not stated at the place asked about', true);
  if (input.severity !== undefined) {
    const sets = input.severity.map((s) => ctx.set(s));
    if (record.severity === undefined) return tally.lead(item, 'its severity is not stated');
    if (!record.severity.some((h) => sets.includes(h.set))) return tally.contra(item, 'of another severity');
  }
  if (input['stated-onset'] && record.onset === undefined)
    return tally.lead(item, 'its onset is not stated', !record.orderReason);
  let { until } = item;
  if (input.complaint && !record.orderReason && asksOfNow(asked) && heals(record, ctx.vocabulary)) {
    const stated = statedOn(record);
    const healed = stated === undefined ? undefined : add(stated.hi, duration(ctx.vocabulary.episode['not-a-gap']));
    if (healed !== undefined && healed < asked.window.asOf)
      return tally.lead(item, 'an injury of an earlier episode, which heals', true);
    until = sooner(until, healed);
  }
  if ((input.event || (isOfNew(input, asked) && !record.orderReason)) && record.onset === undefined) {
    if (entries.onFileBefore(record.codes, item.date)) return tally.lead(item, REPEATED, true);
    until = sooner(until, entries.newUntil(record, item.date));
  }
  if (input['before-age'] === undefined) {
    positive.push({ record, item: { ...item, until } });
    return;
  }
  const before = beganBefore(record, input['before-age'], ctx);
  if (before === undefined) tally.lead(item, 'the age at its onset is not stated', true);
  else if (before) positive.push({ record, item });
  else tally.contra({ ...item, decides: LONG_AGO }, 'began at a later age');
}

/** That one entry of a finding began late says less than any that it existed before, whenever that was entered. */
const LONG_AGO: Interval = { lo: Number.NEGATIVE_INFINITY, hi: Number.NEGATIVE_INFINITY };

const REPEATED = 'on file before: not known to be new';

/** Did it begin before the patient reached an age? The day of the entry proves only that it existed by then. */
function beganBefore(record: ConditionRecord, age: string, ctx: FactContext): boolean | undefined {
  const { birth } = ctx.chart;
  const known = Math.min(record.onset?.hi ?? Number.POSITIVE_INFINITY, record.recorded?.hi ?? Number.POSITIVE_INFINITY);
  if (birth === undefined) return undefined;
  if (known < add(birth.lo, duration(age))) return true;
  return record.onset !== undefined && record.onset.lo >= add(birth.hi, duration(age)) ? false : undefined;
}

/** ICD-10-CM codes of injuries end with the encounter: A, B and C are those of active treatment. */
const AFTERWARDS = /^icd10cm\|[A-Z]\d\w\.\w{3}[D-S]$/;

/** Is an injury coded for a later encounter or as a sequela? */
const isAfterwards = (codes: readonly string[]): boolean => codes.some((c) => AFTERWARDS.test(c));

const hasStatus = (input: FindingInput, record: ConditionRecord): boolean =>
  input.clinical === undefined || (input.clinical as readonly string[]).includes(record.clinical ?? '');

/** Is it at one of the body sites that the block asks for? */
const atSite = (input: FindingInput, siteHits: readonly Hit[], ctx: FactContext): boolean =>
  input.site === undefined || input.site.some((s) => siteHits.some((h) => h.set === ctx.set(s)));

/** The refutations of an entry: those of the same code. */
const refutationsOf = ({ record }: Found, negative: readonly Found[]): readonly Found[] =>
  negative.filter((n) => n.record.codes.some((c) => record.codes.includes(c)));

/**
 * Refutations of what the entry is a case of, in the codes of another system (a foot drop, and one on the right): that they are about
 * the entry no code says.
 */
const mayRefute = ({ record }: Found, negative: readonly Found[]): readonly Found[] => {
  const systems = new Set(record.codes.map(systemOf));
  const includes = ({ set, place }: Hit): boolean =>
    record.hits.some((o) => o.set === set && (o.place === place || place === NO_PLACE));
  return negative.filter((n) => !n.record.codes.some((c) => systems.has(systemOf(c))) && n.record.hits.every(includes));
};

/** Tells that an entry conflicts with refutations, unless it is later than these for certain. @returns whether it does */
function contest({ record, item }: Found, refutations: readonly Found[], reason: string, tally: Tally): boolean {
  const refuted = refutations.map((n) => n.item.date);
  if (refutations.length === 0 || isLater([statedOn(record)], refuted)) return false;
  tally.conflict = true;
  tally.lead(item, reason);
  tally.outweighed('yes', item);
  for (const n of refutations) tally.outweighed('no', n.item);
  return true;
}

/** No refutation of the same code is later for certain. */
const stands = (found: Found, negative: readonly Found[]): boolean =>
  !isLater(
    refutationsOf(found, negative).map((n) => n.item.date),
    [statedOn(found.record)],
  );

/** What rules out a list of different signs: something of each group; undefined when a single sign is asked about. */
function partsRuledOut(
  input: FindingInput,
  absent: readonly Absent[],
  ctx: FactContext,
): readonly Absent[] | undefined {
  const groups = input['ruled-out-by']?.map((names) => new Set(names.map((n) => ctx.set(n))));
  if (groups === undefined) return undefined;
  const of = (group: ReadonlySet<number>): readonly Absent[] =>
    absent.filter(({ record }) => record.hits.some((h) => group.has(h.set)));
  return groups.every((g) => of(g).length > 0) ? groups.flatMap(of) : [];
}

/**
 * A later refutation of the same code defeats an entry; on the same day, or where a partial date leaves open which came later, it
 * is a conflict. What is suspected still, under another code or again, is not ruled out, nor is it what it was before the
 * refutation. The order's own reason is cited only when nothing in the chart says the same.
 */
function settle(
  positive: readonly Found[],
  negative: readonly Found[],
  suspected: boolean,
  mayStand: boolean,
  tally: Tally,
  suggests: boolean,
  parts: readonly Absent[] | undefined,
): void {
  let standing = 0;
  const chartFirst = [...positive].sort((a, b) => Number(a.record.orderReason) - Number(b.record.orderReason));
  for (const p of chartFirst) {
    const same = refutationsOf(p, negative);
    const refuted = same.map((n) => n.item.date);
    if (same.length > 0 && isLater(refuted, [statedOn(p.record)])) {
      tally.ignore(p.item, 'refuted later');
      tally.outweighed('yes', p.item);
      continue;
    }
    if (contest(p, same, 'stated and refuted on the same day, or on days of which none is certain to be later', tally))
      continue;
    const elsewhere = mayRefute(p, negative);
    if (contest(p, elsewhere, 'ruled out on the same day or later, in the codes of another system', tally)) continue;
    if (p.record.orderReason && standing > 0) {
      tally.ignore(p.item, 'reason of this order; the chart says it too');
      continue;
    }
    standing++;
    tally.support(p.item, p.record.orderReason ? 'reason of this order' : 'diagnosis on file', suggests);
  }
  for (const n of negative) {
    if (standing > 0) {
      tally.ignore(n.item, 'ruled out, but another entry stands');
      tally.outweighed('no', n.item);
    } else if (suspected) tally.lead(n.item, 'ruled out, but a suspicion stands');
    else if (n.perhaps) tally.perhapsNot(n.item, 'ruled out, on a day that is not certain to lie in the time window');
    else if (parts !== undefined) tally.ignore(n.item, 'one of several signs is ruled out');
    else if (mayStand) tally.lead(n.item, 'ruled out, but another entry may stand', true);
    else if (!tally.conflict) tally.contra(n.item, 'documented as ruled out');
  }
  if (standing > 0 || mayStand || tally.conflict || tally.for.length > 0) return;
  for (const { item } of parts ?? []) tally.contra(item, 'documented as ruled out');
}

/** The spine regions that an examination looked at, else the other part of the body; none when it is not stated. */
const examinedPlace = (record: ImagingRecord): Place => {
  const spine = record.place & SPINE || record.inView;
  return spine === NO_PLACE ? record.place : spine;
};

/**
 * Coded observation values, observations whose code names the finding (present or absent), coded conclusions of reports,
 * reasons of visits; family history and claims are leads.
 */
function other(
  input: FindingInput,
  record: ChartRecord,
  sets: readonly number[],
  entries: Entries,
  endings: Endings,
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
  absent: Absent[],
): void {
  if (asked.query.source === 'order-reason' || input.clinical !== undefined || input.severity !== undefined) return;
  const when = 'when' in record ? record.when : undefined;
  const item = chartedItem(record.ref, when, asked);
  const valued = record.type === 'observation' && record.valueHits.some((h) => sets.includes(h.set));
  const hits =
    record.type === 'observation'
      ? valued
        ? record.valueHits
        : record.hits
      : record.type === 'imaging' || record.type === 'report'
        ? record.findings
        : record.type === 'encounter'
          ? record.reasons
          : record.hits;
  const looked = record.type === 'imaging' ? examinedPlace(record) : record.site;
  const place =
    input.innervated && record.type === 'observation'
      ? placeOfSign(placeIn(hits, sets), record, ctx)
      : placeOfRecord(placeIn(hits, sets), looked);
  if (input.regional && !fitsRegion(asked, place)) return tally.ignore(item, 'another region');
  if (isExcepted(input, hits, looked, ctx)) return tally.ignore(item, 'something else by another code of it');
  if (input.conclusions === 'only' && record.type !== 'imaging' && record.type !== 'report') return;
  switch (record.type) {
    case 'observation':
      if (!atSite(input, record.siteHits, ctx)) return tally.lead(item, 'not stated at the place asked about', true);
      if (!record.final) return tally.lead(item, 'not final');
      if (!valued && readAnswer(record, ctx) === undefined) return tally.lead(item, 'the result is not coded', true);
      if (!inWindow(item, asked, tally)) return;
      if (!valued && readAnswer(record, ctx) === false) {
        if (input['ruled-out-by'] === undefined) tally.contra(item, 'observed as absent');
        else absent.push({ record, item });
      } else if (isOfNew(input, asked) && entries.onFileBefore([], when)) tally.lead(item, REPEATED, true);
      else tally.support(item, 'coded observation', input.suggests);
      return;
    case 'imaging':
    case 'report':
      if (record.type === 'report' ? !record.final : record.done !== 'done') return tally.lead(item, 'not final');
      if (input['stated-onset']) return tally.lead(item, 'a conclusion of a report: its onset is not stated');
      if (input.conclusions === 'suspicion' && asked.query.certainty === 'known')
        return tally.lead(item, 'a conclusion of a report, not a diagnosis');
      if (asked.query.certainty !== 'history') {
        const over = endings.ofReport(when);
        if (over !== 'no') return tally.lead(item, 'conclusion of a report; resolved since', over === 'unclear');
      }
      if (inWindow(item, asked, tally)) tally.support(item, 'coded conclusion of a report', input.suggests);
      return;
    case 'encounter':
      if (!record.held) return tally.ignore(item, 'the visit did not take place');
      if (!input.complaint || asked.query.certainty !== 'suspected') {
        // a visit does not say on which day an injury happened
        if (!input.event && suspects(input) && mayLieIn(when, asked.window)) tally.suspectedOn(when);
        return tally.lead(item, 'reason of a visit only');
      }
      if (input.event && isAfterwards(record.reasonCodes))
        return tally.lead(item, 'reason of a later visit for it', true);
      if (endings.ofVisit(record)) return tally.lead(item, 'reason of a visit; resolved since');
      if (!inWindow(item, asked, tally)) return;
      if (input.event && fitIn(entries.eventOfVisit(record), asked.window) !== 'inside')
        return tally.lead(item, REPEATED, true);
      if (isOfNew(input, asked) && entries.onFileBefore(record.reasonCodes, when))
        return tally.lead(item, REPEATED, true);
      return visited(item, asked, ctx, tally);
    case 'family':
      return tally.lead(item, 'not the patient’s own');
    case 'lead':
      return tally.lead(item, `${record.resource} on file`);
    default:
      return;
  }
}

/** Is no window asked about, but what is there now? */
const asksOfNow = ({ query, window }: Asked): boolean =>
  query.certainty !== 'history' && window.earliest === undefined && window.uncertainBefore === undefined;

/** A visit for a complaint shows it for as long as a gap of the episode, where no window is asked about; then it is history. */
function visited(item: Item, asked: Asked, ctx: FactContext, tally: Tally): void {
  const { date } = item;
  if (date === undefined || !asksOfNow(asked)) return tally.pro(item, 'reason of a visit');
  const until = add(date.hi, duration(ctx.vocabulary.episode['not-a-gap']));
  if (until < asked.window.asOf) tally.lead(item, 'reason of a visit of an earlier episode');
  else tally.pro({ ...item, until }, 'reason of a visit');
}

/** An observation that answers a finding with yes or no, normal or abnormal. */
function yesOrNo(
  input: FindingInput,
  record: ObservationRecord,
  place: Place,
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
): void {
  const item = chartedItem(record.ref, record.when, asked);
  if (asked.query.source === 'order-reason') return;
  const stated = input.innervated ? placeOfSign(place, record, ctx) : placeOfRecord(record.site, place);
  if (input.regional && !fitsRegion(asked, stated)) return tally.ignore(item, 'another region');
  if (!atSite(input, record.siteHits, ctx)) return tally.lead(item, 'not stated at the place asked about', true);
  if (!record.final) return tally.lead(item, 'not final');
  const answer = readAnswer(record, ctx);
  if (answer === undefined) return tally.lead(item, 'the result is not coded', true);
  if (!inWindow(item, asked, tally)) return;
  if (answer) tally.pro(item, 'observed');
  else tally.contra(item, 'observed as absent or normal');
}

/** Yes or no, present or absent, abnormal or normal; undefined when none of these is said. */
export function readAnswer(record: ObservationRecord, ctx: FactContext): boolean | undefined {
  if (record.value?.kind === 'boolean') return record.value.value;
  const has = (name: string): boolean => record.valueHits.some((h) => h.set === ctx.set(name));
  if (has('result-positive') || has('result-abnormal')) return true;
  if (has('result-negative') || has('result-normal')) return false;
  return undefined;
}

/** Is what began in the window asked for, not what is still there? */
const isOfNew = (input: FindingInput, { query }: Asked): boolean =>
  input.new || (input['new-after-event'] && query.since !== undefined && query.since !== 'episode');
