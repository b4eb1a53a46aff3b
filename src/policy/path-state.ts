import type { Closing } from './closing.ts';
import type { CompiledPath, Expr } from './compiled-policy.ts';
import type { Truth } from './truth.ts';

/** Is a path about this patient? `maybe`: its entry depends on a section that was not retrieved whole. */
export type InPlay = 'yes' | 'no' | 'maybe';

/** One indication as it stands for one patient and order. */
export interface PathState {
  readonly path: CompiledPath;
  readonly entry: Expr | undefined;
  /** entry and criteria */
  readonly whole: Expr;
  readonly screen: boolean;
  readonly inPlay: InPlay;
  /** what the passage is about is on file; a screen is in play without it */
  readonly onFile: boolean;
  /** in play only because a reason of the order, stated in words alone, may be what the passage is about */
  readonly byUnreadReason: boolean;
  readonly truth: Truth;
  /** a documented negative that closes the path, or may do so */
  readonly closing: Closing | undefined;
}

/** Is a path closed for certain by a documented negative? */
export const isRuledOut = ({ closing }: PathState): boolean => closing?.for === 'certain';

/** Is an indication true? One that is not in play never is, and need not be evaluated to know it. */
export const isTrue = (state: PathState): boolean => state.inPlay !== 'no' && state.truth === 'true';
