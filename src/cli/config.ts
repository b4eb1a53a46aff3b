import { parseArgs } from 'node:util';
import { listSettings, readConfig } from '../server/config.ts';
import type { Command } from './command.ts';

export const config: Command = {
  usage: 'config',
  summary: 'check the settings of the environment, and list them all',
  help: 'Lists every environment variable with its meaning and default. Ends with an error when one of those that are set is not valid.',
  run(args, out) {
    parseArgs({ args: [...args] });
    for (const { name, meaning, fallback } of listSettings())
      out(`${name.padEnd(20)} ${meaning}${fallback === undefined ? '' : ` [${fallback}]`}`);
    readConfig(process.env);
    return 0;
  },
};
