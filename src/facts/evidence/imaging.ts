import type { ImagingRecord } from '../../chart/records.ts';
import { placeOf } from '../../terminology/regions.ts';
import { type Asked, type FactContext, fitsRegion } from '../context.ts';
import type { ImagingInput, ReportInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { lastDayInside } from '../window.ts';
import { inWindow } from './finding.ts';

type Verdict = 'yes' | 'no' | 'open';

function toItem(record: { readonly ref: string; readonly when?: ImagingRecord['when'] }, asked: Asked): Item {
  const until = lastDayInside(record.when, asked.window);
  return {
    ref: record.ref,
    ...(record.when !== undefined && { date: record.when }),
    basis: 'chart',
    ...(until !== undefined && { until }),
  };
}

interface Findings {
  readonly findings: ImagingRecord['findings'];
  readonly hasResult: boolean;
}

function classify(
  record: Findings,
  ctx: FactContext,
): { readonly normal: boolean; readonly indeterminate: boolean; readonly abnormal: boolean } {
  const has = (name: string): boolean => record.findings.some((h) => h.set === ctx.set(name));
  const normal = has('result-normal') || has('result-negative');
  const indeterminate = has('result-indeterminate');
  return { normal, indeterminate, abnormal: record.hasResult && !normal && !indeterminate };
}

function shows(record: Findings, sets: readonly string[], asked: Asked, ctx: FactContext): Verdict {
  if (record.findings.some((h) => sets.some((s) => h.set === ctx.set(s)) && fitsRegion(asked, h.place))) return 'yes';
  const { normal } = classify(record, ctx);
  return normal ? 'no' : 'open';
}

function hasWantedResult(record: Findings, result: ImagingInput['result'], ctx: FactContext): Verdict {
  if (result === 'any') return 'yes';
  if (!record.hasResult) return 'open';
  const { normal, indeterminate, abnormal } = classify(record, ctx);
  const verdict = {
    normal,
    negative: normal,
    indeterminate,
    abnormal,
    'non-diagnostic': !abnormal,
    'abnormal-or-indeterminate': abnormal || indeterminate,
  }[result];
  return verdict ? 'yes' : 'no';
}

/** Examinations of a modality and region, with a result. One that fits suffices; one that was refused speaks against. */
export function imagingEvidence(input: ImagingInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const contrary: Item[] = [];
  let positives = 0;
  for (const record of ctx.chart.imaging) {
    if (!(input.modality as readonly string[]).includes(record.modality)) continue;
    if (input.codes !== undefined && !input.codes.some((c) => record.hits.some((h) => h.set === ctx.set(c)))) continue;
    const item = toItem(record, asked);
    if (!rightPlace(record, input, asked, tally, item)) continue;
    if (record.done === 'not-done') {
      tally.redoable = true;
      contrary.push(item);
      continue;
    }
    if (record.done === 'unclear') {
      tally.lead(item, 'not final');
      continue;
    }
    if (!inWindow(item, asked, tally)) continue;
    const verdict =
      input.shows === undefined ? hasWantedResult(record, input.result, ctx) : shows(record, input.shows, asked, ctx);
    if (verdict === 'yes') {
      positives++;
      tally.pro(item, 'examination on file');
    } else if (verdict === 'no') contrary.push(item);
    else tally.lead(item, 'the result is not coded', true);
  }
  if (positives > 0) for (const item of contrary) tally.ignore(item, 'another examination counts');
  else for (const item of contrary) tally.contra(item, 'not done, or with another result');
}

function rightPlace(record: ImagingRecord, input: ImagingInput, asked: Asked, tally: Tally, item: Item): boolean {
  if (input.brain) return (record.place & placeOf(['brain'])) !== 0;
  if (input.elsewhere || (record.place & placeOf(input.also ?? [])) !== 0) return true;
  if (record.place === 0) {
    tally.lead(item, 'the examined region is not stated', true);
    return false;
  }
  const spine = placeOf(['cervical', 'thoracic', 'lumbar', 'pelvis']);
  if (asked.query.region === 'any' ? (record.place & spine) !== 0 : fitsRegion(asked, record.place)) return true;
  tally.ignore(item, 'another region');
  return false;
}

/** Tests that are no imaging (electrodiagnostics), by what their coded conclusion shows. */
export function reportEvidence(input: ReportInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  for (const name of input.codes) {
    const set = ctx.set(name);
    for (const record of ctx.chart.bySet(set)) {
      if (record.type === 'order') {
        tally.lead(
          { ref: record.ref, ...(record.when !== undefined && { date: record.when }), basis: 'chart' },
          'ordered, no result on file',
        );
        continue;
      }
      if (record.type !== 'report' && record.type !== 'observation' && record.type !== 'procedure') continue;
      if (!record.hits.some((h) => h.set === set)) continue;
      const item = toItem(record, asked);
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
          : shows(settled, input.shows, asked, ctx);
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
