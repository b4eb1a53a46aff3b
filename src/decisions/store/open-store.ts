import type { AnswerRows } from '../../answer-store/answer-store.ts';
import type { SessionRows } from '../../smart/session-rows.ts';
import type { SharedState } from '../../trust/shared-state.ts';
import type { DecisionStore } from '../decision.ts';
import { postgresPlace, sqlitePlace } from './dialects.ts';
import { KyselyStore } from './kysely-store.ts';

/** What one store keeps: decisions, answers, and what several processes share. */
export type Store = DecisionStore & AnswerRows & SharedState & SessionRows;

/**
 * Opens the store that a setting names.
 * @param where "postgres://…" or the path of an SQLite file
 * @param passing what is written may be lost when the machine dies, and is faster for it
 * @throws when it cannot be opened or its tables cannot be brought up to date
 */
export const openStore = async (where: string, passing = false): Promise<Store> =>
  KyselyStore.open(/^postgres(ql)?:\/\//.test(where) ? await postgresPlace(where) : sqlitePlace(where, passing));
