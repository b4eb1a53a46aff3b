import { start } from '../chart/element-dates.ts';
import { isObject, isTooDeep, type Json, object, objects, text } from '../chart/json.ts';
import type { ReadContext } from '../chart/read-context.ts';
import { EHR_ID, type PatientScope } from '../chart/references.ts';
import { type Day, type Interval, parseDate } from '../dates/day.ts';
import { REGIONS, type Region } from '../policy/fact-source.ts';
import { isExact, type OpenStudy, type Study, type StudyCatalog, type StudyRegion } from '../policy/studies.ts';
import { withoutModifiers } from '../terminology/cpt-modifiers.ts';
import { placeOf } from '../terminology/regions.ts';
import { type System, systemOf } from '../terminology/systems.ts';

/** An imaging order that policies may govern. */
export interface ImagingOrder {
  /** "ServiceRequest/order-1" */
  readonly ref: string;
  readonly resource: Json;
  /** the one study that it names, or the candidates when contrast or region is left open */
  readonly studies: readonly Study[];
  /** what the order leaves open */
  readonly open?: 'contrast' | 'region';
  readonly asOf: Interval;
  readonly serviceDate: Day;
}

/** An EHR's local orderables: "system|code" to a CPT code. */
export type Orderables = ReadonlyMap<string, string>;

const BILLING_OPTIONS = 'http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options';

/** Every coding of the order's code, those in the billing-options extension of the code or of the order included. */
function codings(resource: Json): readonly Json[] {
  const code = object(resource['code']);
  const out = [...objects(code?.['coding'])];
  const visit = (extensions: unknown, depth: number): void => {
    for (const extension of objects(extensions)) {
      if (extension['valueCoding'] !== undefined) out.push(...objects(extension['valueCoding']));
      const concept = object(extension['valueCodeableConcept']);
      if (concept !== undefined) out.push(...objects(concept['coding']));
      if (depth < 4) visit(extension['extension'], depth + 1);
    }
  };
  const billing = (extensions: unknown): readonly Json[] =>
    objects(extensions).filter((e) => e['url'] === BILLING_OPTIONS);
  visit([...billing(code?.['extension']), ...billing(resource['extension'])], 0);
  return out;
}

interface Named {
  readonly exact: readonly Study[];
  readonly open: readonly OpenStudy[];
}

function named(resource: Json, studies: StudyCatalog, orderables: Orderables | undefined): Named {
  const exact = new Map<string, Study>();
  const open: OpenStudy[] = [];
  for (const coding of codings(resource)) {
    const code = text(coding['code'])?.trim();
    const uri = text(coding['system']) ?? '';
    if (code === undefined) continue;
    const system: System | undefined = systemOf(uri);
    const local = orderables?.get(`${uri}|${code}`);
    const [bare] = system === 'cpt' ? withoutModifiers(code) : [code];
    const found = local === undefined ? system && studies.byCoding(system, bare) : studies.get(local);
    if (found === undefined || !found.orderable) continue;
    if (isExact(found)) exact.set(found.code, found);
    else open.push(found);
  }
  return { exact: [...exact.values()], open };
}

/** Regions that the order's body site names. */
function siteRegions(resource: Json, ctx: ReadContext): readonly Region[] {
  const place = ctx.concepts.site(resource['bodySite']);
  return REGIONS.filter((r) => (place & placeOf([r])) !== 0);
}

/** What "the spine" may mean when neither code nor body site says which part. */
const SPINE: readonly StudyRegion[] = ['cervical', 'thoracic', 'lumbar'];

/** The studies that agree with every code of the order; when no study does, those of its first code. */
function candidatesOf(
  open: readonly OpenStudy[],
  resource: Json,
  studies: StudyCatalog,
  ctx: ReadContext,
): readonly Study[] {
  const site = siteRegions(resource, ctx);
  const each = open.map((code) => {
    const regions = code.regions.length > 0 ? code.regions : site.length > 0 ? site : SPINE;
    return studies.candidates(code, regions);
  });
  const [first] = each;
  if (first === undefined) return [];
  const common = first.filter((s) => each.every((candidates) => candidates.includes(s)));
  return common.length > 0 ? common : first;
}

function resolve(
  { exact, open }: Named,
  resource: Json,
  studies: StudyCatalog,
  ctx: ReadContext,
): Pick<ImagingOrder, 'studies' | 'open'> | undefined {
  const possible = exact.length > 0 ? exact : candidatesOf(open, resource, studies, ctx);
  if (possible.length === 0) return undefined;
  if (possible.length === 1) return { studies: possible };
  const regions = new Set(possible.map((s) => s.regions[0]));
  return { studies: possible, open: regions.size === 1 ? 'contrast' : 'region' };
}

/** The as-of date: the day the order was written, else today. */
const asOfDate = (resource: Json, now: Interval): Interval => {
  const authored = parseDate(resource['authoredOn']);
  return authored === undefined ? now : authored;
};

/** The orders of a Bundle; entries that are no ServiceRequest, and those nested beyond reason, are passed over. */
export function serviceRequests(bundle: unknown): readonly Json[] {
  const entries = isObject(bundle) ? bundle['entry'] : undefined;
  return objects(entries).flatMap((e) => {
    const resource = object(e['resource']);
    return resource !== undefined && resource['resourceType'] === 'ServiceRequest' && !isTooDeep(resource)
      ? [resource]
      : [];
  });
}

/**
 * Reads a ServiceRequest as an imaging order for this patient.
 * @param now today in the configured time zone, used when the order has no date
 * @returns undefined for orders that name no imaging of the spine, that forbid it, or that are another patient's
 */
export function readOrder(
  resource: Json,
  scope: PatientScope,
  studies: StudyCatalog,
  ctx: ReadContext,
  now: Interval,
  orderables?: Orderables,
): ImagingOrder | undefined {
  const id = text(resource['id']);
  if (id === undefined || !EHR_ID.test(id) || resource['doNotPerform'] === true) return undefined;
  if (!scope.includes(object(resource['subject']))) return undefined;
  const status = text(resource['status']);
  if (status === 'entered-in-error' || status === 'revoked') return undefined;
  const study = resolve(named(resource, studies, orderables), resource, studies, ctx);
  if (study === undefined) return undefined;
  const asOf = asOfDate(resource, now);
  const service = start(resource, 'occurrence');
  return { ref: `ServiceRequest/${id}`, resource, ...study, asOf, serviceDate: (service ?? asOf).lo };
}
