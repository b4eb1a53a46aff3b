import type { Trace } from '../policy/assessment.ts';
import type { CheckedOrder } from './order-check.ts';

/** One criterion that was decided otherwise. */
export interface CriterionChange {
  readonly criterion: string;
  readonly before: string;
  readonly after: string;
}

const EXCLUDES = { true: 'holds', false: 'does not hold', unknown: 'open' } as const;

/** What a passage says of this patient; one that is not about the patient leaves the matter open. */
const pathState = ({ truth, inPlay }: Trace): string =>
  truth === 'true' ? 'satisfied' : truth === 'false' && inPlay === 'yes' ? 'contradicted' : 'open';

const statesOf = (traces: readonly Trace[] | undefined, state: (t: Trace) => string): ReadonlyMap<string, string> =>
  new Map((traces ?? []).flatMap((t) => (t.id === undefined ? [] : [[t.id, state(t)] as const])));

/** The entries of two lists of states that differ. @param none the state of what a list does not have */
export function changedStates(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  none: string,
): readonly CriterionChange[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((criterion) => {
    const [b, a] = [before.get(criterion) ?? none, after.get(criterion) ?? none];
    return b === a ? [] : [{ criterion, before: b, after: a }];
  });
}

/** The exclusions and indications that two texts decide otherwise for one order. Both checks have to carry their trace. */
export function changedCriteria(before: CheckedOrder, after: CheckedOrder): readonly CriterionChange[] {
  const exclusions = [before, after].map((c) => statesOf(c.trace?.exclusions, (t) => EXCLUDES[t.truth]));
  const paths = [before, after].map((c) => statesOf(c.trace?.paths, pathState));
  const exempt = [before, after].map(
    ({ assessment }): ReadonlyMap<string, string> =>
      assessment.outcome === 'not-required'
        ? new Map(assessment.satisfied.map((s) => [s.criterion, 'exempts']))
        : new Map(),
  );
  const pairs = [
    { of: exempt, none: 'does not exempt' },
    { of: exclusions, none: EXCLUDES.false },
    { of: paths, none: 'open' },
  ];
  return pairs.flatMap(({ of: [was, is], none }) =>
    was === undefined || is === undefined ? [] : changedStates(was, is, none),
  );
}
