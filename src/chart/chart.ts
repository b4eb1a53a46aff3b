import { type Interval, parseDate } from '../dates/day.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import type { CodeIndex, Hit } from '../terminology/code-index.ts';
import { byTheOrder } from './by-the-order.ts';
import type { LocalCodes } from './code-meanings.ts';
import { examinationsOf, type NamedExamination } from './examinations.ts';
import { object } from './json.ts';
import { NO_OPEN_REASON, type OpenReason, type OrderEvidence, readOrderReasons } from './order-reasons.ts';
import { ReadContext } from './read-context.ts';
import { readResource } from './read-resource.ts';
import type { Canonical } from './readers/answer.ts';
import { RecordIndex } from './record-index.ts';
import type {
  AnswerRecord,
  ChartRecord,
  ConditionRecord,
  EncounterRecord,
  ImagingRecord,
  OpenOrder,
} from './records.ts';
import { PatientScope } from './references.ts';
import { type RetrievedSection, SECTIONS, type Section, type SectionState } from './sections.ts';
import { type Dropped, Sifting } from './sifting.ts';

/** What a chart is built from. */
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
  readonly birth: Interval | undefined;
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
  /** of what that a policy asks for such a reason may be */
  readonly orderReasonOpen: OpenReason;
  /** specialty codes of the ordering practitioner */
  readonly orderer: readonly Hit[];
  /** a specialty of the ordering practitioner is stated, be it one that no code set knows */
  readonly ordererSpecialized: boolean;
  readonly orderRef: string | undefined;
  /** the visit at which the order is placed, as "Encounter/id" */
  readonly orderVisit: string | undefined;
  readonly dropped: readonly Dropped[];
  /** the resources that say something which facts could use, as "Type/id" */
  read(): ReadonlySet<string>;
  readonly resourceCount: number;
}

/**
 * Builds the chart of one patient from retrieved resources: other patients' resources and void ones are dropped and counted,
 * the rest is indexed by code set. The cost grows linearly with the number of resources. Never throws because of content.
 */
export function buildChart(input: ChartInput, codes: CodeIndex, studies: StudyCatalog, canonical: Canonical): Chart {
  const { order, patientId, base } = input;
  const birth = parseDate(object(input.patient)?.['birthDate']);
  const ctx = new ReadContext(codes, studies, input.localCodes, birth, base);
  if (order !== undefined) ctx.links.resources.add(order.ref, order.resource);
  const sections = new Map(SECTIONS.map((s) => [s, input.sections.get(s)?.state ?? 'not-available']));
  const rules = { ctx, scope: new PatientScope(patientId, base), canonical, orderRef: order?.ref };
  const sifting = new Sifting(rules, sections);
  for (const section of input.sections.values()) for (const resource of section.resources) sifting.add(resource);

  const records: ChartRecord[] = [];
  const answers: AnswerRecord[] = [];
  const openOrders: OpenOrder[] = [];
  const imaging: ImagingRecord[] = [];
  const encounters: EncounterRecord[] = [];
  const examined: ImagingRecord[] = [];
  const named: NamedExamination[] = [];
  const index = new RecordIndex();
  const take = (record: ChartRecord): void => {
    records.push(record);
    index.add(record);
    if (record.type === 'imaging') imaging.push(record);
    if (record.type === 'encounter') encounters.push(record);
  };
  const reading = { ctx, canonical, asOf: order?.date.hi };
  for (const resource of sifting.speaking()) {
    try {
      const read = readResource(resource, reading);
      for (const told of read.records) {
        const record = told && byTheOrder(told, order?.date);
        if (record?.type === 'imaging') examined.push(record);
        else if (record !== undefined) take(record);
      }
      if (read.answers !== undefined) answers.push(...read.answers.map((a) => byTheOrder(a, order?.date)));
      if (read.openOrder !== undefined) openOrders.push(read.openOrder);
      for (const n of read.named ?? []) named.push({ ...n, record: byTheOrder(n.record, order?.date) });
    } catch {
      sifting.malformed(resource);
    }
  }
  for (const record of examinationsOf(examined, named, ctx.links)) take(record);
  const reasons = order === undefined ? undefined : readOrderReasons(order, ctx);
  for (const reason of reasons?.records ?? []) index.add(reason);
  return {
    patientRef: `Patient/${patientId}`,
    birth,
    sections,
    seen: object(input.patient) === undefined ? new Map([['Patient', 'failed'], ...sections]) : sections,
    bySet: (set) => index.bySet(set),
    sets: () => index.sets(),
    imaging,
    encounters,
    openOrders,
    answers,
    orderReasons: reasons?.records ?? [],
    orderReasonCodes: reasons?.codes ?? new Set(),
    orderReasonUnread: reasons?.unread ?? false,
    orderReasonOpen: reasons?.open ?? NO_OPEN_REASON,
    orderer: order === undefined ? [] : ctx.links.specialties(order.resource, [object(order.resource['requester'])]),
    ordererSpecialized:
      order !== undefined && ctx.links.statesSpecialty(order.resource, object(order.resource['requester'])),
    orderRef: order?.ref,
    orderVisit: order === undefined ? undefined : ctx.links.key(object(order.resource['encounter'])),
    dropped: sifting.dropped,
    read: () => new Set([...records, ...answers].map((r) => r.ref)),
    resourceCount: sifting.resourceCount,
  };
}
