import { type Json, objects } from '../chart/json.ts';
import { ReadContext } from '../chart/read-context.ts';
import { PatientScope } from '../chart/references.ts';
import { isNewer } from '../chart/versions.ts';
import { type OrderWish, orderFor } from '../criteria-check/check-bundle.ts';
import type { Checker } from '../criteria-check/order-check.ts';
import { type ImagingOrder, readOrder } from '../order/order.ts';
import { NEWLINE } from './line-blocks.ts';
import { objectIn } from './line-json.ts';
import { readNdjson } from './read-ndjson.ts';
import { ownerOf } from './resource-owner.ts';

/** What is asked of every chart. */
export interface BatchWish extends OrderWish {
  /** suppose an order of the study for each patient, instead of the orders on file */
  readonly everyPatient: boolean;
}

/** A chart as its lines gave it. */
interface OrderedChart {
  readonly patientId: string;
  readonly patient: Json;
  readonly resources: readonly Json[];
}

const SERVICE_REQUEST = Buffer.from('"ServiceRequest"');

/** The lines of a block that hold these bytes. */
function* linesWith(bytes: Buffer, block: Buffer): Generator<string> {
  for (let at = block.indexOf(bytes); at >= 0; ) {
    const end = block.indexOf(NEWLINE, at);
    yield block.toString('utf8', block.lastIndexOf(NEWLINE, at) + 1, end < 0 ? block.length : end);
    at = end < 0 ? -1 : block.indexOf(bytes, end);
  }
}

/** The last version of each resource: an export that was added to holds resources in several. */
function lastVersions(resources: readonly Json[]): readonly Json[] {
  const last = new Map<unknown, Json>();
  for (const resource of resources) {
    const before = last.get(resource['id']);
    if (before === undefined || isNewer(resource, before)) last.set(resource['id'], resource);
  }
  return [...last.values()];
}

/** The orders to check of those that a patient has on file. */
function wishedOrders(
  requests: readonly Json[],
  patientId: string,
  wish: BatchWish,
  { knowledge: { codes, studies } }: Checker,
): readonly ImagingOrder[] {
  const scope = new PatientScope(patientId);
  const ctx = new ReadContext(codes, studies);
  return requests.flatMap((resource) => {
    const order = readOrder(resource, scope, studies, ctx, wish.date);
    const wanted =
      order !== undefined && (wish.study === undefined || order.studies.some((s) => s.code === wish.study));
    return wanted ? [order] : [];
  });
}

/** The orders of a chart to check: those on file, or the one that is supposed for every patient. */
export function ordersOf(chart: OrderedChart, wish: BatchWish, checker: Checker): readonly ImagingOrder[] {
  const requests =
    wish.everyPatient && wish.study !== undefined
      ? [orderFor(chart, wish.study, wish)]
      : lastVersions(objects(chart.resources.filter((r) => r['resourceType'] === 'ServiceRequest')));
  return wishedOrders(requests, chart.patientId, wish, checker);
}

/** The patient for whom a line holds an order to check. */
function orderedFor(line: string, wish: BatchWish, checker: Checker): string | undefined {
  const resource = objectIn(line);
  if (resource?.['resourceType'] !== 'ServiceRequest') return undefined;
  const owner = ownerOf(resource);
  return owner !== undefined && wishedOrders([resource], owner, wish, checker).length > 0 ? owner : undefined;
}

/**
 * The patients for whom a file holds orders to check: only their charts need be gathered. What is wrong with the file is not told
 * here, but where all its lines are read.
 * @param onRead told of the bytes read from disk
 */
export async function patientsWithOrders(
  file: string,
  wish: BatchWish,
  checker: Checker,
  onRead: (bytes: number) => void,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const onBlock = (block: Buffer): void => {
    for (const line of linesWith(SERVICE_REQUEST, block)) {
      const patient = orderedFor(line, wish, checker);
      if (patient !== undefined) found.add(patient);
    }
  };
  try {
    await readNdjson(file, { onBlock, onRead });
  } catch {
    // a file that breaks off holds no further orders
  }
  return found;
}
