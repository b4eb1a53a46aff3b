import { isObject, type Json, object, objects, text } from '../chart/json.ts';
import { localKey, type PatientScope } from '../chart/references.ts';
import { type Day, parseDate } from '../dates/day.ts';
import type { LineOfBusiness, PayerName } from './payers.ts';

/** One Coverage of the patient, as far as routing needs it. */
export interface Coverage {
  /** "Coverage/cov-9"; absent for an assumed payer */
  readonly ref: string;
  readonly payer: PayerName;
  /** the payor Organization that still has to be read to know its name */
  readonly organization?: string;
  readonly lineOfBusiness: LineOfBusiness | undefined;
  readonly plans: readonly string[];
  readonly order: number;
  readonly active: boolean;
  readonly covers: (on: Day) => boolean;
}

/** Source of Payment Typology: the first digit is the kind of payer. */
const SOPT: Readonly<Record<string, LineOfBusiness>> = {
  '1': 'medicare',
  '2': 'medicaid',
  '5': 'commercial',
  '6': 'commercial',
};
const SOPT_URI = /sopt|source-of-payment|2\.16\.840\.1\.113883\.3\.221\.5/i;
const MEDICARE = /medicare/i;
const MEDICAID = /medicaid|chip\b/i;

function lineOfBusiness(coverage: Json): LineOfBusiness | undefined {
  for (const coding of objects(object(coverage['type'])?.['coding'])) {
    const code = text(coding['code']);
    const uri = text(coding['system']) ?? '';
    if (code === undefined) continue;
    if (SOPT_URI.test(uri) && /^\d{1,5}$/.test(code)) return SOPT[code.charAt(0)];
    if (uri.endsWith('v3-ActCode') || uri.endsWith('coverage-type')) {
      if (code === 'PUBLICPOL' || code === 'pay') continue;
      if (code === 'SUBSIDIZ') return 'medicaid';
      if (code === 'EHCPOL' || code === 'HIP') return 'commercial';
      if (code === 'RETIRE') return 'medicare';
    }
  }
  for (const cls of objects(coverage['class'])) {
    const words = `${text(cls['value']) ?? ''} ${text(cls['name']) ?? ''}`;
    if (MEDICARE.test(words)) return 'medicare';
    if (MEDICAID.test(words)) return 'medicaid';
  }
  return undefined;
}

function payerOf(
  coverage: Json,
  organizations: ReadonlyMap<string, Json>,
): { readonly payer: PayerName; readonly organization?: string } {
  const names: string[] = [];
  const identifiers: { system?: string; value: string }[] = [];
  const take = (organization: Json): void => {
    const name = text(organization['name']);
    if (name !== undefined) names.push(name);
    for (const alias of Array.isArray(organization['alias']) ? organization['alias'] : [])
      if (typeof alias === 'string') names.push(alias);
    for (const identifier of objects(organization['identifier'])) put(identifier);
  };
  const put = (identifier: Json | undefined): void => {
    const value = text(identifier?.['value']);
    const system = text(identifier?.['system']);
    if (value !== undefined) identifiers.push({ value, ...(system !== undefined && { system }) });
  };
  let missing: string | undefined;
  for (const payor of objects(coverage['payor'])) {
    put(object(payor['identifier']));
    const reference = text(payor['reference']);
    if (reference?.startsWith('#') === true) {
      const contained = objects(coverage['contained']).find((c) => c['id'] === reference.slice(1));
      if (contained !== undefined) take(contained);
    } else {
      const key = localKey(payor);
      const organization = key === undefined ? undefined : organizations.get(key);
      if (organization !== undefined) take(organization);
      else if (key?.startsWith('Organization/') === true) missing ??= key;
    }
    const display = text(payor['display']);
    if (display !== undefined) names.push(display);
  }
  return { payer: { names, identifiers }, ...(missing !== undefined && { organization: missing }) };
}

/** Reads the patient's Coverages; other patients' and void ones are left out. @param resources Coverages and Organizations */
export function readCoverages(resources: readonly unknown[], scope: PatientScope): readonly Coverage[] {
  const organizations = new Map<string, Json>();
  for (const r of resources) {
    if (isObject(r) && r['resourceType'] === 'Organization' && typeof r['id'] === 'string')
      organizations.set(`Organization/${r['id']}`, r);
  }
  return resources.flatMap((r) => {
    if (
      !isObject(r) ||
      r['resourceType'] !== 'Coverage' ||
      typeof r['id'] !== 'string' ||
      !scope.includes(object(r['beneficiary']))
    )
      return [];
    const status = text(r['status']);
    if (status === 'entered-in-error' || status === 'cancelled') return [];
    const period = object(r['period']);
    const from = parseDate(period?.['start'])?.lo ?? Number.NEGATIVE_INFINITY;
    const to = parseDate(period?.['end'])?.hi ?? Number.POSITIVE_INFINITY;
    const plans = objects(r['class']).flatMap((c) => [text(c['value']), text(c['name'])].flatMap((t) => t ?? []));
    const order = r['order'];
    return [
      {
        ref: `Coverage/${r['id']}`,
        ...payerOf(r, organizations),
        lineOfBusiness: lineOfBusiness(r),
        plans,
        order: typeof order === 'number' ? order : Number.POSITIVE_INFINITY,
        active: status === undefined || status === 'active',
        covers: (on: Day): boolean => from <= on && on <= to,
      },
    ];
  });
}

/** Which Coverage an order belongs to; `named`: the order itself says so. */
export type CoverageChoice =
  | { readonly kind: 'one'; readonly coverage: Coverage; readonly named: boolean }
  | { readonly kind: 'several'; readonly coverages: readonly Coverage[] }
  | { readonly kind: 'none' };

/** The order's own insurance if it resolves; else the one active Coverage whose period holds the date; else the lowest `order`. */
export function chooseCoverage(coverages: readonly Coverage[], order: Json, on: Day): CoverageChoice {
  for (const insurance of objects(order['insurance'])) {
    const key = localKey(insurance);
    const own = coverages.find((c) => c.ref === key);
    if (own !== undefined) return { kind: 'one', coverage: own, named: true };
  }
  const active = coverages.filter((c) => c.active && c.covers(on));
  const [first, second] = [...active].sort((a, b) => a.order - b.order);
  if (first === undefined) return { kind: 'none' };
  if (second === undefined || first.order < second.order) return { kind: 'one', coverage: first, named: false };
  return { kind: 'several', coverages: active };
}
