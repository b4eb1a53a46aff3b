import { type Json, object, text } from '../chart/json.ts';
import { localKey } from '../chart/references.ts';
import { isNewer } from '../chart/versions.ts';
import { patientData } from '../criteria-check/check-bundle.ts';
import { checkOrder } from '../criteria-check/check-order.ts';
import type { Checker, PatientData } from '../criteria-check/order-check.ts';
import { type UngovernedReason, whyUngoverned } from '../criteria-check/ungoverned.ts';
import type { ImagingOrder } from '../order/order.ts';
import { type BatchRow, batchRow } from './batch-row.ts';
import { type BatchWish, ordersOf } from './find-orders.ts';
import { objectIn } from './line-json.ts';
import { partLines } from './part-lines.ts';
import { ANY_TYPE, lostTypes, patientsIn, typeIn } from './partition-file.ts';
import { ownerOf } from './resource-owner.ts';

/** Resources that belong to no patient, found by reference. They are kept as they were written: parsed, they would take several times the room. */
export class SharedResources {
  readonly #byRef = new Map<string, string>();
  /** the references of the roles of a practitioner */
  readonly #rolesOf = new Map<string, string[]>();
  /** types of which a file has lost lines, nobody knows how many */
  readonly lost = new Set<string>();
  /** types of which single lines are lost that name nobody */
  readonly nobodys = new Set<string>();

  get isEmpty(): boolean {
    return this.#byRef.size === 0;
  }

  add(resource: Json, line: string): void {
    const ref = `${text(resource['resourceType'])}/${text(resource['id'])}`;
    this.#byRef.set(ref, line);
    const person = localKey(object(resource['practitioner']));
    if (resource['resourceType'] !== 'PractitionerRole' || person === undefined) return;
    const roles = this.#rolesOf.get(person);
    if (roles === undefined) this.#rolesOf.set(person, [ref]);
    else roles.push(ref);
  }

