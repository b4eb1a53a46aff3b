import type { ConditionRecord, EncounterRecord, ObservationRecord } from '../../chart/records.ts';
import { type Day, type Interval, subtract } from '../../dates/day.ts';
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

/**
 * Objective signs that progressed between two in-person visits: a sign found at a later visit that was not there at an
 * earlier one, at which another sign, an absent sign or a normal examination was recorded.
 */
export function progressionEvidence(input: ProgressionInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const looked = signsOf([...input.signs, ...input.baseline], asked, ctx);
  const denied = looked.filter((s) => s.says === 'absent');
  const signs = looked.filter((s) => s.says === 'present' && !denied.some((d) => ended(s, d)));
  const own = new Set(signsOf(input.signs, asked, ctx).map((s) => s.ref));
  for (const sign of looked) if (sign.says === 'suspected') tally.lead(signItem(sign), 'only suspected, not confirmed');
  const relates = relatedVisits(asked, ctx);
  const visits = ctx.chart.encounters.filter(
    (v) => v.held && v.when !== undefined && v.when.lo <= asked.window.asOf && relates(v),
  );
  const elsewhere = (input['not-at'] ?? []).map((name) => ctx.set(name));
  const isForAnother = (v: EncounterRecord, { sets, codes = [] }: Sign): boolean =>
    v.reasons.some((h) => elsewhere.includes(h.set)) &&
    !v.reasons.some((h) => sets.includes(h.set)) &&
    !v.reasonCodes.some((c) => codes.includes(c)) &&
    !relates(v);
  const { asOf } = asked.window;
  const oldest = Math.min(episodeStart(ctx.episode(asked.query.region)) ?? asOf, subtract(asOf, BASELINE_REACH));
  const missesVisit = (item: Item, reason: string): void =>
    hasUnseen(ctx, 'Encounter') ? tally.undecidedBy(item, 'Encounter') : tally.lead(item, reason, true);
  for (const sign of signs) {
    const item = signItem(sign);
    if (!own.has(sign.ref)) {
      tally.lead(item, 'another sign');
      continue;
    }
    if (sign.visit === undefined) {
      missesVisit(item, 'a sign that is not tied to a visit');
      continue;
    }
    if (!sign.visit.inPerson) {
      tally.lead(item, 'found at a visit that was not in person', true);
      continue;
    }
    if (fitIn(sign.visit.when, asked.window) !== 'inside') continue;
    if (isForAnother(sign.visit, sign)) {
      tally.lead(item, 'found at a visit for another problem', true);
      continue;
    }
    const until = lastDayInside(sign.visit.when, asked.window);
    // none of them speaks without the sign, and all of them as long as it does
    const together = (part: Item): Item => ({ ...part, until });
    const day = sign.visit.when?.lo ?? 0;
    const earlier = visits.filter((v) => v.inPerson && (v.when?.hi ?? day) < day);
    if (signs.some((s) => s !== sign && s.visit !== undefined && earlier.includes(s.visit) && sameSign(s, sign))) {
      tally.lead(item, 'found at an earlier examination too');
      continue;
    }
    const baseline = earlier.filter((v) => (v.when?.hi ?? day) >= oldest);
    const before = signs.filter((s) => s !== sign && s.visit !== undefined && baseline.includes(s.visit));
    const normal = examinations(input, ctx).filter((o) =>
      baseline.some((v) => o.encounter === v.ref || (o.when !== undefined && wasOn(o.when.lo, v))),
    );
    const absent = denied.filter((s) => s.visit !== undefined && baseline.includes(s.visit));
    const examined = before.length + normal.length + absent.length > 0;
    if (!examined && beganLater(sign, input, asked, ctx)) {
      tally.pro(together(item), 'began later than the complaint');
      tally.pro(together({ ref: sign.visit.ref, date: sign.visit.when, basis: 'chart' }), 'the examination in person');
      continue;
    }
    if (!examined) {
      missesVisit(
        item,
        earlier.length > 0 ? 'the earlier examination is not on file' : 'only one examination in person',
      );
      continue;
    }
    const lookedFor = [...before, ...absent].map((s) => s.stated.lo);
    if (mayBeOlder(sign, [...lookedFor, ...normal.flatMap((o) => o.when?.lo ?? [])])) {
      tally.lead(item, 'began before the earlier examination, as is stated, or in words', true);
      continue;
    }
    tally.pro(together(item), 'new at a later examination');
    tally.pro(together({ ref: sign.visit.ref, date: sign.visit.when, basis: 'chart' }), 'the later examination');
    for (const s of before) tally.pro(together(signItem(s)), 'found at an earlier examination');
    for (const s of absent) tally.pro(together(signItem(s)), 'absent at an earlier examination');
    for (const o of normal)
      tally.pro(together({ ref: o.ref, date: o.when, basis: 'chart' }), 'normal at an earlier examination');
  }
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
  onsetUnread === true || (onset !== undefined && onset.hi < Math.min(...examined));

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
