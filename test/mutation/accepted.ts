import { existsSync } from 'node:fs';
import * as z from 'zod';
import { readYaml } from '../../src/yaml/yaml-file.ts';

const Group = z.strictObject({ why: z.string().min(1), mutants: z.array(z.string().min(1)).min(1) });
const AcceptedFile = z.strictObject({
  equivalent: z.array(Group).default([]).meta({
    description: 'nothing that a vignette can state would come out otherwise: other parts of the policy say the same',
  }),
  tolerated: z.array(Group).default([]).meta({ description: 'could be noticed, but is not worth a vignette' }),
});

/** Mutants that may survive, by name, with the reason. */
export interface Accepted {
  readonly equivalent: ReadonlyMap<string, string>;
  readonly tolerated: ReadonlyMap<string, string>;
}

const byName = (groups: readonly z.infer<typeof Group>[]): ReadonlyMap<string, string> =>
  new Map(groups.flatMap(({ why, mutants }) => mutants.map((m) => [m, why] as const)));

/**
 * Reads a file of survivors.
 * @param file nothing is accepted when there is none
 * @throws InvalidFileError
 */
export function acceptedSurvivors(file: string): Accepted {
  if (!existsSync(file)) return { equivalent: new Map(), tolerated: new Map() };
  const { equivalent, tolerated } = readYaml(file, AcceptedFile).data;
  return { equivalent: byName(equivalent), tolerated: byName(tolerated) };
}
