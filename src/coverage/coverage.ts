import { containedIn } from '../chart/contained.ts';
import { isObject, type Json, object, objects, text } from '../chart/json.ts';
import { EHR_ID, localKey, type PatientScope } from '../chart/references.ts';
import { type Day, parseDate } from '../dates/day.ts';
import type { LineOfBusiness, PayerName } from './payers.ts';

/** One Coverage of the patient, as far as routing needs it. */
export interface Coverage {
  /** "Coverage/cov-9"; "#id" of one that the order contains */
  readonly ref: string;
  readonly payer: PayerName;
  /** the payor Organization that still has to be read to know its name */
  readonly organization?: string;
  readonly lineOfBusiness: LineOfBusiness | undefined;
  readonly plans: readonly string[];
  readonly order: number;
  /** in force, and of a kind that may pay for imaging */
  readonly active: boolean;
  /** nobody pays but the patient: an entry that EHRs keep beside the plans */
  readonly selfPay: boolean;
  readonly covers: (on: Day) => boolean;
}

/** Source of Payment Typology: the first digit is the kind of payer; the other kinds say nothing about the line of business. */
const SOPT: Readonly<Record<string, LineOfBusiness>> = {
  '1': 'medicare',
  '2': 'medicaid',
  '5': 'commercial',
  '6': 'commercial',
};
const SOPT_URI = /sopt|source-of-payment|2\.16\.840\.1\.113883\.3\.221\.5/i;

/** HL7 coverage types: government programs by premium or by need, and private policies. */
const ACT_CODE: Readonly<Record<string, LineOfBusiness>> = {
  RETIRE: 'medicare',
  SUBSIDIZ: 'medicaid',
  SUBSIDMC: 'medicaid',
};
const PRIVATE = new Set(['EHCPOL', 'HIP', 'MCPOL', 'HMO', 'PPO', 'POS']);
/** Policies that never pay for imaging. */
const NOT_MEDICAL = new Set(['DENTAL', 'DENTPRG', 'VISPOL', 'DRUGPOL', 'LTC', 'LIFE', 'DIS']);
const isActCode = (uri: string): boolean =>
  /(^|[/:])(v3-ActCode|coverage-type)$|2\.16\.840\.1\.113883\.5\.4$/.test(uri);

/** Codes and names by which EHRs say that the patient pays. */
const SELF_PAY = /^(self[- ]?pay|patient pay|uninsured|no insurance)$/i;
const isPerson = (payor: Json): boolean => /(^|\/)(Patient|RelatedPerson)\/[^/]+$/.test(text(payor['reference']) ?? '');
const isSelfPay = (coverage: Json, codings: readonly TypeCoding[], names: readonly string[]): boolean =>
  (objects(coverage['payor']).length > 0 && objects(coverage['payor']).every(isPerson)) ||
  codings.some(
    ({ uri, code }) => /\/coverage-selfpay$/.test(uri) || (SOPT_URI.test(uri) && /^81\d{0,3}$/.test(code)),
  ) ||
  (names.length > 0 && names.every((name) => SELF_PAY.test(name.trim())));

/** A supplement to Medicare is sold by private insurers and is no Medicare plan. */
const SUPPLEMENT = /supplement|medigap/i;
const MEDICARE = /\bmedicare\b/i;
const MEDICAID = /\bmedicaid\b|\bchip\b/i;
const COMMERCIAL = /\bcommercial\b|\bprivate health insurance\b|\bemployer[- ]sponsored\b/i;

const inWords = (words: string): LineOfBusiness | undefined => {
  if (SUPPLEMENT.test(words)) return undefined;
  if (MEDICARE.test(words)) return 'medicare';
  if (MEDICAID.test(words)) return 'medicaid';
  return COMMERCIAL.test(words) ? 'commercial' : undefined;
};

interface TypeCoding {
  readonly uri: string;
  readonly code: string;
}

const typeCodings = (coverage: Json): readonly TypeCoding[] =>
  objects(object(coverage['type'])?.['coding']).flatMap((coding) => {
    const code = text(coding['code']);
    return code === undefined ? [] : [{ uri: text(coding['system']) ?? '', code }];
  });

/** Codes of the type first, then its words and those of plan and group, then codes that only say "private". */
function lineOfBusiness(coverage: Json, codings: readonly TypeCoding[]): LineOfBusiness | undefined {
  for (const { uri, code } of codings) {
    const line = SOPT_URI.test(uri) && /^\d{1,5}$/.test(code) ? SOPT[code.charAt(0)] : undefined;
    if (line !== undefined) return line;
  }
  const act = codings.filter(({ uri }) => isActCode(uri)).map(({ code }) => code);
  for (const code of act) if (Object.hasOwn(ACT_CODE, code)) return ACT_CODE[code];
  const type = object(coverage['type']);
  const words = [text(type?.['text']), ...objects(type?.['coding']).map((c) => text(c['display']))];
  for (const cls of objects(coverage['class'])) words.push(text(cls['value']), text(cls['name']));
  for (const w of words) {
    const line = w === undefined ? undefined : inWords(w);
    if (line !== undefined) return line;
  }
  return act.some((code) => PRIVATE.has(code)) ? 'commercial' : undefined;
}

function payerOf(
  coverage: Json,
  organizations: ReadonlyMap<string, Json>,
  base: string | undefined,
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
      const contained = containedIn(coverage, reference);
      if (contained !== undefined) take(contained);
    } else {
      const key = localKey(payor, base);
      const organization = key === undefined ? undefined : organizations.get(key);
      if (organization !== undefined) take(organization);
      else if (key?.startsWith('Organization/') === true) missing ??= key;
    }
    const display = text(payor['display']);
    if (display !== undefined) names.push(display);
  }
  return { payer: { names, identifiers }, ...(missing !== undefined && { organization: missing }) };
}

