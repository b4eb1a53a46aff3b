import type { Chart } from '../../chart/chart.ts';
import type { ConditionRecord } from '../../chart/records.ts';
import { type Day, formatInterval, type Interval } from '../../dates/day.ts';
import type { Considered } from '../../policy/fact-source.ts';
import { statedOn } from '../evidence/earlier-entry.ts';
import type { Vocabulary } from '../vocabulary.ts';
import type { Kinds, Span } from './span.ts';

/** An episode and what it was made from. */
interface Made {
  readonly chart: Chart;
  readonly vocabulary: Vocabulary;
  readonly kinds: Kinds;
  readonly asOf: Day;
  readonly spans: readonly Span[];
  /** first day of the current run of spans */
  readonly start: Day;
  /** whose onset is that of the episode */
  readonly onset?: ConditionRecord;
  /** why that onset is not certain */
  readonly doubt?: string;
}

const considered = (
  ref: string,
  when: Interval | undefined,
  verdict: Considered['verdict'],
  reason: string,
): Considered => ({ reference: ref, ...(when !== undefined && { date: formatInterval(when) }), verdict, reason });

/** Every resource that was looked at for the beginning of an episode: `for` = it rests on this one. */
export function lookedAt(made: Made): readonly Considered[] {
  const { onset } = made;
  // of the entry that states the onset the rest says no more
  const fromSpans = made.spans
    .filter((s) => s.ref !== onset?.ref || s.when === onset.onset)
    .map((span) => ofSpan(span, made));
  const seen = new Set(made.spans.map((s) => s.ref));
  return [...fromSpans, ...leftOut(made, seen)];
}

function ofSpan({ ref, when, to, shows, what }: Span, { start, onset, doubt }: Made): Considered {
  if (onset?.ref === ref && when === onset.onset)
    return doubt === undefined
      ? considered(ref, when, 'for', 'its onset is that of the episode')
      : considered(ref, when, 'lead', doubt);
  if (to < start) return considered(ref, when, 'ignored', `${what}, before the current episode`);
  if (onset !== undefined) return considered(ref, when, 'ignored', `${what}; the onset is stated by another entry`);
  return shows
    ? considered(ref, when, 'for', `${what}: it was there by then`)
    : considered(ref, when, 'ignored', `${what}: it only bridges a gap`);
}

/** Entries of the complaint that make no part of the episode. */
function leftOut({ chart, vocabulary, kinds, asOf }: Made, seen: ReadonlySet<string>): readonly Considered[] {
  const records = Object.values(kinds)
    .flat()
    .flatMap((name) => chart.bySet(vocabulary.codes.number(name)))
    .flatMap((r) => (r.type === 'condition' && !seen.has(r.ref) ? [r] : []));
  const all = [...new Set(records)];
  const refutedLater = (r: ConditionRecord, stated: Interval): boolean =>
    all.some(
      (n) =>
        n.verification === 'refuted' &&
        (statedOn(n)?.hi ?? stated.hi) > stated.hi &&
        n.codes.some((c) => r.codes.includes(c)),
    );
  return all.map((r) => {
    const stated = statedOn(r);
    const why =
      r.verification === 'refuted'
        ? 'documented as ruled out'
        : stated === undefined
          ? 'without any date'
          : stated.lo > asOf
            ? 'recorded after the order'
            : refutedLater(r, stated)
              ? 'refuted later'
              : 'another region';
    return considered(r.ref, r.onset ?? r.recorded, 'ignored', why);
  });
}
