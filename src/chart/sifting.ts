import type { Hit } from '../terminology/code-index.ts';
import { isObject, type Json, object, objects, text } from './json.ts';
import type { KnownResources } from './known-resources.ts';
import { qualifiedInWords } from './qualified-in-words.ts';
import type { ReadContext } from './read-context.ts';
import { type Canonical, isFactObservation } from './readers/answer.ts';
import { isExaminationInWords, isImagingCategory } from './readers/imaging.ts';
import { EHR_ID, type PatientScope, refOf } from './references.ts';
import { SECTIONS, type Section, type SectionState } from './sections.ts';
import { isVoid, verification } from './status.ts';
import { isNewer } from './versions.ts';

/** A resource that was left out before any fact was derived, and why. */
export interface Dropped {
  readonly ref: string;
  readonly reason:
    | 'another patient'
    | 'about somebody else'
    | 'no patient'
    | 'entered in error'
    | 'cancelled'
    | 'do not perform'
    | 'denied by its own words'
    | 'modifier extension'
    | 'malformed';
  readonly hits: readonly Hit[];
}

/** Types that are about nobody in particular. */
const UNSCOPED = new Set([
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Medication',
  'Location',
  'OperationOutcome',
]);

/** What a chart is sifted by. */
export interface SiftingRules {
  readonly ctx: ReadContext;
  readonly scope: PatientScope;
  readonly canonical: Canonical;
  /** the order that is checked, whose own text counts, whatever is on file of it */
  readonly orderRef: string | undefined;
}

/**
 * Sifts the resources of a chart: those of other patients, void and older ones are left out and counted, and of the rest those are
 * kept that a fact can use. Sections of which something could not be read are not seen whole.
 */
export class Sifting {
  readonly dropped: Dropped[] = [];
  resourceCount = 0;
  readonly #ctx: ReadContext;
  readonly #scope: PatientScope;
  readonly #canonical: Canonical;
  readonly #orderRef: string | undefined;
  readonly #sections: Map<Section, SectionState>;
  readonly #known: KnownResources;
  /** what was dropped as void, by "Type/id": an older version of it may come as well */
  readonly #voided = new Map<string, Json>();
  /** older versions of resources that came in several */
  readonly #superseded = new Set<Json>();
  readonly #conditions: Json[] = [];
  readonly #others: Json[] = [];
  readonly #reports: Json[] = [];

  /** @param sections the state of each section, which is changed where something of it cannot be read */
  constructor(rules: SiftingRules, sections: Map<Section, SectionState>) {
    this.#ctx = rules.ctx;
    this.#known = rules.ctx.links.resources;
    this.#scope = rules.scope;
    this.#canonical = rules.canonical;
    this.#orderRef = rules.orderRef;
    this.#sections = sections;
  }

