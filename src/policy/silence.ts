import type { CompiledPath } from './compiled-policy.ts';
import type { PathState } from './path-state.ts';
import { Truths } from './truths.ts';

/** What an indication comes to when the chart is silent on it. */
export interface SilentPath {
  /** for an order of its region */
  readonly ordered: PathState;
  /** for an order of another region */
  readonly elsewhere: PathState;
  /** the nodes that have to be silent for that */
  readonly nodes: readonly number[];
}

/**
 * What a policy comes to for a chart that is silent on all of its facts. A chart speaks of a few facts: only what rests on those
 * has to be evaluated for it. Days (age, episode, the text in force) are no part of a silence.
 */
export interface Silence {
  /** by node; none for a node that rests on more than facts */
  readonly truths: Truths;
  /** the same with every unknown read as no */
  readonly documented: Truths;
  /** the nodes that rest on a fact, directly or through others */
  readonly restingOn: ReadonlyMap<string, readonly number[]>;
  /** indications that rest on facts alone */
  readonly paths: ReadonlyMap<CompiledPath, SilentPath>;
}

/** Nothing is known beforehand. */
export const NO_SILENCE: Silence = {
  truths: new Truths(0),
  documented: new Truths(0),
  restingOn: new Map(),
  paths: new Map(),
};
