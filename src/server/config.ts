import { isIP } from 'node:net';
import { resolve } from 'node:path';
import * as z from 'zod';
import { withoutSlashAtEnd } from '../chart/references.ts';
import { isBase } from '../ehr/ehr-registry.ts';
import { isLoopback } from '../ehr/network.ts';

/** One of a few words. */
const oneOf = <const W extends readonly [string, ...string[]]>(...words: W) =>
  z.enum(words, {
    error: `expected ${words.length > 2 ? 'one of ' : ''}${words.join(words.length > 2 ? ', ' : ' or ')}`,
  });

/** A whole number within bounds. */
function whole(min: number, max?: number) {
  const error = `expected a whole number ${max === undefined ? `of at least ${min}` : `from ${min} to ${max}`}`;
  return z.coerce
    .number({ error })
    .int({ error })
    .min(min, { error })
    .max(max ?? Number.MAX_SAFE_INTEGER, { error });
}

/** An address as a browser shows it. */
const WEB_ADDRESS = z.url({
  protocol: /^https?$/,
  error: 'expected an address with https:// (or http://) in front',
  abort: true,
});

const flag = oneOf('true', 'false').transform((v) => v === 'true');
const root = resolve(import.meta.dirname, '../..');

const isTimeZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

/** The networks that Express knows by name. */
const NETWORKS = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** A number of proxies, or their addresses and networks, as "trust proxy" of Express takes them. */
const isProxies = (value: string): boolean =>
  /^[1-9]\d?$/.test(value) ||
  value.split(',').every((part) => {
    const [address = '', bits, ...more] = part.trim().split('/');
    const most = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
    const network = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= most);
    return NETWORKS.has(part.trim()) || (most > 0 && network && more.length === 0);
  });

/** The beginning of other addresses: nothing can stand behind a query or a fragment, and credentials would be told to everybody. */
const BASE = WEB_ADDRESS.refine(isBase, 'expected an address without credentials, query or fragment').transform(
  withoutSlashAtEnd,
);

/** Every setting: its environment variable, its meaning and its default. */
export const ConfigSchema = z.object({
  NODE_ENV: oneOf('development', 'test', 'production')
    .default('development')
    .describe('production turns development mode off'),
  PORT: whole(0, 65535).default(3000).describe('TCP port; 0 = any free one'),
  HOST: z.string().default('127.0.0.1').describe('address to listen on'),
  WORKERS: whole(1, 64)
    .default(1)
    .describe('processes that serve the port; with several one more keeps them, and the sandbox is off'),
  PUBLIC_URL: BASE.optional().describe('the base under which clients call us, when it is not http://HOST:PORT'),
  CANONICAL_BASE: BASE.default('https://payer-policy-cds.example.org/fhir').describe(
    'base of our code systems and questionnaires',
  ),
  POLICIES: z.string().default(resolve(root, 'policies')).describe('folder of policies, facts, codes and payers'),
  CDS_SERVICES: z.string().default(resolve(root, 'cds-services')).describe('folder of CDS service definitions'),
  SMART_CONFIG: z.string().default(resolve(root, 'smart-config')).describe('folder of the EHR registry'),
  CRD_CONFIG: z
    .string()
    .optional()
    .describe(
      'file of payer mode (/crd/cds-services): payers, benefits, prior-authorization lists; without it there is none',
    ),
  TIME_ZONE: z
    .string()
    .refine(isTimeZone, 'expected an IANA time zone, e.g. "America/Los_Angeles"')
    .default('UTC')
    .describe('zone in which an order without a date is dated'),
  DEADLINE_MS: whole(50, 60_000).default(4000).describe('time for one hook call, chart retrieval included'),
  BODY_LIMIT: z
    .string()
    .regex(/^[1-9]\d{0,8}(kb|mb)$/, 'expected e.g. "10mb"')
    .default('10mb')
    .describe('largest request body'),
  DECISIONS: z
    .string()
    .default(resolve(root, 'data/decisions.sqlite'))
    .describe('SQLite file in which decisions are recorded, or "off"; not used with DATABASE_URL'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'expected postgres://user:password@host/database')
    .optional()
    .describe('PostgreSQL database for decisions and for what several processes share'),
  DECISIONS_WAIT_MS: whole(0, 2000)
    .default(100)
    .describe('how long an answer may wait for its record; later records are still written'),
  DECISIONS_KEEP_DAYS: whole(0)
    .default(0)
    .describe('decisions, and kept calls of payer mode, older than this are removed daily; 0 = never'),
  ANSWERS_KEEP_DAYS: whole(1, 3650)
    .default(90)
    .describe('how long answers are kept for EHRs that take none (answer-store), encrypted with APP_SECRET'),
  ADMIN_TOKEN: z
    .string()
    .min(32, 'expected at least 32 characters')
    .optional()
    .describe('bearer token of administrators (/decisions, /invocations); without it there is no administration'),
  RATE_LIMIT: whole(0).default(1200).describe('calls a minute for each client; 0 = none; off in development'),
  TRUST_PROXY: z
    .string()
    .refine(isProxies, 'expected how many proxies are in front, or their addresses, e.g. "10.0.0.0/8, 127.0.0.1"')
    .optional()
    .describe(
      'proxies whose X-Forwarded-For is believed: how many, or their addresses; without it no address of a client is known, and calls with bad tokens are not limited',
    ),
  MAX_REQUESTS: whole(1).default(256).describe('requests worked on at once; more are 503'),
  MAX_REQUEST_MB: whole(1).default(256).describe('megabytes of their bodies; more are 503'),
  APP_SECRET: z
    .string()
    .regex(
      /^[\w-]{43,}( [\w-]{43,})*$/,
      'expected at least 32 random bytes as base64url, or several of them with a space between, newest first',
    )
    .optional()
    .describe(
      'seals the order that a card hands to the SMART app, kept answers, and kept calls of payer mode; required in production where an EHR has the app, and in payer mode',
    ),
  SMART_KEYS: z
    .string()
    .optional()
    .describe('our private keys as a JWK set, oldest first; default: the files of SMART_CONFIG/keys'),
  SOURCE_LABEL: z
    .string()
    .max(80, 'expected at most 80 characters')
    .default('Spine imaging criteria check')
    .describe('source.label of cards'),
  SANDBOX: flag.optional().describe('serve the sandbox EHR (default: in development only, with one process)'),
  SANDBOX_FHIR: WEB_ADDRESS.optional().describe('FHIR R4 base whose patients the sandbox EHR shows instead of its own'),
  SANDBOX_FHIR_TOKEN: z.string().min(1).optional().describe('bearer token for SANDBOX_FHIR, if it wants one'),
  LOG_LEVEL: oneOf('silent', 'error', 'warn', 'info', 'debug').default('info').describe('how much to log'),
});

