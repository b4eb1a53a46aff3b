import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { orderSelect, prefetchKeysOf } from '../bodies.ts';
import { cpuOfOne } from '../load.ts';
import { markdownTable, progress } from '../markdown.ts';
import { startService } from '../measured-process.ts';

const POLICIES = resolve(import.meta.dirname, '../../policies');
const NOT_PAYERS = new Set(['codes', 'facts']);
const TIMES = [1, 5, 20];
const EXTRA = 105;
const SECONDS = 3;

/** The policy files of the folder, relative to it. */
const policyFiles = (): readonly string[] =>
  readdirSync(POLICIES, { recursive: true, encoding: 'utf8' }).filter(
    (f) => f.endsWith('.yaml') && f.includes('/') && !NOT_PAYERS.has(f.split('/')[0] ?? ''),
  );

/** A folder in which every policy stands so many times, each copy under an id and with a payer of its own. */
function manyPolicies(times: number): { readonly folder: string; readonly policies: number } {
  const folder = mkdtempSync(join(tmpdir(), 'bench-policies-'));
  cpSync(POLICIES, folder, { recursive: true });
  const ids = new Set<string>();
  let payers = readFileSync(join(POLICIES, 'payers.yaml'), 'utf8');
  for (const file of policyFiles()) {
    const text = readFileSync(join(POLICIES, file), 'utf8');
    const id = /^policy: ([\w-]+)/m.exec(text)?.[1] ?? '';
    for (let copy = 2; copy <= times; copy++) {
      const to = join(folder, file.replace('/', `-${copy}/`));
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, text.replace(/^policy: .*$/m, `policy: ${id}-${copy}`));
      if (!ids.has(id))
        payers += `  - { id: "${id}-${copy}", name: Payer ${copy} of ${id}, policies: [{ policy: "${id}-${copy}" }] }\n`;
    }
    ids.add(id);
  }
  writeFileSync(join(folder, 'payers.yaml'), payers);
  return { folder, policies: ids.size * times };
}

interface Row {
  readonly policies: number;
  readonly readyMs: number;
  readonly rssMb: number;
  readonly cpuMs: number;
}

/** What further policies cost: the start, memory, and a call. */
export async function policiesPart(): Promise<string> {
  const rows: Row[] = [];
  for (const times of TIMES) {
    const { folder, policies } = manyPolicies(times);
    progress(`policies, ${policies}`);
    const server = await startService({ POLICIES: folder });
    const { rssMb } = await server.usage();
    const body = orderSelect(await prefetchKeysOf(server.url), EXTRA);
    await cpuOfOne(server, body, SECONDS);
    rows.push({ policies, readyMs: server.readyMs, rssMb, cpuMs: await cpuOfOne(server, body, SECONDS) });
    await server.stop();
    rmSync(folder, { recursive: true });
  }
  return [
    '### Growth with the number of policies',
    'The policies of the project, and copies of them under other ids with a payer each; a call of 100 KB.',
    markdownTable<Row>(
      [
        ['policies', (r) => String(r.policies)],
        ['ready after, ms', (r) => r.readyMs.toFixed(0)],
        ['memory then, MB', (r) => r.rssMb.toFixed(0)],
        ['CPU ms of a call', (r) => r.cpuMs.toFixed(2)],
      ],
      rows,
    ),
  ].join('\n\n');
}
