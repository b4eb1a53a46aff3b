import type { Json } from '../../chart/json.ts';
import type { SearchScope } from './comparison.ts';
import { FhirProblem, quoted } from './problem.ts';
import { checkId, readResource } from './resource.ts';
import { findAll, search } from './search.ts';
import { parametersOf } from './search-parameters.ts';
import type { Paging } from './search-query.ts';
import type { Resource, Store } from './store.ts';

/** What one interaction answers; HTTP headers follow from the resource. */
export interface Answer {
  readonly status: 200 | 201;
  readonly body: Json;
  /** the resource that was read or written */
  readonly resource?: Resource;
}

/** What interactions work on. */
export interface Server {
  readonly store: Store;
  /** throws FhirProblem (403) for what a token does not permit; without it everything is */
  readonly permit?: (type: string, interaction: 'read' | 'search' | 'create' | 'update') => void;
  readonly paging: Paging;
  readonly now: () => Date;
}

const of = (status: Answer['status'], resource: Resource): Answer => ({ status, body: resource, resource });

/** Reads the current version. */
export function read(server: Server, type: string, id: string): Answer {
  checkId(id);
  server.permit?.(type, 'read');
  const resource = server.store.read(type, id);
  if (resource !== undefined) return of(200, resource);
  if (parametersOf(type) === undefined)
    throw new FhirProblem(404, 'not-supported', `there is no resource type ${quoted(type)} here`);
  throw new FhirProblem(404, 'not-found', `there is no ${type} with this id`);
}

/** The one resource that an If-None-Exist search finds. @throws FhirProblem (412) when there are several */
export function existing(server: Server, type: string, ifNoneExist: string, base: string): Resource | undefined {
  const [one, ...more] = findAll(server.store, type, ifNoneExist.replace(/^[^?]*\?/, ''), scopeOf(server, base));
  if (more.length > 0) throw new FhirProblem(412, 'multiple-matches', 'If-None-Exist finds several resources');
  return one;
}

export interface CreateOptions {
  /** a search; when it finds a resource, that one is the answer (conditional create) */
  readonly ifNoneExist?: string;
  /** the id that a transaction has chosen; never the client's */
  readonly id?: string;
}

/** Creates a resource under an id of the server's. */
export function create(server: Server, type: string, body: unknown, base: string, options: CreateOptions = {}): Answer {
  server.permit?.(type, 'create');
  const { id: _theirs, ...resource } = readResource(body, type);
  if (options.ifNoneExist !== undefined) {
    const there = existing(server, type, options.ifNoneExist, base);
    if (there !== undefined) return of(200, there);
  }
  const own = options.id === undefined ? {} : { id: options.id };
  return of(201, server.store.put({ ...resource, ...own, resourceType: type }));
}

const VERSION = /^(?:W\/)?"?(\d{1,12})"?$/;

/**
 * Writes a new version; an id that is not there yet is created.
 * @param ifMatch the version that the client has seen, as an ETag
 * @throws FhirProblem (412) when another version is current
 */
export function update(server: Server, type: string, id: string, body: unknown, ifMatch?: string): Answer {
  checkId(id);
  server.permit?.(type, 'update');
  const resource = readResource(body, type, id);
  const before = server.store.read(type, id);
  if (ifMatch !== undefined && (before === undefined || VERSION.exec(ifMatch.trim())?.[1] !== before.meta.versionId))
    throw new FhirProblem(412, 'conflict', 'another version is current: read it and try again');
  return of(before === undefined ? 201 : 200, server.store.put(resource));
}

/** Searches a type. */
export function find(server: Server, type: string, params: URLSearchParams, base: string): Answer {
  server.permit?.(type, 'search');
  return { status: 200, body: search(server.store, type, params, scopeOf(server, base), server.paging) };
}

const scopeOf = (server: Server, base: string): SearchScope => ({ base, now: server.now().getTime() });
