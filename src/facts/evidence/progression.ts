import type { ConditionRecord, EncounterRecord, ObservationRecord } from '../../chart/records.ts';
import { type Day, type Interval, subtract } from '../../dates/day.ts';
import { earliest } from '../../dates/later.ts';
import type { Hit } from '../../terminology/code-sets.ts';
import { NO_PLACE } from '../../terminology/regions.ts';
import { type Asked, type FactContext, fitsRegion, hasUnseen, placeOfRecord, placeOfSign } from '../context.ts';
import { episodeStart } from '../episode/episode.ts';
import type { ProgressionInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { fitIn, lastDayInside } from '../window.ts';
import { statedOn } from './earlier-entry.ts';
import { readAnswer } from './read-answer.ts';
import { relatedVisits, wasOn } from './related-visits.ts';

/** A sign that began so long after the complaint was not part of its first picture. */
const BASELINE_DAYS = 42;

type SignRecord = ConditionRecord | ObservationRecord;

/** A sign as a Condition or as an Observation, with the visit at which it was looked for. */
interface Sign {
  readonly ref: string;
  readonly says: 'present' | 'suspected' | 'absent';
  /** the codings of a Condition; an Observation is compared by its code sets */
  readonly codes: readonly string[] | undefined;
  readonly sets: readonly number[];
  readonly onset: Interval | undefined;
  /** its onset stands in words */
  readonly onsetUnread?: true | undefined;
  /** when it was stated */
  readonly stated: Interval;
  readonly visit: EncounterRecord | undefined;
}

/** An examination before the current episode is a baseline only for so long. */
const BASELINE_REACH = { count: 12, unit: 'months' } as const;

/** What the search for a sign that is new goes along with. */
interface Search {
  readonly input: ProgressionInput;
  readonly asked: Asked;
  readonly ctx: FactContext;
  readonly tally: Tally;
  /** what was found, and what was documented as absent */
  readonly signs: readonly Sign[];
  readonly denied: readonly Sign[];
  /** visits of the complaint's region that took place */
  readonly visits: readonly EncounterRecord[];
  /** is a visit about the spine, or for what the patient has there? */
  readonly relates: (visit: EncounterRecord) => boolean;
  /** the first day of which an examination is a baseline */
  readonly oldest: Day;
}

/**
 * Objective signs that progressed between two in-person visits: a sign found at a later visit that was not there at an
 * earlier one, at which another sign, an absent sign or a normal examination was recorded.
 */
export function progressionEvidence(input: ProgressionInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const looked = signsOf([...input.signs, ...input.baseline], asked, ctx);
  const denied = looked.filter((s) => s.says === 'absent');
  const signs = looked.filter((s) => s.says === 'present' && !denied.some((d) => ended(s, d)));
  for (const sign of looked) if (sign.says === 'suspected') tally.lead(signItem(sign), 'only suspected, not confirmed');
  const { asOf } = asked.window;
  const relates = relatedVisits(asked, ctx);
  const search: Search = {
    input,
    asked,
    ctx,
    tally,
    signs,
    denied,
    visits: ctx.chart.encounters.filter((v) => v.held && v.when !== undefined && v.when.lo <= asOf && relates(v)),
    relates,
    oldest: Math.min(episodeStart(ctx.episode(asked.query.region)) ?? asOf, subtract(asOf, BASELINE_REACH)),
  };
  const own = new Set(signsOf(input.signs, asked, ctx).map((s) => s.ref));
  for (const sign of signs)
    if (own.has(sign.ref)) readSign(sign, search);
    else tally.lead(signItem(sign), 'another sign');
}

/** Was a sign found at a visit in person that was for it, inside of the window? */
function readSign(sign: Sign, search: Search): void {
  const { asked, tally } = search;
  const { visit } = sign;
  const item = signItem(sign);
  if (visit === undefined) return missesVisit(item, 'a sign that is not tied to a visit', search);
  if (!visit.inPerson) return tally.lead(item, 'found at a visit that was not in person', true);
  if (fitIn(visit.when, asked.window) !== 'inside') return;
  if (isForAnother(visit, sign, search)) return tally.lead(item, 'found at a visit for another problem', true);
  compareWithEarlier(sign, visit, search);
}

/** Leaves open what a visit that is not on file may have shown. */
const missesVisit = (item: Item, reason: string, { ctx, tally }: Search): void =>
  hasUnseen(ctx, 'Encounter') ? tally.undecidedBy(item, 'Encounter') : tally.lead(item, reason, true);

/** Was a visit for a problem elsewhere, which can show such a sign as well? */
function isForAnother(visit: EncounterRecord, { sets, codes = [] }: Sign, { input, ctx, relates }: Search): boolean {
  const elsewhere = (input['not-at'] ?? []).map((name) => ctx.set(name));
  return (
    visit.reasons.some((h) => elsewhere.includes(h.set)) &&
    !visit.reasons.some((h) => sets.includes(h.set)) &&
    !visit.reasonCodes.some((c) => codes.includes(c)) &&
    !relates(visit)
  );
}

/** Was a sign that was found at a visit looked for, and not found, at an earlier one? */
function compareWithEarlier(sign: Sign, visit: EncounterRecord, search: Search): void {
  const { input, asked, ctx, tally, signs, denied, visits, oldest } = search;
  const item = signItem(sign);
  const day = visit.when?.lo ?? 0;
  const earlier = visits.filter((v) => v.inPerson && (v.when?.hi ?? day) < day);
  if (signs.some((s) => s !== sign && s.visit !== undefined && earlier.includes(s.visit) && sameSign(s, sign)))
    return tally.lead(item, 'found at an earlier examination too');
  const baseline = earlier.filter((v) => (v.when?.hi ?? day) >= oldest);
  const atBaseline = (s: Sign): boolean => s.visit !== undefined && baseline.includes(s.visit);
  const before = signs.filter((s) => s !== sign && atBaseline(s));
  const absent = denied.filter(atBaseline);
  const normal = examinations(input, ctx).filter((o) =>
    baseline.some((v) => o.encounter === v.ref || (o.when !== undefined && wasOn(o.when.lo, v))),
  );
  const until = lastDayInside(visit.when, asked.window);
  // none of them speaks without the sign, and all of them as long as it does
  const together = (part: Item, reason: string): void => tally.pro({ ...part, until }, reason);
  const examination: Item = { ref: visit.ref, date: visit.when, basis: 'chart' };
  if (before.length + normal.length + absent.length === 0) {
    if (!beganLater(sign, input, asked, ctx)) {
      const few = earlier.length > 0 ? 'the earlier examination is not on file' : 'only one examination in person';
      return missesVisit(item, few, search);
    }
    together(item, 'began later than the complaint');
    return together(examination, 'the examination in person');
  }
  const lookedFor = [...before, ...absent].map((s) => s.stated.lo);
  if (mayBeOlder(sign, [...lookedFor, ...normal.flatMap((o) => o.when?.lo ?? [])]))
    return tally.lead(item, 'began before the earlier examination, as is stated, or in words', true);
  together(item, 'new at a later examination');
  together(examination, 'the later examination');
  for (const s of before) together(signItem(s), 'found at an earlier examination');
  for (const s of absent) together(signItem(s), 'absent at an earlier examination');
  for (const o of normal) together({ ref: o.ref, date: o.when, basis: 'chart' }, 'normal at an earlier examination');
}

/** A sign whose documented onset lies well after the onset of the complaint is new compared with the baseline. */
function beganLater(sign: Sign, input: ProgressionInput, asked: Asked, ctx: FactContext): boolean {
  if (!input['dated-onset'] || sign.onset === undefined) return false;
  const { onset, knownSince } = ctx.episode(asked.query.region);
  const began = onset?.hi ?? knownSince;
  return began !== undefined && sign.onset.lo > began + BASELINE_DAYS;
}

/** Is a sign stated to have begun before the earlier examinations, or in words that we cannot read? */
const mayBeOlder = ({ onset, onsetUnread }: Sign, examined: readonly Day[]): boolean =>
  onsetUnread === true || (onset !== undefined && onset.hi < earliest(examined));

const signItem = ({ ref, stated }: Sign): Item => ({ ref, date: stated, basis: 'chart' });

/** Was a sign found before the day on which it is documented as absent? */
const ended = (sign: Sign, denied: Sign): boolean => sameSign(sign, denied) && denied.stated.lo > sign.stated.lo;

const sameSign = (a: Sign, b: Sign): boolean =>
  a.codes !== undefined && b.codes !== undefined
    ? a.codes.some((c) => b.codes?.includes(c))
    : a.sets.some((s) => b.sets.includes(s));

const examinations = (input: ProgressionInput, ctx: FactContext): readonly ObservationRecord[] =>
  (input.examination ?? []).flatMap((name) =>
    ctx.chart
      .bySet(ctx.set(name))
      .filter((r): r is ObservationRecord => r.type === 'observation' && r.final)
      .filter((r) =>
        r.valueHits.some((h) => h.set === ctx.set('result-normal') || h.set === ctx.set('result-negative')),
      ),
  );

/** What an Observation says about a sign: its coded value names it, or its code does and the value says yes or no. */
function observedSign(record: ObservationRecord, sets: readonly number[], ctx: FactContext): Sign['says'] | undefined {
  if (!record.final) return undefined;
  const answer = record.valueHits.some((h) => sets.includes(h.set)) ? true : readAnswer(record, ctx);
  return answer === undefined ? undefined : answer ? 'present' : 'absent';
}

const STATES = { confirmed: 'present', suspected: 'suspected', refuted: 'absent' } as const;

/** The current, the suspected and the absent signs of a region, each with the visit at which it was looked for. */
function signsOf(facts: readonly string[], asked: Asked, ctx: FactContext): readonly Sign[] {
  const out = new Map<string, Sign>();
  const blocks = facts.flatMap((f) =>
    (ctx.vocabulary.facts.get(f)?.evidence ?? []).flatMap((b) => ('finding' in b ? [b.finding] : [])),
  );
  for (const { codes = [], innervated, suggests } of blocks) {
    const sets = codes.map((name) => ctx.set(name));
    for (const record of new Set(sets.flatMap((set) => [...ctx.chart.bySet(set)]))) {
      if (record.type !== 'condition' && record.type !== 'observation') continue;
      const hits = hitsOf(record).filter((h) => sets.includes(h.set));
      const sign = signOf(record, sets, ctx);
      if (sign === undefined || sign.stated.lo > asked.window.asOf) continue;
      // what only suggests the sign is none that was found
      if (suggests && sign.says === 'present') continue;
      const place = hits.reduce((p, h) => p | h.place, NO_PLACE);
      const found = innervated ? placeOfSign(place, record, ctx) : placeOfRecord(place, record.site);
      if (!fitsRegion(asked, found)) continue;
      const known = [...(out.get(sign.ref)?.sets ?? []), ...hits.map((h) => h.set)];
      out.set(sign.ref, { ...sign, sets: known, visit: visitOfSign(record, sign.stated.lo, asked, ctx) });
    }
  }
  return [...out.values()];
}

const hitsOf = (record: SignRecord): readonly Hit[] =>
  record.type === 'observation' ? [...record.valueHits, ...record.hits] : record.hits;

/** A chart entry that states a sign; undefined when it states none, or no day. */
function signOf(
  record: SignRecord,
  sets: readonly number[],
  ctx: FactContext,
): Omit<Sign, 'sets' | 'visit'> | undefined {
  if (record.type === 'observation') {
    const says = observedSign(record, sets, ctx);
    return says === undefined || record.when === undefined
      ? undefined
      : { ref: record.ref, says, codes: undefined, onset: undefined, stated: record.when };
  }
  const stated = statedOn(record);
  if (!record.current || record.orderReason || stated === undefined) return undefined;
  const { ref, codes, onset, onsetUnread } = record;
  return { ref, says: STATES[record.verification], codes, onset, onsetUnread, stated };
}

/** The visit at which a sign was recorded, by reference or day; else the first later one that was made for this sign. */
function visitOfSign(record: SignRecord, stated: Day, asked: Asked, ctx: FactContext): EncounterRecord | undefined {
  const held = ctx.chart.encounters.filter((v) => v.held);
  if (record.encounter !== undefined) return held.find((v) => v.ref === record.encounter);
  const onTheDay = held.find((v) => v.when?.lo === stated) ?? held.find((v) => wasOn(stated, v));
  if (onTheDay !== undefined || record.type !== 'condition' || record.verification === 'refuted') return onTheDay;
  return held
    .filter((v) => v.when !== undefined && v.when.lo > stated && v.when.lo <= asked.window.asOf)
    .filter((v) => record.codes.some((c) => v.reasonCodes.includes(c)))
    .sort((a, b) => (a.when?.lo ?? 0) - (b.when?.lo ?? 0))[0];
}
