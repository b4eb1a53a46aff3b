import { readFileSync } from 'node:fs';
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { derivedOnce } from '../derived-texts.ts';
import { meant } from './nearest-names.ts';

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

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'members (name: value)',
  record: 'members (name: value)',
};

/** A value as it was written, in short. */
function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'members (name: value)';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 40 ? text : `${text.slice(0, 37)}..."`;
}

/** What the validator says when the schema has no words of its own. */
const DEFAULT_WORDS = /^(Invalid|Too (small|big))/;

/** The names of an object's members. Zod passes it to `error` alone, from where they travel as the message of the issue. */
const membersOf: z.core.$ZodErrorMap = ({ code, inst }) =>
  code === 'unrecognized_keys' && inst !== undefined
    ? Object.keys((inst as z.ZodObject)._zod.def.shape).join(' ')
    : undefined;

/** Marks words of a union that say all there is to say, whatever its branches would; zod has no other way for it. */
const SAYS_ALL = '\u0000';
/** The words of a union about a value of which no branch can tell what is wrong. */
export const sayingAll = (words: string): string => `${SAYS_ALL}${words}`;

/** Is a text expected that YAML reads as a number or as a truth value, as it has no quotes? */
const quoted = (issue: z.core.$ZodIssueInvalidType): boolean =>
  issue.expected === 'string' && ['number', 'boolean'].includes(typeof issue.input);

/** What is expected and what was found, in the words of those who write the files. */
function wording(issue: z.core.$ZodIssue): string {
  const missing = issue.code === 'invalid_type' && issue.input === undefined;
  if (!DEFAULT_WORDS.test(issue.message)) return missing ? `${issue.message}, but it is missing` : issue.message;
  const found = issue.input === undefined ? 'but it is missing' : `found ${shown(issue.input)}`;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${KINDS[issue.expected] ?? issue.expected}, ${found}${quoted(issue) ? ': put it in quotes' : ''}`;
    case 'invalid_value':
      return `expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}, ${found}`;
    case 'too_small':
      if (issue.origin === 'array') return `expected at least ${issue.minimum} in this list`;
      return issue.origin === 'string' ? 'expected a text that is not empty' : issue.message;
    case 'invalid_union':
      return `expected something else, ${found}`;
    case 'invalid_format':
      return issue.format === 'url'
        ? `expected an address with https:// (or http://) in front, ${found}`
        : issue.message;
    default:
      return issue.message;
  }
}

function flatten(issues: readonly z.core.$ZodIssue[], prefix: Path = []): readonly Problem[] {
  return issues.flatMap((issue): readonly Problem[] => {
    const path = [...prefix, ...issue.path];
    if (issue.message.startsWith(SAYS_ALL)) return [{ path, message: issue.message.slice(SAYS_ALL.length) }];
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const deeper = issue.errors.some((errors) =>
        errors.some((e) => e.path.length > 0 || e.code === 'unrecognized_keys'),
      );
      if (!deeper && !DEFAULT_WORDS.test(issue.message)) return [{ path, message: issue.message }];
      return bestBranch(issue.errors.map((errors) => flatten(errors, path)));
    }
    if (issue.code === 'invalid_key') return flatten(issue.issues, path);
    if (issue.code === 'unrecognized_keys') {
      const known = issue.message.split(' ');
      return issue.keys.map((key) => ({ path, key, message: `"${key}" is not known here; ${meant(key, known)}` }));
    }
    return [{ path, message: wording(issue) }];
  });
}

/** A parsed text, and how its offsets are counted in lines. */
interface ParsedText {
  readonly doc: Document;
  readonly lines: LineCounter;
}

/** What those who write the files can do about the mistakes of YAML that its parser names in its own terms. */
const REMEDIES: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'a text with ": " in it needs quotes; otherwise look at the indentation of this line',
  BLOCK_IN_FLOW: 'a text with ": " in it needs quotes, or a bracket or brace of a line above is not closed',
  BAD_INDENT: 'look at the indentation of this line',
  MISSING_CHAR: 'a quote, a comma or a bracket is missing',
  MULTILINE_IMPLICIT_KEY: 'look at the indentation of this line, and whether a ":" is missing',
  UNEXPECTED_TOKEN: 'a text that begins with a special character needs quotes',
};

