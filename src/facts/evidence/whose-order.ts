import type { EncounterRecord, OrderRecord } from '../../chart/records.ts';
import type { Day, Interval } from '../../dates/day.ts';
import { firstReached, running } from '../../dates/reaching.ts';
import { type Asked, type FactContext, hasUnseen, inSets } from '../context.ts';
import type { Tally } from '../tally.ts';
import { relatedVisits } from './related-visits.ts';

/** An order follows from a visit of at most so many days before. */
const PLACED_WITHIN: Day = 30;

/**
 * Tells whether an order that nobody signed was placed by one of some specialties: at the visit that it names, else at the last visit
 * before it, if that was for the spine problem. Many charts name neither requester nor performer of an operation, but the
 * clinic that saw the patient. Where visits may be missing, nobody knows.
 */
export function placedAtVisitWith(
  specialties: readonly string[],
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
): (order: OrderRecord) => boolean {
  let visits: SpecialistVisits | undefined;
  return (order) => {
    if (order.signed || order.specialties.length > 0) return false;
    if (hasUnseen(ctx, 'Encounter')) {
      tally.unseen.add('Encounter');
      return false;
    }
    visits ??= visitsWith(specialties, asked, ctx);
    if (order.visit !== undefined) return visits.named.has(order.visit);
    return order.when !== undefined && visits.areLastBefore(order.when);
  };
}

interface SpecialistVisits {
  /** the visits with the specialties, by name */
  readonly named: ReadonlySet<string>;
  /** Was the last visit up to a day with the specialties, for the spine problem? A partial date is any day of its interval. */
  areLastBefore(day: Interval): boolean;
}

/** The visits that took place, looked through once. */
function visitsWith(specialties: readonly string[], asked: Asked, ctx: FactContext): SpecialistVisits {
  const relates = relatedVisits(asked, ctx);
  const named = new Set<string>();
  const theirs: Interval[] = [];
  const others: Interval[] = [];
  for (const visit of ctx.chart.encounters) {
    if (!visit.held || visit.when === undefined || visit.when.lo > asked.window.asOf) continue;
    const isWith = inSets(visit.specialties, specialties, ctx);
    if (isWith) named.add(visit.ref);
    if (isWith && relates(visit)) theirs.push(visit.when);
    else if (isConsultation(visit, isWith)) others.push(visit.when);
  }
  // of their visits up to a day the latest one at the earliest, of the others the latest one at the latest
  const lastOfTheirs = lastUpTo(theirs.map(({ lo, hi }) => [hi, lo]));
  const lastOfOthers = lastUpTo(others.map(({ lo, hi }) => [lo, hi]));
  return {
    named,
    areLastBefore({ lo, hi }) {
      const last = lastOfTheirs(lo);
      return last >= hi - PLACED_WITHIN && lastOfOthers(hi) <= last;
    },
  };
}

/** Tells the largest of the second of some pairs of days whose first is no later than a day. */
function lastUpTo(pairs: readonly (readonly [Day, Day])[]): (day: Day) => Day {
  const sorted = pairs.toSorted((a, b) => a[0] - b[0]);
  const days = sorted.map(([first]) => first);
  const reached = running(
    sorted.map(([, second]) => second),
    Math.max,
  );
  return (day) => reached[firstReached(days, day + 1) - 1] ?? Number.NEGATIVE_INFINITY;
}

/** A session of therapy or another service between the visit and the order says nothing of who placed it. */
const isConsultation = ({ evaluation }: EncounterRecord, isWith: boolean): boolean =>
  isWith || (evaluation !== 'other-services' && evaluation !== 'other-services-in-words');
