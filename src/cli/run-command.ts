import { softwareVersion } from '../version.ts';
import { nearestNames } from '../yaml/nearest-names.ts';
import type { InvalidFileError } from '../yaml/yaml-file.ts';
import { type Command, fileProblem } from './command.ts';
import { printable } from './printable.ts';

interface Offered {
  readonly summary: string;
  /** only the command that is asked for is loaded */
  load(): Promise<Command>;
}

const COMMANDS: Readonly<Record<string, Offered>> = {
  assess: {
    summary: 'check an order against the chart in a FHIR Bundle',
    load: async () => (await import('./assess.ts')).assess,
  },
  compare: {
    summary: 'the same order against every policy that governs it',
    load: async () => (await import('./compare.ts')).compare,
  },
  'codes unknown': {
    summary: 'codes of charts that no fact understands',
    load: async () => (await import('./codes-unknown.ts')).codesUnknown,
  },
  batch: {
    summary: 'check the spine imaging orders of a FHIR bulk export',
    load: async () => (await import('./batch.ts')).batch,
  },
  facts: {
    summary: 'the facts that criteria may ask of a chart',
    load: async () => (await import('./facts.ts')).facts,
  },
  'policy diff': {
    summary: 'what a new text of a policy changes, by section and by case',
    load: async () => (await import('./policy-diff.ts')).policyDiff,
  },
  'policy lint': {
    summary: 'look for mistakes in policies, facts and codes',
    load: async () => (await import('./policy-lint.ts')).policyLint,
  },
  'policy show': {
    summary: 'a policy as an outline in words',
    load: async () => (await import('./policy-show.ts')).policyShow,
  },
  'policy schema': {
    summary: 'JSON Schemas of the YAML files, for editors',
    load: async () => (await import('./policy-schema.ts')).policySchema,
  },
  vignettes: {
    summary: 'try clinical cases on the policies, and see which criteria none decides',
    load: async () => (await import('./vignettes.ts')).vignettes,
  },
  report: {
    summary: 'outcomes, criteria and missing facts over many orders, as a page with charts',
    load: async () => (await import('./report.ts')).report,
  },
  doctor: { summary: 'try what we would ask of a FHIR server', load: async () => (await import('./doctor.ts')).doctor },
  replay: {
    summary: 'make recorded decisions again with the policies of today',
    load: async () => (await import('./replay.ts')).replayDecisions,
  },
  'shadow report': {
    summary: 'what policy texts marked as shadow would have changed',
    load: async () => (await import('./replay.ts')).shadowReport,
  },
  'feedback summary': {
    summary: 'what clinicians did with the cards, by policy and criterion',
    load: async () => (await import('./feedback.ts')).feedbackSummary,
  },
  'decisions purge': {
    summary: 'remove decision records and their feedback',
    load: async () => (await import('./decisions.ts')).purgeDecisions,
  },
  'keys new': {
    summary: 'make a private key for signing in at EHRs',
    load: async () => (await import('./new-key.ts')).newKey,
  },
  config: {
    summary: 'check the settings of the environment, and list them all',
    load: async () => (await import('./config.ts')).config,
  },
};
const NAME = 'payer-policy-cds';

const overview = (): string =>
  [
    `usage: ${NAME} COMMAND [options]`,
    '',
    ...Object.entries(COMMANDS).map(([name, command]) => `  ${name.padEnd(18)} ${command.summary}`),
    '',
    `${NAME} COMMAND --help tells more; --version tells the version.`,
  ].join('\n');

/** How to call a command, what it does, and calls to begin with. */
function helpOf({ usage, help, examples }: Command): string {
  const calls = examples.flatMap(([call, what]) => [`  npm run cli -- ${call}`, `      ${what}`]);
  return [`usage: ${NAME} ${usage}`, '', help, '', 'Examples:', ...calls].join('\n');
}

/** That there is no such command: with those that may be meant, else with all. */
function unknownCommand(args: readonly string[]): string {
  const names = Object.keys(COMMANDS);
  const said = args.slice(0, 2).filter((a) => !a.startsWith('-'));
  const begins = names.filter((name) => name.startsWith(`${said[0]} `));
  const [both, first] = [nearestNames(said.join(' '), names), nearestNames(said[0] ?? '', names)];
  const near = begins.length > 0 ? begins : both.length > 0 ? both : first;
  const what = `${NAME}: there is no command "${(begins.length > 0 ? said : args.slice(0, 1)).join(' ')}"`;
  if (near.length === 0) return `${what}\n\n${overview()}`;
  return `${what}; ${begins.length > 0 ? 'there are' : 'near it:'} ${near.join(', ')}`;
}

/** The longest command name that the arguments begin with: "policy lint" before "policy". */
function find(args: readonly string[]): { readonly command: Offered; readonly rest: readonly string[] } | undefined {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command !== undefined) return { command, rest: args.slice(words) };
  }
  return undefined;
}

const INVALID_FILE: InvalidFileError['code'] = 'FILE_INVALID';
/** The codes of errors whose message says all there is to know. */
const OURS: readonly unknown[] = ['USAGE', 'CHART_INVALID', 'CONFIG_INVALID'];

/** More problems of a file than this are counted, not listed. */
const MOST_PROBLEMS = 30;

/** What the parser of options says, without its advice on arguments that begin with a dash. */
const parserSays = (message: string): string =>
  message.replace(/\. To specify a positional argument.*$/s, '').replace(/\.?\n.*$/s, '');

const complain = (line: string): void => console.error(printable(line));

/** Mistakes of the caller end in one line and exit code 2; anything else is a defect and shows its stack. */
function fail(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const parsing = error instanceof TypeError && String(code).startsWith('ERR_PARSE_ARGS');
  if (!(error instanceof Error)) console.error(error);
  else if (code === INVALID_FILE) {
    const { problems } = error as InvalidFileError;
    for (const problem of problems.slice(0, MOST_PROBLEMS)) complain(problem);
    if (problems.length > MOST_PROBLEMS) console.error(`and ${problems.length - MOST_PROBLEMS} more`);
  } else if (parsing) complain(`${NAME}: ${parserSays(error.message)}`);
  else if (OURS.includes(code)) complain(`${NAME}: ${error.message}`);
  else {
    const problem = fileProblem(error);
    if (problem === undefined) console.error(error);
    else complain(`${NAME}: ${problem}`);
  }
  return 2;
}

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === '--version') {
    console.log(softwareVersion());
    return 0;
  }
  const found = find(args);
  if (found === undefined) {
    const asked = args.length === 0 || args[0] === '--help' || args[0] === '-h' || args[0] === 'help';
    (asked ? console.log : complain)(asked ? overview() : unknownCommand(args));
    return asked ? 0 : 2;
  }
  const command = await found.command.load();
  if (found.rest.includes('--help') || found.rest.includes('-h')) {
    console.log(helpOf(command));
    return 0;
  }
  return command.run(found.rest, (line) => console.log(printable(line)));
}

// Whoever reads our output may have seen enough ("| head"): that is no mistake.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await main(process.argv.slice(2)).catch(fail);
