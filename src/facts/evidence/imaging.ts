import type { ImagingRecord } from '../../chart/records.ts';
import type { Day, Interval } from '../../dates/day.ts';
import { isLater, latest } from '../../dates/later.ts';
import { sooner } from '../../policy/measure-time.ts';
import { placeOf } from '../../terminology/regions.ts';
import { type Asked, type FactContext, fitsRegion, inSets, placeIn, placeOfRecord } from '../context.ts';
import type { ImagingInput, ReportInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { fitIn, lastDayInside } from '../window.ts';
import { chartedItem } from './charted-item.ts';
import { endOf } from './earlier-entry.ts';
import { inWindow, isDoubtful, refusedInWindow } from './in-window.ts';

type Verdict = 'yes' | 'no' | 'open';

interface Findings {
  readonly findings: ImagingRecord['findings'];
  readonly hasResult: boolean;
}

function classify(
  record: Findings,
  ctx: FactContext,
): Readonly<Record<'normal' | 'indeterminate' | 'abnormal' | 'unexplained', boolean>> {
  const has = (name: string): boolean => record.findings.some((h) => h.set === ctx.set(name));
  const normal = has('result-normal') || has('result-negative');
  const indeterminate = has('result-indeterminate');
  return {
    normal,
    indeterminate,
    abnormal: record.hasResult && !normal && !indeterminate,
    unexplained: has('result-unexplained') && !has('spine-problem'),
  };
}

function shows(
  record: Findings,
  sets: readonly string[],
  denies: readonly string[],
  asked: Asked,
  ctx: FactContext,
): Verdict {
  const finds = (names: readonly string[]): boolean =>
    record.findings.some((h) => names.some((s) => h.set === ctx.set(s)) && fitsRegion(asked, h.place));
  if (finds(sets)) return 'yes';
  if (finds(denies)) return 'no';
  const { normal } = classify(record, ctx);
  return normal ? 'no' : 'open';
}

function hasWantedResult(record: Findings, result: ImagingInput['result'], ctx: FactContext): Verdict {
  if (result === 'any') return 'yes';
  if (result === 'not-coded') return record.hasResult ? 'no' : 'yes';
  if (!record.hasResult) return 'open';
  const { normal, indeterminate, abnormal, unexplained } = classify(record, ctx);
  const verdict = {
    normal,
    negative: normal,
    indeterminate,
    abnormal,
    'non-diagnostic': !abnormal,
    'abnormal-or-indeterminate': abnormal || indeterminate,
    'indeterminate-or-unexplained': indeterminate || unexplained,
  }[result];
  return verdict ? 'yes' : 'no';
}

/**
 * Films that do not establish a diagnosis: normal or indeterminate, or with a coded finding that is none of those that would
 * (degeneration). "Abnormal" alone leaves it open.
 */
function isNonDiagnostic(record: ImagingRecord, diagnoses: readonly string[], ctx: FactContext): Verdict {
  const { normal, indeterminate } = classify(record, ctx);
  if (indeterminate) return 'yes';
  if (record.findings.some((h) => diagnoses.some((s) => h.set === ctx.set(s)))) return 'no';
  return normal || saysMore(record, ctx) ? 'yes' : 'open';
}

/** Does the result say more than that the examination is abnormal? */
const saysMore = ({ findings }: Findings, ctx: FactContext): boolean => {
  const bare = [ctx.set('result-abnormal'), ctx.set('result-positive')];
  return findings.some((h) => !bare.includes(h.set));
};

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

/** The days of the examinations of the kind and place asked about that left a finding open. */
function daysLeftOpen(input: ImagingInput, asked: Asked, ctx: FactContext): ReadonlyMap<ImagingRecord, Interval> {
  const days = new Map<ImagingRecord, Interval>();
  for (const r of ctx.chart.imaging)
    if (
      !r.inWords &&
      r.when !== undefined &&
      isOf(r, input) &&
      r.done === 'done' &&
      fitsPlace(r, input, asked) === 'yes' &&
      leftOpen(r, ctx)
    )
      days.set(r, r.when);
  return days;
}

/** Did an examination come after another one that left a finding open? Partial dates may not tell. */
function followsOne(record: ImagingRecord, open: ReadonlyMap<ImagingRecord, Interval>): Verdict {
  const { when } = record;
  if (when === undefined) return 'no';
  const others = [...open].filter(([r]) => r !== record).map(([, days]) => days);
  if (others.some(({ hi }) => hi < when.lo)) return 'yes';
  return others.some(({ lo }) => lo < when.hi) ? 'open' : 'no';
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
  const open = input.follows === undefined ? undefined : daysLeftOpen(input, asked, ctx);
  for (const record of ctx.chart.imaging) {
    if (record.inWords) wordsOnly(record, input, asked, tally);
    else if (isOf(record, input) && hasCode(record, input, ctx))
      examination(record, { input, asked, ctx, tally, open, found });
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
  /** the examinations that left a finding open, where one of them has to come before */
  readonly open: ReadonlyMap<ImagingRecord, Interval> | undefined;
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
function examined(record: ImagingRecord, item: Item, { input, asked, ctx, tally, open, found }: Weighing): void {
  const verdict = verdictOn(record, input, asked, ctx);
  if (!inWindow(item, asked, tally)) {
    if (!isDoubtful(item, asked)) return;
    if (verdict === 'yes') tally.perhapsLast(item, asked.window.asOf);
    else if (verdict === 'no' && endsEarlier(input)) found.perhapsContrary.push(item);
    return;
  }
  const follows = open === undefined ? 'yes' : followsOne(record, open);
  if (follows === 'open')
    return tally.perhaps(item, 'whether an indeterminate examination came before it is not certain');
  if (follows === 'no') return tally.ignore(item, 'no earlier indeterminate examination');
  if (verdict === 'yes') {
    const { isNew, until } = input.new === undefined ? ALWAYS_NEW : novelty(input.new, record, asked, ctx);
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
    if (input.latest && uncoded.some(({ date }) => isLater([date], [item.date])))
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

/** Are two entries of one day? A report and the result beside it are one examination. */
const isSameDay = ({ date: a }: Item, { date: b }: Item): boolean =>
  a !== undefined && a.lo === a.hi && a.lo === b?.lo && a.hi === b.hi;

/** Is what an examination shows new: not on file before the window? And until which as-of day is it, when that is not open. */
interface Novelty {
  readonly isNew: boolean;
  readonly until?: Day | undefined;
}

/** Of examinations that need not show anything new. */
const ALWAYS_NEW: Novelty = { isNew: true };

/** It was on file before: shown by an examination, or as a diagnosis that had not ended by this one. */
function novelty(names: readonly string[], { when }: ImagingRecord, asked: Asked, ctx: FactContext): Novelty {
  const { window } = asked;
  const shown = ctx.chart.imaging.filter((r) => r.done === 'done' && shows(r, names, [], asked, ctx) === 'yes');
  const diagnosed = names.flatMap((name) => diagnosedOn(ctx.set(name), when, asked, ctx));
  const before =
    shown.some((r) => fitIn(r.when, window) === 'outside') ||
    diagnosed.some((began) => fitIn(began, window) !== 'inside');
  if (before) return { isNew: false };
  const ends = [...shown.map((r) => r.when), ...diagnosed].map((date) => lastDayInside(date, window));
  return { isNew: true, until: ends.reduce(sooner, undefined) };
}

/** The days by which diagnoses of a set were on file that had not ended by an examination. */
const diagnosedOn = (set: number, when: Interval | undefined, asked: Asked, ctx: FactContext): readonly Interval[] =>
  ctx.chart.bySet(set).flatMap((r) => {
    if (r.type !== 'condition' || r.orderReason || r.verification === 'refuted') return [];
    if (!fitsRegion(asked, placeOfRecord(placeIn(r.hits, [set]), r.site))) return [];
    const began = r.onset ?? r.recorded;
    // what began or was entered after the order does not exist yet
    if ([began, r.recorded].some((day) => day !== undefined && day.lo > asked.window.asOf)) return [];
    return began !== undefined && (when === undefined || endOf(r) >= when.lo) ? [began] : [];
  });

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

/** Tests that are no imaging (electrodiagnostics), by what their coded conclusion shows. */
export function reportEvidence(input: ReportInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  for (const name of input.codes) {
    const set = ctx.set(name);
    for (const record of ctx.chart.bySet(set)) {
      if (record.type === 'order') {
        tally.lead({ ref: record.ref, date: record.when, basis: 'chart' }, 'ordered, no result on file');
        continue;
      }
      if (record.type !== 'report' && record.type !== 'observation' && record.type !== 'procedure') continue;
      if (!record.hits.some((h) => h.set === set)) continue;
      const item = chartedItem(record.ref, record.when, asked);
      if (record.type === 'procedure') {
        tally.lead(item, 'performed, no coded result on file', record.performed === 'done');
        continue;
      }
      const findings = record.type === 'report' ? record.findings : record.valueHits;
      const settled = { findings, hasResult: findings.length > 0 };
      if (!record.final) {
        tally.lead(item, 'not final');
        continue;
      }
      if (!inWindow(item, asked, tally)) continue;
      const verdict =
        input.shows === undefined
          ? hasWantedResult(settled, input.result, ctx)
          : shows(settled, input.shows, [], asked, ctx);
      if (verdict === 'yes') tally.pro(item, 'test result on file');
      else if (verdict === 'no') tally.contra(item, 'the test shows otherwise');
      else
        tally.lead(
          item,
          settled.hasResult ? 'the test shows something else' : 'the result is not coded',
          !settled.hasResult,
        );
    }
  }
}
