import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ExportSize, makeExport } from '../make-export.ts';
import { markdownTable, progress } from '../markdown.ts';
import { runMeasured } from '../measured-process.ts';

const SIZES: readonly ExportSize[] = [
  { charts: 1000, extra: 40, orderEvery: 1 },
  { charts: 1000, extra: 40, orderEvery: 10 },
  { charts: 20_000, extra: 40, orderEvery: 10 },
  { charts: 20_000, extra: 140, orderEvery: 10 },
  { charts: 7000, extra: 420, orderEvery: 10 },
];
const here = (file: string): string => resolve(import.meta.dirname, '..', file);

interface Row {
  readonly size: ExportSize;
  readonly what: string;
  readonly megabytes: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly mostRssMb: number;
  readonly ratio: number | undefined;
}

/** `batch` over a bulk export, beside a reading of the same files that only parses each line. */
export async function batchPart(): Promise<string> {
  // one worker tells what a core does; with as many as the machine has threads, two may share one core
  const counts = [...new Set([1, availableParallelism()])];
  const rows: Row[] = [];
  for (const size of SIZES) {
    progress(`batch, ${size.charts} charts, an order in every ${size.orderEvery}.`);
    const folder = mkdtempSync(join(tmpdir(), 'bench-export-'));
    const megabytes = makeExport(join(folder, 'export'), size) / 1e6;
    const bare = await runMeasured([here('bare-read.ts'), join(folder, 'export')]);
    rows.push({ size, what: 'read and parse', megabytes, ...bare, ratio: undefined });
    for (const count of counts) {
      const options = ['--out', join(folder, 'rows.ndjson'), '--workers', String(count)];
      const ours = await runMeasured([here('../src/cli/main.ts'), 'batch', join(folder, 'export'), ...options]);
      const what = `batch, ${count} ${count === 1 ? 'worker' : 'workers'}`;
      rows.push({ size, what, megabytes, ...ours, ratio: ours.cpuMs / bare.cpuMs });
    }
    rmSync(folder, { recursive: true });
  }
  return [
    '### Batch',
    `The vignettes over and over as a bulk export, with everyday resources; beside it a program that only reads and parses each line, on one core.
Ratio: CPU time against it.`,
    markdownTable<Row>(
      [
        [
          'charts',
          ({ size, what }) =>
            `${size.charts}, an order in ${size.orderEvery === 1 ? 'each' : `1 of ${size.orderEvery}`}: ${what}`,
        ],
        ['KB a chart', (r) => ((r.megabytes * 1000) / r.size.charts).toFixed(0)],
        ['MB', (r) => r.megabytes.toFixed(0)],
        ['seconds', (r) => (r.wallMs / 1000).toFixed(1)],
        ['CPU seconds', (r) => (r.cpuMs / 1000).toFixed(1)],
        ['MB per CPU second', (r) => ((r.megabytes / r.cpuMs) * 1000).toFixed(0)],
        ['ratio', (r) => r.ratio?.toFixed(1) ?? ''],
        ['memory at most, MB', (r) => r.mostRssMb.toFixed(0)],
      ],
      rows,
    ),
  ].join('\n\n');
}
