import type { Missing } from './assessment.ts';
import type { Evaluation } from './evaluate.ts';
import type { FactCatalog } from './fact-source.ts';
import { atomFact, atomLabel, atomQuestion, atomRegion } from './words.ts';

const MAX_QUESTIONS = 4;

/** What makes the question of a leaf: what it adds, and in which windows its fact is told. */
interface Asked extends Partial<Missing> {
  /** leaves that ask for the same fact, of which any would do; the leaf itself where it is left out */
  readonly windows?: readonly number[];
}

/** What is asked for: each fact once, in the order in which it was asked, and no more than a clinician answers at once. */
export class Questions {
  readonly #ev: Evaluation;
  readonly #catalog: FactCatalog;
  readonly #asked = new Map<string, Missing>();

  constructor(ev: Evaluation, catalog: FactCatalog) {
    this.#ev = ev;
    this.#catalog = catalog;
  }

  get full(): boolean {
    return this.#asked.size >= MAX_QUESTIONS;
  }

  /** Asks for the fact of a leaf, for the sake of a criterion. One that is asked already serves this criterion too. */
  put(index: number, criterion: string, { windows = [index], ...rest }: Asked = {}): void {
    const fact = atomFact(this.#ev.atom(index));
    const before = this.#asked.get(fact);
    if (before === undefined) {
      if (!this.full) this.#asked.set(fact, this.#question(index, criterion, windows, rest));
    } else if (rest.further !== true && !before.criteria.includes(criterion))
      this.#asked.set(fact, { ...before, criteria: [...before.criteria, criterion] });
  }

  #question(index: number, criterion: string, windows: readonly number[], rest: Partial<Missing>): Missing {
    const atom = this.#ev.atom(index);
    const value = this.#ev.value(index);
    const region = atomRegion(atom);
    const [first = atom, ...others] = windows.map((i) => this.#ev.atom(i));
    const whole = atom.kind === 'fact' ? this.#catalog.describe(atom.query.fact)?.action : undefined;
    const action = value.action ?? whole;
    return {
      fact: atomFact(atom),
      label: atomLabel(first, this.#catalog, others),
      ask: atomQuestion(first, this.#catalog, others),
      ...(region !== undefined && region !== 'any' && { region }),
      criteria: [criterion],
      leads: value.leads ?? [],
      ...(action !== undefined && { action }),
      ...rest,
      gap: value.gap ?? 'silent',
    };
  }

  /** All questions; what is asked for itself is not told as what would do in the place of another fact. */
  all(): readonly Missing[] {
    return [...this.#asked.values()].map(({ instead = [], ...question }) => {
      const others = new Map(instead.flatMap((f) => (this.#asked.has(f.fact) ? [] : [[f.fact, f]])));
      return { ...question, ...(others.size > 0 && { instead: [...others.values()] }) };
    });
  }
}
