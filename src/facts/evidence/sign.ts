import type { ConditionRecord, ObservationRecord } from '../../chart/records.ts';
import { type Asked, type FactContext, fitsRegion, placeOfSign } from '../context.ts';
import type { SignInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { fitIn, lastDayInside } from '../window.ts';
import { relates } from './events.ts';
import { readAnswer } from './finding.ts';

/**
 * New signs that were demonstrated on examination: a confirmed sign whose documented onset lies in the window and that was
 * found, or seen again, at a visit in person; or an examination that is abnormal in the window and was normal before.
 */
export function signEvidence(input: SignInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const seen = new Set<string>();
  for (const set of input.codes.map((name) => ctx.set(name))) {
    for (const record of ctx.chart.bySet(set)) {
      if (record.type !== 'condition' || record.orderReason || seen.has(record.ref)) continue;
      seen.add(record.ref);
      const place = record.hits.reduce((p, h) => (h.set === set ? p | h.place : p), 0);
      if (fitsRegion(asked, placeOfSign(place, record, ctx))) condition(record, asked, ctx, tally);
    }
  }
  examinations(input.examination ?? [], asked, ctx, tally);
}

function condition(record: ConditionRecord, asked: Asked, ctx: FactContext, tally: Tally): void {
  const stated = record.recorded ?? record.onset;
  const item = toItem(record.ref, record.onset ?? record.recorded, asked);
  if (stated !== undefined && stated.lo > asked.window.asOf) return tally.ignore(item, 'recorded after the order');
  if (record.verification === 'refuted')
    return tally.contra(
      { ref: record.ref, ...(stated !== undefined && { date: stated }), basis: 'chart' },
      'ruled out',
    );
  if (!record.current) return tally.lead(item, 'resolved or inactive');
  if (record.verification === 'suspected') return tally.lead(item, 'only suspected', true);
  if (record.onset === undefined) return tally.lead(item, 'when it began is not stated', true);
  const fit = fitIn(record.onset, asked.window);
  if (fit !== 'inside') return tally.lead(item, 'began outside of the time window', fit === 'unclear');
  const visit = visitOf(record, asked, ctx);
  if (visit === undefined) return tally.lead(item, 'not found at a visit in person', true);
  tally.pro(item, 'new, and found at a visit in person');
  tally.pro(visit, 'the examination in person');
}

/** The visit in person at which a sign was found, or a later one for the spine problem. */
function visitOf(record: ConditionRecord, asked: Asked, ctx: FactContext): Item | undefined {
  const held = ctx.chart.encounters.filter((v) => v.held && v.when !== undefined && v.when.lo <= asked.window.asOf);
  const stated = record.recorded ?? record.onset;
  const at = held.filter((v) =>
    record.encounter === undefined ? stated !== undefined && v.when?.lo === stated.lo : v.ref === record.encounter,
  );
  const later = held.filter((v) => stated !== undefined && (v.when?.lo ?? 0) >= stated.lo && relates(v, asked, ctx));
  const visit = [...at, ...later].find((v) => v.inPerson);
  return visit === undefined ? undefined : toItem(visit.ref, visit.when, asked);
}

/** An examination as a whole that is abnormal, after one that was normal. */
function examinations(sets: readonly string[], asked: Asked, ctx: FactContext, tally: Tally): void {
  const results = sets
    .flatMap((name) => ctx.chart.bySet(ctx.set(name)))
    .flatMap((r) => (r.type === 'observation' && r.final && r.when !== undefined ? [r] : []))
    .filter((r) => fitIn(r.when, { asOf: asked.window.asOf }) === 'inside');
  const day = (r: ObservationRecord): number => r.when?.lo ?? 0;
  const sorted = [...results].sort((a, b) => day(a) - day(b));
  const last = sorted.at(-1);
  if (last === undefined || fitIn(last.when, asked.window) !== 'inside') return;
  const item = toItem(last.ref, last.when, asked);
  const answer = readAnswer(last, ctx);
  const before = sorted.find((r) => day(r) < day(last) && readAnswer(r, ctx) === false);
  if (answer === false) tally.contra(item, 'the examination is normal');
  else if (answer === undefined || before === undefined) tally.lead(item, 'not known to be new', answer === true);
  else {
    tally.pro(item, 'abnormal on examination');
    tally.pro(toItem(before.ref, before.when, asked), 'normal at an earlier examination');
  }
}

function toItem(ref: string, date: Item['date'], asked: Asked): Item {
  const until = lastDayInside(date, asked.window);
  return { ref, ...(date !== undefined && { date }), basis: 'chart', ...(until !== undefined && { until }) };
}
