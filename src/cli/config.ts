import { parseArgs } from 'node:util';
import { listSettings, readConfig } from '../server/config.ts';
import type { Command } from './command.ts';

const settings = (): readonly string[] =>
  listSettings().map(
    ({ name, meaning, fallback }) => `${name.padEnd(20)} ${meaning}${fallback === undefined ? '' : ` [${fallback}]`}`,
  );

export const config: Command = {
  usage: 'config',
  summary: 'check the settings of the environment, and list them all',
  help: `Lists every environment variable with its meaning and default. Ends with an error when one of those that are set is not
valid.

${settings().join('\n')}`,
  run(args, out) {
    parseArgs({ args: [...args] });
    for (const line of settings()) out(line);
    readConfig(process.env);
    return 0;
  },
};
