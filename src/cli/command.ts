import { readFileSync } from 'node:fs';
import { canonicalUrls } from '../chart/readers/answer.ts';
import type { Checker } from '../criteria-check/check-order.ts';
import { loadKnowledge } from '../criteria-check/knowledge.ts';
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

/** Reads a JSON file. @throws UsageError when it cannot be read or is no JSON */
export function readJson(file: string): unknown {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`${file}: cannot be read`);
  }
  try {
    return JSON.parse(content);
  } catch {
    throw new UsageError(`${file}: is not valid JSON`);
  }
}
