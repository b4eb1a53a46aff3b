import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { databaseGone, diskFull, fhirGone, killedUnderLoad, locked, type Report } from './scenarios.ts';

/** Runs every scenario and prints what was counted, as a table for docs/records.md. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, answers: { type: 'string' } } });
  const answers = Number(values.answers ?? 400);
  const extent = { calls: answers / 8, overflow: true };
  const scenarios: readonly (() => Promise<Report>)[] = [
    () => killedUnderLoad(Number(values.rounds), answers),
    () => fhirGone(answers / 4),
    () => diskFull('file size limit', extent),
    ...(spawnSync('unshare', ['-Urm', 'true']).status === 0 ? [() => diskFull('small tmpfs', extent)] : []),
    () => locked('at the start', extent),
    () => locked('under load', extent),
    () => databaseGone(extent),
  ];
  const columns: readonly (readonly [string, (r: Report) => string | number])[] = [
    ['what failed', (r) => r.what],
    ['answers 200', (r) => r.answered],
    ['other status', (r) => r.otherStatus],
    ['wrong cards', (r) => r.wrongCards],
    ['cards "not seen"', (r) => r.saidUnseen],
    ['records acknowledged', (r) => r.acknowledged],
    ['of them lost', (r) => r.acknowledgedLost],
    ['"pending"', (r) => r.pending],
    ['of them stored', (r) => r.pendingStored],
    ['"lost" / counted', (r) => `${r.saidLost} / ${r.countedLost}`],
    ['recovered', (r) => (r.recovered ? 'yes' : 'NO')],
  ];
  console.log(`| ${columns.map(([name]) => name).join(' | ')} |`);
  console.log(`|${columns.map((_, i) => (i === 0 ? '---|' : '--:|')).join('')}`);
  let bad = 0;
  for (const scenario of scenarios) {
    const report = await scenario();
    console.log(`| ${columns.map(([, cell]) => cell(report)).join(' | ')} |`);
    if (report.wrongCards + report.otherStatus + report.acknowledgedLost > 0) bad++;
    if (report.saidLost !== report.countedLost || !report.recovered) bad++;
  }
  return bad === 0 ? 0 : 1;
}

process.exit(await main());
