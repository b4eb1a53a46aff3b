import type { Day } from '../dates/day.ts';
import { type Closing, closed, type Doubt } from './closing.ts';
import type { CompiledPath, CompiledPolicy, Expr, StudyRef } from './compiled-policy.ts';
import { Evaluation } from './evaluate.ts';
import type { FactQuery, FactSource, Region } from './fact-source.ts';
import { lastOf, sooner } from './measure-time.ts';
import { type InPlay, isTrue, type PathState } from './path-state.ts';
import { NO_SILENCE, type Silence } from './silence.ts';
import { any, type Truth } from './truth.ts';

type AnyIndication = Extract<Expr, { op: 'any-indication' }>;

/** Nodes belong to a policy for good: what was found in one is kept with it. */
const leavesIn = new WeakMap<Expr, readonly AnyIndication[]>();

function anyIndicationLeaves(expr: Expr): readonly AnyIndication[] {
  if (expr.op === 'any-indication') return [expr];
  const known = leavesIn.get(expr);
  if (known !== undefined) return known;
  const found = expr.operands.flatMap(anyIndicationLeaves);
  leavesIn.set(expr, found);
  return found;
}

/** Does an indication speak of a region? One without a region of its own speaks of those at which its studies look. */
const speaksOf = ({ region, studies, studyRegions }: CompiledPath, asked: Region | 'any'): boolean =>
  asked === 'any' || region === asked || (region === 'any' && (studies.length === 0 || studyRegions.includes(asked)));

/** An indication, evaluated as far as it is looked at: the criteria of one that is not in play are nobody's business. */
class EvaluatedPath implements PathState {
  readonly path: CompiledPath;
  readonly entry: Expr | undefined;
  readonly whole: Expr;
  readonly screen: boolean;
  readonly inPlay: InPlay;
  readonly onFile: boolean;
  readonly #evaluation: Evaluation;
  #closing: { readonly found: Closing | undefined } | undefined;

  constructor(path: CompiledPath, ordered: boolean, evaluation: Evaluation) {
    this.path = path;
    this.entry = ordered ? path.entry : path.strictEntry;
    this.whole = ordered ? path.whole : path.strictWhole;
    this.screen = path.screen && ordered;
    this.#evaluation = evaluation;
    this.inPlay = this.screen ? 'yes' : this.#placed();
    const about = path.about ?? this.entry;
    this.onFile = about !== undefined && evaluation.truth(about) === 'true';
  }

  get byUnreadReason(): boolean {
    return this.inPlay === 'yes' && [this.entry, this.path.about].some((part) => this.#isUnread(part));
  }

  #isUnread(part: Expr | undefined): boolean {
    if (part === undefined || this.#evaluation.truth(part) !== 'unknown') return false;
    const unknown = [...this.#evaluation.unknownAtoms(part)].map((i) => this.#evaluation.value(i));
    return unknown.some((v) => v.unread) && unknown.every((v) => v.unread || v.gap === 'silent');
  }

  get truth(): Truth {
    return closed(this.#evaluation.truth(this.whole), this.closing);
  }

  /** A documented negative closes a path unless later evidence speaks for it. */
  get closing(): Closing | undefined {
    this.#closing ??= { found: this.#closed() };
    return this.#closing.found;
  }

  #closed(): Closing | undefined {
    const { closedBy, own } = this.path;
    const speaking = own ?? this.entry ?? this.whole;
    return this.#evaluation.closings.of(closedBy, speaking, this.whole, undefined, this.entry);
  }

  /** In play when it is about the patient, or true all the same. */
  #placed(): InPlay {
    const concerns = this.#concerns();
    if (concerns === 'yes' || this.#cannotBeTrue()) return concerns;
    return this.truth === 'true' ? 'yes' : concerns;
  }

  #cannotBeTrue(): boolean {
    return this.entry !== undefined && !this.whole.dated && this.#evaluation.truth(this.entry) !== 'true';
  }

  /** About the patient when its entry is, and what the passage is about is on file. */
  #concerns(): InPlay {
    const { about } = this.path;
    const inPlay = this.#isOpen(this.entry);
    if (about === undefined || inPlay === 'no') return inPlay;
    const told = this.#evaluation.truth(about) === 'false' ? 'no' : this.#isOpen(about);
    return told === 'yes' ? inPlay : told;
  }

