import { add, type Day } from '../dates/day.ts';
import type { CompiledPolicy, Expr } from './compiled-policy.ts';
import type { Decider } from './decide.ts';
import type { Evaluation } from './evaluate.ts';
import { type FactCatalog, type Gap, ofComplaint } from './fact-source.ts';
import type { Candidate, Need, Way, WaySearch } from './needs.ts';
import type { PathState } from './path-state.ts';
import type { PathStates } from './path-states.ts';
import { Telling } from './telling.ts';

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

/** What ranks a way to "met"; of each the lower is the nearer. */
interface Rank {
  /** the chart names no more than what goes with it, or dates something otherwise than it is needed */
  readonly remote: boolean;
  /** something is to be done or waited for, or the reason of the order changed: that is no matter of documenting */
  readonly acts: boolean;
  /** while care is lacking, it needs a disease of which the chart says nothing */
  readonly unheardOf: boolean;
  /** the day from which it can hold */
  readonly from: Day;
  readonly unlikelihood: 0 | 1 | 2;
  /** the share of its leaves that are not true yet, in steps: shares that are nearly the same count as one */
  readonly lacking: number;
  readonly needs: number;
  /** fewer of the open leaves are led to by something on file */
  readonly notLed: number;
  /** the exact share of its leaves, negative */
  readonly share: number;
}

/** By what ways are told apart, the weightiest first; those that are alike stay in the order of the policy. */
const RANKING: readonly (keyof Rank)[] = [
  'remote',
  'acts',
  'unheardOf',
  'from',
  'unlikelihood',
  'lacking',
  'needs',
  'notLed',
  'share',
];

function compare(a: Rank, b: Rank): number {
  const apart = RANKING.find((key) => a[key] !== b[key]);
  return apart === undefined ? 0 : Number(a[apart]) - Number(b[apart]);
}

/** Ranks the ways to "met" for one chart. */
export class NearestWays {
  readonly #states: PathStates;
  readonly #ev: Evaluation;
  readonly #search: WaySearch;
  readonly #decider: Decider;
  readonly #catalog: FactCatalog;
  readonly #telling: Telling;

  constructor(policy: CompiledPolicy, states: PathStates, search: WaySearch, decider: Decider, catalog: FactCatalog) {
    this.#catalog = catalog;
    this.#telling = new Telling(policy, states, catalog);
    this.#states = states;
    this.#ev = states.evaluation;
    this.#search = search;
    this.#decider = decider;
  }

