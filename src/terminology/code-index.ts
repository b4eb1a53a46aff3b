import { type CodeSetInput, codeAndLabel, type ListedCode, listedCodes, ownIcd10cm } from './code-set.ts';
import { icd10pcsFamilies } from './icd10pcs.ts';
import { icdPlace, NO_PLACE, type Place, placeOf, STATED } from './regions.ts';
import { type WordsOfSet, wordsOfSet } from './set-words.ts';
import { Substances } from './substances.ts';
import { type CodeSource, SYSTEM_NAMES, type System } from './systems.ts';

/** A code found in a chart: the set it belongs to and the place on the body that the code itself names. */
export interface Hit {
  readonly set: number;
  readonly place: Place;
}

interface Entry extends Hit {
  /** the character after the matched family is a region digit */
  readonly byRegion: boolean;
  readonly seventh: string | undefined;
}

const PLACES: Readonly<Record<string, Place>> = {
  any: NO_PLACE,
  cervical: placeOf(['cervical']),
  thoracic: placeOf(['thoracic']),
  lumbar: placeOf(['lumbar']),
  pelvis: placeOf(['pelvis']),
  cervicothoracic: placeOf(['cervical', 'thoracic']),
  thoracolumbar: placeOf(['thoracic', 'lumbar']),
  lumbosacral: placeOf(['lumbar', 'pelvis']),
  other: placeOf(['other']),
  stated: STATED,
};

const exceptionsOf = (set: CodeSetInput, sets: ReadonlyMap<string, CodeSetInput>): readonly string[] => [
  ...set['icd10cm-except'].map((item) => codeAndLabel(item)[0]),
  ...set['icd10cm-except-sets'].flatMap((name) => {
    const other = sets.get(name);
    return other === undefined ? [] : ownIcd10cm(other);
  }),
];

/** Which sets does a code belong to? Built once at start; looking up is a handful of map reads. */
export class CodeIndex {
  readonly names: readonly string[];
  readonly listed: readonly ListedCode[];
  /** the sets as their files describe them */
  readonly sets: ReadonlyMap<string, CodeSetInput>;
  readonly #number = new Map<string, number>();
  readonly #exact: Readonly<Record<System, Map<string, Entry[]>>>;
  readonly #except = new Map<number, readonly string[]>();
  readonly #including: readonly (readonly number[])[];
  /** the systems of whose codes each set holds some */
  readonly #systems: readonly Set<string>[];
  readonly #words: readonly WordsOfSet[];
  readonly substances: Substances;

  constructor(sets: ReadonlyMap<string, CodeSetInput>) {
    this.sets = sets;
    this.names = [...sets.keys()];
    for (const [i, name] of this.names.entries()) this.#number.set(name, i);
    this.#exact = Object.fromEntries(SYSTEM_NAMES.map((s) => [s, new Map<string, Entry[]>()])) as Record<
      System,
      Map<string, Entry[]>
    >;
    for (const [name, set] of sets) {
      const except = exceptionsOf(set, sets);
      if (except.length > 0) this.#except.set(this.number(name), except);
    }
    this.listed = [...sets].flatMap(([name, set]) => listedCodes(name, set));
    for (const each of this.listed) this.#add(each);
    this.#systems = this.names.map(() => new Set());
    this.substances = new Substances(this.listed, sets);
    this.#including = this.names.map((_, i) => this.#ancestors(i, sets));
    for (const { set, system } of this.listed)
      for (const whole of this.#including[this.number(set)] ?? []) this.#systems[whole]?.add(system);
    this.#words = [...sets].flatMap(([name, set]) => wordsOfSet(this.number(name), set) ?? []);
  }

  #add({ set, system, code, region }: ListedCode): void {
    const entry: Entry = {
      set: this.number(set),
      place: PLACES[region] ?? NO_PLACE,
      byRegion: region === 'by-region',
      seventh: system === 'icd10cm' ? this.sets.get(set)?.['icd10cm-seventh'] : undefined,
    };
    for (const each of system === 'icd10pcs' ? icd10pcsFamilies(code) : [code]) {
      const entries = this.#exact[system].get(each);
      if (entries === undefined) this.#exact[system].set(each, [entry]);
      else entries.push(entry);
    }
  }

