import { type Interval, parseDate } from '../dates/day.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import type { CodeIndex, Hit } from '../terminology/code-sets.ts';
import { isObject, type Json, object, objects, text } from './json.ts';
import { type LocalCodes, ReadContext } from './read-context.ts';
import { type Canonical, readFactObservation, readQuestionnaireResponse } from './readers/answer.ts';
import { readCondition, readFamilyHistory } from './readers/condition.ts';
import { readEncounter } from './readers/encounter.ts';
import { readDiagnosticReport, readImagingStudy } from './readers/imaging.ts';
import { readMedicationRequest, readMedicationStatement } from './readers/medication.ts';
import { readObservation } from './readers/observation.ts';
import { readServiceRequest } from './readers/order.ts';
import { readAllergy, readDevice, readLead } from './readers/other.ts';
import { readProcedure } from './readers/procedure.ts';
import type { AnswerRecord, ChartRecord, ConditionRecord, EncounterRecord, ImagingRecord } from './records.ts';
import { FHIR_ID, PatientScope } from './references.ts';
import { type RetrievedSection, SECTIONS, type Section, type SectionState } from './sections.ts';
import { isVoid } from './status.ts';

/** A resource that was left out before any fact was derived, and why. */
export interface Dropped {
  readonly ref: string;
  readonly reason: 'another patient' | 'no patient' | 'entered in error' | 'cancelled' | 'do not perform' | 'malformed';
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
  /** records by code set number */
  bySet(set: number): readonly ChartRecord[];
  readonly imaging: readonly ImagingRecord[];
  readonly encounters: readonly EncounterRecord[];
  readonly answers: readonly AnswerRecord[];
  readonly orderReasons: readonly ConditionRecord[];
  /** the reasons of the order as "system|code", those that no code set knows included */
  readonly orderReasonCodes: ReadonlySet<string>;
  /** specialty codes of the ordering practitioner */
  readonly orderer: readonly Hit[];
  readonly orderRef?: string;
  readonly dropped: readonly Dropped[];
  /** the resources that say something which facts could use, as "Type/id" */
  readonly read: ReadonlySet<string>;
  readonly resourceCount: number;
}

const NO_RECORDS: readonly ChartRecord[] = [];
const VOID: Readonly<Record<string, Dropped['reason']>> = {
  'entered-in-error': 'entered in error',
  cancelled: 'cancelled',
};
/** Types that are about nobody in particular. */
const UNSCOPED = new Set([
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Medication',
  'Location',
  'OperationOutcome',
]);
/** Read first, as others refer to them. */
const REFERRED = new Set(['Condition', 'Practitioner', 'PractitionerRole', 'Medication']);

class ChartBuilder implements Chart {
  readonly patientRef: string;
  readonly birth?: Interval;
  readonly sections: ReadonlyMap<Section, SectionState>;
  readonly imaging: ImagingRecord[] = [];
  readonly encounters: EncounterRecord[] = [];
  readonly answers: AnswerRecord[] = [];
  readonly orderReasons: ConditionRecord[] = [];
  readonly orderReasonCodes = new Set<string>();
  readonly orderer: readonly Hit[];
  readonly orderRef?: string;
  readonly dropped: Dropped[] = [];
  readonly read = new Set<string>();
  resourceCount = 0;
  readonly #bySet = new Map<number, ChartRecord[]>();
  readonly #ctx: ReadContext;
  readonly #scope: PatientScope;
  readonly #canonical: Canonical;
  readonly #seen = new Set<string>();

  constructor(input: ChartInput, index: CodeIndex, studies: StudyCatalog, canonical: Canonical) {
    this.patientRef = `Patient/${input.patientId}`;
    const birth = parseDate(object(input.patient)?.['birthDate']);
    if (birth !== undefined) this.birth = birth;
    this.sections = new Map(SECTIONS.map((s) => [s, input.sections.get(s)?.state ?? 'not-available']));
    this.#ctx = new ReadContext(index, studies, input.localCodes, birth, input.base);
    this.#scope = new PatientScope(input.patientId, input.base);
    this.#canonical = canonical;
    if (input.order !== undefined) {
      this.orderRef = input.order.ref;
      this.#seen.add(input.order.ref);
    }
    const later: [string, Json][] = [];
    for (const section of input.sections.values()) {
      for (const resource of section.resources) this.#first(resource, later);
    }
    const reports = later.filter(([type]) => type === 'DiagnosticReport');
    for (const [type, resource] of later) if (type !== 'DiagnosticReport') this.#guarded(type, resource);
    for (const [type, resource] of reports) this.#guarded(type, resource);
    this.orderer =
      input.order === undefined
        ? []
        : this.#ctx.specialties(input.order.resource, [object(input.order.resource['requester'])]);
    if (input.order !== undefined) this.#reasons(input.order);
  }

  bySet(set: number): readonly ChartRecord[] {
    return this.#bySet.get(set) ?? NO_RECORDS;
  }

