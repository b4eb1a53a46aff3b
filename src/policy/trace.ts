import type { Trace } from './assessment.ts';
import type { Atom, Expr } from './compiled-policy.ts';
import type { ExclusionState } from './decide.ts';
import type { Evaluation } from './evaluate.ts';
import { type Considered, type FactCatalog, type FactValue, ofComplaint } from './fact-source.ts';
import type { PathState } from './path-state.ts';
import { atomFact, atomLabel } from './words.ts';

const HEADINGS = { all: 'all of', any: 'any of', not: 'not' } as const;

/** Tells the evaluated criteria tree, passage by passage. */
export class Tracer {
  readonly #ev: Evaluation;
  readonly #catalog: FactCatalog;

  constructor(ev: Evaluation, catalog: FactCatalog) {
    this.#ev = ev;
    this.#catalog = catalog;
  }

  exclusion({ exclusion, truth }: ExclusionState): Trace {
    return {
      id: exclusion.id,
      label: exclusion.label,
      cite: exclusion.cite,
      ...(exclusion.note !== undefined && { note: exclusion.note }),
      truth,
      children: [
        this.#node(exclusion.criteria),
        ...(exclusion.unless === undefined ? [] : [{ ...this.#node(exclusion.unless), label: 'unless' }]),
      ],
    };
  }

  path(state: PathState): Trace {
    const { path, entry } = state;
    const about = entry === undefined ? [] : [this.#node(entry)].map((t) => ({ ...t, label: `about: ${t.label}` }));
    return {
      id: path.id,
      label: path.label,
      cite: path.cite,
      ...(path.note !== undefined && { note: path.note }),
      truth: state.truth,
      inPlay: state.inPlay,
      children: [...about, ...this.#ev.children(path.criteria).map((c) => this.#node(c)), ...ruledOut(state)],
    };
  }

  #node(expr: Expr): Trace {
    const meta = {
      ...(expr.id !== undefined && { id: expr.id }),
      ...(expr.cite !== undefined && { cite: expr.cite }),
      ...(expr.note !== undefined && { note: expr.note }),
    };
    const truth = this.#ev.truth(expr);
    if (expr.op === 'atom') {
      const value = this.#ev.value(expr.atom);
      const atom = this.#ev.atom(expr.atom);
      const considered = this.#considered(atom, value);
      return {
        ...meta,
        label: expr.label ?? atomLabel(atom, this.#catalog),
        truth,
        fact: atomFact(atom),
        ...(value.gap !== undefined && { gap: value.gap }),
        ...(value.evidence.length > 0 && { evidence: value.evidence }),
        ...(value.conflicts !== undefined && value.conflicts.length > 0 && { conflicts: value.conflicts }),
        ...(value.sides !== undefined && { sides: value.sides }),
        ...(value.leads !== undefined && value.leads.length > 0 && { leads: value.leads }),
        ...(considered.length > 0 && { considered }),
      };
    }
    if (expr.op === 'review') return { ...meta, label: expr.label ?? `left to a reviewer: ${expr.what}`, truth };
    if (expr.op === 'closable') return { ...this.#node(expr.child), ...meta, truth };
    if (expr.op === 'any-indication')
      return { ...meta, label: expr.label ?? 'any other indication of this policy', truth };
    const heading = expr.op === 'at-least' ? `at least ${expr.n} of` : HEADINGS[expr.op];
    return {
      ...meta,
      label: expr.label ?? heading,
      truth,
      ...(expr.op === 'not' && { negates: true }),
      children: this.#ev.children(expr).map((c) => this.#node(c)),
    };
  }

  /** What was looked at for a leaf, as it speaks for or against the leaf itself. */
  #considered(atom: Atom, { truth, evidence, considered = [] }: FactValue): readonly Considered[] {
    switch (atom.kind) {
      case 'fact':
        return considered;
      case 'absent':
        return considered.map((c) => ({ ...c, verdict: OTHER_SIDE[c.verdict] }));
      case 'age': {
        const birth = this.#ev.source.birth();
        if (birth === undefined || 'sections' in birth) return [];
        return [{ reference: birth.reference, verdict: BY_TRUTH[truth], reason: 'date of birth' }];
      }
      case 'episode':
        return (ofComplaint(this.#ev.source.episode(atom.region)).considered?.() ?? []).map((c) =>
          c.verdict === 'for' ? { ...c, verdict: BY_TRUTH[truth] } : c,
        );
      case 'schedule': {
        const counted = new Set(evidence.map((e) => e.reference));
        return considered.map((c) => (counted.has(c.reference) ? { ...c, verdict: BY_TRUTH[truth] } : c));
      }
    }
  }
}

/** The documented negative that closes an indication, or may do so. */
function ruledOut({ closing }: PathState): readonly Trace[] {
  if (closing === undefined) return [];
  const { evidence } = closing;
  if (closing.for === 'certain') return [{ label: 'ruled out', truth: 'true', evidence }];
  return [{ label: 'ruled out', truth: 'unknown', gap: closing.gap, conflicts: evidence }];
}

/** The absence of a fact is asked: what speaks for the fact speaks against it. */
const OTHER_SIDE: Readonly<Record<Considered['verdict'], Considered['verdict']>> = {
  for: 'against',
  against: 'for',
  lead: 'lead',
  ignored: 'ignored',
};
/** What a comparison with a date rests on speaks as the comparison comes out. */
const BY_TRUTH = { true: 'for', false: 'against', unknown: 'lead' } as const;
