import { type Day, type Duration, type Interval, subtract } from '../dates/day.ts';
import type { FactQuery, Region } from '../policy/fact-source.ts';
import { lastDays } from '../policy/measure-time.ts';
import { fromOrder } from './combined.ts';
import type { FactContext } from './context.ts';
import type { FactPlan } from './fact-plan.ts';
import type { Window } from './window.ts';

/** The first day after what a question counts from. */
interface Anchor {
  readonly earliest?: Day;
  readonly uncertainBefore?: Day;
  /** it is the day of the order itself, less this: it moves with the order */
  readonly moving?: Duration;
}
const NO_TIME: Duration = { count: 0, unit: 'days' };

/** Evidence from so long before a day counts too. */
const before = (day: Day, grace: Duration | undefined): Day => (grace === undefined ? day : subtract(day, grace));

/** The span of days in which evidence answers a question. */
export function windowOf(query: FactQuery, { lookback }: FactPlan, ctx: FactContext): Window {
  const instant = ctx.asOfInstant === undefined ? {} : { asOfInstant: ctx.asOfInstant };
  const base = { asOf: ctx.asOf, ...instant };
  // the reasons of an order are as old as the order, whenever it is placed
  const limit = query.since === undefined && query.source === undefined ? lookback : undefined;
  const length = query.within ?? limit;
  if (query.since === undefined)
    return length === undefined ? base : { ...base, earliest: subtract(ctx.asOf, length), length };
  const anchor = anchorOf(query.since, query.region, query.grace, ctx);
  // a current episode has begun by now, whenever that was: what is of the day itself belongs to it, and what came so long before
  if (anchor === undefined && query.since !== 'episode') return { ...base, uncertainBefore: ctx.asOf + 1 };
  if (anchor === undefined) {
    const reach = query.grace ?? NO_TIME;
    return { ...base, uncertainBefore: subtract(ctx.asOf, reach), length: reach };
  }
  // an event with a window of its own: evidence follows the event by no more than the window, which the query counts from today
  const floor = length === undefined ? undefined : subtract(ctx.asOf, length);
  const earliest = Math.max(anchor.earliest ?? Number.NEGATIVE_INFINITY, floor ?? Number.NEGATIVE_INFINITY);
  const reach = anchor.moving !== undefined && earliest === anchor.earliest ? anchor.moving : length;
  return {
    ...base,
    ...(earliest !== Number.NEGATIVE_INFINITY && { earliest }),
    ...(anchor.uncertainBefore !== undefined && { uncertainBefore: anchor.uncertainBefore }),
    ...(reach !== undefined && { length: reach }),
  };
}

/** The first day after an anchor: the onset of the episode, or the latest date of another fact. */
function anchorOf(
  since: NonNullable<FactQuery['since']>,
  region: Region | 'any',
  grace: FactQuery['grace'],
  ctx: FactContext,
): Anchor | undefined {
  const from = (day: Day): Day => before(day, grace);
  const after = ({ lo, hi }: Interval): Anchor => ({
    earliest: from(lo),
    ...(hi > lo && { uncertainBefore: from(hi) }),
  });
  if (since === 'episode') {
    const { onset, knownSince } = ctx.episode(region);
    if (onset !== undefined) return after(onset);
    return knownSince === undefined ? undefined : { uncertainBefore: from(knownSince) };
  }
  const { certainty = 'history' } = since;
  const query: FactQuery = { fact: since.fact, certainty, region, strictRegion: false };
  const event = ctx.fact(query);
  if (event.truth !== 'true' || event.when === undefined) return undefined;
  // of examinations the last one counts: what is dated before one that may have come later is not after it for sure
  const { evidence } = ctx.vocabulary.queries.lookup(query).plan.fact;
  const last = after(lastDays(event.when, evidence.some((b) => 'imaging' in b) ? event.later : undefined));
  return fromOrder(event) ? { ...last, moving: grace ?? NO_TIME } : last;
}
