import { formatInterval, type Interval } from '../../dates/day.ts';
import { latest } from '../../dates/later.ts';
import type { Episode, Evidence } from '../../policy/fact-source.ts';
import { supports } from '../../terminology/regions.ts';
import { begunBy } from './beginning.ts';
import type { Complaint } from './doubt.ts';
import type { ChartRegion } from './sought.ts';

/** What an onset rests on. */
export const evidenceOf = (ref: string, date: Interval, basis: Evidence['basis']): Evidence => ({
  reference: ref,
  date: formatInterval(date),
  fact: 'episode-onset',
  basis,
});

/** A clinician's own statement of the onset, when no entry of the chart has stated another since. */
export function statedOnset(found: readonly Complaint[], { chart, region, asOf }: ChartRegion): Episode | undefined {
  const stating = found.filter(({ record }) => record.onset !== undefined);
  const recorded = latest(stating.map(({ record }) => record.recorded?.hi ?? Number.NEGATIVE_INFINITY));
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
  // whoever states it knows that it had begun by then
  const onset = begunBy(last.when?.hi ?? asOf, stated);
  return {
    onset,
    knownSince: onset.hi,
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