  /** Is an entry that does not hold refuted by evidence? Of one of several parts every part has to be on file, or refuted. */
  #isRefuted(entry: Expr): boolean {
    if (this.#evaluation.evidence(entry, 'false').length === 0) return false;
    return entry.op !== 'all' || this.#evaluation.children(entry).every((part) => this.#isOpen(part) !== 'no');
  }

  /** The entry, read closed-world: silence of complete sections is a "no"; a refuted entry is in play (and false). */
  #isOpen(entry: Expr | undefined): InPlay {
    if (entry === undefined) return 'no';
    const truth = this.#evaluation.truth(entry);
    if (truth === 'true') return 'yes';
    if (truth === 'false') return this.#isRefuted(entry) ? 'yes' : 'no';
    if (this.#evaluation.isNoBySilence(entry)) return 'no';
    const unknown = [...this.#evaluation.unknownAtoms(entry)].map((i) => this.#evaluation.value(i));
    if (unknown.some((v) => v.gap === 'unclear' || v.gap === 'conflict')) return 'yes';
    return unknown.some((v) => v.gap === 'incomplete') ? 'maybe' : 'no';
  }
}

/** All indications of a policy for one order. */
export class PathStates {
  readonly evaluation: Evaluation;
  readonly regions: readonly Region[];
  readonly #paths: readonly CompiledPath[];
  readonly #silence: Silence;
  readonly #states = new Map<CompiledPath, PathState>();
  #all: readonly PathState[] | undefined;

  /**
   * @param regions the regions of the ordered study, the leading one first
   * @param study the code of the ordered study
   * @param silence what the policy comes to where the chart is silent
   */
  constructor(
    policy: CompiledPolicy,
    source: FactSource,
    regions: readonly Region[],
    study: string,
    silence: Silence = NO_SILENCE,
  ) {
    this.regions = regions;
    this.#silence = silence;
    this.evaluation = new Evaluation(
      policy,
      source,
      (except, region) => this.anyIndication(except, region),
      silence,
      (except, region) => this.#untilOfAny(except, region),
    );
    this.#paths = policy.paths.filter(
      (p) =>
        p.inForce.every((period) => this.evaluation.inForce(period)) &&
        (!p.onlyOrdered || p.region === 'any' || p.region === regions[0]) &&
        (!p.ownStudiesOnly || p.studies.some((s) => s.code === study)),
    );
  }

  /** Does the text in force contain an indication, and does it speak of this order? */
  includes(path: CompiledPath): boolean {
    return this.#paths.includes(path);
  }

  /** Every indication that the text in force contains. */
  all(): readonly PathState[] {
    this.#all ??= this.#paths.map((p) => this.state(p));
    return this.#all;
  }

  state(path: CompiledPath): PathState {
    const known = this.#states.get(path);
    if (known !== undefined) return known;
    const state = this.#silent(path) ?? new EvaluatedPath(path, this.isOrdered(path), this.evaluation);
    this.#states.set(path, state);
    return state;
  }

  /** Is an indication one of the ordered study's region, or of no region in particular? */
  isOrdered(path: CompiledPath): boolean {
    return path.region === 'any' || path.strictEntry === undefined || this.regions.includes(path.region);
  }

