import { setTimeout } from 'node:timers/promises';
import { orderSelect, prefetchKeysOf } from '../bodies.ts';
import { asFastAsPossible, median } from '../load.ts';
import { markdownTable, progress } from '../markdown.ts';
import { startService } from '../measured-process.ts';

const STARTS = 5;
const EXTRA = 105;
const LOAD_SECONDS = 10;
const REST_SECONDS = 15;

interface Row {
  readonly what: string;
  readonly ready: readonly number[];
  readonly atStartMb: number;
  readonly afterMb: number;
  readonly settledMb: number;
}

async function measure(what: string, settings: Readonly<Record<string, string>>): Promise<Row> {
  progress(`start, ${what}`);
  // the first start fills the cache of compiled code
  await (await startService(settings)).stop();
  const ready: number[] = [];
  for (let i = 1; i < STARTS; i++) {
    const server = await startService(settings);
    ready.push(server.readyMs);
    await server.stop();
  }
  const server = await startService(settings);
  ready.push(server.readyMs);
  const { rssMb } = await server.usage();
  const body = orderSelect(await prefetchKeysOf(server.url), EXTRA);
  await asFastAsPossible(server, body, LOAD_SECONDS);
  const { rssMb: afterMb } = await server.usage();
  await setTimeout(REST_SECONDS * 1000);
  const { rssMb: settledMb } = await server.usage();
  await server.stop();
  return { what, ready, atStartMb: rssMb, afterMb, settledMb };
}

/** From the start of the process to its first answer, and its memory. */
export async function startPart(): Promise<string> {
  const rows = [
    await measure('without sandbox', { SANDBOX: 'false' }),
    await measure('with sandbox', { SANDBOX: 'true' }),
  ];
  return [
    '### Start and memory',
    `From the start of the process to its first answer, ${STARTS} starts; memory then, after ${LOAD_SECONDS} s of calls of 100 KB as fast as possible, and ${REST_SECONDS} s later.`,
    markdownTable<Row>(
      [
        ['', (r) => r.what],
        ['ready after, ms (median)', (r) => median(r.ready).toFixed(0)],
        ['at most, ms', (r) => Math.max(...r.ready).toFixed(0)],
        ['memory, MB', (r) => r.atStartMb.toFixed(0)],
        ['after load, MB', (r) => r.afterMb.toFixed(0)],
        [`${REST_SECONDS} s later, MB`, (r) => r.settledMb.toFixed(0)],
      ],
      rows,
    ),
  ].join('\n\n');
}
