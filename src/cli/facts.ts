import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { readFactFiles } from '../facts/vocabulary.ts';
import { readConfig } from '../server/config.ts';
import { type Command, withFile } from './command.ts';
import { table } from './print-table.ts';

export const facts: Command = {
  usage: 'facts [WORD...]',
  help: `Lists the facts of the shared vocabulary, with their labels and places: what criteria may ask of a chart.

  WORD   only facts with each of these words in name, label or question`,
  examples: [['facts physical therapy', 'before a policy gets a fact of its own']],
  run(args, out) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
    const words = positionals.map((w) => w.toLowerCase());
    const folder = join(readConfig(process.env).POLICIES, 'facts');
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
      return 1;
    }
    for (const line of table(['fact', 'where', 'label'], found)) out(line);
    return 0;
  },
};
