import { isExact, type OpenStudy, type Study, type StudyCatalog, type StudyInWords } from '../policy/studies.ts';
import type { CodeIndex, Hit } from '../terminology/code-index.ts';
import { NO_PLACE, OTHER, type Place, placeOf } from '../terminology/regions.ts';
import type { Drug } from '../terminology/substances.ts';
import { CodeMeanings, clearer, type LocalCodes, type Meaning, NOTHING } from './code-meanings.ts';
import { isStandard, sentencesOf, wordsOf } from './concept-words.ts';
import { isObject, type Json, object, objects, text } from './json.ts';
import { placed } from './placed-hits.ts';
import { namesNoPurpose } from './qualified-in-words.ts';
import { READING_SETS, type ReadingSet } from './reading-sets.ts';

/** v3 ObservationInterpretation codes by what they say. */
const INTERPRETATION: ReadonlyMap<string, ReadingSet> = new Map(
  Object.entries<ReadingSet>({
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
  }),
);

/** The same in codes of other systems (SNOMED CT, LOINC answers), as v3 codes. */
const RESULTS: ReadonlyMap<ReadingSet, string> = new Map([
  ['result-normal', 'N'],
  ['result-negative', 'NEG'],
  ['result-indeterminate', 'IND'],
  ['result-positive', 'POS'],
  ['result-abnormal', 'A'],
]);

const NO_HITS: readonly Hit[] = [];
const NO_MEANINGS: readonly Meaning[] = [];
const DEEPEST_LIST = 3;
/** No concept has more codings in earnest: of so many, those that say the same are one. */
const FEW_CODINGS = 16;
/** Nothing in earnest has more codings. */
const MOST_CODINGS = 300;
/** Concepts that are listed have fewer codings each, on the whole: a diagnosis comes in the codes of several systems. */
const CODINGS_OF_EACH = 20;
const HISTOLOGY = 'http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior';

/** v3 ObservationInterpretation codes of an element, and the code sets of what they say. */
interface Interpretation {
  readonly codes: readonly string[];
  readonly hits: readonly Hit[];
}
const NOT_INTERPRETED: Interpretation = { codes: [], hits: [] };

const distinct = (hits: readonly Hit[]): readonly Hit[] => [
  ...new Map(hits.map((h) => [`${h.set} ${h.place}`, h])).values(),
];

/** How many codings a list of concepts has at most in earnest: for what a chart spells out, they grow with its size alone. */
export const mostCodingsOf = (concepts: number): number => Math.max(MOST_CODINGS, CODINGS_OF_EACH * concepts);

/** @throws RangeError for a list that is longer than any in earnest: what it stands in is malformed */
export function checkSize(list: readonly unknown[], most = MOST_CODINGS): void {
  if (list.length > most) throw new RangeError(`a list of ${list.length} is longer than ${most}`);
}

/** What the codes, and the words, of the elements of one chart mean. */
export class ConceptReader {
  readonly #codes: CodeMeanings;
  readonly #studies: StudyCatalog;
  readonly #set: Readonly<Record<ReadingSet, number>>;
  readonly #inWords = new Map<string, StudyInWords | undefined>();
  /** of elements with many codings, which many others may refer to */
  readonly #hitsOfMany = new Map<object, readonly Hit[]>();

  constructor(index: CodeIndex, studies: StudyCatalog, local?: LocalCodes) {
    this.#codes = new CodeMeanings(index, studies, local);
    this.#studies = studies;
    this.#set = Object.fromEntries(READING_SETS.map((s) => [s, index.number(s)])) as Record<ReadingSet, number>;
  }

  /** Does a fact or the catalogue of studies know one of the codes of an element? For most of a chart the answer is no. */
  knows(element: unknown, depth = 0): boolean {
    if (Array.isArray(element)) {
      if (depth < DEEPEST_LIST) for (const e of element) if (this.knows(e, depth + 1)) return true;
      return false;
    }
    if (!isObject(element)) return false;
    const list = element['coding'];
    if (!Array.isArray(list)) return this.#knowsCoding(list ?? element);
    for (const coding of list) if (this.#knowsCoding(coding)) return true;
    return false;
  }

  #knowsCoding(coding: unknown): boolean {
    const { hits, study } = this.#codes.of(coding);
    return hits.length > 0 || study !== undefined;
  }

