import { randomUUID } from 'node:crypto';
import { isObject, type Json, objects, text } from '../../chart/json.ts';
import { type Answer, create, existing, find, read, type Server, update } from './interactions.ts';
import { FhirProblem, outcome } from './problem.ts';

const MOST_ENTRIES = 5000;
/** A transaction creates, updates and reads in this order, whatever the order of its entries. */
const ORDER: Readonly<Record<string, number>> = { POST: 0, PUT: 1, GET: 2 };

interface Entry {
  readonly index: number;
  readonly method: string;
  readonly url: string;
  readonly resource: unknown;
  readonly fullUrl?: string;
  readonly ifMatch?: string;
  readonly ifNoneExist?: string;
}

function readEntry(entry: Json, index: number): Entry {
  const request = isObject(entry['request']) ? entry['request'] : {};
  const fullUrl = text(entry['fullUrl']);
  const ifMatch = text(request['ifMatch']);
  const ifNoneExist = text(request['ifNoneExist']);
  return {
    index,
    method: text(request['method']) ?? '',
    url: text(request['url']) ?? '',
    resource: entry['resource'],
    ...(fullUrl !== undefined && { fullUrl }),
    ...(ifMatch !== undefined && { ifMatch }),
    ...(ifNoneExist !== undefined && { ifNoneExist }),
  };
}

/** "Type", or "Type/id", and the query, of an entry's URL. @throws FhirProblem (400) */
function target(entry: Entry, base: string): { readonly type: string; readonly id?: string; readonly query: string } {
  const local = entry.url.startsWith(`${base}/`) ? entry.url.slice(base.length) : entry.url;
  const [path = '', query = ''] = local.split('?', 2);
  const [type = '', id, ...more] = path.replace(/^\//, '').split('/');
  if (more.length > 0 || type === '') throw new FhirProblem(400, 'value', 'request.url is not "Type" or "Type/id"');
  return { type, query, ...(id !== undefined && { id }) };
}

/** Runs one entry as if it had come alone. @param newId the id for what it creates */
function run(server: Server, entry: Entry, base: string, newId?: string): Answer {
  const { type, id, query } = target(entry, base);
  const { method, ifNoneExist } = entry;
  if (method === 'POST' && id === undefined)
    return create(server, type, entry.resource, base, {
      ...(ifNoneExist !== undefined && { ifNoneExist }),
      ...(newId !== undefined && { id: newId }),
    });
  if (method === 'PUT' && id !== undefined) return update(server, type, id, entry.resource, entry.ifMatch);
  if (method === 'GET')
    return id === undefined ? find(server, type, new URLSearchParams(query), base) : read(server, type, id);
  throw new FhirProblem(400, 'not-supported', 'request.method and request.url do not fit this server');
}

const STATUS_TEXT: Readonly<Record<number, string>> = { 200: '200 OK', 201: '201 Created' };

function answered({ status, body, resource }: Answer, method: string, base: string): Json {
  return {
    ...(resource !== undefined && { fullUrl: `${base}/${resource.resourceType}/${resource.id}` }),
    ...(method === 'GET' && { resource: body }),
    response: {
      status: STATUS_TEXT[status] ?? String(status),
      ...(resource !== undefined && {
        location: `${resource.resourceType}/${resource.id}/_history/${resource.meta.versionId}`,
        etag: `W/"${resource.meta.versionId}"`,
        lastModified: resource.meta.lastUpdated,
      }),
    },
  };
}

const failed = (problem: FhirProblem): Json => ({
  response: { status: String(problem.status), outcome: outcome(problem.issue, problem.message) },
});

function batch(server: Server, entries: readonly Entry[], base: string): readonly Json[] {
  return entries.map((entry) => {
    try {
      return answered(run(server, entry, base), entry.method, base);
    } catch (error) {
      if (error instanceof FhirProblem) return failed(error);
      throw error;
    }
  });
}

/** Rewrites references to entries of the same transaction. */
function linked(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((v) => linked(v, ids));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === 'reference' && typeof member === 'string' ? (ids.get(member) ?? member) : linked(member, ids),
    ]),
  );
}

/** All or nothing: references between entries follow the ids that the server gives. */
function transaction(server: Server, entries: readonly Entry[], base: string): readonly Json[] {
  const out: Json[] = [];
  const newIds = new Map<Entry, string>();
  const places = new Map<string, string>();
  for (const entry of entries) {
    if (entry.method !== 'POST' || entry.fullUrl === undefined) continue;
    const { type } = target(entry, base);
    const there = entry.ifNoneExist === undefined ? undefined : existing(server, type, entry.ifNoneExist, base);
    const id = there?.id ?? randomUUID();
    newIds.set(entry, id);
    places.set(entry.fullUrl, `${type}/${id}`);
  }
  const ordered = [...entries].sort((a, b) => (ORDER[a.method] ?? 3) - (ORDER[b.method] ?? 3));
  server.store.atomically(() => {
    for (const entry of ordered) {
      const resource = linked(entry.resource, places);
      const answer = run(server, { ...entry, resource }, base, newIds.get(entry));
      out[entry.index] = answered(answer, entry.method, base);
    }
  });
  return out;
}

/**
 * Answers a Bundle that is posted to the base.
 * @throws FhirProblem when it is no batch or transaction, or when an entry of a transaction fails (nothing is written then)
 */
export function runBundle(server: Server, body: unknown, base: string): Json {
  if (!isObject(body) || body['resourceType'] !== 'Bundle')
    throw new FhirProblem(400, 'structure', 'expected a Bundle');
  const { type } = body;
  if (type !== 'batch' && type !== 'transaction')
    throw new FhirProblem(400, 'value', 'Bundle.type is neither "batch" nor "transaction"');
  const entries = objects(body['entry']).map(readEntry);
  if (entries.length > MOST_ENTRIES) throw new FhirProblem(413, 'too-costly', `more than ${MOST_ENTRIES} entries`);
  const entry = type === 'batch' ? batch(server, entries, base) : transaction(server, entries, base);
  return { resourceType: 'Bundle', type: `${type}-response`, ...(entry.length > 0 && { entry }) };
}
