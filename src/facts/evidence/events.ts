import type { EncounterRecord, MedicationRecord, OrderRecord, ProcedureRecord } from '../../chart/records.ts';
import { add, type Day, type Duration, type Interval, SOME_DAY } from '../../dates/day.ts';
import type { Hit } from '../../terminology/code-sets.ts';
import { type Place, STATED } from '../../terminology/regions.ts';
import { type Asked, type FactContext, fitsRegion, hasUnseen, placeIn, placeOfRecord } from '../context.ts';
import { drugEnd } from '../drug-end.ts';
import { duration } from '../duration.ts';
import { mayBeForAnother, whyForAnother } from '../purpose.ts';
import type {
  AllergyInput,
  DeviceInput,
  MedicationInput,
  OrdererInput,
  OrderInput,
  ProcedureInput,
  VisitInput,
} from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { fitIn } from '../window.ts';
import { chartedItem } from './charted-item.ts';
import { systemOf } from './earlier-entry.ts';
import { inWindow, refusedInWindow } from './in-window.ts';
import { relatedVisits, sharesReason, visitsWithDiagnosis } from './related-visits.ts';

const inSets = (hits: readonly Hit[], sets: readonly string[], ctx: FactContext): boolean =>
  sets.some((s) => hits.some((h) => h.set === ctx.set(s)));

/** Where a treatment or planned service belongs: the code's own place, else the body site, else the reason's place. */
export const servicePlace = (record: ProcedureRecord | OrderRecord, codePlace: Place): Place =>
  placeOfRecord(placeOfRecord(codePlace, record.site), record.reason);

/** Procedures that were done; one documented as not done speaks against when nothing was done, and so does one that undoes it. */
export function procedureEvidence(input: ProcedureInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  let last: Interval = { lo: Number.NEGATIVE_INFINITY, hi: Number.NEGATIVE_INFINITY };
  for (const name of input.codes) {
    const set = ctx.set(name);
    for (const record of ctx.chart.bySet(set)) {
      if (record.type === 'order') {
        tally.lead(chartedItem(record.ref, record.when, asked), 'ordered, not documented as done');
        continue;
      }
      if (record.type === 'lead') tally.lead(chartedItem(record.ref, record.when, asked), `${record.resource} on file`);
      if (record.type !== 'procedure') continue;
      const found = chartedItem(record.ref, record.when, asked);
      const place = servicePlace(record, placeIn(record.hits, [set]));
      if (input.regional && !fitsRegion(asked, place))
        tally.ignore(found, place === STATED ? 'part of a procedure whose region is not stated' : 'another region');
      else if (input.placed && place === 0 && !record.spineReason)
        tally.perhaps(found, 'a treatment without region or reason');
      else if (record.performed === 'not-done') {
        if (!refusedInWindow(found, asked, tally)) continue;
        tally.redoable = true;
        tally.notDone(found, 'documented as not done');
      } else if (record.performed === 'unclear') tally.lead(found, 'not documented as completed');
      else if (inWindow(found, asked, tally)) {
        const { lo, hi } = record.when ?? SOME_DAY;
        last = { lo: Math.max(last.lo, lo), hi: Math.max(last.hi, hi) };
        tally.done(found, 'procedure on file', input.suggests);
      }
    }
  }
  undone(input, last, asked, ctx, tally);
}

/**
 * What was taken out after the last insertion is gone. A removal whose day is not known for sure leaves it open whether it came
 * before or after, and so does one beside a device that the chart lists as present.
 */
function undone(input: ProcedureInput, last: Interval, asked: Asked, ctx: FactContext, tally: Tally): void {
  const listed = input.codes.some((name) =>
    ctx.chart.bySet(ctx.set(name)).some((r) => r.type === 'device' && r.present !== false),
  );
  for (const record of (input['undone-by'] ?? []).flatMap((name) => ctx.chart.bySet(ctx.set(name)))) {
    if (record.type !== 'procedure' || record.performed !== 'done') continue;
    const found = chartedItem(record.ref, record.when, asked);
    const { lo, hi } = record.when ?? SOME_DAY;
    if (hi <= last.lo || !inWindow(found, asked, tally)) continue;
    if (lo > last.hi && !listed) tally.contra(found, 'taken out or reversed');
    else
      tally.contest(
        found,
        listed ? 'taken out or reversed, but listed as present' : 'taken out or reversed, on a day that is not stated',
      );
  }
}

