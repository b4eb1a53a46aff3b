import { type Json, object, objects, text } from '../chart/json.ts';
import { ReadContext } from '../chart/read-context.ts';
import { FHIR_ID, localKey, PatientScope, parseReference } from '../chart/references.ts';
import { type OrderWish, orderFor, patientData } from '../criteria-check/check-bundle.ts';
import { type Checker, checkOrder, type PatientData } from '../criteria-check/check-order.ts';
import { readOrder } from '../order/order.ts';
import { type BatchRow, batchRow } from './batch-row.ts';
import { partLines } from './part-lines.ts';
import { ANY_TYPE, type BadLine, lostTypes, patientsIn, typeIn } from './partition-file.ts';

/** What is asked of every chart. */
export interface BatchWish extends OrderWish {
  /** suppose an order of the study for each patient, instead of the orders on file */
  readonly everyPatient: boolean;
}

/** Resources that belong to no patient, found by reference. They are kept as they were written: parsed, they would take several times the room. */
export class SharedResources {
  readonly #byRef = new Map<string, string>();
  /** the references of the roles of a practitioner */
  readonly #rolesOf = new Map<string, string[]>();
  /** types of which a file has lost lines, nobody knows how many */
  readonly lost = new Set<string>();
  /** types of which single lines are lost that name nobody */
  readonly nobodys = new Set<string>();

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
      const resource = line === undefined ? undefined : parse(line);
      return resource === undefined ? [] : [resource];
    });
  }
}

const REFERENCE =
  /"(?:https?:\/\/[^"]{1,500}\/)?((?:Practitioner|PractitionerRole|Organization|Medication)\/[A-Za-z0-9\-.]{1,64})"/g;

interface Gathering {
  patient?: Json;
  readonly resources: Json[];
  readonly lines: string[];
  /** types of which lines could not be used; ANY_TYPE: their type is not known */
  readonly lost: Set<string>;
  /** may one of the resources be an order? */
  ordered: boolean;
}

/** Resources without a patient that the lines of a chart refer to. */
function referencesIn(lines: readonly string[]): ReadonlySet<string> {
  const out = new Set<string>();
  for (const line of lines) for (const match of line.matchAll(REFERENCE)) out.add(match[1] ?? '');
  return out;
}

const parse = (line: string): Json | undefined => {
  try {
    return object(JSON.parse(line));
  } catch {
    return undefined;
  }
};

/** Whose resource it is. */
function ownerOf(resource: Json): string | undefined {
  if (resource['resourceType'] === 'Patient') return text(resource['id']);
  const subject = object(resource['subject']) ?? object(resource['patient']) ?? object(resource['beneficiary']);
  const parsed = parseReference(subject?.['reference']);
  return parsed?.type === 'Patient' ? parsed.id : undefined;
}

/** Where a line of a part came from. */
const placeOf = (origin: string, files: readonly string[]): Pick<BadLine, 'file' | 'line'> => {
  const [file, line] = origin.split(':').map(Number);
  return { file: files[file ?? 0] ?? '', line: line ?? 0 };
};

/** Loads what belongs to no patient. @param onBad told of lines that are no JSON */
export function loadShared(folder: string, files: readonly string[], onBad: (bad: BadLine) => void): SharedResources {
  const shared = new SharedResources();
  for (const { origin, line } of partLines(folder, 'shared')) {
    const resource = parse(line);
    if (resource === undefined) {
      onBad({ ...placeOf(origin, files), what: 'not valid JSON' });
      shared.nobodys.add(typeIn(line) ?? ANY_TYPE);
      continue;
    }
    const lost = lostTypes(resource);
    if (lost === undefined) shared.add(resource, line);
    else for (const type of lost.types) (lost.lines === 'many' ? shared.lost : shared.nobodys).add(type);
  }
  return shared;
}

