import { type Day, type Interval, parseDate } from '../dates/day.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import type { CodeIndex, Hit } from '../terminology/code-sets.ts';
import type { LocalCodes } from './code-meanings.ts';
import { start } from './element-dates.ts';
import { isObject, type Json, object, objects, text } from './json.ts';
import { isDisowned, qualifiedInWords } from './qualified-in-words.ts';
import { ReadContext } from './read-context.ts';
import { type Canonical, isFactObservation, readFactObservation, readQuestionnaireResponse } from './readers/answer.ts';
import { readCondition, readFamilyHistory } from './readers/condition.ts';
import { readEncounter } from './readers/encounter.ts';
import {
  isExaminationInWords,
  isImagingCategory,
  readCompletedStudy,
  readDiagnosticReport,
  readImaging,
  readImagingStudy,
  readNamedStudies,
} from './readers/imaging.ts';
import { readMedicationRequest, readMedicationStatement } from './readers/medication.ts';
import { readContainedResults, readObservation } from './readers/observation.ts';
import { readOpenOrder, readServiceRequest } from './readers/order.ts';
import { readAllergy, readDevice, readLead } from './readers/other.ts';
import { readProcedure } from './readers/procedure.ts';
import type {
  AnswerRecord,
  ChartRecord,
  ConditionRecord,
  EncounterRecord,
  ImagingRecord,
  OpenOrder,
} from './records.ts';
import { EHR_ID, PatientScope } from './references.ts';
import { type RetrievedSection, SECTIONS, type Section, type SectionState } from './sections.ts';
import { isVoid, verification } from './status.ts';

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

/** What is being ordered, as a source of evidence. */
export interface OrderEvidence {
  /** "ServiceRequest/order-1" */
  readonly ref: string;
  readonly resource: Json;
  readonly date: Interval;
}

export interface ChartInput {
  readonly patient: unknown;
  readonly patientId: string;
  /** FHIR base URL that relative references belong to */
  readonly base?: string;
  readonly sections: ReadonlyMap<Section, RetrievedSection>;
  readonly order?: OrderEvidence;
  readonly localCodes?: LocalCodes;
}

/** One patient's cleaned and indexed record. Immutable after it was built; belongs to one request. */
export interface Chart {
  readonly patientRef: string;
  readonly birth?: Interval;
  readonly sections: ReadonlyMap<Section, SectionState>;
  /** the sections as people are told of them; with the Patient itself when it could not be read */
  readonly seen: ReadonlyMap<Section | 'Patient', SectionState>;
  /** records by code set number */
  bySet(set: number): readonly ChartRecord[];
  /** the numbers of the code sets that have a record */
  sets(): Iterable<number>;
  readonly imaging: readonly ImagingRecord[];
  readonly encounters: readonly EncounterRecord[];
  /** what is ordered and not done yet */
  readonly openOrders: readonly OpenOrder[];
  readonly answers: readonly AnswerRecord[];
  readonly orderReasons: readonly ConditionRecord[];
  /** the reasons of the order as "system|code", those that no code set knows included */
  readonly orderReasonCodes: ReadonlySet<string>;
  /** a reason of the order is stated in words or codes of the EHR's own alone, or by something other than a diagnosis on file */
  readonly orderReasonUnread: boolean;
  /** specialty codes of the ordering practitioner */
  readonly orderer: readonly Hit[];
  readonly orderRef?: string;
  /** the visit at which the order is placed, as "Encounter/id" */
  readonly orderVisit?: string | undefined;
  readonly dropped: readonly Dropped[];
  /** the resources that say something which facts could use, as "Type/id" */
  readonly read: ReadonlySet<string>;
  readonly resourceCount: number;
}

const NO_RECORDS: readonly ChartRecord[] = [];
/** Types that are about nobody in particular. */
const UNSCOPED = new Set([
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Medication',
  'Location',
  'OperationOutcome',
]);

/** Resources that say something, in the order in which they are read. */
interface Speaking {
  readonly conditions: Json[];
  readonly others: Json[];
  /** imaging last, with the results that it refers to */
  readonly reports: Json[];
}

