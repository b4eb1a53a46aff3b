import { formatDay } from '../dates/day.ts';
import { type Contradicted, RULED_OUT } from './assessment.ts';
import type { CompiledExclusion, Expr } from './compiled-policy.ts';
import type { Evaluation } from './evaluate.ts';
import type { FactCatalog } from './fact-source.ts';
import { isRuledOut, type PathState } from './path-state.ts';
import type { PathStates } from './path-states.ts';
import { unique } from './unique-evidence.ts';
import { atomLabel, lowerFirst, opposite, oppositeLabel } from './words.ts';

/** How many exceptions of an exclusion are named. */
const MOST_EXCEPTIONS = 3;

const RULED_OUT_SOME_DAY = `${RULED_OUT}, and it is not certain that what speaks for it came later`;
const RULED_OUT_AS_SEEN = `${RULED_OUT}, as far as the chart was seen`;

/** Tells what speaks against the order. */
export class Contradictions {
  readonly #states: PathStates;
  readonly #ev: Evaluation;
  readonly #catalog: FactCatalog;

  constructor(states: PathStates, catalog: FactCatalog) {
    this.#states = states;
    this.#ev = states.evaluation;
    this.#catalog = catalog;
  }

  /** What speaks against the order: the exclusion that holds, else what the chart contradicts. */
  of(excluded: CompiledExclusion | undefined): readonly Contradicted[] {
    return excluded === undefined ? this.#ofIndications() : [this.#ofExclusion(excluded)];
  }

  /** Indications of which all is documented, and a negative too that may close them. */
  doubts(): readonly Contradicted[] {
    return this.#states.all().flatMap((state) => {
      const doubt = state.inPlay === 'yes' ? this.#states.doubt(state) : undefined;
      if (doubt === undefined) return [];
      const { id: criterion, label, cite } = state.path;
      const why = doubt.gap === 'conflict' ? RULED_OUT_SOME_DAY : RULED_OUT_AS_SEEN;
      return [{ criterion, label, cite, why, evidence: doubt.evidence }];
    });
  }

  #ofExclusion({ id, label, cite, criteria, unless }: CompiledExclusion): Contradicted {
    const labels = unless === undefined ? [] : [...new Set(this.#exceptions(unless))];
    const more = labels.length > MOST_EXCEPTIONS ? ` and ${labels.length - MOST_EXCEPTIONS} more` : '';
    const { until } = this.#ev.timing.of(criteria);
    const ends = until === undefined || unless !== undefined ? '' : ` until ${formatDay(until)}`;
    const open = labels.length === 1 ? 'its exception is not documented' : 'none of its exceptions is documented';
    const except = labels.length === 0 ? '' : `, as ${open}: ${labels.slice(0, MOST_EXCEPTIONS).join('; ')}${more}`;
    return {
      criterion: id,
      label,
      cite,
      why: `the policy excludes this${ends}${except}`,
      evidence: this.#ev.evidence(criteria),
    };
  }

  /** What would lift an exclusion, in words: the passages that it names by their labels, else its leaves. */
  #exceptions(expr: Expr): readonly string[] {
    if (this.#ev.truth(expr) !== 'unknown') return [];
    if (expr.label !== undefined) return [lowerFirst(expr.label)];
    if (expr.op === 'atom') return [atomLabel(this.#ev.atom(expr.atom), this.#catalog)];
    if (expr.op === 'any-indication') return ['another indication of this policy'];
    return this.#ev.children(expr).flatMap((child) => this.#exceptions(child));
  }

  /**
   * Indications that fail by their own criteria first (of them those of the complaint on file before red flags and what is ruled out
   * altogether), those that fail by time alone last; a section's requirement is told once.
   */
  #ofIndications(): readonly Contradicted[] {
    const own: Contradicted[] = [];
    const others: Contradicted[] = [];
    const required = new Map<string, Contradicted>();
    const ofComplaint = new Set<string>();
    for (const state of this.#states.all()) {
      if (state.inPlay !== 'yes' || state.truth !== 'false') continue;
      const { path } = state;
      const failing = path.requires.find((r) => this.#ev.truth(r.criteria) === 'false');
      if (failing === undefined || isRuledOut(state))
        (state.onFile && !state.screen && !isRuledOut(state) ? own : others).push(this.#ownContradiction(state));
      else {
        const { id, label, cite } = failing.section;
        if (state.onFile && !state.screen) ofComplaint.add(id);
        if (required.has(id)) continue;
        required.set(id, {
          criterion: id,
          label,
          cite,
          why: this.#why([failing.criteria]),
          evidence: this.#ev.evidence(failing.criteria, 'false'),
        });
      }
    }
    const sections = [...required.values()].sort(
      (a, b) => Number(ofComplaint.has(b.criterion)) - Number(ofComplaint.has(a.criterion)),
    );
    const against = [...own, ...others, ...sections].filter((c) => c.evidence.length > 0);
    return [...against.filter(tellsMoreThanTime), ...against.filter((c) => !tellsMoreThanTime(c))];
  }

  #ownContradiction({ path, entry, closing }: PathState): Contradicted {
    const { id: criterion, label, cite, criteria } = path;
    if (closing?.for === 'certain') return { criterion, label, cite, why: RULED_OUT, evidence: closing.evidence };
    const against = entry === undefined ? [criteria] : [entry, criteria];
    const evidence = unique(against.flatMap((e) => this.#ev.evidence(e, 'false')));
    return { criterion, label, cite, why: this.#why(against), evidence };
  }

  /** What makes criteria false, in words. */
  #why(exprs: readonly Expr[]): string {
    const labels = new Set(exprs.flatMap((expr) => this.#reasons(expr, 'false')));
    return [...labels].slice(0, 4).join('; ');
  }

  /** The leaves that give an expression its truth, in words; below "not" those of the opposite. */
  #reasons(expr: Expr, truth: 'true' | 'false'): readonly string[] {
    if (this.#ev.truth(expr) !== truth) return [];
    const below = (wanted: 'true' | 'false'): readonly string[] => {
      const giving = this.#ev.children(expr).filter((child) => this.#ev.truth(child) === wanted);
      // what is not on file is told only where nothing that is on file says the same
      const charted = giving.filter((child) => this.#ev.evidence(child, wanted).some((e) => e.basis !== 'absence'));
      return (charted.length > 0 ? charted : giving).flatMap((child) => this.#reasons(child, wanted));
    };
    switch (expr.op) {
      case 'atom': {
        const label = truth === 'true' ? atomLabel : oppositeLabel;
        return [label(this.#ev.atom(expr.atom), this.#catalog)];
      }
      case 'not':
        if (expr.label === undefined) return below(truth === 'true' ? 'false' : 'true');
        return [truth === 'true' ? expr.label : opposite(expr.label)];
      case 'any-indication':
        return [truth === 'true' ? 'another indication is met' : 'no other indication is met'];
      case 'closable':
        return truth === 'false' && this.#ev.truth(expr.child) !== 'false' ? [RULED_OUT] : below(truth);
      default:
        return below(truth);
    }
  }
}

/** That an episode is too short or too long, or the patient too old, is the last thing to tell. */
const tellsMoreThanTime = ({ evidence }: Contradicted): boolean =>
  evidence.some((e) => e.fact !== 'episode-onset' && e.fact !== 'age' && e.basis !== 'absence');
