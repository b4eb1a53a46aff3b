import { resolve } from 'node:path';
import autocannon from 'autocannon';
import { orderSelect, prefetchKeys } from './bodies.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 4);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const CONNECTIONS = 8;
const SIZES = [
  { name: '5 KB', extra: 0 },
  { name: '100 KB', extra: 105 },
  { name: '500 KB', extra: 620 },
];
const SERVICE = 'spine-imaging-order-select';
const here = (file: string): string => resolve(import.meta.dirname, file);

interface Measured {
  readonly perSecond: number;
  readonly cpuMs: number;
  readonly p50: number;
  readonly p95: number;
}

async function load(server: ServerProcess, body: string, seconds: number): Promise<Measured> {
  const before = server.cpuMs();
  const result = await autocannon({
    url: `${server.url}/cds-services/${SERVICE}`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    connections: CONNECTIONS,
    duration: seconds,
  });
  const used = server.cpuMs() - before;
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} answers were no success, ${result.errors} failed`);
  return {
    perSecond: result.requests.average,
    cpuMs: used / result.requests.total,
    p50: result.latency.p50,
    p95: result.latency.p97_5,
  };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Our order-select beside a bare Express handler that parses the same body and returns an answer of the same size. */
async function sideBySide(): Promise<void> {
  const ours = await startServer(here('../src/start.ts'), [], { LOG_LEVEL: 'error', SANDBOX: 'false' }, 3611);
  const discovery = (await (await fetch(`${ours.url}/cds-services`)).json()) as {
    services: { id: string; prefetch: Record<string, string> }[];
  };
  const keys = prefetchKeys(discovery.services.find((s) => s.id === SERVICE)?.prefetch ?? {});
  console.log('order-select with full prefetch against a bare Express 5 handler (same body, same answer size)');
  console.log(
    'body      answer   ours req/s  bare req/s  ratio (min..max)      ours CPU ms  bare CPU ms  ours p50/p97.5 ms',
  );
  for (const { name, extra } of SIZES) {
    const body = orderSelect(keys, extra);
    const answer = await (
      await fetch(`${ours.url}/cds-services/${SERVICE}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
    ).text();
    const bare = await startServer(here('bare-server.ts'), ['3612', String(answer.length)], {}, 3612);
    await load(ours, body, 1);
    await load(bare, body, 1);
    const pairs: { ours: Measured; bare: Measured }[] = [];
    for (let i = 0; i < ROUNDS; i++)
      pairs.push({ ours: await load(ours, body, SECONDS), bare: await load(bare, body, SECONDS) });
    const ratios = pairs.map((p) => p.bare.cpuMs / p.ours.cpuMs);
    const of = (pick: (p: (typeof pairs)[number]) => number): number => median(pairs.map(pick));
    console.log(
      [
        `${name} (${(body.length / 1024).toFixed(0)})`.padEnd(13),
        `${(answer.length / 1024).toFixed(1)} KB`.padEnd(9),
        of((p) => p.ours.perSecond)
          .toFixed(0)
          .padStart(8),
        of((p) => p.bare.perSecond)
          .toFixed(0)
          .padStart(11),
        `${of((p) => p.ours.perSecond / p.bare.perSecond).toFixed(2)} by req/s, ${median(ratios).toFixed(2)} by CPU`.padStart(
          26,
        ),
        of((p) => p.ours.cpuMs)
          .toFixed(2)
          .padStart(10),
        of((p) => p.bare.cpuMs)
          .toFixed(2)
          .padStart(12),
        `${of((p) => p.ours.p50)}/${of((p) => p.ours.p95)}`.padStart(14),
      ].join('  '),
    );
    await bare.stop();
  }
  console.log(`memory after the load: ${ours.rssMb().toFixed(0)} MB`);
  await ours.stop();
}

await sideBySide();
