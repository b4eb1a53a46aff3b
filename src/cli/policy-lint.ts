import { relative } from 'node:path';
import { lintFolder } from '../criteria-check/lint.ts';
import { readConfig } from '../server/config.ts';
import type { Finding } from '../yaml/finding.ts';
import { type Command, UsageError, withFile } from './command.ts';
import { readArgs } from './read-args.ts';

/** File names as they are seen from here. */
const fromHere = ({ where, level, message }: Finding): string => {
  const [, file, position] = /^(.*?)(:\d+:\d+)?$/.exec(where) ?? [];
  return `${relative('', file ?? '')}${position ?? ''} ${level === 'warning' ? 'warning: ' : ''}${message}`;
};

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

export const policyLint: Command = {
  usage: 'policy lint [FOLDER] [--strict] [--json]',
  help: `Looks through a folder of policies: does every file follow its schema, does every name exist, and does every rule make sense?
Each finding is one line: file:line:column and what is wrong. The exit code is 1 when there is an error, else 0.

  FOLDER     default: the folder of the settings (POLICIES)
  --strict   warnings count as errors
  --json     findings as JSON

Errors: unknown names and cycles; a passage without citation, entry or studies; criteria that can never hold (contradictory
leaves, time bands that exclude each other, dates outside of the text's own), that always hold, or that stand twice; windows and
schedules without effect; rules for studies that are not governed; facts, definitions and code sets that nothing uses; two facts
with one question; codes of a wrong form or check digit, codes of ICD-10-CM that do not exist, codes listed twice, or in two sets that contradict each other.
Warnings: a text past its review date, a text that no payer uses, code sets without a source.`,
  examples: [
    ['policy lint', 'the policies of the settings'],
    ['policy lint drafts --strict', 'another folder; warnings count too'],
  ],
  run(args, out) {
    const { values, positionals } = readArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' }, strict: { type: 'boolean' } },
    });
    if (positionals.length > 1) throw new UsageError('policy lint: expected one folder');
    const folder = positionals[0] ?? readConfig(process.env).POLICIES;
    const today = new Date().toISOString().slice(0, 10);
    const { findings, texts } = withFile(folder, () => lintFolder(folder, today));
    const errors = findings.filter((f) => f.level === 'error').length;
    if (values.json === true) out(JSON.stringify(findings, null, 2));
    else {
      for (const finding of findings) out(fromHere(finding));
      const warnings = findings.length - errors;
      out(`${counted(texts, 'policy text')}: ${counted(errors, 'error')}, ${counted(warnings, 'warning')}`);
    }
    return errors > 0 || (values.strict === true && findings.length > 0) ? 1 : 0;
  },
};
