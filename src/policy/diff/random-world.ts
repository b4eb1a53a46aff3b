import { add, type Day, type Interval } from '../../dates/day.ts';
import type { Episode, FactQuery, FactSource, FactValue, Region } from '../fact-source.ts';
import { compareBegun } from '../measure-time.ts';

/** Random numbers that are the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A number for a text (FNV-1a). */
function numberOf(text: string): number {
  let hash = 2_166_136_261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
  return hash;
}

/** How common facts are in a world: worlds of few and of many facts tell different texts apart. */
const DENSITIES = [0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95] as const;
/** Days back at which policies draw lines, and around them. */
const AGES = [0, 5, 13, 27, 29, 41, 43, 59, 61, 89, 93, 120, 170, 190, 300, 370, 700, 1000, 2500, 6000] as const;
const YEARS = [1, 4, 9, 12, 17, 19, 21, 35, 39, 45, 50, 51, 60, 65, 66, 70, 71, 80] as const;

/** Parts of a world that are drawn with seeds of their own. */
type Redrawn = ReadonlyMap<string, number>;
const NOTHING_REDRAWN: Redrawn = new Map();

interface State {
  /** how sure it is; each is enough for the ones before it, but history */
  readonly level: 'none' | 'history' | 'suspected' | 'known';
  /** days since its latest and its first evidence */
  readonly latest: number;
  readonly first: number;
}

const pick = <T>(from: readonly T[], random: number): T => from[Math.floor(random * from.length)] as T;

/** How often a number is one of those around which policies draw lines; else it is any, for the lines of others. */
const NEAR_LINES = 0.7;
const daysBack = (random: () => number): number =>
  random() < NEAR_LINES ? pick(AGES, random()) : Math.floor(Math.exp(random() * Math.log(6000)));
const yearsOld = (random: () => number): number =>
  random() < NEAR_LINES ? pick(YEARS, random()) : Math.floor(random() * 95);

/**
 * A made-up patient of whom everything is known: facts, when they were found, age, onset. The same fact is the same for every
 * policy that asks, and a longer window finds whatever a shorter one finds.
 */
export class RandomWorld implements FactSource {
  readonly asOf: Day;
  readonly serviceDate: Day;
  readonly #seed: number;
  readonly #redrawn: Redrawn;
  readonly #density: number;
  readonly #states = new Map<string, State>();
  readonly #coins = new Map<string, boolean>();
  readonly #birth: Interval;
  readonly #onset: Interval;

  /** @param seed tells worlds apart @param on the day of the order @param redrawn what is not as in the world of this seed */
  constructor(seed: number, on: Day, redrawn: Redrawn = NOTHING_REDRAWN) {
    this.#seed = seed;
    this.#redrawn = redrawn;
    this.#density = pick(DENSITIES, seeded(seed)());
    this.asOf = on;
    this.serviceDate = on;
    const [birth, onset] = [this.#randomOf('birth'), this.#randomOf('onset')];
    const born = add(on, { count: yearsOld(birth), unit: 'years' }, -1) - Math.floor(birth() * 360);
    this.#birth = { lo: born, hi: born };
    const began = on - daysBack(onset);
    this.#onset = { lo: began, hi: began };
  }

  /** What the world was asked for. */
  get asked(): readonly string[] {
    return ['birth', 'onset', ...this.#states.keys(), ...this.#coins.keys()];
  }

  /** The same world, with some of what it was asked for drawn again. */
  with(parts: readonly string[], seed: number): RandomWorld {
    const redrawn = new Map([...this.#redrawn, ...parts.map((part, i) => [part, seed + i * 0x9e37] as const)]);
    return new RandomWorld(this.#seed, this.asOf, redrawn);
  }

  #randomOf(part: string): () => number {
    return seeded(this.#redrawn.get(part) ?? this.#seed ^ numberOf(part));
  }

  birth(): { readonly on: Interval; readonly reference: string } {
    return { on: this.#birth, reference: 'Patient/p' };
  }

  episode(_region: Region | 'any'): Episode {
    return { onset: this.#onset, evidence: [{ fact: 'episode-onset', basis: 'chart' }] };
  }

  #state(query: FactQuery): State {
    const key = `${query.fact}|${query.region}|${query.source ?? ''}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    // drawn for the fact itself, so that it does not matter which text asks for what first
    const random = this.#randomOf(key);
    const level = random() < 0.5 + this.#density / 2 ? 'known' : pick(['history', 'suspected'] as const, random());
    const latest = daysBack(random);
    const state: State = {
      level: random() < this.#density ? level : 'none',
      latest,
      first: latest + daysBack(random),
    };
    this.#states.set(key, state);
    return state;
  }

  #coin(key: string): boolean {
    const known = this.#coins.get(key);
    if (known !== undefined) return known;
    const value = this.#randomOf(key)() < 0.5;
    this.#coins.set(key, value);
    return value;
  }

  #found({ level }: State, { certainty }: FactQuery): boolean {
    if (level === 'known') return true;
    return level !== 'none' && level === certainty;
  }

  silent(_fact: string): boolean {
    return false;
  }

  unseen(_query: FactQuery): boolean {
    return false;
  }

  fact(query: FactQuery): FactValue {
    const state = this.#state(query);
    const when = this.asOf - state.latest;
    const inside =
      (query.within === undefined || when >= add(this.asOf, query.within, -1)) &&
      (query.ago === undefined || when <= add(this.asOf, query.ago, -1)) &&
      (query.begun === undefined ||
        compareBegun({ lo: this.asOf - state.first, hi: this.asOf - state.first }, this.asOf, query.begun).truth ===
          'true') &&
      (query.since === undefined ||
        (query.since === 'episode'
          ? when >= this.#onset.lo - (query.grace === undefined ? 0 : add(0, query.grace))
          : this.#coin(`${query.fact} since ${query.since.fact}`)));
    const truth = this.#found(state, query) && inside ? 'true' : 'false';
    const date: Interval = { lo: when, hi: when };
    const first: Interval = { lo: this.asOf - state.first, hi: this.asOf - state.first };
    return {
      truth,
      evidence: [{ fact: query.fact, basis: 'chart' }],
      ...(truth === 'true' && { when: date, first }),
    };
  }
}
