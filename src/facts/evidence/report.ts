import type { ObservationRecord, ReportRecord } from '../../chart/records.ts';
import type { Asked, FactContext } from '../context.ts';
import { recordsOf } from '../records-of.ts';
import type { ReportInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { chartedItem } from './charted-item.ts';
import { inWindow } from './in-window.ts';
import { type Findings, hasWantedResult, shows, type Verdict } from './results.ts';

/** Tests that are no imaging (electrodiagnostics), by what their coded conclusion shows. */
export function reportEvidence(input: ReportInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  for (const { record } of recordsOf('order', input.codes, ctx))
    tally.lead({ ref: record.ref, date: record.when, basis: 'chart' }, 'ordered, no result on file');
  for (const { record, set } of recordsOf('procedure', input.codes, ctx))
    if (record.hits.some((h) => h.set === set))
      tally.lead(
        chartedItem(record.ref, record.when, asked),
        'performed, no coded result on file',
        record.performed === 'done',
      );
  for (const type of ['report', 'observation'] as const)
    for (const { record, set } of recordsOf(type, input.codes, ctx))
      if (record.hits.some((h) => h.set === set)) testResult(record, input, asked, ctx, tally);
}

function testResult(
  record: ReportRecord | ObservationRecord,
  input: ReportInput,
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
): void {
  const item = chartedItem(record.ref, record.when, asked);
  if (!record.final) return tally.lead(item, 'not final');
  if (!inWindow(item, asked, tally)) return;
  const findings = record.type === 'report' ? record.findings : record.valueHits;
  const result: Findings = { findings, hasResult: findings.length > 0 };
  const verdict: Verdict =
    input.shows === undefined ? hasWantedResult(result, input.result, ctx) : shows(result, input.shows, [], asked, ctx);
  if (verdict === 'yes') tally.pro(item, 'test result on file');
  else if (verdict === 'no') tally.contra(item, 'the test shows otherwise');
  else if (result.hasResult) tally.lead(item, 'the test shows something else');
  else tally.lead(item, 'the result is not coded', true);
}
