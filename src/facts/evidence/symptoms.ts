import type { MedicationRecord, ObservationRecord } from '../../chart/records.ts';
import { add, type Day, type Interval } from '../../dates/day.ts';
import { sooner } from '../../policy/measure-time.ts';
import { NO_PLACE, type Place } from '../../terminology/regions.ts';
import {
  type Asked,
  type FactContext,
  fitsRegion,
  hasUnseen,
  placeIn,
  placeOfRecord,
  placeOfSign,
  servicePlace,
} from '../context.ts';
import { lastCourseBegan, ongoingSince } from '../courses.ts';
import { duration } from '../duration.ts';
import { episodeStart } from '../episode/episode.ts';
import type { ChangeInput, ComparisonInput, ImprovementInput, WorseningInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { fitIn, lastDayInside } from '../window.ts';
import { chartedItem } from './charted-item.ts';
import { contraAsLast } from './last-seen.ts';
import { inUnit } from './measure.ts';
import { mayBeOfAnother } from './related-visits.ts';

/** A score whose value may be none that can be compared: words, a code, a number of another scale. */
interface ScoreOnFile {
  readonly record: ObservationRecord;
  readonly value: number | undefined;
  readonly day: Day;
  readonly item: Item;
  /** it may be of another problem, for which the visit was */
  readonly doubtful: boolean;
}

interface Score extends ScoreOnFile {
  readonly value: number;
}

/**
 * May a score without a body site be of the pain of this region? Not when problems of the spine are on file, all of them of other
 * regions.
 */
function maybeOfRegion(asked: Asked, ctx: FactContext): boolean {
  const { complaints, otherwise } = ctx.vocabulary.episode;
  const sets = [...Object.values(complaints), ...Object.values(otherwise)].flat().map((name) => ctx.set(name));
  const places: Place[] = [];
  for (const set of sets)
    for (const record of ctx.chart.bySet(set))
      if (record.type === 'condition' && record.verification !== 'refuted')
        for (const h of record.hits) if (h.set === set) places.push(placeOfRecord(h.place, record.site));
  const reasons = [...ctx.chart.encounters.flatMap((v) => v.reasons), ...ctx.chart.orderReasons.flatMap((r) => r.hits)];
  for (const h of reasons) if (sets.includes(h.set)) places.push(h.place);
  return places.length === 0 || places.some((place) => fitsRegion(asked, place));
}

const beginning = (asked: Asked, ctx: FactContext): Day =>
  episodeStart(ctx.episode(asked.query.region)) ?? Number.NEGATIVE_INFINITY;

/** The last as-of day on which what was seen on a day is of the episode: one of which nothing is on file begins later each day. */
function lastOfEpisode({ hi }: Interval, asked: Asked, ctx: FactContext): Day | undefined {
  const episode = ctx.episode(asked.query.region);
  const moves = episode.notBefore !== undefined && episode.notBefore === episodeStart(episode);
  return moves ? hi + (asked.window.asOf - episode.notBefore) : undefined;
}

/** Scores of the region (or without a place, when they may be of it) since the episode began, oldest first. */
const scores = (...wanted: Parameters<typeof scoresOnFile>): readonly Score[] => comparable(scoresOnFile(...wanted));

const comparable = (all: readonly ScoreOnFile[]): readonly Score[] =>
  all.filter((s): s is Score => s.value !== undefined);

/** The same, with those that cannot be compared. */
function scoresOnFile(
  sets: readonly string[],
  asked: Asked,
  ctx: FactContext,
  sites?: readonly string[],
  since: Day = beginning(asked, ctx),
): readonly ScoreOnFile[] {
  const out: ScoreOnFile[] = [];
  const doubtful = mayBeOfAnother(asked, ctx);
  for (const name of sets) {
    const set = ctx.set(name);
    for (const record of ctx.chart.bySet(set)) {
      if (
        record.type !== 'observation' ||
        !record.final ||
        record.when === undefined ||
        record.value === undefined ||
        !record.hits.some((h) => h.set === set)
      )
        continue;
      if (record.when.lo > asked.window.asOf || record.when.hi < since) continue;
      const here =
        sites === undefined
          ? fitsRegion(asked, record.site)
          : sites.some((s) => record.siteHits.some((h) => h.set === ctx.set(s)));
      if (!here) continue;
      const until = lastOfEpisode(record.when, asked, ctx);
      out.push({
        record,
        value: isOpen(record.value) ? undefined : inUnit(record, '{score}'),
        day: record.when.lo,
        doubtful: doubtful(record),
        item: { ref: record.ref, date: record.when, basis: 'chart', until },
      });
    }
  }
  const placed = out.filter((s) => s.record.site !== NO_PLACE);
  const here = sites !== undefined || placed.length === out.length || maybeOfRegion(asked, ctx) ? out : placed;
  return here.sort((a, b) => a.day - b.day);
}

/** Is it given as "at least 5" or the like? */
const isOpen = (value: ObservationRecord['value']): boolean =>
  value?.kind === 'number' && value.comparator !== undefined;

/** The scores after a day that cannot be compared: they leave open what the others before them say. */
const unreadAfter = (day: Day, all: readonly ScoreOnFile[]): readonly ScoreOnFile[] =>
  all.filter((s) => s.value === undefined && (s.record.when?.hi ?? s.day) > day);

/**
 * Scores of the region from before the first day on which the complaint is known, when its onset is not on file or not certain:
 * they may be of the episode. Older ones are no longer than what ends an episode away from each other and from that day.
 */
function earlierScores(sets: readonly string[], asked: Asked, ctx: FactContext): readonly Score[] {
  const { onset, surelySince, knownSince } = ctx.episode(asked.query.region);
  const since = surelySince ?? (onset === undefined ? knownSince : undefined);
  if (since === undefined) return [];
  const maxGap = add(0, duration(ctx.vocabulary.episode['not-a-gap']));
  const out: Score[] = [];
  let next = since;
  for (const score of scores(sets, asked, ctx, undefined, Number.NEGATIVE_INFINITY).toReversed()) {
    if (score.day >= since || score.record.site === NO_PLACE) continue;
    if (next - score.day > maxGap || score.day < (onset?.lo ?? score.day)) break;
    next = score.day;
    out.unshift(score);
  }
  return out;
}

/**
 * Improvement of the episode: the last score against the first (a fall of at least 30 % and 2 points = improved; unchanged or
 * risen = not improved; in between unknown), and coded outcomes of treatment. The later of them wins. Scores from before the
 * last course of treatment say nothing of its success, nor do those of back and leg that went different ways.
 */
export function improvementEvidence(input: ImprovementInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const say = (item: Item, improved: boolean): void => {
    if (improved === (input.claims === 'some')) tally.pro(item, improved ? 'improved' : 'not improved');
    else tally.contra(item, improved ? 'improved' : 'not improved');
  };
  const onFile = scoresOnFile(input.scores, asked, ctx);
  const own = comparable(onFile);
  const limb = limbScores(input, asked, ctx);
  const all = own.length > 0 ? own : limb;
  const known = withoutDoubt(all);
  if (partWays(withoutDoubt(own), withoutDoubt(limb))) {
    for (const s of [...ends(own).lasts, ...ends(limb).lasts]) tally.lead(s.item, PARTED, true);
    outcomes(asked, ctx, say);
    return;
  }
  if (known.length < all.length && !sameCourse(known, all)) {
    doubtfulCourse(all, input, asked, ctx, tally, say);
    return;
  }
  const { firsts, lasts } = ends(known);
  const [first] = firsts;
  const [last] = lasts;
  if (first !== undefined && last !== undefined && last.day > first.day && !firsts.includes(last)) {
    const changes = changesBetween(firsts, lasts);
    const [change] = changes;
    const earlier = earlierScores(input.scores, asked, ctx);
    const asWell = new Set([...changes, ...changesBetween(earlier, lasts)]);
    const began = lastCourseBegan(ctx.vocabulary.episode.therapies, asked, ctx);
    const unread = unreadAfter(last.day, onFile);
    if (unread.length > 0) for (const { item } of unread) tally.lead(item, UNREAD, true);
    else if (began !== undefined && last.day <= began)
      tally.lead(last.item, 'no score since the last treatment began', true);
    else if (changes.size > 1) tally.lead(last.item, 'several scores of one day differ', true);
    else if (asWell.size > 1)
      for (const { item } of earlier) tally.lead(item, 'may be of this episode, whose onset is not on file', true);
    else if (change === 'little')
      tally.lead(last.item, 'the score fell a little: neither improved nor unimproved', true);
    else if (change === 'none' && last.value === 0)
      tally.lead(last.item, 'no pain at all: nothing that did not improve', true);
    else if ((change === 'improved') !== (input.claims === 'some') && hasUnseen(ctx, 'Observation'))
      tally.undecidedBy(last.item, 'Observation');
    else
      for (const s of [first, last]) say({ ...s.item, ...dated(last), until: first.item.until }, change === 'improved');
  } else if (first !== undefined) tally.lead(first.item, 'a single score does not show a course');
  outcomes(asked, ctx, say);
}

const UNREAD = 'a later score that cannot be compared';
const PARTED = 'the pain of the spine and that of the limb went different ways';

/** Did one pain improve, and the other not at all? Of which the complaint is nobody says. */
function partWays(spine: readonly Score[], limb: readonly Score[]): boolean {
  const both = [courseOf(spine), courseOf(limb)];
  return both.some((c) => c.has('improved')) && both.some((c) => c.has('none'));
}

const withoutDoubt = (all: readonly Score[]): readonly Score[] => all.filter((s) => !s.doubtful);

/** What the first and the last of some scores say: nothing, when they are of one day. */
function courseOf(all: readonly Score[]): ReadonlySet<Change> {
  const { firsts, lasts } = ends(all);
  const [first] = firsts;
  const [last] = lasts;
  return first === undefined || last === undefined || last.day <= first.day ? new Set() : changesBetween(firsts, lasts);
}

function sameCourse(some: readonly Score[], all: readonly Score[]): boolean {
  const said = courseOf(some);
  const withAll = courseOf(all);
  return said.size === withAll.size && [...said].every((change) => withAll.has(change));
}

/**
 * The scores say one thing with those from visits for another problem and another thing without: they leave it open, and so does
 * a coded outcome that a later one of them speaks against.
 */
function doubtfulCourse(
  all: readonly Score[],
  input: ImprovementInput,
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
  say: (item: Item, improved: boolean) => void,
): void {
  const why = 'from a visit for another problem, of which it may be';
  for (const s of all) if (s.doubtful) tally.lead(s.item, why, true);
  outcomes(asked, ctx, say);
  const last = all.at(-1);
  if (last?.doubtful === true && input.claims === 'none' && courseOf(all).has('improved'))
    tally.contest(last.item, why);
}

/** Scores of the limb that the nerves of the region go to, when a complaint whose pain is felt there is on file. */
function limbScores(
  { scores: sets, limbs, radicular }: ImprovementInput,
  asked: Asked,
  ctx: FactContext,
): readonly Score[] {
  const complaints = new Set((radicular ?? []).map((name) => ctx.set(name)));
  const felt = [...complaints]
    .flatMap((set) => ctx.chart.bySet(set))
    .some(
      (r) =>
        r.type === 'condition' &&
        r.current &&
        r.verification !== 'refuted' &&
        r.hits.some((h) => complaints.has(h.set) && fitsRegion(asked, placeOfRecord(h.place, r.site))),
    );
  if (!felt) return [];
  return scores(sets, asked, ctx, limbs ?? []).filter((s) => fitsRegion(asked, placeOfSign(NO_PLACE, s.record, ctx)));
}

type Change = ReturnType<typeof changeOf>;

/** What each of the first scores says beside each of the last. */
const changesBetween = (firsts: readonly Score[], lasts: readonly Score[]): ReadonlySet<Change> =>
  new Set(firsts.flatMap((from) => lasts.map((to) => changeOf(from.value, to.value))));

/** A fall of at least 30 % and 2 points is an improvement; a smaller one leaves it open. */
function changeOf(from: number, to: number): 'improved' | 'none' | 'little' {
  const fall = from - to;
  if (fall <= 0) return 'none';
  return fall >= 2 && fall >= 0.3 * from ? 'improved' : 'little';
}

/** The scores that may be the first and those that may be the last: several, when their days overlap and no times are given. */
function ends(all: readonly Score[]): { readonly firsts: readonly Score[]; readonly lasts: readonly Score[] } {
  const dates = all.flatMap((s) => s.item.date ?? []);
  const earliest = Math.min(...dates.map((d) => d.hi));
  const latest = Math.max(...dates.map((d) => d.lo));
  const firsts = all.filter((s) => (s.item.date?.lo ?? earliest) <= earliest);
  const lasts = all.filter((s) => (s.item.date?.hi ?? latest) >= latest);
  return { firsts: atTime(firsts, Math.min), lasts: atTime(lasts, Math.max) };
}

/** Of the scores that may be meant the one with the first, or the last, time; all of them when one has no time. */
function atTime(scores: readonly Score[], pick: (...times: number[]) => number): readonly Score[] {
  const times = scores.flatMap((s) => s.item.date?.at ?? []);
  if (times.length < scores.length) return scores;
  const wanted = times.reduce((a, b) => pick(a, b), times[0] ?? 0);
  return scores.filter((s) => s.item.date?.at === wanted);
}

/** Both scores speak on the day of the later one. */
const dated = (s: Score): Pick<Item, 'decides'> => (s.item.date === undefined ? {} : { decides: s.item.date });

/** Outcomes coded on treatments of the region, since the episode began. */
function outcomes(asked: Asked, ctx: FactContext, say: (item: Item, improved: boolean) => void): void {
  const since = beginning(asked, ctx);
  const seen = new Set<string>();
  for (const name of ctx.vocabulary.episode.therapies) {
    const set = ctx.set(name);
    for (const record of ctx.chart.bySet(set)) {
      if (
        record.type !== 'procedure' ||
        record.performed !== 'done' ||
        record.outcomeHits.length === 0 ||
        seen.has(record.ref)
      )
        continue;
      seen.add(record.ref);
      const place = servicePlace(record, placeIn(record.hits, [set]));
      if (!(record.spineReason || place !== 0) || !fitsRegion(asked, place)) continue;
      if (record.when === undefined || record.when.lo > asked.window.asOf || record.when.hi < since) continue;
      const item: Item = { ref: record.ref, date: record.when, basis: 'chart' };
      if (record.outcomeHits.some((h) => h.set === ctx.set('outcome-failure'))) say(item, false);
      else if (record.outcomeHits.some((h) => h.set === ctx.set('outcome-success'))) say(item, true);
    }
  }
}

/**
 * Pain that grew: the last score of the episode is higher than the first. In a window the score before it (else the first
 * inside) is compared with the last one inside. During a course of therapy the window begins with the course, and findings
 * that began since then show it too. A score that did not rise does not deny what an earlier block of the fact found.
 */
export function worseningEvidence(input: WorseningInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const began = input.during === undefined ? undefined : ongoingSince(input.during, asked, ctx);
  if (input.during !== undefined && began === undefined) return;
  const earliest = began ?? asked.window.earliest;
  const progressed = earliest !== undefined && newFindings(input.new ?? [], earliest, asked, ctx, tally);
  const otherwise = progressed || tally.for.length > 0;
  const onFile = scoresOnFile(input.scores, asked, ctx);
  const all = withoutDoubt(comparable(onFile));
  const before = earliest === undefined ? undefined : all.filter((s) => s.day <= earliest).at(-1);
  const first = before ?? all[0];
  const last = all.at(-1);
  if (first === undefined || last === undefined || first === last || last.day === first.day) return;
  // on the day on which the window begins with the last score, that one is the score before it
  const inside = lastDayInside(last.item.date, asked.window);
  const until = sooner(inside === undefined ? undefined : inside - 1, first.item.until);
  const unread = unreadAfter(last.day, onFile);
  for (const { item } of unread) tally.lead(item, UNREAD, true);
  if (unread.length > 0) return;
  for (const s of [first, last]) {
    const item = { ...s.item, ...dated(last), until };
    if (last.value > first.value) tally.pro(item, 'the score rose');
    else if (otherwise) tally.ignore(item, 'the score did not rise, but a new finding began');
    else if (!input.refutes) tally.lead(item, 'the score did not rise: it says nothing of other symptoms');
    else contraAsLast(item, 'the score did not rise', 'Observation', ctx, tally);
  }
}

/** Confirmed findings of the region whose documented onset lies after a day. @returns whether there is one */
function newFindings(sets: readonly string[], after: Day, asked: Asked, ctx: FactContext, tally: Tally): boolean {
  let found = false;
  for (const set of sets.map((name) => ctx.set(name))) {
    for (const record of ctx.chart.bySet(set)) {
      if (record.type !== 'condition' || record.verification !== 'confirmed' || !record.current) continue;
      const place = placeIn(record.hits, [set]);
      if (!fitsRegion(asked, placeOfSign(place, record, ctx)) || record.onset === undefined) continue;
      if (record.onset.lo <= after || record.onset.hi > asked.window.asOf) continue;
      found = true;
      tally.pro({ ref: record.ref, date: record.onset, basis: record.basis }, 'began during the treatment');
    }
  }
  return found;
}

/** Pain here greater than there, by the latest scores of both sites in the window. */
export function comparisonEvidence(input: ComparisonInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const current = (all: readonly Score[]): Score | undefined =>
    all.filter((s) => fitIn(s.item.date, asked.window) === 'inside').at(-1);
  const here = current(scores(input.scores, asked, ctx, input.here));
  const there = current(scores(input.scores, asked, ctx, input.over));
  if (here === undefined || there === undefined) {
    if (here !== undefined) tally.lead(here.item, 'a score of this site alone');
    return;
  }
  const later = here.day >= there.day ? here : there;
  const until = sooner(lastDayInside(here.item.date, asked.window), lastDayInside(there.item.date, asked.window));
  for (const s of [here, there]) {
    const item = { ...s.item, ...dated(later), until };
    if (here.value > there.value) tally.pro(item, 'greater here');
    else contraAsLast(item, 'not greater here', 'Observation', ctx, tally);
  }
}

/** The first start of a drug of the set after another drug of the same set: a change of treatment. Refills are none. */
export function changeEvidence(input: ChangeInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const drugs = input.drugs
    .flatMap((name) => ctx.chart.bySet(ctx.set(name)))
    .filter(
      (r): r is MedicationRecord =>
        r.type === 'medication' && r.start !== undefined && r.taken !== 'not-taken' && r.taken !== 'unclear',
    );
  const same = (a: MedicationRecord, b: MedicationRecord): boolean => a.codes.some((c) => b.codes.includes(c));
  for (const drug of drugs) {
    const earlier = drugs.filter((d) => (d.start?.hi ?? 0) < (drug.start?.lo ?? 0));
    if (earlier.some((d) => same(d, drug))) continue;
    const item = chartedItem(drug.ref, drug.start, asked);
    if (earlier.length === 0) {
      tally.lead(item, 'no earlier drug of this kind on file');
      continue;
    }
    const where = fitIn(drug.start, asked.window);
    if (where === 'inside') {
      tally.pro(item, 'begun after another drug of this kind');
      for (const d of earlier) tally.pro({ ...item, ref: d.ref, date: d.start }, 'the drug before it');
    } else if (where !== 'future') tally.lead(item, 'outside of the time window', where === 'unclear');
  }
}
