import type { ConditionRecord, EncounterRecord, ObservationRecord } from '../../chart/records.ts';
import { type Day, type Interval, subtract } from '../../dates/day.ts';
import { earliest } from '../../dates/later.ts';
import { firstReached, running } from '../../dates/reaching.ts';
import type { Hit } from '../../terminology/code-index.ts';
import { NO_PLACE } from '../../terminology/regions.ts';
import { type Asked, type FactContext, fitsRegion, hasUnseen, placeOfRecord, placeOfSign } from '../context.ts';
import { episodeStart } from '../episode/episode.ts';
import type { ProgressionInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { visitsOf, visitsOfRecord } from '../visits.ts';
import { fitIn, lastDayInside } from '../window.ts';
import { statedOn } from './earlier-entry.ts';
import { readAnswer } from './read-answer.ts';
import { relatedVisits } from './related-visits.ts';

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

/** Something that was looked for, found or not, at a visit in person for the complaint. */
interface Looked {
  readonly item: Item;
  readonly reason: string;
  /** the last day of the visit */
  readonly end: Day;
  /** the day on which it is stated */
  readonly day: Day;
}

/** What counts as a baseline, by the ends of the visits. */
interface Baseline {
  readonly looked: readonly Looked[];
  readonly ends: readonly Day[];
  /** the first day on which was stated what was looked for by then */
  readonly since: readonly Day[];
}

/** What is asked of the signs of a chart. */
interface Asking {
  readonly asked: Asked;
  readonly ctx: FactContext;
  /** is a visit about the spine, or for what the patient has there? */
  readonly relates: (visit: EncounterRecord) => boolean;
  /** by day: of the visits of one the likeliest at which a sign was looked for; a chart may hold many signs of one day */
  readonly likeliestOn: Map<string, EncounterRecord | undefined>;
}

/** What the search for a sign that is new goes along with. */
interface Search extends Asking {
  readonly input: ProgressionInput;
  readonly tally: Tally;
  /** the end of the first visit in person for the complaint */
  readonly firstEnd: Day;
  /** when a sign was found first at such a visit: the end of that */
  readonly firstFound: SameSign;
  readonly baseline: Baseline;
}

/** What shows an examination is told of so many: those next to the sign. */
const MOST_TOLD = 20;

/**
 * Objective signs that progressed between two in-person visits: a sign found at a later visit that was not there at an
 * earlier one, at which another sign, an absent sign or a normal examination was recorded.
 */
export function progressionEvidence(input: ProgressionInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const relates = relatedVisits(asked, ctx);
  const asking: Asking = { asked, ctx, relates, likeliestOn: new Map() };
  const looked = signsOf([...input.signs, ...input.baseline], asking);
  const denied = looked.filter((s) => s.says === 'absent');
  const lastDenied = new SameSign(denied, (s) => s.stated.lo, Math.max);
  const signs = looked.filter((s) => s.says === 'present' && !((lastDenied.of(s) ?? s.stated.lo) > s.stated.lo));
  for (const sign of looked) if (sign.says === 'suspected') tally.lead(signItem(sign), 'only suspected, not confirmed');
  const visits = new Set(ctx.chart.encounters.filter((v) => v.inPerson && isOver(v, asked) && relates(v)));
  const atVisit = (s: Sign): boolean => s.visit !== undefined && visits.has(s.visit);
  const search: Search = {
    ...asking,
    input,
    tally,
    firstEnd: earliest([...visits].map(endOf)),
    firstFound: new SameSign(signs.filter(atVisit), (s) => endOf(s.visit), Math.min),
    baseline: baselineOf({ found: signs.filter(atVisit), denied: denied.filter(atVisit), visits }, input, asked, ctx),
  };
  const own = new Set(signsOf(input.signs, asking).map((s) => s.ref));
  for (const sign of signs)
    if (own.has(sign.ref)) readSign(sign, search);
    else tally.lead(signItem(sign), 'another sign');
}

const isOver = ({ held, when }: EncounterRecord, { window }: Asked): boolean =>
  held && when !== undefined && when.lo <= window.asOf;

const endOf = (visit: EncounterRecord | undefined): Day => visit?.when?.hi ?? Number.POSITIVE_INFINITY;

/** What was looked for, found or not, at visits that are not too long ago, by the ends of the visits. */
function baselineOf(
  at: {
    readonly found: readonly Sign[];
    readonly denied: readonly Sign[];
    readonly visits: ReadonlySet<EncounterRecord>;
  },
  input: ProgressionInput,
  asked: Asked,
  ctx: FactContext,
): Baseline {
  const { asOf } = asked.window;
  const oldest = Math.min(episodeStart(ctx.episode(asked.query.region)) ?? asOf, subtract(asOf, BASELINE_REACH));
  const ofSign = (s: Sign, reason: string): Looked => ({
    item: signItem(s),
    reason,
    end: endOf(s.visit),
    day: s.stated.lo,
  });
  const normal = examinations(input, ctx).flatMap((o): readonly Looked[] => {
    const visit = visitsOfRecord(o, visitsOf(ctx)).find((v) => at.visits.has(v));
    if (visit === undefined) return [];
    const item: Item = { ref: o.ref, date: o.when, basis: 'chart' };
    const reason = 'normal at an earlier examination';
    return [{ item, reason, end: endOf(visit), day: o.when?.lo ?? Number.POSITIVE_INFINITY }];
  });
  const looked = [
    ...at.found.map((s) => ofSign(s, 'found at an earlier examination')),
    ...at.denied.map((s) => ofSign(s, 'absent at an earlier examination')),
    ...normal,
  ]
    .filter(({ end }) => end >= oldest)
    .sort((a, b) => a.end - b.end);
  const since = running(
    looked.map(({ day }) => day),
    Math.min,
  );
  return { looked, ends: looked.map(({ end }) => end), since };
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
  const { asked, tally, firstEnd, firstFound, baseline } = search;
  const item = signItem(sign);
  const day = visit.when?.lo ?? 0;
  if ((firstFound.of(sign) ?? day) < day) return tally.lead(item, 'found at an earlier examination too');
  const until = lastDayInside(visit.when, asked.window);
  // none of them speaks without the sign, and all of them as long as it does
  const together = (part: Item, reason: string): void => tally.pro({ ...part, until }, reason);
  const examination: Item = { ref: visit.ref, date: visit.when, basis: 'chart' };
  const count = firstReached(baseline.ends, day);
  const since = baseline.since[count - 1];
  if (since === undefined) {
    if (!beganLater(sign, search)) {
      const few = firstEnd < day ? 'the earlier examination is not on file' : 'only one examination in person';
      return missesVisit(item, few, search);
    }
    together(item, 'began later than the complaint');
    return together(examination, 'the examination in person');
  }
  if (mayBeOlder(sign, since))
    return tally.lead(item, 'began before the earlier examination, as is stated, or in words', true);
  together(item, 'new at a later examination');
  together(examination, 'the later examination');
  for (const l of baseline.looked.slice(Math.max(0, count - MOST_TOLD), count)) together(l.item, l.reason);
}

/** A sign whose documented onset lies well after the onset of the complaint is new compared with the baseline. */
function beganLater(sign: Sign, { input, asked, ctx }: Search): boolean {
  if (!input['dated-onset'] || sign.onset === undefined) return false;
  const { onset, knownSince } = ctx.episode(asked.query.region);
  const began = onset?.hi ?? knownSince;
  return began !== undefined && sign.onset.lo > began + BASELINE_DAYS;
}

/** Is a sign stated to have begun before the first of the earlier examinations, or in words that we cannot read, or was it entered before? */
const mayBeOlder = ({ onset, onsetUnread, stated }: Sign, examined: Day): boolean =>
  onsetUnread === true || stated.hi < examined || (onset !== undefined && onset.hi < examined);

const signItem = ({ ref, stated }: Sign): Item => ({ ref, date: stated, basis: 'chart' });

/** The first, or the last, of some days of each sign. Signs with codes are the same by these, others by their code sets. */
class SameSign {
  readonly #byCode = new Map<string, Day>();
  readonly #bySet = new Map<number, Day>();
  readonly #bySetOfUncoded = new Map<number, Day>();
  readonly #pick: (a: Day, b: Day) => Day;

  constructor(signs: readonly Sign[], dayOf: (sign: Sign) => Day, pick: (a: Day, b: Day) => Day) {
    this.#pick = pick;
    const put = <K>(map: Map<K, Day>, key: K, day: Day): unknown => map.set(key, pick(map.get(key) ?? day, day));
    for (const sign of signs) {
      const day = dayOf(sign);
      for (const code of sign.codes ?? []) put(this.#byCode, code, day);
      for (const set of sign.sets) {
        put(this.#bySet, set, day);
        if (sign.codes === undefined) put(this.#bySetOfUncoded, set, day);
      }
    }
  }

  /** The day of those that are the same as a sign; undefined when there is none. */
  of({ codes, sets }: Sign): Day | undefined {
    const bySet = codes === undefined ? this.#bySet : this.#bySetOfUncoded;
    const days = [...(codes ?? []).map((c) => this.#byCode.get(c)), ...sets.map((s) => bySet.get(s))].flatMap(
      (day) => day ?? [],
    );
    return days.length === 0 ? undefined : days.reduce(this.#pick);
  }
}

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
function signsOf(facts: readonly string[], asking: Asking): readonly Sign[] {
  const { asked, ctx } = asking;
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
      out.set(sign.ref, { ...sign, sets: known, visit: visitOfSign(record, sign.stated, asking) });
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

/**
 * The visit at which a sign was recorded, by reference or day: of several on a day one for the spine, and in person, sooner than
 * others. Where it was not one in person the first later one that was and was made for this sign, as where there is none.
 */
function visitOfSign(record: SignRecord, stated: Interval, asking: Asking): EncounterRecord | undefined {
  const { asked, ctx } = asking;
  const visits = visitsOf(ctx);
  const named = record.encounter !== undefined;
  const own = named
    ? visitsOfRecord({ encounter: record.encounter, when: stated }, visits)[0]
    : likeliestOn(stated, asking);
  if (named && own?.held !== true) return undefined;
  if (own?.inPerson || record.type !== 'condition' || record.verification === 'refuted') return own;
  const later = record.codes
    .flatMap((code) => visits.after(stated.hi, code, own !== undefined) ?? [])
    .filter((v) => isOver(v, asked))
    .sort((a, b) => (a.when?.lo ?? 0) - (b.when?.lo ?? 0));
  return later[0] ?? own;
}

/** Of the visits of a day the one at which a sign of the spine was looked for, as far as their reasons and kinds tell. */
function likeliestOn(when: Interval, { ctx, relates, likeliestOn: known }: Asking): EncounterRecord | undefined {
  const key = `${when.lo} ${when.hi}`;
  if (known.has(key)) return known.get(key);
  const day = visitsOfRecord({ encounter: undefined, when }, visitsOf(ctx));
  const rank = (v: EncounterRecord): number => (relates(v) ? 2 : 0) + (v.inPerson ? 1 : 0);
  const [first, ...others] = day;
  let best = first;
  let most = first === undefined || others.length === 0 ? 0 : rank(first);
  for (const visit of others) {
    const here = rank(visit);
    if (here <= most) continue;
    best = visit;
    most = here;
  }
  known.set(key, best);
  return best;
}
