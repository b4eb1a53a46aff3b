import { type Json, object, text } from '../../chart/json.ts';
import { parseReference } from '../../chart/references.ts';
import type { SearchScope } from './comparison.ts';
import type { SearchParameter } from './search-parameters.ts';
import { type Paging, type Query, readQuery } from './search-query.ts';
import type { Resource, Store } from './store.ts';
import { spanOf } from './time-span.ts';

const MOST_INCLUDED = 1000;

type SortKey = string | number;

function sortKey(resource: Resource, parameter: SearchParameter): SortKey | undefined {
  const [value] = parameter.values(resource);
  if (parameter.type === 'date') return spanOf(value)?.from;
  if (parameter.type === 'reference') return text(object(value)?.['reference']);
  if (parameter.type === 'token') {
    const coding = object(value)?.['coding'];
    const first = Array.isArray(coding) ? object(coding[0]) : object(value);
    return typeof value === 'string' || typeof value === 'boolean'
      ? String(value)
      : text(first?.['code'] ?? first?.['value']);
  }
  return text(value)?.toLowerCase();
}

/** Sorts; resources without a value come last. */
function sorted(found: readonly Resource[], keys: Query['sort']): readonly Resource[] {
  if (keys.length === 0) return found;
  const rows = found.map((resource) => ({ resource, keys: keys.map((k) => sortKey(resource, k.parameter)) }));
  rows.sort((a, b) => {
    for (const [i, { sign }] of keys.entries()) {
      const [x, y] = [a.keys[i], b.keys[i]];
      if (x === y) continue;
      if (x === undefined) return 1;
      if (y === undefined) return -1;
      return (x < y ? -1 : 1) * sign;
    }
    return 0;
  });
  return rows.map((r) => r.resource);
}

const refersTo = (value: unknown): string | undefined => {
  const parsed = parseReference(object(value)?.['reference']);
  return parsed === undefined ? undefined : `${parsed.type}/${parsed.id}`;
};

/** The resources that the page refers to and those that refer to it, as far as the search asks for them. */
function included(store: Store, page: readonly Resource[], query: Query): readonly Resource[] {
  const there = new Set(page.map((r) => `${r.resourceType}/${r.id}`));
  const out = new Map<string, Resource>();
  const put = (resource: Resource | undefined): void => {
    if (resource === undefined) return;
    const key = `${resource.resourceType}/${resource.id}`;
    if (!there.has(key) && out.size < MOST_INCLUDED) out.set(key, resource);
  };
  for (const { type, parameter, target } of query.include) {
    for (const resource of page) {
      if (resource.resourceType !== type) continue;
      for (const value of parameter.values(resource)) {
        const [otherType = '', id = ''] = refersTo(value)?.split('/') ?? [];
        if (target === undefined || target === otherType) put(store.read(otherType, id));
      }
    }
  }
  for (const { type, parameter } of query.revinclude) {
    for (const resource of store.all(type))
      if (parameter.values(resource).some((v) => there.has(refersTo(v) ?? ''))) put(resource);
  }
  return [...out.values()];
}

function links(type: string, params: URLSearchParams, query: Query, total: number, base: string): readonly Json[] {
  const at = (offset: number | undefined): string => {
    const own = new URLSearchParams([...params].filter(([k]) => k !== '_offset' && k !== '_count'));
    if (params.has('_count') || offset !== undefined) own.append('_count', String(query.count));
    if (offset !== undefined && offset > 0) own.append('_offset', String(offset));
    const text = own.toString();
    return `${base}/${type}${text === '' ? '' : `?${text}`}`;
  };
  const { count, offset, countOnly } = query;
  const self = { relation: 'self', url: at(offset > 0 ? offset : undefined) };
  if (countOnly || count === 0) return [self];
  return [
    self,
    ...(offset > 0 ? [{ relation: 'previous', url: at(Math.max(0, offset - count)) }] : []),
    ...(offset + count < total ? [{ relation: 'next', url: at(offset + count) }] : []),
  ];
}

/** All resources of a type that a search finds, in order, without paging. @throws FhirProblem (400) */
function matching(store: Store, type: string, query: Query): readonly Resource[] {
  const candidates = query.patientId === undefined ? store.all(type) : store.ofPatient(type, query.patientId);
  const found: Resource[] = [];
  for (const r of candidates) if (query.criteria.every((fits) => fits(r))) found.push(r);
  return sorted(found, query.sort);
}

/**
 * Answers a search of a type.
 * @param params the query string and the form of a POST together
 * @returns a Bundle of type searchset: one page, with links to itself and its neighbours
 * @throws FhirProblem (400) for a parameter, modifier or value that this server does not take
 */
export function search(store: Store, type: string, params: URLSearchParams, scope: SearchScope, paging: Paging): Json {
  const query = readQuery(type, params, scope, paging);
  const found = matching(store, type, query);
  const page = query.countOnly ? [] : found.slice(query.offset, query.offset + query.count);
  const entry = (resource: Resource, mode: 'match' | 'include'): Json => ({
    fullUrl: `${scope.base}/${resource.resourceType}/${resource.id}`,
    resource,
    search: { mode },
  });
  const entries = [
    ...page.map((r) => entry(r, 'match')),
    ...included(store, page, query).map((r) => entry(r, 'include')),
  ];
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total: found.length,
    link: links(type, params, query, found.length, scope.base),
    ...(entries.length > 0 && { entry: entries }),
  };
}

/** The resources that a conditional create speaks of. @throws FhirProblem (400) */
export const findAll = (store: Store, type: string, query: string, scope: SearchScope): readonly Resource[] =>
  matching(store, type, readQuery(type, new URLSearchParams(query), scope, { usual: 0, most: 0 }));