/** Is the drug being taken on the as-of day? A stated end before it, or a past status, says no. */
const current = (record: MedicationRecord, asOf: Day): boolean =>
  record.taken === 'active'
    ? !((record.stated || record.endStated) && record.end !== undefined && record.end.hi < asOf)
    : record.taken === 'past' && !record.broken && record.end !== undefined && record.end.lo > asOf;

/** Drugs that are or were taken; that one is not taken speaks against this drug, or against all when none is taken. */
export function medicationEvidence(input: MedicationInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const taken: MedicationRecord[] = [];
  const refused: { readonly record: MedicationRecord; readonly found: Item }[] = [];
  const longEnough = takenFor(input, asked.window.asOf, ctx);
  const isForAnother = input['for-spine'] ? mayBeForAnother(asked, ctx) : () => false;
  for (const name of input.codes) {
    const set = ctx.set(name);
    for (const record of ctx.chart.bySet(set)) {
      if (record.type !== 'medication') continue;
      const found = chartedItem(record.ref, record.start, asked);
      if (record.start !== undefined && record.start.lo > asked.window.asOf)
        tally.ignore(found, 'begun after the order');
      else if (input['for-spine'] && record.hasReason && !(record.spineReason && fitsRegion(asked, record.reason)))
        tally.ignore(found, 'for another problem');
      else if (record.taken === 'not-taken') refused.push({ record, found });
      else if (isForAnother(record)) tally.lead(found, whyForAnother(record), true);
      else if (record.taken === 'unclear') tally.lead(found, 'not documented as taken');
      else if (input.use === 'current' && !current(record, asked.window.asOf)) tally.lead(found, 'no longer taken');
      else if (!longEnough(record)) tally.lead(found, 'not documented as taken long enough', record.taken === 'active');
      else if (
        input.use === 'current'
          ? asked.query.within === undefined || inWindow(found, asked, tally)
          : inWindow(found, asked, tally)
      ) {
        tally.done(found, 'on the medication list');
        taken.push(record);
      }
    }
  }
  for (const { record, found } of refused)
    if (taken.some((t) => !t.codes.some((c) => record.codes.includes(c))))
      tally.ignore(found, 'not taken, but another drug of this kind is');
    else if (taken.length === 0) tally.notDone(found, 'documented as not taken');
    else tally.contra(found, 'documented as not taken');
}

/** A refill that is no later than this goes on with the course. */
const LATE_REFILL: Duration = { count: 7, unit: 'days' };

/**
 * Tells whether a drug was taken as long as is asked, for certain: for the supply of a prescription and of those that go on with it.
 * That a prescription of a few days is still called active does not make it a long one.
 */
function takenFor(input: MedicationInput, asOf: Day, ctx: FactContext): (record: MedicationRecord) => boolean {
  if (input.lasting === undefined) return () => true;
  const least = duration(input.lasting);
  const taken = new Map<MedicationRecord, { readonly from: Day; readonly to: Day }>();
  for (const record of input.codes.flatMap((name) => ctx.chart.bySet(ctx.set(name)))) {
    if (record.type !== 'medication' || record.start === undefined || record.start.lo > asOf) continue;
    if (record.taken === 'active' || record.taken === 'past')
      taken.set(record, { from: record.start.hi, to: Math.min(drugEnd(record, record.start, asOf).end, asOf) });
  }
  const long = new Set<MedicationRecord>();
  let run: MedicationRecord[] = [];
  let [began, ended] = [0, Number.NEGATIVE_INFINITY];
  for (const [record, { from, to }] of [...taken].sort(([, a], [, b]) => a.from - b.from)) {
    if (from > add(ended, LATE_REFILL)) [run, began, ended] = [[], from, to];
    run.push(record);
    ended = Math.max(ended, to);
    if (ended >= add(began, least)) for (const r of run) long.add(r);
  }
  return (record) => long.has(record);
}

