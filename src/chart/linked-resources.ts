import type { Interval } from '../dates/day.ts';
import type { OpenStudy, Study } from '../policy/studies.ts';
import type { Hit } from '../terminology/code-index.ts';
import { NO_PLACE } from '../terminology/regions.ts';
import type { ConceptReader } from './concept-reader.ts';
import { wordsOf } from './concept-words.ts';
import { containedIn } from './contained.ts';
import { daysOf } from './element-dates.ts';
import { type Json, object, objects, text } from './json.ts';
import { KnownResources } from './known-resources.ts';
import { at } from './placed-hits.ts';
import { isDisowned } from './qualified-in-words.ts';
import { localKey, localReference } from './references.ts';
import { isVoid, verification } from './status.ts';

const NO_HITS: readonly Hit[] = [];
const NO_RESOURCES: readonly Json[] = [];
/** Where statements, dispenses and administrations name the prescription. */
const PRESCRIBED_BY = ['basedOn', 'derivedFrom', 'authorizingPrescription', 'request'];
/** Statuses of what was never so: of the known resources these are not kept. */
const VOID = new Set<unknown>(['entered-in-error', 'cancelled']);
const given = (resource: Json | undefined): readonly Json[] => (resource === undefined ? NO_RESOURCES : [resource]);

/** The days of a visit that took place. */
function daysOfVisit(visit: Json | undefined): Interval | undefined {
  if (visit === undefined || visit['status'] === 'planned') return undefined;
  return daysOf(object(visit['period']));
}

/** A problem that something was done for. */
export interface Problem {
  readonly hits: readonly Hit[];
  /** its codings as "system|code" */
  readonly codes: readonly string[];
}

/** A Condition that other resources refer to. */
export interface Referred extends Problem {
  readonly refuted: boolean;
  /** what it is called in words */
  readonly words: readonly string[];
}

/** What an order of imaging names. */
export interface OrderedStudy {
  readonly study: Study | OpenStudy;
  readonly code: unknown;
}

/** What the resources of one chart refer to: contained in them, or known. */
export class LinkedResources {
  /** what others may refer to: conditions as reasons, observations as results of reports, medications */
  readonly resources = new KnownResources();
  readonly #concepts: ConceptReader;
  readonly #base: string | undefined;
  /** specialty codes of practitioners and roles, by "Practitioner/x" */
  readonly #specialties = new Map<string, Hit[]>();
  /** those of whom a specialty is stated, one that no code set knows included */
  readonly #specialists = new Set<string>();
  #diagnosesByVisit: ReadonlyMap<string | undefined, readonly Json[]> | undefined;
  /** when conditions were first the diagnosis of a visit */
  #firstDiagnosed: ReadonlyMap<string, Interval> | undefined;
  #resultsOfStudies: ReadonlySet<string> | undefined;
  /** conditions that were referred to */
  readonly #conditions = new Map<Json, Referred>();

  /** @param base the FHIR base URL that relative references belong to, if known */
  constructor(concepts: ConceptReader, base?: string) {
    this.#concepts = concepts;
    this.#base = base;
  }

  /** "Type/id" of a reference to this server. */
  key(reference: Json | undefined): string | undefined {
    return localKey(reference, this.#base);
  }

  /** The resource of the chart that a reference names, if it is of a type. */
  #known(type: string, reference: Json | undefined): Json | undefined {
    const named = localReference(reference, this.#base);
    return named?.type === type ? this.resources.get(type, named.id) : undefined;
  }

  #contained(resource: Json, reference: Json | undefined): Json | undefined {
    return containedIn(resource, text(reference?.['reference']));
  }

