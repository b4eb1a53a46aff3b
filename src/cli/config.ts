import { listSettings, readConfig } from '../server/config.ts';
import { loadContent } from '../server/content.ts';
import { configuredKeys } from '../server/lasting.ts';
import { checkApp } from '../server/smart.ts';
import type { Command } from './command.ts';
import { readArgs } from './read-args.ts';

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
  help: `Lists every environment variable with its meaning and default. Ends with an error when the service would not start: one of
those that are set is not valid, a file that they lead to is not, or an EHR of the registry needs one that is not set.

  --markdown   as the table of the README, without looking at the environment

${settings().join('\n')}`,
  examples: [['config', 'before the service is started with these settings']],
  run(args, out) {
    const { values } = readArgs({ args: [...args], options: { markdown: { type: 'boolean', default: false } } });
    for (const line of values.markdown ? settingsTable() : settings()) out(line);
    if (values.markdown) return 0;
    const config = readConfig(process.env);
    const { registry, knowledge } = loadContent(config);
    checkApp(config, registry, configuredKeys(config));
    const names = registry.ehrs.map((e) => e.id).join(', ');
    out('');
    out(
      `The service would start. EHRs: ${names === '' ? 'none' : names}. Policies: ${knowledge.policies.ids().join(', ')}.`,
    );
    return 0;
  },
};
