import { join } from 'node:path';
import { InvalidFileError, type LoadedFile, readYaml } from '../yaml/yaml-file.ts';
import { yamlNames } from '../yaml/yaml-names.ts';
import { type CodeSetInput, CodeSetsFile, type CodeSetsInput } from './code-set.ts';

/** Reads the files of a folder of code sets. @throws InvalidFileError when one is invalid */
export const readCodeSetFiles = (folder: string): readonly LoadedFile<CodeSetsInput>[] =>
  yamlNames(folder).map((name) => readYaml(join(folder, name), CodeSetsFile));

/**
 * Loads every code set of a folder.
 * @throws InvalidFileError when a file is invalid, a set is defined twice, or a set that is named does not exist
 */
export function loadCodeSets(folder: string): ReadonlyMap<string, CodeSetInput> {
  const sets = new Map<string, CodeSetInput>();
  const where = new Map<string, LoadedFile<unknown>>();
  const problems: string[] = [];
  for (const file of readCodeSetFiles(folder)) {
    for (const [id, set] of Object.entries(file.data['code-sets'])) {
      const other = where.get(id)?.locate(['code-sets', id]);
      if (other !== undefined)
        problems.push(
          `${file.locate(['code-sets', id])} code-sets.${id}: this set is defined twice, the first time at ${other}`,
        );
      sets.set(id, set);
      where.set(id, file);
    }
  }
  for (const [id, set] of sets) {
    for (const key of ['include', 'opposes', 'icd10cm-except-sets'] as const) {
      for (const [i, other] of set[key].entries()) {
        if (sets.has(other)) continue;
        const at = where.get(id)?.locate(['code-sets', id, key, i]);
        problems.push(`${at} code-sets.${id}.${key}: there is no code set "${other}"`);
      }
    }
  }
  if (problems.length > 0) throw new InvalidFileError(problems);
  return sets;
}
