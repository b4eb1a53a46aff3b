import { existsSync } from 'node:fs';
import type { Decision, DecisionQuery, DecisionStore } from '../decisions/decision.ts';
import { openStore } from '../decisions/store/open-store.ts';
import { readConfig } from '../server/config.ts';
import { meant } from '../yaml/nearest-names.ts';
import { type Command, loadChecker, UsageError } from './command.ts';
import { readArgs } from './read-args.ts';

const PAGE = 500;

/** Opens the store of the settings. @throws UsageError when recording is off, or the store is not there or cannot be opened */
export async function settingsStore(): Promise<DecisionStore> {
  const config = readConfig(process.env);
  const where = config.DATABASE_URL ?? config.DECISIONS;
  if (where === 'off') throw new UsageError('decisions are not recorded (DECISIONS=off)');
  // Opened, a file that is not there would be an empty store, and a check of it would pass.
  if (config.DATABASE_URL === undefined && !existsSync(where))
    throw new UsageError(`${where}: there is no such store of decisions: see DECISIONS and DATABASE_URL`);
  try {
    return await openStore(where);
  } catch {
    throw new UsageError('the store of decisions cannot be opened: see DECISIONS and DATABASE_URL');
  }
}

/** All decisions of a query, a page at a time. */
export async function* allDecisions(
  store: DecisionStore,
  query: Omit<DecisionQuery, 'limit' | 'after'>,
): AsyncGenerator<Decision> {
  let after: DecisionQuery['after'];
  for (;;) {
    const page = await store.find({ ...query, limit: PAGE, ...(after !== undefined && { after }) });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = { at: last.at, id: last.id };
  }
}

/** A date or instant of an option as ISO 8601. @throws UsageError */
export function instantOf(option: string, value: string): string {
  const at = /^\d{4}-\d{2}-\d{2}/.test(value) ? new Date(value) : undefined;
  if (at === undefined || Number.isNaN(at.getTime()))
    throw new UsageError(`--${option}: expected a date such as 2026-05-01`);
  return at.toISOString();
}

/** The policy of an option. @throws UsageError when there is no text of it */
export function namedPolicy(id: string | undefined): string | undefined {
  const ids = loadChecker().knowledge.policies.ids();
  if (id === undefined || ids.includes(id)) return id;
  throw new UsageError(`--policy: there is no text of "${id}"; ${meant(id, ids)}`);
}

export const purgeDecisions: Command = {
  usage: 'decisions purge (--before DATE | --patient ID [--ehr ID])',
  help: `Removes decision records with their feedback from the store of the settings (DECISIONS or DATABASE_URL).

  --before DATE   everything recorded before this date (UTC)
  --patient ID    everything recorded of one patient (the EHR's id)
  --ehr ID        of this EHR alone: two EHRs may have the same id for different patients`,
  examples: [
    ['decisions purge --before 2024-01-01', 'by age'],
    ['decisions purge --patient 123 --ehr my-ehr', 'all about one patient'],
  ],
  async run(args, out) {
    const { values } = readArgs({
      args: [...args],
      options: { before: { type: 'string' }, patient: { type: 'string' }, ehr: { type: 'string' } },
    });
    const { before, patient, ehr } = values;
    if ((before === undefined) === (patient === undefined))
      throw new UsageError('decisions purge: expected --before or --patient');
    if (ehr !== undefined && patient === undefined) throw new UsageError('--ehr: goes with --patient');
    const store = await settingsStore();
    const removed = await store.purge(
      patient !== undefined
        ? { patient, ...(ehr !== undefined && { ehr }) }
        : { before: instantOf('before', before ?? '') },
    );
    await store.close();
    out(`${removed} decisions removed`);
    return 0;
  },
};
