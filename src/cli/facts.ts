import { join, relative } from 'node:path';
import { readFactFiles } from '../facts/vocabulary.ts';
import { readConfig } from '../server/config.ts';
import { readCodeSetFiles } from '../terminology/load-code-sets.ts';
import { type Command, withFile } from './command.ts';
import { table } from './print-table.ts';
import { readArgs } from './read-args.ts';

/** Code sets in whose name or label each of the words stands, with their places: some facts are read by them without naming them. */
const codeSetsOf = (folder: string, words: readonly string[]): readonly string[] =>
  readCodeSetFiles(folder).flatMap(({ data, locate }) =>
    Object.entries(data['code-sets'])
      .filter(([id, { label }]) => words.every((w) => `${id} ${label}`.toLowerCase().includes(w)))
      .map(([id]) => `${id} (${relative('', locate(['code-sets', id]))})`),
  );

export const facts: Command = {
  usage: 'facts [WORD...]',
  help: `Lists the facts of the shared vocabulary, with their labels and places: what criteria may ask of a chart.

  WORD   only facts with each of these words in name, label or question`,
  examples: [['facts physical therapy', 'before a policy gets a fact of its own']],
  run(args, out) {
    const { positionals } = readArgs({ args: [...args], allowPositionals: true });
    const words = positionals.map((w) => w.toLowerCase());
    const { POLICIES } = readConfig(process.env);
    const folder = join(POLICIES, 'facts');
    const files = withFile(folder, () => readFactFiles(folder));
    const found = files.flatMap(({ data, locate }) =>
      Object.entries(data.facts)
        .filter(([id, { label, ask }]) => {
          const text = `${id} ${label} ${ask ?? ''}`.toLowerCase();
          return words.every((w) => text.includes(w));
        })
        .map(([id, { label }]) => [id, relative('', locate(['facts', id])), label] as const),
    );
    if (found.length === 0) {
      out(`No fact has ${words.map((w) => `"${w}"`).join(' and ')} in name, label or question.`);
      const sets = codeSetsOf(join(POLICIES, 'codes'), words);
      if (sets.length > 0) out(`Code sets that do: ${sets.join(', ')}.`);
      return 1;
    }
    for (const line of table(['fact', 'where', 'label'], found)) out(line);
    return 0;
  },
};
