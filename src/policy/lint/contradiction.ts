import type { Atom, Comparison, CompiledPolicy } from '../compiled-policy.ts';
import type { FactQuery } from '../fact-source.ts';
import type { Literal } from './normal-form.ts';
import { inDays } from './times.ts';

const STRONGER: Readonly<Record<FactQuery['certainty'], readonly FactQuery['certainty'][]>> = {
  known: ['known', 'suspected', 'history'],
  suspected: ['suspected'],
  history: ['history'],
};

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Does finding what one query asks for mean that the other finds it too? */
const implies = (a: FactQuery, b: FactQuery): boolean =>
  a.fact === b.fact &&
  STRONGER[a.certainty].includes(b.certainty) &&
  (a.region === b.region || b.region === 'any') &&
  a.strictRegion === b.strictRegion &&
  same(a.within, b.within) &&
  same(a.ago, b.ago) &&
  same(a.begun, b.begun) &&
  same(a.since, b.since) &&
  same(a.grace, b.grace) &&
  (a.source === b.source || b.source === undefined);

/** What a leaf says of a query: it is found, or it is not (documented as absent, or silent in a closed world). */
function says(atom: Atom, positive: boolean): { readonly query: FactQuery; readonly found: boolean } | undefined {
  if (atom.kind !== 'fact' && atom.kind !== 'absent') return undefined;
  return { query: atom.query, found: (atom.kind === 'fact') === positive };
}

interface Range {
  readonly lo: number;
  readonly loIn: boolean;
  readonly hi: number;
  readonly hiIn: boolean;
}
const NEGATED = { '>': '<=', '>=': '<', '<': '>=', '<=': '>' } as const;

function range({ op, than }: Comparison, positive: boolean): Range {
  const actual = positive ? op : NEGATED[op];
  const days = inDays(than);
  return actual.startsWith('>')
    ? { lo: days, loIn: actual === '>=', hi: Number.POSITIVE_INFINITY, hiIn: false }
    : { lo: 0, loIn: true, hi: days, hiIn: actual === '<=' };
}

const apart = (a: Range, b: Range): boolean => a.hi < b.lo || (a.hi === b.lo && !(a.hiIn && b.loIn));

/** Two lengths of time that cannot both be: of the age, or of the episode of one region. */
function timesApart(a: Atom, b: Atom, positive: readonly [boolean, boolean]): boolean {
  const comparable =
    (a.kind === 'age' && b.kind === 'age') || (a.kind === 'episode' && b.kind === 'episode' && a.region === b.region);
  if (!comparable) return false;
  const [x, y] = [range(a.comparison, positive[0]), range(b.comparison, positive[1])];
  return apart(x, y) || apart(y, x);
}

/** Can two leaves never hold together? */
export function contradict(policy: CompiledPolicy, a: Literal, b: Literal): boolean {
  if (a.period.from >= b.period.until || b.period.from >= a.period.until) return false;
  if (a.atom === b.atom) return a.positive !== b.positive;
  const [x, y] = [policy.atoms[a.atom], policy.atoms[b.atom]];
  if (x === undefined || y === undefined) return false;
  const [left, right] = [says(x, a.positive), says(y, b.positive)];
  if (left !== undefined && right !== undefined && left.found !== right.found)
    return left.found ? implies(left.query, right.query) : implies(right.query, left.query);
  return timesApart(x, y, [a.positive, b.positive]);
}

/** Does one of two leaves always hold, or neither of them say anything? (x, or not x) */
export function exhaust(policy: CompiledPolicy, a: Literal, b: Literal): boolean {
  if (a.atom === b.atom) return a.positive !== b.positive;
  const [x, y] = [policy.atoms[a.atom], policy.atoms[b.atom]];
  if (x === undefined || y === undefined) return false;
  const [left, right] = [says(x, a.positive), says(y, b.positive)];
  return left !== undefined && right !== undefined && left.found !== right.found && same(left.query, right.query);
}
