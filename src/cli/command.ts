import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { canonicalUrls } from '../chart/readers/answer.ts';
import { loadKnowledge } from '../criteria-check/knowledge.ts';
import type { Checker } from '../criteria-check/order-check.ts';
import { readConfig } from '../server/config.ts';

/** The command line is not understood, or what it names cannot be read. The message says what is expected. */
export class UsageError extends Error {
  readonly code = 'USAGE';
}

/** One command of the command line. */
export interface Command {
  /** e.g. "assess BUNDLE.json [--study CODE] ..." */
  readonly usage: string;
  readonly help: string;
  /** calls as one types them behind `npm run cli -- `, each with what it is for */
  readonly examples: readonly (readonly [call: string, what: string])[];
  /** @param args what follows the command's name @returns the exit code */
  run(args: readonly string[], out: (line: string) => void): Promise<number> | number;
}

const loaded = new Map<string, Checker>();

/** Loads policies, facts and codes as the service does, once a process. @throws InvalidFileError, ConfigError */
export function loadChecker(): Checker {
  const { POLICIES, CANONICAL_BASE } = readConfig(process.env);
  const key = `${POLICIES}\n${CANONICAL_BASE}`;
  const checker = loaded.get(key) ?? { knowledge: loadKnowledge(POLICIES), canonical: canonicalUrls(CANONICAL_BASE) };
  loaded.set(key, checker);
  return checker;
}

/** What can be wrong with a file or folder, by the code of the system's error. */
const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'is a folder, and a file is expected',
  ENOTDIR: 'is a file, and a folder is expected',
  EACCES: 'is not permitted',
  EPERM: 'is not permitted',
  EROFS: 'cannot be written: the disk is read-only',
  ENOSPC: 'cannot be written: the disk is full',
  EMFILE: 'cannot be opened: too many files are open',
  ENAMETOOLONG: 'has too long a name',
  ERR_STRING_TOO_LONG: 'is too large to be read at once',
  ERR_FS_FILE_TOO_LARGE: 'is too large to be read at once',
};

/** What an error says of a file, in a line; undefined when it is about something else. @param file where the error does not name it */
export function fileProblem(error: unknown, file?: string): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const problem = FILE_PROBLEMS[String(error.code)];
  const path = 'path' in error ? String(error.path) : file;
  if (problem === undefined) return undefined;
  if (error.code === 'ENOENT' && path !== undefined && !existsSync(dirname(path)))
    return `${path}: there is no folder ${dirname(path)}`;
  return path === undefined ? `a file or folder ${problem}` : `${path}: ${problem}`;
}

/** Does something with a file. @throws UsageError naming the file when that cannot be done */
export function withFile<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const problem = fileProblem(error, file);
    throw problem === undefined ? error : new UsageError(problem);
  }
}

/** "line:column" in the message of a JSON parser; the rest of it would repeat what the file holds. */
const POSITION = /line (\d+) column (\d+)/;

/** Reads a JSON file; a byte order mark at its start is no matter. @throws UsageError when it cannot be read or is no JSON */
export function readJson(file: string): unknown {
  const content = withFile(file, () => readFileSync(file, 'utf8')).replace(/^\uFEFF/, '');
  if (content.trim() === '') throw new UsageError(`${file}: is empty`);
  try {
    return JSON.parse(content);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const [, line, column] = POSITION.exec(message) ?? [];
    if (message.includes('after JSON'))
      throw new UsageError(`${file}:${line ?? 1}: a second JSON text begins; a folder of NDJSON files is for "batch"`);
    throw new UsageError(`${file}${line === undefined ? '' : `:${line}:${column}`}: is not valid JSON`);
  }
}

/** Reads the chart of one patient, and does something with it. @throws UsageError naming the file when it cannot be read as one */
export function withChart<T>(file: string, act: (bundle: unknown) => T): T {
  const bundle = readJson(file);
  try {
    return act(bundle);
  } catch (error) {
    const invalid = error instanceof Error && 'code' in error && error.code === 'CHART_INVALID';
    throw invalid ? new UsageError(`${file}: ${error.message}`) : error;
  }
}
