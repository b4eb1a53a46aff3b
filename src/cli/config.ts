import { parseArgs } from 'node:util';
import { listSettings, readConfig } from '../server/config.ts';
import type { Command } from './command.ts';

const settings = (): readonly string[] =>
  listSettings().map(
    ({ name, meaning, fallback }) => `${name.padEnd(20)} ${meaning}${fallback === undefined ? '' : ` [${fallback}]`}`,
  );

const code = (text: string): string => `\`${text}\``;

/** The settings as the table of the README. */
export const settingsTable = (): readonly string[] => [
  '| variable | meaning | default |',
  '|---|---|---|',
  ...listSettings().map(
    ({ name, meaning, fallback }) =>
      `| ${code(name)} | ${meaning} | ${fallback === undefined || fallback === '' ? '' : code(fallback)} |`,
  ),
];

export const config: Command = {
  usage: 'config [--markdown]',
  help: `Lists every environment variable with its meaning and default. Ends with an error when one of those that are set is not
valid.

  --markdown   as the table of the README, without looking at the environment

${settings().join('\n')}`,
  run(args, out) {
    const { values } = parseArgs({ args: [...args], options: { markdown: { type: 'boolean', default: false } } });
    for (const line of values.markdown ? settingsTable() : settings()) out(line);
    if (!values.markdown) readConfig(process.env);
    return 0;
  },
};
