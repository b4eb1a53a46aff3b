import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Json, object, objects, text } from '../chart/json.ts';
import { ReadContext } from '../chart/read-context.ts';
import { FHIR_ID, localKey, PatientScope, parseReference } from '../chart/references.ts';
import { type OrderWish, orderFor, patientData } from '../criteria-check/check-bundle.ts';
import { type Checker, checkOrder, type PatientData } from '../criteria-check/check-order.ts';
import { readOrder } from '../order/order.ts';
import { type BatchRow, batchRow } from './batch-row.ts';
import { type BadLine, lostTypes, patientsIn, typeIn } from './partition-file.ts';

/** What is asked of every chart. */
export interface BatchWish extends OrderWish {
  /** suppose an order of the study for each patient, instead of the orders on file */
  readonly everyPatient: boolean;
}

/** Resources that belong to no patient, found by reference. */
export class SharedResources {
  readonly #byRef = new Map<string, Json>();
  readonly #rolesOf = new Map<string, Json[]>();
  /** types of which lines are lost that may be anybody's */
  readonly lost = new Set<string>();

  add(resource: Json): void {
    const ref = `${text(resource['resourceType'])}/${text(resource['id'])}`;
    this.#byRef.set(ref, resource);
    const person = localKey(object(resource['practitioner']));
    if (resource['resourceType'] === 'PractitionerRole' && person !== undefined)
      this.#rolesOf.set(person, [...(this.#rolesOf.get(person) ?? []), resource]);
  }

  /** Those that a chart refers to, and the roles of its practitioners. */
  of(references: Iterable<string>): readonly Json[] {
    const out = new Set<Json>();
    for (const ref of references) {
      const found = this.#byRef.get(ref);
      if (found !== undefined) out.add(found);
      for (const role of this.#rolesOf.get(ref) ?? []) out.add(role);
    }
    return [...out];
  }
}

const REFERENCE =
  /"(?:https?:\/\/[^"]{1,500}\/)?((?:Practitioner|PractitionerRole|Organization|Medication)\/[A-Za-z0-9\-.]{1,64})"/g;

const ANY = '*';

interface Gathering {
  patient?: Json;
  readonly resources: Json[];
  readonly lines: string[];
  /** types of which lines could not be used; ANY: their type is not known */
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

/** Every line of the parts of a partition, with where it came from. */
function* partLines(folder: string, partition: number | 'shared'): Generator<{ origin: string; line: string }> {
  for (const name of readdirSync(folder).filter((f) => f.startsWith(`${partition}.`))) {
    for (const whole of readFileSync(join(folder, name), 'utf8').split('\n')) {
      const tab = whole.indexOf('\t');
      if (tab > 0) yield { origin: whole.slice(0, tab), line: whole.slice(tab + 1) };
    }
  }
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

/** Loads what belongs to no patient. */
export function loadShared(folder: string): SharedResources {
  const shared = new SharedResources();
  for (const { line } of partLines(folder, 'shared')) {
    const resource = parse(line);
    if (resource === undefined) continue;
    const lost = lostTypes(resource);
    if (lost === undefined) shared.add(resource);
    else for (const type of lost) shared.lost.add(type);
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
  const badAt = (origin: string, what: string): void => {
    const [file, line] = origin.split(':').map(Number);
    onBad({ file: files[file ?? 0] ?? '', line: line ?? 0, what });
  };
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
      for (const patient of patientsIn(line)) chartOf(patient).lost.add(typeIn(line) ?? ANY);
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
    rows.push(...checkChart(id, chart.patient, [...chart.resources, ...others], chart.lost, wish, checker));
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
    lost.has(type) || lost.has(ANY) || (REFERRED_BY[type] ?? []).some((t) => lost.has(t));
  const sections = [...data.sections].map(
    ([name, section]) => [name, isLost(name) ? { ...section, state: 'truncated' as const } : section] as const,
  );
  const coverages = data.defaultPayer === undefined && (isLost('Coverage') || isLost('Organization'));
  return { ...data, sections: new Map(sections), ...(coverages && { coverageState: 'unavailable' as const }) };
}

function checkChart(
  patientId: string,
  patient: Json,
  resources: readonly Json[],
  lost: ReadonlySet<string>,
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
    return check === undefined ? [] : [batchRow(patientId, check)];
  });
}
