import type { CompiledPath } from './compile.ts';
import type { PathState } from './path-state.ts';
import type { Truth } from './truth.ts';

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
  /** by node; undefined = it rests on more than facts */
  readonly truths: readonly (Truth | undefined)[];
  /** the same with every unknown read as no */
  readonly documented: readonly (Truth | undefined)[];
  /** the nodes that rest on a fact, directly or through others */
  readonly restingOn: ReadonlyMap<string, readonly number[]>;
  /** indications that rest on facts alone */
  readonly paths: ReadonlyMap<CompiledPath, SilentPath>;
}

/** Nothing is known beforehand. */
export const NO_SILENCE: Silence = { truths: [], documented: [], restingOn: new Map(), paths: new Map() };
