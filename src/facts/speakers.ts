import type { Chart } from '../chart/chart.ts';
import type { Section } from '../chart/sections.ts';
import { ANSWERS, type Beside, type FactPlan, sufficientlySeen } from './fact-plan.ts';

/** Facts that one and the same complete section would suffice for. */
interface SeenBy extends Pick<FactPlan, 'sufficient' | 'standsInBasket'> {
  readonly facts: number[];
}

/** A fact of which some evidence may not have been seen. */
export const UNSEEN = 2;

/** Which facts a chart can say anything of, by what is in it; worked out once from the vocabulary. */
export class Speakers {
  readonly #numbers = new Map<string, number>();
  /** facts by number: the fact itself and all facts that it is a part of */
  readonly #wholes: number[][] = [];
  readonly #bySet: number[][] = [];
  readonly #beside: Readonly<Record<Beside, number[]>> = { imaging: [], visits: [], more: [] };
  readonly #seenBy = new Map<string, SeenBy>();
  readonly #readFrom = new Map<Section, number[]>();

  constructor(plans: ReadonlyMap<string, FactPlan>) {
    for (const name of plans.keys()) this.#numbers.set(name, this.#numbers.size);
    for (const name of plans.keys()) this.#wholes.push([this.#number(name)]);
    for (const [name, { fact }] of plans)
      for (const part of partsOf(fact, plans)) this.#wholes[this.#number(part)]?.push(this.#number(name));
    const put = (into: number[], facts: readonly number[]): void => {
      for (const f of facts) if (!into.includes(f)) into.push(f);
    };
    for (const [name, { sets, beside, sections, toldIn, sufficient, standsInBasket, fact }] of plans) {
      const wholes = this.#wholes[this.#number(name)] ?? [];
      for (const set of sets) {
        const facts = this.#bySet[set] ?? [];
        this.#bySet[set] = facts;
        put(facts, wholes);
      }
      for (const kind of beside) put(this.#beside[kind], wholes);
      for (const section of new Set([...sections, ...toldIn, ...sufficient])) {
        const facts = this.#readFrom.get(section) ?? [];
        this.#readFrom.set(section, facts);
        put(facts, wholes);
      }
      const composed = fact.any !== undefined || fact.all !== undefined;
      if (sufficient.length === 0 || (composed && fact.evidence.length === 0)) continue;
      const key = `${sufficient.join()} ${standsInBasket}`;
      const seen = this.#seenBy.get(key) ?? { sufficient, standsInBasket, facts: [] };
      this.#seenBy.set(key, seen);
      put(seen.facts, wholes);
    }
  }

  /**
   * The facts of which a chart may say something, or of which too little of it was seen.
   * @returns by the number of a fact: 0 = the chart is silent on it, whatever is asked; {@link UNSEEN} = more might have been found
   */
  spokenOf(chart: Chart): Uint8Array {
    const out = new Uint8Array(this.#numbers.size);
    const mark = (facts: readonly number[] | undefined): void => {
      if (facts !== undefined) for (const fact of facts) out[fact] = 1;
    };
    for (const set of chart.sets()) mark(this.#bySet[set]);
    for (const set of chart.orderReasonOpen.means) mark(this.#bySet[set]);
    if (chart.imaging.length > 0) mark(this.#beside.imaging);
    if (chart.encounters.length > 0) mark(this.#beside.visits);
    mark(this.#beside.more);
    for (const { fact } of chart.answers) mark(this.#wholes[this.number(fact.split('.', 1)[0] ?? '') ?? -1]);
    for (const seen of this.#seenBy.values()) if (!sufficientlySeen(seen, chart.sections)) mark(seen.facts);
    for (const [section, state] of chart.sections) {
      if (state !== 'failed' && state !== 'truncated') continue;
      if (ANSWERS.includes(section)) return out.fill(UNSEEN);
      for (const fact of this.#readFrom.get(section) ?? []) out[fact] = UNSEEN;
    }
    return out;
  }

  /** The number of a fact. */
  number(fact: string): number | undefined {
    return this.#numbers.get(fact);
  }

  #number(fact: string): number {
    return this.#numbers.get(fact) ?? 0;
  }
}

/** The facts that a fact is made of, directly or through others. */
function partsOf(
  fact: FactPlan['fact'],
  plans: ReadonlyMap<string, FactPlan>,
  found: Set<string> = new Set(),
): ReadonlySet<string> {
  for (const part of [...(fact.any ?? []), ...(fact.all ?? [])]) {
    const plan = plans.get(part);
    if (plan === undefined || found.has(part)) continue;
    found.add(part);
    partsOf(plan.fact, plans, found);
  }
  return found;
}
