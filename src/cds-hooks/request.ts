import * as z from 'zod';
import type { Json } from '../chart/json.ts';
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

/**
 * An optional member. Some clients write null where they have nothing; it is as if they had left it out. Overwritten, not
 * transformed: what goes through a transform of zod is kept until the old generation is collected, and here that is the chart.
 */
export const absentable = <T extends z.ZodType>(schema: T): z.ZodType<z.output<T> | undefined> =>
  schema.nullish().overwrite((v) => v ?? undefined) as z.ZodType<z.output<T> | undefined>;

const FhirAuthorization = z.looseObject({
  access_token: WORDS,
  token_type: z.string().refine((t) => t.toLowerCase() === 'bearer', 'expected "Bearer"'),
  expires_in: z.number(),
  scope: z.string().max(16_384),
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
  .transform((id) => id.replace(/^Patient\//, ''))
  .pipe(z.string().regex(/^[A-Za-z0-9\-.]{1,64}$/, 'expected a FHIR id'));
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

/** The request of each hook (CDS Hooks 2.0.1 and hook library 1.0.1). Unknown members are ignored. */
const REQUESTS = {
  'order-select': z
    .looseObject({
      hook: z.literal('order-select'),
      ...HOOK_MEMBERS,
      context: z.looseObject({ ...ORDERING, selections: z.array(z.string().max(2048)).max(1000) }),
    })
    .refine(authorizationNeedsServer, NEEDS_SERVER),
  'order-sign': z
    .looseObject({ hook: z.literal('order-sign'), ...HOOK_MEMBERS, context: z.looseObject(ORDERING) })
    .refine(authorizationNeedsServer, NEEDS_SERVER),
} as const satisfies Record<Hook, z.ZodType<OrderHookRequest>>;

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

/** Validates the body of a call. */
export function validate<T>(schema: z.ZodType<T>, body: unknown): Validated<T> {
  if (!isObject(body)) return { ok: false, problems: [{ field: 'body', message: 'expected a JSON object' }] };
  const parsed = schema.safeParse(body);
  if (parsed.success) return { ok: true, request: parsed.data };
  return {
    ok: false,
    problems: parsed.error.issues
      .slice(0, 10)
      .map((i) => ({ field: i.path.map(String).join('.') || 'body', message: describe(i) })),
  };
}

/** Validates the body of a hook call. */
export const readRequest = (hook: Hook, body: unknown): Validated<OrderHookRequest> =>
  validate(REQUESTS[hook] as z.ZodType<OrderHookRequest>, body);

const describe = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_type' && issue.message.endsWith('received undefined') ? 'required' : issue.message;
