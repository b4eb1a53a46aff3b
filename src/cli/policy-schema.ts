import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCHEMA_NAMES, schemaText } from '../criteria-check/editor-schemas.ts';
import { readConfig } from '../server/config.ts';
import { type Command, UsageError } from './command.ts';
import { readArgs } from './read-args.ts';

export const policySchema: Command = {
  usage: 'policy schema (NAME | --write [FOLDER])',
  help: `Prints the JSON Schema of a kind of file: ${SCHEMA_NAMES.join(', ')}. It is made from the schema by which the file is
checked at the start, so that an editor completes members, tells what they mean and marks mistakes while you type.

  --write   writes all of them as NAME.schema.json into FOLDER; default: the folder of the settings (POLICIES)

An editor with the YAML language server finds a schema by the first line of a file:
  # yaml-language-server: $schema=../../policy.schema.json`,
  examples: [
    ['policy schema --write', 'for the editor, beside the policies'],
    ['policy schema vignettes', 'one schema to read'],
  ],
  run(args, out) {
    const { values, positionals } = readArgs({
      args: [...args],
      allowPositionals: true,
      options: { write: { type: 'boolean' } },
    });
    const [word] = positionals;
    if (values.write === true) {
      const folder = word ?? readConfig(process.env).POLICIES;
      for (const name of SCHEMA_NAMES) {
        const file = join(folder, `${name}.schema.json`);
        writeFileSync(file, schemaText(name));
        out(file);
      }
      return 0;
    }
    const name = SCHEMA_NAMES.find((n) => n === word);
    if (name === undefined) throw new UsageError(`policy schema: expected one of ${SCHEMA_NAMES.join(', ')}`);
    out(schemaText(name).trimEnd());
    return 0;
  },
};