class ChartBuilder implements Chart {
  readonly patientRef: string;
  readonly birth?: Interval;
  readonly sections: Map<Section, SectionState>;
  readonly seen: ReadonlyMap<Section | 'Patient', SectionState>;
  readonly imaging: ImagingRecord[] = [];
  readonly encounters: EncounterRecord[] = [];
  readonly openOrders: OpenOrder[] = [];
  readonly answers: AnswerRecord[] = [];
  readonly orderReasons: ConditionRecord[] = [];
  readonly orderReasonCodes = new Set<string>();
  orderReasonUnread = false;
  readonly orderer: readonly Hit[];
  readonly orderRef?: string;
  readonly orderVisit?: string | undefined;
  readonly dropped: Dropped[] = [];
  resourceCount = 0;
  readonly #records: ChartRecord[] = [];
  /** what was dropped as void, by "Type/id": an older version of it may come as well */
  readonly #voided = new Map<string, Json>();
  /** older versions of resources that came in several */
  readonly #superseded = new Set<Json>();
  readonly #bySet = new Map<number, ChartRecord[]>();
  readonly #asOf: Day | undefined;
  readonly #ctx: ReadContext;
  readonly #scope: PatientScope;
  readonly #canonical: Canonical;

  constructor(input: ChartInput, index: CodeIndex, studies: StudyCatalog, canonical: Canonical) {
    this.patientRef = `Patient/${input.patientId}`;
    const birth = parseDate(object(input.patient)?.['birthDate']);
    if (birth !== undefined) this.birth = birth;
    this.sections = new Map(SECTIONS.map((s) => [s, input.sections.get(s)?.state ?? 'not-available']));
    this.#asOf = input.order?.date.hi;
    this.#ctx = new ReadContext(index, studies, input.localCodes, birth, input.base);
    this.#scope = new PatientScope(input.patientId, input.base);
    this.#canonical = canonical;
    if (input.order !== undefined) {
      this.orderRef = input.order.ref;
      this.orderVisit = this.#ctx.links.key(object(input.order.resource['encounter']));
      const [type = '', id = ''] = input.order.ref.split('/');
      this.#ctx.links.resources.ofType(type).set(id, input.order.resource);
    }
    const speaking: Speaking = { conditions: [], others: [], reports: [] };
    for (const section of input.sections.values())
      for (const resource of section.resources) this.#sift(resource, speaking);
    this.seen =
      object(input.patient) === undefined ? new Map([['Patient', 'failed'], ...this.sections]) : this.sections;
    for (const list of [speaking.conditions, speaking.others, speaking.reports])
      for (const resource of list) if (!this.#superseded.has(resource)) this.#readGuarded(resource);
    this.orderer =
      input.order === undefined
        ? []
        : this.#ctx.links.specialties(input.order.resource, [object(input.order.resource['requester'])]);
    if (input.order !== undefined) this.#reasons(input.order);
  }

  bySet(set: number): readonly ChartRecord[] {
    return this.#bySet.get(set) ?? NO_RECORDS;
  }

  get read(): ReadonlySet<string> {
    return new Set([...this.#records, ...this.answers].map((r) => r.ref));
  }

  sets(): Iterable<number> {
    return this.#bySet.keys();
  }

  /**
   * First pass, over every resource of the chart, most of which say nothing that any fact asks for: is it of this patient, is
   * it void, was it there before, does it speak? Only a few members are looked at, and nothing is kept of what is silent but
   * where to find it when another resource refers to it. What it costs, a chart costs a thousand times.
   */
  #sift(resource: unknown, speaking: Speaking): void {
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
    const known = this.#ctx.links.resources.ofType(type);
    const twin = known.get(id);
    if (twin !== undefined) {
      if (`${type}/${id}` === this.orderRef || !isNewer(resource, twin)) return;
      known.delete(id);
      this.#superseded.add(twin);
    } else if (this.#voided.size > 0 && isNewer(this.#voided.get(`${type}/${id}`), resource)) return;
    try {
      if (!UNSCOPED.has(type) && type !== 'Patient') {
        const reason = this.#unusable(type, resource);
        if (reason !== undefined) {
          this.dropped.push({ ref: `${type}/${id}`, reason, hits: this.#ctx.concepts.hits(resource['code']) });
          if (reason === 'entered in error' || reason === 'cancelled') this.#voided.set(`${type}/${id}`, resource);
          if (reason === 'no patient' || (reason === 'another patient' && !this.#scope.excludes(subjectOf(resource))))
            this.#notSeenWhole(type);
          return;
        }
      }
      const speaks = this.#speaks(type, resource);
      if (speaks && objects(resource['modifierExtension']).length > 0) {
        this.#notUnderstood(type, id, resource);
        return;
      }
      known.set(id, resource);
      if (speaks)
        (type === 'Condition'
          ? speaking.conditions
          : type === 'DiagnosticReport'
            ? speaking.reports
            : speaking.others
        ).push(resource);
    } catch {
      this.#malformed(resource);
    }
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
    if (section !== undefined && this.sections.get(section) === 'complete') this.sections.set(section, 'truncated');
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

  /** A malformed resource is unusable evidence that is reported, never an exception. */
  #readGuarded(r: Json): void {
    try {
      this.#read(r);
    } catch {
      this.#malformed(r);
    }
  }

  #malformed(r: Json): void {
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

  #read(r: Json): void {
    const ctx = this.#ctx;
    const ref = refOf(r);
    switch (r['resourceType']) {
      case 'Condition':
        return this.#add(readCondition(ctx, r, ref, this.#asOf));
      case 'Procedure':
        this.#add(readProcedure(ctx, r, ref));
        return this.#furtherStudies(r, ref, r['code'], start(r, 'performed'));
      case 'Observation': {
        const answer = readFactObservation(ctx, r, ref, this.#canonical);
        if (answer !== undefined) this.#answers([answer]);
        for (const record of readObservation(ctx, r, ref)) this.#add(record);
        return;
      }
      case 'DiagnosticReport':
        this.#add(readDiagnosticReport(ctx, r, ref));
        for (const record of readContainedResults(ctx, r, ref)) this.#add(record);
        return this.#furtherStudies(r, ref, r['code'], start(r, 'effective') ?? parseDate(r['issued']));
      case 'ImagingStudy':
        this.#add(readImagingStudy(ctx, r, ref));
        return this.#furtherStudies(r, ref, r['procedureCode'], parseDate(r['started']));
      case 'MedicationRequest':
        return this.#add(readMedicationRequest(ctx, r, ref));
      case 'MedicationStatement':
        return this.#add(readMedicationStatement(ctx, r, ref));
      case 'ServiceRequest':
        this.#openOrder(readOpenOrder(ctx, r));
        this.#add(readServiceRequest(ctx, r, ref));
        return this.#add(readCompletedStudy(ctx, r, ref));
      case 'Encounter':
        return this.#add(readEncounter(ctx, r, ref));
      case 'AllergyIntolerance':
        return this.#add(readAllergy(ctx, r, ref));
      case 'Device':
        return this.#add(readDevice(ctx, r, ref));
      case 'FamilyMemberHistory':
        return this.#add(readFamilyHistory(ctx, r, ref));
      case 'QuestionnaireResponse':
        return this.#answers(readQuestionnaireResponse(r, ref, this.#canonical));
      case 'Claim':
      case 'ExplanationOfBenefit':
      case 'DocumentReference':
        for (const record of readNamedStudies(ctx, r, ref)) this.#add(record);
        return this.#add(readLead(ctx, r, ref));
      case 'CarePlan':
        return this.#add(readLead(ctx, r, ref));
      default:
        return;
    }
  }

  /** What one report or examination says of a second part of the body. */
  #furtherStudies(r: Json, ref: string, code: unknown, when: Interval | undefined): void {
    if (r['status'] === 'preparation') return;
    for (const study of this.#ctx.concepts.furtherStudies(code)) this.#add(readImaging(this.#ctx, r, ref, study, when));
  }

  #openOrder(order: OpenOrder | undefined): void {
    if (order !== undefined) this.openOrders.push(order);
  }

  #answers(answers: readonly AnswerRecord[]): void {
    for (const answer of answers) this.answers.push(answer);
  }

  #add(record: ChartRecord | undefined): void {
    if (record === undefined) return;
    this.#records.push(record);
    if (record.type === 'imaging') this.imaging.push(record);
    if (record.type === 'encounter') this.encounters.push(record);
    this.#index(record, record.hits);
    if (record.type === 'encounter') {
      this.#index(record, record.reasons);
      this.#index(record, record.specialties);
    } else if (record.type === 'observation') this.#index(record, record.valueHits);
    else if (record.type === 'imaging' || record.type === 'report') this.#index(record, record.findings);
    else if (record.type === 'allergy') this.#index(record, record.named);
    else if (record.type === 'device') {
      this.#index(record, record.named);
      this.#index(record, record.safety);
    }
  }

  #index(record: ChartRecord, hits: readonly Hit[]): void {
    for (const hit of hits) {
      const list = this.#bySet.get(hit.set);
      if (list === undefined) this.#bySet.set(hit.set, [record]);
      else if (list.at(-1) !== record) list.push(record);
    }
  }

  /** The order's reasons are the orderer's documentation, each equal to a provisional diagnosis of the order's day. */
  #reasons(order: OrderEvidence): void {
    const { resource } = order;
    const stated = objects(resource['reasonCode'])
      .filter((c) => !isDisowned(c))
      .map((c) => ({ hits: this.#ctx.concepts.hits(c), codes: this.#ctx.concepts.keys(c) }));
    const references = objects(resource['reasonReference']).map((r) => this.#ctx.links.condition(resource, r));
    this.orderReasonUnread = [...stated, ...references].some((reason) => (reason?.codes ?? []).length === 0);
    const referred = references.flatMap((c) => (c === undefined || c.refuted ? [] : [c]));
    const reasons = distinct([...stated, ...referred]);
    if (reasons.length > MOST_REASONS) this.orderReasonUnread = true;
    for (const { hits, codes } of reasons.slice(0, MOST_REASONS)) this.#reason(order, hits, codes);
  }

  #reason(order: OrderEvidence, hits: readonly Hit[], codes: readonly string[]): void {
    for (const code of codes) this.orderReasonCodes.add(code);
    if (hits.length === 0) return;
    const record: ConditionRecord = {
      type: 'condition',
      basis: 'order',
      ref: order.ref,
      hits,
      site: 0,
      verification: 'suspected',
      current: true,
      saysActive: true,
      recorded: order.date,
      codes,
      orderReason: true,
      ofVisit: false,
      siteHits: [],
    };
    this.orderReasons.push(record);
    this.#index(record, hits);
  }
}

/** Do the words of a diagnosis take it back, that its status does not call ruled out? */
const isDenied = (r: Json): boolean =>
  qualifiedInWords(r['code']) === 'denied' && verification(r['verificationStatus']) !== 'refuted';

/** Reasons of an order that are read; beyond them, as where one cannot be read, it is not known what else it is for. */
const MOST_REASONS = 500;

/** What an order is for, in codes. */
interface CodedReason {
  readonly codes: readonly string[];
  readonly hits: readonly Hit[];
}

/** Each reason once: an order may repeat one as often as a body holds it. */
function distinct(reasons: readonly CodedReason[]): readonly CodedReason[] {
  const each = new Map<string, CodedReason>();
  for (const reason of reasons) {
    const key = JSON.stringify([reason.codes, reason.hits]);
    if (!each.has(key)) each.set(key, reason);
  }
  return [...each.values()];
}

/** Is one of two versions of a resource later than the other, by what their meta says? Exports may hold several. */
export function isNewer(one: Json | undefined, other: Json): boolean {
  if (one === undefined) return false;
  const [a, b] = [object(one['meta']), object(other['meta'])];
  const [day, than] = [a, b].map((m) => Date.parse(text(m?.['lastUpdated']) ?? ''));
  if (day !== undefined && than !== undefined && !Number.isNaN(day - than) && day !== than) return day > than;
  return Number(text(a?.['versionId'])) > Number(text(b?.['versionId']));
}

/** Whom a resource is about; the types name it differently. */
const subjectOf = (r: Json): Json | undefined =>
  object(r['subject']) ?? object(r['patient']) ?? object(r['beneficiary']);

/** "Type/id" of a resource whose id was checked. */
const refOf = (r: Json): string => `${text(r['resourceType'])}/${text(r['id'])}`;

/**
 * Builds the chart of one patient from retrieved resources: other patients' resources and void ones are dropped and counted,
 * the rest is indexed by code set. The cost grows linearly with the number of resources. Never throws because of content.
 */
export const buildChart = (input: ChartInput, index: CodeIndex, studies: StudyCatalog, canonical: Canonical): Chart =>
  new ChartBuilder(input, index, studies, canonical);
