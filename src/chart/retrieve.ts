import type { Fetched, FhirAccess, SearchResult } from '../ehr/fhir-access.ts';
import { fewerThanTotal, isWhole, matches, nextLink } from '../ehr/fhir-access.ts';
import { isObject, type Json } from './json.ts';
import type { ChartQuery } from './queries.ts';
import type { RetrievedSection, Section, SectionState } from './sections.ts';

/** What came under one prefetch key. */
export type Prefetched =
  | { readonly kind: 'absent' }
  | { readonly kind: 'none' }
  | { readonly kind: 'resource'; readonly resource: Json }
  | { readonly kind: 'bundle'; readonly bundle: Json }
  | { readonly kind: 'failed' };

/** Reads a prefetch value: null says that there is none; an OperationOutcome or anything else is a failure. */
export function readPrefetch(prefetch: Json | undefined, key: string): Prefetched {
  if (prefetch === undefined || !Object.hasOwn(prefetch, key)) return { kind: 'absent' };
  const value = prefetch[key];
  if (value === null) return { kind: 'none' };
  if (!isObject(value)) return { kind: 'failed' };
  if (value['resourceType'] === 'Bundle') return { kind: 'bundle', bundle: value };
  return typeof value['resourceType'] === 'string' && value['resourceType'] !== 'OperationOutcome'
    ? { kind: 'resource', resource: value }
    : { kind: 'failed' };
}

/** A server that does not have a section, or does not let us read it, is not the same as one that failed. */
const stateOf = (fetched: Fetched<SearchResult>): SectionState => {
  if (fetched.ok) return fetched.value.complete ? 'complete' : 'truncated';
  return fetched.problem === 'forbidden' || fetched.problem === 'not-found' ? 'not-available' : 'failed';
};

async function fetchSection(query: ChartQuery, fhir: FhirAccess): Promise<RetrievedSection> {
  const fetched = await fhir.search(query.section, query.params);
  return { state: stateOf(fetched), resources: fetched.ok ? fetched.value.resources : [] };
}

/** One section of the chart as far as the prefetch goes. */
function prefetchedSection({ key, section }: ChartQuery, prefetch: Json | undefined): RetrievedSection {
  const value = readPrefetch(prefetch, key);
  switch (value.kind) {
    case 'none':
      return { state: 'complete', resources: [] };
    case 'resource':
      return { state: 'truncated', resources: [value.resource] };
    case 'bundle': {
      const resources = matches(value.bundle);
      const whole =
        nextLink(value.bundle) === undefined &&
        isWhole(value.bundle) &&
        !fewerThanTotal(value.bundle, resources, section);
      return { state: whole ? 'complete' : 'truncated', resources };
    }
    case 'failed':
      return { state: 'failed', resources: [] };
    case 'absent':
      return { state: 'not-available', resources: [] };
  }
}

/** One section of the chart: from the prefetch as far as it goes, the rest by our own search. */
export async function retrieveSection(
  query: ChartQuery,
  prefetch: Json | undefined,
  fhir: FhirAccess | undefined,
): Promise<RetrievedSection> {
  const section = prefetchedSection(query, prefetch);
  if (fhir === undefined || section.state === 'complete') return section;
  const value = readPrefetch(prefetch, query.key);
  if (value.kind === 'failed' || value.kind === 'absent') return fetchSection(query, fhir);
  const isCut = value.kind === 'bundle' && nextLink(value.bundle) !== undefined;
  const followed = isCut ? await followedSection(query, value.bundle, fhir) : section;
  return followed.state === 'complete' ? followed : refetched(followed, await fetchSection(query, fhir));
}

async function followedSection({ section }: ChartQuery, bundle: Json, fhir: FhirAccess): Promise<RetrievedSection> {
  const all = await fhir.follow(bundle, section);
  return { state: all.complete ? 'complete' : 'truncated', resources: all.resources };
}

/** A truncated prefetch is replaced by a complete search, or else completed by what the search brought. */
const refetched = (section: RetrievedSection, again: RetrievedSection): RetrievedSection =>
  again.state === 'complete' ? again : { state: 'truncated', resources: [...section.resources, ...again.resources] };

/**
 * Retrieves all sections at once. A section's own failure never fails the whole.
 * @param prefetch the request's prefetch, not yet looked at
 * @param fhir access to the EHR, if the request grants it
 */
export async function retrieveSections(
  queries: readonly ChartQuery[],
  prefetch: Json | undefined,
  fhir: FhirAccess | undefined,
): Promise<ReadonlyMap<Section, RetrievedSection>> {
  const parts =
    fhir === undefined
      ? queries.map((query) => ({ query, part: prefetchedSection(query, prefetch) }))
      : await Promise.all(
          queries.map(async (query) => ({ query, part: await retrieveSection(query, prefetch, fhir) })),
        );
  const sections = new Map<Section, RetrievedSection>();
  for (const { query, part } of parts) {
    if (query.section === 'Coverage' || query.section === 'Practitioner') continue;
    const before = sections.get(query.section);
    if (before === undefined) sections.set(query.section, part);
    else
      sections.set(query.section, {
        state: query.extra === true ? before.state : part.state,
        resources: [...before.resources, ...part.resources],
      });
  }
  return sections;
}
