import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './command.ts';

/**
 * What follows a command, by its options. Of an option that is given twice the parser would take the last without a word.
 * @throws UsageError, TypeError of the parser
 */
export function readArgs<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  const { tokens = [] } = parseArgs({ ...config, tokens: true });
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option' || config.options?.[token.name]?.multiple === true) continue;
    if (seen.has(token.name)) throw new UsageError(`${token.rawName}: is given twice, and can be given once`);
    seen.add(token.name);
  }
  return parseArgs(config);
}
