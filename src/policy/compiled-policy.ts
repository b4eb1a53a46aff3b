import type { Day, Duration } from '../dates/day.ts';
import type { FactQuery, Region } from './fact-source.ts';
import type { PolicyInput } from './schema.ts';
import type { StudyRegion } from './studies.ts';

export interface Comparison {
  readonly op: '>' | '>=' | '<' | '<=';
  readonly than: Duration;
}

/** A leaf that the evaluator asks of the fact source; equal leaves of a policy share one atom. */
export type Atom =
  | { readonly kind: 'fact'; readonly query: FactQuery }
  | { readonly kind: 'absent'; readonly query: FactQuery }
  | { readonly kind: 'age'; readonly comparison: Comparison }
  | { readonly kind: 'episode'; readonly comparison: Comparison; readonly region: Region | 'any' }
  | {
      readonly kind: 'schedule';
      readonly last: FactQuery;
      readonly countedFrom: FactQuery;
      /** what came before it, for a chart without its date */
      readonly after?: FactQuery;
      /** its first evidence or its last one */
      readonly from: 'earliest' | 'latest';
      readonly bands: readonly ScheduleBand[];
    };

/** What a leaf asks of the chart. */
export function queriesOf(atom: Atom): readonly FactQuery[] {
  if (atom.kind === 'fact' || atom.kind === 'absent') return [atom.query];
  if (atom.kind !== 'schedule') return [];
  return [atom.last, atom.countedFrom, ...(atom.after === undefined ? [] : [atom.after])];
}

export interface ScheduleBand {
  readonly until?: Duration;
  readonly every: Duration;
}

/** What a reviewer reads beside a node. */
export interface Meta {
  readonly id?: string | undefined;
  readonly label?: string | undefined;
  readonly cite?: string | undefined;
  readonly note?: string | undefined;
  /** in force on service dates from this day */
  readonly from?: Day | undefined;
  /** no longer in force from this day */
  readonly until?: Day | undefined;
  /** file:line:column */
  readonly where: string;
}

export type Operation =
  | { readonly op: 'all' | 'any'; readonly children: readonly Expr[] }
  | { readonly op: 'at-least'; readonly n: number; readonly children: readonly Expr[] }
  | { readonly op: 'not'; readonly child: Expr }
  | { readonly op: 'atom'; readonly atom: number }
  | { readonly op: 'review'; readonly what: string }
  | { readonly op: 'any-indication'; readonly except: readonly string[]; readonly region: Region | 'any' }
  /** the criteria of a passage that a documented negative closes */
  | { readonly op: 'closable'; readonly child: Expr; readonly closedBy: readonly Expr[] };
/** A node as it is written, before it has its number. */
export type Node = Meta & Operation;

/** A node of a compiled policy. Equal nodes are one object, whichever passages use them, and have one number. */
export type Expr = Node & {
  readonly index: number;
  /** what it is made of; what closes a passage is no operand of it */
  readonly operands: readonly Expr[];
  /** an operand is in force for some dates only */
  readonly dated: boolean;
};
/** What a section demands of all its indications. */
export interface Requirement {
  readonly criteria: Expr;
  /** the section that demands it */
  readonly section: { readonly id: string; readonly label: string; readonly cite: string };
}

export interface StudyRef {
  readonly code: string;
  readonly when?: Expr;
}

/** One indication, for one region. */
export interface CompiledPath {
  readonly id: string;
  readonly label: string;
  /** the labels of the passages that it stands in, the outermost first, then its own */
  readonly within: readonly string[];
  readonly cite: string;
  readonly note: string | undefined;
  readonly region: Region | 'any';
  /** valid only for orders of the path's region (the passage says "the region ordered") */
  readonly onlyOrdered: boolean;
  /** empty = the studies of the indications that an any-indication leaf finds */
  readonly studies: readonly StudyRef[];
  /** where these studies look: of an indication without a region they say of which ones it speaks */
  readonly studyRegions: readonly StudyRegion[];
  readonly screen: boolean;
  /** counts only for orders of its own studies */
  readonly ownStudiesOnly: boolean;
  /** rests on a red flag: no way to propose unless the chart speaks of one */
  readonly redFlag: boolean;
  readonly entry: Expr | undefined;
  /** has to be on file too for the path to be in play, but is no criterion */
  readonly about: Expr | undefined;
  /** the label of the passage that says what it is about */
  readonly topic: string | undefined;
  /** the entry for orders of another region: evidence has to name the region */
  readonly strictEntry: Expr | undefined;
  readonly requires: readonly Requirement[];
  /** its own criteria alone */
  readonly own: Expr | undefined;
  /** what its sections require, and its own criteria */
  readonly criteria: Expr;
  /** entry and criteria */
  readonly whole: Expr;
  /** strict entry and criteria */
  readonly strictWhole: Expr;
  /** file:line:column of its own criteria, the same for every passage that uses them */
  readonly core: string;
  readonly closedBy: readonly Expr[];
  readonly inForce: readonly { readonly from?: Day; readonly until?: Day }[];
}

export interface CompiledExclusion {
  readonly id: string;
  readonly label: string;
  readonly cite: string;
  readonly note?: string;
  readonly region: Region | 'any';
  readonly onlyOrdered: boolean;
  readonly studies?: readonly string[];
  readonly ifUnknown: 'ignore' | 'ask' | 'ask-if-on-file';
  readonly criteria: Expr;
  readonly unless?: Expr;
  readonly from?: Day;
  readonly until?: Day;
}

/** A policy ready to be evaluated. Immutable and shared by all requests. */
export interface CompiledPolicy {
  readonly id: string;
  readonly input: PolicyInput;
  readonly file: string;
  readonly text: string;
  readonly effective: Day;
  readonly until?: Day;
  readonly reviewBy: Day;
  readonly governs: ReadonlySet<string>;
  /** studies that are governed only when something is on file */
  readonly governsWhen: readonly { readonly studies: readonly string[]; readonly criteria: Expr }[];
  readonly atoms: readonly Atom[];
  /** the different nodes by number, each after what it is made of */
  readonly nodes: readonly Expr[];
  /** of each leaf, the share of the passages in which it speaks: small = telling, large = a common requirement */
  readonly spread: readonly number[];
  /** of each leaf, whether it tells of treatment and visits alone */
  readonly followUp: readonly boolean[];
  readonly paths: readonly CompiledPath[];
  readonly exclusions: readonly CompiledExclusion[];
}
