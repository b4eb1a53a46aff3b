import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidFileError } from './yaml-file.ts';

/** Refuses files that somebody means to be read and that never would be. @throws InvalidFileError naming each of them */
export function refuseOtherNames(files: readonly string[], expected: string): void {
  if (files.length > 0)
    throw new InvalidFileError(files.map((file) => `${file}:1:1 this file is never read: expected ${expected}`));
}

/**
 * The names of the YAML files of a folder, sorted.
 * @throws InvalidFileError when one ends with ".yml"; the file system's error when the folder cannot be read
 */
export function yamlNames(folder: string): readonly string[] {
  const names = readdirSync(folder).sort();
  refuseOtherNames(
    names.filter((f) => f.endsWith('.yml')).map((f) => join(folder, f)),
    'a name that ends with .yaml',
  );
  return names.filter((f) => f.endsWith('.yaml'));
}
