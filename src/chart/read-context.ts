import { type Interval, parseDate } from '../dates/day.ts';
import { isExact, type OpenStudy, type Study, type StudyCatalog, type StudyInWords } from '../policy/studies.ts';
import type { CodeIndex, Hit } from '../terminology/code-sets.ts';
import { NO_PLACE, OTHER, type Place, placeOf, placeOfHits, STATED } from '../terminology/regions.ts';
import { CodeMeanings, clearer, type LocalCodes, type Meaning, NOTHING } from './code-meanings.ts';
import { isStandard, wordsOf } from './concept-words.ts';
import { containedIn } from './contained.ts';
import { isObject, type Json, object, objects, text } from './json.ts';
import { KnownResources } from './known-resources.ts';
import { isDisowned, namesNoPurpose } from './qualified-in-words.ts';
import { localKey, localReference } from './references.ts';
import { isVoid, verification } from './status.ts';

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
  'remote-contact',
  'in-person-contact',
  'evaluation-visit',
  'service-without-evaluation',
  'left-unseen',
  'family-history',
  'past-history',
  'reason-or-risk',
  'of-relatives-or-looked-for',
  'disease-for-life',
  'local-route',
  'skin-route',
  'pain-drug-for-the-skin',
  'problem-elsewhere',
  'purpose-of-the-spine',
] as const;
type ReadingSet = (typeof READING_SETS)[number];

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

const NO_HITS: readonly Hit[] = [];
const NO_MEANINGS: readonly Meaning[] = [];
const NO_RESOURCES: readonly Json[] = [];
const given = (resource: Json | undefined): readonly Json[] => (resource === undefined ? NO_RESOURCES : [resource]);
const DEEPEST_LIST = 3;
/** No concept has more codings in earnest: of so many, those that say the same are one. */
const FEW_CODINGS = 16;
const HISTOLOGY = 'http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior';

/** What a place-naming set of codes says: its places, and whether any code belongs to a spine problem. */
export interface Reason {
  readonly place: Place;
  readonly spine: boolean;
  readonly given: boolean;
}
const NO_REASON: Reason = { place: NO_PLACE, spine: false, given: false };

/** The days of a visit that took place. */
function daysOf(visit: Json | undefined): Interval | undefined {
  if (visit === undefined || visit['status'] === 'planned') return undefined;
  const period = object(visit['period']);
  const [from, to] = [parseDate(period?.['start']), parseDate(period?.['end'])];
  return from === undefined || to === undefined ? (from ?? to) : { lo: from.lo, hi: Math.max(from.hi, to.hi) };
}

/** v3 ObservationInterpretation codes of an element, and the code sets of what they say. */
interface Interpretation {
  readonly codes: readonly string[];
  readonly hits: readonly Hit[];
}
const NOT_INTERPRETED: Interpretation = { codes: [], hits: [] };

/** A problem that something was done for. */
interface Problem {
  readonly hits: readonly Hit[];
  /** its codings as "system|code" */
  readonly codes: readonly string[];
}
const NO_PROBLEM: Problem = { hits: NO_HITS, codes: [] };

/** A Condition that other resources refer to. */
export interface Referred extends Problem {
  readonly refuted: boolean;
}

/** Does its code name no place itself? */
const isPlaceless = (h: Hit): boolean => h.place === NO_PLACE || h.place === STATED;

/** Hits at a place that is stated beside them; those whose codes name one keep it. */
const at = (place: Place, hits: readonly Hit[]): readonly Hit[] =>
  hits.map((h) => (isPlaceless(h) ? { set: h.set, place } : h));

/**
 * The codings of one concept say the same in several systems: where some name the place, it is that of all, and one that needs
 * a place (pain) adds nothing to another of its set that needs none.
 */
function placed(hits: readonly Hit[]): readonly Hit[] {
  const place = hits.reduce((p, h) => (isPlaceless(h) ? p : p | h.place), NO_PLACE);
  if (place !== NO_PLACE) return at(place, hits);
  const alone = (h: Hit): boolean => !hits.some((o) => o.set === h.set && o.place !== STATED);
  return hits.filter((h) => h.place !== STATED || alone(h));
}