  /**
   * Ways to met, best first (see `RANKING`), each with different needs. Red flags only with telling evidence; those of which the chart
   * names no more than what goes with them (diabetes) only where there is no other way.
   * @param orderedOnly ways for the ordered study, also by what would make an indication that holds name it (CT, where MRI is
   * contraindicated); else those for other studies where there is none for it
   */
  ranked(orderedOnly: boolean): readonly Candidate[] {
    const candidates = this.#states
      .all()
      .filter(
        (s) =>
          (s.inPlay === 'yes' || (orderedOnly && this.#states.lendsStudies(s))) &&
          s.truth !== 'true' &&
          (!(s.screen || s.path.redFlag) || this.worthAsking(s)),
      );
    const named = candidates.filter((s) => this.#decider.namesOrdered(s));
    const awaited = new Set(named.flatMap((s) => this.#states.awaited(s)));
    const ways = this.#waysOf(candidates.filter((s) => named.includes(s) || awaited.has(s)));
    if (orderedOnly) ways.push(...this.#conditional());
    if (ways.length > 0 || orderedOnly || !named.every((s) => this.#failsByTimeAlone(s))) return this.#sorted(ways);
    // what may be a red flag is no reason to think of another study
    const others = this.#waysOf(
      candidates.filter((s) => (named.length === 0 || s.truth === 'unknown') && (!s.screen || s.onFile)),
    );
    // nor is what another region would need, as long as something is open of which the order speaks
    const own = others.filter(({ state }) => this.#states.isOrdered(state.path) || this.#states.isReasonOfOrder(state));
    return this.#sorted(own.length > 0 ? own : others);
  }

  /** The conditions under which indications that hold would name the ordered study. */
  #conditional(): readonly Candidate[] {
    return this.#states.all().flatMap((state) => {
      const condition = state.inPlay === 'yes' && state.truth === 'true' && this.#decider.openCondition(state);
      const way = condition ? this.#search.towards(condition) : undefined;
      return way === undefined ? [] : [{ state, way }];
    });
  }

  /** Is an indication contradicted by nothing but the length of the episode, or the age? */
  #failsByTimeAlone({ truth, closing, whole }: PathState): boolean {
    if (truth !== 'false' || closing !== undefined) return false;
    return this.#ev.evidence(whole, 'false').every((e) => e.fact === 'episode-onset' || e.fact === 'age');
  }

  /**
   * Where no indication is on file: ways to meet those of the ordered study of which the chart says something in particular,
   * though not what they are about (a high fall, and no complaint), or almost everything (the whole course of care, and no complaint).
   * Else those about a complaint that goes with what is on file (a disc disease); that the order names it tells of no other passage.
   */
  rankedOutOfPlay(): readonly Candidate[] {
    const away = this.#states
      .all()
      .filter((s) => s.inPlay === 'no' && s.truth !== 'true' && this.#decider.concernsOrder(s));
    const ways = this.#waysOf(away);
    const ofComplaint = ways.filter((c) => this.#lacksRelatedComplaint(c));
    const tells = (atom: number): boolean =>
      this.#telling.isTelling(atom) &&
      this.#telling.mayBeOfOrdered(atom) &&
      (ofComplaint.length === 0 || !this.#isReason(atom));
    const told = ways.filter(
      ({ way }) =>
        (way.needs.length <= FEW && way.has.some(tells)) ||
        way.needs.length * ALMOST <= this.#telling.documented(way.has),
    );
    return this.#sorted(told.length > 0 ? told : ofComplaint);
  }

  /**
   * Is a passage that is no red flag out of play for nothing but a complaint with which something on file goes (a disc disease, and
   * no pain)?
   */
  #lacksRelatedComplaint({ state: { screen, path, entry }, way }: Candidate): boolean {
    if (screen || path.redFlag || entry === undefined) return false;
    if (path.about !== undefined && this.#ev.truth(path.about) !== 'true') return false;
    const entries = this.#leaves(entry);
    return way.needs.some(({ atom: index }) => {
      const atom = this.#ev.atom(index);
      if (atom.kind !== 'fact' || !entries.includes(index) || this.#ev.value(index).related !== true) return false;
      return this.#catalog.describe(atom.query.fact)?.complaint === true;
    });
  }

  #waysOf(states: readonly PathState[]): Candidate[] {
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
      has.some((i) => own.includes(i) && this.#telling.isTelling(i)) ||
      needed.some(
        (i) => this.#telling.isTelling(i) && (this.#telling.hasRelated(i) || this.#ev.value(i).gap === 'conflict'),
      ) ||
      short.some((i) => this.#telling.isTelling(i) && this.#telling.isRead(i) && OPEN.has(this.#ev.value(i).gap))
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
    return this.#unlikelihood({ state, way }) === 2 && way.has.filter((i) => this.#telling.isTelling(i)).length < 2;
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
    const sorted = found.map((f) => ({ ...f, rank: this.#rank(f) })).sort((a, b) => compare(a.rank, b.rank));
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
    return this.#partsOf(state).some((e) => e !== undefined && this.#telling.tells(e));
  }

  /** A disease that a section is about (stenosis) speaks of no red flag of that section. */
  #partsOf({ path, entry, screen }: PathState): readonly (Expr | undefined)[] {
    return path.redFlag && !screen ? [path.own] : [entry, path.own];
  }

  #isReason(index: number): boolean {
    const atom = this.#ev.atom(index);
    return atom.kind === 'fact' && atom.query.source === 'order-reason';
  }

  #isCare(index: number): boolean {
    const atom = this.#ev.atom(index);
    return atom.kind === 'fact' && this.#catalog.describe(atom.query.fact)?.care === true;
  }

  /** What the passage is about and is on file counts like a leaf of its own, and so does what is on file for a leaf that is open. */
  #rank(candidate: Candidate): Rank {
    const { path, screen } = candidate.state;
    const { has, needs } = candidate.way;
    const about = path.about === undefined ? 0 : this.#telling.heaviest(path.about);
    const sum = (atoms: readonly number[]): number => atoms.reduce((total, i) => total + this.#telling.weight(i), 0);
    const led = needs.flatMap(({ atom }) => (this.#telling.isLed(atom) ? [atom] : []));
    const done = sum(this.#telling.toldOnce(has)) + about + sum(led);
    const share = done / (done + needs.length);
    const acts = needs.some((n) => n.kind !== 'document' || this.#isReason(n.atom));
    const lacksCare = acts || needs.some(({ atom }) => this.#isCare(atom));
    const unlikelihood = this.#unlikelihood(candidate);
    return {
      remote: unlikelihood === 2,
      acts,
      unheardOf: lacksCare && !(screen || path.redFlag) && needs.some((n) => this.#isUnheardOf(n)),
      from: Math.max(0, ...needs.map((n) => n.from ?? 0)),
      unlikelihood,
      lacking: -Math.min(Math.round(share * SHARES), ALMOST_ALL),
      needs: needs.length,
      notLed: -led.length,
      share: -share,
    };
  }

  /** Does a need ask for the suspicion of a disease on which the chart says nothing at all? */
  #isUnheardOf({ atom: index, kind }: Need): boolean {
    const atom = this.#ev.atom(index);
    if (kind !== 'document' || atom.kind !== 'fact' || atom.query.certainty !== 'suspected') return false;
    const { gap, related, leads = [] } = this.#ev.value(index);
    return gap === 'silent' && related !== true && leads.length === 0 && this.#telling.isParticular(atom.query.fact);
  }

  /**
   * How late is a way to be told? 0: the chart speaks of what it is about. 1: of a red flag it names a sign, but not what that is a
   * sign of. 2: it names no more than what goes with it (a disease of old), or dates something otherwise than it is needed.
   */
  #unlikelihood({ state, way }: Candidate): 0 | 1 | 2 {
    if (way.needs.some(({ atom }) => this.#isDatedOtherwise(atom, way))) return 2;
    const { path, entry, screen, onFile } = state;
    const about = path.about ?? entry;
    if (!(screen || path.redFlag) || about === undefined || this.#telling.tells(about)) return 0;
    // that its entry is on file (the complaint) says nothing of the red flag
    if (onFile) return path.about !== undefined || this.#isOfNow(state, way) ? 0 : 1;
    // all that it asks for itself is there, where the policy does not say more of what it is about
    if (path.about === undefined && (path.own === undefined || this.#ev.truth(path.own) === 'true')) return 0;
    return this.#isOfNow(state, way) ? 1 : 2;
  }

  /** Does something tell of a passage that came in the current episode? */
  #isOfNow({ path: { region } }: PathState, { has }: Way): boolean {
    const { onset, knownSince } = this.#ev.source.episode(region);
    const began = onset?.lo ?? knownSince;
    if (began === undefined) return false;
    return has.some((i) => this.#telling.isTelling(i) && (this.#ev.value(i).when?.hi ?? began - 1) >= began);
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
