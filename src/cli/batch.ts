import { closeSync, openSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { CSV_HEADING, csvRow } from '../batch/batch-row.ts';
import { type BatchProgress, type BatchSummary, exportFiles, runBatch } from '../batch/run-batch.ts';
import type { UngovernedReason } from '../criteria-check/ungoverned.ts';
import { readConfig } from '../server/config.ts';
import { ORDER_OPTIONS, orderWish } from './assess.ts';
import { type Command, loadChecker, UsageError, withFile } from './command.ts';
import { readArgs } from './read-args.ts';

const MOST_SHOWN = 20;
const EVERY_MS = 1000;

/** A file that is written as rows come; standard output without a name. @throws UsageError when it cannot be written */
function sink(file: string | undefined): { readonly write: (text: string) => void; readonly close: () => void } {
  if (file === undefined) return { write: (text) => void process.stdout.write(text), close: () => {} };
  const handle = withFile(file, () => openSync(file, 'w', 0o600));
  return { write: (text) => void writeSync(handle, text), close: () => closeSync(handle) };
}

const WHY_UNGOVERNED: Readonly<Record<UngovernedReason, string>> = {
  'no-coverage': 'no coverage on file, and no --payer',
  'unknown-payer': 'a payer that is not in payers.yaml',
  'no-policy': 'no text of the payer governs the study',
};

const ungovernedLine = (ungoverned: BatchSummary['ungoverned']): string => {
  const reasons = [...ungoverned].sort(([a], [b]) => a.localeCompare(b));
  const sum = reasons.reduce((all, [, orders]) => all + orders, 0);
  return `${sum} orders not checked: ${reasons.map(([reason, orders]) => `${WHY_UNGOVERNED[reason]} (${orders})`).join('; ')}`;
};

function progressLine({ phase, done, rate, secondsLeft }: BatchProgress): string {
  const unit = phase === 'checking' ? 'parts/s' : 'MB/s';
  return `${phase} ${(done * 100).toFixed(0)} %, ${rate.toFixed(1)} ${unit}, ${Math.ceil(secondsLeft)} s left`;
}

function workersOf(given: string | undefined): number {
  const workers = given === undefined ? availableParallelism() : Number(given);
  if (!Number.isInteger(workers) || workers < 1 || workers > 256)
    throw new UsageError('--workers: expected a number from 1 to 256');
  return workers;
}

export const batch: Command = {
  usage:
    'batch DIR [--study CODE] [--payer PAYER] [--line LINE] [--every-patient] [--date DATE] [--reason ICD10]... [--out FILE] [--csv FILE] [--workers N]',
  help: `Checks the spine imaging orders (ServiceRequest) of a FHIR bulk export: a folder of NDJSON files, plain or gzipped, in any
order. One row for each order goes to --out (NDJSON; default: standard output) and --csv. A line that cannot be used is reported
with file and line and stops nothing. The lines of patients with orders are sorted in a temporary folder (TMPDIR), which is removed
at the end.

  --study CODE       orders of this study alone
  --payer PAYER      id or name of the payer; default: the Coverages of the export
  --line LINE        line of business with --payer: commercial (default), medicare, medicaid
  --every-patient    suppose an order of --study for each patient on --date, instead of the orders of the export
  --date DATE        date of supposed orders, and of orders that carry none; default: today
  --reason ICD10     an ICD-10-CM code of supposed orders; may be given again
  --out FILE         rows as NDJSON
  --csv FILE         rows as CSV
  --workers N        threads; default: all cores`,
  examples: [
    ['batch export --out orders.ndjson --csv orders.csv', 'the orders of an export, each under its payer'],
    [
      'batch export --study 72148 --payer cigna --every-patient --date 2025-06-01 --out cigna.ndjson',
      'what a payer would say of every patient',
    ],
  ],
  async run(args, out) {
    const { values, positionals } = readArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...ORDER_OPTIONS,
        'every-patient': { type: 'boolean', default: false },
        out: { type: 'string' },
        csv: { type: 'string' },
        workers: { type: 'string' },
      },
    });
    const [folder] = positionals;
    if (folder === undefined || positionals.length > 1) throw new UsageError('batch: expected one folder');
    if (values.line !== undefined && values.payer === undefined) throw new UsageError('--line: goes with --payer');
    if (values.reason !== undefined && !values['every-patient'])
      throw new UsageError('--reason: goes with --every-patient; the orders of the export have their own');
    if (values['every-patient'] && values.study === undefined) throw new UsageError('--every-patient needs --study');
    const files = withFile(folder, () => exportFiles(folder));
    if (files.length === 0)
      throw new UsageError(`${folder}: there is no *.ndjson or *.jsonl file (or .gz of one) in it or below it`);
    const wish = { ...orderWish(values, loadChecker()), everyPatient: values['every-patient'] };
    const config = readConfig(process.env);
    const rows = sink(values.out);
    const csv = values.csv === undefined ? undefined : sink(values.csv);
    csv?.write(`${CSV_HEADING}\n`);
    let shown = 0;
    let told = 0;
    const summary = await runBatch({
      files,
      wish,
      workers: workersOf(values.workers),
      policies: config.POLICIES,
      canonicalBase: config.CANONICAL_BASE,
      onRows: (found) => {
        rows.write(found.map((r) => `${JSON.stringify(r)}\n`).join(''));
        csv?.write(found.map((r) => `${csvRow(r)}\n`).join(''));
      },
      onBad: ({ file, line, what }) => {
        if (shown++ < MOST_SHOWN) console.error(`${file}:${line}: ${what}`);
      },
      onProgress: (progress) => {
        if (performance.now() - told < EVERY_MS) return;
        told = performance.now();
        console.error(progressLine(progress));
      },
    });
    rows.close();
    csv?.close();
    const { lines, charts, bad } = summary;
    const more = bad > MOST_SHOWN ? ` (${bad - MOST_SHOWN} of them not listed)` : '';
    const tell = values.out === undefined ? console.error : out;
    tell(`${summary.rows} orders of ${charts} charts checked, ${lines} lines read, ${bad} could not be used${more}`);
    if (summary.ungoverned.size > 0) tell(ungovernedLine(summary.ungoverned));
    if (summary.unsure > 0)
      tell(
        `${summary.unsure} orders would come out otherwise if a broken line that names nobody were of their patient (mayLack)`,
      );
    return 0;
  },
};
