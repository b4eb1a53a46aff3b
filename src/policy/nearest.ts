import { add } from '../dates/day.ts';
import type { CompiledPolicy, Expr } from './compiled-policy.ts';
import type { Decider } from './decide.ts';
import type { Evaluation } from './evaluate.ts';
import { type FactCatalog, type Gap, ofComplaint } from './fact-source.ts';
import type { Candidate, Need, Way, WaySearch } from './needs.ts';
import type { PathState } from './path-state.ts';
import type { PathStates } from './path-states.ts';

/** A leaf that speaks in a larger share of the passages tells nothing of one of them. */
const TELLING = 1 / 3;
/** Steps by which shares of true leaves are told apart: how often a policy repeats a requirement moves them a little. */
const SHARES = 20;
/** Where so many of these steps are true, the fewer needs are the nearer way: leaves that speak in one passage alone weigh much. */
const ALMOST_ALL = 18;
/** Where no indication is on file a way that lacks more than this is none of which the chart says a part. */
const FEW = 2;
/** So many facts on file for each that lacks make a way one of which the chart says almost everything. */
const ALMOST = 2;

/** Something is on file, and does not settle it. */
const OPEN: ReadonlySet<Gap | undefined> = new Set(['unclear', 'conflict']);

const same = (a: Expr, b: Expr): boolean => a === b || (a.op === 'atom' && b.op === 'atom' && a.atom === b.atom);

/** Ranks the ways to "met" for one chart. */
export class NearestWays {
  readonly #policy: CompiledPolicy;
  readonly #states: PathStates;
  readonly #ev: Evaluation;
  readonly #search: WaySearch;
  readonly #decider: Decider;
  readonly #catalog: FactCatalog;
  /** an indication that is no red flag is in play */
  #indicated: boolean | undefined;

  constructor(policy: CompiledPolicy, states: PathStates, search: WaySearch, decider: Decider, catalog: FactCatalog) {
    this.#catalog = catalog;
    this.#policy = policy;
    this.#states = states;
    this.#ev = states.evaluation;
    this.#search = search;
    this.#decider = decider;
  }