/**
 * The first mistake alone: what a parser finds behind it, it finds because of it.
 * @throws InvalidFileError when the text is no YAML
 */
function parseText(file: string, text: string): ParsedText {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, strict: true });
  const [first] = doc.errors;
  if (first !== undefined) {
    const { line, col } = first.linePos?.[0] ?? { line: 1, col: 1 };
    const remedy = REMEDIES[first.code];
    const words = first.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '');
    throw new InvalidFileError([
      `${file}:${line}:${col} not valid YAML: ${words}${remedy === undefined ? '' : ` (${remedy})`}`,
    ]);
  }
  return { doc, lines };
}

/** A path as a key; each of its parts begins with a character that YAML cannot hold. */
const keyOf = (path: Path): string => path.map((part) => `\0${String(part)}`).join('');

/** "line:column" of each value of a document, by its path. */
function positionsOf({ doc, lines }: ParsedText): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  const walk = (node: unknown, key: string): void => {
    if (isNode(node) && node.range) {
      const { line, col } = lines.linePos(node.range[0]);
      out.set(key, `${line}:${col}`);
    }
    if (isSeq(node)) for (const [i, item] of node.items.entries()) walk(item, key + keyOf([i]));
    if (isMap(node))
      for (const { key: name, value } of node.items)
        walk(value, key + keyOf([String(isScalar(name) ? name.value : name)]));
  };
  walk(doc.contents, '');
  return out;
}

/**
 * Parses YAML text, validates it and remembers positions.
 * @param file the name used in messages
 * @throws InvalidFileError with every problem as file:line:column
 */
export function parseYaml<S extends z.ZodType>(file: string, text: string, schema: S): LoadedFile<z.infer<S>> {
  let parsed: ParsedText | undefined;
  const parse = (): ParsedText => {
    parsed ??= parseText(file, text);
    return parsed;
  };
  let positions: ReadonlyMap<string, string> | undefined;
  const locate = (path: Path): string => {
    positions ??= derivedOnce('positions', text, () => positionsOf(parse())) as ReadonlyMap<string, string>;
    for (let p = path; p.length > 0; p = p.slice(0, -1)) {
      const position = positions.get(keyOf(p));
      if (position !== undefined) return `${file}:${position}`;
    }
    return `${file}:${positions.get('') ?? '1:1'}`;
  };
  const result = validated(
    schema,
    derivedOnce('values', text, () => parse().doc.toJS({ maxAliasCount: 50 })),
  );
  if (result.success) return { file, text, data: result.data, locate };
  throw new InvalidFileError(told(result.error, locate));
}

const validated = <S extends z.ZodType>(schema: S, value: unknown): z.ZodSafeParseResult<z.infer<S>> =>
  schema.safeParse(value, { reportInput: true, error: membersOf });

const told = (error: z.ZodError, locate: (path: Path) => string, at: Path = []): readonly string[] =>
  flatten(error.issues, at).map(
    (p) =>
      `${locate(p.key === undefined ? p.path : [...p.path, p.key])} ${p.path.map(String).join('.') || '(file)'}: ${p.message}`,
  );

/**
 * What is wrong with a value that a file only makes up in part, such as one that it takes over and changes.
 * @param at the place in the file that the value belongs to
 */
export function problemsOf(
  schema: z.ZodType,
  value: unknown,
  { locate }: LoadedFile<unknown>,
  at: Path,
): readonly string[] {
  const result = validated(schema, value);
  return result.success ? [] : told(result.error, locate, at);
}

/**
 * Reads and validates a YAML file.
 * @throws InvalidFileError when it is not valid; the file system's error when it cannot be read
 */
export const readYaml = <S extends z.ZodType>(file: string, schema: S): LoadedFile<z.infer<S>> =>
  parseYaml(file, readFileSync(file, 'utf8'), schema);
