import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { orderSelect, prefetchKeysOf } from '../bodies.ts';
import { asFastAsPossible, ask, atFixedRate, median, percentile } from '../load.ts';
import { markdownTable, progress } from '../markdown.ts';
import { type ServerProcess, startBare, startService } from '../measured-process.ts';
import { type SigningEhr, signingEhr } from '../signed-calls.ts';

const ROUNDS = 3;
/** until the code that calls use is compiled for good */
const WARM_SECONDS = 6;
const FAST_SECONDS = 3;
const STEADY_SECONDS = 4;
/** size of the body, everyday resources beside the story, requests a second of the fixed rate */
const SIZES = [
  { name: '5 KB', extra: 0, rate: 100 },
  { name: '100 KB', extra: 105, rate: 50 },
  { name: '500 KB', extra: 620, rate: 20 },
];

interface Variant {
  readonly name: string;
  readonly server: ServerProcess;
  readonly ehr?: SigningEhr;
}

const fixed = (n: number, digits = 2): string => n.toFixed(digits);

interface Fast {
  readonly size: string;
  readonly bytes: number;
  readonly answer: number;
  readonly pairs: readonly { readonly ours: Measured; readonly bare: Measured }[];
}
type Measured = Awaited<ReturnType<typeof asFastAsPossible>>;

interface SteadyRow {
  readonly size: string;
  readonly rate: number;
  readonly what: string;
  readonly cpuMs: number;
  readonly latencies: readonly number[];
}

async function steadyRows(
  size: (typeof SIZES)[number],
  body: string,
  variants: readonly Variant[],
): Promise<readonly SteadyRow[]> {
  const rows: SteadyRow[] = [];
  const count = size.rate * STEADY_SECONDS;
  for (const { name, server, ehr } of variants) {
    const headers = async (n: number) => (ehr === undefined ? Array.from({ length: n }, () => ({})) : ehr.headers(n));
    await atFixedRate(server, body, size.rate, await headers(size.rate));
    const { cpuMs, latencies } = await atFixedRate(server, body, size.rate, await headers(count));
    rows.push({ size: size.name, rate: size.rate, what: name, cpuMs, latencies });
  }
  return rows;
}

function fastTable(rows: readonly Fast[]): string {
  const of = (row: Fast, pick: (pair: Fast['pairs'][number]) => number): number => median(row.pairs.map(pick));
  const ratios = (row: Fast): string => {
    const all = row.pairs.map((p) => p.ours.perSecond / p.bare.perSecond);
    return `${fixed(median(all))} (${fixed(Math.min(...all))} to ${fixed(Math.max(...all))})`;
  };
  return markdownTable<Fast>(
    [
      ['body', (r) => `${r.size} (${fixed(r.bytes / 1024, 0)})`],
      ['answer', (r) => `${fixed(r.answer / 1024, 1)} KB`],
      [
        'ours, requests/s',
        (r) =>
          fixed(
            of(r, (p) => p.ours.perSecond),
            0,
          ),
      ],
      [
        'bare, requests/s',
        (r) =>
          fixed(
            of(r, (p) => p.bare.perSecond),
            0,
          ),
      ],
      ['ratio', ratios],
      ['ours, CPU ms', (r) => fixed(of(r, (p) => p.ours.cpuMs))],
      ['bare, CPU ms', (r) => fixed(of(r, (p) => p.bare.cpuMs))],
      ['ratio by CPU', (r) => fixed(of(r, (p) => p.bare.cpuMs / p.ours.cpuMs))],
    ],
    rows,
  );
}

const steadyTable = (rows: readonly SteadyRow[]): string =>
  markdownTable<SteadyRow>(
    [
      ['body, rate', (r) => `${r.size}, ${r.rate}/s, ${r.what}`],
      ['CPU ms', (r) => fixed(r.cpuMs)],
      ['p50 ms', (r) => fixed(percentile(r.latencies, 50), 1)],
      ['p95 ms', (r) => fixed(percentile(r.latencies, 95), 1)],
      ['p99 ms', (r) => fixed(percentile(r.latencies, 99), 1)],
    ],
    rows,
  );

/** order-select with full prefetch beside a bare Express handler that parses the same body and gives an answer of the same size. */
export async function orderSelectPart(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-store-'));
  const ehr = await signingEhr({ 'default-payer': { payer: 'kaiser-wa', 'line-of-business': 'commercial' } });
  const recording = (file: string) => ({ DECISIONS: join(folder, file) });
  const [plain, recorded, signed, both] = await Promise.all([
    startService(),
    startService(recording('recorded.sqlite')),
    startService(ehr.settings),
    startService({ ...ehr.settings, ...recording('both.sqlite') }),
  ]);
  const fast: Fast[] = [];
  const steady: SteadyRow[] = [];
  const keys = await prefetchKeysOf(plain.url);
  for (const size of SIZES) {
    progress(`order-select, ${size.name}`);
    const body = orderSelect(keys, size.extra);
    const answer = (await ask(plain, body)).length;
    const bare = await startBare(answer);
    for (const server of [plain, bare]) await asFastAsPossible(server, body, WARM_SECONDS);
    const pairs: Fast['pairs'][number][] = [];
    for (let i = 0; i < ROUNDS; i++)
      pairs.push({
        ours: await asFastAsPossible(plain, body, FAST_SECONDS),
        bare: await asFastAsPossible(bare, body, FAST_SECONDS),
      });
    fast.push({ size: size.name, bytes: body.length, answer, pairs });
    const variants: readonly Variant[] = [
      { name: 'bare Express', server: bare },
      { name: 'ours', server: plain },
      { name: 'ours, recorded', server: recorded },
      { name: 'ours, signed', server: signed, ehr },
      { name: 'ours, signed and recorded', server: both, ehr },
    ];
    steady.push(...(await steadyRows(size, body, variants)));
    await bare.stop();
  }
  const { rssMb } = await plain.usage();
  await Promise.all([plain, recorded, signed, both].map((s) => s.stop()));
  ehr.forget();
  rmSync(folder, { recursive: true, force: true });
  return [
    '### order-select with full prefetch',
    `As fast as possible, eight connections, neither signed nor recorded; beside it a bare Express handler that parses the same body and
returns an answer of the same size. Median of ${ROUNDS} rounds side by side.`,
    fastTable(fast),
    'At a fixed rate; times count from the moment at which a request was due. Signed: ES384, verified, used once. Recorded: SQLite.',
    steadyTable(steady),
    `Memory after this load (neither signed nor recorded): ${fixed(rssMb, 0)} MB.`,
  ].join('\n\n');
}