/** Codes, places, dates and specialties of one chart: what every resource reader needs. */
export class ReadContext {
  /** for onsets that are stated as an age */
  readonly birth: Interval | undefined;
  /** what others may refer to: conditions as reasons, observations as results of reports, medications */
  readonly resources = new KnownResources();
  readonly #base: string | undefined;
  readonly #codes: CodeMeanings;
  readonly #studies: StudyCatalog;
  readonly #set: Readonly<Record<ReadingSet, number>>;
  /** specialty codes of practitioners and roles, by "Practitioner/x" */
  readonly #specialties = new Map<string, Hit[]>();
  readonly #inWords = new Map<string, StudyInWords | undefined>();
  #diagnosesByVisit: ReadonlyMap<string | undefined, readonly Json[]> | undefined;
  /** when conditions were first the diagnosis of a visit */
  #firstDiagnosed: ReadonlyMap<string, Interval> | undefined;
  /** conditions that were referred to */
  readonly #conditions = new Map<Json, Referred>();

  /** @param base the FHIR base URL that relative references belong to, if known */
  constructor(index: CodeIndex, studies: StudyCatalog, local?: LocalCodes, birth?: Interval, base?: string) {
    this.birth = birth;
    this.#base = base;
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
  #meanings(element: unknown): readonly Meaning[] {
    if (element === undefined) return NO_MEANINGS;
    const out: Meaning[] = [];
    this.#collect(element, out, 0);
    return out.length > FEW_CODINGS ? [...new Set(out)] : out;
  }

