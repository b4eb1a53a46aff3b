import { join } from 'node:path';
import * as z from 'zod';
import { InvalidFileError, readYaml } from '../yaml/yaml-file.ts';
import { yamlNames } from '../yaml/yaml-names.ts';

export const CRD_HOOKS = ['order-sign', 'order-dispatch', 'order-select', 'appointment-book'] as const;
export type CrdHook = (typeof CRD_HOOKS)[number];

/** The CRD version that this endpoint speaks. */
export const CRD_VERSION = '2.2';

const ServiceFile = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  hook: z.enum(CRD_HOOKS),
  title: z.string().min(1),
  description: z.string().min(1),
  'usage-requirements': z.string().min(1).optional(),
});

/** One service of payer mode, as declared in `cds-services/crd/`. */
export interface CrdService {
  readonly id: string;
  readonly hook: CrdHook;
  readonly title: string;
  readonly description: string;
  readonly usageRequirements?: string;
}

/**
 * Loads `cds-services/crd/*.yaml`.
 * @throws InvalidFileError for an invalid file or an id used twice
 */
export function loadCrdServices(folder: string): readonly CrdService[] {
  const seen = new Set<string>();
  return yamlNames(folder).map((name) => {
    const { data, locate } = readYaml(join(folder, name), ServiceFile);
    if (seen.has(data.id))
      throw new InvalidFileError([`${locate(['id'])} id: the service "${data.id}" is declared twice`]);
    seen.add(data.id);
    const usage = data['usage-requirements'];
    return {
      id: data.id,
      hook: data.hook,
      title: data.title,
      description: data.description,
      ...(usage !== undefined && { usageRequirements: usage }),
    };
  });
}

const resolved = (path: string, type: string): string => `${path}.resolve().ofType(${type}).id`;
const ORDERING = ['sender', 'recipient', 'requester', 'performer', 'orderer', 'prescriber'] as const;

/** CRD's standard prefetch for orders in hand, without the keys for devices and drugs (CRD 2.2, "Standard prefetch"). */
function orderPrefetch(orders: string): Readonly<Record<string, string>> {
  const people = (type: string, first: readonly string[]): string =>
    [...first, ...ORDERING.map((role) => resolved(`${orders}.${role}`, type))].join('|');
  return {
    practitionerRoles: `PractitionerRole?_id={{${people('PractitionerRole', [resolved('%encounter.participant.individual', 'PractitionerRole')])}}}`,
    practitioners: `Practitioner?_id={{${people('Practitioner', [
      '%practitionerRoles.entry.resource.practitioner.resolve().id',
      resolved('%encounter.participant.individual', 'Practitioner'),
    ])}}}`,
  };
}

const COMMON = {
  patient: 'Patient/{{context.patientId}}',
  encounter: 'Encounter/{{context.encounterId}}',
  coverage: 'Coverage?patient={{context.patientId}}&status=active',
} as const;

/** The prefetch templates of a hook: who and which coverage; the chart itself is read with the token, for imaging orders alone. */
const PREFETCH: Readonly<Record<CrdHook, Readonly<Record<string, string>>>> = {
  'order-sign': { ...COMMON, ...orderPrefetch('context.draftOrders.entry.resource') },
  'order-select': { ...COMMON, ...orderPrefetch('context.draftOrders.entry.resource') },
  'order-dispatch': {
    ...COMMON,
    serviceRequests: 'ServiceRequest?_id={{context.dispatchedOrders.resolve().ofType(ServiceRequest).id}}',
  },
  'appointment-book': {
    ...COMMON,
    serviceRequests:
      'ServiceRequest?_id={{context.appointments.entry.resource.basedOn.resolve().ofType(ServiceRequest).id}}',
  },
};

/** What a client may switch for each call (CRD 2.2, "Configuration options"). */
const CONFIGURATION_OPTIONS = [
  {
    code: 'coverage-info',
    type: 'boolean',
    name: 'Coverage information',
    description: 'Coverage, prior-authorization and documentation requirements written on the order.',
    default: true,
  },
  {
    code: 'therapy-alternatives-req',
    type: 'boolean',
    name: 'Required alternatives',
    description: 'Cards that propose the study that the policy names instead.',
    default: true,
  },
  {
    code: 'max-cards',
    type: 'integer',
    name: 'Maximum cards',
    description: 'Upper bound for the number of cards.',
    default: 5,
  },
] as const;

/** The discovery document of payer mode. */
export const crdDiscovery = (
  services: readonly CrdService[],
): { readonly services: readonly Readonly<Record<string, unknown>>[] } => ({
  services: services.map((s) => ({
    hook: s.hook,
    title: s.title,
    description: s.description,
    id: s.id,
    version: '3.0.0',
    prefetch: PREFETCH[s.hook],
    ...(s.usageRequirements !== undefined && { usageRequirements: s.usageRequirements }),
    extension: {
      'davinci-crd.version': [CRD_VERSION],
      'davinci-crd.configuration-options': CONFIGURATION_OPTIONS,
    },
  })),
});
