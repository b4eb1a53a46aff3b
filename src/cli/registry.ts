import { join } from 'node:path';
import { namesIn } from '../criteria-check/known-names.ts';
import type { Checker } from '../criteria-check/order-check.ts';
import { type Ehr, type EhrRegistry, loadEhrs } from '../ehr/ehr-registry.ts';
import { readConfig } from '../server/config.ts';
import { UsageError } from './command.ts';

/** The registry of EHRs of the settings. They give local codes their meaning. @throws InvalidFileError */
export const loadRegistry = ({ knowledge }: Checker): EhrRegistry =>
  loadEhrs(join(readConfig(process.env).SMART_CONFIG, 'ehrs'), namesIn(knowledge));

/** The EHR of an option. @throws UsageError when the registry has no such EHR */
export function namedEhr(id: string | undefined, checker: Checker): Ehr | undefined {
  if (id === undefined) return undefined;
  const registry = loadRegistry(checker);
  const ehr = registry.byId(id);
  if (ehr === undefined) {
    const known = registry.ehrs.map((e) => e.id).join(', ');
    throw new UsageError(
      known === ''
        ? '--ehr: no EHR is registered (see SMART_CONFIG)'
        : `--ehr: "${id}" is not registered; expected one of ${known}`,
    );
  }
  return ehr;
}
