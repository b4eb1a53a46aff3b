import type * as z from 'zod';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import { type Finding, warning } from '../yaml/finding.ts';
import type { LoadedFile } from '../yaml/yaml-file.ts';
import type { PayersFile } from './payers.ts';

/** Routes that are limited to studies which no text of their policy governs: no order ever takes them. */
export function lintPayers(
  { data, locate }: LoadedFile<z.infer<typeof PayersFile>>,
  policies: readonly CompiledPolicy[],
): readonly Finding[] {
  const governs = (policy: string, study: string): boolean =>
    policies.some((p) => p.id === policy && p.governs.has(study));
  return data.payers.flatMap(({ id, policies: routes }, i) =>
    routes.flatMap(({ policy, studies = [] }, j) =>
      studies.flatMap((study, k) =>
        governs(policy, study)
          ? []
          : [
              warning(
                locate(['payers', i, 'policies', j, 'studies', k]),
                `${id}: no text of ${policy} governs ${study}, so that no order takes this way`,
              ),
            ],
      ),
    ),
  );
}
