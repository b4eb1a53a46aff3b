import type { ImagingRecord, OrderRecord, ProcedureRecord } from '../../chart/records.ts';
import type { Day } from '../../dates/day.ts';
import { latest } from '../../dates/later.ts';
import { type Asked, type FactContext, fitsRegion, hasUnseen, inSets, placeIn, servicePlace } from '../context.ts';
import { recordsOf } from '../records-of.ts';
import type { OrdererInput, OrderInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { visitsOf } from '../visits.ts';
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
  const performed = new Performed(input, asked, ctx);
  const isTheirs = orderedBy(input, asked, ctx, tally);
  for (const { record, set } of recordsOf('order', input.codes, ctx)) {
    const found = chartedItem(record.ref, record.when, asked);
    if (input.regional && !fitsRegion(asked, servicePlace(record, placeIn(record.hits, [set]))))
      tally.ignore(found, 'another region');
    else if (!record.active && !(input['carried-out'] && record.completed))
      tally.ignore(found, 'no longer active, or only proposed');
    else if (record.prohibits) prohibiting.set(record, found);
    else if (!isTheirs(record)) tally.lead(found, 'the requester’s specialty is not stated', true);
    else if (!input['carried-out'] && performed.examinedSince(record, set))
      tally.ignore(found, 'ordered, and carried out since');
    else if (!input['carried-out'] && performed.since(record, set))
      tally.lead(found, 'ordered, and performed since', true);
    else if (input.urgent && !record.urgent) tally.lead(found, 'ordered, not as urgent', true);
    else if (inWindow(found, asked, tally)) placed.set(record, found);
  }
  const services = distinctCodes([...placed.keys()]);
  for (const [record, found] of prohibiting)
    if (services.some((codes) => !mayBeSame(codes, record.codes)))
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

const distinctCodes = (orders: readonly OrderRecord[]): readonly (readonly string[])[] => [
  ...new Map(orders.map(({ codes }) => [codes.join(' '), codes])).values(),
];

/** May two services be the same: do they share a code, or can their codes not be compared, as no code system names both? */
function mayBeSame(codes: readonly string[], others: readonly string[]): boolean {
  if (codes.some((c) => others.includes(c))) return true;
  const systems = others.map(systemOf);
  return !codes.some((c) => systems.includes(systemOf(c)));
}

/** Procedures of a set, those of the same codes together. */
interface Done {
  readonly codes: readonly string[];
  /** the day of the last one, at the earliest */
  readonly last: Day;
}

/** What was performed by the as-of day: orders often stay active. */
class Performed {
  readonly #input: OrderInput;
  readonly #asked: Asked;
  readonly #ctx: FactContext;
  readonly #done = new Map<number, readonly Done[]>();
  readonly #examined = new Map<number, Map<string, Day>>();
  readonly #inRegion = new Map<number, Day>();

  constructor(input: OrderInput, asked: Asked, ctx: FactContext) {
    this.#input = input;
    this.#asked = asked;
    this.#ctx = ctx;
  }

  /**
   * Was a service performed since it was ordered, unless it is planned for a later day? So was one of a kind whose members are often billed
   * under another code than they were ordered by (a fusion), when it was performed in the region.
   */
  since({ codes, hits, when, planned }: OrderRecord, set: number): boolean {
    if (when === undefined || (planned?.hi ?? when.hi) > this.#ctx.asOf) return false;
    if (this.#ofSet(set).some((p) => p.last >= when.hi && mayBeSame(codes, p.codes))) return true;
    return (this.#input['same-kinds'] ?? [])
      .map((name) => this.#ctx.set(name))
      .some((kind) => hits.some((h) => h.set === kind) && this.#lastInRegion(kind) >= when.hi);
  }

  #all(set: number): readonly { readonly record: ProcedureRecord; readonly day: Day }[] {
    return this.#ctx.chart.bySet(set).flatMap((p) => {
      const day = p.type === 'procedure' && p.performed === 'done' ? this.#dayOf(p) : undefined;
      return p.type === 'procedure' && day !== undefined ? [{ record: p, day }] : [];
    });
  }

  #dayOf({ when }: ProcedureRecord | ImagingRecord): Day | undefined {
    return when !== undefined && when.hi <= this.#ctx.asOf ? when.lo : undefined;
  }

  /** Was the study that is ordered made since? One of another contrast, or of an open one, may have been ordered apart. */
  examinedSince({ codes, when, planned }: OrderRecord, set: number): boolean {
    if (when === undefined || (planned?.hi ?? when.hi) > this.#ctx.asOf) return false;
    const last = this.#ofStudies(set);
    return codes.some((code) => (last.get(code) ?? Number.NEGATIVE_INFINITY) >= when.hi);
  }

  /** The last day on which each study of a set was made, by its code. */
  #ofStudies(set: number): ReadonlyMap<string, Day> {
    let known = this.#examined.get(set);
    if (known === undefined) {
      known = new Map();
      for (const r of this.#ctx.chart.bySet(set)) {
        const day = r.type === 'imaging' && r.done === 'done' ? this.#dayOf(r) : undefined;
        if (r.type !== 'imaging' || r.study === undefined || day === undefined) continue;
        const code = `cpt|${r.study}`;
        known.set(code, Math.max(day, known.get(code) ?? day));
      }
      this.#examined.set(set, known);
    }
    return known;
  }

  #ofSet(set: number): readonly Done[] {
    let known = this.#done.get(set);
    if (known === undefined) {
      const byCodes = new Map<string, Done>();
      for (const { record, day } of this.#all(set)) {
        const key = record.codes.join(' ');
        byCodes.set(key, { codes: record.codes, last: Math.max(day, byCodes.get(key)?.last ?? day) });
      }
      known = [...byCodes.values()];
      this.#done.set(set, known);
    }
    return known;
  }

  #lastInRegion(set: number): Day {
    let known = this.#inRegion.get(set);
    if (known === undefined) {
      const here = this.#all(set).filter(({ record }) =>
        fitsRegion(this.#asked, servicePlace(record, placeIn(record.hits, [set]))),
      );
      known = latest(here.map(({ day }) => day));
      this.#inRegion.set(set, known);
    }
    return known;
  }
}

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

/**
 * The specialty of the ordering practitioner, by what is on file of them; of one of whom nothing is on file by the visit at which
 * the order is placed.
 */
export function ordererEvidence(input: OrdererInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const { orderRef, orderer, ordererSpecialized, orderVisit } = ctx.chart;
  const { asOf } = asked.window;
  if (orderRef !== undefined && inSets(orderer, input.specialty, ctx)) {
    tally.pro({ ref: orderRef, date: { lo: asOf, hi: asOf }, basis: 'order' }, 'specialty of the requester');
    return;
  }
  if (hasUnseen(ctx, 'PractitionerRole')) tally.unseen.add('PractitionerRole');
  if (!ordererSpecialized && orderer.length === 0 && orderVisit !== undefined)
    placedAtVisit(orderVisit, input, asked, ctx, tally);
}

function placedAtVisit(ref: string, input: OrdererInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const visit = visitsOf(ctx).get(ref);
  if (visit === undefined && hasUnseen(ctx, 'Encounter')) tally.unseen.add('Encounter');
  if (visit?.held === true && inSets(visit.specialties, input.specialty, ctx))
    tally.pro(chartedItem(ref, visit.when, asked), 'the order is placed at a visit with this specialty');
}
