import { ChartError } from '../criteria-check/check-bundle.ts';
import { ConfigError } from '../server/config.ts';
import { InvalidFileError } from '../yaml/yaml-file.ts';
import { assess } from './assess.ts';
import { batch } from './batch.ts';
import { codesUnknown } from './codes-unknown.ts';
import { type Command, UsageError } from './command.ts';
import { compare } from './compare.ts';
import { config } from './config.ts';
import { purgeDecisions } from './decisions.ts';
import { doctor } from './doctor.ts';
import { feedbackSummary } from './feedback.ts';
import { newKey } from './new-key.ts';
import { policyDiff } from './policy-diff.ts';
import { policyLint } from './policy-lint.ts';
import { policySchema } from './policy-schema.ts';
import { policyShow } from './policy-show.ts';
import { replayDecisions, shadowReport } from './replay.ts';
import { report } from './report.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  assess,
  compare,
  'codes unknown': codesUnknown,
  batch,
  'policy diff': policyDiff,
  'policy lint': policyLint,
  'policy show': policyShow,
  'policy schema': policySchema,
  report,
  doctor,
  replay: replayDecisions,
  'shadow report': shadowReport,
  'feedback summary': feedbackSummary,
  'decisions purge': purgeDecisions,
  'keys new': newKey,
  config,
};
const NAME = 'payer-policy-cds';

const overview = (): string =>
  [
    `usage: ${NAME} COMMAND [options]`,
    '',
    ...Object.entries(COMMANDS).map(([name, command]) => `  ${name.padEnd(18)} ${command.summary}`),
    '',
    `${NAME} COMMAND --help tells more.`,
  ].join('\n');

/** The longest command name that the arguments begin with: "policy lint" before "policy". */
function find(args: readonly string[]): { readonly command: Command; readonly rest: readonly string[] } | undefined {
  for (const words of [2, 1]) {
    const command = COMMANDS[args.slice(0, words).join(' ')];
    if (command !== undefined) return { command, rest: args.slice(words) };
  }
  return undefined;
}

/** Mistakes of the caller end in one line and exit code 2; anything else is a defect and shows its stack. */
function fail(error: unknown): number {
  const ours = [UsageError, ChartError, ConfigError].some((kind) => error instanceof kind);
  const parsing = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (error instanceof InvalidFileError) for (const problem of error.problems) console.error(problem);
  else if (ours || parsing) console.error(`${NAME}: ${(error as Error).message}`);
  else if (error instanceof Error && 'code' in error && error.code === 'ENOENT' && 'path' in error)
    console.error(`${NAME}: there is no file or folder ${String(error.path)}`);
  else console.error(error);
  return 2;
}

async function main(args: readonly string[]): Promise<number> {
  const found = find(args);
  if (found === undefined) {
    const asked = args.length === 0 || args[0] === '--help' || args[0] === '-h';
    (asked ? console.log : console.error)(
      asked ? overview() : `${NAME}: there is no command "${args[0]}"\n\n${overview()}`,
    );
    return asked ? 0 : 2;
  }
  if (found.rest.includes('--help') || found.rest.includes('-h')) {
    console.log(`usage: ${NAME} ${found.command.usage}\n\n${found.command.help}`);
    return 0;
  }
  return found.command.run(found.rest, (line) => console.log(line));
}

process.exitCode = await main(process.argv.slice(2)).catch(fail);
