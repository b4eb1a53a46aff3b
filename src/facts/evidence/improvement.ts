import type { ProcedureRecord } from '../../chart/records.ts';
import type { Section } from '../../chart/sections.ts';
import { add } from '../../dates/day.ts';
import { isLater } from '../../dates/later.ts';
import { NO_PLACE } from '../../terminology/regions.ts';
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
import { lastCourseBegan } from '../courses.ts';
import { duration } from '../duration.ts';
import type { ImprovementInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { OF_ANOTHER } from './related-visits.ts';
import {
  beginning,
  comparable,
  DIFFER,
  dated,
  ends,
  type Score,
  type ScoreOnFile,
  saidBetween,
  sayTheSame,
  scores,
  scoresOnFile,
  UNREAD,
  unreadAfter,
  withoutDoubt,
} from './scores.ts';

/** What is asked of improvement, and where what is found is told. */
interface Search {
  readonly input: ImprovementInput;
  readonly asked: Asked;
  readonly ctx: FactContext;
  readonly tally: Tally;
  /** what speaks against, unless a later entry may not have been retrieved */
  readonly undecided: { readonly item: Item; readonly sections: readonly Section[] }[];
}

/** Where what became of a treatment is told: scores are observations, outcomes are coded on procedures. The later of both wins. */
const TOLD = ['Observation', 'Procedure'] as const satisfies readonly Section[];

/**
 * Improvement of the episode: the last score against the first (a fall of at least 30 % and 2 points = improved; unchanged or
 * risen = not improved; in between unknown), and coded outcomes of treatment. The later of them wins. Scores from before the
 * last course of treatment say nothing of its success, nor do those of back and leg that went different ways.
 */
export function improvementEvidence(input: ImprovementInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const search: Search = { input, asked, ctx, tally, undecided: [] };
  const onFile = scoresOnFile(input.scores, asked, ctx);
  const own = comparable(onFile);
  const limbOnFile = limbScores(input, asked, ctx);
  const limb = comparable(limbOnFile);
  const all = own.length > 0 ? own : limb;
  const known = withoutDoubt(all);
  if (partWays(withoutDoubt(own), withoutDoubt(limb))) {
    for (const s of [...ends(own).lasts, ...ends(limb).lasts]) tally.lead(s.item, PARTED, true);
    outcomes(search);
  } else if (known.length < all.length && !sameCourse(known, all)) doubtfulCourse(all, search);
  else {
    compareEnds(known, own.length > 0 ? onFile : [...onFile, ...limbOnFile], search);
    outcomes(search);
  }
  tellUndecided(search);
}

function say(item: Item, improved: boolean, { input, ctx, tally, undecided }: Search): void {
  const words = improved ? 'improved' : 'not improved';
  const unseen = TOLD.filter((section) => hasUnseen(ctx, section));
  if (improved === (input.claims === 'some')) tally.pro(item, words);
  else if (unseen.length === 0) tally.contra(item, words);
  else undecided.push({ item, sections: unseen });
}

/** What may not be the last word denies nothing, but what was said before it proves nothing either. */
function tellUndecided({ tally, undecided }: Search): void {
  const before = tally.for.map((i) => i.decides ?? i.date);
  for (const { item, sections } of undecided) {
    if (before.length === 0 || isLater(before, [item.decides ?? item.date])) tally.undecidedBy(item, sections);
    else tally.contest(item, 'it speaks against; whether it is the last word was not seen');
  }
}

/** Tells what the last score says beside the first, or why it says nothing. */
function compareEnds(known: readonly Score[], onFile: readonly ScoreOnFile[], search: Search): void {
  const { tally } = search;
  const { firsts, lasts } = ends(known);
  const [first] = firsts;
  const [last] = lasts;
  if (first === undefined) return;
  if (last === undefined || last.day <= first.day || firsts.includes(last))
    return tally.lead(first.item, 'a single score does not show a course');
  const unread = unreadAfter(last.day, onFile);
  if (unread.length > 0) {
    for (const { item } of unread) tally.lead(item, UNREAD, true);
    return;
  }
  const changes = changesBetween(firsts, lasts);
  const open = whyOpen(last, changes, search);
  if (open !== undefined) return tally.lead(last.item, open, true);
  const earlier = earlierScores(search);
  if (new Set([...changes, ...changesBetween(earlier, lasts)]).size > 1) {
    for (const { item } of earlier) tally.lead(item, 'may be of this episode, whose onset is not on file', true);
    return;
  }
  const [change] = changes;
  if (change === 'little')
    return tally.lead(last.item, 'the score fell a little: neither improved nor unimproved', true);
  if (change === 'none' && last.value === 0)
    return tally.lead(last.item, 'no pain at all: nothing that did not improve', true);
  const improved = change === 'improved';
  for (const s of [first, last]) say({ ...s.item, ...dated(last), until: first.item.until }, improved, search);
}

/** Why the last score does not show what became of the episode, if it does not. */
function whyOpen(last: Score, changes: ReadonlySet<Change>, { asked, ctx }: Search): string | undefined {
  const began = lastCourseBegan(ctx.vocabulary.episode.therapies, asked, ctx);
  if (began !== undefined && last.day <= began) return 'no score since the last treatment began';
  return changes.size > 1 ? DIFFER : undefined;
}

const PARTED = 'the pain of the spine and that of the limb went different ways';

/** Did one pain improve, and the other not at all? Of which the complaint is nobody says. */
function partWays(spine: readonly Score[], limb: readonly Score[]): boolean {
  const both = [courseOf(spine), courseOf(limb)];
  return both.some((c) => c.has('improved')) && both.some((c) => c.has('none'));
}

/** What the first and the last of some scores say: nothing, when they are of one day. */
function courseOf(all: readonly Score[]): ReadonlySet<Change> {
  const { firsts, lasts } = ends(all);
  const [first] = firsts;
  const [last] = lasts;
  return first === undefined || last === undefined || last.day <= first.day ? new Set() : changesBetween(firsts, lasts);
}

const sameCourse = (some: readonly Score[], all: readonly Score[]): boolean =>
  sayTheSame(courseOf(some), courseOf(all));

/**
 * The scores say one thing with those from visits for another problem and another thing without: they leave it open, and so does
 * a coded outcome that a later one of them speaks against.
 */
function doubtfulCourse(all: readonly Score[], search: Search): void {
  const { input, tally } = search;
  for (const s of all) if (s.doubtful) tally.lead(s.item, OF_ANOTHER, true);
  outcomes(search);
  const last = all.at(-1);
  if (last?.doubtful === true && input.claims === 'none' && courseOf(all).has('improved'))
    tally.contest(last.item, OF_ANOTHER);
}

/** Scores of the limb that the nerves of the region go to, when a complaint whose pain is felt there is on file. */
function limbScores(
  { scores: sets, limbs, radicular }: ImprovementInput,
  asked: Asked,
  ctx: FactContext,
): readonly ScoreOnFile[] {
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
  return scoresOnFile(sets, asked, ctx, limbs ?? []).filter((s) =>
    fitsRegion(asked, placeOfSign(NO_PLACE, s.record, ctx)),
  );
}

type Change = ReturnType<typeof changeOf>;

/** What each of the first scores says beside each of the last. */
const changesBetween = (firsts: readonly Score[], lasts: readonly Score[]): ReadonlySet<Change> =>
  saidBetween(firsts, lasts, changeOf);

/** A fall of at least 30 % and 2 points is an improvement; a smaller one leaves it open. */
function changeOf(from: number, to: number): 'improved' | 'none' | 'little' {
  const fall = from - to;
  if (fall <= 0) return 'none';
  return fall >= 2 && fall >= 0.3 * from ? 'improved' : 'little';
}

/**
 * Scores of the region from before the first day on which the complaint is known, when its onset is not on file or not certain:
 * they may be of the episode. Older ones are no longer than what ends an episode away from each other and from that day.
 */
function earlierScores({ input, asked, ctx }: Search): readonly Score[] {
  const { onset, surelySince, knownSince } = ctx.episode(asked.query.region);
  const since = surelySince ?? (onset === undefined ? knownSince : undefined);
  if (since === undefined) return [];
  const maxGap = add(0, duration(ctx.vocabulary.episode['not-a-gap']));
  const out: Score[] = [];
  let next = since;
  for (const score of scores(input.scores, asked, ctx, undefined, Number.NEGATIVE_INFINITY).toReversed()) {
    if (score.day >= since || score.record.site === NO_PLACE) continue;
    if (next - score.day > maxGap || score.day < (onset?.lo ?? score.day)) break;
    next = score.day;
    out.unshift(score);
  }
  return out;
}

/** Tells the outcomes that are coded on treatments of the region, since the episode began. */
function outcomes(search: Search): void {
  const { asked, ctx } = search;
  const since = beginning(asked, ctx);
  const seen = new Set<string>();
  for (const set of ctx.vocabulary.episode.therapies.map((name) => ctx.set(name))) {
    for (const record of ctx.chart.bySet(set)) {
      if (record.type !== 'procedure' || record.performed !== 'done' || seen.has(record.ref)) continue;
      const improved = codedOutcome(record, ctx);
      if (improved === undefined) continue;
      seen.add(record.ref);
      const place = servicePlace(record, placeIn(record.hits, [set]));
      if (!(record.spineReason || place !== NO_PLACE) || !fitsRegion(asked, place)) continue;
      const { when } = record;
      if (when === undefined || when.lo > asked.window.asOf || when.hi < since) continue;
      say({ ref: record.ref, date: when, basis: 'chart' }, improved, search);
    }
  }
}

/** Is the outcome of a treatment coded as success (true), or as failure, which weighs more where both are? */
function codedOutcome({ outcomeHits }: ProcedureRecord, ctx: FactContext): boolean | undefined {
  const says = (name: string): boolean => outcomeHits.some((h) => h.set === ctx.set(name));
  if (says('outcome-failure')) return false;
  return says('outcome-success') ? true : undefined;
}