  /**
   * Ways to met, best first, each with different needs: those that the chart makes unlikely last; documenting before doing or
   * waiting; while care is lacking, what needs a disease of which the chart says nothing later; of those that wait the soonest, then the share of its leaves that are true already (leaves that speak in few passages weigh more; shares that are nearly
   * the same count as one; that none is on file does not count), then the fewest needs.
   * Red flags only with telling evidence; those of which the chart names no more than what goes with them (diabetes) only
   * where there is no other way.
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
    const ways = this.#waysOf(candidates.filter((s) => named.includes(s) || awaited.has(s)));
    if (ways.length > 0 || orderedOnly || !named.every((s) => this.#failsByTimeAlone(s))) return this.#sorted(ways);
    // what may be a red flag is no reason to think of another study
    const others = this.#waysOf(
      candidates.filter((s) => (named.length === 0 || s.truth === 'unknown') && (!s.screen || s.onFile)),
    );
    // nor is what another region would need, as long as something is open of which the order speaks
    const own = others.filter(({ state }) => this.#states.isOrdered(state.path) || this.#states.isReasonOfOrder(state));
    return this.#sorted(own.length > 0 ? own : others);
  }

  /** Is an indication contradicted by nothing but the length of the episode, or the age? */
  #failsByTimeAlone({ truth, closing, whole }: PathState): boolean {
    if (truth !== 'false' || closing !== undefined) return false;
    return this.#ev.evidence(whole, 'false').every((e) => e.fact === 'episode-onset' || e.fact === 'age');
  }

  /**
   * Where no indication is on file: ways to meet those of the ordered study of which the chart says something in particular,
   * though not what they are about (a high fall, and no complaint), or almost everything (the whole course of care, and no complaint).
   */
  rankedOutOfPlay(): readonly Candidate[] {
    const away = this.#states
      .all()
      .filter((s) => s.inPlay === 'no' && s.truth !== 'true' && this.#decider.concernsOrder(s));
    return this.#sorted(
      this.#waysOf(away).filter(
        ({ way }) =>
          (way.needs.length <= FEW && way.has.some((atom) => this.#isTelling(atom) && this.#mayBeOfOrdered(atom))) ||
          way.needs.length * ALMOST <= this.#documented(way.has),
      ),
    );
  }

  /** What counts wherever it is (a sign for a scoliosis) tells of the ordered region only when it may be of that one. */
  #mayBeOfOrdered(index: number): boolean {
    const atom = this.#ev.atom(index);
    if (atom.kind !== 'fact' || atom.query.region !== 'any') return true;
    return this.#states.regions.some(
      (region) => this.#ev.source.fact({ ...atom.query, region }).truth === this.#ev.value(index).truth,
    );
  }

  #waysOf(states: readonly PathState[]): readonly Candidate[] {
    return states.flatMap((state) => {
      const way = this.#search.cheapest(state);
      return way === undefined || !this.#restsOnTelling(state, way) ? [] : [{ state, way }];
    });
  }

  /**
   * A way to a red flag is told for what the chart says of that very way (diabetes is no reason to ask for metastases), a short one
   * also for what may be on file of it.
   */
  #restsOnTelling(state: PathState, { has, needs }: Way): boolean {
    const { path, screen, onFile } = state;
    if (!(screen || path.redFlag) || (path.about !== undefined && onFile)) return true;
    const own = this.#partsOf(state).flatMap((part) => (part === undefined ? [] : this.#leaves(part)));
    const needed = needs.map((n) => n.atom);
    // of several red flags in one passage each needs a sign of its own
    const short = needs.length > FEW ? [] : screen ? own : needed;
    return (
      has.some((i) => own.includes(i) && this.#isTelling(i)) ||
      needed.some((i) => this.#isTelling(i) && (this.#hasRelated(i) || this.#ev.value(i).gap === 'conflict')) ||
      short.some((i) => this.#isTelling(i) && this.#isRead(i) && OPEN.has(this.#ev.value(i).gap))
    );
  }

  #leaves(expr: Expr): readonly number[] {
    if (expr.op === 'atom') return [expr.atom];
    return this.#ev.children(expr).flatMap((child) => this.#leaves(child));
  }

  /** Does the chart name no more of a red flag than one thing that goes with it (diabetes)? */
  #isFarFetched({ state, way }: Candidate): boolean {
    if (!(state.screen || state.path.redFlag)) return false;
    if (!this.#restsOnTelling(state, way)) return true;
    return this.#unlikelihood({ state, way }) === 2 && way.has.filter((i) => this.#isTelling(i)).length < 2;
  }

  /** Is a red flag open of which there is something on file, and yet nothing for which it would be asked for? */
  isFarFetched(state: PathState): boolean {
    const way = this.#search.cheapest(state);
    return way !== undefined && this.#isFarFetched({ state, way });
  }

  /** Best first; of those with the same needs only the best. */
  #sorted(all: readonly Candidate[]): readonly Candidate[] {
    const likely = all.filter((c) => !this.#isFarFetched(c));
    const found = likely.length > 0 ? likely : all;
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
  #hasTellingEvidence(state: PathState): boolean {
    return this.#partsOf(state).some((e) => e !== undefined && this.#tells(e));
  }

  /** A disease that a section is about (stenosis) speaks of no red flag of that section. */
  #partsOf({ path, entry, screen }: PathState): readonly (Expr | undefined)[] {
    return path.redFlag && !screen ? [path.own] : [entry, path.own];
  }

  #tells(expr: Expr): boolean {
    // what speaks against a passage (no fever, a normal laboratory value) is no reason to ask for it
    if (this.#ev.isSilent(expr.index) || this.#ev.truth(expr) === 'false') return false;
    if (expr.op !== 'atom') return this.#ev.children(expr).some((child) => this.#tells(child));
    if (!this.#isTelling(expr.atom)) return false;
    return this.#hasRelated(expr.atom) || (this.#isRead(expr.atom) && this.#ev.hasEvidence(expr));
  }

  /** Is a related finding on file? Without a complaint it tells of nothing at the spine. */
  #hasRelated(index: number): boolean {
    this.#indicated ??= this.#states.all().some((s) => s.inPlay === 'yes' && !s.screen);
    return this.#indicated && this.#ev.value(index).related === true;
  }

  /** Is something on file that makes an open leaf likely? */
  #isLed(index: number): boolean {
    if (!this.#isTelling(index)) return false;
    return this.#hasRelated(index) || (this.#ev.value(index).gap === 'unclear' && this.#isRead(index));
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

  #isReason(index: number): boolean {
    const atom = this.#ev.atom(index);
    return atom.kind === 'fact' && atom.query.source === 'order-reason';
  }

  #isCare(index: number): boolean {
    const atom = this.#ev.atom(index);
    return atom.kind === 'fact' && this.#catalog.describe(atom.query.fact)?.care === true;
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

  /** What the passage is about and is on file counts like a leaf of its own, and so does what is on file for a leaf that is open. */
  #rank(candidate: Candidate): readonly number[] {
    const { path } = candidate.state;
    const { has, needs } = candidate.way;
    const about = path.about === undefined ? 0 : this.#heaviest(path.about);
    const sum = (atoms: readonly number[]): number => atoms.reduce((total, i) => total + this.#weight(i), 0);
    const led = needs.flatMap(({ atom }) => (this.#isLed(atom) ? [atom] : []));
    const done = sum(this.#toldOnce(has)) + about + sum(led);
    const since = Math.max(0, ...needs.map((n) => n.from ?? 0));
    const share = done / (done + needs.length);
    const steps = Math.min(Math.round(share * SHARES), ALMOST_ALL);
    // a reason of the order is changed in the order, not documented
    const acts = needs.some((n) => n.kind !== 'document' || this.#isReason(n.atom));
    const unlikely = this.#unlikelihood(candidate);
    // nobody asks for a disease of which the chart says nothing while care is lacking; of a red flag that is told a sign is on file
    const lacksCare = acts || needs.some(({ atom }) => this.#isCare(atom));
    const unheard = lacksCare && !(candidate.state.screen || path.redFlag) && needs.some((n) => this.#isUnheardOf(n));
    return [
      unlikely === 2 ? 1 : 0,
      acts ? 1 : 0,
      unheard ? 1 : 0,
      since,
      unlikely,
      -steps,
      needs.length,
      -led.length,
      -share,
    ];
  }

  /** Of how many facts of the ordered region does evidence tell? */
  #documented(atoms: readonly number[]): number {
    return this.#toldOnce(atoms).filter((i) => this.#ev.value(i).evidence.length > 0 && this.#mayBeOfOrdered(i)).length;
  }

  /** A fact that several leaves tell of counts once, and that none is on file is nothing that was documented. */
  #toldOnce(atoms: readonly number[]): readonly number[] {
    const once = new Map<string | number, number>();
    for (const index of atoms) {
      const atom = this.#ev.atom(index);
      if (atom.kind === 'absent') continue;
      const key = atom.kind === 'fact' ? `${atom.query.fact}|${atom.query.region}` : index;
      const before = once.get(key);
      if (before === undefined || this.#weight(index) > this.#weight(before)) once.set(key, index);
    }
    return [...once.values()];
  }

  /** Does a need ask for the suspicion of a disease on which the chart says nothing at all? */
  #isUnheardOf({ atom: index, kind }: Need): boolean {
    const atom = this.#ev.atom(index);
    if (kind !== 'document' || atom.kind !== 'fact' || atom.query.certainty !== 'suspected') return false;
    const { gap, related, leads = [] } = this.#ev.value(index);
    return gap === 'silent' && related !== true && leads.length === 0 && this.#isParticular(atom.query.fact);
  }

  /**
   * How late is a way to be told? 0: the chart speaks of what it is about. 1: of a red flag it names a sign, but not what that is a
   * sign of. 2: it names no more than what goes with it (a disease of old), or dates something otherwise than it is needed.
   */
  #unlikelihood({ state, way }: Candidate): number {
    if (way.needs.some(({ atom }) => this.#isDatedOtherwise(atom, way))) return 2;
    const { path, entry, screen, onFile } = state;
    const about = path.about ?? entry;
    if (!(screen || path.redFlag) || about === undefined || onFile || this.#tells(about)) return 0;
    // all that it asks for itself is there, where the policy does not say more of what it is about
    if (path.about === undefined && (path.own === undefined || this.#ev.truth(path.own) === 'true')) return 0;
    return this.#isOfNow(state, way) ? 1 : 2;
  }

  /** Does something tell of a passage that came in the current episode? */
  #isOfNow({ path: { region } }: PathState, { has }: Way): boolean {
    const { onset, knownSince } = this.#ev.source.episode(region);
    const began = onset?.lo ?? knownSince;
    if (began === undefined) return false;
    return has.some((i) => this.#isTelling(i) && (this.#ev.value(i).when?.hi ?? began - 1) >= began);
  }

  /** Did what a way rests on happen before the window of a need, or is the complaint younger than what the need tells of? */
  #isDatedOtherwise(index: number, { has }: Way): boolean {
    const atom = this.#ev.atom(index);
    if (atom.kind !== 'fact') return false;
    const { action, lasts } = this.#catalog.describe(atom.query.fact) ?? {};
    const { outdated, leads = [] } = this.#ev.value(index);
    if (outdated && action === undefined) {
      const before = new Set<string | undefined>(leads.map((l) => l.reference));
      if (has.some((i) => this.#ev.value(i).evidence.some((e) => before.has(e.reference)))) return true;
    }
    if (lasts === undefined) return false;
    const { onset } = ofComplaint(this.#ev.source.episode(atom.query.region));
    return onset !== undefined && add(onset.lo, lasts) > this.#ev.source.asOf;
  }
}

const compare = (a: readonly number[], b: readonly number[]): number => {
  for (let i = 0; i < a.length; i++) {
    const d = (a[i] ?? 0) - (b[i] ?? 0);
    if (d !== 0) return d;
  }
  return 0;
};