  /** The sets that include a set, directly or through others. */
  #ancestors(number: number, sets: ReadonlyMap<string, CodeSetInput>): readonly number[] {
    const found = new Set<number>([number]);
    for (let grown = true; grown; ) {
      grown = false;
      for (const [name, set] of sets) {
        const i = this.number(name);
        if (!found.has(i) && set.include.some((inc) => found.has(this.number(inc)))) {
          found.add(i);
          grown = true;
        }
      }
    }
    return [...found];
  }

  /** The number of a set. @throws RangeError when there is no such set */
  number(name: string): number {
    const number = this.#number.get(name);
    if (number === undefined) throw new RangeError(`there is no code set "${name}"`);
    return number;
  }

  has(name: string): boolean {
    return this.#number.has(name);
  }

  /**
   * The sets that a code belongs to, with the place that it names.
   * @param code a code, or with the system `set` the name of a set and, after an @, a region: "spinal-pain@lumbar"
   */
  lookup(system: CodeSource, code: string): readonly Hit[] {
    if (system === 'set') return this.#named(code);
    const inFamilies = system === 'icd10cm' || system === 'icd10pcs';
    const found = inFamilies ? this.#families(system, code) : this.#exact[system].get(code);
    if (found === undefined || found.length === 0) return NONE;
    const hits = found.flatMap((hit) => (this.#including[hit.set] ?? []).map((set) => ({ set, place: hit.place })));
    return hits.length === 1 ? hits : placed(hits);
  }

  /** Does a set include another, directly or through others, or is it the same? */
  includes(whole: number, part: number): boolean {
    return this.#including[part]?.includes(whole) ?? false;
  }

  /** Does a set hold codes of a system, itself or in the sets that it includes? */
  holds(set: number, system: string): boolean {
    return this.#systems[set]?.has(system) ?? false;
  }

  /** The sets one of which a name of an EHR's own means: "Medtronic pacemaker, dual". What it names is not proven by it. */
  inWords(name: string): readonly Hit[] {
    const sets = this.#words.flatMap((w) => (w.means(name) ? (this.#including[w.set] ?? []) : []));
    return [...new Set(sets)].map((set) => ({ set, place: NO_PLACE }));
  }

  /**
   * What of a name means a set, in words of our own lists alone: it means the same as the name. They are words that stand in it: others
   * of one set may keep it from meaning another ("back" for "knee pain").
   * @param without sets whose words are not looked for
   */
  namingWords(name: string, without: readonly string[] = []): string {
    const left = without.map((set) => this.number(set));
    const words = this.#words.flatMap((w) => (!left.includes(w.set) && w.means(name) ? (w.wordIn(name) ?? []) : []));
    // not by a word: that may be part of what is looked for
    return [...new Set(words)].join('; ');
  }

  #named(text: string): readonly Hit[] {
    const [name = '', region = 'any'] = text.split('@');
    const set = this.#number.get(name);
    const place = PLACES[region];
    if (set === undefined || place === undefined) return NONE;
    return (this.#including[set] ?? []).map((s) => ({ set: s, place }));
  }

  /** The code itself and every family that it belongs to. */
  #families(system: 'icd10cm' | 'icd10pcs', code: string): readonly Hit[] | undefined {
    let out: Hit[] | undefined;
    const map = this.#exact[system];
    for (let length = code.length; length >= 1; length--) {
      const entries = map.get(code.slice(0, length));
      if (entries === undefined) continue;
      for (const entry of entries) {
        const hit = system === 'icd10pcs' ? entry : this.#family(entry, code, length);
        if (hit !== undefined) {
          out ??= [];
          out.push(hit);
        }
      }
    }
    return out;
  }

  #family(entry: Entry, code: string, length: number): Hit | undefined {
    const except = this.#except.get(entry.set);
    if (except?.some((e) => code.startsWith(e))) return undefined;
    if (entry.seventh !== undefined && code.length === 8 && !entry.seventh.includes(code.charAt(7))) return undefined;
    if (!entry.byRegion) return entry;
    const digit = code.charAt(code.charAt(length) === '.' ? length + 1 : length);
    const place = digit === '' ? NO_PLACE : icdPlace(digit);
    return place === undefined ? undefined : { set: entry.set, place };
  }
}

const NONE: readonly Hit[] = [];

/** A code that a set lists with a place does not lose it by belonging to a wider family of the same set without one. */
const placed = (hits: readonly Hit[]): readonly Hit[] =>
  hits.filter((h) => h.place !== NO_PLACE || !hits.some((o) => o.set === h.set && o.place !== NO_PLACE));