  /** Those that a chart refers to, and the roles of its practitioners. */
  of(references: Iterable<string>): readonly Json[] {
    const wanted = new Set<string>();
    for (const ref of references) for (const each of [ref, ...(this.#rolesOf.get(ref) ?? [])]) wanted.add(each);
    return [...wanted].flatMap((ref) => {
      const line = this.#byRef.get(ref);
      const resource = line === undefined ? undefined : objectIn(line);
      return resource === undefined ? [] : [resource];
    });
  }
}

const REFERENCE =
  /"(?:https?:\/\/[^"]{1,500}\/)?((?:Practitioner|PractitionerRole|Organization|Medication)\/[\w\-.]{1,128})"/g;

/** What a partition holds of a patient. */
interface Gathering {
  readonly patientId: string;
  patient?: Json;
  readonly resources: Json[];
  /** resources without a patient that it refers to */
  readonly references: Set<string>;
  /** types of which lines could not be used; ANY_TYPE: their type is not known */
  readonly lost: Set<string>;
}

/** Resources without a patient that a line refers to. */
const referencesIn = (line: string): readonly string[] => [...line.matchAll(REFERENCE)].map((m) => m[1] ?? '');

/** Loads what belongs to no patient. */
export function loadShared(folder: string): SharedResources {
  const shared = new SharedResources();
  for (const line of partLines(folder, 'shared')) {
    const resource = objectIn(line);
    if (resource === undefined) continue;
    const lost = lostTypes(resource);
    if (lost === undefined) shared.add(resource, line);
    else for (const type of lost.types) (lost.lines === 'many' ? shared.lost : shared.nobodys).add(type);
  }
  return shared;
}

/** What came of one partition. */
export interface Evaluated {
  /** in the order of patients */
  readonly rows: readonly BatchRow[];
  readonly charts: number;
  /** why orders have no row, one for each */
  readonly ungoverned: readonly UngovernedReason[];
}

/** Reads one partition, and checks the imaging orders of each of its patients. */
export function evaluatePartition(
  folder: string,
  partition: number,
  shared: SharedResources,
  wish: BatchWish,
  checker: Checker,
): Evaluated {
  const rows: BatchRow[] = [];
  const ungoverned: UngovernedReason[] = [];
  let charts = 0;
  for (const { patient, patientId, resources, references, lost } of gather(folder, partition, shared)) {
    if (patient === undefined) continue;
    charts++;
    const gathered = { patientId, patient, resources };
    const orders = ordersOf(gathered, wish, checker);
    if (orders.length === 0) continue;
    const all = [...resources, ...shared.of(references)];
    const data = withoutLost(patientData({ ...gathered, resources: all }, wish), lost);
    for (const order of orders) {
      const row = rowOf(patientId, order, data, shared.nobodys, checker);
      if (row === undefined) ungoverned.push(whyUngoverned(order, data, checker));
      else rows.push(row);
    }
  }
  return { rows, charts, ungoverned };
}

/** The lines of a partition by the patient that they belong to, in the order of patients. */
function gather(folder: string, partition: number, shared: SharedResources): readonly Gathering[] {
  const charts = new Map<string, Gathering>();
  const chartOf = (patientId: string): Gathering => {
    const known = charts.get(patientId);
    if (known !== undefined) return known;
    const chart = { patientId, resources: [], references: new Set<string>(), lost: new Set(shared.lost) };
    charts.set(patientId, chart);
    return chart;
  };
  for (const line of partLines(folder, partition)) {
    const resource = objectIn(line);
    const owner = resource === undefined ? undefined : ownerOf(resource);
    if (resource === undefined || owner === undefined) {
      for (const patient of patientsIn(line)) chartOf(patient).lost.add(typeIn(line) ?? ANY_TYPE);
      continue;
    }
    const chart = chartOf(owner);
    if (resource['resourceType'] !== 'Patient') chart.resources.push(resource);
    else if (chart.patient === undefined || isNewer(resource, chart.patient)) chart.patient = resource;
    if (!shared.isEmpty) for (const reference of referencesIn(line)) chart.references.add(reference);
  }
  return [...charts.keys()].sort().flatMap((id) => charts.get(id) ?? []);
}

/** What resources of a section refer to. */
const REFERRED_BY: Readonly<Record<string, readonly string[]>> = {
  PractitionerRole: ['Practitioner'],
  MedicationRequest: ['Medication'],
  MedicationStatement: ['Medication'],
  MedicationDispense: ['Medication'],
  MedicationAdministration: ['Medication'],
};

/** Sections of which lines are lost were not seen whole; nor were the coverages. */
function withoutLost(data: PatientData, lost: ReadonlySet<string>): PatientData {
  if (lost.size === 0) return data;
  const isLost = (type: string): boolean =>
    lost.has(type) || lost.has(ANY_TYPE) || (REFERRED_BY[type] ?? []).some((t) => lost.has(t));
  const sections = [...data.sections].map(
    ([name, section]) => [name, isLost(name) ? { ...section, state: 'truncated' as const } : section] as const,
  );
  const coverages = data.defaultPayer === undefined && (isLost('Coverage') || isLost('Organization'));
  return { ...data, sections: new Map(sections), ...(coverages && { coverageState: 'unavailable' as const }) };
}

const sameOutcome = (a: BatchRow, b: BatchRow): boolean => a.outcome === b.outcome && a.reason === b.reason;

/**
 * The row of one order; undefined when nothing governs it.
 * @param nobodys types of which single lines are lost that may be anybody's: the row is as if they were somebody else's, and says where
 * it would be another if one were this patient's
 */
function rowOf(
  patientId: string,
  order: ImagingOrder,
  data: PatientData,
  nobodys: ReadonlySet<string>,
  checker: Checker,
): BatchRow | undefined {
  const check = checkOrder(order, data, checker);
  if (check === undefined) return undefined;
  const row = batchRow(patientId, check);
  const mayLack = [...nobodys].filter((type) => {
    const without = checkOrder(order, withoutLost(data, new Set([type])), checker);
    return without === undefined || !sameOutcome(row, batchRow(patientId, without));
  });
  return mayLack.length === 0 ? row : { ...row, mayLack: mayLack.sort((a, b) => a.localeCompare(b)) };
}
