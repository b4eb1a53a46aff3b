import type { EncounterRecord, OrderRecord } from '../../chart/records.ts';
import type { Day } from '../../dates/day.ts';
import { firstReached } from '../../dates/reaching.ts';
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
  let visits: Visits | undefined;
  return (order) => {
    if (order.signed || order.specialties.length > 0) return false;
    if (hasUnseen(ctx, 'Encounter')) {
      tally.unseen.add('Encounter');
      return false;
    }
    visits ??= visitsWith(specialties, asked, ctx);
    if (order.visit !== undefined) return visits.named.has(order.visit);
    return order.when !== undefined && visits.lastBefore(order.when.lo);
  };
}

interface Visits {
  /** the visits with the specialties, by name */
  readonly named: ReadonlySet<string>;
  /** was the last visit up to a day with the specialties, for the spine problem? */
  lastBefore(day: Day): boolean;
}

/** The visits that took place, looked through once. */
function visitsWith(specialties: readonly string[], asked: Asked, ctx: FactContext): Visits {
  const relates = relatedVisits(asked, ctx);
  const named = new Set<string>();
  const days = new Map<Day, boolean>();
  for (const visit of ctx.chart.encounters) {
    if (!visit.held || visit.when === undefined || visit.when.hi > asked.window.asOf) continue;
    const isWith = inSets(visit.specialties, specialties, ctx);
    if (isWith) named.add(visit.ref);
    if (isConsultation(visit, isWith)) {
      const counts = days.get(visit.when.hi) === true || (isWith && relates(visit));
      days.set(visit.when.hi, counts);
    }
  }
  const sorted = [...days.keys()].sort((a, b) => a - b);
  return {
    named,
    lastBefore(day) {
      const last = sorted[firstReached(sorted, day + 1) - 1];
      return last !== undefined && last >= day - PLACED_WITHIN && days.get(last) === true;
    },
  };
}

/** A session of therapy or another service between the visit and the order says nothing of who placed it. */
const isConsultation = ({ evaluation }: EncounterRecord, isWith: boolean): boolean =>
  isWith || (evaluation !== 'other-services' && evaluation !== 'other-services-in-words');
