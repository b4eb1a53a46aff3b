import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { loadChecker, mutatePolicy } from './mutate-policy.ts';
import { reportText } from './report.ts';

const HELP = `usage: npm run mutate -- [POLICY...] [--only TEXT] [--strict]

Changes each policy in every place, one change at a time, and tells which changes no golden vignette notices: operators,
left-out operands, windows, comparisons, certainties, entries, studies, dates, regions.

  POLICY       ids of policies; default: all
  --only TEXT  only mutants whose name contains this text
  --strict     also let a suspicion do wherever a fact has to be known

The exit code is 1 when less than 95 % of the mutants of a policy are noticed, or a survivor has no reason in
test/mutation/accepted/<policy>.yaml. Mutants that stand there as equivalent do not count.`;
const AT_ONCE = 2;

/** Tries one policy in a process of its own. @returns its exit code */
function inOwnProcess(file: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, [...args, '--file', file], { silent: true });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
    child.on('error', reject);
    child.on('close', (code) => {
      console.log(text.trimEnd());
      resolve(code ?? 1);
    });
  });
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      strict: { type: 'boolean' },
      file: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const checker = loadChecker();
  if (values.file !== undefined) {
    const { lines, good } = reportText(mutatePolicy(values.file, checker, values));
    for (const line of lines) console.log(line);
    return good ? 0 : 1;
  }
  const texts = checker.knowledge.policies.policies.filter((p) => p.input.status === 'in-force');
  const queue = texts.filter((p) => positionals.length === 0 || positionals.includes(p.id)).map((p) => p.file);
  const args = [
    ...(values.only === undefined ? [] : ['--only', values.only]),
    ...(values.strict === true ? ['--strict'] : []),
  ];
  const codes: number[] = [];
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) codes.push(await inOwnProcess(file, args));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return Math.max(0, ...codes);
}

process.exitCode = await main();