  /** What a fact can use, in the order in which it is to be read: imaging last, with the results that it refers to. */
  speaking(): readonly Json[] {
    const all = [...this.#conditions, ...this.#others, ...this.#reports];
    return this.#superseded.size === 0 ? all : all.filter((resource) => !this.#superseded.has(resource));
  }

  /**
   * First pass, over every resource of the chart, most of which say nothing that any fact asks for: is it of this patient, is
   * it void, was it there before, does it speak? Only a few members are looked at, and nothing is kept of what is silent but
   * where to find it when another resource refers to it. What it costs, a chart costs a thousand times.
   */
  add(resource: unknown): void {
    const type = isObject(resource) ? text(resource['resourceType']) : undefined;
    if (type === undefined || !isObject(resource)) {
      this.dropped.push({ ref: 'unknown', reason: 'malformed', hits: [] });
      return;
    }
    this.resourceCount++;
    const id = text(resource['id']);
    if (id === undefined || !EHR_ID.test(id)) {
      if (!UNSCOPED.has(type)) this.#nameless(type, resource);
      return;
    }
    const known = this.#known.ofType(type);
    if (this.#isOutdated(type, id, resource, known)) return;
    try {
      const reason = UNSCOPED.has(type) || type === 'Patient' ? undefined : this.#unusable(type, resource);
      if (reason !== undefined) return this.#leaveOut(type, id, resource, reason);
      const speaks = this.#speaks(type, resource);
      if (speaks && objects(resource['modifierExtension']).length > 0) return this.#notUnderstood(type, id, resource);
      known.set(id, resource);
      if (speaks) this.#listFor(type).push(resource);
    } catch {
      this.malformed(resource);
    }
  }

  /** Came a newer version of a resource before it? An older one that did is superseded. */
  #isOutdated(type: string, id: string, resource: Json, known: Map<string, Json>): boolean {
    const twin = known.get(id);
    if (twin === undefined) return this.#voided.size > 0 && isNewer(this.#voided.get(`${type}/${id}`), resource);
    if (`${type}/${id}` === this.#orderRef || !isNewer(resource, twin)) return true;
    known.delete(id);
    this.#superseded.add(twin);
    return false;
  }

  #leaveOut(type: string, id: string, resource: Json, reason: Dropped['reason']): void {
    const ref = `${type}/${id}`;
    this.dropped.push({ ref, reason, hits: this.#ctx.concepts.hits(resource['code']) });
    if (reason === 'entered in error' || reason === 'cancelled') this.#voided.set(ref, resource);
    const mayBeOurs = reason === 'another patient' && !this.#scope.excludes(subjectOf(resource));
    if (reason === 'no patient' || mayBeOurs) this.#notSeenWhole(type);
  }

  /** What nothing can refer to is no evidence, and no silence either where it says something of this patient. */
  #nameless(type: string, resource: Json): void {
    this.dropped.push({ ref: `${type}/unknown`, reason: 'malformed', hits: [] });
    if (this.#scope.excludes(subjectOf(resource))) return;
    try {
      const reason = this.#unusable(type, resource);
      const ours = reason === undefined || reason === 'no patient' || reason === 'another patient';
      if (ours && this.#speaks(type, resource)) this.#notSeenWhole(type);
    } catch {
      this.#notSeenWhole(type);
    }
  }

  /**
   * A modifier extension changes what a resource says, and we know none: what it says is not seen (FHIR R4, 2.4.0.1), neither
   * as evidence nor as silence.
   */
  #notUnderstood(type: string, id: string, resource: Json): void {
    this.dropped.push({
      ref: `${type}/${id}`,
      reason: 'modifier extension',
      hits: this.#ctx.concepts.hits(resource['code']),
    });
    this.#notSeenWhole(type);
  }

  /** Something of a section is neither evidence nor silence. */
  #notSeenWhole(type: string): void {
    const section = SECTIONS.find((s) => s === type);
    if (section !== undefined && this.#sections.get(section) === 'complete') this.#sections.set(section, 'truncated');
  }

  /** Can a fact use the resource, by its codes? Where that takes more than a look the answer is yes, and its reader decides. */
  #speaks(type: string, r: Json): boolean {
    const ctx = this.#ctx;
    switch (type) {
      case 'Condition':
        return ctx.concepts.knows(r['code']) || r['extension'] !== undefined;
      case 'Observation':
        return (
          ctx.concepts.knows(r['code']) ||
          (r['valueCodeableConcept'] !== undefined && ctx.concepts.knows(r['valueCodeableConcept'])) ||
          r['component'] !== undefined ||
          isFactObservation(r, this.#canonical) ||
          isExaminationInWords(ctx, r)
        );
      case 'ServiceRequest':
        return ctx.concepts.knows(r['code']);
      case 'Procedure':
        return ctx.concepts.knows(r['code']) || ctx.concepts.studyInWords(r['code']) !== undefined;
      case 'DiagnosticReport':
        return (
          ctx.concepts.knows(r['code']) ||
          ctx.concepts.knows(r['conclusionCode']) ||
          ctx.concepts.studyInWords(r['code']) !== undefined ||
          r['imagingStudy'] !== undefined ||
          (r['basedOn'] !== undefined && isImagingCategory(r['category'])) ||
          ctx.links.containedResults(r).some((o) => this.#speaks('Observation', o))
        );
      case 'MedicationRequest':
      case 'MedicationStatement':
      case 'MedicationDispense':
      case 'MedicationAdministration':
        return r['medicationCodeableConcept'] === undefined || ctx.concepts.knows(r['medicationCodeableConcept']);
      case 'Practitioner':
      case 'PractitionerRole':
        ctx.links.addSpecialist(`${type}/${text(r['id'])}`, r);
        return false;
      case 'Medication':
        return false;
      default:
        return true;
    }
  }

  #listFor(type: string): Json[] {
    if (type === 'Condition') return this.#conditions;
    return type === 'DiagnosticReport' ? this.#reports : this.#others;
  }

  /** A malformed resource is unusable evidence that is reported. */
  malformed(r: Json): void {
    this.dropped.push({ ref: refOf(r), reason: 'malformed', hits: [] });
    this.#notSeenWhole(text(r['resourceType']) ?? '');
  }

  #unusable(type: string, r: Json): Dropped['reason'] | undefined {
    const subject = subjectOf(r);
    if (subject === undefined) return 'no patient';
    if (!this.#scope.includes(subject)) return 'another patient';
    if (type === 'Observation' && this.#isAboutAnother(r)) return 'about somebody else';
    const status = r['status'];
    if (status === 'cancelled') return 'cancelled';
    if (status === 'entered-in-error') return 'entered in error';
    if (r['verificationStatus'] !== undefined && isVoid(r['verificationStatus'])) return 'entered in error';
    if (type === 'Condition' && isDenied(r)) return 'denied by its own words';
    return r['doNotPerform'] === true && type !== 'ServiceRequest' && type !== 'MedicationRequest'
      ? 'do not perform'
      : undefined;
  }

  /** Does an observation in the patient's chart focus on somebody else: a child before its birth, a relative? */
  #isAboutAnother(r: Json): boolean {
    return objects(r['focus']).some((focus) => {
      const reference = text(focus['reference']) ?? '';
      return (
        /(^|\/)RelatedPerson\//.test(reference) || (/(^|\/)Patient\//.test(reference) && !this.#scope.includes(focus))
      );
    });
  }
}

/** Do the words of a diagnosis take it back, that its status does not call ruled out? */
const isDenied = (r: Json): boolean =>
  qualifiedInWords(r['code']) === 'denied' && verification(r['verificationStatus']) !== 'refuted';

/** Whom a resource is about; the types name it differently. */
const subjectOf = (r: Json): Json | undefined =>
  object(r['subject']) ?? object(r['patient']) ?? object(r['beneficiary']);
