import type { Interval } from '../dates/day.ts';
import { earliest, latest, latestOf } from '../dates/later.ts';
import type { Evidence, FactValue, Gap, Later } from '../policy/fact-source.ts';
import { all, any } from '../policy/truth.ts';
import type { FactInput } from './schema.ts';

/**
 * The value of a fact that is made of others.
 * @param own what its own evidence says, where it has any
 * @param values of the facts that it is made of, of which the same was asked
 */
export function combined(fact: FactInput, own: FactValue, values: readonly FactValue[]): FactValue {
  const parts = fact.evidence.length > 0 ? [...values, own] : values;
  const considered = filled(parts.flatMap((p) => p.considered ?? []));
  const later = latestLater(parts);
  if (own.truth === 'true' && fact.any !== undefined) return { ...own, later, ...(considered && { considered }) };
  const truth = (fact.all === undefined ? any : all)(parts.map((p) => p.truth));
  const speaking = parts.filter((p) => p.truth === truth);
  const [sided, ...moreSided] = parts.flatMap((p) => p.sides ?? []);
  return {
    truth,
    ...(truth === 'unknown' ? leftOpen(parts, fact) : settled(truth, speaking, fact)),
    leads: filled(unique(parts.flatMap((p) => p.leads ?? []))),
    related: parts.some((p) => p.related) || undefined,
    considered,
    conflicts: filled(parts.flatMap((p) => p.conflicts ?? [])),
    sides: moreSided.length === 0 ? sided : undefined,
    later,
    suspicions: filled(parts.flatMap((p) => p.suspicions ?? [])),
  };
}

/** What the parts of a fact say that is not settled. */
const leftOpen = (parts: readonly FactValue[], fact: FactInput): Omit<FactValue, 'truth'> => ({
  evidence: [],
  gap: worst(parts.flatMap((p) => p.gap ?? [])),
  sections: filled([...new Set(parts.flatMap((p) => p.sections ?? []))]),
  suggested: filled(parts.flatMap((p) => p.suggested ?? [])),
  denied: filled(deniedBy(parts, fact.all === undefined)),
});

/** What those parts of a fact say that speak for its truth. */
const settled = (
  truth: 'true' | 'false',
  speaking: readonly FactValue[],
  fact: FactInput,
): Omit<FactValue, 'truth'> => ({
  evidence: speaking.flatMap((p) => p.evidence),
  stated: latestOf(speaking.map((p) => p.stated)),
  ...(truth === 'true' ? daysOf(speaking, fact) : { redoable: speaking.some((p) => p.redoable === true) || undefined }),
});

/** The first and the last day of what speaks for a fact, and the last one on which it stays so. */
function daysOf(
  speaking: readonly FactValue[],
  fact: FactInput,
): Pick<FactValue, 'when' | 'first' | 'firstIsOnset' | 'until'> {
  const [begun] = speaking.filter((p) => p.first !== undefined).sort((a, b) => (a.first?.lo ?? 0) - (b.first?.lo ?? 0));
  const charted = speaking.filter((p) => p.when !== undefined && !fromOrder(p));
  const whens = (charted.length > 0 ? charted : speaking).flatMap((p): readonly Interval[] => (p.when ? [p.when] : []));
  const untils = speaking.map((p) => p.until ?? Number.POSITIVE_INFINITY);
  const until = fact.all === undefined ? latest(untils) : earliest(untils);
  return {
    when: whens.sort((a, b) => b.hi - a.hi)[0],
    first: begun?.first,
    firstIsOnset: begun?.firstIsOnset,
    until: until === Number.POSITIVE_INFINITY ? undefined : until,
  };
}

/** What perhaps denies a fact: a denial of every part, where any of them would do, else of one. */
function deniedBy(parts: readonly FactValue[], anyWouldDo: boolean): readonly Evidence[] {
  const denied = parts.map((p) => (p.truth === 'false' ? p.evidence : (p.denied ?? [])));
  return anyWouldDo && denied.some((d) => d.length === 0) ? [] : denied.flat();
}

/** Does a fact rest on the reasons of the order alone? They have the order's own date. */
export const fromOrder = ({ evidence }: FactValue): boolean =>
  evidence.length > 0 && evidence.every((e) => e.basis === 'order');

/** A list that says something. */
export const filled = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);

/** The latest of what may have come later for one of the parts of a fact. */
const latestLater = (parts: readonly FactValue[]): Later | undefined =>
  parts.reduce<Later | undefined>(
    (most, { later }) => (later !== undefined && later.until > (most?.until ?? later.until - 1) ? later : most),
    undefined,
  );

const ORDER: readonly Gap[] = ['incomplete', 'conflict', 'unclear', 'silent'];
const worst = (gaps: readonly Gap[]): Gap => ORDER.find((g) => gaps.includes(g)) ?? 'silent';

const unique = <T extends { readonly reference: string }>(leads: readonly T[]): readonly T[] =>
  leads.length < 2 ? leads : [...new Map(leads.map((l) => [l.reference, l])).values()];
