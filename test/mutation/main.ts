import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { meant } from '../../src/yaml/nearest-names.ts';
import { InvalidFileError } from '../../src/yaml/yaml-file.ts';
import {
  acceptedOf,
  casesOf,
  FailingVignettes,
  loadChecker,
  type MutateOptions,
  mutatePolicy,
} from './mutate-policy.ts';
import { reportText, type Tried } from './report.ts';

const HELP = `usage: npm run mutate -- [POLICY...] [--only TEXT] [--every N] [--strict]

Changes each policy in every place, one change at a time, and tells which changes no golden vignette notices: operators,
left-out operands, windows, comparisons, certainties, entries, studies, dates, regions.

  POLICY       ids of policies; default: all
  --only TEXT  only mutants whose name contains this text
  --every N    only every N-th mutant: a sample
  --strict     also let a suspicion do wherever a fact has to be known

The exit code is 1 when less than 95 % of the mutants of a policy are killed (noticed), a survivor has no reason in
test/mutation/accepted/<policy>.yaml, or something stands there that does not survive. Mutants that stand there as
equivalent do not count.`;
const PROCESSES = 2;

/** What one process is told to do. */
interface Task extends MutateOptions {
  /** relative to `policies/` */
  readonly file: string;
}

/** Tries a share of the mutants of a policy in a process of its own. */
function inOwnProcess(task: Task): Promise<Tried> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, ['--task', JSON.stringify(task)]);
    child.on('message', (tried) => resolve(tried as Tried));
    child.on('error', reject);
    child.on('close', (code) => reject(new Error(`${task.file}: the process ended with ${code}`)));
  });
}

/** Tries all mutants of a policy, the processes sharing them. */
async function tryPolicy(file: string, options: MutateOptions): Promise<Tried> {
  const shares = Array.from({ length: PROCESSES }, (_, first) => ({ first, of: PROCESSES }));
  const parts = await Promise.all(shares.map((share) => inOwnProcess({ ...options, file, share })));
  const [one] = parts;
  if (one === undefined) throw new Error(`${file}: nothing was tried`);
  return { ...one, results: parts.flatMap((p) => p.results) };
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      every: { type: 'string' },
      strict: { type: 'boolean' },
      task: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const { only, strict, every: nth = '1' } = values;
  const every = Number(nth);
  if (!Number.isInteger(every) || every < 1) {
    console.error(`--every ${nth}: expected a whole number from 1 on`);
    return 2;
  }
  const checker = loadChecker();
  if (values.task !== undefined) {
    const task = JSON.parse(values.task) as Task;
    process.send?.(mutatePolicy(task.file, checker, task));
    return 0;
  }
  const texts = checker.knowledge.policies.policies.filter((p) => p.input.status === 'in-force');
  const ids = texts.map((p) => p.id);
  const unknown = positionals.filter((id) => !ids.includes(id));
  for (const id of unknown) console.error(`there is no policy "${id}" in force; ${meant(id, ids)}`);
  if (unknown.length > 0) return 2;
  const wanted = texts.filter((p) => positionals.length === 0 || positionals.includes(p.id));
  for (const { file } of wanted) casesOf(file, checker);
  let code = 0;
  for (const { file, id } of wanted) {
    const { lines, good } = reportText(await tryPolicy(file, { only, strict, every }), acceptedOf(id));
    for (const line of lines) console.log(line);
    if (!good) code = 1;
  }
  return code;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof InvalidFileError || error instanceof FailingVignettes)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