  /** An indication on which the chart is silent stands as it does for every such chart. */
  #silent(path: CompiledPath): PathState | undefined {
    const silent = this.#silence.paths.get(path);
    if (silent === undefined || !silent.nodes.every((n) => this.evaluation.isSilent(n))) return undefined;
    return this.isOrdered(path) ? silent.ordered : silent.elsewhere;
  }

  /** Do the reasons of the order speak of what an indication is about? */
  isReasonOfOrder({ entry }: PathState): boolean {
    return entry !== undefined && this.#isReason(entry);
  }

  #isReason(expr: Expr): boolean {
    if (this.evaluation.truth(expr) !== 'true') return false;
    if (expr.op !== 'atom') return this.evaluation.children(expr).some((child) => this.#isReason(child));
    const atom = this.evaluation.atom(expr.atom);
    if (atom.kind !== 'fact') return false;
    const { fact, region, strictRegion } = atom.query;
    const stated: FactQuery = { fact, certainty: 'suspected', region, strictRegion, source: 'order-reason' };
    return this.evaluation.source.fact(stated).truth === 'true';
  }

  /** Is any other indication true? Indications that ask the same question are left out; one that is not in play is a no. */
  anyIndication(except: readonly string[], region: Region | 'any'): Truth {
    return any(this.others(except, region).map((s) => (s.inPlay === 'no' ? 'false' : s.truth)));
  }

  /** Does an indication lend studies of its own to whatever else is indicated, and is something? */
  lendsStudies({ path }: PathState): boolean {
    const leaves = anyIndicationLeaves(path.criteria);
    return path.studies.length > 0 && leaves.length > 0 && leaves.every((l) => this.evaluation.truth(l) === 'true');
  }

  /** Could another indication come true by what was not retrieved? */
  anyWaitsForUnseen(except: readonly string[], region: Region | 'any'): boolean {
    return this.others(except, region).some((s) => this.waitsForUnseen(s));
  }

  /** Could an indication come true by what was not retrieved? */
  waitsForUnseen(state: PathState): boolean {
    const { inPlay, screen, onFile, truth, whole } = state;
    if (truth !== 'unknown') return false;
    if (inPlay !== 'no' && this.evaluation.waitsForUnseen(whole)) return true;
    // of a red flag of which nothing is on file it is enough that there would be none by the sections that were seen
    const concerns = (inPlay !== 'no' && (!screen || onFile)) || this.lendsStudies(state);
    return concerns && this.evaluation.mayBeShown(whole);
  }

  #untilOfAny(except: readonly string[], region: Region | 'any'): Day | undefined {
    return lastOf(
      this.others(except, region)
        .filter((s) => isTrue(s))
        .map((s) => this.timed(s).until),
    );
  }

  /** The indications of a region that an any-indication leaf speaks of. */
  others(except: readonly string[], region: Region | 'any'): readonly PathState[] {
    return this.#paths
      .filter(
        (p) =>
          speaksOf(p, region) &&
          !except.some(
            (e) => p.id === e || p.id.startsWith(`${e}.`) || p.id.startsWith(`${e}/`) || p.id.startsWith(`${e}@`),
          ) &&
          anyIndicationLeaves(p.criteria).length === 0,
      )
      .map((p) => this.state(p));
  }

  /** The indications that an indication with studies of its own waits for, as long as none of them is true. */
  awaited({ path }: PathState): readonly PathState[] {
    if (path.studies.length === 0) return [];
    return anyIndicationLeaves(path.criteria)
      .filter((leaf) => this.evaluation.truth(leaf) !== 'true')
      .flatMap((leaf) => this.others(leaf.except, leaf.region));
  }

  /** The indications that give their studies to one that names none. */
  #lenders({ id, region }: CompiledPath): readonly PathState[] {
    return this.others([id], region);
  }

  /** The indications on which an indication rests: those that give it its studies, and those that it asks for. */
  through({ path }: PathState): readonly PathState[] {
    if (path.studies.length === 0) return this.#lenders(path);
    return anyIndicationLeaves(path.criteria).flatMap((leaf) => this.others(leaf.except, leaf.region));
  }

  /** The studies that a true indication names: its own, or those of the indications it refers to. */
  studiesOf(state: PathState): readonly StudyRef[] {
    if (state.path.studies.length > 0) return state.path.studies;
    return this.#lenders(state.path).flatMap((s) => (isTrue(s) ? s.path.studies : []));
  }

  /** The last day on which a true indication names a study: by itself, or through the indications it refers to. */
  namesUntil(state: PathState, study: string): Day | undefined {
    const own = (refs: readonly StudyRef[]): Day | undefined =>
      lastOf(
        refs.flatMap(({ code, when }) => {
          if (code !== study) return [];
          if (when === undefined) return [undefined];
          const { truth, until } = this.evaluation.timing.of(when);
          return truth === 'true' ? [until] : [];
        }),
      );
    if (state.path.studies.length > 0) return own(state.path.studies);
    return lastOf(
      this.#lenders(state.path)
        .filter((s) => isTrue(s) && s.path.studies.some((r) => r.code === study))
        .map((s) => sooner(own(s.path.studies), this.timed(s).until)),
    );
  }

  /** The documented negative that alone leaves an indication open: all else of it holds. */
  doubt({ closing, whole }: PathState): Doubt | undefined {
    return closing?.for === 'perhaps' && this.evaluation.truth(whole) === 'true' ? closing : undefined;
  }

  /** Days on which time alone would make an indication true, or a true one lapse. */
  timed(state: PathState): { readonly from?: Day | undefined; readonly until?: Day | undefined } {
    return state.closing === undefined ? this.evaluation.timing.of(state.whole) : {};
  }
}
