import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadServices, type ServiceDefinition } from '../cds-hooks/service-definition.ts';
import { type Canonical, canonicalUrls } from '../chart/readers/answer.ts';
import { type CrdConfig, loadCrdConfig } from '../crd/crd-config.ts';
import { type CrdService, loadCrdServices } from '../crd/crd-service.ts';
import { type Knowledge, loadKnowledge } from '../criteria-check/knowledge.ts';
import { namesIn } from '../criteria-check/known-names.ts';
import { neededSections } from '../criteria-check/needed-sections.ts';
import { type EhrRegistry, type Issuer, loadEhrs } from '../ehr/ehr-registry.ts';
import { type Config, ConfigError } from './config.ts';

/** Settings that name files of content. */
export type Folders = Pick<Config, 'POLICIES' | 'CDS_SERVICES' | 'SMART_CONFIG' | 'CRD_CONFIG'>;

/** What stands in files beside the code: policies, CDS services, EHRs, payer mode. Checked as a whole, replaced as a whole. */
export interface Content {
  readonly knowledge: Knowledge;
  readonly canonical: Canonical;
  readonly registry: EhrRegistry;
  readonly services: readonly ServiceDefinition[];
  readonly crd?: { readonly services: readonly CrdService[]; readonly config: CrdConfig };
}

/** The entry that stands for any loopback address is for development alone. */
function registryFor(ehrs: EhrRegistry, { development }: Config, issuer: Issuer | undefined): EhrRegistry {
  if (!development) return ehrs.without('development');
  return issuer === undefined ? ehrs : ehrs.withIssuer('development', issuer);
}

/** @throws ConfigError naming the settings whose folder or file does not exist */
function checkFolders(folders: Folders): void {
  const missing = (['POLICIES', 'CDS_SERVICES', 'SMART_CONFIG', 'CRD_CONFIG'] as const).flatMap((name) => {
    const path = folders[name];
    const kind = name === 'CRD_CONFIG' ? 'file' : 'folder';
    return path === undefined || existsSync(path) ? [] : [`${name}: there is no such ${kind} (given: "${path}")`];
  });
  if (missing.length > 0) throw new ConfigError(missing.join('; '));
}

/**
 * Loads the content of a deployment.
 * @param issuer one more issuer of the EHR of development
 * @throws InvalidFileError with every problem as file:line:column; ConfigError for a folder that does not exist
 */
export function loadContent(config: Config, folders: Folders = config, issuer?: Issuer): Content {
  checkFolders(folders);
  const knowledge = loadKnowledge(folders.POLICIES);
  const canonical = canonicalUrls(config.CANONICAL_BASE);
  const ehrs = loadEhrs(join(folders.SMART_CONFIG, 'ehrs'), namesIn(knowledge));
  return {
    knowledge,
    canonical,
    registry: registryFor(ehrs, config, issuer),
    services: loadServices(folders.CDS_SERVICES, neededSections(knowledge), canonical.factSystem),
    ...(folders.CRD_CONFIG !== undefined && {
      crd: {
        services: loadCrdServices(join(folders.CDS_SERVICES, 'crd')),
        config: loadCrdConfig(folders.CRD_CONFIG, knowledge.payers, knowledge.studies),
      },
    }),
  };
}
