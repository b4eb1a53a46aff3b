import { type Interval, parseDate } from '../dates/day.ts';
import { isExact, type OpenStudy, type Study, type StudyCatalog, type StudyInWords } from '../policy/studies.ts';
import type { CodeIndex, Hit } from '../terminology/code-sets.ts';
import { NO_PLACE, OTHER, type Place } from '../terminology/regions.ts';
import { type CodeSource, systemOf } from '../terminology/systems.ts';
import { isObject, type Json, object, objects, text } from './json.ts';
import { localKey } from './references.ts';
import { isVoid, verification } from './status.ts';

/** Codes of one EHR, as "system|code", with what they mean: standard codings or code sets. */
export type LocalCodes = ReadonlyMap<string, readonly { readonly system: CodeSource; readonly code: string }[]>;

/** The code sets with a fixed meaning for reading charts. They are defined in `policies/codes` like all others. */
export const READING_SETS = [
  'spine-problem',
  'body-site',
  'result-normal',
  'result-abnormal',
  'result-indeterminate',
  'result-unexplained',
  'result-positive',
  'result-negative',
] as const;
type ReadingSet = (typeof READING_SETS)[number];

/** v3 ObservationInterpretation codes by what they say. */
const INTERPRETATION: Readonly<Record<string, ReadingSet>> = {
  N: 'result-normal',
  NEG: 'result-negative',
  ND: 'result-negative',
  IND: 'result-indeterminate',
  IE: 'result-indeterminate',
  E: 'result-indeterminate',
  A: 'result-abnormal',
  AA: 'result-abnormal',
  H: 'result-abnormal',
  HH: 'result-abnormal',
  HU: 'result-abnormal',
  L: 'result-abnormal',
  LL: 'result-abnormal',
  LU: 'result-abnormal',
  POS: 'result-positive',
  DET: 'result-positive',
};

const NO_HITS: readonly Hit[] = [];
const DEEPEST_LIST = 3;

/** What a place-naming set of codes says: its places, and whether any code belongs to a spine problem. */
export interface Reason {
  readonly place: Place;
  readonly spine: boolean;
  readonly given: boolean;
}
const NO_REASON: Reason = { place: NO_PLACE, spine: false, given: false };

/** A Condition that other resources refer to. */
export interface Referred {
  readonly hits: readonly Hit[];
  /** its codings as "system|code" */
  readonly codes: readonly string[];
  readonly refuted: boolean;
}

/** Codes, places, dates and specialties of one chart: what every resource reader needs. */
export class ReadContext {
  readonly index: CodeIndex;
  /** for onsets that are stated as an age */
  readonly birth: Interval | undefined;
  readonly #studies: StudyCatalog;
  readonly #base: string | undefined;
  readonly #local: LocalCodes | undefined;
  readonly #set: Readonly<Record<ReadingSet, number>>;
  /** specialty codes of practitioners and roles, by "Practitioner/x" */
  readonly #specialties = new Map<string, readonly Hit[]>();
  /** conditions by reference, for reasons given as references */
  readonly #conditions = new Map<string, Referred>();
  /** observations by reference, for reports whose results they are */
  readonly #observations = new Map<string, Json>();
  /** medications by reference */
  readonly #medications = new Map<string, unknown>();

  /** @param base the FHIR base URL that relative references belong to, if known */
  constructor(index: CodeIndex, studies: StudyCatalog, local?: LocalCodes, birth?: Interval, base?: string) {
    this.index = index;
    this.birth = birth;
    this.#base = base;
    this.#studies = studies;
    this.#local = local;
    this.#set = Object.fromEntries(READING_SETS.map((s) => [s, index.number(s)])) as Record<ReadingSet, number>;
  }

