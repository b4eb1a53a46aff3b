import * as z from 'zod';
import type { Json } from '../chart/json.ts';
import { bareId, EHR_ID } from '../chart/references.ts';
import { normalBase } from '../ehr/ehr-registry.ts';
import type { Hook } from './service-definition.ts';

/** Text of bounded length. */
export const WORDS = z.string().min(1).max(4096);
const isObject = (v: unknown): boolean => typeof v === 'object' && v !== null && !Array.isArray(v);
const JsonObject = z.custom<Json>(isObject, 'expected a JSON object');
/** Bundles and prefetch are looked into where they are read: a bad resource is unusable evidence, not a bad request. */
export const BUNDLE = z.custom<Json>(
  (v) => isObject(v) && (v as Json)['resourceType'] === 'Bundle',
  'expected a FHIR Bundle',
);

/** An optional member. Some clients write null where they have nothing; it is as if they had left it out. */
export const absentable = <T extends z.ZodType>(schema: T): z.ZodType<z.output<T> | undefined> =>
  schema.nullish().overwrite((v) => v ?? undefined) as z.ZodType<z.output<T> | undefined>;

/** Tokens that are JWTs hold their scopes: they may be as long. */
const LONGEST_SCOPE = 16_384;
const LONGEST_TOKEN = LONGEST_SCOPE + 8_192;

/** A number, which some clients write as text. It is not used, as the token serves for one call. */
const SECONDS = z.custom<number | string>(
  (v) => typeof v === 'number' || (typeof v === 'string' && /^\d{1,12}$/.test(v)),
  { error: ({ input }) => (input === undefined ? 'required' : 'expected a number') },
);

const FhirAuthorization = z.object({
  access_token: z.string().min(1).max(LONGEST_TOKEN),
  token_type: z.string().refine((t) => t.toLowerCase() === 'bearer', 'expected "Bearer"'),
  expires_in: SECONDS,
  scope: z.string().max(LONGEST_SCOPE),
  subject: z.string().max(4096),
  patient: absentable(z.string().max(256)),
});

/** The members of every hook call. */
export const HOOK_MEMBERS = {
  hookInstance: z.string().min(1).max(256),
  fhirServer: absentable(
    z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .transform(normalBase),
  ),
  fhirAuthorization: absentable(FhirAuthorization),
  prefetch: absentable(JsonObject),
  extension: absentable(JsonObject),
};
export const PATIENT_ID = z
  .string()
  .max(256)
  .transform((id) => bareId('Patient', id))
  .pipe(z.string().regex(EHR_ID, 'expected a FHIR id'));
/** The context of hooks about draft orders. */
export const ORDERING = {
  userId: WORDS,
  patientId: PATIENT_ID,
  encounterId: absentable(z.string().max(256)),
  draftOrders: BUNDLE,
};

export const authorizationNeedsServer = (r: { fhirServer?: unknown; fhirAuthorization?: unknown }): boolean =>
  r.fhirAuthorization === undefined || r.fhirServer !== undefined;
export const NEEDS_SERVER = { path: ['fhirServer'], error: 'required when fhirAuthorization is given' };

/** The request of each hook (CDS Hooks 2.0.1 and hook library 1.0.1). Members that the hook does not have are left out. */
const REQUESTS = {
  'order-select': z
    .object({
      hook: z.literal('order-select'),
      ...HOOK_MEMBERS,
      context: z.object({ ...ORDERING, selections: z.array(z.string().max(2048)).max(1000) }),
    })
    .refine(authorizationNeedsServer, NEEDS_SERVER),
  'order-sign': z
    .object({ hook: z.literal('order-sign'), ...HOOK_MEMBERS, context: z.object(ORDERING) })
    .refine(authorizationNeedsServer, NEEDS_SERVER),
} as const satisfies Record<Hook, RequestSchema & z.ZodType<OrderHookRequest>>;

/** An order hook call, validated. */
export interface OrderHookRequest {
  readonly hook: Hook;
  readonly hookInstance: string;
  readonly fhirServer?: string | undefined;
  readonly fhirAuthorization?: { readonly access_token: string; readonly scope: string } | undefined;
  readonly prefetch?: Json | undefined;
  readonly context: {
    readonly userId: string;
    readonly patientId: string;
    readonly encounterId?: string | undefined;
    readonly draftOrders: Json;
    readonly selections?: readonly string[] | undefined;
  };
}