  /** The resource of a type that a reference of another one names, contained in it or known; none that is void. */
  #named(type: string, resource: Json, reference: Json | undefined): Json | undefined {
    const contained = this.#contained(resource, reference);
    if (contained === undefined) return this.#known(type, reference);
    return contained['resourceType'] === type && !VOID.has(contained['status']) ? contained : undefined;
  }

  /** The Condition that a reference of a resource names, contained in it or known. */
  condition(resource: Json, reference: Json | undefined): Referred | undefined {
    const contained = this.#contained(resource, reference);
    if (contained !== undefined)
      return contained['resourceType'] !== 'Condition' || isVoid(contained['verificationStatus'])
        ? undefined
        : this.referred(contained);
    const known = this.#known('Condition', reference);
    if (known === undefined) return undefined;
    let referred = this.#conditions.get(known);
    if (referred === undefined) {
      referred = this.referred(known);
      this.#conditions.set(known, referred);
    }
    return referred;
  }

  referred(condition: Json): Referred {
    const site = this.#concepts.site(condition['bodySite']);
    const hits = this.#concepts.diagnosis(condition);
    return {
      hits: site === NO_PLACE ? hits : at(site, hits),
      codes: this.#concepts.keys(condition['code']),
      refuted: verification(condition['verificationStatus']) === 'refuted' || isDisowned(condition['code']),
      words: wordsOf(object(condition['code'])),
    };
  }

  /** The days of the visit to which a resource belongs: of its encounter, else of the first visit that names it as a diagnosis. */
  visitDate(resource: Json): Interval | undefined {
    const own = daysOfVisit(this.visitOf(resource));
    return own ?? this.#diagnosed().get(`${resource['resourceType']}/${resource['id']}`);
  }

  /** The diagnoses that say themselves that they were made at a visit. */
  diagnosesMadeAt(visit: Json): readonly Json[] {
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
      const days = daysOfVisit(visit);
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
    const named = references.flatMap((r) => given(this.#named('ServiceRequest', resource, r)));
    return named.filter((order) => order['doNotPerform'] !== true);
  }

  /**
   * The prescription that a statement about a drug was made of, or on which a drug was dispensed or given: contained in what says so, or
   * known.
   */
  prescription(resource: Json): Json | undefined {
    return PRESCRIBED_BY.flatMap((name) => objects(resource[name]))
      .flatMap((r) => given(this.#contained(resource, r) ?? this.#known('MedicationRequest', r)))
      .find((r) => r['resourceType'] === 'MedicationRequest');
  }

  /** The study that was ordered, and the code that names it, of an examination whose own code tells none. */
  orderedStudy(resource: Json): OrderedStudy | undefined {
    for (const { code } of this.orders(resource)) {
      const study = this.#concepts.study(code);
      if (study !== undefined) return { study, code };
    }
    return undefined;
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

  /** Is a report one of an examination whose study its code names? */
  isOfStudy(report: Json): boolean {
    return this.#concepts.study(report['code']) !== undefined;
  }

  /** Is an Observation the result of such an examination? Then its report tells what its value names. @param ref "Observation/x" */
  isResultOfStudy(ref: string): boolean {
    this.#resultsOfStudies ??= new Set(
      [...this.resources.ofType('DiagnosticReport').values()].flatMap((report) => {
        const results = objects(report['result']);
        return results.length > 0 && this.isOfStudy(report) ? results.flatMap((r) => this.key(r) ?? []) : [];
      }),
    );
    return this.#resultsOfStudies.has(ref);
  }

  /** The ImagingStudies that a report is about. */
  imagingStudies(report: Json): readonly Json[] {
    return objects(report['imagingStudy']).flatMap((r) => given(this.#named('ImagingStudy', report, r)));
  }

  /** The drug codes of medication[x]: contained and separately sent Medications included, and what compounds consist of. */
  medicationCode(resource: Json): unknown {
    const direct = resource['medicationCodeableConcept'];
    if (direct !== undefined) return direct;
    const reference = object(resource['medicationReference']);
    const drug = this.#contained(resource, reference) ?? this.#known('Medication', reference);
    if (drug?.['ingredient'] === undefined || this.#concepts.hits(drug['code']).length > 0) return drug?.['code'];
    return this.#ingredients(drug, resource);
  }

  /** What a compound consists of, where its own code says nothing. @param resource what names it, which may contain both */
  #ingredients(drug: Json, resource: Json): readonly unknown[] {
    const active = objects(drug['ingredient']).filter((i) => i['isActive'] !== false);
    return active.map((i) => {
      const item = object(i['itemReference']);
      const contained = this.#contained(drug, item) ?? this.#contained(resource, item);
      return i['itemCodeableConcept'] ?? (contained ?? this.#known('Medication', item))?.['code'];
    });
  }

  /** What a resource says that it was for: in codes or words of its own, and in those of the diagnoses that it refers to. */
  reasons(resource: Json): readonly Json[] {
    const referred = objects(resource['reasonReference']).map((reference): Json => {
      const condition = this.#named('Condition', resource, reference);
      return object(condition?.['code']) ?? { text: reference['display'] };
    });
    return [...objects(resource['reasonCode']), ...referred];
  }

  /** Remembers the specialty codes of a Practitioner or PractitionerRole. */
  addSpecialist(key: string, resource: Json): void {
    const hits = this.#concepts.hits([
      resource['specialty'],
      ...objects(resource['qualification']).map((q) => q['code']),
    ]);
    const isStated = resource['specialty'] !== undefined;
    if (hits.length === 0 && !isStated) return;
    const practitioner = this.key(object(resource['practitioner']));
    for (const k of practitioner === undefined ? [key] : [key, practitioner]) {
      if (isStated) this.#specialists.add(k);
      if (hits.length > 0) this.#specializes(k, hits);
    }
  }

  /** A practitioner may have as many roles as a body holds: a specialty that is known already adds nothing. */
  #specializes(key: string, hits: readonly Hit[]): void {
    const known = this.#specialties.get(key);
    if (known === undefined) this.#specialties.set(key, [...hits]);
    else known.push(...hits.filter((h) => !known.some((k) => k.set === h.set && k.place === h.place)));
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
        out.push(
          ...this.#concepts.hits([
            contained['specialty'],
            ...objects(contained['qualification']).map((q) => q['code']),
          ]),
        );
      out.push(...(this.#specialties.get(this.key(reference) ?? '') ?? []));
    }
    return out;
  }

  /** Is a specialty stated of whom a reference names, be it one that no code set knows? */
  statesSpecialty(resource: Json, reference: Json | undefined): boolean {
    if (reference === undefined) return false;
    if (this.#contained(resource, reference)?.['specialty'] !== undefined) return true;
    return this.#specialists.has(this.key(reference) ?? '');
  }

  /** The visit that a resource belongs to. */
  visitOf(resource: Json): Json | undefined {
    return this.#named('Encounter', resource, object(resource['encounter']));
  }
}
