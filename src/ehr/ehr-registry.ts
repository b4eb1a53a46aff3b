import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { JSONWebKeySet } from 'jose';
import * as z from 'zod';
import type { LocalCodes } from '../chart/code-meanings.ts';
import { withoutSlashAtEnd } from '../chart/references.ts';
import type { Orderables } from '../order/order.ts';
import { OUTCOMES, type Outcome } from '../policy/assessment.ts';
import { type CodeSource, SYSTEM_NAMES } from '../terminology/systems.ts';
import { meant } from '../yaml/nearest-names.ts';
import { InvalidFileError, type LoadedFile, readYaml } from '../yaml/yaml-file.ts';
import { yamlNames } from '../yaml/yaml-names.ts';
import { namesPrivateAddress } from './network.ts';
import { SmartFile, type SmartRegistration, smartRegistration } from './smart-registration.ts';

/** Is this a plain http address, without anything that a FHIR base cannot have (credentials, a query, a fragment)? */
export const isBase = (url: string): boolean => URL.canParse(url) && /^https?:\/\/[^?#@\s\\]+$/i.test(url);

const URL_TEXT = z.url({ protocol: /^https?$/ });
const LocalCodesFile = z.strictObject({
  codes: z
    .record(
      z.string().regex(/^[^|]*\|[^|]+$/, 'expected "system|code" as in the chart, e.g. "urn:oid:1.2.3|LBP"'),
      z
        .array(
          z
            .string()
            .regex(
              new RegExp(`^((${SYSTEM_NAMES.join('|')})\\|\\S+|set\\|[a-z0-9-]+(@[a-z]+)?)$`),
              'expected e.g. "icd10cm|M54.16", "set|spinal-pain" or "set|spinal-pain@lumbar"',
            ),
        )
        .min(1),
    )
    .meta({ description: 'codes of the EHR to standard codes or to code sets of policies/codes' }),
});

/** A public key; a private one in a registry file is a mistake that must not pass. */
const PublicKey = z
  .looseObject({ kty: z.enum(['RSA', 'EC']), kid: z.string().min(1) })
  .refine((k) => !('d' in k), 'this is a private key: give the public one');
const PublicKeys = z.looseObject({ keys: z.array(PublicKey).min(1) });

const IssuerInput = z
  .strictObject({
    iss: z.string().min(1).meta({ description: 'the iss of its tokens' }),
    'jwks-url': URL_TEXT.optional().meta({ description: 'where its public keys are published' }),
    'jwks-file': z.string().optional().meta({ description: 'a JWK set, relative to this file' }),
    keys: z.array(PublicKey).optional().meta({ description: 'its public keys as JWKs' }),
    jku: z
      .array(URL_TEXT)
      .default([])
      .meta({ description: 'what its tokens may say in jku where the keys stand here; it is never fetched' }),
    tenants: z.array(z.string()).min(1).optional().meta({ description: 'the tenant claim must be one of these' }),
    subjects: z.array(z.string()).min(1).optional().meta({ description: 'the sub claim must be one of these' }),
  })
  .refine(
    (i) => [i['jwks-url'], i['jwks-file'], i.keys].filter((k) => k !== undefined).length === 1,
    'expected one of jwks-url, jwks-file and keys',
  );

const EhrFile = z.strictObject({
  ehr: z.string().regex(/^[a-z][a-z0-9-]*$/, 'expected an id of small letters, digits and -, e.g. general-hospital'),
  name: z.string().min(1),
  'fhir-bases': z
    .array(URL_TEXT.refine(isBase, 'a FHIR base has no credentials, query or fragment'))
    .default([])
    .meta({ description: 'FHIR base URLs that we may call for this EHR' }),
  issuers: z.array(IssuerInput).default([]).meta({ description: 'who signs the tokens of its hook calls' }),
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

/** Who signs the tokens of an EHR's hook calls. */
export interface Issuer {
  readonly iss: string;
  readonly keys: { readonly url: string; readonly privateNetwork: boolean } | { readonly keys: JSONWebKeySet };
  /** what the jku of its tokens may be */
  readonly jku?: ReadonlySet<string>;
  /** undefined = the tenant claim is not looked at */
  readonly tenants?: ReadonlySet<string>;
  /** undefined = the sub claim is not looked at */
  readonly subjects?: ReadonlySet<string>;
}

/** What a token says of the part of an issuer that it is for. */
export interface IssuerPart {
  readonly tenant?: unknown;
  readonly sub?: unknown;
}

const allows = (permitted: ReadonlySet<string> | undefined, claim: unknown): boolean =>
  permitted === undefined || (typeof claim === 'string' && permitted.has(claim));

/** Is a token for the part of an issuer that is registered? @returns the claim that speaks against it */
export function foreignClaim(issuer: Issuer, { tenant, sub }: IssuerPart): 'tenant' | 'subject' | undefined {
  if (!allows(issuer.tenants, tenant)) return 'tenant';
  return allows(issuer.subjects, sub) ? undefined : 'subject';
}

/** One EHR that may call us. */
export interface Ehr {
  readonly id: string;
  readonly name: string;
  readonly fhirBases: readonly string[];
  readonly issuers: readonly Issuer[];
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

/** A FHIR base URL in the form in which bases are compared: host in lower case, no default port, no slash at the end. */
export function normalBase(url: string): string {
  if (!isBase(url)) return url;
  const { origin, pathname } = new URL(url);
  return withoutSlashAtEnd(`${origin}${pathname}`);
}

function readLocalCodes(file: string, { understands }: Known): LocalCodes {
  const loaded = readYaml(file, LocalCodesFile);
  const problems: string[] = [];
  const codes = Object.entries(loaded.data.codes).map(([local, targets]) => {
    const meant = targets.map((t, i) => {
      const bar = t.indexOf('|');
      const target = { system: t.slice(0, bar) as CodeSource, code: t.slice(bar + 1) };
      if (!understands(target.system, target.code))
        problems.push(`${loaded.locate(['codes', local, i])} codes.${local}: no fact and no study understands "${t}"`);
      return target;
    });
    return [local, meant] as const;
  });
  if (problems.length > 0) throw new InvalidFileError(problems);
  return new Map(codes);
}

/** The local codes of an EHR, whose file its own file names. @throws InvalidFileError */
function localCodesOf({ file, data, locate }: LoadedFile<z.infer<typeof EhrFile>>, known: Known): LocalCodes {
  if (data.codes === undefined) return new Map();
  const path = resolve(dirname(file), data.codes);
  if (!existsSync(path)) throw new InvalidFileError([`${locate(['codes'])} codes: there is no file ${path}`]);
  return readLocalCodes(path, known);
}

/** Reads a file of public keys. @throws InvalidFileError */
function readKeys(file: string): JSONWebKeySet {
  if (!existsSync(file)) throw new InvalidFileError([`${file}:1:1 there is no such file (jwks-file)`]);
  let parsed: ReturnType<typeof PublicKeys.safeParse>;
  try {
    parsed = PublicKeys.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new InvalidFileError([`${file}:1:1 expected a JSON file with a JWK set`]);
  }
  if (!parsed.success)
    throw new InvalidFileError([
      `${file}:1:1 expected a JWK set: {"keys": [...]} of public keys, each with kty and kid`,
    ]);
  return parsed.data as JSONWebKeySet;
}

function issuerOf(input: z.infer<typeof IssuerInput>, file: string, privateNetwork: boolean): Issuer {
  const url = input['jwks-url'];
  const path = input['jwks-file'];
  const keys =
    url !== undefined
      ? { url, privateNetwork }
      : {
          keys:
            path === undefined ? ({ keys: input.keys ?? [] } as JSONWebKeySet) : readKeys(resolve(dirname(file), path)),
        };
  return {
    iss: input.iss,
    keys,
    jku: new Set(url === undefined ? input.jku : [...input.jku, url]),
    ...(input.tenants !== undefined && { tenants: new Set(input.tenants) }),
    ...(input.subjects !== undefined && { subjects: new Set(input.subjects) }),
  };
}

/** What the registry names must exist. */
export interface Known {
  /** ids of `policies/payers.yaml` */
  readonly payers: readonly string[];
  /** may be ordered: a code of `policies/studies.yaml` */
  readonly isStudy: (code: string) => boolean;
  /** belongs to a code set, is the name of one, or is a study */
  readonly understands: (system: CodeSource, code: string) => boolean;
}

function readEhr(file: string, known: Known): { readonly ehr: Ehr; readonly locate: LoadedFile<unknown>['locate'] } {
  const loaded = readYaml(file, EhrFile);
  const { data } = loaded;
  const orderables = Object.entries(data.orderables).flatMap(([local, code]) => {
    const problem = !local.includes('|')
      ? 'expected "system|code" of the local orderable in front of the colon'
      : known.isStudy(code)
        ? undefined
        : `${code} is no study of policies/studies.yaml`;
    return problem === undefined ? [] : [`${loaded.locate(['orderables', local])} orderables.${local}: ${problem}`];
  });
  if (orderables.length > 0) throw new InvalidFileError(orderables);
  const payer = data['default-payer'];
  const ehr: Ehr = {
    id: data.ehr,
    name: data.name,
    fhirBases: data['fhir-bases'].map(normalBase),
    issuers: data.issuers.map((i) => issuerOf(i, file, data['private-network'])),
    privateNetwork: data['private-network'],
    allowedOrigins: data['allowed-origins'].map((o) => new URL(o).origin),
    ...(payer !== undefined && { defaultPayer: { payer: payer.payer, lineOfBusiness: payer['line-of-business'] } }),
    prefetch: data.prefetch,
    show: new Set(data.show),
    orderables: new Map(Object.entries(data.orderables)),
    localCodes: localCodesOf(loaded, known),
    quirks: new Set(data.quirks),
    ...(data.smart !== undefined && { smart: smartRegistration(data.smart) }),
  };
  return { ehr, locate: loaded.locate };
}

/** The EHRs that we trust, by FHIR base, by token issuer and by browser origin. */
export class EhrRegistry {
  readonly ehrs: readonly Ehr[];
  readonly #byBase = new Map<string, Ehr>();
  readonly #byIssuer = new Map<string, readonly { readonly ehr: Ehr; readonly issuer: Issuer }[]>();

  constructor(ehrs: readonly Ehr[]) {
    this.ehrs = ehrs;
    for (const ehr of ehrs) {
      for (const base of ehr.fhirBases) this.#byBase.set(base, ehr);
      for (const issuer of ehr.issuers)
        this.#byIssuer.set(issuer.iss, [...(this.#byIssuer.get(issuer.iss) ?? []), { ehr, issuer }]);
    }
  }

  byBase(base: string): Ehr | undefined {
    if (!isBase(base)) return undefined;
    return this.#byBase.get(normalBase(base));
  }

  /** The EHR whose tokens an issuer signs; of several, the one that the token is for. */
  byIssuer(iss: string, part: IssuerPart = {}): { readonly ehr: Ehr; readonly issuer: Issuer } | undefined {
    const all = this.#byIssuer.get(iss);
    return all?.find(({ issuer }) => foreignClaim(issuer, part) === undefined) ?? all?.[0];
  }

  /** The EHR whose pages a browser shows. */
  byOrigin(origin: string): Ehr | undefined {
    return this.ehrs.find((e) => e.allowedOrigins.includes(origin));
  }

  byId(id: string): Ehr | undefined {
    return this.ehrs.find((e) => e.id === id);
  }

  /** The registry without one EHR. */
  without(id: string): EhrRegistry {
    return new EhrRegistry(this.ehrs.filter((e) => e.id !== id));
  }

  /** The registry with one more issuer of an EHR; the same when there is no such EHR. */
  withIssuer(id: string, issuer: Issuer): EhrRegistry {
    return new EhrRegistry(this.ehrs.map((e) => (e.id === id ? { ...e, issuers: [...e.issuers, issuer] } : e)));
  }

  allowsOrigin(origin: string): boolean {
    return this.byOrigin(origin) !== undefined;
  }
}

/** Do two claims ever fit both? */
const overlap = (a: ReadonlySet<string> | undefined, b: ReadonlySet<string> | undefined): boolean =>
  a === undefined || b === undefined || [...a].some((claim) => b.has(claim));

/** One issuer may sign for several EHRs, when its tokens tell which one they are for. */
const issuerProblems = (ehr: Ehr, earlier: readonly Ehr[]): readonly string[] =>
  ehr.issuers.flatMap((issuer) =>
    earlier
      .filter((other) =>
        other.issuers.some(
          (i) => i.iss === issuer.iss && overlap(i.tenants, issuer.tenants) && overlap(i.subjects, issuer.subjects),
        ),
      )
      .map((other) => `${issuer.iss} signs for ${other.id} too: give each its own tenants or subjects`),
  );

/**
 * Loads `smart-config/ehrs/*.yaml`.
 * @throws InvalidFileError for an invalid file, an id or a FHIR base used twice, or a payer, study or code that does not exist
 */
export function loadEhrs(folder: string, known: Known): EhrRegistry {
  if (!existsSync(folder)) return new EhrRegistry([]);
  const problems: string[] = [];
  const seen = new Map<string, string>();
  const earlier: Ehr[] = [];
  const ehrs = yamlNames(folder)
    .filter((f) => f !== 'codes.yaml' && !f.endsWith('.codes.yaml'))
    .map((name) => {
      const file = join(folder, name);
      const { ehr, locate } = readEhr(file, known);
      const names = [
        ['ehr', `id ${ehr.id}`] as const,
        ...ehr.fhirBases.map((b) => ['fhir-bases', `FHIR base ${b}`] as const),
      ];
      problems.push(...issuerProblems(ehr, earlier).map((problem) => `${locate(['issuers'])} issuers: ${problem}`));
      earlier.push(ehr);
      for (const [member, key] of names) {
        if (seen.has(key)) problems.push(`${locate([member])} ${member}: the ${key} belongs to ${seen.get(key)} too`);
        seen.set(key, name);
      }
      for (const base of ehr.fhirBases)
        if (!ehr.privateNetwork && namesPrivateAddress(new URL(base)))
          problems.push(
            `${locate(['fhir-bases'])} fhir-bases: ${base} is a private address; set private-network: true if it is meant`,
          );
      const urls = [
        ...ehr.fhirBases.map((url) => ['fhir-bases', url] as const),
        ...ehr.issuers.flatMap((i) => ('url' in i.keys ? [['issuers', i.keys.url] as const] : [])),
      ];
      for (const [member, url] of urls)
        if (!ehr.privateNetwork && new URL(url).protocol === 'http:')
          problems.push(
            `${locate([member])} ${member}: ${url} is not https; only a private network may do without (private-network: true)`,
          );
      const payer = ehr.defaultPayer?.payer;
      if (payer !== undefined && !known.payers.includes(payer))
        problems.push(
          `${locate(['default-payer', 'payer'])} default-payer.payer: there is no payer "${payer}"; ${meant(payer, known.payers)}`,
        );
      return ehr;
    });
  if (problems.length > 0) throw new InvalidFileError(problems);
  return new EhrRegistry(ehrs);
}