/** Visits that took place: in person or not, with a specialty, for the spine problem. */
export function visitEvidence(input: VisitInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const relates = relatedVisits(asked, ctx);
  const reasons = input.reasons?.map((name) => ctx.set(name)) ?? [];
  let madeAt: ReadonlySet<string> | undefined;
  for (const record of ctx.chart.encounters) {
    if (input.specialty !== undefined && !inSets(record.specialties, input.specialty, ctx)) continue;
    if (input.codes !== undefined && !inSets(record.hits, input.codes, ctx)) continue;
    const found = chartedItem(record.ref, record.when, asked);
    if (isOfAnotherKind(record, input, ctx)) {
      tally.ignore(found, 'a therapy session or another service, not an evaluation');
      continue;
    }
    if (!record.held) {
      tally.ignore(found, 'the visit did not take place');
      continue;
    }
    if (input['not-for'] !== undefined && inSets(record.reasons, input['not-for'], ctx) && !relates(record)) {
      tally.ignore(found, 'a visit for another reason');
      continue;
    }
    if (input.reasons !== undefined) {
      if (record.hasReason && !inSets(record.reasons, input.reasons, ctx) && !sharesReason(record, ctx)) {
        madeAt ??= visitsWithDiagnosis(reasons, () => true, ctx);
        if (!madeAt.has(record.ref)) {
          tally.ignore(found, 'a visit for another reason');
          continue;
        }
      }
    } else if (input.related && isOutside(found, asked)) {
      // a visit of no stated reason helps to answer only where it may lie in the window
      if (!relates(record)) {
        tally.ignore(found, 'outside of the time window, and not stated to be for this problem');
        continue;
      }
    } else if (input.related && !relates(record, tally, found)) continue;
    if (input.evaluation && record.evaluation === 'other-services-in-words')
      tally.lead(found, 'named as another service than an evaluation');
    else if (input['in-person'] && !record.inPerson)
      tally.lead(found, record.remote ? 'not in person' : 'not stated to be in person');
    else if (inWindow(found, asked, tally)) tally.pro(found, 'visit on file');
  }
}

/** Is it a visit for other services than are asked for? One of several services at which an evaluation was billed is none. */
const isOfAnotherKind = (record: EncounterRecord, input: VisitInput, ctx: FactContext): boolean =>
  record.evaluation !== 'stated' &&
  ((input.evaluation && record.evaluation === 'other-services') ||
    (input.without !== undefined && inSets([...record.specialties, ...record.hits], input.without, ctx)));

const isOutside = ({ date }: Item, { window }: Asked): boolean => fitIn(date, window) === 'outside';

/**
 * Services that are planned: surgery, injections, referrals. A prohibition by order speaks against unless another service is
 * ordered, and so do too many.
 */