  #collect(element: unknown, out: Meaning[], depth: number): void {
    if (Array.isArray(element)) {
      if (depth < DEEPEST_LIST) for (const e of element) this.#collect(e, out, depth + 1);
      return;
    }
    if (!isObject(element)) return;
    const list = element['coding'];
    for (const coding of Array.isArray(list) ? list : [list ?? element]) {
      const meaning = this.#codes.of(coding);
      if (meaning.keys.length > 0) out.push(meaning);
    }
  }

  /** The code sets that the codes of an element belong to. LOINC and SNOMED CT codes of a study belong to those of its CPT code. */
  hits(element: unknown, depth = 0): readonly Hit[] {
    const only = this.#only(element);
    if (only !== undefined) return only.hits;
    if (!Array.isArray(element)) return placed(this.#ofThePatient(this.#meanings(element)).flatMap((m) => m.hits));
    return depth < DEEPEST_LIST ? element.flatMap((e) => this.hits(e, depth + 1)) : NO_HITS;
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
    return this.#only(element)?.keys ?? this.#meanings(element).flatMap((m) => m.keys);
  }

  /** The imaging study that an element names; a coding that names it exactly goes before one that leaves something open. */
  study(element: unknown): Study | OpenStudy | undefined {
    const only = this.#only(element);
    if (only !== undefined) return only.study;
    let found: Study | OpenStudy | undefined;
    for (const meaning of this.#meanings(element)) found = clearer(found, meaning.study);
    return found;
  }

  /** The studies that an element names beside the first, of other parts of the body: "MRI brain and cervical spine". */
  furtherStudies(element: unknown): readonly Study[] {
    if (this.#only(element) !== undefined) return [];
    const first = this.study(element);
    if (first === undefined || !isExact(first)) return [];
    const out: Study[] = [];
    let seen = placeOf(first.regions);
    for (const { study } of this.#meanings(element)) {
      if (study === undefined || !isExact(study) || study.regions.length === 0) continue;
      const place = placeOf(study.regions);
      if ((seen & place) === 0) out.push(study);
      seen |= place;
    }
    return out;
  }

  /** The sets that the words of an element mean, where an EHR names a thing itself. */
  inWords(element: unknown): readonly Hit[] {
    return wordsOf(object(element)).flatMap((w) => this.#codes.inWords(w));
  }

  /**
   * The examination of the spine that an element names in words, where no code of it is known as a study.
   * @returns undefined when words name another one; `wordless` when there are no words at all
   */
  studyInWords(element: unknown): StudyInWords | 'wordless' | undefined {
    const concept = object(element);
    const words = wordsOf(concept);
    if (words.length === 0) return isStandard(concept) ? undefined : 'wordless';
    for (const w of words) {
      const study = this.#named(w);
      if (study !== undefined) return study;
    }
    return undefined;
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
    const meanings = this.#meanings(element);
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

  /** Does a code name what relatives have, what is looked for or what was ruled out, and nothing that was found? */
  isOfOthersOrLookedFor(hit: Hit): boolean {
    return hit.set === this.#set['of-relatives-or-looked-for'];
  }

  /** Is it a disease that does not pass, once somebody has it? */
  isForLife(hits: readonly Hit[]): boolean {
    return hits.some((h) => h.set === this.#set['disease-for-life']);
  }

  /** Does what a visit is called, a reason of it or how it ended say that the patient did not come, or left before anybody saw them? */
  leftUnseen(visit: Json, reasons: readonly Hit[]): boolean {
    const ended = object(visit['hospitalization'])?.['dischargeDisposition'];
    return [...reasons, ...this.inWords(ended)].some((h) => h.set === this.#set['left-unseen']);
  }

  /** Does the code of an observation say that its value is not what the patient was found to have? */
  statedAs(code: unknown): 'family' | 'past' | 'unfound' | undefined {
    const hits = this.hits(code);
    const isOf = (set: ReadingSet): boolean => hits.some((h) => h.set === this.#set[set]);
    if (isOf('family-history')) return 'family';
    return isOf('past-history') ? 'past' : isOf('reason-or-risk') ? 'unfound' : undefined;
  }

  /**
   * What a drug says when its name and its dosages are read too: nothing when it is for an eye, the nose or a joint alone, and on the
   * skin only a drug for pain counts.
   */
  drug(resource: Json, dosages: unknown): readonly Hit[] {
    const code = this.medicationCode(resource);
    const hits = this.hits(code);
    if (hits.length === 0) return hits;
    const isOf = (set: ReadingSet, found: readonly Hit[]): boolean => found.some((h) => h.set === this.#set[set]);
    const named = this.inWords(code);
    const stated = objects(dosages).map((d) => [
      ...named,
      ...this.hits(d['route']),
      ...this.inWords(d['route']),
      ...this.inWords({ text: d['text'] }),
    ]);
    const ways = stated.length === 0 ? [named] : stated;
    if (ways.every((way) => isOf('local-route', way))) return NO_HITS;
    const onSkin = ways.every((way) => isOf('skin-route', way) || isOf('local-route', way));
    return onSkin && !isOf('pain-drug-for-the-skin', hits) ? NO_HITS : hits;
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
    for (const { own } of this.#meanings(codes)) take(own);
    for (const reference of references) take(this.condition(resource, reference)?.hits ?? NO_HITS);
    return { place: given && !spine ? OTHER : place, spine, given };
  }

  /**
   * The reason of the visit that a resource belongs to, for one that has no reason of its own: when the visit was for problems
   * of the spine alone. A visit for several things does not say which of them a treatment was for.
   */
  visitReason(resource: Json): Reason {
    const problems = this.#problemsOfVisit(resource).map(({ hits }) => this.#ofSpine(hits));
    if (problems.length === 0 || problems.some((hits) => hits.length === 0)) return NO_REASON;
    return { place: placeOfHits(problems.flat()), spine: true, given: true };
  }

  /** The reason of a prescription that states none: that of its visit, or another problem when the visit was for others alone. */
  prescriptionReason(resource: Json): Reason {
    const stated = [this.reason(resource), this.visitReason(resource)].find(({ given }) => given);
    if (stated !== undefined) return stated;
    const problems = this.#problemsOfVisit(resource);
    const isOther = ({ hits, codes }: Problem): boolean => codes.length > 0 && this.#ofSpine(hits).length === 0;
    return problems.length > 0 && problems.every(isOther) ? { place: OTHER, spine: false, given: true } : NO_REASON;
  }

  #ofSpine(hits: readonly Hit[]): readonly Hit[] {
    return hits.filter((hit) => hit.set === this.#set['spine-problem']);
  }

  /** What the visit of a resource was for: its coded reasons, else its diagnoses, else those that were made at it. */
  #problemsOfVisit(resource: Json): readonly Problem[] {
    const visit = this.#known('Encounter', object(resource['encounter']));
    if (visit === undefined) return [];
    const referred = (reference: Json | undefined): Problem => this.condition(visit, reference) ?? NO_PROBLEM;
    const stated = [
      ...objects(visit['reasonCode']).flatMap((c) =>
        objects(c['coding']).length > 0 ? [{ hits: this.hits(c), codes: this.keys(c) }] : [],
      ),
      ...objects(visit['reasonReference']).map(referred),
    ];
    if (stated.length > 0) return stated;
    const diagnoses = objects(visit['diagnosis']).map((d) => referred(object(d['condition'])));
    return diagnoses.length > 0 ? diagnoses : this.#madeAt(visit).map((diagnosis) => this.#referred(diagnosis));
  }

  /** The days of the visit to which a resource belongs: of its encounter, else of the first visit that names it as a diagnosis. */
  visitDate(resource: Json): Interval | undefined {
    const own = daysOf(this.#known('Encounter', object(resource['encounter'])));
    return own ?? this.#diagnosed().get(`${resource['resourceType']}/${resource['id']}`);
  }

  /** The code sets of the diagnoses that say themselves that they were made at a visit. */
  diagnosesMadeAt(visit: Json): readonly Hit[] {
    return this.#madeAt(visit).flatMap((d) => this.hits(d['code']));
  }

  /** The diagnoses that say themselves that they were made at a visit. */
  #madeAt(visit: Json): readonly Json[] {
    this.#diagnosesByVisit ??= Map.groupBy(
      [...this.resources.ofType('Condition').values()].filter(
        (d) => verification(d['verificationStatus']) !== 'refuted',
      ),
      (diagnosis) => this.key(object(diagnosis['encounter'])),
    );
    return this.#diagnosesByVisit.get(`Encounter/${visit['id']}`) ?? NO_RESOURCES;
  }

  /** When what visits name as their diagnoses was first one, by "Condition/x". Looked up only for what has no date itself. */
  #diagnosed(): ReadonlyMap<string, Interval> {
    if (this.#firstDiagnosed !== undefined) return this.#firstDiagnosed;
    const first = new Map<string, Interval>();
    for (const visit of this.resources.ofType('Encounter').values()) {
      const days = daysOf(visit);
      if (days === undefined) continue;
      for (const diagnosis of objects(visit['diagnosis'])) {
        const key = this.key(object(diagnosis['condition']));
        if (key !== undefined && days.lo < (first.get(key)?.lo ?? Number.POSITIVE_INFINITY)) first.set(key, days);
      }
    }
    this.#firstDiagnosed = first;
    return first;
  }

  /** The orders on which a resource was done, as far as they are known. */
  orders(resource: Json): readonly Json[] {
    const references = objects(resource['basedOn']);
    if (references.length === 0) return NO_RESOURCES;
    const known = references.flatMap((r) => given(this.#known('ServiceRequest', r)));
    return known.filter((order) => order['doNotPerform'] !== true);
  }

  /** The reason of the order on which a resource was done, for one that has no reason of its own. */
  orderReason(resource: Json): Reason {
    for (const order of this.orders(resource)) {
      const reason = this.reason(order);
      if (reason.given) return reason;
    }
    return NO_REASON;
  }

  /** The study that was ordered, of an examination whose own code tells none. */
  orderedStudy(resource: Json): Study | OpenStudy | undefined {
    for (const order of this.orders(resource)) {
      const study = this.study(order['code']);
      if (study !== undefined) return study;
    }
    return undefined;
  }

  /** Hits of interpretation codes (normal, abnormal, indeterminate ...). */
  interpretation(element: unknown): Interpretation {
    if (element === undefined) return NOT_INTERPRETED;
    const codes: string[] = [];
    const hits: Hit[] = [];
    for (const concept of objects(element)) {
      for (const coding of objects(concept['coding'])) {
        const said = text(coding['code']);
        if (said === undefined || said.length > 16) continue;
        const code = INTERPRETATION.has(said) ? said : said.toUpperCase();
        codes.push(code);
        const set = INTERPRETATION.get(code);
        if (set !== undefined) hits.push({ set: this.#set[set], place: NO_PLACE });
      }
    }
    return { codes, hits };
  }

  /** Remembers the specialty codes of a Practitioner or PractitionerRole. */
  addSpecialist(key: string, resource: Json): void {
    const hits = this.hits([resource['specialty'], ...objects(resource['qualification']).map((q) => q['code'])]);
    if (hits.length === 0) return;
    const practitioner = this.key(object(resource['practitioner']));
    for (const k of practitioner === undefined ? [key] : [key, practitioner]) this.#specializes(k, hits);
  }

  /** A practitioner may have as many roles as a body holds: a specialty that is known already adds nothing. */
  #specializes(key: string, hits: readonly Hit[]): void {
    const known = this.#specialties.get(key);
    if (known === undefined) this.#specialties.set(key, [...hits]);
    else known.push(...hits.filter((h) => !known.some((k) => k.set === h.set && k.place === h.place)));
  }

  /** The Condition that a reference of a resource names, contained in it or known. */
  condition(resource: Json, reference: Json | undefined): Referred | undefined {
    const contained = this.#contained(resource, reference);
    if (contained !== undefined)
      return contained['resourceType'] !== 'Condition' || isVoid(contained['verificationStatus'])
        ? undefined
        : this.#referred(contained);
    const known = this.#known('Condition', reference);
    if (known === undefined) return undefined;
    let referred = this.#conditions.get(known);
    if (referred === undefined) {
      referred = this.#referred(known);
      this.#conditions.set(known, referred);
    }
    return referred;
  }

  #referred(condition: Json): Referred {
    const site = this.site(condition['bodySite']);
    const hits = this.diagnosis(condition);
    return {
      hits: site === NO_PLACE ? hits : at(site, hits),
      codes: this.keys(condition['code']),
      refuted: verification(condition['verificationStatus']) === 'refuted' || isDisowned(condition['code']),
    };
  }

  /** The resource of the chart that a reference names, if it is of a type. */
  #known(type: string, reference: Json | undefined): Json | undefined {
    const named = localReference(reference, this.#base);
    return named?.type === type ? this.resources.get(type, named.id) : undefined;
  }

  /** "Type/id" of a reference to this server. */
  key(reference: Json | undefined): string | undefined {
    return localKey(reference, this.#base);
  }

  /** The Observations that are the results of a report. */
  results(report: Json): readonly Json[] {
    const references = objects(report['result']);
    if (references.length === 0) return NO_RESOURCES;
    const contained = this.containedResults(report);
    return [...contained, ...references.flatMap((r) => given(this.#known('Observation', r)))];
  }

  /** The results that stand within a report, for which no Observation of their own is on file. */
  containedResults(report: Json): readonly Json[] {
    if (report['contained'] === undefined) return NO_RESOURCES;
    return objects(report['result'])
      .flatMap((r) => given(this.#contained(report, r)))
      .filter((o) => o['resourceType'] === 'Observation' && o['status'] !== 'entered-in-error');
  }

  /** The ImagingStudies that a report is about. */
  imagingStudies(report: Json): readonly Json[] {
    return objects(report['imagingStudy']).flatMap((r) => given(this.#known('ImagingStudy', r)));
  }

  /** The drug codes of medication[x]: contained and separately sent Medications included, and what compounds consist of. */
  medicationCode(resource: Json): unknown {
    const direct = resource['medicationCodeableConcept'];
    if (direct !== undefined) return direct;
    const reference = object(resource['medicationReference']);
    const drug = this.#contained(resource, reference) ?? this.#known('Medication', reference);
    if (drug?.['ingredient'] === undefined || this.hits(drug['code']).length > 0) return drug?.['code'];
    return this.#ingredients(drug);
  }

  /** What a compound consists of, where its own code says nothing. */
  #ingredients(drug: Json): readonly unknown[] {
    const active = objects(drug['ingredient']).filter((i) => i['isActive'] !== false);
    return active.map(
      (i) => i['itemCodeableConcept'] ?? this.#known('Medication', object(i['itemReference']))?.['code'],
    );
  }

  #contained(resource: Json, reference: Json | undefined): Json | undefined {
    return containedIn(resource, text(reference?.['reference']));
  }

  /** Specialty codes behind references (contained or known roles and practitioners). */
  specialties(resource: Json, references: readonly (Json | undefined)[]): readonly Hit[] {
    if (references.length === 0 || (this.#specialties.size === 0 && resource['contained'] === undefined))
      return NO_HITS;
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
}

/** Both lists in one; nothing is copied where one is empty. */
export const joined = <T>(first: readonly T[], second: readonly T[]): readonly T[] =>
  second.length === 0 ? first : first.length === 0 ? second : [...first, ...second];

/** The first time that a Timing names, else the start of the period in which it repeats. */
function startOfTiming(timing: Json | undefined): Interval | undefined {
  const events = timing?.['event'];
  const days = Array.isArray(events) ? events.flatMap((e) => parseDate(e) ?? []) : [];
  const [first] = days.sort((a, b) => a.lo - b.lo);
  return first ?? parseDate(object(object(timing?.['repeat'])?.['boundsPeriod'])?.['start']);
}

/** The start of an element that may be a dateTime, an instant, a Period or a Timing. */
export function start(resource: Json, name: string): Interval | undefined {
  const dateTime = parseDate(resource[`${name}DateTime`]);
  if (dateTime !== undefined) return dateTime;
  const instant = parseDate(resource[`${name}Instant`]);
  if (instant !== undefined) return instant;
  const period = object(resource[`${name}Period`]);
  if (period !== undefined) return parseDate(period['start']) ?? parseDate(period['end']);
  return startOfTiming(object(resource[`${name}Timing`]));
}

/** The end of an element that may be a Period; undefined for a dateTime or an open period. */
export function end(resource: Json, name: string): Interval | undefined {
  return parseDate(object(resource[`${name}Period`])?.['end']);
}
