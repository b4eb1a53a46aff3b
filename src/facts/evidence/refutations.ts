import { isLater } from '../../dates/later.ts';
import type { Hit } from '../../terminology/code-sets.ts';
import { NO_PLACE } from '../../terminology/regions.ts';
import type { Tally } from '../tally.ts';
import { statedOn, systemOf } from './earlier-entry.ts';
import type { Absent, Found, Question, Search } from './finding-search.ts';

/** The refutations of an entry: those of the same code. */
const refutationsOf = ({ record }: Found, negative: readonly Found[]): readonly Found[] =>
  negative.filter((n) => n.record.codes.some((c) => record.codes.includes(c)));

/**
 * Refutations of what the entry is a case of, in the codes of another system (a foot drop, and one on the right): that they are about
 * the entry no code says.
 */
const mayRefute = ({ record }: Found, negative: readonly Found[]): readonly Found[] => {
  const systems = new Set(record.codes.map(systemOf));
  const includes = ({ set, place }: Hit): boolean =>
    record.hits.some((o) => o.set === set && (o.place === place || place === NO_PLACE));
  return negative.filter((n) => !n.record.codes.some((c) => systems.has(systemOf(c))) && n.record.hits.every(includes));
};

/** No refutation of the same code is later for certain. */
export const stands = (found: Found, negative: readonly Found[]): boolean =>
  !isLater(
    refutationsOf(found, negative).map((n) => n.item.date),
    [statedOn(found.record)],
  );

/** What rules out a list of different signs: something of each group; undefined when a single sign is asked about. */
function partsRuledOut({ input, ctx }: Question, absent: readonly Absent[]): readonly Absent[] | undefined {
  const groups = input['ruled-out-by']?.map((names) => new Set(names.map((n) => ctx.set(n))));
  if (groups === undefined) return undefined;
  const of = (group: ReadonlySet<number>): readonly Absent[] =>
    absent.filter(({ record }) => record.hits.some((h) => group.has(h.set)));
  return groups.every((g) => of(g).length > 0) ? groups.flatMap(of) : [];
}

/** Tells that an entry conflicts with refutations, unless it is later than these for certain. @returns whether it does */
function contest({ record, item }: Found, refutations: readonly Found[], reason: string, tally: Tally): boolean {
  const refuted = refutations.map((n) => n.item.date);
  if (refutations.length === 0 || isLater([statedOn(record)], refuted)) return false;
  tally.conflict = true;
  tally.lead(item, reason);
  tally.outweighed('yes', item);
  for (const n of refutations) tally.outweighed('no', n.item);
  return true;
}

/** Is an entry refuted later, or in conflict with what rules it out? Says so. */
function falls(found: Found, negative: readonly Found[], tally: Tally): boolean {
  if (!stands(found, negative)) {
    tally.ignore(found.item, 'refuted later');
    tally.outweighed('yes', found.item);
    return true;
  }
  const [same, elsewhere] = [refutationsOf(found, negative), mayRefute(found, negative)];
  return (
    contest(
      found,
      same,
      'stated and refuted on the same day, or on days of which none is certain to be later',
      tally,
    ) || contest(found, elsewhere, 'ruled out on the same day or later, in the codes of another system', tally)
  );
}

/**
 * The order's own reason is cited only when nothing in the chart says the same.
 * @returns how many entries stand
 */
function countStanding({ input, positive, negative, tally }: Search): number {
  let standing = 0;
  const chartFirst = [...positive].sort((a, b) => Number(a.record.orderReason) - Number(b.record.orderReason));
  for (const p of chartFirst) {
    if (falls(p, negative, tally)) continue;
    const { orderReason } = p.record;
    if (orderReason && standing > 0) {
      tally.ignore(p.item, 'reason of this order; the chart says it too');
      continue;
    }
    standing++;
    tally.support(p.item, orderReason ? 'reason of this order' : 'diagnosis on file', input.suggests);
  }
  return standing;
}

/**
 * A later refutation of the same code defeats an entry; on the same day, or where a partial date leaves open which came later, it
 * is a conflict. What is suspected still, under another code or again, is not ruled out, nor is it what it was before the
 * refutation. What may be so in the window stands beside what is ruled out under another code.
 */
export function settle(search: Search, suspected: boolean): void {
  const { negative, absent, doubtful, tally } = search;
  const parts = partsRuledOut(search, [...(suspected ? [] : negative.filter((n) => !n.perhaps)), ...absent]);
  const mayStand = doubtful.some((d) => stands(d, negative));
  const standing = countStanding(search);
  for (const n of negative) {
    if (standing > 0) {
      tally.ignore(n.item, 'ruled out, but another entry stands');
      tally.outweighed('no', n.item);
    } else if (suspected) tally.ruledOutBefore(n.item, 'ruled out, but a suspicion stands');
    else if (n.perhaps) tally.perhapsNot(n.item, 'ruled out, on a day that is not certain to lie in the time window');
    else if (parts !== undefined) tally.ignore(n.item, 'one of several signs is ruled out');
    else if (mayStand) tally.lead(n.item, 'ruled out, but another entry may stand', true);
    else if (!tally.conflict) tally.contra(n.item, 'documented as ruled out');
  }
  if (standing > 0 || mayStand || tally.conflict || tally.for.length > 0) return;
  for (const { item } of parts ?? []) tally.contra(item, 'documented as ruled out');
}