  /** What an element with at most one coding means, as most are; undefined where there are several. */
  #only(element: unknown): Meaning | undefined {
    const concept: unknown = Array.isArray(element) && element.length === 1 ? element[0] : element;
    if (!isObject(concept)) return Array.isArray(concept) ? undefined : NOTHING;
    const list = concept['coding'];
    if (!Array.isArray(list)) return this.#codes.of(list ?? concept);
    return list.length === 1 ? this.#codes.of(list[0]) : undefined;
  }

  /** What each coding of a CodeableConcept, Coding or list of them (or of lists) means, as far as its system is known. */
  meanings(element: unknown): readonly Meaning[] {
    if (element === undefined) return NO_MEANINGS;
    const out: Meaning[] = [];
    this.#collect(element, out, mostCodingsOf(Array.isArray(element) ? element.length : 1), 0);
    return out.length > FEW_CODINGS ? [...new Set(out)] : out;
  }

  /** @throws RangeError for more codings than anything has */
  #collect(element: unknown, out: Meaning[], most: number, depth: number): void {
    if (Array.isArray(element)) {
      checkSize(element);
      if (depth < DEEPEST_LIST) for (const e of element) this.#collect(e, out, most, depth + 1);
      return;
    }
    if (!isObject(element)) return;
    const list = element['coding'];
    const codings: readonly unknown[] = Array.isArray(list) ? list : [list ?? element];
    checkSize(codings);
    for (const coding of codings) {
      const meaning = this.#codes.of(coding);
      if (meaning.keys.length > 0) out.push(meaning);
    }
    checkSize(out, most);
  }

  /** The code sets that the codes of an element belong to. LOINC and SNOMED CT codes of a study belong to those of its CPT code. */
  hits(element: unknown, depth = 0): readonly Hit[] {
    const only = this.#only(element);
    if (only !== undefined) return only.hits;
    if (typeof element !== 'object' || element === null || depth >= DEEPEST_LIST) return NO_HITS;
    const known = this.#hitsOfMany.get(element);
    if (known !== undefined) return known;
    const meanings = this.meanings(element);
    const hits = Array.isArray(element)
      ? element.flatMap((e) => this.hits(e, depth + 1))
      : placed(this.#ofThePatient(meanings).flatMap((m) => m.hits));
    if (meanings.length <= FEW_CODINGS) return hits;
    const each = distinct(hits);
    this.#hitsOfMany.set(element, each);
    return each;
  }

  /**
   * The codings of one concept mean the same. Where that of ICD-10-CM is a disease of the family, one that is looked for or one that was
   * ruled out, the code of the disease beside it (SNOMED CT, as a rule) says no more than that.
   */
  #ofThePatient(meanings: readonly Meaning[]): readonly Meaning[] {
    const ofOthers = meanings.filter(({ own }) => own.some((h) => h.set === this.#set['of-relatives-or-looked-for']));
    if (ofOthers.length === 0) return meanings;
    const isDisease = (m: Meaning): boolean => m.keys.some((k) => k.startsWith('icd10cm|')) && !ofOthers.includes(m);
    return meanings.some(isDisease) ? meanings : ofOthers;
  }

  /** The code sets of a Condition, by its code and the histology of a tumor that is stated beside it. */
  diagnosis(condition: Json): readonly Hit[] {
    const hits = this.hits(condition['code']);
    const histology = objects(condition['extension']).filter((e) => e['url'] === HISTOLOGY);
    return histology.length === 0 ? hits : [...hits, ...histology.flatMap((e) => this.hits(e['valueCodeableConcept']))];
  }

  /** The standard codings of an element as "system|code". */
  keys(element: unknown): readonly string[] {
    return this.#only(element)?.keys ?? this.meanings(element).flatMap((m) => m.keys);
  }

  /** The substances of a drug that an element names. */
  drug(element: unknown): Drug {
    return this.#codes.drug(this.keys(element));
  }

  /** The imaging study that an element names; a coding that names it exactly goes before one that leaves something open. */
  study(element: unknown): Study | OpenStudy | undefined {
    const only = this.#only(element);
    if (only !== undefined) return only.study;
    let found: Study | OpenStudy | undefined;
    for (const meaning of this.meanings(element)) found = clearer(found, meaning.study);
    return found;
  }

  /** The studies that an element names beside the first, of other parts of the body: "MRI brain and cervical spine". */
  furtherStudies(element: unknown): readonly Study[] {
    if (this.#only(element) !== undefined) return [];
    const first = this.study(element);
    if (first === undefined || !isExact(first)) return [];
    const out: Study[] = [];
    let seen = placeOf(first.regions);
    for (const { study } of this.meanings(element)) {
      if (study === undefined || !isExact(study) || study.regions.length === 0) continue;
      const place = placeOf(study.regions);
      if ((seen & place) === 0) out.push(study);
      seen |= place;
    }
    return out;
  }

  /** The sets that the words of an element mean, where an EHR names a thing itself. */
  inWords(element: unknown): readonly Hit[] {
    return this.meantBy(wordsOf(object(element)));
  }

  /** The sets that some words mean. */
  meantBy(words: readonly string[]): readonly Hit[] {
    return words.flatMap((w) => this.#codes.inWords(w));
  }

  /** The sets that the sentences of a text mean, each for itself: what one denies the next may affirm. */
  inSentences(words: unknown): readonly Hit[] {
    return this.meantBy(sentencesOf(text(words)));
  }

  /**
   * The examination of the spine, or of a place that is not told, that an element names in words, where no code of it is known as a study.
   * @returns undefined when words name another one; `wordless` when there are no words at all, or none but that it is a report of imaging
   */
  studyInWords(element: unknown): StudyInWords | 'wordless' | undefined {
    const concept = object(element);
    const words = wordsOf(concept);
    if (words.length === 0) return isStandard(concept) ? undefined : 'wordless';
    const studies = words.map((w) => this.#named(w));
    const ofSpine = studies.find((s) => s?.placeless === false);
    if (ofSpine !== undefined) return ofSpine;
    const saysNoPlace = words.every((w, i) => studies[i] !== undefined || this.#studies.isNameless(w));
    return saysNoPlace ? (studies.find((s) => s !== undefined) ?? 'wordless') : undefined;
  }

  /** The examination of the spine that a description of images names; `elsewhere` when it names another part of the body. */
  studyInDescription(description: string): StudyInWords | 'elsewhere' | undefined {
    return this.#named(description) ?? (this.#studies.namesElsewhere(description) ? 'elsewhere' : undefined);
  }

  /** The same words come again and again in a chart; each are read once. */
  #named(words: string): StudyInWords | undefined {
    if (!this.#inWords.has(words)) this.#inWords.set(words, this.#studies.inWords(words));
    return this.#inWords.get(words);
  }

  /**
   * The place of a bodySite element: spine regions, OTHER for any other coded place, zero without one. Zero too for a site
   * that is the spine or the back without a region ("any" in the set of body sites).
   */
  site(element: unknown): Place {
    const meanings = this.meanings(element);
    let place = NO_PLACE;
    let known = false;
    for (const { own } of meanings) {
      for (const hit of own) {
        if (hit.set !== this.#set['body-site']) continue;
        known = true;
        place |= hit.place;
      }
    }
    return meanings.length > 0 && !known ? OTHER : place;
  }

  /** Do the codes of a visit say how the contact was: by telephone, video or message, or in one place? */
  contact(hits: readonly Hit[]): 'remote' | 'in-person' | undefined {
    if (hits.some((h) => h.set === this.#set['remote-contact'])) return 'remote';
    return hits.some((h) => h.set === this.#set['in-person-contact']) ? 'in-person' : undefined;
  }

  /** Does a code of a visit say no more than how the contact was? */
  isContact({ set }: Hit): boolean {
    return set === this.#set['remote-contact'] || set === this.#set['in-person-contact'];
  }

  /** Does a code of a visit say that the patient was evaluated, or that there was a contact for it? */
  isEvaluation(hit: Hit): boolean {
    return hit.set === this.#set['evaluation-visit'] || this.isContact(hit);
  }

  /** Does a code of a visit, or a word for it, name a service that is no evaluation? */
  isOtherService(hit: Hit): boolean {
    return hit.set === this.#set['service-without-evaluation'];
  }

  /** Do words of a device speak of its safety in MR? They are no rating. */
  speaksOfMrSafety(words: unknown): boolean {
    return this.inWords(words).some((h) => h.set === this.#set['mr-safety']);
  }

  /** Does a code name what relatives have, what is looked for or what was ruled out, and nothing that was found? */
  isOfOthersOrLookedFor(hit: Hit): boolean {
    return hit.set === this.#set['of-relatives-or-looked-for'];
  }

  /** Is it a disease that does not pass, once somebody has it? */
  isForLife(hits: readonly Hit[]): boolean {
    return hits.some((h) => h.set === this.#set['disease-for-life']);
  }

  /** Does the code of an observation say that its value is not what the patient was found to have? */
  statedAs(code: unknown): 'family' | 'past' | 'unfound' | undefined {
    const hits = this.hits(code);
    const isOf = (set: ReadingSet): boolean => hits.some((h) => h.set === this.#set[set]);
    if (isOf('family-history')) return 'family';
    return isOf('past-history') ? 'past' : isOf('reason-or-risk') ? 'unfound' : undefined;
  }

  /** Does one of some concepts name a problem of another part of the body (a knee, a tooth), in codes or in words? */
  namesProblemElsewhere(concepts: readonly unknown[]): boolean {
    const elsewhere = ({ set }: Hit): boolean => set === this.#set['problem-elsewhere'];
    return concepts.some((c) => this.hits(c).some(elsewhere) || this.inWords(c).some(elsewhere));
  }

  /** Does a reason that stands in words alone name a purpose that no treatment of the spine has? */
  namesOtherPurpose(reasons: readonly unknown[]): boolean {
    const inWordsAlone = reasons.filter((r) => wordsOf(object(r)).length > 0 && this.keys(r).length === 0);
    return (
      inWordsAlone.length > 0 &&
      inWordsAlone.length === reasons.length &&
      !inWordsAlone.some(
        (r) => namesNoPurpose(r) || this.inWords(r).some((h) => h.set === this.#set['purpose-of-the-spine']),
      )
    );
  }

  /** Hits of interpretation codes (normal, abnormal, indeterminate ...). */
  interpretation(element: unknown): Interpretation {
    if (element === undefined) return NOT_INTERPRETED;
    const codes: string[] = [];
    const hits: Hit[] = [];
    const concepts = objects(element);
    checkSize(concepts);
    for (const concept of concepts) {
      for (const coding of objects(concept['coding'])) {
        const said = text(coding['code']);
        if (said === undefined || said.length > 16) continue;
        const code = this.#resultOf(coding) ?? (INTERPRETATION.has(said) ? said : said.toUpperCase());
        codes.push(code);
        const set = INTERPRETATION.get(code);
        if (set !== undefined) hits.push({ set: this.#set[set], place: NO_PLACE });
      }
    }
    return { codes, hits };
  }

  /** What a coding of another system says of a result, as a v3 code. */
  #resultOf(coding: Json): string | undefined {
    const { own } = this.#codes.of(coding);
    for (const [set, code] of RESULTS) if (this.areOf(set, own)) return code;
    return undefined;
  }

  /** Is one of some codes of a set? */
  areOf(set: ReadingSet, hits: readonly Hit[]): boolean {
    return hits.some((h) => h.set === this.#set[set]);
  }

  /** Those of some codes that name a problem of the spine. */
  ofSpine(hits: readonly Hit[]): readonly Hit[] {
    return hits.filter((hit) => hit.set === this.#set['spine-problem']);
  }
}
