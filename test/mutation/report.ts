import type { Accepted } from './accepted.ts';
import { KINDS, type Kind } from './change.ts';

/** The least share of mutants that the vignettes have to notice; equivalent mutants do not count. */
const LEAST = 0.95;

/** What became of mutants of a policy. */
export interface Tried {
  readonly policy: string;
  readonly vignettes: number;
  /** not all mutants were tried */
  readonly partial: boolean;
  readonly results: readonly {
    readonly kind: Kind;
    /** place and change; the same when lines move */
    readonly name: string;
    /** file:line:column */
    readonly where: string;
    readonly killed: boolean;
  }[];
}

/** The position of a finding in its file, to put lines in the order of the document. */
const position = (where: string): number => {
  const [line, column] = where.split(':').slice(-2).map(Number);
  return (line ?? 0) * 10_000 + (column ?? 0);
};

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;

/** A report in words, and whether it is good enough. */
export function reportText(
  { policy, vignettes, partial, results }: Tried,
  accepted: Accepted,
): {
  readonly lines: readonly string[];
  readonly good: boolean;
} {
  const survivors = results.filter((r) => !r.killed).sort((a, b) => position(a.where) - position(b.where));
  const equivalent = survivors.filter((s) => accepted.equivalent.has(s.name)).length;
  const tolerated = survivors.filter((s) => accepted.tolerated.has(s.name)).length;
  const unexplained = survivors.filter((s) => !accepted.equivalent.has(s.name) && !accepted.tolerated.has(s.name));
  const names = new Set(survivors.map((s) => s.name));
  const listed = [...accepted.equivalent.keys(), ...accepted.tolerated.keys()];
  const stale = partial ? [] : listed.filter((name) => !names.has(name));
  const killed = results.length - survivors.length;
  const counted = results.length - equivalent;
  const kinds = KINDS.flatMap((kind) => {
    const own = results.filter((r) => r.kind === kind);
    return own.length === 0 ? [] : [`${kind} ${own.filter((r) => r.killed).length}/${own.length}`];
  });
  return {
    lines: [
      `${policy}: ${killed} of ${results.length} mutants killed (${percent(killed, results.length)}) by ${vignettes} vignettes; ${survivors.length} survive: ${equivalent} equivalent, ${tolerated} tolerated, ${unexplained.length} without a reason; ${percent(killed, counted)} of those that are not equivalent`,
      `  ${kinds.join(', ')}`,
      ...unexplained.map((s) => `  ${s.where} ${s.name}`),
      ...stale.map((name) => `  accepted, but it does not survive: ${name}`),
    ],
    good: killed / Math.max(1, counted) >= LEAST && unexplained.length === 0 && stale.length === 0,
  };
}