/** Reads one partition, and checks the imaging orders of each of its patients. @returns rows in the order of patients */
export function evaluatePartition(
  folder: string,
  partition: number,
  files: readonly string[],
  shared: SharedResources,
  wish: BatchWish,
  checker: Checker,
  onBad: (bad: BadLine) => void,
): { readonly rows: readonly BatchRow[]; readonly charts: number } {
  const charts = new Map<string, Gathering>();
  const badAt = (origin: string, what: string): void => onBad({ ...placeOf(origin, files), what });
  const chartOf = (patient: string): Gathering => {
    const known = charts.get(patient);
    if (known !== undefined) return known;
    const chart = { resources: [], lines: [], lost: new Set(shared.lost), ordered: wish.everyPatient };
    charts.set(patient, chart);
    return chart;
  };
  for (const { origin, line } of partLines(folder, partition)) {
    const resource = parse(line);
    const owner = resource === undefined ? undefined : ownerOf(resource);
    if (resource === undefined) {
      badAt(origin, 'not valid JSON');
      for (const patient of patientsIn(line)) chartOf(patient).lost.add(typeIn(line) ?? ANY_TYPE);
    } else if (owner === undefined || !FHIR_ID.test(owner)) badAt(origin, 'a resource without a patient');
    else {
      const chart = chartOf(owner);
      if (resource['resourceType'] === 'Patient') chart.patient = resource;
      else chart.resources.push(resource);
      chart.ordered ||= resource['resourceType'] === 'ServiceRequest';
      chart.lines.push(line);
    }
  }
  const rows: BatchRow[] = [];
  let known = 0;
  for (const id of [...charts.keys()].sort()) {
    const chart = charts.get(id);
    if (chart?.patient === undefined) continue;
    known++;
    if (!chart.ordered) continue;
    const others = shared.of(referencesIn(chart.lines));
    rows.push(
      ...checkChart(id, chart.patient, [...chart.resources, ...others], chart.lost, shared.nobodys, wish, checker),
    );
  }
  return { rows, charts: known };
}

/** What resources of a section refer to. */
const REFERRED_BY: Readonly<Record<string, readonly string[]>> = {
  PractitionerRole: ['Practitioner'],
  MedicationRequest: ['Medication'],
  MedicationStatement: ['Medication'],
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
 * The rows of one chart.
 * @param lost types that are not seen whole in this chart
 * @param nobodys types of which single lines are lost that may be anybody's: a row is as if they were somebody else's, and says where
 * it would be another if one were this patient's
 */
function checkChart(
  patientId: string,
  patient: Json,
  resources: readonly Json[],
  lost: ReadonlySet<string>,
  nobodys: ReadonlySet<string>,
  wish: BatchWish,
  checker: Checker,
): readonly BatchRow[] {
  const { codes, studies } = checker.knowledge;
  const chart = { patientId, patient, resources };
  const scope = new PatientScope(patientId);
  const ctx = new ReadContext(codes, studies);
  const requests: readonly Json[] =
    wish.everyPatient && wish.study !== undefined
      ? [orderFor(chart, wish.study, wish)]
      : objects(resources.filter((r) => r['resourceType'] === 'ServiceRequest'));
  const orders = requests.flatMap((resource) => {
    const order = readOrder(resource, scope, studies, ctx, wish.date);
    const wanted =
      order !== undefined && (wish.study === undefined || order.studies.some((s) => s.code === wish.study));
    return wanted ? [order] : [];
  });
  if (orders.length === 0) return [];
  const data = withoutLost(patientData(chart, wish), lost);
  return orders.flatMap((order) => {
    const check = checkOrder(order, data, checker);
    if (check === undefined) return [];
    const row = batchRow(patientId, check);
    const mayLack = [...nobodys].filter((type) => {
      const without = checkOrder(order, withoutLost(data, new Set([type])), checker);
      return without === undefined || !sameOutcome(row, batchRow(patientId, without));
    });
    return [mayLack.length === 0 ? row : { ...row, mayLack: mayLack.sort((a, b) => a.localeCompare(b)) }];
  });
}