/** A problem with a member of a request. */
export interface RequestProblem {
  /** e.g. "context.patientId" */
  readonly field: string;
  readonly message: string;
}

export type Validated<T> =
  | { readonly ok: true; readonly request: T }
  | { readonly ok: false; readonly problems: readonly RequestProblem[] };

/** A schema that knows its members. */
type Members = Pick<z.ZodObject, 'shape'>;
/** The schema of a call, and in it that of its context. */
export type RequestSchema = z.ZodType & { readonly shape: { readonly context: Members } };

/** All that is asked of a resource here is that it is an object, and of which type; of a list, what its items are. */
function outline(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => (Array.isArray(item) ? [] : outline(item)));
  return isObject(value) ? { resourceType: (value as Json)['resourceType'] } : value;
}

/** The members of an object that a schema knows, in outline; of those in `whole`, all. */
const outlines = (from: Json, schema: Members, whole: Readonly<Record<string, (member: Json) => unknown>> = {}): Json =>
  Object.fromEntries(
    Object.keys(schema.shape)
      .filter((name) => Object.hasOwn(from, name))
      .map((name) => {
        const value = from[name];
        const all = Object.hasOwn(whole, name) && isObject(value) ? whole[name] : undefined;
        return [name, all === undefined ? outline(value) : all(value as Json)];
      }),
  );

/** What was validated in outline, with its content. */
const filled = (outlined: Json, from: Json, whole: readonly string[] = []): Json =>
  Object.fromEntries(
    Object.entries(outlined).map(([name, value]) => {
      const content = from[name];
      const own = typeof content !== 'object' || content === null || whole.includes(name);
      return [name, own ? value : content];
    }),
  );

/**
 * Validates the body of a call. Zod sees the chart in outline only: what it is given stays in memory until the old generation
 * is collected (V8 has learnt from the content read at the start that what zod makes lives long), and moving charts there
 * costs a fifth of a call. Members that no hook knows are not looked at: there may be half a million of them.
 */
export function validate<T>(schema: RequestSchema & z.ZodType<T>, body: unknown): Validated<T> {
  if (!isObject(body)) return { ok: false, problems: [{ field: 'body', message: 'expected a JSON object' }] };
  const whole = body as Json;
  const context = (member: Json): Json => outlines(member, schema.shape.context);
  const parsed = schema.safeParse(outlines(whole, schema, { context, fhirAuthorization: (member) => member }));
  if (parsed.success) {
    const data = parsed.data as Json;
    const request = filled(data, whole, ['context', 'fhirAuthorization']);
    const about = filled(data['context'] as Json, whole['context'] as Json);
    return { ok: true, request: { ...request, context: about } as T };
  }
  return { ok: false, problems: problemsOf(parsed.error) };
}

/** Validates the body of a hook call. */
export const readRequest = (hook: Hook, body: unknown): Validated<OrderHookRequest> =>
  validate(REQUESTS[hook] as RequestSchema & z.ZodType<OrderHookRequest>, body);

/** What is wrong with a member, in words that name what is expected and no value. */
function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return 'required';
  if (issue.code === 'invalid_format' && issue.format === 'url') return 'expected an http or https URL';
  if (issue.code === 'invalid_value') return `expected ${issue.values.map((v) => `"${String(v)}"`).join(' or ')}`;
  if (issue.code === 'too_small') return issue.origin === 'array' ? 'expected at least one entry' : 'expected a value';
  if (issue.code === 'too_big')
    return `expected at most ${issue.maximum} ${issue.origin === 'array' ? 'entries' : 'characters'}`;
  return issue.message.replace(/^Invalid input: /, '');
}

/** The first problems that a schema found, each with its member. */
export const problemsOf = ({ issues }: z.core.$ZodError): readonly RequestProblem[] =>
  issues.slice(0, 10).map((i) => ({ field: i.path.map(String).join('.') || 'body', message: describe(i) }));
