import type { ConditionRecord } from '../../chart/records.ts';
import { type Day, formatInterval, type Interval } from '../../dates/day.ts';
import { latest } from '../../dates/later.ts';
import type { Episode, Evidence } from '../../policy/fact-source.ts';
import { supports } from '../../terminology/regions.ts';
import { begunBy, goesOnUntil, runStart } from './beginning.ts';
import { type Complaint, overMeanwhile } from './doubt.ts';
import type { Presentation } from './presentations.ts';
import type { Sought } from './sought.ts';
import type { Span } from './span.ts';
import { spansOf } from './spans.ts';

/** What an onset rests on. */
export const evidenceOf = (ref: string, date: Interval, basis: Evidence['basis']): Evidence => ({
  reference: ref,
  date: formatInterval(date),
  fact: 'episode-onset',
  basis,
});

/**
 * The day by which an entry had stated its onset, no later than the as-of day. One that was recorded on no known day says only that it
 * was not before what began: a vague onset ("2026") is not stated at the end of the year.
 */
const statedBy = ({ recorded, onset }: ConditionRecord, asOf: Day): Day =>
  Math.min(asOf, recorded?.hi ?? onset?.lo ?? Number.NEGATIVE_INFINITY);

/** What a statement shows of the complaint: that it was there on a day. */
const spanOf = (ref: string, { lo, hi }: Interval): Span => ({
  from: hi,
  to: hi,
  lasts: hi,
  shows: true,
  ref,
  when: { lo, hi },
  what: 'its onset as stated',
});

/** Was what was stated on a day stated of the current episode? Neither of one before a gap, nor of a complaint that has ended since. */
function isOfToday(stated: Span, found: readonly Complaint[], spans: readonly Span[], sought: Sought): boolean {
  const { asOf, maxGap } = sought;
  const day = stated.from;
  return runStart([...spans, stated], asOf, maxGap) <= day && overMeanwhile(found, spans, day + 1, asOf) === undefined;
}

/** A clinician's own statement of the onset of this episode, when no entry of the chart has stated another since. */
export function statedOnset(presentation: Presentation, sought: Sought): Episode | undefined {
  const { found } = presentation;
  const { chart, region, asOf, maxGap } = sought;
  const stating = found.filter(({ record }) => record.onset !== undefined);
  const recorded = latest(stating.map(({ record }) => statedBy(record, asOf)));
  const answers = chart.answers.filter(
    (a) =>
      a.fact === 'episode-onset' &&
      a.value.kind === 'date' &&
      a.by === 'practitioner' &&
      supports(a.place, region, false) &&
      (a.when?.lo ?? asOf) <= asOf &&
      a.value.value.lo <= asOf,
  );
  const last = answers.sort((a, b) => (b.when?.hi ?? 0) - (a.when?.hi ?? 0))[0];
  if (last === undefined || last.value.kind !== 'date' || (last.when?.hi ?? 0) < recorded) return undefined;
  const stated = last.value.value;
  const spans = spansOf(presentation, sought);
  const statement = spanOf(last.ref, last.when === undefined ? { lo: asOf, hi: asOf } : last.when);
  if (!isOfToday(statement, found, spans, sought)) return undefined;
  const until = goesOnUntil([...spans, statement], found, maxGap);
  // whoever states it knows that it had begun by then
  const onset = begunBy(last.when?.hi ?? asOf, stated);
  return {
    onset,
    knownSince: onset.hi,
    ...(until !== undefined && { until }),
    evidence: [evidenceOf(last.ref, stated, 'attested')],
    considered: () => [
      {
        reference: last.ref,
        ...(last.when !== undefined && { date: formatInterval(last.when) }),
        verdict: 'for',
        reason: `the onset as a clinician stated it: ${formatInterval(stated)}`,
      },
    ],
  };
}