export function orderEvidence(input: OrderInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const placed = new Map<OrderRecord, Item>();
  const prohibiting = new Map<OrderRecord, Item>();
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
      else if (input.specialty !== undefined && !inSets(record.specialties, input.specialty, ctx))
        tally.lead(found, 'the requester’s specialty is not stated', true);
      else if (!input['carried-out'] && (performedSince(record, set, ctx) || fulfilled(record, input, asked, ctx)))
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

/** May two services be the same: do they share a code, or can their codes not be compared, as no code system names both? */
function mayBeSame(codes: readonly string[], others: readonly string[]): boolean {
  if (codes.some((c) => others.includes(c))) return true;
  const systems = others.map(systemOf);
  return !codes.some((c) => systems.includes(systemOf(c)));
}

/** Was the very service performed after it was ordered, and is it not planned for a later day? Orders often stay active. */
const performedSince = ({ when, planned, codes }: OrderRecord, set: number, ctx: FactContext): boolean =>
  when !== undefined &&
  (planned?.hi ?? when.hi) <= ctx.asOf &&
  ctx.chart
    .bySet(set)
    .some(
      (p) =>
        p.type === 'procedure' &&
        p.performed === 'done' &&
        p.when !== undefined &&
        p.when.lo >= when.hi &&
        p.when.hi <= ctx.asOf &&
        mayBeSame(codes, p.codes),
    );

/**
 * Was a procedure of the kind that was ordered performed since, in the region? A fusion is often billed under another code than the one it
 * was ordered by.
 */
const fulfilled = (
  { when, planned, hits }: OrderRecord,
  { 'same-kinds': kinds = [] }: OrderInput,
  asked: Asked,
  ctx: FactContext,
): boolean =>
  when !== undefined &&
  (planned?.hi ?? when.hi) <= ctx.asOf &&
  kinds
    .map((name) => ctx.set(name))
    .filter((set) => hits.some((h) => h.set === set))
    .some((set) =>
      ctx.chart
        .bySet(set)
        .some(
          (p) =>
            p.type === 'procedure' &&
            p.performed === 'done' &&
            p.when !== undefined &&
            p.when.lo >= when.hi &&
            p.when.hi <= ctx.asOf &&
            fitsRegion(asked, servicePlace(p, placeIn(p.hits, [set]))),
        ),
    );

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

/**
 * Devices in or on the patient, and what is said of their safety in MR. With `cleared-by` each device of the codes is judged
 * by its rating: one unsafe device suffices, one without a rating leaves the question open.
 */
export function deviceEvidence(input: DeviceInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  if (input['rated-as'] !== undefined) return ratingEvidence(input, input['rated-as'], asked, ctx, tally);
  const cleared: Item[] = [];
  let uncleared = false;
  for (const name of [...(input.codes ?? []), ...(input.safety ?? [])]) {
    for (const record of ctx.chart.bySet(ctx.set(name))) {
      if (record.type !== 'device') continue;
      const found = chartedItem(record.ref, undefined, asked);
      if (record.present === undefined) tally.lead(found, 'nobody knows whether it is still present', true);
      else if (!record.present) tally.ignore(found, 'no longer present');
      else if (input['cleared-by'] === undefined || inSets(record.safety, input.safety ?? [], ctx)) {
        uncleared = true;
        if (inSets(record.named, [name], ctx)) tally.lead(found, 'only words say what it is', true);
        else tally.pro({ ...found, decides: { lo: asked.window.asOf, hi: asked.window.asOf } }, 'device on file');
      } else if (inSets(record.safety, input['cleared-by'], ctx)) cleared.push(found);
      else {
        uncleared = true;
        tally.lead(found, 'a device without a rating', true);
      }
    }
  }
  if (cleared.length > 0)
    for (const found of unlisted(input, asked, ctx)) {
      uncleared = true;
      tally.lead(found, 'an implant of another kind, without a rating', true);
    }
  for (const found of cleared)
    if (uncleared) tally.ignore(found, 'another device is not cleared');
    else tally.contra(found, 'rated as safe');
}

/** Diagnoses that say that a device is present, of a kind of which the chart lists none. */
function unlisted(input: DeviceInput, asked: Asked, ctx: FactContext): readonly Item[] {
  return (input.kinds ?? []).flatMap((name) => {
    const records = ctx.chart.bySet(ctx.set(name));
    if (records.some((r) => r.type === 'device' && r.present !== false)) return [];
    return records.flatMap((r) =>
      r.type === 'condition' && r.current && r.verification !== 'refuted' ? [chartedItem(r.ref, r.onset, asked)] : [],
    );
  });
}

/**
 * Is each device of a kind rated as wanted? One rated otherwise speaks against. One of which nothing is said is silence; what is
 * said in words or in a code that we do not know leaves it open.
 */
function ratingEvidence(
  input: DeviceInput,
  wanted: readonly string[],
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
): void {
  const devices = (input.codes ?? []).flatMap((name) => ctx.chart.bySet(ctx.set(name)));
  const rated: Item[] = [];
  let open = false;
  for (const record of devices) {
    if (record.type !== 'device') continue;
    const found = chartedItem(record.ref, undefined, asked);
    if (record.present === false) tally.ignore(found, 'no longer present');
    else if (inSets(record.safety, wanted, ctx)) rated.push(found);
    else {
      open = true;
      if (record.safety.length > 0) tally.contra(found, 'rated otherwise');
      else tally.lead(found, 'a device without a rating', record.safetyStated);
    }
  }
  for (const found of rated)
    if (open) tally.ignore(found, 'another device is not rated so');
    else tally.pro(found, 'rated so');
}

/**
 * Allergies to a substance, with a reaction. With a reaction it is a history of it that counts: that the allergy is inactive now
 * leaves it open.
 */
export function allergyEvidence(input: AllergyInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  for (const name of input.codes) {
    for (const record of ctx.chart.bySet(ctx.set(name))) {
      if (record.type !== 'allergy') continue;
      const found = chartedItem(record.ref, record.recorded, asked);
      if (record.recorded !== undefined && record.recorded.lo > asked.window.asOf)
        tally.ignore(found, 'recorded after the order');
      else if (record.verification === 'refuted') {
        if (!input.suggests) tally.contra(found, 'documented as no allergy');
      } else if (input.reaction !== undefined && !inSets(record.reactions, input.reaction, ctx)) {
        if (inSets(record.reactionsNamed, input.reaction, ctx))
          tally.lead(found, 'only words say how the patient reacted', true);
        else tally.lead(found, 'another or no reaction is stated');
      } else if (!record.current && input.reaction === undefined) tally.ignore(found, 'inactive');
      else if (!record.current) tally.lead(found, 'inactive', true);
      else if (inSets(record.named, [name], ctx)) tally.lead(found, 'only words say to what', true);
      else if (record.verification === 'suspected') tally.lead(found, 'only suspected', true);
      else if (input.suggests) tally.lead(found, 'of a kind that is not stated', true);
      else tally.pro(found, 'allergy on file');
    }
  }
}