const VOID = new Set(['entered-in-error', 'cancelled']);

function readCoverage(
  r: Json,
  ref: string,
  organizations: ReadonlyMap<string, Json>,
  base: string | undefined,
): readonly Coverage[] {
  const status = text(r['status']);
  if (status !== undefined && VOID.has(status)) return [];
  const period = object(r['period']);
  const from = parseDate(period?.['start'])?.lo ?? Number.NEGATIVE_INFINITY;
  const to = parseDate(period?.['end'])?.hi ?? Number.POSITIVE_INFINITY;
  const plans = objects(r['class']).flatMap((c) => [text(c['value']), text(c['name'])].flatMap((t) => t ?? []));
  const order = r['order'];
  const codings = typeCodings(r);
  const medical = codings.length === 0 || !codings.every((c) => isActCode(c.uri) && NOT_MEDICAL.has(c.code));
  const payer = payerOf(r, organizations, base);
  return [
    {
      ref,
      ...payer,
      selfPay: isSelfPay(r, codings, payer.payer.names),
      lineOfBusiness: lineOfBusiness(r, codings),
      plans,
      order: typeof order === 'number' ? order : Number.POSITIVE_INFINITY,
      active: medical && (status === undefined || status === 'active'),
      covers: (on: Day): boolean => from <= on && on <= to,
    },
  ];
}

/** Reads the patient's Coverages; other patients', void ones, and those that no reference can name are left out. @param resources Coverages and Organizations */
export function readCoverages(resources: readonly unknown[], scope: PatientScope): readonly Coverage[] {
  const organizations = new Map<string, Json>();
  const coverages = new Map<string, Json>();
  for (const r of resources) {
    if (!isObject(r) || typeof r['id'] !== 'string' || !EHR_ID.test(r['id'])) continue;
    if (r['resourceType'] === 'Organization') organizations.set(`Organization/${r['id']}`, r);
    if (r['resourceType'] === 'Coverage' && scope.includes(object(r['beneficiary'])))
      coverages.set(`Coverage/${r['id']}`, r);
  }
  return [...coverages].flatMap(([ref, r]) => readCoverage(r, ref, organizations, scope.base));
}

/** Is there a Coverage that may be the patient's, and that no reference can name or that names nobody for certain? */
export const hasUnreadable = (resources: readonly unknown[], scope: PatientScope): boolean =>
  resources.some((r) => {
    if (!isObject(r) || r['resourceType'] !== 'Coverage') return false;
    const status = text(r['status']);
    const beneficiary = object(r['beneficiary']);
    if ((status !== undefined && status !== 'active') || scope.excludes(beneficiary)) return false;
    const id = text(r['id']);
    return id === undefined || !EHR_ID.test(id) || !scope.includes(beneficiary);
  });

/** The Coverages of this patient that an order contains, as "#id". */
function containedCoverages(order: Json, scope: PatientScope): readonly Coverage[] {
  const contained = objects(order['contained']);
  return contained.flatMap((r) => {
    const beneficiary = object(r['beneficiary']);
    if (r['resourceType'] !== 'Coverage' || typeof r['id'] !== 'string') return [];
    if (beneficiary !== undefined && !scope.includes(beneficiary)) return [];
    return readCoverage({ ...r, contained }, `#${r['id']}`, new Map(), scope.base);
  });
}

/** Which Coverage an order belongs to; `named`: the order itself says so. */
export type CoverageChoice =
  | { readonly kind: 'one'; readonly coverage: Coverage; readonly named: boolean }
  | { readonly kind: 'several'; readonly coverages: readonly Coverage[] }
  | { readonly kind: 'none' };

/** The references of an order's insurance: "Coverage/x", or "#x" for a contained one. @param base as of `localReference` */
export const insuranceOf = (order: Json, base: string | undefined): readonly string[] =>
  objects(order['insurance']).flatMap((insurance) => {
    const reference = text(insurance['reference']);
    return (reference?.startsWith('#') === true ? reference : localKey(insurance, base)) ?? [];
  });

/**
 * The order's own insurance if it resolves; else the one active Coverage whose period holds the date; else the lowest `order`. That the
 * patient pays is no coverage beside one.
 * @param on the service date
 */
export function chooseCoverage(
  coverages: readonly Coverage[],
  order: Json,
  on: Day,
  scope: PatientScope,
): CoverageChoice {
  const named = insuranceOf(order, scope.base);
  const known = named.length === 0 ? [] : [...coverages, ...containedCoverages(order, scope)];
  const byRef = new Map(known.toReversed().map((c) => [c.ref, c]));
  const [own] = byOrder(named.flatMap((ref) => byRef.get(ref) ?? []));
  if (own !== undefined) return { kind: 'one', coverage: own, named: true };
  const inForce = coverages.filter((c) => c.active && c.covers(on));
  const insured = inForce.filter((c) => !c.selfPay);
  const active = byOrder(insured.length > 0 ? insured : inForce);
  const [first] = active;
  if (first === undefined) return { kind: 'none' };
  const equal = active.filter((c) => c.order === first.order);
  return equal.length === 1 ? { kind: 'one', coverage: first, named: false } : { kind: 'several', coverages: equal };
}

const byOrder = (coverages: readonly Coverage[]): readonly Coverage[] =>
  [...coverages].sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));

/** The Coverage refers to a payer whose name could not be read. */
export const payerUnread = ({ organization, payer }: Coverage): boolean =>
  organization !== undefined && payer.names.length === 0 && payer.identifiers.length === 0;
