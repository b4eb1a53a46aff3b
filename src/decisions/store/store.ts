import type { AnswerRows } from '../../answer-store/answer-store.ts';
import type { SessionRows } from '../../smart/session-rows.ts';
import type { SharedState } from '../../trust/shared-state.ts';
import type { DecisionStore } from '../decision.ts';

/** What one store keeps: decisions, answers, and what several processes share. */
export type Store = DecisionStore & AnswerRows & SharedState & SessionRows;
