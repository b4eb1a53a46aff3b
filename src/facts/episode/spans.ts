import type { Day, Interval } from '../../dates/day.ts';
import { supports } from '../../terminology/regions.ts';
import { placeIn, servicePlace } from '../context.ts';
import { drugEnd } from '../drug-end.ts';
import { heals, type Presentation, visitsFor } from './presentations.ts';
import type { Sought } from './sought.ts';
import type { Span } from './span.ts';

/** Nothing on file ends it. */
const UNENDED = Number.POSITIVE_INFINITY;

/** What may make a span: a time in which something was on file. */
interface Shown {
  readonly ref: string;
  readonly what: string;
  readonly when: Interval | undefined;
  readonly end?: Day | undefined;
  /** it only bridges the time between what shows the complaint itself */
  readonly bridges?: boolean;
}

/** Spans of visits, treatments and examinations for the complaint, and of the complaint itself where it is said to persist. */
export function spansOf(presentation: Presentation, sought: Sought): readonly Span[] {
  const { asOf } = sought;
  const out: Span[] = [];
  for (const kind of [entries, visits, therapies, drugs, films])
    for (const { ref, what, when, end, bridges = false } of kind(sought, presentation)) {
      if (when === undefined || when.lo > asOf) continue;
      const lasts = Math.max(end ?? when.hi, when.hi);
      out.push({ from: Math.min(when.hi, asOf), to: Math.min(lasts, asOf), lasts, shows: !bridges, ref, when, what });
    }
  return out;
}

function* entries({ vocabulary }: Sought, { found, borrowed }: Presentation): Generator<Shown> {
  for (const { kind, record } of found) {
    const { ref, onset } = record;
    const isThere = !borrowed && record.current && !heals(record, vocabulary);
    // what does not go away need not be said to be active
    const lasts = vocabulary.episode.lasting.includes(kind) && isThere && !record.orderReason;
    const goesOn = isThere && (record.saysActive || lasts);
    yield { ref, what: 'entered', when: record.recorded, end: lasts ? UNENDED : undefined };
    yield { ref, what: 'its onset', when: onset, end: record.abated?.hi ?? (goesOn ? UNENDED : onset?.hi) };
  }
}

function* visits(sought: Sought, { kinds }: Presentation): Generator<Shown> {
  for (const { ref, when } of visitsFor(kinds, sought)) yield { ref, what: 'a visit for it', when };
}

function* therapies({ chart, vocabulary, region }: Sought): Generator<Shown> {
  for (const name of vocabulary.episode.therapies) {
    const set = vocabulary.codes.number(name);
    for (const record of chart.bySet(set)) {
      if (record.type !== 'procedure' || record.performed !== 'done') continue;
      const place = servicePlace(record, placeIn(record.hits, [set]));
      if ((record.spineReason || place !== 0) && supports(place, region, false))
        yield { ref: record.ref, what: 'a treatment of it', when: record.when, end: record.end?.hi };
    }
  }
}

function* drugs({ chart, vocabulary, region, asOf }: Sought): Generator<Shown> {
  for (const name of vocabulary.episode.drugs) {
    for (const record of chart.bySet(vocabulary.codes.number(name))) {
      if (record.type !== 'medication' || record.taken === 'not-taken' || record.taken === 'unclear') continue;
      const { ref, start, spineReason } = record;
      if (record.hasReason && !(spineReason && supports(record.reason, region, false))) continue;
      if (start === undefined) continue;
      // a drug bridges no more time than it was taken for sure: how long after its supply nobody says
      const goesOn = spineReason && record.stated && record.taken === 'active' && record.end === undefined;
      const end = goesOn ? UNENDED : drugEnd(record, start, asOf).end;
      yield { ref, what: 'a drug', when: start, end, bridges: !spineReason };
    }
  }
}

function* films({ chart, region }: Sought): Generator<Shown> {
  for (const { ref, done, inWords, place, when } of chart.imaging)
    if (done === 'done' && !inWords && place !== 0 && supports(place, region, true))
      yield { ref, what: 'imaging', when, bridges: true };
}
