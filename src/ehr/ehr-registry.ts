import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import type { LocalCodes } from '../chart/read-context.ts';
import type { Orderables } from '../order/order.ts';
import { OUTCOMES, type Outcome } from '../policy/assessment.ts';
import { SYSTEM_NAMES, type System } from '../terminology/systems.ts';
import { InvalidFileError, readYaml } from '../yaml/yaml-file.ts';
import { SmartFile, type SmartRegistration, smartRegistration } from './smart-registration.ts';

const URL_TEXT = z.url({ protocol: /^https?$/ });
const LocalCodesFile = z.strictObject({
  codes: z.record(
    z.string(),
    z.array(z.string().regex(new RegExp(`^(${SYSTEM_NAMES.join('|')})\\|\\S+$`), 'expected e.g. "icd10cm|M54.16"')),
  ),
});

const EhrFile = z.strictObject({
  ehr: z.string().regex(/^[a-z][a-z0-9-]*$/),
  name: z.string().min(1),
  'fhir-bases': z.array(URL_TEXT).default([]).meta({ description: 'FHIR base URLs that we may call for this EHR' }),
  'private-network': z.boolean().default(false).meta({ description: 'its bases may have private addresses' }),
  'allowed-origins': z
    .array(URL_TEXT)
    .default([])
    .meta({ description: 'browser origins that may call the service (CORS)' }),
  'default-payer': z
    .strictObject({
      payer: z.string(),
      'line-of-business': z.enum(['medicare', 'medicaid', 'commercial']).default('commercial'),
    })
    .optional()
    .meta({ description: 'assumed when the patient has no coverage on file; the card says so' }),
  prefetch: z.enum(['full', 'lean']).default('full'),
  show: z
    .array(z.enum(OUTCOMES))
    .default([...OUTCOMES])
    .meta({ description: 'outcomes for which cards are shown' }),
  orderables: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: '"system|code" of local orderables to CPT codes' }),
  codes: z.string().optional().meta({ description: 'file of local clinical codes, relative to this file' }),
  quirks: z.array(z.enum(['pama-rating'])).default([]),
  smart: SmartFile.optional().meta({ description: 'our SMART app at this EHR; without it cards do not lead to it' }),
});

/** One EHR that may call us. */
export interface Ehr {
  readonly id: string;
  readonly name: string;
  readonly fhirBases: readonly string[];
  readonly privateNetwork: boolean;
  readonly allowedOrigins: readonly string[];
  readonly defaultPayer?: { readonly payer: string; readonly lineOfBusiness: 'medicare' | 'medicaid' | 'commercial' };
  readonly prefetch: 'full' | 'lean';
  readonly show: ReadonlySet<Outcome>;
  readonly orderables: Orderables;
  readonly localCodes: LocalCodes;
  readonly quirks: ReadonlySet<string>;
  readonly smart?: SmartRegistration;
}

/** A FHIR base URL in the form in which bases are compared. */
export const normalBase = (url: string): string => url.replace(/\/+$/, '');

function readLocalCodes(file: string): LocalCodes {
  const loaded = readYaml(file, LocalCodesFile);
  return new Map(
    Object.entries(loaded.data.codes).map(([local, targets]) => [
      local,
      targets.map((t) => ({ system: t.slice(0, t.indexOf('|')) as System, code: t.slice(t.indexOf('|') + 1) })),
    ]),
  );
}

function readEhr(file: string): Ehr {
  const { data } = readYaml(file, EhrFile);
  const payer = data['default-payer'];
  return {
    id: data.ehr,
    name: data.name,
    fhirBases: data['fhir-bases'].map(normalBase),
    privateNetwork: data['private-network'],
    allowedOrigins: data['allowed-origins'].map((o) => new URL(o).origin),
    ...(payer !== undefined && { defaultPayer: { payer: payer.payer, lineOfBusiness: payer['line-of-business'] } }),
    prefetch: data.prefetch,
    show: new Set(data.show),
    orderables: new Map(Object.entries(data.orderables)),
    localCodes: data.codes === undefined ? new Map() : readLocalCodes(join(dirname(file), data.codes)),
    quirks: new Set(data.quirks),
    ...(data.smart !== undefined && { smart: smartRegistration(data.smart) }),
  };
}

/** The EHRs that we trust, by FHIR base and by browser origin. */
export class EhrRegistry {
  readonly ehrs: readonly Ehr[];
  readonly #byBase = new Map<string, Ehr>();

  constructor(ehrs: readonly Ehr[]) {
    this.ehrs = ehrs;
    for (const ehr of ehrs) for (const base of ehr.fhirBases) this.#byBase.set(base, ehr);
  }

  byBase(base: string): Ehr | undefined {
    return this.#byBase.get(normalBase(base));
  }

  byId(id: string): Ehr | undefined {
    return this.ehrs.find((e) => e.id === id);
  }

  /** The registry without one EHR. */
  without(id: string): EhrRegistry {
    return new EhrRegistry(this.ehrs.filter((e) => e.id !== id));
  }

  allowsOrigin(origin: string): boolean {
    return this.ehrs.some((e) => e.allowedOrigins.includes(origin));
  }
}

/**
 * Loads `smart-config/ehrs/*.yaml`.
 * @throws InvalidFileError for an invalid file, an id or a FHIR base used twice, or a default payer that does not exist
 */
export function loadEhrs(folder: string, isPayer: (id: string) => boolean): EhrRegistry {
  if (!existsSync(folder)) return new EhrRegistry([]);
  const problems: string[] = [];
  const seen = new Map<string, string>();
  const ehrs = readdirSync(folder)
    .filter((f) => f.endsWith('.yaml') && f !== 'codes.yaml' && !f.endsWith('.codes.yaml'))
    .sort()
    .map((name) => {
      const file = join(folder, name);
      const ehr = readEhr(file);
      for (const key of [`id ${ehr.id}`, ...ehr.fhirBases.map((b) => `FHIR base ${b}`)]) {
        if (seen.has(key)) problems.push(`${file}:1:1 the ${key} belongs to ${seen.get(key)} too`);
        seen.set(key, name);
      }
      if (ehr.defaultPayer !== undefined && !isPayer(ehr.defaultPayer.payer))
        problems.push(`${file}:1:1 default-payer: there is no payer "${ehr.defaultPayer.payer}"`);
      return ehr;
    });
  if (problems.length > 0) throw new InvalidFileError(problems);
  return new EhrRegistry(ehrs);
}
