import { createHash } from 'node:crypto';
import { createReadStream, statSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { formatDay } from '../dates/day.ts';
import type { Decision } from '../decisions/decision.ts';
import { recordedOrder } from '../decisions/recorded-order.ts';
import { noneOf } from '../policy/words.ts';
import { reportCsv } from '../report/report-csv.ts';
import { reportPage } from '../report/report-page.ts';
import { type CountedOrder, OrderTally } from '../report/tally-orders.ts';
import { type Command, loadChecker, UsageError, withFile } from './command.ts';
import { allDecisions, instantOf, namedPolicy, settingsStore } from './decisions.ts';
import { readArgs } from './read-args.ts';

type Named = readonly { readonly criterion: string; readonly needs?: readonly string[] }[];

/** A recorded decision as a report counts it. */
function ofDecision(decision: Decision): CountedOrder {
  const result = JSON.parse(decision.result) as {
    readonly satisfied?: Named;
    readonly contradicted?: Named;
    readonly paths?: Named;
  };
  const names = (list: Named | undefined): readonly string[] => [...new Set((list ?? []).map((c) => c.criterion))];
  return {
    asOf: decision.asOf,
    ...(decision.policy !== null && { policy: decision.policy }),
    outcome: decision.outcome,
    ...(decision.reason !== null && { reason: decision.reason }),
    satisfied: decision.outcome === 'undetermined' ? [] : names(result.satisfied),
    contradicted: names(result.contradicted),
    nearest: names(result.paths),
    needs: result.paths?.[0]?.needs ?? [],
  };
}

/** So that orders can be told apart in little memory. */
const digest = (text: string): string => createHash('sha256').update(text).digest('base64').slice(0, 22);

async function fromFile(file: string, tally: OrderTally): Promise<void> {
  if (withFile(file, () => statSync(file)).isDirectory())
    throw new UsageError(`${file}: is a folder, and a file is expected`);
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() === '') continue;
    try {
      const row = JSON.parse(line) as Partial<CountedOrder>;
      if (row.outcome === undefined) throw new TypeError('no outcome');
      tally.add(row as CountedOrder);
    } catch {
      throw new UsageError(`${file}:${number}: expected the output of "batch" (NDJSON)`);
    }
  }
}

/** Writes a file that its owner alone can read. @throws UsageError when it cannot be written */
const write = (file: string, text: string): void => withFile(file, () => writeFileSync(file, text, { mode: 0o600 }));

export const report: Command = {
  usage: 'report [BATCH.ndjson...] [--since DATE] [--policy ID] --html FILE [--csv FILE]',
  help: `Counts assessed orders: outcomes by policy and month; how often each criterion decided, was contradicted or was not
documented; and the facts whose documentation would turn most undetermined orders to met. The orders are those of batch output,
or without a file those of the decision records of the settings (plain base, texts in force): of each order the last record.

  --html FILE     one self-contained page
  --csv FILE      the figures
  --since DATE    records since this date (UTC); default: all
  --policy ID     records of one policy`,
  examples: [
    ['report orders.ndjson --html report.html --csv report.csv', 'of batch output'],
    ['report --since 2026-05-01 --html report.html', 'of the decision records'],
  ],
  async run(args, out) {
    const { values, positionals } = readArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        html: { type: 'string' },
        csv: { type: 'string' },
        since: { type: 'string' },
        policy: { type: 'string' },
      },
    });
    if (values.html === undefined && values.csv === undefined) throw new UsageError('report: expected --html or --csv');
    if (positionals.length > 0 && (values.since !== undefined || values.policy !== undefined))
      throw new UsageError('--since, --policy: are about decision records, not about batch output');
    const counted = new OrderTally();
    for (const file of positionals) await fromFile(file, counted);
    if (positionals.length === 0) {
      const since = values.since === undefined ? {} : { since: instantOf('since', values.since) };
      const named = namedPolicy(values.policy);
      const query = { base: 'cds', mode: 'live', ...since, ...(named !== undefined && { policy: named }) } as const;
      const store = await settingsStore();
      const last = new Map<string, string>();
      for await (const d of allDecisions(store, query)) last.set(digest(recordedOrder(d)), d.id);
      const lasts = new Set(last.values());
      for await (const d of allDecisions(store, query)) if (lasts.has(d.id)) counted.add(ofDecision(d));
      await store.close();
    }
    const tally = counted.result();
    const { vocabulary } = loadChecker().knowledge;
    const labelOf = (fact: string): string => {
      const [, negative, name = fact] = /^(not:)?([^.]+)/.exec(fact) ?? [];
      const label = vocabulary.describe(name)?.label ?? name;
      return negative === undefined ? label : noneOf(label);
    };
    const source =
      positionals.length > 0
        ? `batch output (${positionals.length} ${positionals.length === 1 ? 'file' : 'files'})`
        : 'decision records';
    const made = formatDay(Math.floor(Date.now() / 86_400_000));
    if (values.html !== undefined) write(values.html, reportPage(tally, { source, made, labelOf }));
    if (values.csv !== undefined) write(values.csv, reportCsv(tally));
    out(`${tally.orders} orders counted`);
    return 0;
  },
};
