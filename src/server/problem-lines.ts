import { InvalidFileError } from '../yaml/yaml-file.ts';
import { ConfigError } from './config.ts';
import { ListenError } from './listen.ts';

/** Why a start or a reload is not possible, a line a problem; undefined for a defect of ours. */
export function problemLines(error: unknown): readonly string[] | undefined {
  if (error instanceof InvalidFileError) return error.problems;
  if (error instanceof ConfigError) return [`bad setting: ${error.message}`];
  if (error instanceof ListenError) return [error.message];
  return undefined;
}