export type Config = Omit<z.infer<typeof ConfigSchema>, 'SANDBOX'> & {
  /** every loopback address counts as a registered EHR, tokens are not demanded */
  readonly development: boolean;
  readonly SANDBOX: boolean;
};

/** May charts travel to this address: encrypted, or without leaving the machine? */
const isSafe = (url: string): boolean => url.startsWith('https:') || isLoopback(new URL(url));

export const MEGABYTE = 1_000_000;
/** @param limit as BODY_LIMIT states it */
export const bytesOf = (limit: string): number =>
  Number.parseInt(limit, 10) * (limit.endsWith('mb') ? MEGABYTE : 1_000);

/** A bad setting, in one line. */
export class ConfigError extends Error {
  readonly code = 'CONFIG_INVALID';
}

/** Values of settings that may hold a secret are never repeated. */
const shown = (name: string, given: Readonly<Record<string, string | undefined>>): string =>
  /TOKEN|SECRET|KEY|DATABASE/.test(name) || given[name]?.includes('@') === true
    ? ''
    : ` (given: "${given[name] ?? ''}")`;

/**
 * Reads the settings from the environment.
 * @throws ConfigError naming the variable and what is expected
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.keys(ConfigSchema.shape).flatMap((k) => (env[k] === undefined || env[k] === '' ? [] : [[k, env[k]]])),
  );
  const parsed = ConfigSchema.safeParse(given);
  if (!parsed.success)
    throw new ConfigError(
      [
        ...new Set(
          parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}${shown(String(i.path[0]), given)}`),
        ),
      ].join('; '),
    );
  const { BODY_LIMIT, MAX_REQUEST_MB } = parsed.data;
  if (bytesOf(BODY_LIMIT) > MAX_REQUEST_MB * MEGABYTE)
    throw new ConfigError('BODY_LIMIT: larger than MAX_REQUEST_MB, so that calls of unannounced length are always 503');
  const development = parsed.data.NODE_ENV !== 'production';
  if (!development && parsed.data.SANDBOX === true)
    throw new ConfigError('SANDBOX: the sandbox EHR cannot be served with NODE_ENV=production');
  if (!development && parsed.data.PUBLIC_URL === undefined)
    throw new ConfigError('PUBLIC_URL: required with NODE_ENV=production, as the audience of tokens');
  if (!development && !isSafe(parsed.data.PUBLIC_URL ?? ''))
    throw new ConfigError('PUBLIC_URL: https is required with NODE_ENV=production: charts and tokens are sent to it');
  const several = parsed.data.WORKERS > 1;
  if (several && parsed.data.SANDBOX === true)
    throw new ConfigError('SANDBOX: the sandbox EHR lives in one process; set WORKERS=1');
  const sandbox = parsed.data.SANDBOX ?? (development && !several);
  if (!sandbox && parsed.data.SANDBOX_FHIR !== undefined)
    throw new ConfigError('SANDBOX_FHIR: the sandbox EHR is not served here');
  return { ...parsed.data, development, SANDBOX: sandbox };
}

/** Every setting with its meaning and default, in the order of the schema. */
export const listSettings = (): readonly { name: string; meaning: string; fallback: string | undefined }[] =>
  Object.entries(ConfigSchema.shape).map(([name, schema]) => {
    const parsed = schema.safeParse(undefined);
    const fallback =
      parsed.success && parsed.data !== undefined ? String(parsed.data).replace(`${root}/`, '') : undefined;
    return { name, meaning: schema.description ?? '', fallback };
  });
