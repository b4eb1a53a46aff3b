import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Generation } from './messages.ts';

/**
 * Copies the content, so that a process that starts later serves the same as the others, whatever stands in the folders by
 * then. Private keys are not copied.
 * @param runFolder a folder that nobody else can read
 */
export function takeGeneration(config: Config, runFolder: string, number: number): Generation {
  const folder = join(runFolder, String(number));
  const registry = join(folder, 'smart-config');
  mkdirSync(registry, { recursive: true, mode: 0o700 });
  cpSync(config.POLICIES, join(folder, 'policies'), { recursive: true });
  cpSync(config.CDS_SERVICES, join(folder, 'cds-services'), { recursive: true });
  const ehrs = join(config.SMART_CONFIG, 'ehrs');
  if (existsSync(ehrs)) cpSync(ehrs, join(registry, 'ehrs'), { recursive: true });
  if (config.CRD_CONFIG !== undefined) cpSync(config.CRD_CONFIG, join(folder, 'crd.yaml'));
  return {
    number,
    folders: {
      POLICIES: join(folder, 'policies'),
      CDS_SERVICES: join(folder, 'cds-services'),
      SMART_CONFIG: registry,
      CRD_CONFIG: config.CRD_CONFIG === undefined ? undefined : join(folder, 'crd.yaml'),
    },
  };
}

export const removeGeneration = (runFolder: string, number: number): void =>
  rmSync(join(runFolder, String(number)), { recursive: true, force: true });

/** A message about a copy, with the path of what was copied. */
export const inOriginalPlace = (text: string, { folders }: Generation, config: Config): string =>
  (['POLICIES', 'CDS_SERVICES', 'SMART_CONFIG', 'CRD_CONFIG'] as const).reduce((said, name) => {
    const [copy, original] = [folders[name], config[name]];
    return copy === undefined || original === undefined ? said : said.replaceAll(copy, original);
  }, text);
