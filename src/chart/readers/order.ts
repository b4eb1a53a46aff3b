import { parseDate } from '../../dates/day.ts';
import { start } from '../element-dates.ts';
import { type Json, object, objects, text } from '../json.ts';
import type { ReadContext } from '../read-context.ts';
import type { OpenOrder, OrderRecord } from '../records.ts';

const ACTIVE = new Set(['draft', 'active', 'on-hold']);
/** Intents by which nothing is ordered yet, nor planned. */
const UNDECIDED = new Set(['proposal', 'option']);
const URGENT = new Set(['urgent', 'asap', 'stat']);

/** What a ServiceRequest orders, as long as it stands. */
export function readOpenOrder(ctx: ReadContext, r: Json): OpenOrder | undefined {
  const status = text(r['status']);
  if (r['doNotPerform'] === true || (status !== undefined && !ACTIVE.has(status))) return undefined;
  const study = ctx.concepts.study(r['code']);
  return { codes: ctx.concepts.keys(r['code']), ...(study !== undefined && { study }) };
}

/** Reads a ServiceRequest other than the order that is checked: referrals, planned surgery, earlier orders. */
export function readServiceRequest(ctx: ReadContext, r: Json, ref: string): OrderRecord | undefined {
  const hits = ctx.concepts.hits(r['code']);
  if (hits.length === 0) return undefined;
  const status = text(r['status']);
  if (status === 'revoked') return undefined;
  const when = parseDate(r['authoredOn']);
  const planned = start(r, 'occurrence');
  const reason = ctx.reasons.stated(r);
  return {
    type: 'order',
    ref,
    hits,
    codes: ctx.concepts.keys(r['code']),
    site: ctx.concepts.site(r['bodySite']),
    active: (status === undefined || ACTIVE.has(status)) && !UNDECIDED.has(text(r['intent']) ?? ''),
    completed: status === 'completed',
    prohibits: r['doNotPerform'] === true,
    urgent: URGENT.has(text(r['priority']) ?? ''),
    when,
    planned,
    specialties: [
      ...ctx.concepts.hits(r['performerType']),
      ...ctx.links.specialties(r, [object(r['requester']), ...objects(r['performer'])]),
    ],
    signed: ['requester', 'performer', 'performerType'].some((name) => r[name] !== undefined),
    visit: ctx.links.key(object(r['encounter'])),
    reason: reason.place,
    spineReason: reason.spine,
    hasReason: reason.given,
  };
}
