import type { Evidence } from './fact-source.ts';
import type { Truth } from './truth.ts';

/** A documented negative that may close a passage, as it conflicts with what speaks for it or was not seen whole. */
export interface Doubt {
  readonly for: 'perhaps';
  readonly gap: 'conflict' | 'incomplete';
  readonly evidence: readonly Evidence[];
}

/** A documented negative against a passage: for certain, or perhaps. */
export type Closing = Doubt | { readonly for: 'certain'; readonly evidence: readonly Evidence[] };

/** What becomes of the truth of a passage that a documented negative closes. */
export const closed = (truth: Truth, closing: Closing | undefined): Truth =>
  closing === undefined || truth === 'false' ? truth : closing.for === 'certain' ? 'false' : 'unknown';
