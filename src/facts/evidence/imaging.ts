import type { ImagingRecord } from '../../chart/records.ts';
import type { Interval } from '../../dates/day.ts';
import { earliest, isLater, latest } from '../../dates/later.ts';
import { sooner } from '../../policy/measure-time.ts';
import { placeOf } from '../../terminology/regions.ts';
import { type Asked, type FactContext, fitsRegion, inSets } from '../context.ts';
import type { ImagingInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { chartedItem } from './charted-item.ts';
import { inWindow, isDoubtful, refusedInWindow } from './in-window.ts';
import { type Novelty, noveltyOf } from './novelty.ts';
import { classify, hasWantedResult, isNonDiagnostic, saysMore, shows, type Verdict } from './results.ts';

function verdictOn(record: ImagingRecord, input: ImagingInput, asked: Asked, ctx: FactContext): Verdict {
  if (input.shows !== undefined) {
    if (input.established && classify(record, ctx).indeterminate) return 'no';
    return shows(record, input.shows, input.denies ?? [], asked, ctx);
  }
  if (input.lacks === undefined) return hasWantedResult(record, input.result, ctx);
  if (input.result === 'non-diagnostic') return isNonDiagnostic(record, input.lacks, ctx);
  const lacks = input.lacks.map((s) => ctx.set(s));
  if (record.findings.some((h) => lacks.includes(h.set))) return 'no';
  const says = record.findings.length === 0 ? record.hasResult : saysMore(record, ctx);
  return says ? 'yes' : 'open';
}

const leftOpen = (record: ImagingRecord, ctx: FactContext): boolean => {
  const { indeterminate, unexplained } = classify(record, ctx);
  return indeterminate || unexplained;
};

/** The examinations of the kind and place asked about that left a finding open, in the order in which they may have been. */
const thatLeftOpen = (input: ImagingInput, asked: Asked, ctx: FactContext): readonly Dated[] =>
  ctx.chart.imaging
    .flatMap((record): readonly Dated[] => {
      const { when } = record;
      if (record.inWords || when === undefined || !isOf(record, input) || record.done !== 'done') return [];
      return fitsPlace(record, input, asked) === 'yes' && leftOpen(record, ctx) ? [{ record, when }] : [];
    })
    .sort((a, b) => a.when.lo - b.when.lo);

interface Dated {
  readonly record: ImagingRecord;
  readonly when: Interval;
}

/** Tells of an examination whether it came after another one of some that left a finding open. Partial dates may not tell. */
function following(open: readonly Dated[]): (record: ImagingRecord) => Verdict {
  const firstEnd = earliest(open.map(({ when }) => when.hi));
  return (record) => {
    const { when } = record;
    if (when === undefined) return 'no';
    if (firstEnd < when.lo) return 'yes';
    const first = open.find((o) => o.record !== record);
    return first !== undefined && first.when.lo < when.hi ? 'open' : 'no';
  };
}

/** Is the examination one of the modalities asked about? One of an unstated modality may be. */
const isOf = ({ modality }: ImagingRecord, input: ImagingInput): boolean =>
  modality === undefined || (input.modality as readonly string[]).includes(modality);

/** An examination without a code that we know: what it was and what it showed stands in words only. */
function wordsOnly(record: ImagingRecord, input: ImagingInput, asked: Asked, tally: Tally): void {
  const item = chartedItem(record.ref, record.when, asked);
  if (record.done === 'not-done' || !isOf(record, input)) return;
  if (fitsPlace(record, input, asked) === 'no' || !inWindow(item, asked, tally)) return;
  tally.perhaps(item, 'an examination that no known code names');
}

/** Of examinations that need not show anything new. */
const ALWAYS_NEW: Novelty = { isNew: true };

/** Does a later examination with another result undo what an earlier one showed? */
const endsEarlier = ({ latest, result }: ImagingInput): boolean => latest || result === 'non-diagnostic';

/** A report without a coded result may say it in words; a procedure without one, or a report of something else, does not. */
const mayShow = (record: ImagingRecord): boolean => !record.hasResult && record.reported;

/** The examinations by what they say of the fact; what they come to depends on each other. */
interface Found {
  readonly fitting: Item[];
  /** whose result is not coded */
  readonly uncoded: Item[];
  readonly contrary: Item[];
  readonly refused: Item[];
  /** with another result, on a day that is not certain to lie in the time window, or to be earlier */
  readonly perhapsContrary: Item[];
}

/**
 * Examinations of a modality and region, with a result. One that fits suffices, except that a diagnostic one undoes earlier ones
 * that were not; one that was refused speaks against.
 */
export function imagingEvidence(input: ImagingInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  if (input['not-done-for'] !== undefined) return forgone(input['not-done-for'], input, asked, ctx, tally);
  const found: Found = { fitting: [], uncoded: [], contrary: [], refused: [], perhapsContrary: [] };
  const follows = input.follows === undefined ? () => 'yes' as const : following(thatLeftOpen(input, asked, ctx));
  const novelty = input.new === undefined ? () => ALWAYS_NEW : noveltyOf(input.new, asked, ctx);
  for (const record of ctx.chart.imaging) {
    if (record.inWords) wordsOnly(record, input, asked, tally);
    else if (isOf(record, input) && hasCode(record, input, ctx))
      examination(record, { input, asked, ctx, tally, follows, novelty, found });
  }
  weigh(found, input, asked, tally);
}

/** Examinations that were not done for a reason of some sets, unless one of the kind was done since. */
function forgone(reasons: readonly string[], input: ImagingInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const ofKind = ctx.chart.imaging.filter((r) => isOf(r, input));
  const lastDone = latest(ofKind.flatMap((r) => (r.done === 'done' && r.when !== undefined ? [r.when.lo] : [])));
  for (const record of ofKind) {
    if (record.inWords || record.done !== 'not-done' || !inSets(record.whyNot, reasons, ctx)) continue;
    const item = chartedItem(record.ref, record.when, asked);
    if (record.when !== undefined && record.when.hi < lastDone) tally.ignore(item, 'one was done since');
    else if (inWindow(item, asked, tally)) tally.perhaps(item, 'not done, as it is contraindicated');
  }
}

const saysInWords = ({ said }: ImagingRecord, input: ImagingInput, ctx: FactContext): boolean =>
  said.length > 0 && (input['in-words'] ?? []).some((name) => said.some((h) => h.set === ctx.set(name)));

const hasCode = ({ hits }: ImagingRecord, { codes }: ImagingInput, ctx: FactContext): boolean =>
  codes === undefined || codes.some((c) => hits.some((h) => h.set === ctx.set(c)));

/** What is asked of each examination, and where what it says is gathered. */
interface Weighing {
  readonly input: ImagingInput;
  readonly asked: Asked;
  readonly ctx: FactContext;
  readonly tally: Tally;
  /** did another one that left a finding open come before, where that is asked? */
  readonly follows: (record: ImagingRecord) => Verdict;
  readonly novelty: (record: ImagingRecord) => Novelty;
  readonly found: Found;
}

function examination(record: ImagingRecord, weighing: Weighing): void {
  const { input, asked, tally, found } = weighing;
  const item = chartedItem(record.ref, record.when, asked);
  if (!rightPlace(record, input, asked, tally, item)) return;
  switch (record.done) {
    case 'not-done':
      if (!refusedInWindow(item, asked, tally)) return;
      if (input.shows !== undefined && input.modality.length > 1)
        return tally.lead(item, 'not done; another kind of examination may show it');
      tally.redoable = true;
      found.refused.push(item);
      return;
    case 'unclear':
      if (inWindow(item, asked, tally)) tally.perhaps(item, 'not final, or not documented as done');
      return;
    case 'done':
      return examined(record, item, weighing);
  }
}

/** What an examination that took place says. */
function examined(record: ImagingRecord, item: Item, weighing: Weighing): void {
  const { input, asked, ctx, tally, found } = weighing;
  const verdict = verdictOn(record, input, asked, ctx);
  if (!inWindow(item, asked, tally)) {
    if (!isDoubtful(item, asked)) return;
    if (verdict === 'yes') tally.perhapsLast(item, asked.window.asOf);
    else if (verdict === 'no' && endsEarlier(input)) found.perhapsContrary.push(item);
    return;
  }
  const follows = weighing.follows(record);
  if (follows === 'open')
    return tally.perhaps(item, 'whether an indeterminate examination came before it is not certain');
  if (follows === 'no') return tally.ignore(item, 'no earlier indeterminate examination');
  if (verdict === 'yes') {
    const { isNew, until } = weighing.novelty(record);
    if (!isNew) return tally.lead(item, 'on file before: not known to be new', true);
    found.fitting.push({ ...item, until: sooner(item.until, until) });
  } else if (verdict === 'no' && input.result === 'non-diagnostic') tally.contra(item, 'a diagnostic examination');
  else if (verdict === 'no') found.contrary.push(item);
  else if (saysInWords(record, input, ctx)) tally.lead(item, 'only its words say so', true);
  else if (input.shows === undefined || mayShow(record)) {
    if (input.shows === undefined) found.uncoded.push(item);
    tally.perhaps(item, 'the result is not coded');
  } else tally.lead(item, record.hasResult ? 'it shows something else' : 'the result is not coded');
}

/**
 * An examination that fits counts, where the last one does unless the result of a later one is not coded. What was not done, or showed
 * something else, counts where none fits, or where the last one counts.
 */
function weigh(
  { fitting, uncoded, contrary, refused, perhapsContrary }: Found,
  input: ImagingInput,
  asked: Asked,
  tally: Tally,
): void {
  for (const item of fitting) {
    if (input.latest && uncoded.some((u) => mayBeLater(u, item)))
      tally.lead(item, 'the result of a later examination is not coded', true);
    else tally.pro(item, 'examination on file');
    if (item.date === undefined) tally.mayBeLast(asked.window.asOf);
  }
  const speaking = tally.for.map((i) => i.date);
  for (const item of perhapsContrary)
    if (!isLater(speaking, [item.date]))
      tally.contest(item, 'another result, on a day that is not certain to be earlier');
  for (const item of [...contrary, ...refused]) {
    if (fitting.length === 0) tally.contraUntilLater(item, 'not done, or with another result');
    else if (input.latest && contrary.includes(item) && !fitting.some((f) => isSameDay(f, item)))
      tally.contra(item, 'another examination shows otherwise');
    else tally.ignore(item, 'another examination counts');
  }
}

/** May an examination have come after another one? */
const mayBeLater = ({ date: a }: Item, { date: b }: Item): boolean =>
  (a?.hi ?? Number.POSITIVE_INFINITY) > (b?.lo ?? Number.NEGATIVE_INFINITY);

/** Are two entries of one day? A report and the result beside it are one examination. */
const isSameDay = ({ date: a }: Item, { date: b }: Item): boolean =>
  a !== undefined && a.lo === a.hi && a.lo === b?.lo && a.hi === b.hi;

const SPINE = placeOf(['cervical', 'thoracic', 'lumbar', 'pelvis']);

/** Is the examination one of the place asked about? */
function fitsPlace(record: ImagingRecord, input: ImagingInput, asked: Asked): Verdict {
  if (input.brain) return (record.place & placeOf(['brain'])) !== 0 ? 'yes' : 'no';
  if (input.elsewhere || (record.place & placeOf(input.also ?? [])) !== 0) return 'yes';
  if (record.place === 0) return 'open';
  const ofSpine = (record.place & SPINE) !== 0;
  if (ofSpine && input.body === 'only') return 'no';
  if (!ofSpine && input.body === 'any' && record.inView !== 0) return 'yes';
  const place = ofSpine || input.body === false ? record.place : record.inView;
  const fits = asked.query.region === 'any' ? (place & SPINE) !== 0 : place !== 0 && fitsRegion(asked, place);
  return fits ? 'yes' : 'no';
}

function rightPlace(record: ImagingRecord, input: ImagingInput, asked: Asked, tally: Tally, item: Item): boolean {
  const fits = fitsPlace(record, input, asked);
  if (fits === 'open') tally.perhaps(item, 'the examined region is not stated');
  else if (fits === 'no' && !input.brain) tally.ignore(item, 'another region');
  return fits === 'yes';
}
