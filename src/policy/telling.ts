import type { CompiledPolicy, Expr } from './compiled-policy.ts';
import type { Evaluation } from './evaluate.ts';
import type { FactCatalog } from './fact-source.ts';
import type { PathStates } from './path-states.ts';

/** A leaf that speaks in a larger share of the passages tells nothing of one of them. */
const TELLING = 1 / 3;

/** What the leaves of a policy tell, by what the chart holds, of one passage rather than of another. Belongs to one assessment. */
export class Telling {
  readonly #policy: CompiledPolicy;
  readonly #states: PathStates;
  readonly #ev: Evaluation;
  readonly #catalog: FactCatalog;
  /** an indication that is no red flag is in play */
  #indicated: boolean | undefined;

  constructor(policy: CompiledPolicy, states: PathStates, catalog: FactCatalog) {
    this.#policy = policy;
    this.#states = states;
    this.#ev = states.evaluation;
    this.#catalog = catalog;
  }

  /** Does the chart hold something of a passage that speaks of it in particular? */
  tells(expr: Expr): boolean {
    // what speaks against a passage (no fever, a normal laboratory value) is no reason to ask for it
    if (this.#ev.isSilent(expr.index) || this.#ev.truth(expr) === 'false') return false;
    if (expr.op !== 'atom') return this.#ev.children(expr).some((child) => this.tells(child));
    if (!this.isTelling(expr.atom)) return false;
    return this.hasRelated(expr.atom) || (this.isRead(expr.atom) && this.#ev.hasEvidence(expr));
  }

  /** Is a related finding on file? Without a complaint it tells of nothing at the spine. */
  hasRelated(index: number): boolean {
    this.#indicated ??= this.#states.all().some((s) => s.inPlay === 'yes' && !s.screen);
    return this.#indicated && this.#ev.value(index).related === true;
  }

  /** Is something on file that makes an open leaf likely? */
  isLed(index: number): boolean {
    if (!this.isTelling(index)) return false;
    return this.hasRelated(index) || (this.#ev.value(index).gap === 'unclear' && this.isRead(index));
  }

  /** An examination whose result is not coded is no reason to ask for one red flag rather than for another. */
  isRead(index: number): boolean {
    const atom = this.#ev.atom(index);
    const byResult = atom.kind === 'fact' && this.#catalog.describe(atom.query.fact)?.byResult === true;
    return !byResult || this.#ev.value(index).truth === 'true';
  }

  /** Does a leaf speak of few passages, and neither of care nor of the complaint itself? */
  isTelling(index: number): boolean {
    const atom = this.#ev.atom(index);
    return atom.kind === 'fact' && (this.#policy.spread[index] ?? 1) <= TELLING && this.isParticular(atom.query.fact);
  }

  /** Neither care that was given nor the complaint itself makes one red flag more likely than another. */
  isParticular(fact: string): boolean {
    const described = this.#catalog.describe(fact);
    return described !== undefined && !described.care && !described.complaint;
  }

  /** The weight of the most telling leaf that is true. */
  heaviest(expr: Expr): number {
    if (this.#ev.truth(expr) !== 'true') return 0;
    if (expr.op === 'atom') return this.weight(expr.atom);
    return Math.max(0, ...this.#ev.children(expr).map((child) => this.heaviest(child)));
  }

  /** Leaves that speak in few passages weigh more. */
  weight(atom: number): number {
    return 1 / (this.#policy.spread[atom] ?? 1);
  }

  /** A fact that several leaves tell of counts once, and that none is on file is nothing that was documented. */
  toldOnce(atoms: readonly number[]): readonly number[] {
    const once = new Map<string | number, number>();
    for (const index of atoms) {
      const atom = this.#ev.atom(index);
      if (atom.kind === 'absent') continue;
      const key = atom.kind === 'fact' ? `${atom.query.fact}|${atom.query.region}` : index;
      const before = once.get(key);
      if (before === undefined || this.weight(index) > this.weight(before)) once.set(key, index);
    }
    return [...once.values()];
  }

  /** Of how many facts of the ordered region does evidence tell? */
  documented(atoms: readonly number[]): number {
    return this.toldOnce(atoms).filter((i) => this.#ev.value(i).evidence.length > 0 && this.mayBeOfOrdered(i)).length;
  }

  /** What counts wherever it is (a sign for a scoliosis) tells of the ordered region only when it may be of that one. */
  mayBeOfOrdered(index: number): boolean {
    const atom = this.#ev.atom(index);
    if (atom.kind !== 'fact' || atom.query.region !== 'any') return true;
    return this.#states.regions.some(
      (region) => this.#ev.source.fact({ ...atom.query, region }).truth === this.#ev.value(index).truth,
    );
  }
}
