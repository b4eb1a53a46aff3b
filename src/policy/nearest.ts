import type { CompiledPolicy, Expr } from './compiled-policy.ts';
import type { Decider } from './decide.ts';
import type { Evaluation } from './evaluate.ts';
import type { FactCatalog } from './fact-source.ts';
import type { Way, WaySearch } from './needs.ts';
import type { PathState } from './path-state.ts';
import type { PathStates } from './path-states.ts';
import { atomRegion } from './words.ts';

/** An indication with the cheapest way to make it true. */
export interface Candidate {
  readonly state: PathState;
  readonly way: Way;
}

/** A leaf that speaks in a larger share of the passages tells nothing of one of them. */
const TELLING = 1 / 3;
/** Steps by which shares of true leaves are told apart: how often a policy repeats a requirement moves them a little. */
const SHARES = 20;

const same = (a: Expr, b: Expr): boolean => a === b || (a.op === 'atom' && b.op === 'atom' && a.atom === b.atom);

/** Ranks the ways to "met" for one chart. */
export class NearestWays {
  readonly #policy: CompiledPolicy;
  readonly #states: PathStates;
  readonly #ev: Evaluation;
  readonly #search: WaySearch;
  readonly #decider: Decider;
  readonly #catalog: FactCatalog;

  constructor(policy: CompiledPolicy, states: PathStates, search: WaySearch, decider: Decider, catalog: FactCatalog) {
    this.#catalog = catalog;
    this.#policy = policy;
    this.#states = states;
    this.#ev = states.evaluation;
    this.#search = search;
    this.#decider = decider;
  }

  /**
   * Ways to met, best first, each with different needs: documenting before doing or waiting, of those that wait the soonest,
   * then what the chart is about before red flags of another complaint, then the share of its leaves that are true already (leaves that speak in few passages weigh more; shares that are nearly
   * the same count as one), then the fewest needs.
   * Red flags only with telling evidence.
   * @param orderedOnly ways for the ordered study; else those for other studies where there is none for it
   */
  ranked(orderedOnly: boolean): readonly Candidate[] {
    const candidates = this.#states
      .all()
      .filter(
        (s) => s.inPlay === 'yes' && s.truth !== 'true' && (!(s.screen || s.path.redFlag) || this.worthAsking(s)),
      );
    const named = candidates.filter((s) => this.#decider.namesOrdered(s));
    const awaited = new Set(named.flatMap((s) => this.#states.awaited(s)));
    return this.#sorted(
      this.#waysOf(
        candidates.filter((s) => (named.length === 0 && !orderedOnly) || named.includes(s) || awaited.has(s)),
      ),
    );
  }

  /**
   * Where no indication is on file: ways to meet those of the ordered study of which the chart says something in particular,
   * though not what they are about (a high fall, and no complaint). What counts wherever it is says nothing of this region.
   */
  rankedOutOfPlay(): readonly Candidate[] {
    const away = this.#states
      .all()
      .filter((s) => s.inPlay === 'no' && s.truth !== 'true' && this.#decider.concernsOrder(s));
    return this.#sorted(
      this.#waysOf(away).filter(({ way }) =>
        way.has.some((atom) => this.#isTelling(atom) && atomRegion(this.#ev.atom(atom)) !== 'any'),
      ),
    );
  }

  #waysOf(states: readonly PathState[]): readonly Candidate[] {
    return states.flatMap((state) => {
      const way = this.#search.cheapest(state);
      return way === undefined ? [] : [{ state, way }];
    });
  }

