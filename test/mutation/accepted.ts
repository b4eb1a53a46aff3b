import { existsSync } from 'node:fs';
import * as z from 'zod';
import { readYaml } from '../../src/yaml/yaml-file.ts';

const AcceptedFile = z.strictObject({
  accepted: z.array(
    z.strictObject({
      why: z.string().min(1),
      mutants: z.array(z.string().min(1)).min(1),
    }),
  ),
});

/**
 * The mutants that may survive, with the reason.
 * @param file a file of survivors; nothing is accepted when there is none
 * @throws InvalidFileError
 */
export function acceptedSurvivors(file: string): ReadonlyMap<string, string> {
  if (!existsSync(file)) return new Map();
  return new Map(readYaml(file, AcceptedFile).data.accepted.flatMap((a) => a.mutants.map((m) => [m, a.why] as const)));
}
