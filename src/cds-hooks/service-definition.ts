import { join } from 'node:path';
import * as z from 'zod';
import { chartQueries, coverageQuery, sectionOfKey } from '../chart/queries.ts';
import type { Section } from '../chart/sections.ts';
import { InvalidFileError, readYaml } from '../yaml/yaml-file.ts';
import { yamlNames } from '../yaml/yaml-names.ts';

export const HOOKS = ['order-select', 'order-sign'] as const;
export type Hook = (typeof HOOKS)[number];

const ServiceFile = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  hook: z.enum(HOOKS),
  title: z.string().min(1),
  description: z.string().min(1),
  'usage-requirements': z.string().min(1).optional(),
  prefetch: z
    .strictObject({
      on: z
        .array(z.string())
        .default([])
        .meta({ description: 'keys to ask for that are off by default (claims, carePlans, documents …)' }),
      off: z
        .array(z.string())
        .default([])
        .meta({ description: 'keys that are not prefetched; they are read with the token' }),
    })
    .default({ on: [], off: [] }),
});

/** One CDS service as declared in `cds-services/`. */
export interface ServiceDefinition {
  readonly id: string;
  readonly hook: Hook;
  readonly title: string;
  readonly description: string;
  readonly usageRequirements?: string;
  /** sections to retrieve */
  readonly sections: ReadonlySet<Section>;
  /** prefetch templates by key */
  readonly prefetch: Readonly<Record<string, string>>;
}

const template = (type: string, params: Readonly<Record<string, string>>): string =>
  `${type}?${Object.entries(params)
    .map(([k, v]) => `${k}=${v}`)
    .join('&')}`;

/** Prefetch templates for the sections that the loaded policies need, in CDS Hooks 2.0 tokens. */
function prefetchTemplates(
  sections: ReadonlySet<Section>,
  off: ReadonlySet<string>,
  factSystem: string,
): Readonly<Record<string, string>> {
  const patient = '{{context.patientId}}';
  const queries = [
    coverageQuery(patient),
    ...chartQueries({ patient, practitioner: '{{userPractitionerId}}' }, sections, factSystem),
  ];
  const all: Record<string, string> = {
    patient: `Patient/${patient}`,
    practitioner: 'Practitioner/{{userPractitionerId}}',
    ...Object.fromEntries(queries.map((q) => [q.key, template(q.section, q.params)])),
  };
  return Object.fromEntries(Object.entries(all).filter(([key]) => !off.has(key)));
}

/**
 * Loads `cds-services/*.yaml`.
 * @param needed sections that the loaded policies read
 * @throws InvalidFileError for an invalid file, an unknown prefetch key, or an id used twice
 */
export function loadServices(
  folder: string,
  needed: ReadonlySet<Section>,
  factSystem: string,
): readonly ServiceDefinition[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  const services = yamlNames(folder).map((name): ServiceDefinition => {
    const { data, locate } = readYaml(join(folder, name), ServiceFile);
    const extra = data.prefetch.on.flatMap((key, i) => {
      const section = sectionOfKey(key);
      if (section === undefined)
        problems.push(`${locate(['prefetch', 'on', i])} prefetch.on: there is no prefetch key "${key}"`);
      return section ?? [];
    });
    const sections = new Set([...needed, ...extra]);
    const off = new Set(data.prefetch.off);
    const prefetch = prefetchTemplates(sections, off, factSystem);
    for (const key of off)
      if (prefetchTemplates(sections, new Set(), factSystem)[key] === undefined)
        problems.push(`${locate(['prefetch', 'off'])} prefetch.off: there is no prefetch key "${key}"`);
    if (seen.has(data.id)) problems.push(`${locate(['id'])} id: the service "${data.id}" is declared twice`);
    seen.add(data.id);
    return {
      id: data.id,
      hook: data.hook,
      title: data.title,
      description: data.description,
      ...(data['usage-requirements'] !== undefined && { usageRequirements: data['usage-requirements'] }),
      sections,
      prefetch,
    };
  });
  if (problems.length > 0) throw new InvalidFileError(problems);
  return services;
}

/** How much of the chart an EHR is asked to send along: all that the policies need, or what tells whether to read more. */
export type PrefetchStyle = 'full' | 'lean';

const LEAN: ReadonlySet<string> = new Set(['patient', 'coverages']);

const templates = ({ prefetch }: ServiceDefinition, style: PrefetchStyle): Readonly<Record<string, string>> =>
  style === 'full' ? prefetch : Object.fromEntries(Object.entries(prefetch).filter(([key]) => LEAN.has(key)));

/** The discovery document (CDS Hooks 2.0.1, "Discovery"). */
export const discovery = (
  services: readonly ServiceDefinition[],
  style: PrefetchStyle,
): { readonly services: readonly Readonly<Record<string, unknown>>[] } => ({
  services: services.map((s) => ({
    hook: s.hook,
    title: s.title,
    description: s.description,
    id: s.id,
    prefetch: templates(s, style),
    ...(s.usageRequirements !== undefined && { usageRequirements: s.usageRequirements }),
  })),
});
