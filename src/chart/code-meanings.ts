import { isExact, type OpenStudy, type Study, type StudyCatalog } from '../policy/studies.ts';
import type { CodeIndex, Hit } from '../terminology/code-index.ts';
import { withoutModifiers } from '../terminology/cpt-modifiers.ts';
import type { Drug } from '../terminology/substances.ts';
import { type CodeSource, type System, systemOf } from '../terminology/systems.ts';
import { isObject } from './json.ts';

/** Codes of one EHR, as "system|code", with what they mean: standard codings or code sets. */
export type LocalCodes = ReadonlyMap<string, readonly { readonly system: CodeSource; readonly code: string }[]>;

/** What one Coding of a chart means. */
export interface Meaning {
  /** it, and what an EHR's local code stands for, as "system|code"; none for a code of a system that we do not know */
  readonly keys: readonly string[];
  /** the code sets that these belong to */
  readonly own: readonly Hit[];
  /** the same, and for LOINC and SNOMED CT codes of an imaging study the code sets of its CPT code */
  readonly hits: readonly Hit[];
  /** the imaging study that it names */
  readonly study: Study | OpenStudy | undefined;
}

/** What says nothing means. */
export const NOTHING: Meaning = { keys: [], own: [], hits: [], study: undefined };
const LONGEST_CODE = 64;

/** Of two studies that are named the first, unless only the second is exact. */
export const clearer = (
  first: Study | OpenStudy | undefined,
  second: Study | OpenStudy | undefined,
): Study | OpenStudy | undefined =>
  first === undefined || (second !== undefined && !isExact(first) && isExact(second)) ? second : first;

/**
 * What the Codings of one chart mean. Most resources of a chart say nothing that any fact asks for, and the same codes come
 * again and again: each distinct Coding is worked out once, so that every later one costs a map read.
 */
export class CodeMeanings {
  readonly #index: CodeIndex;
  readonly #studies: StudyCatalog;
  readonly #local: LocalCodes | undefined;
  /** the sets that names mean, by the name */
  readonly #named = new Map<string, readonly Hit[]>();
  /** by system URI and code */
  readonly #found = new Map<string, Map<string, Meaning>>();
  /** resources of one type mostly use one system */
  #lastUri: string | undefined;
  #last = new Map<string, Meaning>();

  constructor(index: CodeIndex, studies: StudyCatalog, local: LocalCodes | undefined) {
    this.#index = index;
    this.#studies = studies;
    this.#local = local;
  }

  /** The meaning of a Coding, or of anything else, which means nothing. */
  of(coding: unknown): Meaning {
    if (!isObject(coding)) return NOTHING;
    const code = coding['code'];
    if (typeof code !== 'string') return NOTHING;
    const system = coding['system'];
    const uri = typeof system === 'string' ? system : '';
    const codes = uri === this.#lastUri ? this.#last : this.#ofSystem(uri);
    let meaning = codes.get(code);
    if (meaning === undefined) {
      meaning = code.length > LONGEST_CODE ? NOTHING : this.#workedOut(uri, code);
      codes.set(code, meaning);
    }
    return meaning;
  }

  /** What the codings of a drug say of its substances. @param keys as "system|code" */
  drug(keys: readonly string[]): Drug {
    return this.#index.substances.of(keys);
  }

  /** The sets that a name of an EHR's own means. */
  inWords(name: string): readonly Hit[] {
    let hits = this.#named.get(name);
    if (hits === undefined) {
      hits = this.#index.inWords(name);
      this.#named.set(name, hits);
    }
    return hits;
  }

  #ofSystem(uri: string): Map<string, Meaning> {
    let codes = this.#found.get(uri);
    if (codes === undefined) {
      codes = new Map();
      this.#found.set(uri, codes);
    }
    this.#lastUri = uri;
    this.#last = codes;
    return codes;
  }

  #workedOut(uri: string, code: string): Meaning {
    const keys: string[] = [];
    const own: Hit[] = [];
    const hits: Hit[] = [];
    let study: Study | OpenStudy | undefined;
    const add = (system: CodeSource, of: string): void => {
      keys.push(`${system}|${of}`);
      const found = this.#index.lookup(system, of);
      own.push(...found);
      hits.push(...found);
      const named = this.#studies.byCoding(system, of);
      study = clearer(study, named);
      if (named !== undefined && system !== 'cpt' && isExact(named))
        hits.push(...this.#index.lookup('cpt', named.code));
    };
    const standard = systemOf(uri);
    if (standard !== undefined) for (const of of asListed(standard, code)) add(standard, of);
    for (const mapped of this.#local?.get(`${uri}|${code}`) ?? []) add(mapped.system, mapped.code);
    return keys.length === 0 ? NOTHING : { keys, own, hits, study };
  }
}

/** A code as code sets write it. One of CPT may come with modifiers, which have meanings of their own. */
function asListed(system: System, code: string): readonly string[] {
  if (system === 'icd10cm') return [dotted(code)];
  return system === 'cpt' ? withoutModifiers(code) : [system === 'icd10pcs' ? code.toUpperCase() : code];
}

/** ICD-10-CM with its dot; some charts leave it out. */
function dotted(code: string): string {
  const upper = code.toUpperCase();
  return upper.length > 3 && !upper.includes('.') ? `${upper.slice(0, 3)}.${upper.slice(3)}` : upper;
}
