import type { OrderRecord, ProcedureRecord } from '../../chart/records.ts';
import { type Asked, type FactContext, fitsRegion, hasUnseen, inSets, placeIn, servicePlace } from '../context.ts';
import type { OrdererInput, OrderInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { chartedItem } from './charted-item.ts';
import { systemOf } from './earlier-entry.ts';
import { inWindow } from './in-window.ts';
import { placedAtVisitWith } from './whose-order.ts';

/**
 * Services that are planned: surgery, injections, referrals. A prohibition by order speaks against unless another service is
 * ordered, and so do too many.
 */
export function orderEvidence(input: OrderInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const placed = new Map<OrderRecord, Item>();
  const prohibiting = new Map<OrderRecord, Item>();
  const isTheirs = orderedBy(input, asked, ctx, tally);
  for (const name of input.codes) {
    const set = ctx.set(name);
    for (const record of ctx.chart.bySet(set)) {
      if (record.type !== 'order') continue;
      const found = chartedItem(record.ref, record.when, asked);
      if (input.regional && !fitsRegion(asked, servicePlace(record, placeIn(record.hits, [set]))))
        tally.ignore(found, 'another region');
      else if (!record.active && !(input['carried-out'] && record.completed))
        tally.ignore(found, 'no longer active, or only proposed');
      else if (record.prohibits) prohibiting.set(record, found);
      else if (!isTheirs(record)) tally.lead(found, 'the requester’s specialty is not stated', true);
      else if (
        !input['carried-out'] &&
        (performedSince(record, set, ctx) || fulfilled(record, input['same-kinds'] ?? [], asked, ctx))
      )
        tally.lead(found, 'ordered, and performed since', true);
      else if (input.urgent && !record.urgent) tally.lead(found, 'ordered, not as urgent', true);
      else if (inWindow(found, asked, tally)) placed.set(record, found);
    }
  }
  for (const [record, found] of prohibiting)
    if ([...placed.keys()].some((p) => !mayBeSame(p.codes, record.codes)))
      tally.ignore(found, 'ordered not to be performed, but another one is ordered');
    else prohibition(record, found, input, asked, ctx, tally);
  const tooMany = placed.size > (input['at-most'] ?? Number.POSITIVE_INFINITY);
  for (const found of placed.values())
    if (tooMany) tally.contra(found, 'one of more orders than are allowed');
    else tally.pro(found, 'ordered');
}

/** Tells whether an order is of the specialties that are asked for, by who signed it or the visit at which it was placed. */
function orderedBy(input: OrderInput, asked: Asked, ctx: FactContext, tally: Tally): (order: OrderRecord) => boolean {
  const { specialty } = input;
  if (specialty === undefined) return () => true;
  const isPlaced = placedAtVisitWith(specialty, asked, ctx, tally);
  return (order) => inSets(order.specialties, specialty, ctx) || (input['by-visit'] && isPlaced(order));
}

/** May two services be the same: do they share a code, or can their codes not be compared, as no code system names both? */
function mayBeSame(codes: readonly string[], others: readonly string[]): boolean {
  if (codes.some((c) => others.includes(c))) return true;
  const systems = others.map(systemOf);
  return !codes.some((c) => systems.includes(systemOf(c)));
}

/** The procedures of a set that were done after a service had been ordered, unless it is planned for a later day. */
function doneSince({ when, planned }: OrderRecord, set: number, ctx: FactContext): readonly ProcedureRecord[] {
  if (when === undefined || (planned?.hi ?? when.hi) > ctx.asOf) return [];
  return ctx.chart
    .bySet(set)
    .flatMap((p) =>
      p.type === 'procedure' &&
      p.performed === 'done' &&
      p.when !== undefined &&
      p.when.lo >= when.hi &&
      p.when.hi <= ctx.asOf
        ? [p]
        : [],
    );
}

/** Was the very service performed since? Orders often stay active. */
const performedSince = (order: OrderRecord, set: number, ctx: FactContext): boolean =>
  doneSince(order, set, ctx).some((p) => mayBeSame(order.codes, p.codes));

/**
 * Was a procedure of the kind that was ordered performed since, in the region? A fusion is often billed under another code than the one it
 * was ordered by.
 */
const fulfilled = (order: OrderRecord, kinds: readonly string[], asked: Asked, ctx: FactContext): boolean =>
  kinds
    .map((name) => ctx.set(name))
    .filter((set) => order.hits.some((h) => h.set === set))
    .some((set) => doneSince(order, set, ctx).some((p) => fitsRegion(asked, servicePlace(p, placeIn(p.hits, [set])))));

/** That something is not to be performed counts when it is said by those whose word it is. */
function prohibition(
  record: OrderRecord,
  found: Item,
  input: OrderInput,
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
): void {
  const by = input['prohibited-by'] ?? input.specialty;
  if (by !== undefined && !inSets(record.specialties, by, ctx))
    tally.lead(found, 'ordered not to be performed, by somebody of another specialty', true);
  else if (inWindow(found, asked, tally)) tally.contra(found, 'ordered not to be performed');
}

/** The specialty of the ordering practitioner. */
export function ordererEvidence(input: OrdererInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const ref = ctx.chart.orderRef;
  if (ref !== undefined && inSets(ctx.chart.orderer, input.specialty, ctx)) {
    tally.pro(
      { ref, date: { lo: asked.window.asOf, hi: asked.window.asOf }, basis: 'order' },
      'specialty of the requester',
    );
  } else if (hasUnseen(ctx, 'PractitionerRole')) tally.unseen.add('PractitionerRole');
}
