import type { Json } from '../../chart/json.ts';
import { parametersOf, resourceTypes } from './search-parameters.ts';

export interface CapabilityOptions {
  readonly base: string;
  /** day on which the server started */
  readonly date: string;
  /** further members of rest[0].security, e.g. the extension that names OAuth endpoints */
  readonly security?: Json;
}

const INTERACTIONS = ['read', 'create', 'update', 'search-type'] as const;

function ofType(type: string): Json {
  const parameters = [...(parametersOf(type) ?? [])];
  const joins = parameters.flatMap(([name, p]) => (p.type === 'reference' ? [`${type}:${name}`] : []));
  return {
    type,
    interaction: INTERACTIONS.map((code) => ({ code })),
    versioning: 'versioned-update',
    readHistory: false,
    updateCreate: true,
    conditionalCreate: true,
    referencePolicy: ['literal'],
    ...(joins.length > 0 && { searchInclude: joins }),
    searchParam: parameters.map(([name, { type: kind }]) => ({ name, type: kind })),
    ...(type === 'Patient' && {
      operation: [{ name: 'everything', definition: 'http://hl7.org/fhir/OperationDefinition/Patient-everything' }],
    }),
  };
}

/** What the sandbox's FHIR server can do (FHIR R4, CapabilityStatement). */
export const capabilityStatement = (options: CapabilityOptions): Json => ({
  resourceType: 'CapabilityStatement',
  name: 'SandboxFhirServer',
  title: 'Sandbox FHIR server with synthetic patients',
  status: 'active',
  experimental: true,
  date: options.date,
  kind: 'instance',
  software: { name: 'payer-policy-cds sandbox' },
  implementation: { description: 'Synthetic patients in memory; a restart restores them', url: options.base },
  fhirVersion: '4.0.1',
  format: ['application/fhir+json', 'json'],
  rest: [
    {
      mode: 'server',
      security: {
        cors: true,
        description:
          'Development only: no token is needed. A token that was issued here shows its patient alone, as far as its scopes go.',
        ...options.security,
      },
      resource: resourceTypes().map(ofType),
      interaction: [{ code: 'transaction' }, { code: 'batch' }],
    },
  ],
});
