import type { DecisionStore } from '../decision.ts';
import { postgresPlace, sqlitePlace } from './dialects.ts';
import { KyselyStore } from './kysely-store.ts';

/**
 * Opens the store that a setting names.
 * @param where "postgres://…" or the path of an SQLite file
 * @throws when it cannot be opened or its tables cannot be brought up to date
 */
export const openStore = async (where: string): Promise<DecisionStore> =>
  KyselyStore.open(/^postgres(ql)?:\/\//.test(where) ? await postgresPlace(where) : sqlitePlace(where));
