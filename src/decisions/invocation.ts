import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { type Json, object, text } from '../chart/json.ts';
import { bareId } from '../chart/references.ts';
import type { Sealing } from '../smart/sealed-text.ts';

/** A call of payer mode as it came and as it was answered (CRD 2.2, found-37), as it is kept: what both say is sealed. */
export interface InvocationRow {
  /** X-Request-Id of the answer */
  readonly id: string;
  /** ISO 8601 instant in UTC */
  readonly at: string;
  readonly service: string;
  readonly hook: string;
  readonly status: number;
  readonly ehr: string | null;
  readonly issuer: string | null;
  /** the EHR's id of the patient, where the call names one */
  readonly patient: string | null;
  readonly sealed: string;
  /** under which it is found: its id, its hookInstance, and the coverage-assertion-ids of its answer */
  readonly keys: readonly string[];
}

/** A call and its answer. */
export interface Invocation extends Omit<InvocationRow, 'id' | 'patient' | 'sealed' | 'keys'> {
  /** another one is made where this is empty */
  readonly id: string;
  readonly assertions: readonly string[];
  /** the body as it was parsed */
  readonly request: unknown;
  /** the body of the answer */
  readonly response: string;
}

const LONGEST_KEY = 64;
const LONGEST_ID = 200;

const key = (value: unknown, longest: number): string | undefined => {
  const found = text(value)?.replaceAll('\u0000', '').trim();
  return found === undefined || found === '' ? undefined : found.slice(0, longest);
};

/** Names of what opens an EHR: never kept, wherever it stands. */
const isToken = (name: string): boolean => name === 'access_token';

/** A call and its answer as text, without tokens; a body that is nested beyond reason cannot be written. */
function contentOf(request: unknown, response: string): string {
  const answer: unknown = JSON.parse(response);
  const written = (value: unknown): string =>
    JSON.stringify(value, (name, inner: unknown) => (isToken(name) ? undefined : inner));
  try {
    return written({ request, response: answer });
  } catch {
    return written({ request: 'nested too deeply to be kept', response: answer });
  }
}

/** Makes the row of a call. The token is not in it. */
export async function sealInvocation(invocation: Invocation, sealing: Sealing): Promise<InvocationRow> {
  const { assertions, request, response, ...rest } = invocation;
  const id = rest.id === '' ? randomUUID() : rest.id;
  const body = object(request);
  const instance = key(body?.['hookInstance'], LONGEST_KEY);
  const patientId = key(object(body?.['context'])?.['patientId'], LONGEST_ID);
  const gzipped = await promisify(gzip)(contentOf(request, response), { level: 1 });
  return {
    ...rest,
    id,
    patient: patientId === undefined ? null : bareId('Patient', patientId),
    sealed: await sealing.seal(id, { gzip: gzipped.toString('base64') }),
    keys: [...new Set([id, ...(instance === undefined ? [] : [instance]), ...assertions])],
  };
}

/** What a row says. @returns undefined when it was sealed with a secret that is gone */
export async function openInvocation(row: InvocationRow, sealing: Sealing): Promise<Json | undefined> {
  const content = text((await sealing.open(row.id, row.sealed))?.['gzip']);
  if (content === undefined) return undefined;
  const plain = await promisify(gunzip)(Buffer.from(content, 'base64'));
  return object(JSON.parse(plain.toString('utf8')));
}
