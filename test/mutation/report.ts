import { KINDS, type Kind } from './change.ts';

/** The least share of mutants that the vignettes have to notice. */
const LEAST = 0.95;

/** What became of the mutants of a policy. */
export interface Report {
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
  /** reasons of survivors, by name */
  readonly accepted: ReadonlyMap<string, string>;
}

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;

/** A report in words, and whether it is good enough. */
export function reportText({ policy, vignettes, partial, results, accepted }: Report): {
  readonly lines: readonly string[];
  readonly good: boolean;
} {
  const survivors = results.filter((r) => !r.killed);
  const unexplained = survivors.filter((s) => !accepted.has(s.name));
  const names = new Set(survivors.map((s) => s.name));
  const stale = partial ? [] : [...accepted.keys()].filter((name) => !names.has(name));
  const killed = results.length - survivors.length;
  const kinds = KINDS.flatMap((kind) => {
    const own = results.filter((r) => r.kind === kind);
    return own.length === 0 ? [] : [`${kind} ${own.filter((r) => r.killed).length}/${own.length}`];
  });
  return {
    lines: [
      `${policy}: ${killed} of ${results.length} mutants noticed by ${vignettes} vignettes (${percent(killed, results.length)}); ${survivors.length} survive, ${unexplained.length} without a reason`,
      `  ${kinds.join(', ')}`,
      ...unexplained.map((s) => `  ${s.where} ${s.name}`),
      ...stale.map((name) => `  accepted, but it does not survive: ${name}`),
    ],
    good: killed / Math.max(1, results.length) >= LEAST && unexplained.length === 0,
  };
}
