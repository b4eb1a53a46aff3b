import { type Interval, SOME_DAY } from '../../dates/day.ts';
import { isLater } from '../../dates/later.ts';
import type { CodeIndex, Hit } from '../../terminology/code-index.ts';
import { NO_PLACE } from '../../terminology/regions.ts';
import { statedOn, systemOf } from './earlier-entry.ts';
import type { Absent, Found, Question, Search } from './finding-search.ts';

/** Refutations that are alike, with the last days on which they may have been stated. */
interface Alike {
  readonly members: Found[];
  last: Interval;
}

/** Refutations of the same thing in the same code systems. */
interface AlikeInKind extends Alike {
  readonly systems: ReadonlySet<string>;
  readonly hits: readonly Hit[];
}

const lastOf = ({ last }: Alike, { item: { date = SOME_DAY } }: Found): Interval => ({
  lo: Math.max(last.lo, date.lo),
  hi: Math.max(last.hi, date.hi),
});

const NEVER: Interval = { lo: Number.NEGATIVE_INFINITY, hi: Number.NEGATIVE_INFINITY };

const add = <K, A extends Alike>(map: Map<K, A>, key: K, found: Found, start: () => A): void => {
  let alike = map.get(key);
  if (alike === undefined) {
    alike = start();
    map.set(key, alike);
  }
  alike.members.push(found);
  alike.last = lastOf(alike, found);
};

/** What is ruled out, put in order once: charts may hold many entries, and many refutations, of the same thing. */
export class Refutations {
  readonly #byCode = new Map<string, Alike>();
  readonly #byKind = new Map<string, AlikeInKind>();

  readonly #index: CodeIndex;