  /** First pass: resources that others refer to are read, the rest is put off. */
  #first(resource: unknown, later: [string, Json][]): void {
    const type = isObject(resource) ? text(resource['resourceType']) : undefined;
    if (type === undefined || !isObject(resource)) {
      this.dropped.push({ ref: 'unknown', reason: 'malformed', hits: [] });
      return;
    }
    this.resourceCount++;
    if (REFERRED.has(type)) this.#guarded(type, resource);
    else later.push([type, resource]);
  }

  /** A malformed resource is unusable evidence that is reported, never an exception. */
  #guarded(type: string, resource: Json): void {
    try {
      this.#take(type, resource);
    } catch {
      this.dropped.push({ ref: `${type}/${safeId(resource)}`, reason: 'malformed', hits: [] });
    }
  }

  #take(type: string, r: Json): void {
    const id = text(r['id']);
    if (id === undefined || !FHIR_ID.test(id)) {
      if (!UNSCOPED.has(type)) this.dropped.push({ ref: `${type}/unknown`, reason: 'malformed', hits: [] });
      return;
    }
    const ref = `${type}/${id}`;
    if (this.#seen.has(ref)) return;
    if (!UNSCOPED.has(type) && type !== 'Patient') {
      const reason = this.#unusable(type, r);
      if (reason !== undefined) {
        this.dropped.push({ ref, reason, hits: this.#ctx.hits(r['code']) });
        return;
      }
    }
    this.#seen.add(ref);
    this.#read(type, r, ref);
  }

  #unusable(type: string, r: Json): Dropped['reason'] | undefined {
    const subject = object(r['subject']) ?? object(r['patient']) ?? object(r['beneficiary']);
    if (subject === undefined) return 'no patient';
    if (!this.#scope.includes(subject)) return 'another patient';
    const status = text(r['status']);
    if (status !== undefined && Object.hasOwn(VOID, status)) return VOID[status];
    if (isVoid(r['verificationStatus'])) return 'entered in error';
    return r['doNotPerform'] === true && type !== 'ServiceRequest' && type !== 'MedicationRequest'
      ? 'do not perform'
      : undefined;
  }

  #read(type: string, r: Json, ref: string): void {
    const ctx = this.#ctx;
    switch (type) {
      case 'Condition':
        return this.#add(readCondition(ctx, r, ref));
      case 'Procedure':
        return this.#add(readProcedure(ctx, r, ref));
      case 'Observation': {
        const answer = readFactObservation(ctx, r, ref, this.#canonical);
        if (answer !== undefined) this.#answers([answer]);
        ctx.addObservation(ref, r);
        for (const record of readObservation(ctx, r, ref)) this.#add(record);
        return;
      }
      case 'DiagnosticReport':
        return this.#add(readDiagnosticReport(ctx, r, ref));
      case 'ImagingStudy':
        return this.#add(readImagingStudy(ctx, r, ref));
      case 'MedicationRequest':
        return this.#add(readMedicationRequest(ctx, r, ref));
      case 'MedicationStatement':
        return this.#add(readMedicationStatement(ctx, r, ref));
      case 'ServiceRequest':
        return this.#add(readServiceRequest(ctx, r, ref));
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
      case 'Practitioner':
      case 'PractitionerRole':
        return ctx.addSpecialist(ref, r);
      case 'Medication':
        return ctx.addMedication(ref, r['code']);
      case 'Claim':
      case 'ExplanationOfBenefit':
      case 'CarePlan':
      case 'DocumentReference':
        return this.#add(readLead(ctx, r, ref));
      default:
        return;
    }
  }

  #answers(answers: readonly AnswerRecord[]): void {
    for (const answer of answers) {
      this.answers.push(answer);
      this.read.add(answer.ref);
    }
  }

  #add(record: ChartRecord | undefined): void {
    if (record === undefined) return;
    this.read.add(record.ref);
    if (record.type === 'imaging') this.imaging.push(record);
    if (record.type === 'encounter') this.encounters.push(record);
    this.#index(record, record.hits);
    if (record.type === 'encounter') {
      this.#index(record, record.reasons);
      this.#index(record, record.specialties);
    } else if (record.type === 'observation') this.#index(record, record.valueHits);
    else if (record.type === 'imaging' || record.type === 'report') this.#index(record, record.findings);
    else if (record.type === 'device') this.#index(record, record.safety);
  }

  #index(record: ChartRecord, hits: readonly Hit[]): void {
    for (const hit of hits) {
      const list = this.#bySet.get(hit.set);
      if (list === undefined) this.#bySet.set(hit.set, [record]);
      else if (list.at(-1) !== record) list.push(record);
    }
  }

  /** The order's reasons are the orderer's documentation, equal to a provisional diagnosis of the order's day. */
  #reasons(order: OrderEvidence): void {
    const { resource } = order;
    const referred = objects(resource['reasonReference'])
      .flatMap((r) => this.#ctx.condition(resource, r) ?? [])
      .filter((c) => !c.refuted);
    const hits = [...this.#ctx.hits(resource['reasonCode']), ...referred.flatMap((c) => c.hits)];
    const codes = [...this.#ctx.keys(resource['reasonCode']), ...referred.flatMap((c) => c.codes)];
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
      siteHits: [],
    };
    this.orderReasons.push(record);
    this.#index(record, hits);
  }
}

const safeId = (r: Json): string => {
  const id = text(r['id']);
  return id !== undefined && FHIR_ID.test(id) ? id : 'unknown';
};

/**
 * Builds the chart of one patient from retrieved resources: other patients' resources and void ones are dropped and counted,
 * the rest is indexed by code set. The cost grows linearly with the number of resources. Never throws because of content.
 */
export const buildChart = (input: ChartInput, index: CodeIndex, studies: StudyCatalog, canonical: Canonical): Chart =>
  new ChartBuilder(input, index, studies, canonical);
