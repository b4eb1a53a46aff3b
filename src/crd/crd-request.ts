import * as z from 'zod';
import {
  absentable,
  authorizationNeedsServer,
  BUNDLE,
  HOOK_MEMBERS,
  NEEDS_SERVER,
  ORDERING,
  PATIENT_ID,
  type RequestSchema,
  type Validated,
  validate,
  WORDS,
} from '../cds-hooks/request.ts';
import { type Json, object } from '../chart/json.ts';
import { CRD_VERSION, type CrdHook } from './crd-service.ts';

const REFERENCES = z.array(z.string().max(2048)).max(1000);

/** order-dispatch 1.0 named one order; 1.1 names several. The library's own example still has an older name for them. */
const DISPATCH = z
  .object({
    patientId: PATIENT_ID,
    dispatchedOrders: absentable(REFERENCES),
    'dispatched-orders': absentable(REFERENCES),
    order: absentable(z.string().max(2048)),
  })
  .refine((c) => (c.dispatchedOrders ?? c['dispatched-orders'] ?? c.order) !== undefined, {
    path: ['dispatchedOrders'],
    error: 'required',
  });
/** The library's own example gives an array where the definition asks for a Bundle. */
const APPOINTMENTS = z.union([BUNDLE, z.array(z.custom<Json>((v) => object(v) !== undefined)).max(1000)], {
  error: 'expected a FHIR Bundle',
});

const request = <T extends CrdHook, C extends z.ZodObject>(hook: T, context: C) =>
  z.object({ hook: z.literal(hook), ...HOOK_MEMBERS, context }).refine(authorizationNeedsServer, NEEDS_SERVER);

const REQUESTS = {
  'order-sign': request('order-sign', z.object(ORDERING)),
  'order-select': request('order-select', z.object({ ...ORDERING, selections: REFERENCES })),
  'order-dispatch': request('order-dispatch', DISPATCH),
  'appointment-book': request(
    'appointment-book',
    z.object({ userId: WORDS, patientId: PATIENT_ID, appointments: APPOINTMENTS }),
  ),
} as const satisfies Record<CrdHook, RequestSchema & z.ZodType<CrdRequest>>;

/** A call of payer mode, validated. */
export interface CrdRequest {
  readonly hook: CrdHook;
  readonly hookInstance: string;
  readonly fhirServer?: string | undefined;
  readonly fhirAuthorization?: { readonly access_token: string; readonly scope: string } | undefined;
  readonly prefetch?: Json | undefined;
  readonly extension?: Json | undefined;
  readonly context: {
    readonly patientId: string;
    readonly userId?: string | undefined;
    readonly encounterId?: string | undefined;
    readonly draftOrders?: Json | undefined;
    readonly selections?: readonly string[] | undefined;
    readonly dispatchedOrders?: readonly string[] | undefined;
    readonly 'dispatched-orders'?: readonly string[] | undefined;
    readonly order?: string | undefined;
    readonly appointments?: Json | readonly Json[] | undefined;
  };
}

/** What the client switched for this call; whatever it does not know or gets wrong is as if it were not said. */
export interface CrdOptions {
  readonly coverageInfo: boolean;
  readonly alternatives: boolean;
  readonly maxCards: number;
}

const MOST_CARDS = 5;

/** Reads the configuration of a call (CRD 2.2: unknown and nonsensical options are ignored). */
export function crdOptions(extension: Json | undefined): CrdOptions {
  const given = object(extension?.['davinci-crd.configuration']) ?? {};
  const max = given['max-cards'];
  return {
    coverageInfo: given['coverage-info'] !== false,
    alternatives: given['therapy-alternatives-req'] !== false,
    maxCards: typeof max === 'number' && Number.isInteger(max) && max >= 0 ? Math.min(max, MOST_CARDS) : MOST_CARDS,
  };
}

/** Validates a call. A version of CRD that we do not speak is an error that names the member. */
export function readCrdRequest(hook: CrdHook, body: unknown): Validated<CrdRequest> {
  const read = validate(REQUESTS[hook] as RequestSchema & z.ZodType<CrdRequest>, body);
  if (!read.ok) return read;
  const version = read.request.extension?.['davinci-crd.requestedVersion'];
  if (version === undefined || version === null || version === CRD_VERSION) return read;
  return {
    ok: false,
    problems: [{ field: 'extension.davinci-crd.requestedVersion', message: `expected "${CRD_VERSION}"` }],
  };
}