  /** Calls back for each standard coding of a CodeableConcept, Coding or list of them (or of lists). */
  #codings(element: unknown, each: (system: CodeSource, code: string) => void, depth = 0): void {
    if (Array.isArray(element)) {
      if (depth < DEEPEST_LIST) for (const e of element) this.#codings(e, each, depth + 1);
      return;
    }
    if (!isObject(element)) return;
    const list = element['coding'];
    if (Array.isArray(list)) for (const coding of list) this.#coding(coding, each);
    else if (list !== undefined || element['code'] !== undefined) this.#coding(list ?? element, each);
  }

  #coding(coding: unknown, each: (system: CodeSource, code: string) => void): void {
    if (!isObject(coding)) return;
    const code = coding['code'];
    const uri = coding['system'];
    if (typeof code !== 'string' || code.length > 64) return;
    const system = typeof uri === 'string' ? systemOf(uri) : undefined;
    if (system !== undefined) each(system, system === 'icd10cm' ? dotted(code) : code);
    if (this.#local === undefined || this.#local.size === 0) return;
    for (const mapped of this.#local.get(`${typeof uri === 'string' ? uri : ''}|${code}`) ?? [])
      each(mapped.system, mapped.code);
  }

  /** The code sets that the codes of an element belong to. LOINC and SNOMED CT codes of a study belong to those of its CPT code. */
  hits(element: unknown): readonly Hit[] {
    let out: Hit[] | undefined;
    const put = (system: CodeSource, code: string): void => {
      for (const hit of this.index.lookup(system, code)) {
        out ??= [];
        out.push(hit);
      }
    };
    this.#codings(element, (system, code) => {
      put(system, code);
      const study = system === 'loinc' || system === 'snomed' ? this.#studies.byCoding(system, code) : undefined;
      if (study !== undefined && isExact(study)) put('cpt', study.code);
    });
    return out ?? NO_HITS;
  }

  /** The standard codings of an element as "system|code". */
  keys(element: unknown): readonly string[] {
    const out: string[] = [];
    this.#codings(element, (system, code) => out.push(`${system}|${code}`));
    return out;
  }

  /** The imaging study that an element names; a coding that names it exactly goes before one that leaves something open. */
  study(element: unknown): Study | OpenStudy | undefined {
    let found: Study | OpenStudy | undefined;
    this.#codings(element, (system, code) => {
      if (found !== undefined && isExact(found)) return;
      const named = this.#studies.byCoding(system, code);
      if (named !== undefined && (found === undefined || isExact(named))) found = named;
    });
    return found;
  }

  /**
   * The examination of the spine that an element names in words only: it has no coding of a standard system.
   * @returns undefined when words name another one; `wordless` when there are no words at all
   */
  studyInWords(element: unknown): StudyInWords | 'wordless' | undefined {
    const concept = object(element);
    const codings = objects(concept?.['coding']);
    if (codings.some((c) => systemOf(text(c['system']) ?? '') !== undefined)) return undefined;
    const words = [concept?.['text'], ...codings.map((c) => c['display'])].flatMap((w) => text(w) ?? []);
    if (words.length === 0) return 'wordless';
    for (const w of words) {
      const study = this.#studies.inWords(w);
      if (study !== undefined) return study;
    }
    return undefined;
  }

  /**
   * The place of a bodySite element: spine regions, OTHER for any other coded place, zero without one. Zero too for a site
   * that is the spine or the back without a region ("any" in the set of body sites).
   */
  site(element: unknown): Place {
    if (element === undefined) return NO_PLACE;
    let place = NO_PLACE;
    let coded = false;
    let known = false;
    this.#codings(element, (system, code) => {
      const sites = this.index.lookup(system, code).filter((hit) => hit.set === this.#set['body-site']);
      coded = true;
      if (sites.length > 0) known = true;
      for (const hit of sites) place |= hit.place;
    });
    return coded && !known ? OTHER : place;
  }

  /** What reason codes and referenced conditions say about the place. */
  reason(resource: Json): Reason {
    const codes = resource['reasonCode'];
    const references = objects(resource['reasonReference']);
    if (codes === undefined && references.length === 0) return NO_REASON;
    let given = false;
    let spine = false;
    let place = NO_PLACE;
    const take = (hits: readonly Hit[]): void => {
      given = true;
      for (const hit of hits) {
        if (hit.set !== this.#set['spine-problem']) continue;
        spine = true;
        place |= hit.place;
      }
    };
    this.#codings(codes, (system, code) => take(this.index.lookup(system, code)));
    for (const reference of references) take(this.condition(resource, reference)?.hits ?? NO_HITS);
    return { place: given && !spine ? OTHER : place, spine, given };
  }

  /** Hits of interpretation codes (normal, abnormal, indeterminate ...). */
  interpretation(element: unknown): { readonly codes: readonly string[]; readonly hits: readonly Hit[] } {
    const codes: string[] = [];
    for (const concept of objects(element)) {
      for (const coding of objects(concept['coding'])) {
        const code = text(coding['code']);
        if (code !== undefined && code.length <= 16) codes.push(code.toUpperCase());
      }
    }
    const hits = codes.flatMap((c) => {
      const set = Object.hasOwn(INTERPRETATION, c) ? INTERPRETATION[c] : undefined;
      return set === undefined ? [] : [{ set: this.#set[set], place: NO_PLACE }];
    });
    return { codes, hits };
  }

  /** Remembers the specialty codes of a Practitioner or PractitionerRole. */
  addSpecialist(key: string, resource: Json): void {
    const hits = this.hits([resource['specialty'], ...objects(resource['qualification']).map((q) => q['code'])]);
    if (hits.length === 0) return;
    const practitioner = this.key(object(resource['practitioner']));
    for (const k of practitioner === undefined ? [key] : [key, practitioner]) {
      this.#specialties.set(k, [...(this.#specialties.get(k) ?? []), ...hits]);
    }
  }

  addCondition(key: string, condition: Referred): void {
    this.#conditions.set(key, condition);
  }

  /** The Condition that a reference of a resource names, contained in it or known. */
  condition(resource: Json, reference: Json | undefined): Referred | undefined {
    const contained = this.#contained(resource, reference);
    if (contained === undefined) return this.#conditions.get(this.key(reference) ?? '');
    if (contained['resourceType'] !== 'Condition' || isVoid(contained['verificationStatus'])) return undefined;
    return {
      hits: this.hits(contained['code']),
      codes: this.keys(contained['code']),
      refuted: verification(contained['verificationStatus']) === 'refuted',
    };
  }

  /** "Type/id" of a reference to this server. */
  key(reference: Json | undefined): string | undefined {
    return localKey(reference, this.#base);
  }

  addObservation(key: string, resource: Json): void {
    this.#observations.set(key, resource);
  }

  /** The Observations that a list of references names. */
  observations(references: unknown): readonly Json[] {
    return objects(references).flatMap((r) => {
      const observation = this.#observations.get(this.key(r) ?? '');
      return observation === undefined ? [] : [observation];
    });
  }

  addMedication(key: string, code: unknown): void {
    this.#medications.set(key, code);
  }

  /** The drug codes of medication[x], contained and separately sent Medications included. */
  medicationCode(resource: Json): unknown {
    const direct = resource['medicationCodeableConcept'];
    if (direct !== undefined) return direct;
    const reference = object(resource['medicationReference']);
    const contained = this.#contained(resource, reference);
    if (contained !== undefined) return contained['code'];
    return this.#medications.get(this.key(reference) ?? '');
  }

  #contained(resource: Json, reference: Json | undefined): Json | undefined {
    const id = text(reference?.['reference']);
    if (id === undefined || !id.startsWith('#')) return undefined;
    return objects(resource['contained']).find((c) => c['id'] === id.slice(1));
  }

  /** Specialty codes behind references (contained or known roles and practitioners). */
  specialties(resource: Json, references: readonly (Json | undefined)[]): readonly Hit[] {
    const out: Hit[] = [];
    for (const reference of references) {
      if (reference === undefined) continue;
      const contained = this.#contained(resource, reference);
      if (contained !== undefined)
        out.push(...this.hits([contained['specialty'], ...objects(contained['qualification']).map((q) => q['code'])]));
      out.push(...(this.#specialties.get(this.key(reference) ?? '') ?? []));
    }
    return out;
  }

  /** Does a hit belong to one of the reading sets? */
  is(hit: Hit, set: ReadingSet): boolean {
    return hit.set === this.#set[set];
  }
}

/** ICD-10-CM with its dot; some charts leave it out. */
function dotted(code: string): string {
  const upper = code.toUpperCase();
  return upper.length > 3 && !upper.includes('.') ? `${upper.slice(0, 3)}.${upper.slice(3)}` : upper;
}

/** The start of an element that may be a dateTime, a Period or a Timing. */
export function start(resource: Json, name: string): Interval | undefined {
  const dateTime = parseDate(resource[`${name}DateTime`]);
  if (dateTime !== undefined) return dateTime;
  const instant = parseDate(resource[`${name}Instant`]);
  if (instant !== undefined) return instant;
  const period = object(resource[`${name}Period`]);
  return period === undefined ? undefined : (parseDate(period['start']) ?? parseDate(period['end']));
}

/** The end of an element that may be a Period; undefined for a dateTime or an open period. */
export function end(resource: Json, name: string): Interval | undefined {
  return parseDate(object(resource[`${name}Period`])?.['end']);
}
