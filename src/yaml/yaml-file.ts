import { readFileSync } from 'node:fs';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { parsedOnce } from './parsed-texts.ts';

/** Problems found in files that people edit: each line is "file:line:column path: what is expected". */
export class InvalidFileError extends Error {
  readonly code = 'FILE_INVALID';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'InvalidFileError';
    this.problems = problems;
  }
}

type Path = readonly PropertyKey[];
type Problem = { readonly path: Path; readonly message: string; readonly key?: string };

/** A parsed and validated file that can still say where each of its values stands. */
export interface LoadedFile<T> {
  readonly file: string;
  readonly text: string;
  readonly data: T;
  /** "file:line:column" of the value at a path */
  locate(path: Path): string;
}

/** The branch of a union that the author most likely meant: the one whose first problem lies deepest. */
function bestBranch(branches: readonly (readonly Problem[])[]): readonly Problem[] {
  const score = (problems: readonly Problem[]): number =>
    Math.max(...problems.map((p) => p.path.length)) * 10 -
    problems.length -
    (problems.some((p) => p.key !== undefined) ? 5 : 0);
  return [...branches].sort((a, b) => score(b) - score(a))[0] ?? [];
}

function flatten(issues: readonly z.core.$ZodIssue[], prefix: Path = []): readonly Problem[] {
  return issues.flatMap((issue): readonly Problem[] => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      return bestBranch(issue.errors.map((errors) => flatten(errors, path)));
    }
    if (issue.code === 'invalid_key') return flatten(issue.issues, path);
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path, key, message: `"${key}" is not known here` }));
    return [{ path, message: issue.message }];
  });
}

/** @throws InvalidFileError when the text is no YAML */
function parseText(file: string, text: string): { readonly doc: Document; readonly lines: LineCounter } {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, strict: true });
  if (doc.errors.length > 0) {
    throw new InvalidFileError(
      doc.errors.map(
        (e) => `${file}:${e.linePos?.[0].line ?? 1}:${e.linePos?.[0].col ?? 1} ${e.message.split('\n')[0]}`,
      ),
    );
  }
  return { doc, lines };
}

/**
 * Parses YAML text, validates it and remembers positions.
 * @param file the name used in messages
 * @throws InvalidFileError with every problem as file:line:column
 */
export function parseYaml<S extends z.ZodType>(file: string, text: string, schema: S): LoadedFile<z.infer<S>> {
  let parsed: { readonly doc: Document; readonly lines: LineCounter } | undefined;
  const positions = (): { readonly doc: Document; readonly lines: LineCounter } => {
    parsed ??= parseText(file, text);
    return parsed;
  };
  const locate = (path: Path): string => {
    const { doc, lines } = positions();
    for (let p = [...path]; ; p = p.slice(0, -1)) {
      const node = p.length > 0 ? doc.getIn(p, true) : doc.contents;
      if (isNode(node) && node.range) {
        const { line, col } = lines.linePos(node.range[0]);
        return `${file}:${line}:${col}`;
      }
      if (p.length === 0) return `${file}:1:1`;
    }
  };
  const result = schema.safeParse(parsedOnce(text, () => positions().doc.toJS({ maxAliasCount: 50 })));
  if (result.success) return { file, text, data: result.data, locate };
  throw new InvalidFileError(
    flatten(result.error.issues).map(
      (p) =>
        `${locate(p.key === undefined ? p.path : [...p.path, p.key])} ${p.path.map(String).join('.') || '(file)'}: ${p.message}`,
    ),
  );
}

/**
 * Reads and validates a YAML file.
 * @throws InvalidFileError when it is not valid; the file system's error when it cannot be read
 */
export const readYaml = <S extends z.ZodType>(file: string, schema: S): LoadedFile<z.infer<S>> =>
  parseYaml(file, readFileSync(file, 'utf8'), schema);