  constructor(negative: readonly Found[], index: CodeIndex) {
    this.#index = index;
    for (const found of negative) {
      const { codes, hits } = found.record;
      for (const code of new Set(codes)) add(this.#byCode, code, found, () => ({ members: [], last: NEVER }));
      const systems = new Set(codes.map(systemOf));
      const key = JSON.stringify([[...systems].sort(), hits]);
      add(this.#byKind, key, found, () => ({ members: [], last: NEVER, systems, hits }));
    }
  }

  /** Those of the same code as an entry. */
  ofCode({ record }: Found): readonly Alike[] {
    return record.codes.flatMap((code) => this.#byCode.get(code) ?? []);
  }

  /**
   * Those of what the entry is a case of, in the codes of another system (a foot drop, and one on the right): that they are about the
   * entry no code says, nor that they are not, where it names no place. A list that has no codes of the entry's own system (tumors by
   * their site) does not tell them apart.
   */
  ofAnotherSystem({ record }: Found): readonly Alike[] {
    const systems = new Set(record.codes.map(systemOf));
    const includes = ({ set, place }: Hit): boolean =>
      record.hits.some((o) => o.set === set && (o.place === place || place === NO_PLACE || o.place === NO_PLACE));
    const isOfOwn = ({ set }: Hit): boolean => [...systems].some((s) => this.#index.holds(set, s));
    return [...this.#byKind.values()].filter((kind) => {
      if ([...kind.systems].some((s) => systems.has(s))) return false;
      const telling = kind.hits.filter(isOfOwn);
      return telling.length > 0 && telling.every(includes);
    });
  }

  /** Is no refutation of the same code later than an entry for certain? */
  leaves(found: Found): boolean {
    return !isLater(
      this.ofCode(found).map(({ last }) => last),
      [statedOn(found.record)],
    );
  }
}

/** What rules out a list of different signs: something of each group; undefined when a single sign is asked about. */
function partsRuledOut({ input, ctx }: Question, absent: readonly Absent[]): readonly Absent[] | undefined {
  const groups = input['ruled-out-by']?.map((names) => new Set(names.map((n) => ctx.set(n))));
  if (groups === undefined) return undefined;
  const of = (group: ReadonlySet<number>): readonly Absent[] =>
    absent.filter(({ record }) => record.hits.some((h) => group.has(h.set)));
  return groups.every((g) => of(g).length > 0) ? groups.flatMap(of) : [];
}

/** Do refutations conflict with an entry: is it not later than these for certain? */
const contests = (alike: readonly Alike[], { record }: Found): boolean =>
  alike.length > 0 &&
  !isLater(
    [statedOn(record)],
    alike.map(({ last }) => last),
  );

const SAME_DAY = 'stated and refuted on the same day, or on days of which none is certain to be later';
const ELSEWHERE = 'ruled out on the same day or later, in the codes of another system';

/** The entries that are neither refuted later nor in conflict with what rules them out; tells of the others. */
function standingOf({ positive, tally }: Search, refutations: Refutations): readonly Found[] {
  const opposed = new Set<Alike>();
  const standing = positive.filter((found) => {
    const same = refutations.ofCode(found);
    if (!refutations.leaves(found)) tally.ignore(found.item, 'refuted later');
    else {
      const elsewhere = contests(same, found) ? [] : refutations.ofAnotherSystem(found);
      const alike = contests(same, found) ? same : contests(elsewhere, found) ? elsewhere : [];
      if (alike.length === 0) return true;
      tally.conflict = true;
      tally.lead(found.item, alike === same ? SAME_DAY : ELSEWHERE);
      for (const each of alike) opposed.add(each);
    }
    tally.outweighed('yes', found.item);
    return false;
  });
  for (const { item } of new Set([...opposed].flatMap(({ members }) => members))) tally.outweighed('no', item);
  return standing;
}

/**
 * Tells of the entries that stand. The order's own reason is cited only when nothing in the chart says the same.
 * @returns whether one stands
 */
function tellStanding(search: Search, refutations: Refutations): boolean {
  const { input, tally } = search;
  const { charted = [], ordered = [] } = Object.groupBy(standingOf(search, refutations), ({ record }) =>
    record.orderReason ? 'ordered' : 'charted',
  );
  const [reason, ...repeated] = charted.length > 0 ? [undefined, ...ordered] : ordered;
  for (const { item } of charted) tally.support(item, 'diagnosis on file', input.suggests);
  if (reason !== undefined) tally.support(reason.item, 'reason of this order', input.suggests);
  for (const r of repeated) if (r !== undefined) tally.ignore(r.item, 'reason of this order; the chart says it too');
  return charted.length + ordered.length > 0;
}

/**
 * A later refutation of the same code defeats an entry; on the same day, or where a partial date leaves open which came later, it
 * is a conflict. What is suspected still, under another code or again, is not ruled out, nor is it what it was before the
 * refutation. What may be so in the window stands beside what is ruled out under another code.
 */
export function settle(search: Search, refutations: Refutations, suspected: boolean): void {
  const { negative, absent, doubtful, tally } = search;
  const parts = partsRuledOut(search, [...(suspected ? [] : negative.filter((n) => !n.perhaps)), ...absent]);
  const mayStand = doubtful.some((d) => refutations.leaves(d));
  const standing = tellStanding(search, refutations);
  for (const n of negative) {
    if (standing) {
      tally.ignore(n.item, 'ruled out, but another entry stands');
      tally.outweighed('no', n.item);
    } else if (suspected) tally.ruledOutBefore(n.item, 'ruled out, but a suspicion stands');
    else if (n.perhaps) tally.perhapsNot(n.item, 'ruled out, on a day that is not certain to lie in the time window');
    else if (parts !== undefined) tally.ignore(n.item, 'one of several signs is ruled out');
    else if (mayStand) tally.lead(n.item, 'ruled out, but another entry may stand', true);
    else if (!tally.conflict) tally.contra(n.item, 'documented as ruled out');
  }
  if (standing || mayStand || tally.conflict || tally.for.length > 0) return;
  for (const { item } of parts ?? []) tally.contra(item, 'documented as ruled out');
}
