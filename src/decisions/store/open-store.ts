import { postgresPlace, sqlitePlace } from './dialects.ts';
import { KyselyStore } from './kysely-store.ts';
import type { Store } from './store.ts';

/**
 * Opens the store that a setting names.
 * @param where "postgres://…" or the path of an SQLite file
 * @param passing what is written may be lost when the machine dies, and is faster for it
 * @throws when it cannot be opened or its tables cannot be brought up to date
 */
export const openStore = async (where: string, passing = false): Promise<Store> =>
  KyselyStore.open(/^postgres(ql)?:\/\//.test(where) ? await postgresPlace(where) : sqlitePlace(where, passing));
