import type { OrderRecord, ProcedureRecord } from '../../chart/records.ts';
import { type Day, type Interval, SOME_DAY } from '../../dates/day.ts';
import { latest } from '../../dates/later.ts';
import { sooner } from '../../policy/measure-time.ts';
import { type Asked, type FactContext, fitsRegion, hasUnseen, inSets, placeIn, servicePlace } from '../context.ts';
import { recordsOf } from '../records-of.ts';
import type { OrdererInput, OrderInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { visitsOf } from '../visits.ts';
import { chartedItem } from './charted-item.ts';
import { putLatest, systemOf } from './earlier-entry.ts';
import { inWindow } from './in-window.ts';
import { contraAsLast } from './last-seen.ts';
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
    const { since, until } = input['carried-out'] ? NOT_SINCE : performed.since(record, set);
    if (input.regional && !fitsRegion(asked, servicePlace(record, placeIn(record.hits, [set]))))
      tally.ignore(found, 'another region');
    else if (!record.active && !(input['carried-out'] && record.completed))
      tally.ignore(found, 'no longer active, or only proposed');
    else if (record.prohibits) prohibiting.set(record, found);
    else if (!isTheirs(record)) tally.lead(found, 'the requester’s specialty is not stated', true);
    else if (!input['carried-out'] && performed.examinedSince(record, set))
      tally.ignore(found, 'ordered, and carried out since');
    else if (since !== 'no') tally.lead(found, AFTERWARDS[since], true);
    else if (input.urgent && !record.urgent) tally.lead(found, 'ordered, not as urgent', true);
    else if (inWindow(found, asked, tally)) placed.set(record, { ...found, until: sooner(found.until, until) });
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

/** Procedures, those of the same codes together. */
interface Done {
  readonly codes: readonly string[];
  /** the last day on which one was performed for certain */
  readonly last: Day;
  /** the last day on which one may have been: any, where none is stated */
  readonly possible: Day;
}

/** Was what is ordered performed since? If it was not: until which as-of day is that certain, where it does not stay so? */
interface Since {
  readonly since: 'yes' | 'perhaps' | 'no';
  readonly until?: Day | undefined;
}
const NOT_SINCE: Since = { since: 'no' };

/** What is told of an order for something that was, or may have been, performed since. */
const AFTERWARDS = {
  yes: 'ordered, and performed since',
  perhaps: 'ordered, and performed on a day that may be later',
} as const;

/** What was performed by the as-of day: orders often stay active. */
class Performed {
  readonly #input: OrderInput;
  readonly #asked: Asked;
  readonly #ctx: FactContext;
  readonly #done = new Map<number, readonly Done[]>();
  readonly #examined = new Map<number, ReadonlyMap<string, Day>>();
  readonly #inRegion = new Map<number, Done>();

  constructor(input: OrderInput, asked: Asked, ctx: FactContext) {
    this.#input = input;
    this.#asked = asked;
    this.#ctx = ctx;
  }

  /**
   * Was a service performed since it was ordered, unless it is planned for a later day? So was one of a kind whose members are often billed
   * under another code than they were ordered by (a fusion), when it was performed in the region.
   */
  since({ codes, hits, when = SOME_DAY, planned }: OrderRecord, set: number): Since {
    const { asOf } = this.#ctx;
    if ((planned?.hi ?? when.lo) > asOf) return NOT_SINCE;
    const kinds = (this.#input['same-kinds'] ?? [])
      .map((name) => this.#ctx.set(name))
      .filter((kind) => hits.some((h) => h.set === kind));
    const done = [
      ...this.#ofSet(set).filter((d) => mayBeSame(codes, d.codes)),
      ...kinds.map((kind) => this.#ofKind(kind)),
    ];
    if (done.some(({ last }) => last >= when.hi)) return { since: 'yes' };
    if (done.every(({ possible }) => possible <= when.lo)) return NOT_SINCE;
    // what was performed on a day that is not stated was performed by the as-of day
    return asOf > when.lo ? { since: 'perhaps' } : { since: 'no', until: when.lo };
  }

  /** Was the study that is ordered made since? One of another contrast, or of an open one, may have been ordered apart. */
  examinedSince({ codes, when, planned }: OrderRecord, set: number): boolean {
    if (when === undefined || (planned?.hi ?? when.hi) > this.#ctx.asOf) return false;
    const last = this.#ofStudies(set);
    return codes.some((code) => (last.get(code) ?? Number.NEGATIVE_INFINITY) >= when.hi);
  }

  /** The last day on which each study of a set was made for certain, by its code. */
  #ofStudies(set: number): ReadonlyMap<string, Day> {
    const known = this.#examined.get(set);
    if (known !== undefined) return known;
    const made = new Map<string, Day>();
    for (const r of this.#ctx.chart.bySet(set)) {
      if (r.type !== 'imaging' || r.done !== 'done' || r.study === undefined || r.when === undefined) continue;
      if (r.when.hi <= this.#ctx.asOf) putLatest(made, `cpt|${r.study}`, r.when.lo);
    }
    this.#examined.set(set, made);
    return made;
  }

  #all(set: number): readonly { readonly record: ProcedureRecord; readonly when: Interval }[] {
    return this.#ctx.chart
      .bySet(set)
      .flatMap((p) =>
        p.type === 'procedure' && p.performed === 'done' && (p.when?.lo ?? this.#ctx.asOf) <= this.#ctx.asOf
          ? [{ record: p, when: p.when ?? SOME_DAY }]
          : [],
      );
  }

  #last(of: readonly { readonly when: Interval }[]): Pick<Done, 'last' | 'possible'> {
    return {
      last: latest(of.map(({ when }) => when.lo)),
      possible: latest(of.map(({ when }) => when.hi)),
    };
  }

  #ofSet(set: number): readonly Done[] {
    let known = this.#done.get(set);
    if (known === undefined) {
      const byCodes = Map.groupBy(this.#all(set), ({ record }) => record.codes.join(' '));
      known = [...byCodes.values()].map((of) => ({ codes: of[0]?.record.codes ?? [], ...this.#last(of) }));
      this.#done.set(set, known);
    }
    return known;
  }

  /** Procedures of a kind in the region, whatever their codes. */
  #ofKind(set: number): Done {
    let known = this.#inRegion.get(set);
    if (known === undefined) {
      const here = this.#all(set).filter(({ record }) =>
        fitsRegion(this.#asked, servicePlace(record, placeIn(record.hits, [set]))),
      );
      known = { codes: [], ...this.#last(here) };
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
  else if (inWindow(found, asked, tally))
    contraAsLast(found, 'ordered not to be performed', 'ServiceRequest', ctx, tally);
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