  /** Best first; of those with the same needs only the best. */
  #sorted(found: readonly Candidate[]): readonly Candidate[] {
    const sorted = found.map((f, i) => ({ ...f, rank: [...this.#rank(f), i] })).sort((a, b) => compare(a.rank, b.rank));
    const seen = new Set<string>();
    return sorted.filter(({ way }) => {
      const key = way.needs
        .map((n) => n.atom)
        .sort((a, b) => a - b)
        .join();
      return seen.has(key) ? false : seen.add(key) !== undefined;
    });
  }

  /**
   * A red flag is worth asking for when what it is about is on file. Where that is not stated, or is the entry itself, telling
   * evidence suffices.
   */
  worthAsking(state: PathState): boolean {
    const { about, entry } = state.path;
    if (about !== undefined && state.onFile) return true;
    return (about === undefined || (entry !== undefined && same(about, entry))) && this.#hasTellingEvidence(state);
  }

  /** Does the chart say anything of the patient that speaks of this indication in particular? */
  #hasTellingEvidence({ path, entry, screen }: PathState): boolean {
    // a disease that a section is about (stenosis) speaks of no red flag of that section
    const parts = path.redFlag && !screen ? [path.own] : [entry, path.own];
    return parts.some((e) => e !== undefined && this.#tells(e));
  }

  #tells(expr: Expr): boolean {
    // what speaks against a passage (no fever, a normal laboratory value) is no reason to ask for it
    if (this.#ev.isSilent(expr.index) || this.#ev.truth(expr) === 'false') return false;
    if (expr.op !== 'atom') return this.#ev.children(expr).some((child) => this.#tells(child));
    return this.#isTelling(expr.atom) && this.#isRead(expr.atom) && this.#ev.hasEvidence(expr);
  }

  /** An examination whose result is not coded is no reason to ask for one red flag rather than for another. */
  #isRead(index: number): boolean {
    const atom = this.#ev.atom(index);
    const byResult = atom.kind === 'fact' && this.#catalog.describe(atom.query.fact)?.byResult === true;
    return !byResult || this.#ev.value(index).truth === 'true';
  }

  #isTelling(index: number): boolean {
    const atom = this.#ev.atom(index);
    return atom.kind === 'fact' && (this.#policy.spread[index] ?? 1) <= TELLING && this.#isParticular(atom.query.fact);
  }

  /** Neither care that was given nor the complaint itself makes one red flag more likely than another. */
  #isParticular(fact: string): boolean {
    const described = this.#catalog.describe(fact);
    return described !== undefined && !described.care && !described.complaint;
  }

  /** The weight of the most telling leaf that is true. */
  #heaviest(expr: Expr): number {
    if (this.#ev.truth(expr) !== 'true') return 0;
    if (expr.op === 'atom') return this.#weight(expr.atom);
    return Math.max(0, ...this.#ev.children(expr).map((child) => this.#heaviest(child)));
  }

  #weight(atom: number): number {
    return 1 / (this.#policy.spread[atom] ?? 1);
  }

  /**
   * A red flag is in play for everybody. It is about this patient when its complaint is on file or, where the policy does not say
   * more of what it is about, all that it asks for itself; a risk alone (immunosuppression) comes after what the chart is about.
   */
  #isAboutPatient({ screen, onFile, entry, path: { about, own } }: PathState): boolean {
    if (!screen || onFile || (about ?? entry) === undefined) return true;
    return about === undefined && (own === undefined || this.#ev.truth(own) === 'true');
  }

  /** What the passage is about and is on file counts like a leaf of its own. */
  #rank({ state, way: { has, needs } }: Candidate): readonly number[] {
    const { path } = state;
    const about = path.about === undefined ? 0 : this.#heaviest(path.about);
    const sum = (atoms: readonly number[]): number => atoms.reduce((total, i) => total + this.#weight(i), 0);
    const done = sum(has) + about;
    const since = Math.max(0, ...needs.map((n) => n.from ?? 0));
    const share = Math.round((done / (done + needs.length)) * SHARES);
    const later = needs.some((n) => n.kind !== 'document');
    return [later ? 1 : 0, since, this.#isAboutPatient(state) ? 0 : 1, -share, needs.length];
  }
}

const compare = (a: readonly number[], b: readonly number[]): number => {
  for (let i = 0; i < a.length; i++) {
    const d = (a[i] ?? 0) - (b[i] ?? 0);
    if (d !== 0) return d;
  }
  return 0;
};
